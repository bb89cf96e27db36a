"""A validator that leads and says nothing costs little: throughput as a ratio, measured by `keten bench` in one network."""

import json
import pathlib
import shutil
import unittest

from chaos import FULL, ChaosTest, say, wait_for
from harness import keten

RATIO_LEAST = 0.6
SECONDS = 20 if FULL else 4


class ThroughputTest(ChaosTest):
    def bench(self, nodes):
        """Final transactions a second, offered to these nodes as fast as they go."""
        self.wait_until_equal()
        folder = self.folder / "bench"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        network = self.chain.described()
        names = {node.name for node in nodes}
        network["nodes"] = [node for node in network["nodes"] if node["name"] in names]
        pathlib.Path(folder / "devnet.json").write_text(json.dumps(network))
        report = json.loads(keten("bench", "--state", folder, "--duration", f"{SECONDS}s", "-o", "json").stdout)
        self.assertEqual(report["failures"], 0, report["failures_by_reason"])
        return report["committed_tx_per_s"], report["final_latency_ms"]

    def wait_until_equal(self):
        up = [node for node in self.nodes if node.runs()]
        wait_for("the validators that run agree", lambda: len({node.height() for node in up}) == 1)

    def pair(self):
        """Without a fault, then with one that has just died: while the others still wait for it in each of its views."""
        *others, silent = self.nodes
        before, latency = self.bench(others)
        self.kill(silent)
        with_silent, latency_silent = self.bench(others)
        silent.start()
        wait_for("every validator is connected to every other", self.chain.is_connected)
        wait_for("all validators are near the head", lambda: max(node.height() for node in self.nodes) - silent.height() <= 2)
        say(f"{before:.0f} transactions a second without a fault, {with_silent:.0f} with one silent leader: "
            f"{with_silent / before:.2f}; 99 of 100 final within {latency['p99']:.0f} ms, {latency_silent['p99']:.0f} ms")
        return with_silent / before

    def test_with_one_silent_leader_three_fifths_remain(self):
        # A busy machine may have become slower between the two: then they are measured once more.
        ratio = self.pair()
        self.assertGreater(ratio if ratio > RATIO_LEAST else self.pair(), RATIO_LEAST)


if __name__ == "__main__":
    unittest.main()
