"""The power goes under load, for one validator or for all: what was synced is there, what was acknowledged is everywhere."""

import os
import shutil
import signal
import time
import unittest

import disks
import verify_run
from chaos import FULL, RESUME_AFTER_QUORUM_S, SLACK, ChaosTest, Client, say, wait_for

CUTS = 15 if FULL else 3
CONTROL_CYCLES_MAX = 5
DISK_MB = 1024


class PowerTest(ChaosTest):
    @classmethod
    def setUpClass(cls):
        reason = disks.why_not()
        if reason:
            say(f"SKIPPED: disks of our own: {reason}")
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.disks = {node.name: disks.LoopDisk(cls.folder / f"{node.name}.disk", node.home / "data", DISK_MB)
                     for node in cls.nodes}

    def cut(self, *victims):
        """The power of these validators goes and comes back; they are not started."""
        for node in victims:
            self.disks[node.name].cut_power()
        for node in victims:
            if node.runs():  # else it noticed that its disk is gone
                os.kill(node.pid(), signal.SIGKILL)
        for node in victims:
            wait_for(f"{node.name} is gone", lambda one=node: not one.runs())
        self.chain.reap()
        for node in victims:
            self.disks[node.name].restore_power()
            copy = self.folder / f"journal-{len(self.archive)}"
            shutil.copyfile(node.home / "data" / "journal" / "votes.log", copy)
            self.archive.append(copy)


class PowerCutTest(PowerTest):
    def test_nothing_acknowledged_is_lost_when_the_power_of_one_or_all_goes_under_load(self):
        how_many = ([1, 4, 1] * CUTS)[:CUTS]
        resumed = []
        with Client(self.chain, self.folder) as client:
            client.wait_for_more(100)
            for i, count in enumerate(how_many):
                victims = self.nodes if count == 4 else [self.nodes[i % 4]]
                self.cut(*victims)
                begin = time.monotonic()
                for node in victims:
                    node.start()
                client.wait_for_more(40)
                resumed.append(f"{time.monotonic() - begin:.1f} s after {count}")
                wait_for("every validator is ready", lambda: all(node.is_ready() for node in self.nodes))
                client.check_alive()
                if count == 4:
                    self.assertLess(time.monotonic() - begin, 4 * SLACK * RESUME_AFTER_QUORUM_S)
        say(f"{CUTS} power cuts; 40 more transactions: {', '.join(resumed)}")
        self.check_nothing_is_lost(client)


class ControlTest(PowerTest):
    def test_validators_whose_syncs_do_nothing_lose_what_they_acknowledged(self):
        """Else the test above could not tell."""
        wait_for("every validator is ready", lambda: all(node.is_ready() for node in self.nodes))
        library = disks.build_faults(self.folder)
        for cycle in range(1, CONTROL_CYCLES_MAX + 1):
            self.kill(*self.nodes)
            for node in self.nodes:
                self.disks[node.name].sync()
                node.environment = disks.fault(library, "sync", 1, "skip", "/data/")
                node.start()
            with Client(self.chain, self.folder) as client:
                client.wait_for_more(100)
                self.cut(*self.nodes)
            for node in self.nodes:
                node.environment = {}
                node.start()
            refused = self.wait_for_start()
            if refused:
                say(f"cycle {cycle}: without syncs {refused} of 4 could not even start, for example: {self.last_words()}")
                return
            self.wait_until_equal()
            report = verify_run.Verification(self.chain.described(), logs=[client.log], journals=[], taps=[]).run()
            if report.violations:
                say(f"cycle {cycle}: without syncs: {len(report.violations)} violations, for example {report.violations[0]}")
                return
        self.fail(f"{CONTROL_CYCLES_MAX} power cuts without syncs lost nothing: this test proves nothing about syncs")

    def last_words(self):
        return next(node.log_tail()[-1] for node in self.nodes if not node.runs())

    def wait_for_start(self):
        """How many have ended instead."""
        wait_for("every validator runs and is connected, or has ended",
                 lambda: any(not node.runs() for node in self.nodes) or self.chain.is_connected())
        return sum(not node.runs() for node in self.nodes)


if __name__ == "__main__":
    unittest.main()
