"""Bad lines between the validators: they reconnect cleanly, agree on one chain, and lose nothing."""

import json
import time
import unittest

from chaos import FULL, RESUME_AFTER_HEALING_S, SLACK, ChaosTest, Client, say, wait_for
from harness import keten
from proxy import Fault, Relay

FAULT_S = 15 if FULL else 4
# Longer than keepalive and its answer take: docs/formats/wire.md, "Queues".
HALF_OPEN_S = 17


class LineTest(ChaosTest):
    """Bytes as they are: TLS from validator to validator."""

    @classmethod
    def make_links(cls, folder):
        cls.relay = Relay()
        cls.addClassCleanup(cls.relay.close)
        return cls.relay.link

    def suffer(self, what, fault, links=None, seconds=FAULT_S, goes_on=True):
        """Under load: the fault for a while, with progress or without; then healing, progress and connections in time."""
        self.relay.set(fault, links)
        begin = time.monotonic()
        if goes_on:
            self.client.wait_for_more(20)
        time.sleep(max(0, begin + seconds - time.monotonic()))
        during = len([at for at, _ in self.client.acknowledged() if at > begin])
        self.relay.heal()
        self.check_resumes(f"{what} for {time.monotonic() - begin:.0f} s, {during} acknowledged meanwhile")

    def check_resumes(self, what):
        begin = time.monotonic()
        self.client.wait_for_more(20)
        resumed = time.monotonic() - begin
        wait_for("every validator is connected to every other", self.chain.is_connected)
        connected = time.monotonic() - begin
        say(f"{what}; 20 more after {resumed:.1f} s, all connected after {connected:.1f} s")
        self.assertLess(resumed, SLACK * RESUME_AFTER_HEALING_S)
        self.assertLess(connected, SLACK * RESUME_AFTER_HEALING_S)

    def load(self):
        self.client = Client(self.chain, self.folder)
        return self.client

    def test_slow_lines(self):
        with self.load() as client:
            client.wait_for_more()
            self.suffer("200 ms more each way and 1 Mbit/s a connection", Fault(delay_s=0.2, bytes_per_s=125_000))
            if FULL:
                for delay_s in (0.05, 0.5):
                    self.suffer(f"{1000 * delay_s:.0f} ms more each way", Fault(delay_s=delay_s))
                self.suffer("one validator's lines a second slower", Fault(delay_s=1), self.relay.between([self.nodes[0].name]))
        self.check_nothing_is_lost(client)

    def test_connections_that_are_reset(self):
        with self.load() as client:
            client.wait_for_more()
            for _ in range(20 if FULL else 2):
                self.relay.reset()
                self.check_resumes("every connection was reset")
            self.suffer("one validator's connections are refused", Fault(refuses=True), self.relay.between([self.nodes[1].name]))
        self.check_nothing_is_lost(client)

    def test_connections_that_say_nothing_and_do_not_end(self):
        """Half-open: only keepalive finds them."""
        with self.load() as client:
            client.wait_for_more()
            self.suffer("one validator's connections are dead but open", Fault(is_stalled=True),
                        self.relay.between([self.nodes[2].name]), seconds=HALF_OPEN_S)
            self.suffer("all connections are dead but open", Fault(is_stalled=True),
                        seconds=HALF_OPEN_S if FULL else FAULT_S, goes_on=False)
        self.check_nothing_is_lost(client)

    def test_four_that_answer_but_are_two_and_two_are_called_no_quorum(self):
        self.relay.set(Fault(refuses=True), self.relay.across([node.name for node in self.nodes[:2]]))
        self.relay.reset()
        begin = time.monotonic()
        try:
            for node in self.nodes:
                wait_for(f"{node.name} is not ready", lambda one=node: "quorum" in (one.failed_checks() or {}))
            said = keten("node", "status", "--all", "--state", self.chain.state, expect=3).stdout
            self.assertRegex(said, r"No quorum: 4 of 4 validators are up")
            status = json.loads(keten("node", "status", "--all", "--state", self.chain.state, "-o", "json", expect=3).stdout)
            self.assertEqual((status["running"], status["has_quorum"]), (4, False))
            for node in status["nodes"]:
                self.assertIn("no quorum", node["reason"])
            named = time.monotonic() - begin
        finally:
            self.relay.heal()
        say(f"two and two: named by all and by the command line after {named:.1f} s")
        self.assertLess(named, SLACK * 5)
        wait_for("every validator is connected to every other", self.chain.is_connected)
        self.assertIn("Quorum: 4 of 4", keten("node", "status", "--all", "--state", self.chain.state).stdout)

    def test_bits_that_flip(self):
        with self.load() as client:
            client.wait_for_more()
            self.suffer("one bit in 100 kB flips on one validator's lines", Fault(flips_one_in=100_000),
                        self.relay.between([self.nodes[3].name]))
            if FULL:
                self.suffer("one bit in 100 kB flips everywhere", Fault(flips_one_in=100_000), goes_on=False)
            say(f"{self.relay.flipped} bits flipped")
            self.assertGreater(self.relay.flipped, 0)
        self.check_nothing_is_lost(client)


class GarbledTest(ChaosTest):
    """What is said is garbled behind TLS, as by a validator whose memory is broken: others refuse it and are not harmed."""

    @classmethod
    def make_links(cls, folder):
        return cls.make_tapped_links(folder)

    def test_messages_with_flipped_bits_harm_nobody(self):
        with Client(self.chain, self.folder) as client:
            client.wait_for_more()
            victim = self.nodes[0].name
            garbled = [link for link in self.relay.links if link.dialler == victim]
            self.relay.set(Fault(flips_one_in=20_000), garbled)
            begin = time.monotonic()
            client.wait_for_more(50)
            time.sleep(max(0, begin + FAULT_S - time.monotonic()))
            self.relay.heal()
            begin = time.monotonic()
            wait_for("every validator is connected to every other", self.chain.is_connected)
            say(f"{self.relay.flipped} bits flipped in what one validator says; all connected {time.monotonic() - begin:.1f} s later")
            self.assertGreater(self.relay.flipped, 0)
        self.check_nothing_is_lost(client)


if __name__ == "__main__":
    unittest.main()
