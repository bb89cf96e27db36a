"""Proofs leave the network: made on a running one before, between and after changes of its validators, verified when no
node runs any more, from the genesis and from a checkpoint."""

import json
import pathlib
import shutil
import unittest

from harness import EXAMPLES, Folder, keten, wait_for

FAILED = 1
USAGE = 2
NOT_READY = 3
VERIFICATION_FAILED = 4
TRANSACTION_BYTES_MAX = 5 * 1024
STATE_BYTES_MAX = 20 * 1024


class ProofTest(unittest.TestCase):
    def setUp(self):
        folder = Folder()
        self.addCleanup(folder.close)
        self.folder = folder.path
        self.proofs = self.folder / "proofs"
        self.proofs.mkdir()
        self.state = ("--state", self.folder / "net")

    def keten(self, *arguments, expect=0):
        return keten(*arguments, expect=expect, cwd=self.folder)

    def prove(self, name, *question):
        file = self.proofs / f"{name}.ketenproof"
        said = json.loads(self.keten("proof", *question, "-o", file, "--json", *self.state).stdout)
        self.assertEqual(said["bytes"], file.stat().st_size)
        return said

    def verify(self, name, *arguments, expect=0):
        root = arguments if "--checkpoint" in arguments else ("--genesis", self.folder / "genesis.json", *arguments)
        return self.keten("verify", self.proofs / f"{name}.ketenproof", "-o", "json", *root, expect=expect)

    def epoch(self):
        return json.loads(self.keten("validators", "list", "-o", "json", *self.state).stdout)["epoch"]

    def test_what_was_proved_holds_without_any_node_across_changes_of_validators(self):
        self.keten("devnet", "up", "--demo", "coldchain", "--once", *self.state)
        self.keten("devnet", "up", "--detach", *self.state)
        network = json.loads((self.folder / "net" / "devnet.json").read_text())
        shutil.copy(pathlib.Path(network["nodes"][0]["home"]) / "genesis.json", self.folder / "genesis.json")
        product = json.loads((EXAMPLES / "coldchain" / "index.json").read_text())["trace"]["epc"]
        milk = "https://id.gs1.org/01/09521001000017/10/MILK-0601-A"
        never = "urn:epc:id:sgtin:9521001.000001.404"

        said = self.make_all(product, milk, never)
        self.assertEqual(said["trace"]["statement"]["direction"], "back")
        self.assertIn(milk, [one["id"] for one in said["trace"]["statement"]["entities"]])
        self.assertEqual(said["history"]["trust"], {"from": "genesis", "epoch": 0})
        self.assertLess(said["tx"]["bytes"], TRANSACTION_BYTES_MAX)
        self.assertLess(said["item"]["bytes"], STATE_BYTES_MAX)
        self.refusals(product, never)

        self.keten("devnet", "add", "press-1", *self.state)
        self.assertEqual(self.epoch(), 1)
        between = self.prove("history-between", "history", product)
        self.assertEqual((between["hand_overs"], between["validators"]), (1, 5))
        self.keten("devnet", "remove", network["nodes"][3]["name"], *self.state)
        wait_for("epoch 2", lambda: self.epoch() == 2)
        after = self.prove("history-after", "history", product)
        self.assertEqual((after["hand_overs"], after["validators"]), (2, 4))
        self.prove("tx-after", "tx", said["tx"]["statement"]["transaction"])
        self.prove("epoch-after", "epoch", "2")

        self.keten("devnet", "down", *self.state)
        self.keten("node", "status", "--all", *self.state, expect=NOT_READY)
        self.offline(said, product, never)
        self.checkpoints(product)

    def make_all(self, product, milk, never):
        said = {}
        history = json.loads(self.keten("history", product, "-o", "json", *self.state).stdout)
        height = history["events"][0]["height"]
        block = json.loads(self.keten("block", "get", height, "-o", "json", *self.state).stdout)
        said["tx"] = self.prove("tx", "tx", block["transactions"][0])
        said["history"] = self.prove("history", "history", product)
        self.assertEqual(said["history"]["statement"]["count"], len(said["history"]["statement"]["entries"]))
        recorded = {event["eventID"] for event in history["events"] if event["standing"] != "inferred"}
        self.assertEqual({entry["event_id"] for entry in said["history"]["statement"]["entries"]}, recorded)
        self.assertTrue(all(entry["has_text"] for entry in said["history"]["statement"]["entries"]))
        said["item"] = self.prove("item", "item", product)
        said["lot"] = self.prove("lot", "history", milk)
        said["absent"] = self.prove("absent", "absent", never)
        said["trace"] = self.prove("trace", "trace", product)
        said["trace-forward"] = self.prove("trace-forward", "trace", milk, "--forward")
        said["member"] = self.prove("member", "member", "DairyCo")
        said["member-history"] = self.prove("member-history", "history", "DairyCo", "--kind", "member")
        said["no-member"] = self.prove("no-member", "member", "NobodyCo")
        self.make_others(said)
        return said

    def make_others(self, said):
        """Of what is no item: a key of a record, a dataset, a block. A plain put has no history."""
        for key, more in (("shelf", ()), ("scale", ("--plain",))):
            self.keten("tx", "submit", "--key", key, "--value", "7", *more, "--wait", "executed", "--as", "device@ShopCo",
                       *self.state)
        content = self.folder / "milk.csv"
        content.write_text("litres\n31\n")
        self.keten("usage", "register", "urn:ds:milk", "--content", content, "--as", "device@FarmCo", *self.state)
        said["record"] = self.prove("record", "record", "ShopCo/shelf")
        said["record-history"] = self.prove("record-history", "history", "ShopCo/shelf", "--kind", "record")
        self.assertEqual([one["value"] for one in said["record-history"]["statement"]["entries"]], ["37"])
        said["no-record"] = self.prove("no-record", "absent", "ShopCo/scale", "--kind", "record")
        said["dataset"] = self.prove("dataset", "dataset", "urn:ds:milk")
        said["dataset-history"] = self.prove("dataset-history", "history", "urn:ds:milk", "--kind", "dataset")
        said["no-agreement"] = self.prove("no-agreement", "absent", "00" * 32, "--kind", "agreement")
        said["block"] = self.prove("block", "block", "2")

    def refusals(self, product, never):
        file = self.proofs / "refused.ketenproof"
        refused = self.keten("proof", "absent", product, "-o", file, *self.state, expect=FAILED)
        self.assertIn("ENTITY_EXISTS", refused.stderr)
        refused = self.keten("proof", "history", never, "-o", file, *self.state, expect=FAILED)
        self.assertIn("ITEM_UNKNOWN", refused.stderr)
        refused = self.keten("proof", "tx", "00" * 32, "-o", file, *self.state, expect=FAILED)
        self.assertIn("TRANSACTION_NOT_FOUND", refused.stderr)
        self.keten("proof", "tx", "-o", file, *self.state, expect=USAGE)
        for kind, name in (("contract", "production"), ("agreement", "ABCDEF"), ("record", "shelf"), ("dataset", "a b")):
            refused = self.keten("proof", "absent", name, "--kind", kind, "-o", file, *self.state, expect=FAILED)
            self.assertIn("ENTITY_INVALID", refused.stderr)
        self.assertFalse(file.exists())

    def offline(self, said, product, never):
        for name, online in said.items():
            with self.subTest(name):
                verdict = json.loads(self.verify(name).stdout)
                self.assertTrue(verdict["verified"])
                self.assertEqual({key: online[key] for key in ("subject", "height", "anchor", "signers", "statement")},
                                 {key: verdict[key] for key in ("subject", "height", "anchor", "signers", "statement")})
        for name in ("history-between", "history-after", "tx-after", "epoch-after"):
            json.loads(self.verify(name).stdout)
        text = self.keten("verify", self.proofs / "item.ketenproof", "--genesis", self.folder / "genesis.json").stdout
        self.assertRegex(text, r"\Averified  state of item https://")
        self.assertIn("not proved", text)
        self.assertIn("last step retail_selling", text)
        compared = json.loads(self.verify("block", "--against", self.proofs / "block.ketenproof").stdout)["against"]
        self.assertIn("both are of one chain up to block", compared)
        text = self.keten("verify", self.proofs / "dataset-history.ketenproof", "--genesis", self.folder / "genesis.json").stdout
        self.assertIn("no agreement was ever made for it", text)
        verdict = json.loads(self.verify("dataset-history").stdout)
        self.assertEqual(verdict["in_words"], [{"title": "no agreement was ever made for it", "lines": []}])
        self.assertEqual(verdict["not_looked_at"], [])
        for name, words in (("member", "organisation DairyCo: joined at height 0, is a member"),
                            ("epoch-after",
                             r"epoch 2 begins with the block behind height \d+\n  4 validators:\n    \w+/[\w-]+ with key ed25519:"),
                            ("member-history", r"6\. organisation DairyCo: joined at height 0, is a member; \d+ valid keys")):
            text = self.keten("verify", self.proofs / f"{name}.ketenproof", "--genesis", self.folder / "genesis.json").stdout
            self.assertRegex(text, words)
        text = self.keten("verify", self.proofs / "dataset.ketenproof", "--genesis", self.folder / "genesis.json").stdout
        self.assertIn('"owner": "FarmCo"', text)
        for name, expected in (("history", product), ("history", "history of item " + product), ("absent", "absence of item " + never),
                               ("tx", said["tx"]["statement"]["transaction"])):
            self.verify(name, "--expect", expected)
        refused = self.verify("history", "--expect", never, expect=VERIFICATION_FAILED)
        self.assertEqual(json.loads(refused.stdout)["reason"], "PROOF_OTHER_SUBJECT")
        for name, expected in (("absent", product), ("absent", never), ("absent", "item " + never), ("dataset", "urn:ds:milk"),
                               ("no-record", "record ShopCo/scale")):
            self.verify(name, "--expect", expected, expect=VERIFICATION_FAILED)
        self.verify("dataset", "--expect", "dataset urn:ds:milk")
        whole = (self.proofs / "tx.ketenproof").read_bytes()
        for place in range(0, len(whole), 61):
            changed = bytearray(whole)
            changed[place] ^= 1
            (self.proofs / "changed.ketenproof").write_bytes(changed)
            self.verify("changed", expect=VERIFICATION_FAILED)
        self.keten("verify", self.proofs / "tx.ketenproof", expect=FAILED)
        self.keten("verify", self.proofs / "missing", "--genesis", self.folder / "genesis.json", expect=FAILED)

    def checkpoints(self, product):
        checkpoint = self.folder / "checkpoint.json"
        self.verify("history-between", "--checkpoint-out", checkpoint)
        self.assertEqual(json.loads(checkpoint.read_text())["epoch"], 1)
        for name in ("history-between", "history-after", "tx-after"):
            verdict = json.loads(self.verify(name, "--checkpoint", checkpoint).stdout)
            self.assertEqual(verdict["trust"], {"from": "checkpoint", "epoch": 1})
            self.assertEqual(verdict["not_looked_at"], ["the changes of validators before epoch 1, where the checkpoint begins"])
        refused = self.verify("history", "--checkpoint", checkpoint, expect=VERIFICATION_FAILED)
        self.assertEqual(json.loads(refused.stdout)["reason"], "PROOF_OTHER_EPOCH")


if __name__ == "__main__":
    unittest.main()
