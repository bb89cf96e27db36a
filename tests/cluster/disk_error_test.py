"""Calls to the disk that fail: the process ends with a clear last line, never syncs that file again, and starts clean."""

import random
import unittest

import disks
from chaos import FULL, ChaosTest, Client, say, wait_for

DISK_FAILED = 74
JOURNAL, BLOCKS, DATABASE = "/journal/votes.log", "/blocks/0", "/state/0"
ENDS = [("sync", "EIO", JOURNAL), ("write", "EIO", JOURNAL), ("write", "ENOSPC", JOURNAL),
        ("sync", "EIO", BLOCKS), ("write", "EIO", BLOCKS), ("write", "ENOSPC", BLOCKS),
        ("write", "EIO", DATABASE), ("write", "ENOSPC", DATABASE)]
GOES_ON = [("write", "short", JOURNAL), ("write", "short", BLOCKS), ("sync", "stall", JOURNAL), ("sync", "stall", BLOCKS)]


class DiskErrorTest(ChaosTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = disks.build_faults(cls.folder)
        cls.chooses = random.Random(7)

    def start_with(self, node, call, nth, what, path):
        self.kill(node)
        log = self.folder / "faults.log"
        log.unlink(missing_ok=True)
        node.environment = disks.fault(self.library, call, nth, what, path, log)
        node.start()
        node.environment = {}
        return log

    def check_ends(self, node, call, what, path):
        nth = self.chooses.randrange(10, 40)
        process_log = node.home / "ketend.log"
        before = process_log.stat().st_size
        log = self.start_with(node, call, nth, what, path)
        process = self.chain.process(node.name)
        wait_for(f"{node.name} ends after {call} {nth} on {path} gave {what}", lambda: process.poll() is not None)
        said = process_log.read_bytes()[before:].decode(errors="replace").splitlines()
        faults = log.read_text().splitlines()
        self.assertEqual([line.split()[0] for line in faults], ["hit"], "a file whose sync failed is not synced again")
        self.assertEqual(process.returncode, DISK_FAILED, said[-3:])
        self.assertRegex(said[-1], r"error +disk: .*" + what.replace("EIO", "(Input/output error|IO error)").replace(
            "ENOSPC", "(No space left|IO error)"))
        node.start()
        return f"{call} {nth} {what} {path}"

    def test_a_validator_whose_disk_fails_ends_with_a_clear_line_and_starts_clean(self):
        cases = ENDS * 4 if FULL else ENDS
        done = []
        with Client(self.chain, self.folder) as client:
            client.wait_for_more(50)
            for i, case in enumerate(cases):
                done.append(self.check_ends(self.nodes[i % 4], *case))
                wait_for("every validator is ready", lambda: all(node.is_ready() for node in self.nodes))
                client.check_alive()
            client.wait_for_more(50)
        say("\n".join(done))
        self.check_nothing_is_lost(client)

    def test_short_writes_and_slow_syncs_lose_nothing(self):
        with Client(self.chain, self.folder) as client:
            for i, case in enumerate(GOES_ON):
                node = self.nodes[i % 4]
                call, what, path = case
                log = self.start_with(node, call, self.chooses.randrange(3, 20), what, path)
                wait_for(f"{what} {call} on {path}", log.exists)
                client.wait_for_more(50)
                self.assertTrue(node.runs())
            wait_for("every validator is ready", lambda: all(node.is_ready() for node in self.nodes))
        self.check_nothing_is_lost(client)


if __name__ == "__main__":
    unittest.main()
