"""A whole ledger is verified again: every node's directory while it runs and when it is stopped, and a node's API; across a change of
validators, through an interruption, and with damage in a copy, which is named exactly."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN, NetworkTest, Node, cold_chain, event_document, keten, new_event, wait_for


class AuditTest(NetworkTest):
    def audit(self, where, *options, expect=0):
        result = keten("audit", where, "--genesis", self.genesis, "-o", "json", *options, expect=expect)
        return json.loads(result.stdout)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.genesis = cls.network.described()["genesis"]
        by_organisation = {node.organisation: node for node in cls.nodes}
        for organisation, document in cold_chain():
            answer = by_organisation[organisation].capture(document)
            assert answer.status == 202, answer
        keten("devnet", "add", "press-1", "--state", cls.network.state)
        cls.nodes.append(Node(cls.network, "press-1"))
        for _ in range(30):
            assert cls.nodes[0].capture(event_document(new_event())).status == 202
        wait_for("all agree", cls.network.agrees)

    def copy(self, node):
        """Of a node that is stopped, so that the files fit together."""
        target = self.folder / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(node.home, target)
        return target

    def compare(self, first, second, *options, expect=0):
        result = keten("compare", first, second, "--genesis", self.genesis, "-o", "json", *options, expect=expect)
        return json.loads(result.stdout)

    def compare_with(self, stopped):
        """The others go on without it."""
        report = self.compare(stopped.home, self.nodes[0].home)
        self.assertTrue(report["equal"])
        self.assertEqual(report["equal_to"], min(report["first_height"], report["second_height"]))
        self.assertEqual(self.nodes[0].capture(event_document(new_event())).status, 202)
        wait_for("the others are ahead", lambda: self.compare(stopped.home, self.nodes[0].home)["second_height"] >
                 report["first_height"])
        later = self.compare(stopped.home, self.nodes[0].name, "--state", self.network.state)
        self.assertTrue(later["equal"])
        self.assertEqual(later["equal_to"], report["first_height"])

    def test_every_directory_and_an_endpoint_are_right(self):
        reports = [self.audit(node.home) for node in self.nodes]
        reports.append(self.audit(self.nodes[1].name, "--state", self.network.state))
        for report in reports:
            self.assertTrue(report["good"])
            self.assertEqual(report["verified"]["hand_overs"], 1)
            self.assertEqual([len(epoch["validators"]) for epoch in report["epochs"]], [4, 5])
            self.assertGreaterEqual(report["final_to"], report["height"] - 1)
        self.assertGreater(reports[0]["table_entries"], 100)
        self.assertEqual(reports[-1]["table_entries"], 0)
        same = {report["state_root"] for report in reports if report["height"] == reports[0]["height"]}
        self.assertEqual(len(same), 1)

    def test_a_killed_audit_goes_on(self):
        state = self.folder / "audit-state"
        height = self.audit(self.nodes[0].home)["height"]
        first = self.audit(self.nodes[0].home, "--state-dir", state, "--until", height // 3)
        self.assertEqual(first["height"], height // 3)
        # Killed at an arbitrary moment, often enough to meet one in the middle.
        for delay in (0.02, 0.05, 0.1, 0.2):
            command = [BIN / "keten", "audit", self.nodes[0].home, "--genesis", self.genesis, "--state-dir", state]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
        whole = self.audit(self.nodes[0].home, "--state-dir", state)
        self.assertTrue(whole["good"])
        self.assertGreaterEqual(whole["resumed_at"], height // 3)
        self.assertEqual(whole["verified"]["blocks"], whole["height"])
        fresh = self.audit(self.nodes[0].home, "--until", whole["height"])
        self.assertEqual(whole["verified"], fresh["verified"])
        other = keten("audit", self.nodes[1].home, "--genesis", self.genesis, "--state-dir", state, expect=1)
        self.assertIn("AUDIT_OF_ANOTHER", other.stderr)

    def test_damage_is_named(self):
        victim = self.nodes[2]
        os.kill(victim.pid(), signal.SIGTERM)
        wait_for("it has stopped", lambda: not victim.runs())
        copy = self.copy(victim)
        self.assertTrue(self.audit(copy)["good"])
        segment = copy / "data/blocks/000001.seg"
        data = bytearray(segment.read_bytes())
        place = len(data.rstrip(b"\0")) // 2
        data[place] ^= 0x10
        segment.write_bytes(data)
        report = self.audit(copy, expect=4)
        finding = report["finding"]
        self.assertEqual(finding["reason"], "SEGMENT_CORRUPT")
        self.assertEqual(finding["height"], report["height"] + 1)
        block = json.loads(keten("block", "get", finding["height"], "--state", self.network.state, "-o", "json").stdout)
        self.assertEqual(finding["block"], block["block_id"])
        first, last = (int(word) for word in finding["message"].split("bytes ")[1].split(" contradicts")[0].split(" to "))
        self.assertTrue(first - 9 <= place < last, (first, place, last))
        text = keten("audit", copy, "--genesis", self.genesis, expect=4).stdout
        self.assertIn(f"WRONG at height {finding['height']}", text)

        segment.unlink()
        self.assertEqual(self.audit(copy, expect=4)["finding"]["reason"], "BLOCK_MISSING")
        self.compare_with(victim)
        another = self.folder / "another"
        keten("testnet", "generate", "--validators", 4, "--out", another)
        foreign = keten("audit", victim.home, "--genesis", next(another.rglob("genesis.json")), expect=1)
        self.assertIn("WRONG_CHAIN", foreign.stderr)


class SplitViewTest(NetworkTest):
    """Everybody's data is deleted, and the same validators begin the same chain again: what two quorums have signed cannot both be true."""

    def test_two_truths_are_evidence(self):
        genesis = self.network.described()["genesis"]
        for _ in range(3):
            self.assertEqual(self.nodes[0].capture(event_document(new_event())).status, 202)
        wait_for("all agree", self.network.agrees)
        keten("devnet", "down", "--state", self.network.state)
        kept = self.folder / "kept"
        shutil.copytree(self.nodes[1].home, kept)
        for node in self.nodes:
            shutil.rmtree(node.home / "data")
        keten("devnet", "up", "--detach", "--state", self.network.state)
        for _ in range(3):
            self.assertEqual(self.nodes[0].capture(event_document(new_event())).status, 202)
        wait_for("all agree", self.network.agrees)

        evidence = self.folder / "evidence.json"
        result = keten("compare", kept, self.nodes[0].home, "--genesis", genesis, "--evidence", evidence, "-o", "json", expect=4)
        report = json.loads(result.stdout)
        self.assertEqual(report["difference"]["reason"], "BLOCKS_DIFFER")
        self.assertEqual(report["difference"]["height"], report["equal_to"] + 1)
        written = json.loads(evidence.read_text())
        self.assertEqual(written, report["split_view"])
        # Two quorums of four share at least two.
        self.assertGreaterEqual(len(written["signed_both"]), 2)
        self.assertEqual(len(written["validators"]), 4)
        for chain in ("first", "second"):
            self.assertGreaterEqual(len(written[chain]["headers"]), 1)
        text = keten("compare", kept, self.nodes[0].home, "--genesis", genesis, "--evidence", evidence, expect=4).stdout
        self.assertIn("TWO TRUTHS", text)
        for signer in written["signed_both"]:
            self.assertIn(f"{signer['organisation']}/{signer['node']}", text)


if __name__ == "__main__":
    unittest.main()
