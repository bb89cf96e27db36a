"""The rules of the library as signed packages: complete, the same bytes every time, with nothing of this machine in them."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KETEN = os.path.abspath(os.path.join(os.environ.get("KETEN_BIN", "build/release/bin"), "keten"))


@unittest.skipUnless(shutil.which("clang++-14") and (shutil.which("wasm-ld-14") or shutil.which("wasm-ld")), "TOOLCHAIN_MISSING")
class LibraryPackages(unittest.TestCase):
    def made(self, folder, key, library=ROOT / "contracts/library"):
        done = subprocess.run([sys.executable, "-B", library / "package_all.py", KETEN, "--publisher", "FarmCo",
                               "--out", folder, "--key-file", key], capture_output=True, text=True, timeout=1200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return {pathlib.Path(line).name: pathlib.Path(line).read_bytes() for line in done.stdout.splitlines()}

    def test_every_rule_becomes_the_same_signed_package_wherever_it_is_built(self):
        with tempfile.TemporaryDirectory() as scratch:
            key = pathlib.Path(scratch, "publisher.key")
            key.write_text("07" * 32)
            key.chmod(0o600)
            first = self.made(pathlib.Path(scratch, "one"), key)
            elsewhere = pathlib.Path(scratch, "sources", "that lie elsewhere")
            shutil.copytree(ROOT / "contracts/library", elsewhere)
            second = self.made(pathlib.Path(scratch, "a folder that is called otherwise"), key, elsewhere)
            rules = {folder.name for folder in (ROOT / "contracts/library").iterdir() if folder.is_dir()} - {"__pycache__"}
            self.assertEqual({name.rsplit("-", 1)[0] for name in first}, rules)
            self.assertEqual(len(rules), 11)
            self.assertEqual(first, second)
            for name, content in first.items():
                self.assertNotIn(str(ROOT).encode(), content, name)
                shown = subprocess.run([KETEN, "contract", "show", pathlib.Path(scratch, "one", name), "-o", "json"],
                                       capture_output=True, text=True, check=True, timeout=60)
                said = json.loads(shown.stdout)
                self.assertEqual((said["publisher"], [one["organisation"] for one in said["signatures"]]), ("FarmCo", ["FarmCo"]))
                self.assertEqual(said["rules"], {"on_event": {"fuel": 100_000_000}})
            changed = bytearray(first["time-order-1.0.0.ketenpkg"])
            changed[len(changed) // 2] ^= 1
            file = pathlib.Path(scratch, "changed.ketenpkg")
            file.write_bytes(changed)
            self.assertNotEqual(subprocess.run([KETEN, "contract", "show", file], capture_output=True, timeout=60).returncode, 0)


if __name__ == "__main__":
    unittest.main()
