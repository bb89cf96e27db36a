"""A dev network for the tests of one class, its validators by name and their HTTP interface."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import uuid

import guard

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("KETEN_BIN", REPOSITORY / "build/release/bin")).resolve()
EXAMPLES = pathlib.Path(os.environ.get("KETEN_EXAMPLES", REPOSITORY / "examples")).resolve()
# A busy machine is slow, a broken program is stuck: deadlines tell the two apart.
DEADLINE_S = 60
LOG_LINES = 15


def wait_for(what, condition, deadline_s=DEADLINE_S):
    """Returns the first true answer of `condition`."""
    end = time.monotonic() + deadline_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(0.02)


def keten(*arguments, expect=0, cwd=None, tmp=None, descriptors=None):
    """Runs the command line; returns the finished process. `expect`: the exit code, or none for any. `descriptors`: how many it, and
    what it starts, may open."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KETEN_")}
    environment["KETEN_EXAMPLES"] = str(EXAMPLES)
    if tmp is not None:
        environment["TMPDIR"] = str(tmp)
    command = [BIN / "keten", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=2 * DEADLINE_S, env=environment, cwd=cwd,
                            stdin=subprocess.DEVNULL, check=False,
                            preexec_fn=descriptors and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))))
    if expect is not None and result.returncode != expect:
        raise AssertionError(f"keten {' '.join(map(str, arguments))}: exit {result.returncode}, expected {expect}\n"
                             f"{result.stdout}{result.stderr}")
    return result


class Folder:
    """A temporary folder with a guard process that outlives the test."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="keten-cluster-"))
        self._guard = subprocess.Popen([sys.executable, guard.__file__, self.path], stdin=subprocess.PIPE,
                                       start_new_session=True)

    def close(self):
        self._guard.stdin.close()
        self._guard.wait(timeout=DEADLINE_S)


class Answer:
    """What the HTTP interface said."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()
        self.json = json.loads(self.text) if self.text and "json" in self.headers.get("content-type", "") else None

    @property
    def reason(self):
        return self.json.get("reason") if isinstance(self.json, dict) else None

    def __str__(self):
        return f"{self.status} {self.text[:500]}"


class Node:
    """One validator: its process, and its HTTP interface as the capture user of its organisation."""

    def __init__(self, network, name):
        self.network = network
        self.name = name
        described = self.described()
        self.organisation = described["organisation"]
        self.home = pathlib.Path(described["home"])
        self.http = described["http"]
        self.token = self.user("capture")["token"]

    def described(self):
        return next(node for node in self.network.described()["nodes"] if node["name"] == self.name)

    def user(self, name):
        return next(user for user in self.network.described()["users"]
                    if user["organisation"] == self.organisation and user["name"] == name)

    def pid(self):
        return self.described()["pid"]

    def runs(self):
        return guard.runs_in(self.pid(), self.home)

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        os.kill(self.pid(), signal.SIGKILL)
        wait_for(f"{self.name} is gone", lambda: not self.runs())

    def start(self, descriptors=None):
        keten("devnet", "restart", self.name, "--state", self.network.state, descriptors=descriptors)

    def memory_mb(self):
        """Resident memory."""
        status = pathlib.Path(f"/proc/{self.pid()}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024

    def cpu_s(self):
        """Processor time since its start."""
        fields = pathlib.Path(f"/proc/{self.pid()}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, method, target, body=None, headers=None, deadline_s=DEADLINE_S):
        """The answer; none when nobody gives one. A `body` that is neither text nor bytes is sent as JSON. `headers` go over the
        usual ones; a value of none leaves one out."""
        usual = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = {name: value for name, value in (usual | (headers or {})).items() if value is not None}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        with contextlib.closing(self.connection(deadline_s)) as connection:
            try:
                connection.request(method, target, body, sent)
                return Answer(connection.getresponse())
            except (OSError, http.client.HTTPException):
                return None

    def connection(self, deadline_s):
        return http.client.HTTPConnection(self.http, timeout=deadline_s)

    def is_ready(self):
        answer = self.ask("GET", "/readyz")
        return answer is not None and answer.status == 200

    def capture(self, document, **options):
        return self.ask("POST", "/epcis/v2/capture", document, **options)

    def has_event(self, event_id):
        answer = self.ask("GET", "/epcis/v2/events/" + urllib.parse.quote(event_id, safe=""))
        return answer is not None and answer.status == 200

    def status(self):
        return self.ask("GET", "/v1/status").json

    def log_tail(self):
        with contextlib.suppress(OSError):
            return (self.home / "ketend.log").read_text(errors="replace").splitlines()[-LOG_LINES:]
        return []


class Network:
    """Four companies on free ports of the loopback."""

    def __init__(self, folder, validators=4):
        self.state = folder.path / "net"
        self.config = folder.path / "config.json"
        keten("devnet", "up", "--detach", "--state", self.state, "--validators", validators, "--config-out", self.config)
        self.nodes = [Node(self, node["name"]) for node in self.described()["nodes"]]

    def described(self):
        """Process ids change with every start; the rest is as `--config-out` said."""
        kept = self.state / "devnet.json"
        return json.loads((kept if kept.exists() else self.config).read_text())

    def start_missing(self):
        keten("devnet", "up", "--detach", "--state", self.state)

    def status(self, expect=None):
        return json.loads(keten("node", "status", "--all", "--state", self.state, "-o", "json", expect=expect).stdout)

    def is_connected(self):
        return all(node["up"] and node["peers"] == len(self.nodes) - 1 for node in self.status()["nodes"])

    def agrees(self):
        """The status when all nodes have executed the same height with the same result, else none."""
        status = self.status()
        nodes = status["nodes"]
        same = all(node["up"] for node in nodes) and len({(node["executed_height"], node["state_root"]) for node in nodes}) == 1
        return status if same and all(node["executed_height"] == node["height"] for node in nodes) else None


class NetworkTest(unittest.TestCase):
    """Tests that share one network. Each finds all validators up; when one fails, the ends of the logs are shown."""

    @classmethod
    def setUpClass(cls):
        folder = Folder()
        cls.addClassCleanup(folder.close)
        cls.folder = folder.path
        cls.network = Network(folder)
        cls.nodes = cls.network.nodes

    def setUp(self):
        if not all(node.runs() for node in self.nodes):
            self.network.start_missing()
        wait_for("every validator is connected to every other", self.network.is_connected)

    def run(self, result=None):
        result = self.defaultTestResult() if result is None else result
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad:
            for node in self.nodes:
                print(f"== {node.name} {'' if node.runs() else '(does not run) '}{node.home / 'ketend.log'}",
                      *node.log_tail(), sep="\n", file=sys.stderr)
        return result

    def check_everywhere(self, events):
        """All validators have executed the same, and each serves every one of these events."""
        status = wait_for("all validators agree on height and state root", self.network.agrees)
        self.assertEqual(len(status["nodes"]), len(self.nodes))
        for node in self.nodes:
            lost = [event for event in events if not node.has_event(event)]
            self.assertEqual(lost, [], f"{node.name} has lost accepted events")


CONTEXT = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]}


def event_document(*events):
    return CONTEXT | {
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-01T09:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
    }


def new_event(**members):
    """An event nobody else speaks of."""
    identity = uuid.uuid4()
    return {
        "type": "ObjectEvent", "eventID": f"urn:uuid:{identity}", "action": "OBSERVE", "bizStep": "shipping",
        "eventTime": "2026-03-01T08:00:00.000Z", "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:sgtin:9521001.000001.{identity.int % 10**12}"],
    } | members


def event_ids(document):
    return [event["eventID"] for event in document["epcisBody"]["eventList"]]


def cold_chain():
    """The documents of the story in examples/, in order, each with the organisation that records it."""
    folder = EXAMPLES / "coldchain"
    for step in json.loads((folder / "index.json").read_text())["steps"]:
        yield step["organisation"], json.loads((folder / step["file"]).read_text())
