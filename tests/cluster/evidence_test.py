"""A validator that says two things in one view: every honest one records the proof, the chain goes on, and its key is replaced."""

import contextlib
import subprocess
import unittest

from amnesia_test import log_of
from captures import Captures
from harness import BIN, NetworkTest, keten, wait_for

VIEWS_AHEAD = 3


class EvidenceTest(NetworkTest):
    def keten(self, *arguments, **options):
        return keten(*arguments, "--state", self.network.state, **options)

    @contextlib.contextmanager
    def lying(self, node, view, witness):
        """A process with the keys of `node`, which must not run, that says both things to `witness` alone."""
        with subprocess.Popen([BIN / "keten_liar", node.home, str(view), witness.name], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as liar:
            try:
                self.assertEqual(liar.stdout.readline(), f"said two things in view {view}\n")
                yield
            finally:
                liar.stdin.close()
                liar.wait()

    def test_two_votes_of_one_view_are_on_the_chain_of_all_and_their_key_is_replaced(self):
        *honest, liar = self.nodes
        with Captures(honest) as captures:
            captures.wait_for_more(2, honest)
        for node in honest:
            self.assertEqual(node.ask("GET", "/v1/evidence").json["evidence"], [])
        self.assertIn("no evidence against any validator", self.keten("evidence", "list").stdout)
        liar.kill()
        view = honest[0].status()["view"] + VIEWS_AHEAD
        with self.lying(liar, view, honest[0]):
            for node in honest:
                wait_for(f"{node.name} has it on its chain", lambda: node.ask("GET", "/v1/evidence").json["evidence"])
        recorded = [node.ask("GET", "/v1/evidence").json["evidence"] for node in honest]
        self.assertEqual(recorded, [recorded[0]] * len(honest), "the same on every chain")
        (evidence,) = recorded[0]
        self.assertEqual((evidence["kind"], evidence["view"], evidence["node"], evidence["organisation"]),
                         ("conflicting-notarize", view, liar.name, liar.organisation))
        for node in honest:
            self.assertIn("conflicting votes", log_of(node), "its log names it")
        shown = self.keten("evidence", "show", evidence["id"][:12]).stdout
        for word in (liar.name, liar.organisation, "11" * 32, "22" * 32):
            self.assertIn(word, shown)

        with Captures(honest) as captures:
            captures.wait_for_more(2, honest)
            liar.start()
            wait_for("its own log tells it from the chain", lambda: "This is the key of this node" in log_of(liar))
            wait_for("every validator is connected to every other", self.network.is_connected)
            self.keten("validators", "rotate-key", "--as", f"@{liar.organisation}")
            wait_for("its new key votes", lambda: liar.status()["epoch"] == 1 and liar.status()["role"] == "validator")
            captures.nodes = self.nodes
            captures.wait_for_more(2, self.nodes)
        for node in self.nodes:
            self.assertEqual(node.ask("GET", "/v1/evidence").json["evidence"], [evidence], "it stays for ever")

        witness = honest[0]
        witness.kill()
        audited = keten("audit", witness.home, "--genesis", witness.home / "genesis.json").stdout
        self.assertIn("evidence", audited)
        witness.start()


if __name__ == "__main__":
    unittest.main()
