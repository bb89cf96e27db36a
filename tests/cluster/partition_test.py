"""Partitions, one-way loss and 30 % loss between validators in network namespaces: one chain, and it goes on in time after healing."""

import itertools
import time
import unittest

from chaos import FULL, RESUME_AFTER_HEALING_S, SLACK, ChaosTest, Client, say, wait_for

FAULT_S = 15
LAG_S = 30
LAG_BLOCKS = 2
FLAP_S = 1


def both_ways(some, others):
    return [*itertools.product(some, others), *itertools.product(others, some)]


class PartitionTest(ChaosTest):
    uses_namespaces = True

    def suffer(self, what, pairs, seconds, goes_on, percent=100, flaps=False):
        """`pairs`: (to, from) by index. Under load: the fault for a while, healing, progress, and everybody near the head."""
        switch = self.chain.switch
        with Client(self.chain, self.folder) as client:
            client.wait_for_more()
            begin = time.monotonic()
            switch.lose(pairs, percent)
            try:
                while flaps and time.monotonic() < begin + seconds:
                    time.sleep(FLAP_S)
                    switch.heal()
                    time.sleep(FLAP_S)
                    switch.lose(pairs, percent)
                if goes_on:
                    client.wait_for_more(20)
                time.sleep(max(0, begin + seconds - time.monotonic()))
                named = [node.failed_checks() for node in self.nodes]
            finally:
                switch.heal()
            healed = time.monotonic()
            meanwhile = len([at for at, _ in client.acknowledged() if begin + 1 < at < healed])
            client.wait_for_more(20)
            resumed = time.monotonic() - healed
            self.wait_for_all_near_the_head()
            near = time.monotonic() - healed
            wait_for("every validator is connected to every other", self.chain.is_connected)
            say(f"{what} for {healed - begin:.0f} s: {meanwhile} acknowledged meanwhile; after healing 20 more in {resumed:.1f} s, "
                f"all within {LAG_BLOCKS} blocks in {near:.1f} s, all connected in {time.monotonic() - healed:.1f} s")
            self.assertLess(resumed, SLACK * RESUME_AFTER_HEALING_S)
            self.assertLess(near, SLACK * LAG_S)
        self.check_nothing_is_lost(client)
        return named

    def wait_for_all_near_the_head(self):
        def are_near():
            heights = [node.height() for node in self.nodes]
            return min(heights) >= 0 and max(heights) - min(heights) <= LAG_BLOCKS

        wait_for("all validators are near the head", are_near)

    def test_one_is_cut_off(self):
        named = self.suffer("one cut off", both_ways([0], [1, 2, 3]), FAULT_S if FULL else 10, goes_on=True)
        self.assertIn("quorum", named[0] or {}, "the one that is alone says so")

    def test_two_and_two(self):
        named = self.suffer("two and two", both_ways([0, 1], [2, 3]), FAULT_S if FULL else 10, goes_on=False)
        for node, checks in zip(self.nodes, named):
            self.assertIn("quorum", checks or {}, f"{node.name} says that the quorum is lost")

    def test_one_way(self):
        # The first hears nobody, but everybody hears it.
        self.suffer("one hears nothing", [(0, other) for other in (1, 2, 3)], FAULT_S if FULL else 6, goes_on=True)

    def test_a_share_of_all_packets_is_lost(self):
        pairs = list(itertools.permutations(range(4), 2))
        self.suffer("30 % of all packets lost", pairs, FAULT_S if FULL else 6, goes_on=False, percent=30)

    @unittest.skipUnless(FULL, "KETEN_FULL=1 runs it")
    def test_the_other_shapes(self):
        for what, pairs, goes_on in (
                ("nobody hears the first", [(other, 0) for other in (1, 2, 3)], True),
                ("ring", both_ways([0], [2]) + both_ways([1], [3]), True),
                ("bridge", both_ways([0, 1], [3]), True),
                ("each hears its left neighbour only", [(to, source) for to, source in itertools.permutations(range(4), 2)
                                                        if (source + 1) % 4 != to], False),
                ("all cut off from all", list(itertools.permutations(range(4), 2)), False)):
            with self.subTest(what):
                self.suffer(what, pairs, FAULT_S, goes_on)
        with self.subTest("flapping"):
            self.suffer("one flaps", both_ways([2], [0, 1, 3]), FAULT_S, goes_on=False, flaps=True)
        with self.subTest("long"):
            self.suffer("two and two", both_ways([0, 1], [2, 3]), 60, goes_on=False)


if __name__ == "__main__":
    unittest.main()
