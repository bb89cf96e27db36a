"""The command line believes no node: what can be proved is verified against the genesis, and a node that lies is found out."""

import contextlib
import http.client
import http.server
import json
import pathlib
import shutil
import threading
import unittest
import urllib.parse

from client import sized, tagged_hash
from harness import EXAMPLES, Folder, keten
from protobuf import encoded, fields

FAILED = 1
NOT_READY = 3
VERIFICATION_FAILED = 4
NEVER = "urn:epc:id:sgtin:9521001.000001.404"


class LyingNode:
    """Stands before a node's HTTP interface and changes what it says: `lie(path, status, body)` returns status and body."""

    def __init__(self, address):
        node = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                connection = http.client.HTTPConnection(address, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                connection.request("GET", self.path, headers=headers)
                answer = connection.getresponse()
                status, body = node.lie(urllib.parse.unquote(self.path), answer.status, answer.read())
                kind = answer.headers.get("Content-Type", "")
                connection.close()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.lie = self.honest
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @staticmethod
    def honest(_path, status, body):
        return status, body

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def changing(change, what="history"):
    """A lie about histories or traces: the document is changed, proofs are not."""

    def lie(path, status, body):
        if not path.startswith(f"/v1/{what}/") or "/proof" in path or status != 200:
            return status, body
        document = json.loads(body)
        change(document)
        return status, json.dumps(document).encode()

    return lie


def content_hash(event):
    """What a history chains of an EPCIS event: docs/formats/proof.md."""
    members = fields(event)

    def first(number, default):
        return next((value for name, value in members if name == number), default)

    def number(value):
        return value.to_bytes(8, "little")

    names = [dict(fields(value)) for name, value in members if name == 5]
    parts = [first(1, b""), number(first(2, 0)), sized(first(3, b"")), sized(first(4, b"")), number(len(names))]
    parts += [number(name.get(1, 0)) + sized(name.get(2, b"")) for name in names]
    return tagged_hash("keten/epcis-history/1", *parts)


def without_event(file, event_id):
    """A proof of the same history that says of this event its hash only."""
    proof = fields(file)
    events = [value for number, value in proof if number == 10]
    (hidden,) = [place for place, event in enumerate(events) if event_id.encode() in event]

    def entry(message):
        changed = []
        for number, value in fields(message):
            if number == 6 and value == hidden:
                number, value = 5, content_hash(events[hidden])
            elif number == 6 and value > hidden:
                value -= 1
            changed.append((number, value))
        return encoded(changed)

    def history(message):
        return encoded([(number, entry(value) if number == 5 else value) for number, value in fields(message)])

    kept = [one for one in proof if one != (10, events[hidden])]
    return encoded([(number, history(value) if number == 13 else value) for number, value in kept])


class LightTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = Folder()
        cls.addClassCleanup(folder.close)
        cls.folder = folder.path
        cls.state = ("--state", cls.folder / "net")
        keten("devnet", "up", "--demo", "coldchain", "--once", *cls.state, cwd=cls.folder)
        keten("devnet", "up", "--detach", *cls.state, cwd=cls.folder)
        network = json.loads((cls.folder / "net" / "devnet.json").read_text())
        cls.node = network["nodes"][0]
        cls.genesis = pathlib.Path(cls.node["home"]) / "genesis.json"
        cls.token = next(user["token"] for user in network["users"]
                         if user["token"] and user["organisation"] == cls.node["organisation"])
        cls.product = json.loads((EXAMPLES / "coldchain" / "index.json").read_text())["trace"]["epc"]

    def setUp(self):
        self.liar = LyingNode(self.node["http"])
        self.addCleanup(self.liar.close)

    def keten(self, *arguments, expect=0):
        return keten(*arguments, expect=expect, cwd=self.folder)

    def asked(self, *arguments, expect=0):
        """Asks the node that may lie, with the genesis of the network's home."""
        return self.keten(*arguments, "--endpoint", self.liar.address, "--token", self.token, "--home",
                          self.node["home"], expect=expect)

    def test_what_can_be_proved_is_verified_without_being_asked(self):
        said = self.keten("history", self.product, *self.state)
        self.assertRegex(said.stderr, r"\Averified at height \d+ as of \S+Z by 3 of 4 validators; the node's word: which events are")
        document = json.loads(self.keten("history", self.product, "-o", "json", *self.state).stdout)
        self.assertTrue(document["verified"])
        self.assertEqual(len(document["verification"]["signers"]), 3)
        self.assertEqual(document["verification"]["validators"], 4)
        absent = self.keten("history", NEVER, *self.state, expect=FAILED)
        self.assertRegex(absent.stderr, r"ITEM_UNKNOWN.*\nverified at height \d+ as of \S+Z by 3 of 4 validators\n")
        height = document["events"][0]["height"]
        block = json.loads(self.keten("block", "get", height, "-o", "json", *self.state).stdout)
        for command in ("status", "get"):
            said = self.keten("tx", command, block["transactions"][0], *self.state)
            self.assertRegex(said.stderr, r"\Averified at height \d+ as of \S+Z by 3 of 4 validators\n\Z")
            self.assertTrue(json.loads(
                self.keten("tx", command, block["transactions"][0], "-o", "json", *self.state).stdout)["verified"])

    def test_blocks_and_validators_are_verified_by_what_the_validators_signed(self):
        for arguments, expected in ((("block", "get", "2"), r"\Averified at height \d+ as of \S+Z by 3 of 4 validators\n\Z"),
                                    (("block", "get", "0"), r"\Anot verified, this is the node's word: the genesis [^\n]*\n\Z"),
                                    (("validators", "list"),
                                     r"\Averified at height \d+ as of \S+Z by 3 of 4 validators; the node's word: standing")):
            with self.subTest(arguments):
                said = self.keten(*arguments, *self.state)
                self.assertRegex(said.stderr, expected)
                document = json.loads(self.keten(*arguments, "-o", "json", *self.state).stdout)
                self.assertEqual(document["verified"], arguments[-1] != "0")

    def test_what_cannot_be_verified_says_so_in_a_line(self):
        for arguments in (("keys", "list"), ("validators", "pending"), ("agreement", "list"), ("findings", "list"),
                          ("evidence", "list"), ("contract", "status"), ("epcis", "query", "eventType=ObjectEvent"),
                          ("usage", "show", "urn:ds:none")):
            with self.subTest(arguments):
                said = self.keten(*arguments, *self.state, expect=None)
                if said.returncode == 0:
                    self.assertRegex(said.stderr, r"\Anot verified, this is the node's word: [^\n]* \(asked: [^\n]*\)\n\Z")
        for arguments in (("holdings", "ShopCo"), ("recall", self.product)):
            said = self.keten(*arguments, *self.state)
            self.assertRegex(said.stderr, r"\Anot verified, this is the node's word: [^\n]*\n\Z")
            self.assertFalse(json.loads(self.keten(*arguments, "-o", "json", *self.state).stdout)["verified"])
        said = self.keten("tx", "status", "00" * 32, *self.state, expect=FAILED)
        self.assertIn("not verified, this is the node's word", said.stderr)
        bare = ("--endpoint", self.node["http"], "--token", self.token)
        said = self.keten("history", self.product, *bare)
        self.assertRegex(said.stderr, r"\Anothing was verified.*give --genesis FILE")
        self.assertFalse(json.loads(self.keten("history", self.product, "-o", "json", *bare).stdout)["verified"])
        said = self.keten("history", self.product, "--trust-node", *self.state)
        self.assertEqual(said.stderr, "")
        self.keten("history", self.product, "--trust-node", "--genesis", self.genesis, *self.state, expect=FAILED)

    def test_a_node_that_changes_a_history_is_found_out_whatever_it_changes(self):
        self.asked("history", self.product)

        def recorded(document):
            return [event for event in document["events"] if event["standing"] == "recorded"]

        def hide(document):
            document["events"].remove(recorded(document)[-1])

        def repeat(document):
            document["events"].append(dict(recorded(document)[-1]))

        def turn_round(document):
            document["events"].reverse()

        def explain(document):
            recorded(document)[0].update(errorReason="recalled: listeria", correctedBy=["urn:uuid:none"])

        def invent(document):
            document["events"].append(dict(recorded(document)[0], eventID="urn:uuid:00000000-0000-4000-8000-000000000000"))

        def twice_elsewhere(document):
            document["events"].append(dict(recorded(document)[0], number=7))

        def set_in_event(member, value):
            return lambda document: recorded(document)[0].update({member: value})

        def set_in_state(member, value):
            return lambda document: document["state"].update({member: value})

        lies = [hide, repeat, turn_round, explain, invent, twice_elsewhere,
                set_in_event("organisation", "ShopCo"), set_in_event("eventTime", "2026-06-02T13:30:01.000Z"),
                set_in_event("recordTime", "2026-06-02T13:30:01.000Z"), set_in_event("bizStep", "destroying"),
                set_in_event("type", "AggregationEvent"), set_in_event("action", "DELETE"),
                set_in_event("readPoint", "https://id.gs1.org/414/1"), set_in_event("bizLocation", ""),
                set_in_event("disposition", "recalled"), set_in_event("height", 3), set_in_event("standing", "error"),
                set_in_state("possessor", "TruckCo"), set_in_state("location", "https://id.gs1.org/414/1"),
                set_in_state("alive", False), set_in_state("born", False), set_in_state("events", 4),
                set_in_state("claims", 1), set_in_state("inTransit", True), set_in_state("holdings", []),
                lambda document: document["state"].pop("bizStep"), lambda document: document.pop("state"),
                lambda document: document.update(epc="https://id.gs1.org/01/09521003000428/21/1002")]
        for number, change in enumerate(lies):
            with self.subTest(number):
                self.liar.lie = changing(change)
                said = self.asked("history", self.product, expect=VERIFICATION_FAILED)
                self.assertEqual(said.stdout, "")
                self.assertIn("ANSWER_DIFFERS", said.stderr)
                self.assertRegex(said.stderr, r"\n  at /\S.*: expected .*, found ")
                said = self.asked("history", self.product, "-o", "json", expect=VERIFICATION_FAILED)
                document = json.loads(said.stdout)
                self.assertEqual((document["verified"], document["reason"]), (False, "ANSWER_DIFFERS"))
                self.assertNotIn("events", document)
                self.asked("history", self.product, "--trust-node")

    def test_a_list_that_is_cut_or_old_is_not_called_whole(self):
        def say_more_follows(path, status, body):
            if not path.startswith("/v1/history/") or "/proof" in path:
                return status, body
            if "nextPageToken" in path:
                return 200, json.dumps({"height": 900, "events": []}).encode()
            document = json.loads(body)
            document["events"].pop(0)
            document["nextPageToken"] = "more"
            return 200, json.dumps(document).encode()

        self.liar.lie = say_more_follows
        for pages in ("0", "1"):
            said = self.asked("history", self.product, "--pages", pages)
            self.assertIn("that nothing is left out of these pages", said.stderr)

        def before(document):
            heights = [event["height"] for event in document["events"] if event["standing"] != "inferred"]
            document["height"] = max(heights) - 1
            document["events"] = [event for event in document["events"] if event["height"] < max(heights)]

        self.liar.lie = changing(before)
        said = self.asked("history", self.product)
        self.assertRegex(said.stderr, r"\d+ events? (was|were) recorded after height \d+, of which the answer is")

    def test_an_event_that_is_proved_by_its_hash_only_is_not_passed_over(self):
        hidden = []

        def hide(path, status, body):
            if not path.startswith("/v1/history/") or status != 200:
                return status, body
            if "/proof" in path:
                return status, without_event(body, hidden[0])
            document = json.loads(body)
            hidden[:] = [next(event["eventID"] for event in document["events"] if event["standing"] == "recorded")]
            document["events"] = [event for event in document["events"] if event["eventID"] != hidden[0]]
            return status, json.dumps(document).encode()

        self.liar.lie = hide
        said = self.asked("history", self.product, expect=NOT_READY)
        self.assertRegex(said.stderr, "NOT VERIFIED.*EVENTS_HIDDEN")
        said = self.asked("history", self.product, "-o", "json", expect=NOT_READY)
        self.assertFalse(json.loads(said.stdout)["verified"])

    def test_a_trace_holds_nothing_but_what_is_proved(self):
        for direction in ("--up", "--down"):
            said = self.asked("trace", self.product, direction)
            self.assertRegex(said.stderr, r"\Averified at height \d+ as of \S+Z by 3 of 4 validators; the node's word: ")
            self.assertTrue(json.loads(self.asked("trace", self.product, direction, "-o", "json").stdout)["verified"])
        for form in ("dot", "epcis"):
            self.assertIn("verified at height", self.asked("trace", self.product, "-o", form).stderr)

        def set_in_event(member, value):
            return lambda document: document["events"][0].update({member: value})

        def without_input(document):
            link = next(link for link in document["links"] if link["relation"] == "input")
            document["links"] = [one for one in document["links"] if one["item"] != link["item"]]

        def moved_link(document):
            link = next(link for link in document["links"] if link["relation"] == "input")
            link["item"] = 0

        lies = [set_in_event("organisation", "ShopCo"), set_in_event("bizStep", "destroying"),
                set_in_event("eventTime", "2026-06-02T13:30:01.000Z"), set_in_event("readPoint", "https://id.gs1.org/414/1"),
                set_in_event("height", 2), set_in_event("eventID", "urn:uuid:00000000-0000-4000-8000-000000000000"),
                lambda document: document["items"].append({"epc": "https://id.gs1.org/01/09521003000428/21/77"}),
                without_input, moved_link, lambda document: document["events"].reverse()]
        for number, change in enumerate(lies):
            with self.subTest(number):
                self.liar.lie = changing(change, "trace")
                said = self.asked("trace", self.product, expect=VERIFICATION_FAILED)
                self.assertEqual(said.stdout, "")
                self.assertIn("ANSWER_DIFFERS", said.stderr)

    def test_a_node_that_says_there_is_nothing_is_found_out(self):
        def silent(path, status, body):
            if path.startswith("/v1/history/") and "/proof" not in path:
                return 404, json.dumps({"reason": "ITEM_UNKNOWN", "detail": "no event names it"}).encode()
            return status, body

        self.liar.lie = silent
        said = self.asked("history", self.product, expect=VERIFICATION_FAILED)
        self.assertIn("ANSWER_CONTRADICTED", said.stderr)
        self.asked("history", NEVER, expect=FAILED)

    def test_a_proof_of_something_else_or_a_forged_one_is_refused(self):
        other = "https://id.gs1.org/01/09521003000428/21/1002"

        def instead(path, status, body):
            if "/proof" not in path:
                return status, body
            with contextlib.closing(http.client.HTTPConnection(self.node["http"], timeout=30)) as connection:
                connection.request("GET", path.replace(self.product, urllib.parse.quote(other, "")),
                                   headers={"Authorization": "Bearer " + self.token})
                answer = connection.getresponse()
                return answer.status, answer.read()

        def forged(path, status, body):
            if "/proof" not in path or status != 200:
                return status, body
            return status, body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]

        for lie, reason in ((instead, "PROOF_OTHER_SUBJECT"), (forged, "PROOF_")):
            self.liar.lie = lie
            said = self.asked("history", self.product, expect=VERIFICATION_FAILED)
            self.assertIn(reason, said.stderr)
            self.assertEqual(said.stdout, "")

    def test_a_node_that_gives_no_proof_is_not_believed_in_silence(self):
        def later(path, status, body):
            if "/proof" not in path:
                return status, body
            return 503, json.dumps({"reason": "PROOF_NOT_YET", "detail": "ask again"}).encode()

        self.liar.lie = later
        said = self.asked("history", self.product, "--verify-timeout", "0.3", expect=NOT_READY)
        self.assertIn("NOT VERIFIED", said.stderr)
        self.assertIn("PROOF_NOT_YET", said.stderr)
        said = self.asked("history", self.product, "-o", "json", "--verify-timeout", "0.3", expect=NOT_READY)
        self.assertFalse(json.loads(said.stdout)["verified"])


class RestoredTest(unittest.TestCase):
    """All validators are set back to a backup: what honest companies cannot do, and what only a client that remembers can see."""

    def setUp(self):
        folder = Folder()
        self.addCleanup(folder.close)
        self.folder = folder.path
        self.net = self.folder / "net"
        self.state = ("--state", self.net)

    def keten(self, *arguments, expect=0):
        return keten(*arguments, expect=expect, cwd=self.folder)

    def seen(self):
        (file,) = self.net.glob("seen-*.json")
        return file

    def submit(self, key):
        said = self.keten("tx", "submit", "--key", key, "--value", "x", "--wait", "executed", "-o", "json", *self.state)
        return json.loads(said.stdout)["transaction_id"]

    def test_a_chain_that_was_set_back_is_told_and_another_past_is_evidence(self):
        self.keten("devnet", "up", "--demo", "coldchain", "--once", *self.state)
        product = json.loads((EXAMPLES / "coldchain" / "index.json").read_text())["trace"]["epc"]
        shutil.copytree(self.net, self.folder / "backup")
        self.keten("devnet", "up", "--detach", *self.state)
        for number in range(8):
            last = self.submit(f"first-{number}")
        self.assertIn("verified at height", self.keten("tx", "status", last, *self.state).stderr)
        kept = json.loads(self.seen().read_text())
        self.keten("devnet", "down", *self.state)

        remembered = self.seen().read_bytes()
        name = self.seen().name
        shutil.rmtree(self.net)
        shutil.copytree(self.folder / "backup", self.net)
        (self.net / name).write_bytes(remembered)
        self.keten("devnet", "up", "--detach", *self.state)
        said = self.keten("history", product, *self.state)
        self.assertRegex(said.stderr, r"\Athis node is behind: its newest final block is \d+, \d+ was seen before\nverified")
        self.assertEqual((self.net / name).read_bytes(), remembered)

        # The chain goes on, and comes to the height that was final before with another block.
        for number in range(40):
            asked = self.submit(f"second-{number}")
            said = self.keten("tx", "status", asked, *self.state, expect=None)
            if said.returncode != 0:
                break
        self.assertEqual(said.returncode, VERIFICATION_FAILED, said.stderr)
        self.assertEqual(said.stdout, "")
        self.assertIn("CHAIN_CONTRADICTED", said.stderr)
        self.assertIn("contradiction.json", said.stderr)
        evidence = json.loads((self.folder / "contradiction.json").read_text())
        self.assertEqual(evidence["kind"], "contradiction")
        self.assertEqual(evidence["seen"]["header"], kept["newest"]["header"])
        self.assertNotEqual(evidence["seen"]["block"], evidence["shown"]["block"])
        self.assertLessEqual(abs(evidence["seen"]["height"] - evidence["shown"]["height"]), 1)
        # What the node answered with is a proof that anybody can verify.
        proof = self.folder / "shown.ketenproof"
        proof.write_bytes(bytes.fromhex(evidence["proof"]))
        verdict = json.loads(self.keten("verify", proof, "--genesis", self.net / "genesis.json", "-o", "json").stdout)
        self.assertEqual(verdict["anchor"]["block"], evidence["shown"]["block"])
        # Whoever wants to begin anew has to say so.
        self.keten("tx", "status", asked, "--trust-node", *self.state)
        self.seen().unlink()
        self.keten("tx", "status", asked, *self.state)


if __name__ == "__main__":
    unittest.main()
