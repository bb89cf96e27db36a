"""Validators are killed during captures and come back; what was accepted is on every one of them."""

import json
import shutil
import subprocess
import threading
import unittest

from captures import Captures
from harness import BIN, NetworkTest, cold_chain, event_document, event_ids, new_event, wait_for


class RestartTest(NetworkTest):
    def test_a_story_captured_at_four_companies_is_at_all_of_them(self):
        at = {node.organisation: node for node in self.nodes}
        events = []
        for organisation, document in cold_chain():
            answer = at[organisation].capture(document)
            self.assertEqual(answer.status, 202, answer)
            events += event_ids(document)
        self.check_everywhere(events)

    def test_captures_go_on_while_one_validator_is_killed_and_it_catches_up(self):
        victim, *others = self.nodes
        with Captures(self.nodes) as captures:
            captures.wait_for_more(3, self.nodes)
            victim.kill()
            captures.wait_for_more(5, others)
            self.assertEqual(captures.refused, [], "three of four are enough")
            self.assertFalse(victim.runs(), "nobody restarts a validator but its company")
            victim.start()
            wait_for("the returned validator is ready", victim.is_ready)
            captures.wait_for_more(2, self.nodes)
        self.check_everywhere(captures.accepted)

    def test_who_watches_a_validator_that_is_killed_misses_nothing_and_sees_nothing_twice(self):
        victim = self.nodes[1]
        with Captures(self.nodes) as captures:
            captures.wait_for_more(1, self.nodes)
        seen = []
        watching = subprocess.Popen([BIN / "keten", "watch", "--state", self.network.state, "--node", victim.name, "--kind",
                                     "epcis.event", "-o", "json", "--from", str(victim.status()["executedHeight"])],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        reader = threading.Thread(target=lambda: seen.extend(json.loads(line) for line in watching.stdout), daemon=True)
        reader.start()
        try:
            with Captures(self.nodes) as captures:
                captures.wait_for_more(2, self.nodes)
                wait_for("the first events are seen", lambda: seen)
                victim.kill()
                captures.wait_for_more(2, [node for node in self.nodes if node is not victim])
                victim.start()
                wait_for("the returned validator is ready", victim.is_ready)
                captures.wait_for_more(1, self.nodes)
            wanted = set(captures.accepted)
            wait_for("all events are seen", lambda: wanted <= {event["subject"] for event in list(seen)})
        finally:
            watching.terminate()
            watching.wait()
        reader.join()
        watching.stdout.close()
        places = [event["cursor"] for event in seen]
        self.assertEqual(len(places), len(set(places)), "none twice")
        self.assertEqual(places, sorted(places, key=lambda place: [int(part) for part in place.split(".")]), "in order")
        self.assertTrue(all(event["kind"] == "epcis.event" for event in seen))

    def test_the_same_validator_can_be_killed_again_and_again(self):
        victim = self.nodes[2]
        with Captures(self.nodes) as captures:
            for _ in range(3):
                captures.wait_for_more(1, self.nodes)
                victim.kill()
                victim.start()
            wait_for("the returned validator is ready", victim.is_ready)
        self.check_everywhere(captures.accepted)

    def test_a_validator_without_its_database_builds_it_again(self):
        """docs/operations.md, "Backup": only the journal of votes cannot be replaced."""
        victim, *others = self.nodes
        with Captures(others) as captures:
            for lost in (("state",), ("state", "blocks")):
                captures.wait_for_more(2, others)
                victim.kill()
                for name in lost:
                    shutil.rmtree(victim.home / "data" / name)
                victim.start()
                wait_for("the returned validator is ready", victim.is_ready)
        self.check_everywhere(captures.accepted)

    def test_a_power_failure_of_all_loses_nothing_accepted(self):
        with Captures(self.nodes) as captures:
            captures.wait_for_more(3, self.nodes)
            for node in self.nodes:
                node.kill()
        self.network.start_missing()
        self.check_everywhere(captures.accepted)
        document = event_document(new_event())
        answer = self.nodes[0].capture(document)
        self.assertEqual(answer.status, 202, answer)
        self.check_everywhere(captures.accepted + event_ids(document))


if __name__ == "__main__":
    unittest.main()
