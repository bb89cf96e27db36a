"""A validator that does not know what its key has signed casts no vote, says so, and votes again when that is safe."""

import http.client
import json
import shutil
import subprocess
import time
import tomllib
import unittest

from captures import Captures
from harness import BIN, DEADLINE_S, NetworkTest, wait_for
from ledger_files import Journal
from refuse_to_start_test import set_free_ports


IDENTITY_IN_USE = 76


def log_of(node):
    return (node.home / "ketend.log").read_text(errors="replace")


def reason_of(node):
    answer = node.ask("GET", "/v1/status")
    return answer.json["reason"] if answer is not None and answer.status == 200 else None


def quarantine_of(node):
    reason = reason_of(node)
    return reason if reason and "in quarantine" in reason else None


def identity_reason_of(home):
    """Of a process that the network does not know."""
    config = tomllib.loads((home / "ketend.toml").read_text())
    connection = http.client.HTTPConnection(config["api"]["http_listen"], timeout=DEADLINE_S)
    try:  # it may not listen yet, or not any more
        connection.request("GET", "/readyz")
        details = [check["detail"] for check in json.loads(connection.getresponse().read())["checks"]]
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return next((detail for detail in details if "IDENTITY_IN_USE" in detail), None)


def has_open_vote(node, witness):
    newest = max((floor.certificate.subject.view for floor in Journal.of(witness.home).floors), default=0)
    return any(vote.subject.view > newest for vote in Journal.of(node.home).own)


def silent_s(node, peer):
    return next(one["silentMs"] / 1000 for one in node.ask("GET", "/v1/status").json["peers"] if one["node"] == peer.name)


class AmnesiaTest(NetworkTest):
    def tearDown(self):
        for node in self.nodes:
            self.assertNotIn("conflicting votes", log_of(node), "nobody signed two things")

    def lose_journal(self, node):
        node.kill()
        (node.home / "data" / "journal" / "votes.log").unlink()

    def test_a_lost_journal_is_quarantined_until_all_three_others_have_answered(self):
        victim, away, *_ = self.nodes
        with Captures(self.nodes) as captures:
            captures.wait_for_more(2, self.nodes)
        before = log_of(victim).count("readmitted")
        away.kill()
        self.lose_journal(victim)
        victim.start()
        reason = wait_for("the status says why it casts no vote", lambda: quarantine_of(victim))
        self.assertIn("its vote journal is missing", reason)
        self.assertIn(away.name, reason, "it names whose word is missing")
        self.assertEqual(log_of(victim).count("readmitted"), before, "two of three others are not enough")
        away.start()
        with Captures(self.nodes[2:]) as captures:
            captures.wait_for_more(5, self.nodes[2:])
            wait_for("it is readmitted", lambda: log_of(victim).count("readmitted") > before)
            wait_for("it votes again", lambda: reason_of(victim) == "")
            # Without its votes three of four would not go on without another one.
            self.nodes[3].kill()
            captures.wait_for_more(3, self.nodes[2:3])
            self.nodes[3].start()
        self.check_everywhere(captures.accepted)

    def test_a_journal_lost_under_load_stops_nobody_else(self):
        victim, *others = self.nodes
        before = log_of(victim).count("readmitted")
        with Captures(others) as captures:
            captures.wait_for_more(3, others)
            self.lose_journal(victim)
            victim.start()
            captures.wait_for_more(5, others)
            wait_for("it is readmitted", lambda: log_of(victim).count("readmitted") > before)
            captures.wait_for_more(5, others)
        self.check_everywhere(captures.accepted)

    def test_an_old_copy_of_the_data_casts_no_vote_until_its_operator_says_that_it_is_alone(self):
        victim, witness, *away = self.nodes
        data, copy = victim.home / "data", self.folder / "copy"
        victim.kill()
        shutil.copytree(data, copy)
        victim.start()
        wait_for("every validator is connected to every other", self.network.is_connected)
        with Captures(self.nodes) as captures:
            captures.wait_for_more(3, self.nodes)
            # Two of four vote on and cannot end the view: the witness holds votes of the victim that the copy lacks.
            for node in away:
                node.kill()
            wait_for("it has voted in a view that is open", lambda: has_open_vote(victim, witness))
            voted = time.monotonic()
            # What it says comes in order: after its next word the witness has the vote too.
            wait_for("the witness has heard of it", lambda: silent_s(witness, victim) < time.monotonic() - voted - 0.1)
        victim.kill()
        shutil.rmtree(data)
        copy.rename(data)
        victim.start()
        reason = wait_for("it says that its key is used elsewhere", lambda: quarantine_of(victim))
        self.assertIn("its key signed a vote that its journal does not hold", reason)
        self.assertIn("--recover-votes", reason, "it waits for its operator")
        self.network.start_missing()
        victim.kill()
        before = log_of(victim).count("readmitted")
        with (victim.home / "ketend.log").open("a") as log:
            alone = subprocess.Popen([BIN / "ketend", "start", "--home", victim.home, "--recover-votes"],
                                     stdout=log, stderr=log)
        try:
            wait_for("it is readmitted", lambda: log_of(victim).count("readmitted") > before)
            with Captures([witness, *away]) as captures:
                captures.wait_for_more(5, [witness, *away])
                wait_for("it votes again", lambda: reason_of(victim) == "")
        finally:
            alone.terminate()
            alone.wait()
        victim.start()
        self.check_everywhere(captures.accepted)

    def test_a_second_process_with_the_same_keys_stops_itself_and_the_first_is_not_disturbed(self):
        victim, *others = self.nodes
        copy = self.folder / "second"
        victim.kill()
        shutil.copytree(victim.home, copy)
        set_free_ports(copy)
        victim.start()
        wait_for("every validator is connected to every other", self.network.is_connected)
        before = {node: log_of(node) for node in self.nodes}
        with Captures(self.nodes) as captures:
            captures.wait_for_more(1, self.nodes)
            began = time.monotonic()
            second = subprocess.Popen([BIN / "ketend", "start", "--home", copy], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
            reason = wait_for("the second one says why nobody hears it", lambda: identity_reason_of(copy))
            self.assertIn("no quorum", reason)
            _, said_by_second = second.communicate(timeout=2 * DEADLINE_S)
            lasted_s = time.monotonic() - began
            captures.wait_for_more(2, self.nodes)
        print(f"the second process stopped itself after {lasted_s:.1f} s")
        self.assertEqual(second.returncode, IDENTITY_IN_USE, said_by_second)
        self.assertGreater(lasted_s, 30, "the connections of a process that is gone have time to end")
        last = said_by_second.splitlines()[-1]
        self.assertIn("IDENTITY_IN_USE: another process runs with this node's keys (seen by ", last)
        self.assertIn("docs/operations.md, Quarantine", last)
        self.assertTrue(any(node.name in last for node in others), last)
        for node in others:
            said = log_of(node)[len(before[node]):]
            self.assertEqual(said.count(f"peer {victim.name}: IDENTITY_IN_USE"), 1, "it says so once")
            self.assertNotIn(f"peer {victim.name}: disconnected", said)
        self.assertNotIn("disconnected", log_of(victim)[len(before[victim]):])
        self.assertEqual(reason_of(victim), "", "it was not taken for one that forgot a vote")
        self.check_everywhere(captures.accepted)


if __name__ == "__main__":
    unittest.main()
