"""A chain with nothing to do does nothing."""

import sys
import time
import unittest

from harness import NetworkTest, event_document, new_event, wait_for

IDLE_S = 5
MEMORY_MB_MAX = 120
CPU_PERCENT_MAX = 10


class IdleTest(NetworkTest):
    def test_an_idle_network_makes_no_block_and_costs_little(self):
        for node in self.nodes:
            self.assertEqual(node.capture(event_document(new_event())).status, 202)
        self.rest()
        before = {node.name: (node.status()["height"], node.cpu_s()) for node in self.nodes}
        begin = time.monotonic()
        # To see that nothing happens takes a length of time.
        time.sleep(IDLE_S)
        for node in self.nodes:
            height, cpu_s = before[node.name]
            percent = 100 * (node.cpu_s() - cpu_s) / (time.monotonic() - begin)
            memory = node.memory_mb()
            print(f"{node.name}: {memory:.1f} MB, {percent:.1f} % of a core", file=sys.stderr)
            self.assertEqual(node.status()["height"], height, "an idle chain makes no blocks")
            self.assertLess(memory, MEMORY_MB_MAX)
            self.assertLess(percent, CPU_PERCENT_MAX)

    def rest(self):
        """Until results are bound by later blocks and nobody makes another."""
        last = None

        def is_still():
            nonlocal last
            status = self.network.agrees()
            seen = status and (status["nodes"][0]["height"], time.monotonic())
            if not last or not seen or seen[0] != last[0]:
                last = seen
            return last and seen and seen[1] - last[1] > 1.5

        wait_for("no more blocks are made", is_still)


if __name__ == "__main__":
    unittest.main()
