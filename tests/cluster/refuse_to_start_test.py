"""A validator that is not what it should be does not start: exit 78, one line that says what to do, nothing written."""

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import unittest

from harness import BIN, DEADLINE_S, Folder, Network, keten

REFUSED = 78
USAGE = 64
# Processor time, so that a busy machine does not count.
REFUSES_WITHIN_S = 2


def everything_in(folder):
    """Every file and folder below with mode, size and time of the last change."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def run_ketend(*arguments):
    return subprocess.run([BIN / "ketend", *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE_S,
                          stdin=subprocess.DEVNULL, check=False)


def replace_in(path, pattern, replacement):
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, count=1)
    if changed == text:
        raise AssertionError(f"{pattern} is not in {path}")
    path.write_text(changed)


def set_free_ports(home):
    """So that nothing but the fault under test stands in the way."""
    config = home / "ketend.toml"
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = iter([str(holder.getsockname()[1]) for holder in holders])
    text = re.sub(r'(?m)^(\w*listen = "127\.0\.0\.1):\d+"', lambda found: f'{found[1]}:{next(ports)}"', config.read_text())
    for holder in holders:
        holder.close()
    config.write_text(text)


class RefusalTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def check_refused(self, home, reason, *words):
        before = everything_in(home)
        cpu_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        result = run_ketend("start", "--home", home)
        cpu_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - cpu_s
        said = result.stderr
        self.assertEqual(result.returncode, REFUSED, said)
        self.assertEqual(result.stdout, "")
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertRegex(said, rf"\b{reason}\b")
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(everything_in(home), before, "something was written")
        self.assertLess(cpu_s, REFUSES_WITHIN_S)


class ColdRefusalTest(RefusalTest):
    """Homes that have never run."""

    def setUp(self):
        super().setUp()
        self.home = self.make_homes("chain")[0]
        set_free_ports(self.home)

    def make_homes(self, name):
        out = self.folder.path / name
        keten("testnet", "generate", "--out", out, "--chain", name)
        return sorted(path.parent for path in out.glob("*/ketend.toml"))

    def test_no_home(self):
        missing = self.folder.path / "nowhere"
        result = run_ketend("start", "--home", missing)
        self.assertEqual(result.returncode, REFUSED, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertIn("HOME_MISSING", result.stderr)
        self.assertIn("keten init", result.stderr)
        self.assertFalse(missing.exists())

    def test_no_configuration(self):
        (self.home / "ketend.toml").unlink()
        self.check_refused(self.home, "CONFIG_MISSING", "ketend.toml")

    def test_an_unknown_configuration_key(self):
        replace_in(self.home / "ketend.toml", "cache_mb =", "cash_mb =")
        self.check_refused(self.home, "CONFIG_INVALID", "ketend.toml", "cash_mb", "cache_mb")

    def test_an_unknown_configuration_section(self):
        with open(self.home / "ketend.toml", "a", encoding="utf-8") as config:
            config.write("\n[storage_]\nfast = true\n")
        self.check_refused(self.home, "CONFIG_INVALID", "storage_")

    def test_a_configuration_value_of_the_wrong_type(self):
        replace_in(self.home / "ketend.toml", r"cache_mb = \d+", 'cache_mb = "much"')
        self.check_refused(self.home, "CONFIG_INVALID", "cache_mb", "much")

    def test_a_configuration_value_out_of_range(self):
        replace_in(self.home / "ketend.toml", r"cache_mb = \d+", "cache_mb = -1")
        self.check_refused(self.home, "CONFIG_INVALID", "cache_mb")

    def test_a_configuration_that_is_not_toml(self):
        (self.home / "ketend.toml").write_text("[node\n")
        self.check_refused(self.home, "CONFIG_INVALID", "ketend.toml")

    def test_http_for_everybody_without_saying_so(self):
        replace_in(self.home / "ketend.toml", r'http_listen = "127\.0\.0\.1', 'http_listen = "0.0.0.0')
        self.check_refused(self.home, "CONFIG_INVALID", "http_allow_remote")

    def test_a_key_file_that_others_can_read(self):
        os.chmod(self.home / "keys" / "validator.key", 0o644)
        self.check_refused(self.home, "KEY_FILE_MODE", "validator.key", "chmod 600")

    def test_a_tls_key_that_others_can_read(self):
        os.chmod(self.home / "tls" / "node.key", 0o640)
        self.check_refused(self.home, "KEY_FILE_MODE", "node.key", "chmod 600")

    def test_a_users_file_that_others_can_read(self):
        os.chmod(self.home / "users.json", 0o644)
        self.check_refused(self.home, "KEY_FILE_MODE", "users.json", "chmod 600")

    def test_a_users_file_that_is_wrong(self):
        (self.home / "users.json").write_text('[{"name": "anna"}]')
        self.check_refused(self.home, "USERS_INVALID", "users")

    def test_a_validator_key_that_is_none(self):
        (self.home / "keys" / "validator.key").write_text("not a key\n")
        self.check_refused(self.home, "KEY_FILE_INVALID", "validator.key")

    def test_the_validator_key_of_nobody_in_the_genesis(self):
        (self.home / "keys" / "validator.key").write_text("5a" * 32 + "\n")
        self.check_refused(self.home, "NOT_A_VALIDATOR", "validator.key")

    def test_the_validator_key_of_another_company(self):
        other = self.make_homes("chain2")[1]
        shutil.copyfile(self.folder.path / "chain" / other.name / "keys" / "validator.key",
                        self.home / "keys" / "validator.key")
        self.check_refused(self.home, "NOT_A_VALIDATOR", "ketend.toml")

    def test_no_genesis(self):
        (self.home / "genesis.json").unlink()
        self.check_refused(self.home, "HOME_INCOMPLETE", "genesis.json", "keten genesis")

    def test_the_genesis_of_another_network(self):
        other = self.make_homes("other")[0]
        shutil.copyfile(other / "genesis.json", self.home / "genesis.json")
        self.check_refused(self.home, "NOT_A_VALIDATOR", "genesis")

    def test_a_genesis_that_one_company_has_not_signed(self):
        path = self.home / "genesis.json"
        genesis = json.loads(path.read_text())
        unsigned = genesis["signatures"].pop()["organisation"]
        path.write_text(json.dumps(genesis))
        self.check_refused(self.home, "GENESIS_UNSIGNED", unsigned)

    def test_a_genesis_with_one_changed_letter(self):
        replace_in(self.home / "genesis.json", '"chain": "chain"', '"chain": "chaim"')
        self.check_refused(self.home, "GENESIS_UNSIGNED")

    def test_a_genesis_that_is_cut_off(self):
        path = self.home / "genesis.json"
        path.write_bytes(path.read_bytes()[:-10])
        self.check_refused(self.home, "GENESIS_INVALID|JSON_MALFORMED", "genesis.json")

    def test_a_missing_tls_file(self):
        for name in ("node.crt", "node.key", "clients.pem"):
            with self.subTest(name):
                path = self.home / "tls" / name
                kept = path.rename(self.folder.path / name)
                self.check_refused(self.home, "[A-Z]+_[A-Z_]+", name)
                kept.rename(path)

    def test_the_certificate_of_another_validator(self):
        other = self.make_homes("other")[0]
        shutil.copyfile(other / "tls" / "node.crt", self.home / "tls" / "node.crt")
        self.check_refused(self.home, "PIN_MISMATCH", "node.crt")

    def test_each_port_in_use(self):
        for name in ("http_listen", "grpc_listen", "listen"):
            with self.subTest(name):
                port = int(re.search(rf'(?m)^{name} = "127\.0\.0\.1:(\d+)"', (self.home / "ketend.toml").read_text())[1])
                with socket.create_server(("127.0.0.1", port)):
                    self.check_refused(self.home, "ADDRESS_IN_USE", str(port), "ketend.toml")

    def test_usage(self):
        for arguments in ([], ["start"], ["begin", "--home", self.home], ["start", "--home"], ["start", "--hom", self.home]):
            with self.subTest(arguments=arguments):
                result = run_ketend(*arguments)
                self.assertEqual(result.returncode, USAGE)
                self.assertIn("ketend start --home DIR", result.stderr)


class UsedHomeTest(RefusalTest):
    """Homes with data."""

    def test_a_second_process_on_a_data_directory(self):
        network = Network(self.folder)
        node = network.nodes[0]
        second = self.folder.path / "second"
        shutil.copytree(node.home, second, ignore=shutil.ignore_patterns("data", "ketend.log"))
        (second / "data").symlink_to(node.home / "data")
        set_free_ports(second)
        self.check_refused(second, "[A-Z]+_[A-Z_]+", "another")
        self.assertTrue(node.runs(), "the first process goes on")

    def test_the_genesis_of_another_network_over_the_data_of_this_one(self):
        network = Network(self.folder)
        for node in network.nodes:
            node.kill()
        # The same members found a second chain: keys and certificates fit, only the data does not.
        genesis = self.folder.path / "genesis.json"
        keten("genesis", "new", "--chain", "other", "-o", genesis)
        keten("genesis", "add", genesis, *(node.home / "member.json" for node in network.nodes))
        for node in network.nodes:
            keten("genesis", "sign", genesis, "--home", node.home)
        home = network.nodes[0].home
        shutil.copyfile(genesis, home / "genesis.json")
        self.check_refused(home, "[A-Z]+_[A-Z_]+", "chain")


if __name__ == "__main__":
    unittest.main()
