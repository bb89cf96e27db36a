"""Validators are killed; what was accepted stays."""

import unittest

from network import Folder, Network, document, wait_for


class CrashTest(unittest.TestCase):
    def setUp(self):
        folder = Folder()
        self.addCleanup(folder.close)
        self.network = Network(folder)
        self.accepted = []  # event ids of captures whose success a client has seen
        self.number = 1000

    def capture_at(self, node):
        """Captures one more document and waits for the outcome; false when the node did not answer or said no."""
        self.number += 1
        job, _ = node.capture(document(self.number))
        if job is None:
            return False
        outcome = wait_for(f"capture job {job} ends", lambda: node.finished(job) or (not node.runs() and {"success": False}))
        if outcome["success"]:
            self.accepted += outcome["eventIDs"]
        return outcome["success"]

    def check_everything_is_everywhere(self):
        wait_for("all validators have the same state", self.network.agrees)
        for node in self.network.nodes:
            for event in self.accepted:
                self.assertTrue(node.has_event(event), f"{node.name} has lost {event}")

    def test_events_survive_the_kill_of_one_validator_during_captures(self):
        nodes = self.network.nodes
        victim = nodes[2]
        for i in range(8):
            self.assertTrue(self.capture_at(nodes[i % 4]))
        # One more is on its way when the power goes.
        victim.capture(document(1))
        victim.kill()
        others = [node for node in nodes if node is not victim]
        for i in range(8):
            self.assertTrue(self.capture_at(others[i % 3]), "three of four are enough")
        victim.start()
        for i in range(8):
            self.capture_at(nodes[i % 4])
        wait_for("the returned validator is ready", victim.is_ready)
        self.assertTrue(self.capture_at(victim))
        self.assertGreaterEqual(len(self.accepted), 2 * 17)
        self.check_everything_is_everywhere()

    def test_without_a_quorum_a_capture_is_told_so_and_nothing_accepted_is_lost(self):
        nodes = self.network.nodes
        for i in range(4):
            self.assertTrue(self.capture_at(nodes[i]))
        nodes[1].kill()
        nodes[3].kill()

        def told():
            _, answer = nodes[0].capture(document(2))
            self.assertIsNotNone(answer, "the node answers at once, also without a quorum")
            return answer.status == 503 and answer.json["reason"] == "NO_QUORUM"

        wait_for("a capture is answered with NO_QUORUM", told, deadline_s=10)
        for event in self.accepted:
            self.assertTrue(nodes[0].has_event(event), "reads go on without a quorum")
        status = self.network.status()
        self.assertFalse(status["has_quorum"])
        self.assertIn("no quorum", next(node["reason"] for node in status["nodes"] if node["name"] == nodes[0].name))

        nodes[1].start()
        nodes[3].start()
        wait_for("all are ready", lambda: all(node.is_ready() for node in nodes))
        self.assertTrue(self.capture_at(nodes[3]))
        self.check_everything_is_everywhere()

    def test_a_power_failure_of_all_loses_nothing_accepted(self):
        nodes = self.network.nodes
        for i in range(8):
            self.assertTrue(self.capture_at(nodes[i % 4]))
        for node in nodes:
            node.kill()
        for node in nodes:
            node.start()
        wait_for("all are ready", lambda: all(node.is_ready() for node in nodes))
        self.assertTrue(self.capture_at(nodes[0]))
        self.check_everything_is_everywhere()


if __name__ == "__main__":
    unittest.main()
