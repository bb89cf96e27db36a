"""Whoever opens connections and says nothing takes no file from a validator: it goes on, and so do those who knock afterwards."""

import contextlib
import resource
import select
import socket
import threading
import time
import tomllib
import unittest

from harness import NetworkTest, event_document, event_ids, new_event, wait_for

FEW = 600
SILENT_PER_DOOR = 700
ATTACK_S = 14


class Silent(threading.Thread):
    """Keeps so many connections open to one address, opening new ones for those that are closed."""

    def __init__(self, address):
        super().__init__(daemon=True)
        host, port = address.rsplit(":", 1)
        self.to = (host.strip("[]"), int(port))
        self.opened = 0
        self.ended = threading.Event()

    def run(self):
        held, poll = {}, select.poll()
        while not self.ended.is_set():
            while len(held) < SILENT_PER_DOOR and not self.ended.is_set():
                connection = socket.socket()
                connection.settimeout(2)
                try:
                    connection.connect(self.to)
                except OSError:
                    connection.close()
                    break
                connection.setblocking(False)
                held[connection.fileno()] = connection
                poll.register(connection, select.POLLIN)
                self.opened += 1
            for number, _ in poll.poll(50):
                with contextlib.suppress(OSError):
                    if held[number].recv(4096):
                        continue
                poll.unregister(number)
                held.pop(number).close()
        for connection in held.values():
            connection.close()

    def end(self):
        self.ended.set()
        self.join()


class DescriptorsTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 4 * SILENT_PER_DOOR:
            raise unittest.SkipTest(f"this process may open {hard} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def capture_at(self, node):
        document = event_document(new_event())
        answer = node.ask("POST", "/epcis/v2/capture", document)
        self.assertIsNotNone(answer)
        self.assertEqual(answer.status, 202, answer)
        return event_ids(document)

    def test_a_validator_under_silent_connections_goes_on(self):
        attacked, other = self.nodes[0], self.nodes[1]
        attacked.kill()
        attacked.start(descriptors=FEW)
        wait_for("every validator is connected to every other", self.network.is_connected)
        pid = attacked.pid()
        config = tomllib.loads((attacked.home / "ketend.toml").read_text())
        doors = [config["peers"]["listen"], config["api"]["grpc_listen"], config["api"]["http_listen"]]
        silent = [Silent(door) for door in doors]
        for one in silent:
            one.start()
        events = []
        end = time.monotonic() + ATTACK_S
        pauses = iter([0.2] * 15 + [7] + [0.2] * 1000)  # in the long one it writes what it has in memory to new files
        while time.monotonic() < end:
            events += self.capture_at(other)
            time.sleep(next(pauses))
        for one in silent:
            one.end()
        self.assertTrue(all(one.opened > FEW for one in silent), [one.opened for one in silent])
        self.assertEqual(attacked.pid(), pid)
        self.assertTrue(attacked.runs(), attacked.log_tail())
        wait_for("HTTP answers again", attacked.is_ready)
        events += self.capture_at(attacked)
        wait_for("the events are known everywhere", lambda: all(n.has_event(e) for n in self.nodes for e in events[-1:]))
        # Its doors for gRPC are open too: another validator that starts now connects to it.
        other.kill()
        other.start()
        wait_for("every validator is connected to every other", self.network.is_connected)
        self.check_everywhere(events)


if __name__ == "__main__":
    unittest.main()
