"""Packages and modules that are wrong in every way we know: each is refused with its reason, the same on all four validators, which
go on. Packages are written here from docs/formats/packages.md, because our own tools refuse to."""

import json
import os
import time
import unittest

from client import Key, payload_commitment, signed, tagged_hash, transaction_body, transaction_id
from client import sized as sized_for_hash
from harness import NetworkTest, keten, wait_for
from protobuf import varint as leb  # the same encoding

FUEL = 100_000_000


# ---- a module, byte by byte ----

def vector(*items):
    return leb(len(items)) + b"".join(items)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def text(value):
    return leb(len(value)) + value.encode()


def module(functions, imports=(), memory=b"", more=b"", before_code=b""):
    """`functions`: name and body without its last `end`, all of type () -> (). `imports`: of type (i32, i32) -> ()."""
    types = vector(b"\x60\x00\x00", b"\x60\x02\x7f\x7f\x00")
    out = b"\0asm\x01\0\0\0" + section(1, types)
    if imports:
        out += section(2, vector(*(text(home) + text(name) + b"\x00\x01" for home, name in imports)))
    out += section(3, vector(*(b"\x00" for _ in functions)))
    if memory:
        out += section(5, vector(memory))
    out += more
    out += section(7, vector(*(text(name) + b"\x00" + leb(len(imports) + i) for i, (name, _) in enumerate(functions))))
    out += before_code
    return out + section(10, vector(*(leb(len(body) + 2) + b"\x00" + body + b"\x0b" for _, body in functions)))


NOTHING = b"\x01"
ENDLESS = b"\x03\x40\x0c\x00\x0b"
TRAP = b"\x00"
FLOAT = b"\x43\x00\x00\x80\x3f\x1a"
# memory.grow(1) until it fails would go on for ever: it is repeated whatever it answers.
GROW = b"\x03\x40\x41\x01\x40\x00\x1a\x0c\x00\x0b"
OUTSIDE = b"\x41\x70\x41\xe4\x00\x10\x00"  # set_result(0xFFFFFFF0, 100)

BOMBS = {
    "no module": b"nonsense",
    "cut off": module([("count", NOTHING)])[:-3],
    "a float": module([("count", FLOAT)]),
    "an import of another module": module([("count", NOTHING)], imports=[("env", "now")]),
    "an import that there is not": module([("count", NOTHING)], imports=[("keten", "random")]),
    "a count of four billion types": b"\0asm\x01\0\0\0" + section(1, b"\xff\xff\xff\xff\x0f"),
    "a section that says it is four billion bytes": b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f",
    "65,536 pages of memory": module([("count", NOTHING)], memory=b"\x01\x80\x80\x04\x80\x80\x04"),
    "nested thirty thousand deep": module([("count", b"\x02\x40" * 30_000 + b"\x0b" * 30_000)]),
    "a body that is too long": module([("count", b"\x01" * 200_000)]),
    "four billion locals": b"\0asm\x01\0\0\0" + section(1, vector(b"\x60\x00\x00")) + section(3, vector(b"\x00"))
                           + section(7, vector(text("count") + b"\x00\x00")) + section(10, vector(b"\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b")),
    "a start function": module([("count", NOTHING)], before_code=section(8, b"\x00")),
    "a value that is missing": module([("count", b"\x1a")]),
}


# ---- a package, by docs/formats/packages.md ----

def tar(files):
    out = b""
    for name, content in files:
        folder, _, base = name.rpartition("/")
        header = bytearray(512)

        def put(at, value):
            header[at:at + len(value)] = value
        put(0, base.encode())
        put(345, folder.encode())
        for at in (100, 108, 116):
            put(at, b"0000644" if at == 100 else b"0000000")
        put(124, b"%011o" % len(content))
        put(136, b"0" * 11)
        put(148, b" " * 8)
        put(156, b"0")
        put(257, b"ustar")
        put(263, b"00")
        put(148, b"%06o\0 " % sum(header))
        out += bytes(header) + content + b"\0" * (-len(content) % 512)
    return out + b"\0" * 1024


def file_hash(content):
    return tagged_hash("keten/package/file/1", sized_for_hash(content)).hex()


def package(wasm, publisher, signers, version="1.0.0", methods=("count",), migration=None, fuel=50_000):
    """The file and its hash. `signers`: pairs of organisation and key."""
    readme, schema = b"# counter\n", b"{}"
    manifest = json.dumps({
        "abi": "keten_abi_1", "name": "counter", "version": version, "publisher": publisher, "rules": {},
        "methods": {name: {"fuel": fuel} for name in methods}, "migration": migration and {"entry": migration, "fuel": fuel},
        "files": {"README.md": file_hash(readme), "contract.wasm": file_hash(wasm), "schema.json": file_hash(schema)},
        "source": "0" * 64, "build": "by hand"}, sort_keys=True, separators=(",", ":")).encode()
    package_hash = tagged_hash("keten/package/1", sized_for_hash(manifest))
    digest = tagged_hash("keten/package/signature/1", package_hash)
    signatures = sorted((f"signatures/{name}/{key.public.hex()}", key.sign(digest).hex().encode() + b"\n") for name, key in signers)
    parts = [("README.md", readme), ("contract.wasm", wasm), ("manifest.json", manifest), ("schema.json", schema)]
    return tar(parts + signatures), package_hash


def sized(value):
    return len(value).to_bytes(4, "little") + value


class BadPackageTest(NetworkTest):
    def send(self, organisation, key, method, arguments, payload=None, node=0, fuel=FUEL):
        """Executed on one node; then every node says the same of it. Gives its receipt."""
        payloads = [] if payload is None else [(os.urandom(32), payload)]
        changes = {"contract": b"contracts", "method": method.encode(), "arguments": arguments, "fuel_limit": fuel,
                   "commitment": b"".join(payload_commitment(*one) for one in payloads)}
        body = transaction_body(key, organisation, self.chain_id, self.nodes[node].status()["height"] + 100, **changes)
        answer = self.nodes[node].ask("POST", "/v1/transactions?wait=executed&timeout_ms=60000", signed(body, key, payloads),
                                      headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 200, answer)
        receipt = answer.json["receipt"]
        identity = transaction_id(body).hex()
        for other in self.nodes:
            same = wait_for(f"{other.name} has executed it",
                            lambda other=other: other.ask("GET", f"/v1/transactions/{identity}").json.get("receipt"))
            self.assertEqual(same, receipt, other.name)
        return receipt

    def check(self, reason, receipt, says=""):
        self.assertEqual((receipt["succeeded"], receipt["reason"]), (False, reason), receipt)
        self.assertIn(says, receipt["message"])

    def publish(self, file, open_for_s=3600, **options):
        return self.send(self.publisher, self.publisher_key, "publish", (open_for_s * 1000).to_bytes(8, "little"), file, **options)

    def admit(self, wasm, version, **options):
        file, package_hash = package(wasm, self.publisher, [(self.publisher, self.publisher_key)], version, **options)
        self.assertTrue(self.publish(file)["succeeded"])
        for company in self.companies[1:]:
            self.assertTrue(self.send(company, self.admins[company], "approve", package_hash)["succeeded"])
        return package_hash

    def act(self, method, package_hash, height=None):
        arguments = sized(b"counter") + package_hash + (b"" if height is None else height.to_bytes(8, "little"))
        return self.send(self.publisher, self.admins[self.publisher], method, arguments)

    def call(self, method):
        device = Key.from_file(self.nodes[1].user("device")["key_file"])
        return self.send(self.companies[1], device, "call", sized(b"counter") + sized(method) + sized(b""), node=1)

    def test_every_bad_package_is_the_same_refusal_on_all_validators(self):
        self.chain_id = bytes.fromhex(self.network.described()["chain_id"])
        self.companies = [node.organisation for node in self.nodes]
        self.publisher = self.companies[0]
        self.admins = {node.organisation: Key.from_file(node.user("admin")["key_file"]) for node in self.nodes}
        keten("keys", "add", "publisher", "--roles", "publisher", "--as", f"@{self.publisher}", "--state", self.network.state)
        self.publisher_key = Key.from_file(self.nodes[0].home / "keys/publisher.key")
        pids = [node.pid() for node in self.nodes]
        own = [(self.publisher, self.publisher_key)]
        good = module([("count", NOTHING)])

        file, late = package(good, self.publisher, own, "0.1.0")
        self.assertTrue(self.publish(file, open_for_s=60)["succeeded"])
        began = time.monotonic()

        with self.subTest("a changed byte"):
            file, _ = package(good, self.publisher, own)
            at = file.index(b"\0asm") + 6
            changed = file[:at] + bytes([file[at] ^ 1]) + file[at + 1:]
            self.check("PACKAGE_HASH_MISMATCH", self.publish(changed), "contract.wasm")
            self.check("PACKAGE_MALFORMED", self.publish(file + b"\0"))
            self.check("PACKAGE_MALFORMED", self.publish(file[:-1]))

        with self.subTest("a wrong signer"):
            other = self.companies[1]
            by_admin = [(self.publisher, self.admins[self.publisher])]
            self.check("PACKAGE_NOT_SIGNED", self.publish(package(good, self.publisher, by_admin)[0]))
            by_other = [(self.publisher, self.admins[other])]
            self.check("SIGNER_UNKNOWN", self.publish(package(good, self.publisher, by_other)[0]))
            self.check("SIGNER_UNKNOWN", self.publish(package(good, self.publisher, [*own, (other, Key(b"\1" * 32))])[0]))
            self.check("NOT_THE_PUBLISHER", self.publish(package(good, other, [(other, self.admins[other])])[0]))
            broken = bytearray(package(good, self.publisher, own)[0])
            place = broken.rindex(b"\n") - 1
            broken[place] = ord("1") if broken[place] != ord("1") else ord("2")
            self.check("PACKAGE_SIGNATURE", self.publish(bytes(broken)))

        for name, wasm in BOMBS.items():
            with self.subTest(name):
                receipt = self.publish(package(wasm, self.publisher, own)[0])
                self.assertFalse(receipt["succeeded"], receipt)
                self.assertTrue(receipt["reason"].startswith("MODULE_"), receipt)

        with self.subTest("what makes ready without end pays for it"):
            wasm = module([("count", NOTHING), ("_initialize", ENDLESS)])
            receipt = self.publish(package(wasm, self.publisher, own)[0])
            self.check("MODULE_INITIALIZE", receipt)
            self.assertGreater(receipt["fuelUsed"], 10_000_000)
            self.check("OUT_OF_FUEL", self.publish(package(wasm, self.publisher, own)[0], fuel=3_000_000))
            self.check("MODULE_EXPORT", self.publish(package(good, self.publisher, own, methods=("absent",))[0]), "'absent'")

        with self.subTest("versions that may not follow"):
            one = self.admit(good, "1.0.0")
            two, three = self.admit(module([("count", TRAP)]), "1.1.0"), self.admit(good, "1.2.0")
            self.check("VERSION_EXISTS", self.publish(package(module([("count", NOTHING * 2)]), self.publisher, own)[0]))
            self.assertTrue(self.act("activate", two, 0)["succeeded"])
            wait_for("1.1.0 runs", lambda: self.call(b"count")["reason"] == "CONTRACT_TRAP")
            self.check("DOWNGRADE", self.act("activate", one, 0), "1.0.0")
            height = self.nodes[0].status()["height"] + 15
            self.assertTrue(self.act("activate", three, height)["succeeded"])
            self.check("TWO_VERSIONS_AT_ONE_HEIGHT", self.act("activate", self.admit(good, "1.3.0"), height))

            def runs():
                return self.call(b"count")["succeeded"]
            wait_for("1.2.0 runs", runs)

        with self.subTest("a migration without end changes nothing"):
            endless = self.admit(module([("count", NOTHING), ("migrate", ENDLESS)]), "2.0.0", migration="migrate")
            self.check("MIGRATION_FAILED", self.act("upgrade", endless), "CONTRACT_OUT_OF_FUEL")
            self.assertTrue(self.call(b"count")["succeeded"])

        with self.subTest("code that misbehaves when it is called"):
            wasm = module([("deep", b"\x10\x01"), ("grow", GROW), ("loop", ENDLESS), ("outside", OUTSIDE), ("trap", TRAP)],
                          imports=[("keten", "set_result")], memory=b"\x01\x01\x10")
            bad = self.admit(wasm, "3.0.0", methods=("deep", "grow", "loop", "outside", "trap"), fuel=2_000_000)
            self.assertTrue(self.act("activate", bad, 0)["succeeded"])
            wait_for("3.0.0 runs", lambda: self.call(b"trap")["reason"] == "CONTRACT_TRAP")
            for method, reason in ((b"deep", "CONTRACT_TRAP"), (b"grow", "CONTRACT_OUT_OF_FUEL"), (b"loop", "CONTRACT_OUT_OF_FUEL"),
                                   (b"outside", "CONTRACT_TRAP"), (b"absent", "UNKNOWN_METHOD")):
                self.check(reason, self.call(method))

        with self.subTest("an approval that comes too late"):
            time.sleep(max(0.0, 62 - (time.monotonic() - began)))
            self.check("APPROVAL_EXPIRED", self.send(self.companies[1], self.admins[self.companies[1]], "approve", late))

        wait_for("all validators agree on height and state root", self.network.agrees)
        self.assertEqual([node.pid() for node in self.nodes], pids)
        self.assertTrue(all(node.runs() for node in self.nodes))


if __name__ == "__main__":
    unittest.main()
