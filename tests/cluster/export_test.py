"""Files for regulators and other repositories: the FSMA 204 table, and EPCIS documents that another ledger takes and hashes alike."""

import csv
import io
import json
import unittest

from harness import EXAMPLES, Folder, Network, NetworkTest, cold_chain, keten, wait_for

FAILED = 1
USAGE = 2
PRODUCT = json.loads((EXAMPLES / "coldchain" / "index.json").read_text())["trace"]["epc"]
MILK = "https://id.gs1.org/01/09521001000017/10/MILK-0601-A"
DAIRY = "9521003000206"


class ExportTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = []
        for organisation, document in cold_chain():
            node = next(node for node in cls.nodes if node.organisation == organisation)
            answer = node.capture(document)
            assert answer.status == 202, answer
            for event in document["epcisBody"]["eventList"]:
                cls.events.append(event["eventID"])
                wait_for("the event is executed", lambda node=node, event=event: node.has_event(event["eventID"]))

    def setUp(self):
        super().setUp()
        wait_for("all have executed the same", self.network.agrees)

    def export(self, form, *arguments, state=None, expect=0):
        return keten("export", form, *arguments, "--state", state or self.network.state, expect=expect)

    def table(self, *arguments):
        text = self.export("fsma204", *arguments).stdout
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def hashes(self, *files):
        return sorted(keten("epcis", "hash", *files).stdout.splitlines())

    def test_a_product_is_told_as_a_table_of_tracking_events_and_lots(self):
        file = self.folder / "product.csv"
        said = self.export("fsma204", "--lot", PRODUCT, "-o", file).stdout
        self.assertRegex(said, r"rows, as of height \d+")
        raw = file.read_bytes()
        self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
        rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
        self.assertEqual(f"{len(rows)} rows", said.split("  ")[1].split(",")[0])
        self.assertEqual([row["event_time"] for row in rows][0][:10], "2026-06-01")
        kinds = {row["critical_tracking_event"] for row in rows}
        self.assertTrue({"harvesting", "shipping", "receiving", "transformation"} <= kinds, kinds)
        harvest = next(row for row in rows if row["traceability_lot_code"] == MILK)
        self.assertEqual((harvest["critical_tracking_event"], harvest["quantity"], harvest["unit"], harvest["recorded_by"]),
                         ("harvesting", "1200", "KGM", "FarmCo"))
        shipped = [row for row in rows if row["critical_tracking_event"] == "shipping" and row["lot"] == "MILK-0601-A"]
        self.assertEqual({(row["quantity"], row["inferred_from_logistic_unit"], row["subsequent_recipient"]) for row in shipped},
                         {("1200", "yes", f"https://id.gs1.org/414/{DAIRY}")})
        cheese = next(row for row in rows if row["critical_tracking_event"] == "transformation")
        self.assertIn(MILK, cheese["input_traceability_lot_codes"])
        heights = {row["ledger_height"] for row in rows}
        self.assertEqual(len(heights), 1)
        self.assertLessEqual(max(int(row["recorded_height"]) for row in rows), int(heights.pop()))
        for node in self.nodes[1:]:
            self.assertEqual(self.table("--lot", PRODUCT, "--node", node.name), rows, "every node tells the same")

    def test_a_place_and_a_time_choose_what_was_recorded_there_and_then(self):
        everything = self.table("--from", "2026-01-01T00:00:00Z", "--to", "2027-01-01T00:00:00Z")
        place = f"https://id.gs1.org/414/{DAIRY}"
        there = self.table("--location", DAIRY)
        self.assertTrue(there)
        self.assertTrue({row["event_id"] for row in there} < {row["event_id"] for row in everything})
        self.assertTrue({row["event_id"] for row in everything if row["location"] == place} <= {row["event_id"] for row in there})
        first = there[0]["event_time"]
        self.assertEqual({row["event_time"] for row in self.table("--location", place, "--from", first, "--to", first)}, {first})

    def test_an_exported_document_is_captured_elsewhere_and_its_events_hash_alike(self):
        file = self.folder / "trace.json"
        said = self.export("epcis", "--lot", PRODUCT, "-o", file).stdout
        document = json.loads(file.read_text())
        chain = self.network.described()["chain_id"]
        self.assertRegex(document["instanceIdentifier"], rf"\Aurn:keten:{chain}:height:\d+\Z")
        self.assertIn(document["instanceIdentifier"].rsplit(":", 1)[1], said)
        ids = [event["eventID"] for event in document["epcisBody"]["eventList"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertTrue(set(ids) <= set(self.events))
        keten("epcis", "validate", file)

        folder = Folder()
        self.addCleanup(folder.close)
        other = Network(folder, validators=1)
        keten("epcis", "capture", file, "--wait", "executed", "--state", other.state)
        again = self.folder / "again.json"
        self.export("epcis", "--lot", PRODUCT, "-o", again, state=other.state)
        self.assertEqual(self.hashes(again), self.hashes(file))
        self.assertEqual(len(self.hashes(file)), len(ids))

        keten("epcis", "import", file, "--state", self.network.state, "--as", "capture@ShopCo")
        self.export("epcis", "--lot", PRODUCT, "-o", file, expect=FAILED)  # what is there is not overwritten
        self.assertEqual(json.loads(file.read_text()), document)

    def test_a_question_that_is_none_is_refused(self):
        self.export("fsma204", expect=USAGE)
        self.export("fsma204", "--lot", PRODUCT, "--location", DAIRY, expect=USAGE)
        self.assertIn("the last digit would be", self.export("fsma204", "--location", "9521003000207", expect=USAGE).stderr)
        self.assertIn("ITEM_UNKNOWN", self.export("epcis", "--lot", PRODUCT + "404", expect=FAILED).stderr)
        self.assertIn("PARAMETER_INVALID", self.export("epcis", "--lot", PRODUCT, "--from", "yesterday", expect=FAILED).stderr)
        node = self.nodes[0]
        self.assertEqual(node.ask("GET", "/v1/extract").reason, "PARAMETER_MISSING")
        self.assertEqual(node.ask("GET", "/v1/extract?from=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&perPage=3").reason,
                         "PARAMETER_UNKNOWN")


if __name__ == "__main__":
    unittest.main()
