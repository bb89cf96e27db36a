"""Members come and go and everything rotates under load: a fifth validator joins, one leaves, every consensus key and every TLS
certificate is replaced. Nobody stops, nobody is restarted; afterwards a new node fetches the chain across all epochs."""

import json
import unittest

from captures import Captures
from harness import Node, NetworkTest, keten, wait_for


class MembersTest(NetworkTest):
    def keten(self, *arguments, **options):
        return keten(*arguments, "--state", self.network.state, **options)

    def validators(self):
        return json.loads(self.keten("validators", "list", "-o", "json").stdout)

    def epoch(self):
        return self.validators()["epoch"]

    def wait_for_epoch(self, epoch):
        wait_for(f"epoch {epoch} has begun", lambda: self.epoch() >= epoch)

    def processes(self):
        return {node.name: node.pid() for node in self.network.nodes}

    def add(self, name):
        self.keten("devnet", "add", name)
        node = Node(self.network, name)
        self.network.nodes.append(node)
        return node

    def agree(self, *proposal):
        """Proposed and approved by FarmCo and others, until it is applied."""
        made = json.loads(self.keten("validators", *proposal, "--as", "@FarmCo", "-o", "json").stdout)
        for organisation in made["missing"]:
            if made["applied"]:
                break
            made = json.loads(self.keten("validators", "approve", made["change"], "--as", f"@{organisation}",
                                         "-o", "json").stdout)
        self.assertTrue(made["applied"], made["progress"])

    def agreed(self):
        """What all members have executed, when it is the same; the process of one that left runs on by itself."""
        members = {node.name for node in self.network.nodes}
        nodes = [node for node in self.network.status()["nodes"] if node["name"] in members]
        same = all(node["up"] for node in nodes) and len({(node["executed_height"], node["state_root"]) for node in nodes}) == 1
        return nodes if same else None

    def test_members_come_and_go_and_everything_rotates_without_a_halt(self):
        founders = list(self.nodes)
        before = self.processes()
        with Captures(founders) as captures:
            with self.subTest("a fifth validator joins"):
                press = self.add("press-1")
                self.assertEqual(self.epoch(), 1)
                wait_for("it validates", lambda: press.status()["role"] == "validator")
                self.assertIn("PressCo", self.validators()["voices"])

            with self.subTest("one leaves, and its connections end"):
                leaver = self.network.nodes[3]
                self.agree("propose-remove", leaver.name)
                captures.nodes = [node for node in captures.nodes if node is not leaver]
                self.wait_for_epoch(2)
                wait_for("nobody is connected to who left", lambda: all(
                    peer["node"] != leaver.name for node in captures.nodes for peer in node.status()["peers"]), 10)
                self.network.nodes.remove(leaver)
                self.assertEqual(leaver.status()["role"], "stranger")

            with self.subTest("every consensus key is rotated"):
                keys = {node["node"]: node["key"] for node in self.validators()["nodes"]}
                for node in self.network.nodes:
                    self.keten("validators", "rotate-key", "--as", f"@{node.organisation}")
                wait_for("every key is another", lambda: not set(keys.values()) & {
                    node["key"] for node in self.validators()["nodes"]})

            with self.subTest("every TLS certificate is renewed"):
                pins = {node["node"]: node["tlsCertificates"][0] for node in self.validators()["nodes"]}
                for node in self.network.nodes:
                    self.keten("validators", "renew-certificate", "--as", f"@{node.organisation}")
                now = {node["node"]: node["tlsCertificates"] for node in self.validators()["nodes"]}
                for name, pin in pins.items():
                    self.assertEqual(now[name][1], pin)
                    self.assertNotEqual(now[name][0], pin)

            with self.subTest("a parameter changes"):
                epoch = self.epoch()
                self.agree("propose-parameter", "min_block_interval_ms=60")
                self.wait_for_epoch(epoch + 1)
                self.assertEqual(self.validators()["parameters"]["min_block_interval_ms"], 60)

            with self.subTest("a new node fetches the chain across all epochs"):
                mill = self.add("mill-1")
                wait_for("it validates", lambda: mill.status()["role"] == "validator")
        after = self.processes()
        self.assertEqual({name: pid for name, pid in before.items() if name in after},
                         {name: pid for name, pid in after.items() if name in before}, "nobody was restarted")
        self.assertEqual(captures.refused + captures.unanswered, [], "the chain took what it was given all the time")
        status = wait_for("all agree on height and state root", self.agreed)
        self.assertEqual(len(status), 5)
        for node in self.network.nodes:
            lost = [event for event in captures.accepted if not node.has_event(event)]
            self.assertEqual(lost, [], f"{node.name} has lost accepted events")
        print(json.dumps({"captures": len(captures.accepted), "longest_gap_s": round(captures.longest_gap_s, 2),
                          "epoch": self.epoch()}))


if __name__ == "__main__":
    unittest.main()
