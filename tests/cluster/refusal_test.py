"""A validator that is not what it should be does not start: exit 78, one line that says what to do, nothing written."""

import os
import re
import shutil
import socket
import subprocess
import unittest

from network import BIN, DEADLINE_S, Folder, Network, keten

REFUSED = 78


def everything_in(folder):
    """Every file and folder below with size and time of the last change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


class RefusalTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def make_homes(self, name):
        out = self.folder.path / name
        keten("testnet", "generate", "--out", out, "--chain", name)
        return sorted(path.parent for path in out.glob("*/ketend.toml"))

    def set_free_ports(self, home):
        """So that nothing but the fault under test stands in the way."""
        config = home / "ketend.toml"
        holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = iter([str(holder.getsockname()[1]) for holder in holders])
        text = re.sub(r'(?m)^(\w*listen = "127\.0\.0\.1):\d+"', lambda found: f'{found[1]}:{next(ports)}"',
                      config.read_text())
        for holder in holders:
            holder.close()
        config.write_text(text)

    def check_refused(self, home, *words):
        before = everything_in(home)
        result = subprocess.run([BIN / "ketend", "start", "--home", home], capture_output=True, text=True,
                                timeout=DEADLINE_S, check=False)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, REFUSED, said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(everything_in(home), before, "something was written")

    def test_an_unknown_configuration_key(self):
        home = self.make_homes("chain")[0]
        with open(home / "ketend.toml", "a", encoding="utf-8") as config:
            config.write("\n[storage_]\nfast = true\n")
        self.check_refused(home, "storage_")

    def test_a_key_file_that_others_can_read(self):
        home = self.make_homes("chain")[0]
        self.set_free_ports(home)
        os.chmod(home / "keys" / "validator.key", 0o644)
        self.check_refused(home, "validator.key")

    def test_the_genesis_of_another_network(self):
        home = self.make_homes("chain")[0]
        self.set_free_ports(home)
        other = self.make_homes("other")[0]
        shutil.copyfile(other / "genesis.json", home / "genesis.json")
        self.check_refused(home, "genesis")

    def test_a_genesis_with_one_changed_letter(self):
        home = self.make_homes("chain")[0]
        self.set_free_ports(home)
        path = home / "genesis.json"
        text = path.read_text()
        path.write_text(text.replace(': "chain"', ': "chaim"', 1))
        self.assertNotEqual(path.read_text(), text)
        self.check_refused(home, "genesis")

    def test_no_genesis(self):
        home = self.make_homes("chain")[0]
        (home / "genesis.json").unlink()
        self.check_refused(home, "genesis.json")

    def test_a_port_in_use(self):
        home = self.make_homes("chain")[0]
        self.set_free_ports(home)
        port = int(re.search(r'http_listen = "127\.0\.0\.1:(\d+)"', (home / "ketend.toml").read_text())[1])
        with socket.create_server(("127.0.0.1", port)):
            self.check_refused(home, str(port))

    def test_a_second_process_on_a_data_directory(self):
        network = Network(self.folder)
        node = network.nodes[0]
        home = self.folder.path / "second"
        shutil.copytree(node.described()["home"], home, ignore=shutil.ignore_patterns("data", "ketend.log"))
        (home / "data").symlink_to(os.path.join(node.described()["home"], "data"))
        self.set_free_ports(home)
        self.check_refused(home, "another")
        self.assertTrue(node.runs(), "the first process goes on")


if __name__ == "__main__":
    unittest.main()
