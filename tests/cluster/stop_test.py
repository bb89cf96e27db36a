"""Validators stand still with open connections and go on: nobody votes twice, and no old answer is given as a new one."""

import time
import unittest

from chaos import FULL, RESUME_AFTER_QUORUM_S, SLACK, ChaosTest, Client, say, wait_for

STOPS_S = (1, 5, 12, 20) if FULL else (4,)
NAMED_WITHIN_S = 5


class StopTest(ChaosTest):
    @classmethod
    def make_links(cls, folder):
        return cls.make_tapped_links(folder)

    def stand_still(self, nodes, seconds):
        for node in nodes:
            node.stop()
        try:
            time.sleep(seconds)
        finally:
            for node in nodes:
                node.go_on()

    def check_fresh(self, node, acknowledged):
        """For two seconds: what the node answers is the truth of the height that it names, and a demanded height is kept."""
        end = time.monotonic() + 2
        asked = 0
        while time.monotonic() < end:
            for transaction, height in acknowledged:
                target = f"/v1/transactions/{transaction}"
                plain = node.ask("GET", target, deadline_s=5)
                if plain is not None and int(plain.headers.get("keten-height", -1)) >= height:
                    self.assertEqual((plain.status, plain.json.get("height")), (200, height), f"an old answer as a new one: {plain}")
                demanded = node.ask("GET", target, headers={"Keten-Min-Height": str(height)}, deadline_s=5)
                if demanded is not None and demanded.status != 503:
                    self.assertEqual((demanded.status, demanded.json.get("height")), (200, height), f"less than demanded: {demanded}")
                asked += 1
        self.assertGreater(asked, 0)

    def last_acknowledged(self, client, count=3):
        lines = [line.split() for line in client.log.read_text().splitlines() if line.startswith("A ")]
        return [(words[1], int(words[2])) for words in lines[-count:]]

    def test_the_leader_stands_still_and_goes_on(self):
        with Client(self.chain, self.folder) as client:
            client.wait_for_more()
            for seconds in STOPS_S:
                leader = self.chain.leader()
                leader.stop()
                try:
                    begin = time.monotonic()
                    gap = client.wait_for_more()
                    say(f"{leader.name} stopped: the next acknowledgement came after {gap:.1f} s")
                    self.assertLess(gap, SLACK * RESUME_AFTER_QUORUM_S)
                    time.sleep(max(0, begin + seconds - time.monotonic()))
                    newest = self.last_acknowledged(client)
                finally:
                    leader.go_on()
                self.check_fresh(leader, newest)
        self.check_nothing_is_lost(client)

    def test_two_stand_still_and_the_others_say_so(self):
        with Client(self.chain, self.folder) as client:
            client.wait_for_more()
            for seconds in STOPS_S:
                stopped, up = self.nodes[:2], self.nodes[2:]
                for node in stopped:
                    node.stop()
                begin = time.monotonic()
                try:
                    for node in up:
                        wait_for(f"{node.name} names the lost quorum", lambda one=node: "quorum" in (one.failed_checks() or {}))
                    named = time.monotonic() - begin
                    detail = up[0].failed_checks()["quorum"]
                    reason = up[0].status()["reason"]
                    time.sleep(max(0, begin + seconds - time.monotonic()))
                finally:
                    for node in stopped:
                        node.go_on()
                begin = time.monotonic()
                client.wait_for_more(20)
                say(f"two stopped: named after {named:.1f} s ({detail}; {reason})\n"
                    f"20 more {time.monotonic() - begin:.1f} s after they went on")
                self.assertLess(time.monotonic() - begin, SLACK * RESUME_AFTER_QUORUM_S)
                self.assertLess(named, SLACK * NAMED_WITHIN_S)
        self.check_nothing_is_lost(client)

    def test_all_stand_still_and_go_on(self):
        with Client(self.chain, self.folder) as client:
            client.wait_for_more()
            for seconds in STOPS_S:
                self.stand_still(self.nodes, seconds)
                begin = time.monotonic()
                client.wait_for_more(20)
                say(f"all stopped for {seconds} s: 20 more {time.monotonic() - begin:.1f} s after they went on")
                self.assertLess(time.monotonic() - begin, SLACK * RESUME_AFTER_QUORUM_S)
        self.check_nothing_is_lost(client)


if __name__ == "__main__":
    unittest.main()
