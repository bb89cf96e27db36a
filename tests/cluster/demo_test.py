"""What a newcomer types: the demonstration, and the commands that it names."""

import json
import os
import pathlib
import unittest

import guard
from harness import BIN, EXAMPLES, Folder, keten

USAGE = 2
NOT_READY = 3
FAILED = 1
NO_PERMISSION = 5


def validators_below(folder):
    """Process ids of daemons whose home is below this folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if command[0].endswith(b"/ketend") and any(part.startswith(bytes(folder) + b"/") for part in command):
                found.append(int(entry.name))
    return found


class DemoTest(unittest.TestCase):
    def setUp(self):
        folder = Folder()
        self.addCleanup(folder.close)
        self.folder = folder.path
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()

    def keten(self, *arguments, expect=0):
        return keten(*arguments, expect=expect, cwd=self.folder, tmp=self.tmp)

    def check_story(self, said):
        for word in ("FarmCo", "TruckCo", "DairyCo", "ShopCo", "creating_class_instance", "MILK-0601-A", "MILK-0601-B", "retail_selling"):
            self.assertIn(word, said)
        self.assertRegex(said, r"(?i)state root.*equal|equal.*state root")

    def test_the_demonstration_tells_the_story_and_leaves_nothing_behind(self):
        result = self.keten("devnet", "up", "--demo", "coldchain", "--once")
        self.check_story(result.stdout)
        self.assertNotIn("\x1b", result.stdout + result.stderr, "no colour without a terminal")
        self.assertEqual(validators_below(self.folder), [])
        self.assertEqual(list(self.tmp.iterdir()), [])

    def test_without_a_terminal_it_ends_by_itself(self):
        self.keten("devnet", "up", "--validators", 1)
        self.assertEqual(validators_below(self.folder), [])
        self.assertEqual(list(self.tmp.iterdir()), [])

    def test_a_kept_network_continues_and_answers(self):
        state = ("--state", self.folder / "net")
        self.check_story(self.keten("devnet", "up", "--demo", "coldchain", "--once", *state).stdout)
        self.assertEqual(validators_below(self.folder), [])
        first = json.loads((self.folder / "net" / "devnet.json").read_text())

        config = self.folder / "config.json"
        self.keten("devnet", "up", "--detach", *state, "--config-out", config)
        network = json.loads(config.read_text())
        self.assertEqual(network["chain_id"], first["chain_id"])
        self.assertEqual(os.stat(config).st_mode & 0o777, 0o600, "it holds tokens")
        for node in network["nodes"]:
            self.assertTrue(guard.runs_in(node["pid"], node["home"]))
        self.check_queries(state)
        self.check_exit_codes(state)

        self.keten("devnet", "down", *state)
        self.assertEqual(validators_below(self.folder), [])
        self.keten("node", "status", "--all", *state, expect=NOT_READY)

    def test_a_farmer_shares_data_and_the_commands_that_are_printed_work(self):
        state = ("--state", self.folder / "dairy")
        said = self.keten("devnet", "up", "--demo", "dairy", "--detach", *state).stdout
        self.addCleanup(self.keten, "devnet", "down", *state)
        story, books = said.split("The network\n")
        for pattern in (r"FarmCo +Registers", r"log \w{8} .*purpose=advertising  \S denied", r"CoopCo +Asks again.*\n.*denied",
                        r"confirm .*coop-report.* late", r"FarmCo +Withdraws", r"\S refused: AGREEMENT_ENDED"):
            self.assertRegex(story, pattern)
        self.assertRegex(books, r"(?i)state roots equal on all 4 nodes")
        self.assertRegex(books, r"advertising +log +denied +1\n")
        self.assertRegex(books, r"urn:duty:coop-report .* late ")
        self.assertRegex(books, r"urn:duty:raw-delete .* fulfilled ")
        typed = [line.split() for line in books.split("What to try next\n")[1].splitlines() if line.startswith("  keten ")]
        self.assertGreaterEqual(len(typed), 5)
        for command in typed:
            words = [str(EXAMPLES.parent / word) if word.startswith("examples/") else word for word in command[1:]]
            with self.subTest(command=" ".join(words)):
                self.assertNotEqual(self.keten(*words).stdout, "")
        self.assertRegex(self.keten("usage", "show", "abcdef", *state, expect=FAILED).stderr, r"\Aerror: UNKNOWN_AGREEMENT")
        self.assertRegex(self.keten("usage", "show", "abc", *state, expect=FAILED).stderr, r"\Aerror: ID_INVALID")
        other = self.keten("devnet", "up", "--demo", "coldchain", *state, expect=FAILED)
        self.assertIn("STORY_COMPANY_MISSING", other.stderr)

    def check_queries(self, state):
        product = json.loads((EXAMPLES / "coldchain" / "index.json").read_text())["trace"]["epc"]
        self.assertIn("creating_class_instance", self.keten("trace", product, "--back", *state).stdout)
        dot = self.keten("trace", product, "--back", "-o", "dot", *state).stdout
        self.assertRegex(dot, r"(?s)\Adigraph .*\{.*->.*\}\s*\Z")
        trace = json.loads(self.keten("trace", product, "--back", "-o", "json", *state).stdout)
        self.assertIn("MILK-0601-A", json.dumps(trace))
        milk = "https://id.gs1.org/01/09521001000017/10/MILK-0601-A"
        self.assertIn("1001", self.keten("trace", milk, "--forward", "-o", "json", *state).stdout)
        self.check_audit(state, product, milk)
        found = json.loads(self.keten("epcis", "query", "eventType=TransformationEvent", "-o", "json", *state).stdout)
        self.assertEqual([event["bizStep"] for event in self.events(found)], ["creating_class_instance"])
        self.assertIn("TransformationEvent", self.keten("epcis", "query", "MATCH_anyEPC=" + product, *state).stdout)
        none = json.loads(self.keten("epcis", "query", "EQ_bizStep=destroying", "-o", "json", *state).stdout)
        self.assertEqual(self.events(none), [])

    def check_audit(self, state, product, milk):
        document = json.loads(self.keten("trace", product, "--up", "-o", "epcis", *state).stdout)
        self.assertEqual(document["type"], "EPCISDocument")
        self.assertIn("creating_class_instance", [event["bizStep"] for event in document["epcisBody"]["eventList"]])
        exported = self.folder / "trace.json"
        exported.write_text(json.dumps(document))
        self.keten("epcis", "validate", exported)
        history = json.loads(self.keten("history", product, "-o", "json", *state).stdout)
        self.assertIn("inferred", {event["standing"] for event in history["events"]})
        self.assertGreater(history["height"], 0)
        self.assertIn("inferred", self.keten("history", product, *state).stdout)
        held = json.loads(self.keten("holdings", "ShopCo", "--pages", 0, "-o", "json", *state).stdout)
        self.assertIn("https://id.gs1.org/01/09521003000428/21/1003", {item["epc"] for item in held["items"]})
        self.assertNotIn("https://id.gs1.org/01/09521003000428/21/1001", {item["epc"] for item in held["items"]}, "it was sold")
        recall = json.loads(self.keten("recall", milk, "-o", "json", *state).stdout)
        self.assertGreaterEqual({item["epc"][-4:] for item in recall["items"]}, {"1001", "1002", "1003", "1004"})
        self.assertIn(("TruckCo", "ShopCo"), {(step["from"], step["to"]) for step in recall["forward"]})
        self.assertIn("still there", self.keten("recall", milk, *state).stdout)
        self.keten("recall", "urn:x:nothing", *state, expect=FAILED)
        self.keten("recall", *state, expect=USAGE)

    def events(self, document):
        """Of a query document, or a plain list."""
        return document if isinstance(document, list) else document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]

    def check_exit_codes(self, state):
        for arguments in ([], ["nonsense"], ["devnet", "up", "--nonsense"], ["trace"], ["devnet", "up", "--demo", "nonsense"],
                          ["devnet", "up", "--detach"], ["block", "get", "x"], ["node", "status", "-o", "xml"]):
            with self.subTest(arguments=arguments):
                result = self.keten(*arguments, expect=USAGE)
                self.assertNotEqual(result.stderr, "")
        unknown = self.keten("trace", "urn:epc:id:sgtin:9521001.000001.404", *state, expect=FAILED)
        self.assertRegex(unknown.stderr, r"\Aerror: [A-Z_]+  ")
        self.assertEqual(unknown.stdout, "")
        wrong = self.folder / "wrong.json"
        wrong.write_text('{"type": "EPCISDocument"}')
        refused = self.keten("epcis", "capture", wrong, *state, expect=FAILED)
        self.assertRegex(refused.stderr, r"(?m)^error: EPCIS_INVALID  ")
        self.assertRegex(refused.stderr, r"(?m)^  at /")
        self.keten("epcis", "capture", self.folder / "missing.json", *state, expect=FAILED)
        refused = self.keten("epcis", "query", "NOT_A=parameter", *state, expect=FAILED)
        self.assertIn("error: ", refused.stderr)
        document = EXAMPLES / "coldchain" / "01-farm-commission.json"
        refused = self.keten("epcis", "capture", document, "--as", "auditor@FarmCo", *state, expect=NO_PERMISSION)
        self.assertIn("ROLE_NOT_ALLOWED", refused.stderr)
        self.keten("epcis", "query", "--endpoint", "127.0.0.1:1", "--token", "x", expect=NOT_READY)
        self.assertEqual(keten("version").returncode, 0)
        self.assertTrue((BIN / "ketend").exists())


if __name__ == "__main__":
    unittest.main()
