"""A dev network for one test."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import guard

BIN = pathlib.Path(os.environ.get("KETEN_BIN", "build/release/bin")).resolve()
# A busy machine is slow, a broken program is stuck: deadlines tell the two apart.
DEADLINE_S = 60


def keten(*arguments, check=True):
    """Runs the command line; returns the finished process."""
    result = subprocess.run([BIN / "keten", *map(str, arguments)], capture_output=True, text=True,
                            timeout=2 * DEADLINE_S, env={**os.environ, "KETEN_STATE": ""}, check=False)
    if check and result.returncode != 0:
        raise AssertionError(f"keten {' '.join(map(str, arguments))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


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
    """What the HTTP API said."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        text = response.read()
        self.json = json.loads(text) if text and "json" in self.headers.get("content-type", "") else None


class Node:
    """One validator: its process and its HTTP API as the capture user of its organisation."""

    def __init__(self, network, name):
        self.network = network
        self.name = name

    def described(self):
        return next(node for node in self.network.described()["nodes"] if node["name"] == self.name)

    def runs(self):
        node = self.described()
        return guard.runs_in(node["pid"], node["home"])

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        os.kill(self.described()["pid"], signal.SIGKILL)
        wait_for(f"{self.name} is gone", lambda: not self.runs())

    def start(self):
        keten("devnet", "up", "--detach", "--state", self.network.state, "--node", self.name)

    def ask(self, method, target, body=None):
        """None when nobody answers."""
        node = self.described()
        token = next(user["token"] for user in self.network.described()["users"]
                     if user["organisation"] == node["organisation"] and user["role"] == "capture")
        connection = http.client.HTTPConnection(node["http"], timeout=DEADLINE_S)
        try:
            connection.request(method, target, body=None if body is None else json.dumps(body),
                               headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            return Answer(connection.getresponse())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def is_ready(self):
        answer = self.ask("GET", "/readyz")
        return answer is not None and answer.status == 200

    def capture(self, document):
        """The path of the capture job, or none when the node did not accept it; with the answer."""
        answer = self.ask("POST", "/epcis/v2/capture", document)
        return (answer.headers["location"] if answer is not None and answer.status == 202 else None), answer

    def finished(self, job):
        """The job when it has ended, else none."""
        answer = self.ask("GET", job)
        if answer is None or answer.status != 200 or answer.json["running"]:
            return None
        return answer.json

    def has_event(self, event_id):
        answer = self.ask("GET", "/epcis/v2/events/" + http_quote(event_id))
        return answer is not None and answer.status == 200


class Network:
    """Four companies on free ports of the loopback."""

    def __init__(self, folder, validators=4):
        self.state = folder.path / "net"
        keten("devnet", "up", "--detach", "--state", self.state, "--validators", validators)
        self.nodes = [Node(self, node["name"]) for node in self.described()["nodes"]]

    def described(self):
        return json.loads((self.state / "devnet.json").read_text())

    def status(self):
        return json.loads(keten("node", "status", "--all", "--state", self.state, "-o", "json", check=False).stdout)

    def agrees(self):
        """All nodes are up and have the same state."""
        return self.status()["roots_equal"]


def http_quote(text):
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._~") else "".join(f"%{b:02X}" for b in c.encode())
                   for c in text)


def document(number):
    """A capture with two events about one carton nobody else speaks of."""
    def event(step, second):
        return {
            "type": "ObjectEvent", "action": "OBSERVE" if step == "shipping" else "ADD", "bizStep": step,
            "eventTime": f"2026-03-01T08:{number % 60:02d}:{second:02d}.000Z", "eventTimeZoneOffset": "+00:00",
            "epcList": [f"urn:epc:id:sgtin:0614141.107346.{number}"],
        }
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-01T09:00:00.000Z",
        "epcisBody": {"eventList": [event("commissioning", 1), event("shipping", 2)]},
    }
