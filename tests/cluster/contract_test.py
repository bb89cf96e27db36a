"""A contract in plain C goes the whole way on four validators: packaged, signed, published, approved, active, called, upgraded, frozen."""

import json
import re
import shutil
import subprocess
import unittest

from harness import NetworkTest, REPOSITORY, keten, wait_for

CLANG = shutil.which("clang-14")
FLAGS = ("--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,--max-memory=131072", "-Wl,-z,stack-size=16384",
         "-Wl,--strip-all")
# The state that version 2 finds is that of version 1: it counts on from a hundred more, in steps of ten.
UPGRADE = """
METHOD(migrate) void migrate(void) {
  unsigned calls = 0;
  state_get("calls", 5, &calls, sizeof(calls));
  calls += 100;
  state_put("calls", 5, &calls, sizeof(calls));
}
"""


def counter_source():
    """The example of docs/contracts.md, so that it stays true."""
    page = (REPOSITORY / "docs/contracts.md").read_text()
    return re.search(r"```c\n(.*?)```", page, re.S).group(1)


@unittest.skipUnless(CLANG and (shutil.which("wasm-ld-14") or shutil.which("wasm-ld")), "no clang-14 with a linker for WebAssembly")
class ContractTest(NetworkTest):
    def keten(self, *arguments, **options):
        return keten("contract", *arguments, "--state", self.network.state, **options)

    def said(self, *arguments):
        return json.loads(self.keten(*arguments, "-o", "json").stdout)

    def refused(self, reason, *arguments):
        result = self.keten(*arguments, expect=None)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(reason, result.stderr)
        return result.stderr

    def status(self):
        return self.said("status", "counter")

    def compile(self, name, source):
        text, module = self.folder / f"{name}.c", self.folder / f"{name}.wasm"
        text.write_text(source)
        subprocess.run([CLANG, *FLAGS, text, "-o", module], check=True, timeout=60)
        return text, module

    def package(self, version, source, *more):
        text, module = self.compile(f"counter-{version}", source)
        file = self.folder / f"counter-{version}.ketenpkg"
        keten("contract", "package", module, "--name", "counter", "--version", version, "--publisher", self.publisher,
              "--source", text, "--build", "clang-14 " + " ".join(FLAGS), "--out", file, *more)
        self.keten("sign", file)
        return file

    def approve(self, *organisations):
        for organisation in organisations:
            self.keten("approve", "counter", "--as", f"@{organisation}")

    def count(self, organisation=None):
        answer = self.said("call", "counter", "count", "--as", f"@{organisation or self.publisher}")
        return int.from_bytes(bytes.fromhex(answer["result"]), "little")

    def query(self, node):
        answer = self.said("query", "counter", "count", "--as", f"@{node.organisation}", "--node", node.name)
        return int.from_bytes(bytes.fromhex(answer["result"]), "little")

    def check_rehearsal(self):
        """In the place of 1.0.0 from its publication on: what was counted, and so what 2.0.0 found, becomes another number."""
        status = self.status()
        first = status["packages"][0]["published"]
        blocks = status["height"] - first
        ledger = (self.nodes[1].name, "--genesis", self.network.described()["genesis"], "--blocks", blocks)
        by_five = self.package("3.0.0", counter_source().replace("++calls", "calls += 5"))
        said = self.said("rehearse", by_five, *ledger)
        # Behind the publication; an empty block may have come meanwhile.
        self.assertEqual((said["replaced"], said["last"] - said["first"] + 1, said["verdictsChanged"]), ("1.0.0", blocks, 0))
        self.assertGreater(said["first"], first)
        calls = [(bytes.fromhex(one["before"]["result"])[:1], bytes.fromhex(one["after"]["result"])[:1])
                 for one in said["changes"] if one["call"] == "contracts.call"]
        self.assertEqual(calls, [(b"\x01", b"\x05"), (b"\x02", b"\x0a"), (b"\x03", b"\x0f"), (b"\x71", b"\x7d")])
        self.assertEqual(said["keys"], ["contracts/state/counter/calls"])
        text = self.keten("rehearse", by_five, *ledger).stdout
        self.assertRegex(text, r"^counter 3\.0\.0 in the place of 1\.0\.0, heights \d+ to \d+, \d+ transactions\n"
                               rf"  other verdicts 0, other results or events {said['resultsChanged']}, other fuel alone \d+\n"
                               r"  fuel \d+ before, \d+ with the candidate\n  height \d+  ")
        self.assertEqual(len(re.findall(r"  contracts\.call  ok -> ok  fuel \d+ -> \d+\n", text)), 4)
        self.assertTrue(text.endswith("  1 entries of the state differ at the end\n    contracts/state/counter/calls\n"), text)

        greedy = counter_source().replace("++calls;", "++calls; for (;;) __asm__ volatile(\"\");")
        said = self.said("rehearse", self.package("3.0.1", greedy, "--method", "count=5000"), *ledger)
        refused = [one["after"]["verdict"] for one in said["changes"] if one["call"] == "contracts.call"]
        self.assertEqual(refused, ["CONTRACT_OUT_OF_FUEL"] * 3 + ["ok"])
        self.assertEqual(said["verdictsChanged"], 3)
        text = self.keten("rehearse", self.folder / "counter-3.0.1.ketenpkg", *ledger).stdout
        self.assertIn("\n  other verdicts 3, ", text)
        refusal = r"contracts\.call  ok -> CONTRACT_OUT_OF_FUEL  fuel \d+ -> \d+\n      method count: 5000 units of fuel were not enough\n"
        self.assertEqual(len(re.findall(refusal, text)), 3, text)

    def test_a_contract_from_source_to_retirement(self):
        companies = [node.organisation for node in self.nodes]
        self.publisher = companies[0]
        keten("keys", "add", "publisher", "--roles", "publisher", "--as", f"@{self.publisher}", "--state", self.network.state)

        first = self.package("1.0.0", counter_source())
        listing = subprocess.run(["tar", "tf", first], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(listing[:4], ["README.md", "contract.wasm", "manifest.json", "schema.json"])
        again = self.folder / "again.ketenpkg"
        keten("contract", "package", self.folder / "counter-1.0.0.wasm", "--name", "counter", "--version", "1.0.0", "--publisher",
              self.publisher, "--source", self.folder / "counter-1.0.0.c", "--build", "clang-14 " + " ".join(FLAGS), "--out", again)
        self.keten("sign", again)
        self.assertEqual(again.read_bytes(), first.read_bytes(), "one content, one file")

        with self.subTest("a changed byte is found before anything is sent"):
            changed = bytearray(first.read_bytes())
            changed[changed.index(b"\0asm") + 20] ^= 1
            broken = self.folder / "broken.ketenpkg"
            broken.write_bytes(changed)
            self.assertIn("contract.wasm", self.refused("PACKAGE_HASH_MISMATCH", "publish", broken))

        with self.subTest("published, approved by three of four, active"):
            self.keten("publish", first)
            self.approve(companies[1])
            package = self.status()["packages"][0]
            self.assertEqual((package["standing"], package["approving"]), ("published", [companies[1]]))
            self.assertEqual(package["missing"], sorted(set(companies) - {companies[1]}))
            self.assertIn("missing 2 of", self.keten("status", "counter").stdout)
            self.assertIn("1 of 3 approvals; missing", self.refused("NOT_APPROVED", "activate", "counter", "1.0.0"))
            self.approve(*companies[2:])
            self.refused("CONTRACT_NOT_ACTIVE", "call", "counter", "count", "--as", f"@{companies[1]}")
            self.keten("activate", "counter")
            self.assertEqual([self.count(), self.count(companies[3])], [1, 2])
            self.assertIn("known: count", self.refused("UNKNOWN_METHOD", "call", "counter", "other", "--as", f"@{companies[1]}"))

        with self.subTest("every node answers the same query, and none keeps it"):
            wait_for("all have executed", self.network.agrees)
            self.assertEqual([self.query(node) for node in self.nodes], [3, 3, 3, 3])
            self.assertEqual([self.query(node) for node in self.nodes], [3, 3, 3, 3])

        with self.subTest("which version runs is proved in a file"):
            file, genesis = self.folder / "counter.ketenproof", self.network.described()["genesis"]
            keten("proof", "contract", "counter", "-o", file, "--state", self.network.state)
            said = keten("verify", file, "--genesis", genesis, "--expect", "contract counter").stdout
            self.assertIn("version 1.0.0 runs from height", said)
            self.assertIn(self.status()["packages"][0]["package"], said)
            keten("verify", file, "--genesis", genesis, "--expect", "agreement counter", expect=4)

        with self.subTest("a killed node comes back and agrees"):
            self.nodes[2].kill()
            self.assertEqual(self.count(), 3)
            self.network.start_missing()
            wait_for("every validator is connected to every other", self.network.is_connected)
            wait_for("all validators agree on height and state root", self.network.agrees)
            self.assertEqual(self.query(self.nodes[2]), 4)

        with self.subTest("a version with a migration follows"):
            second = self.package("2.0.0", counter_source().replace("++calls", "calls += 10") + UPGRADE,
                                  "--migration", "migrate=100000")
            self.keten("publish", second)
            self.approve(*companies[:3])
            self.keten("activate", "counter")
            self.assertEqual(self.status()["active"]["version"], "2.0.0")
            self.assertEqual(self.count(), 113)
            self.refused("DOWNGRADE", "activate", "counter", "1.0.0")

        with self.subTest("a candidate is rehearsed over what has happened"):
            self.check_rehearsal()

        with self.subTest("a call is traced"):
            made = self.said("call", "counter", "count", "--as", f"@{companies[1]}")
            said = self.said("trace", made["transaction_id"], self.nodes[3].name, "--genesis", self.network.described()["genesis"])
            self.assertEqual((said["verdict"], said["height"]), ("ok", made["height"]))
            self.assertEqual([(one["function"], one["first"], one["answer"]) for one in said["calls"]],
                             [("state_get", "calls", "4"), ("state_put", "calls", ""), ("set_result", "{\\x00\\x00\\x00", "")])
            self.assertLess(sum(one["fuel"] for one in said["calls"]), said["fuel"])

        with self.subTest("a quorum stops it"):
            for organisation in companies[1:]:
                self.keten("freeze", "counter", "--as", f"@{organisation}")
            self.refused("CONTRACT_FROZEN", "call", "counter", "count", "--as", f"@{companies[1]}")
            self.assertEqual(self.status()["standing"], "frozen, active 2.0.0")
        wait_for("all validators agree on height and state root", self.network.agrees)


if __name__ == "__main__":
    unittest.main()
