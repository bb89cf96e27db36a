"""Validators are killed under load and come back: nothing acknowledged is lost."""

import random
import time
import unittest

from chaos import FULL, RESUME_AFTER_QUORUM_S, SLACK, ChaosTest, Client, say, wait_for

KILLS = 100 if FULL else 10
RATE = 320


class KillTest(ChaosTest):
    @classmethod
    def make_links(cls, folder):
        return cls.make_tapped_links(folder)

    def test_nothing_acknowledged_is_lost_when_one_two_or_all_are_killed_under_load(self):
        # A fixed order: seven of ten times one validator, twice two, once all.
        how_many = ([1, 1, 2, 1, 1, 4, 1, 2, 1, 1] * KILLS)[:KILLS]
        chooses = random.Random(KILLS)
        resumed = []
        with Client(self.chain, self.folder, rate=RATE) as client:
            client.wait_for_more(100)
            for count in how_many:
                victims = chooses.sample(self.nodes, count)
                self.kill(*victims)
                # Sometimes it is noticed that they are gone, sometimes not.
                time.sleep(chooses.uniform(0, 1.5))
                for node in victims:
                    node.start()
                begin = time.monotonic()
                client.wait_for_more(20)
                if count > 1:
                    resumed.append(time.monotonic() - begin)
                client.check_alive()
            wait_for("every validator is ready", lambda: all(node.is_ready() for node in self.nodes))
        say(f"{sum(how_many)} processes killed in {KILLS} kills; resumed after a lost quorum returned in "
            f"{', '.join(f'{one:.1f}' for one in resumed)} s (20 more transactions)")
        self.check_nothing_is_lost(client)
        self.assertLess(max(resumed), SLACK * RESUME_AFTER_QUORUM_S)


if __name__ == "__main__":
    unittest.main()
