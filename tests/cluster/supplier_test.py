"""A supplier that runs no node: joins with a card, imports tables signed with its own key, and loses neither an event nor a receipt
when nodes or its own program are killed."""

import json
import shutil
import subprocess
import time
import unittest
import urllib.parse

from harness import BIN, EXAMPLES, NetworkTest, keten, wait_for

NOT_READY = 3
FAILED = 1
HEADING = "event_time,location,gtin,lot,quantity,unit,to_party\n"
PROFILES = ("commissioning", "transformation", "aggregation", "shipping", "receiving")


def rows(prefix, count):
    """Shipments of as many lots, each at its own minute."""
    return HEADING + "".join(
        f"2026-05-19T{i // 60 % 24:02}:{i % 60:02}:00Z,9521005000105,9521005000020,{prefix}-{i},46,KGM,9521003000008\n"
        for i in range(count))


class SupplierTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        state = ("--state", cls.network.state)
        described = cls.network.described()
        cls.endpoints = [node["grpc"] for node in described["nodes"]]
        cls.home = cls.folder / "herb"
        keten("init", "--light", "--org", "HerbCo", "--home", cls.home, "--endpoint", cls.endpoints[0],
              "--endpoint", cls.endpoints[1])
        made = json.loads(keten("validators", "propose-add", cls.home / "member.json", *state, "--as", "@FarmCo",
                                "-o", "json").stdout)
        for organisation in made["missing"]:
            if not made["applied"]:
                made = json.loads(keten("validators", "approve", made["change"], *state, "--as", f"@{organisation}",
                                        "-o", "json").stdout)
        assert made["applied"], made
        peers = cls.folder / "peers.json"
        keten("validators", "introduce", peers, *state)
        keten("genesis", "install", described["genesis"], "--peers", peers, "--home", cls.home)
        for node in cls.nodes[:2]:
            with open(node.home / "tls" / "clients.pem", "a", encoding="ascii") as clients:
                clients.write((cls.home / "tls" / "client.crt").read_text())

    def table(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_import(self, *arguments, expect=0):
        result = keten("epcis", "import", *arguments, "--home", self.home, "-o", "json", expect=expect)
        return json.loads(result.stdout)

    def events_of(self, node, prefix, count):
        """How often each lot of a table was recorded."""
        found = {}
        target = ("/epcis/v2/events?EQ_bizStep=shipping&EQ_readPoint=" +
                  urllib.parse.quote("https://id.gs1.org/414/9521005000105", safe="") + "&perPage=1000")
        while target:
            answer = node.ask("GET", target, headers={"GS1-EPC-Format": "Never_Translates"})
            self.assertEqual(answer.status, 200, answer)
            for event in answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
                for quantity in event.get("quantityList", []):
                    lot = quantity["epcClass"].rsplit("/", 1)[1]
                    if lot.startswith(prefix + "-"):
                        found[lot] = found.get(lot, 0) + 1
            link = answer.headers.get("link", "")
            target = link[1:link.index(">")] if 'rel="next"' in link else None
        self.assertEqual(sorted(found), sorted(f"{prefix}-{i}" for i in range(count)))
        self.assertEqual(set(found.values()), {1}, "each event is recorded once")

    def start_import(self, path):
        command = [BIN / "keten", "epcis", "import", path, "--profile", "shipping", "--home", self.home, "-o", "json"]
        return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def receipts_of(self, path):
        folders = list((self.home / "receipts").glob(path.stem + "-*"))
        return sorted(folders[0].glob("*.receipt.json")) if folders else []

    def test_the_example_tables_are_recorded_once_and_leave_receipts(self):
        tables = {profile: EXAMPLES / "supplier" / f"{profile}.csv" for profile in PROFILES}
        for profile, path in tables.items():
            report = self.run_import(path, "--profile", profile)[0]
            self.assertEqual((report["known"], report["refused"]), (0, 0), report)
            self.assertEqual(report["recorded"], len(report["events"]))
            receipt = json.loads((self.folder / report["receipts"] / "0001.receipt.json").read_text())
            self.assertEqual(receipt["organisation"], "HerbCo")
            found = json.loads(keten("tx", "status", receipt["transactionId"], "--home", self.home, "-o", "json").stdout)
            self.assertEqual((found["height"], found["index"]), (receipt["height"], receipt["index"]))
            for event in report["events"]:
                wait_for("another company's node knows the event",
                         lambda event=event: self.nodes[3].has_event(event["eventID"]))
        trace = keten("trace", "https://id.gs1.org/01/09521005000020/10/BAG-0519", "--state", self.network.state).stdout
        self.assertIn("HerbCo", trace)

        again = self.run_import(tables["shipping"], "--profile", "shipping")[0]
        self.assertEqual(again["resumed"], 1, "the receipt is there: nothing is sent")
        shutil.rmtree(self.home / "receipts")
        again = self.run_import(tables["shipping"], "--profile", "shipping")[0]
        self.assertEqual((again["recorded"], again["known"]), (0, 2), again)

    def test_an_import_goes_on_with_the_next_node_when_the_first_is_killed(self):
        path = self.table("killed.csv", rows("K", 3000))
        running = self.start_import(path)
        wait_for("some transactions have their receipts", lambda: len(self.receipts_of(path)) >= 3)
        self.nodes[0].kill()
        killed_at = len(self.receipts_of(path))
        began = time.monotonic()
        wait_for("the next node takes the rest", lambda: len(self.receipts_of(path)) > killed_at + 1)
        took = time.monotonic() - began
        out, err = running.communicate(timeout=120)
        self.assertEqual(running.returncode, 0, err)
        report = json.loads(out)[0]
        self.assertEqual((report["recorded"] + report["known"], report["refused"]), (3000, 0), err)
        self.assertLess(killed_at, report["transactions"] - 1, "it was killed in the middle")
        used = {json.loads(receipt.read_text())["endpoint"] for receipt in self.receipts_of(path)}
        self.assertEqual(used, set(self.endpoints[:2]))
        wait_for("all three others have executed it", lambda: len(
            {(node["executed_height"], node["state_root"]) for node in self.network.status()["nodes"] if node["up"]}) == 1)
        self.events_of(self.nodes[2], "K", 3000)
        print(json.dumps({"receipts when the node was killed": killed_at, "transactions": report["transactions"],
                          "next receipts after s": round(took, 2)}))

    def test_an_import_that_was_killed_goes_on_where_it_was(self):
        path = self.table("stopped.csv", rows("S", 3000))
        running = self.start_import(path)
        wait_for("some transactions have their receipts", lambda: len(self.receipts_of(path)) >= 3)
        running.kill()
        running.communicate()
        kept = len(self.receipts_of(path))
        report = self.run_import(path, "--profile", "shipping")[0]
        self.assertEqual((report["refused"], len(report["events"])), (0, 3000))
        self.assertGreaterEqual(report["resumed"], kept)
        self.assertLess(report["resumed"], report["transactions"])
        self.events_of(self.nodes[0], "S", 3000)

    def test_a_wrong_table_is_told_line_by_line_and_nothing_of_it_is_sent(self):
        path = self.table("wrong.csv", rows("W", 2) + "2026-05-19T10:00:00Z,9521005000106,9521005000020,W-2,1,KGM,9521003000008\n")
        result = keten("epcis", "import", path, "--profile", "shipping", "--home", self.home, expect=FAILED)
        self.assertIn(f"{path}:4:22: location: expected a GLN with its check digit", result.stderr)
        self.assertIn("nothing of any file was sent", result.stderr)
        self.assertEqual(self.receipts_of(path), [])

    def test_other_content_under_a_known_id_is_refused_by_its_line(self):
        event = {"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "ObjectEvent",
                 "eventID": "urn:uuid:5e0f6c1e-0000-4000-8000-000000000001", "eventTime": "2026-05-01T00:00:00Z",
                 "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:9521005.2000000099"]}
        first = self.table("first.json", json.dumps(event))
        self.assertEqual(self.run_import(first)[0]["recorded"], 1)
        other = self.table("other.json", json.dumps(event | {"action": "DELETE"}, indent=1))
        report = self.run_import(other, expect=FAILED)[0]
        self.assertEqual((report["refused"], report["events"][0]["reason"]), (1, "EVENT_ID_CONFLICT"))

    def test_a_node_that_does_not_know_the_supplier_is_no_node_to_use(self):
        path = self.table("stranger.csv", rows("N", 1))
        result = keten("epcis", "import", path, "--profile", "shipping", "--home", self.home, "--endpoint", self.endpoints[3],
                       "--timeout", "2s", expect=NOT_READY)
        self.assertIn("UNREACHABLE", result.stderr)
        self.assertIn("the same command goes on from there", result.stderr)
        report = self.run_import(path, "--profile", "shipping", "--endpoint", self.endpoints[3], "--endpoint",
                                 self.endpoints[1])[0]
        self.assertEqual(report["recorded"] + report["known"], 1)


if __name__ == "__main__":
    unittest.main()
