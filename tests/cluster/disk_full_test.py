"""A full disk: no new transactions, then no votes; what was acknowledged stays, and everything goes on by itself."""

import re
import unittest

import disks
from chaos import FULL, ChaosTest, Client, say, wait_for
from client import Key, signed, transaction_body

DISK_MB = 256
# Of such a disk: no transactions below 12 MiB, no votes below 3 MiB.
SMALL = {"journal_preallocate_mb": 2, "segment_preallocate_mb": 1, "write_buffer_mb": 8, "ballast_mb": 32}
REASON_WITHIN_S = 5


class DiskFullTest(ChaosTest):
    @classmethod
    def setUpClass(cls):
        reason = disks.why_not()
        if reason:
            say(f"SKIPPED: disks of our own: {reason}")
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.disks = {}
        for node in cls.nodes:
            file = node.home / "ketend.toml"
            text = file.read_text()
            for key, value in SMALL.items():
                text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            file.write_text(text)
            cls.disks[node.name] = disks.LoopDisk(cls.folder / f"{node.name}.disk", node.home / "data", DISK_MB)

    def tearDown(self):
        for disk in self.disks.values():
            disk.empty()

    def offer(self, node):
        key = Key.from_file(node.home / "keys" / "device.key")
        chain_id = bytes.fromhex(self.chain.described()["chain_id"])
        envelope = signed(transaction_body(key, node.organisation, chain_id, node.status()["executedHeight"] + 500), key)
        return node.ask("POST", "/v1/transactions?wait=executed&timeout_ms=10000", envelope,
                        headers={"Content-Type": "application/octet-stream"})

    def wait_until_named(self, node, text):
        """In readiness and status."""
        wait_for(f"{node.name}: /readyz names the disk",
                 lambda: text in (node.failed_checks() or {}).get("disk", ""), REASON_WITHIN_S)
        wait_for(f"{node.name}: the status names the disk", lambda: "disk" in node.status()["reason"], REASON_WITHIN_S)

    def wait_until_taken(self, nodes):
        for node in nodes:
            def is_taken(one=node):
                answer = self.offer(one)
                return answer is not None and answer.status == 200
            wait_for(f"{node.name} takes transactions again by itself", is_taken)

    def test_a_validator_with_little_space_takes_no_transactions_and_votes_on(self):
        node, *others = self.nodes
        self.disks[node.name].fill(leave_mb=8)
        self.wait_until_named(node, "no new transactions")
        answer = self.offer(node)
        self.assertEqual((answer.status, answer.reason), (503, "DISK_FULL"), answer)
        before = node.height()
        self.assertEqual(self.offer(others[0]).status, 200)
        wait_for("it executes what the others take", lambda: node.height() > before)
        self.disks[node.name].empty()
        self.wait_until_taken([node])

    def full(self, count):
        """Full for `count` of the validators under load, and empty again."""
        victims = self.nodes[:count]
        with Client(self.chain, self.folder) as client:
            client.wait_for_more(50)
            for node in victims:
                self.disks[node.name].fill()
            for node in victims:
                self.wait_until_named(node, "stopped voting")
            if count == 1:
                client.wait_for_more(50)
            else:
                for node in victims:
                    self.assertIn("disk", node.status()["reason"])
            for node in victims:
                self.assertTrue(node.runs(), f"{node.name} has ended instead of waiting")
                self.disks[node.name].empty()
            client.wait_for_more(50)
            wait_for("every validator is ready again", lambda: all(node.is_ready() for node in self.nodes))
        self.check_nothing_is_lost(client)

    def test_one_full_disk_stops_one_validator_until_there_is_space(self):
        self.full(1)

    def test_four_full_disks_stop_the_chain_until_there_is_space(self):
        self.full(4)

    def test_a_validator_that_is_killed_with_a_full_disk_starts_and_waits(self):
        victim, *others = self.nodes
        self.disks[victim.name].fill()
        self.wait_until_named(victim, "stopped voting")
        self.kill(victim)
        victim.start()
        self.wait_until_named(victim, "stopped voting")
        self.assertEqual(self.offer(others[0]).status, 200)
        self.disks[victim.name].empty()
        self.wait_until_taken([victim])

    @unittest.skipUnless(FULL, "KETEN_FULL=1")
    def test_disks_fill_and_empty_again_and_again(self):
        for count in (1, 2, 4, 3, 1):
            self.full(count)
            self.tearDown()


if __name__ == "__main__":
    unittest.main()
