"""Two of four validators are gone: who asks is told at once, nothing accepted is lost, and the chain goes on when they return."""

import os
import signal
import sys
import threading
import time
import unittest

from harness import CONTEXT, NetworkTest, event_document, event_ids, keten, new_event, wait_for


class NoQuorumTest(NetworkTest):
    def setUp(self):
        super().setUp()
        self.accepted = []
        for node in self.nodes:
            document = event_document(new_event())
            answer = node.capture(document)
            self.assertEqual(answer.status, 202, answer)
            self.accepted += event_ids(document)
        self.up, self.killed = self.nodes[:2], self.nodes[2:]

    def kill_two(self):
        for node in self.killed:
            node.kill()

    def check_refused(self, node):
        refused = event_document(new_event())
        begin = time.monotonic()
        answer = node.capture(refused)
        took = time.monotonic() - begin
        self.assertIsNotNone(answer, "the node answers, also without a quorum")
        self.assertEqual((answer.status, answer.reason), (503, "NO_QUORUM"), answer)
        self.assertLess(took, 5, "the capture hung")
        self.assertIn("retry-after", answer.headers)
        return refused

    def test_a_capture_is_refused_at_once_and_reads_go_on(self):
        self.kill_two()
        for node in self.up:
            self.check_refused(node)
            for event in self.accepted:
                self.assertTrue(node.has_event(event), "reads need no quorum")
            self.assertEqual(node.ask("GET", "/livez").status, 200, "it lives, so nobody should restart it")
        single = self.up[0].ask("POST", "/epcis/v2/events", CONTEXT | new_event())
        self.assertEqual((single.status, single.reason), (503, "NO_QUORUM"), single)

    def test_readiness_and_status_say_why_and_who_is_missing(self):
        self.kill_two()
        begin = time.monotonic()
        for node in self.up:
            wait_for("the node says that it is not ready", lambda one=node: not one.is_ready(), deadline_s=5)
            wait_for("its status names who is missing", lambda one=node: all(
                missing.name in one.status()["reason"] for missing in self.killed), deadline_s=5)
        print(f"lost quorum named by both after {time.monotonic() - begin:.2f} s", file=sys.stderr)
        self.check_refused(self.up[0])
        ready = self.up[0].ask("GET", "/readyz")
        self.assertFalse(ready.json["ready"])
        failed = {check["name"]: check["detail"] for check in ready.json["checks"] if not check["passed"]}
        self.assertIn("quorum", failed)
        self.assertIn("validators", failed["quorum"])
        status = self.network.status(expect=3)
        self.assertFalse(status["has_quorum"])
        self.assertEqual({node["name"] for node in status["nodes"] if not node["up"]}, {node.name for node in self.killed})
        for node in status["nodes"]:
            self.assertNotEqual(node["reason"], "", "each line says why nothing advances")
        table = keten("node", "status", "--all", "--state", self.network.state, expect=3).stdout
        for node in self.killed:
            self.assertRegex(table, rf"(?m)^{node.name} .*UNREACHABLE")
        self.assertIn("No quorum", table)

    def test_the_chain_goes_on_when_they_return(self):
        self.kill_two()
        self.check_refused(self.up[0])
        for node in self.killed:
            node.start()
        document = event_document(new_event())

        def accepted():
            answer = self.up[0].capture(document)
            return answer is not None and answer.status == 202

        begin = time.monotonic()
        wait_for("a capture is accepted again", accepted, deadline_s=15)
        print(f"a capture is accepted {time.monotonic() - begin:.1f} s after the quorum returned", file=sys.stderr)
        self.check_everywhere(self.accepted + event_ids(document))

    def test_a_capture_on_its_way_is_told_as_well(self):
        # Stopped, not killed: their connections stay open, so the node admits the document before it can know.
        for node in self.killed:
            os.kill(node.pid(), signal.SIGSTOP)
        answers = []
        document = event_document(new_event())
        client = threading.Thread(target=lambda: answers.append(self.up[0].capture(document)))
        client.start()
        try:
            client.join(timeout=15)
            self.assertFalse(client.is_alive(), "the capture hangs")
        finally:
            for node in self.killed:
                os.kill(node.pid(), signal.SIGCONT)
            client.join()
        self.assertEqual((answers[0].status, answers[0].reason), (503, "NO_QUORUM"), answers[0])
        job = answers[0].headers["location"]

        def ended():
            answer = self.up[0].ask("GET", job)
            return answer.status == 200 and not answer.json["running"] and answer.json

        self.assertTrue(wait_for("the document is stored after all", ended)["success"])
        self.check_everywhere(self.accepted + event_ids(document))

    def test_the_command_line_says_no_quorum_with_its_exit_code(self):
        self.kill_two()
        self.check_refused(self.up[0])
        result = keten("tx", "submit", "--key", "a", "--value", "b", "--state", self.network.state, expect=3)
        self.assertIn("NO_QUORUM", result.stderr)


if __name__ == "__main__":
    unittest.main()
