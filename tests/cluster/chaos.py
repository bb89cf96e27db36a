"""Validators whose processes and network a test has in its hands, and a client that writes down what it is told."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import namespaces
import verify_run
from harness import BIN, DEADLINE_S, Folder, Network, Node, keten, wait_for
from proxy import Relay

# Deadlines of the design: docs/operations.md, "When something fails". Asserted with room for a busy machine, printed as measured.
RESUME_AFTER_HEALING_S = 10
RESUME_AFTER_QUORUM_S = 15
SLACK = 2
QUIET_S = 1.5
FULL = os.environ.get("KETEN_FULL", "") not in ("", "0")


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_ports(count):
    """Below the range that the system gives to outgoing connections."""
    found = []
    for port in random.sample(range(20_000, 32_000), 12_000):
        with socket.socket() as one:
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", port))
                found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("too few free ports")


class ChaosNode(Node):
    """Started by the test itself, in a namespace when there are some, with `environment` beside the usual one."""

    environment = {}

    def start(self):
        described = self.described()
        command = [BIN / "ketend", "start", "--home", self.home]
        if described.get("namespace"):
            command = ["nsenter", f"--net={described['namespace']}", *command]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KETEN_")}
        environment |= self.environment
        with open(self.home / "ketend.log", "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       env=environment)
        self.network.started(self.name, process)
        wait_for(f"{self.name} runs", lambda: self.runs() or process.poll() is not None)

    def stop(self):
        """SIGSTOP: the process says nothing more, its connections stay open."""
        os.kill(self.pid(), signal.SIGSTOP)

    def go_on(self):
        os.kill(self.pid(), signal.SIGCONT)

    def connection(self, deadline_s):
        connection = super().connection(deadline_s)
        namespace = self.described().get("namespace")
        if namespace:
            make = connection._create_connection

            def make_inside(*arguments, **options):
                with namespaces.inside(namespace):
                    return make(*arguments, **options)

            connection._create_connection = make_inside
        return connection

    def height(self):
        """Executed; -1 when the node does not answer."""
        answer = self.ask("GET", "/v1/status", deadline_s=2)
        return answer.json["executedHeight"] if answer is not None and answer.status == 200 else -1

    def failed_checks(self):
        """Of /readyz, by name; none when nobody answers."""
        answer = self.ask("GET", "/readyz", deadline_s=2)
        return answer and {check["name"]: check["detail"] for check in answer.json["checks"] if not check["passed"]}


class Chain(Network):
    """A network like that of `keten devnet`, with the same files. `links`: makes the address that one validator dials for another,
    or none for the direct one."""

    def __init__(self, folder, validators=4, switch=None, links=None):
        self.state = folder.path / "net"
        self.switch = switch
        self._processes = {}
        keten("testnet", "generate", "--validators", validators, "--out", self.state)
        network = json.loads((self.state / "testnet.json").read_text())
        ports = iter(free_ports(3 * validators))
        for node in network["nodes"]:
            for name in ("http", "grpc", "peer"):
                node[name] = f"127.0.0.1:{next(ports)}"
        for index, node in enumerate(network["nodes"]):
            if switch is not None:
                node["namespace"] = switch.namespaces[index].path
                node["peer"] = f"{switch.address(index)}:{node['peer'].rsplit(':', 1)[1]}"
        self._write(network)
        for node in network["nodes"]:
            self.configure(node, {
                other["name"]: (links(node["name"], other["name"], other["peer"]) if links else other["peer"])
                for other in network["nodes"] if other is not node})
        self.nodes = [ChaosNode(self, node["name"]) for node in network["nodes"]]

    def configure(self, node, addresses):
        file = pathlib.Path(node["home"]) / "ketend.toml"
        text = file.read_text()
        for key, value in (("grpc_listen", node["grpc"]), ("http_listen", node["http"]), ("listen", node["peer"])):
            text = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text)
        lines = "".join(f'"{name}" = "{address}"\n' for name, address in addresses.items())
        file.write_text(text.replace("[peers.addresses]\n", "[peers.addresses]\n" + lines))

    def _write(self, network):
        kept = self.state / "devnet.json"
        new = kept.with_suffix(".new")
        new.write_text(json.dumps(network, indent=1))
        new.chmod(0o600)
        new.replace(kept)

    def described(self):
        return json.loads((self.state / "devnet.json").read_text())

    def started(self, name, process):
        self._processes.setdefault(name, []).append(process)
        network = self.described()
        next(node for node in network["nodes"] if node["name"] == name)["pid"] = process.pid
        self._write(network)

    def process(self, name):
        """The newest of this validator."""
        return self._processes[name][-1]

    def reap(self):
        """Takes back what has ended."""
        for processes in self._processes.values():
            processes[:] = [process for process in processes if process.poll() is None]

    def close(self):
        """Ends what still runs."""
        for processes in self._processes.values():
            for process in processes:
                process.kill()
                process.wait()

    def start_missing(self):
        for node in self.nodes:
            if not node.runs():
                node.start()

    def statuses(self):
        answers = [node.ask("GET", "/v1/status", deadline_s=5) for node in self.nodes]
        return [answer.json if answer is not None and answer.status == 200 else None for answer in answers]

    def is_connected(self):
        return all(status is not None and all(peer["connected"] for peer in status["peers"]) for status in self.statuses())

    def agrees(self):
        """The statuses when all have executed the same height with the same result, else none."""
        statuses = self.statuses()
        if None in statuses:
            return None
        same = len({(status["height"], status["executedHeight"], status["stateRoot"]) for status in statuses}) == 1
        return statuses if same and statuses[0]["height"] == statuses[0]["executedHeight"] else None

    def leader(self):
        """The validator that makes the newest block."""
        best = max(self.nodes, key=lambda node: node.height())
        name = best.ask("GET", f"/v1/blocks/{best.height()}").json["proposer"]
        return next(node for node in self.nodes if node.name == name)


class Client:
    """load.py in a process of its own, offering to a chain until the block ends. What it was told stays in `log`."""

    def __init__(self, chain, folder, rate=120):
        self.log = folder / "client.log"
        self.log.touch()
        self.rate = rate
        self._chain = chain
        self.summary = {}

    def __enter__(self):
        # In the background's background: the validators are what a busy machine should have time for.
        self._process = subprocess.Popen(
            [sys.executable, "-B", pathlib.Path(__file__).with_name("load.py"), "--network", self._chain.state / "devnet.json",
             "--log", self.log, "--rate", str(self.rate)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        output, _ = self._process.communicate(timeout=DEADLINE_S)
        self.summary = json.loads(output) if output else {}
        say(f"client: {self.summary}")

    def acknowledged(self):
        """Pairs of seconds and height, as they were written."""
        found = []
        for line in self.log.read_text().splitlines():
            words = line.split()
            if words[0] == "A" and len(words) == 7:
                found.append((float(words[6]), int(words[2])))
        return found

    def wait_for_more(self, count=50, deadline_s=DEADLINE_S):
        """Seconds until this many more transactions are acknowledged: the first of them, and all."""
        begin = time.monotonic()
        fresh = wait_for(f"{count} more transactions are acknowledged",
                         lambda: len(new := [at for at, _ in self.acknowledged() if at > begin]) >= count and new, deadline_s)
        return min(fresh) - begin

    def check_alive(self):
        if self._process.poll() is not None:
            raise AssertionError("the load client has ended")


class ChaosTest(unittest.TestCase):
    """One chain for the tests of a class. After each, everything that the client was told must hold."""

    validators = 4
    uses_namespaces = False
    relay = None

    @classmethod
    def make_links(cls, _folder):
        """Overridden by who puts something between the validators."""
        return None

    @classmethod
    def make_tapped_links(cls, folder):
        """A relay that writes down what is said, and whose faults garble it."""
        cls.relay = Relay(taps=folder.path, home=lambda name: folder.path / "net" / name)
        cls.addClassCleanup(cls.relay.close)
        return cls.relay.link

    @classmethod
    def setUpClass(cls):
        switch = None
        if cls.uses_namespaces:
            reason = namespaces.why_not()
            if reason:
                say(f"SKIPPED: network namespaces: {reason}")
                raise unittest.SkipTest(f"network namespaces: {reason}")
            switch = namespaces.Switch(cls.validators)
            cls.addClassCleanup(switch.close)
        folder = Folder()
        cls.addClassCleanup(folder.close)
        cls.folder = folder.path
        cls.archive = []  # copies of vote journals, as they were when their node was killed
        cls.chain = Chain(folder, cls.validators, switch, cls.make_links(folder))
        cls.addClassCleanup(cls.chain.close)
        cls.nodes = cls.chain.nodes

    def setUp(self):
        self.chain.start_missing()
        wait_for("every validator is connected to every other", self.chain.is_connected)

    def run(self, result=None):
        result = self.defaultTestResult() if result is None else result
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad:
            for node in self.nodes:
                status = node.ask("GET", "/v1/status", deadline_s=2) if node.runs() else None
                say("\n".join([f"== {node.name} {'' if node.runs() else '(does not run) '}{node.home / 'ketend.log'}", *node.log_tail(),
                               "" if status is None else status.text]))
            kept = os.environ.get("KETEN_KEEP")
            if kept:
                shutil.copytree(self.folder, pathlib.Path(kept) / f"{self.id()}-{os.getpid()}", dirs_exist_ok=True)
        return result

    def kill(self, *victims):
        for node in victims:
            os.kill(node.pid(), signal.SIGKILL)
        for node in victims:
            wait_for(f"{node.name} is gone", lambda one=node: not one.runs())
            copy = self.folder / f"journal-{len(self.archive)}"
            shutil.copyfile(node.home / "data" / "journal" / "votes.log", copy)
            self.archive.append(copy)
        self.chain.reap()

    def wait_until_equal(self):
        """Equal, and nobody makes another block."""
        last = None

        def is_still():
            nonlocal last
            statuses = self.chain.agrees()
            seen = statuses and (statuses[0]["height"], time.monotonic())
            if not last or not seen or seen[0] != last[0]:
                last = seen
            return last and seen and seen[1] - last[1] > QUIET_S

        wait_for("all validators agree on height and state root", is_still)

    def check_nothing_is_lost(self, client):
        """The whole check, with all validators up."""
        self.wait_until_equal()
        taps = [link.tap.path for link in self.relay.links if link.tap] if self.relay else []
        report = verify_run.Verification(self.chain.described(), logs=[client.log], journals=self.archive, taps=taps).run()
        say(report.text())
        if taps:
            self.assertGreater(report.figures["of the wire"], 0, "the tap has seen votes")
        self.assertEqual(report.violations, [])
        self.assertGreater(report.figures["acknowledged"], 0, "a run without an acknowledgement proves nothing")
        return report
