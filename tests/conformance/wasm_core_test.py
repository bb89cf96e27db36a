#!/usr/bin/env python3
"""The WebAssembly core test suite, as far as it is at hand, and the cases of our own in the folder wasm: wast2json converts them,
`keten contract spec-test` runs them.

Needs wast2json, and for the suite the folder wasm-core of the sample data (README.md); says what is skipped without them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile


def main():
    keten = os.path.join(os.environ["KETEN_BIN"], "keten")
    suite = os.path.join(os.environ["KETEN_CONFORMANCE_DATA"], "wasm-core")
    if not shutil.which("wast2json"):
        print("SKIPPED: no wast2json; it is in the Debian package wabt")
        return 0
    folders = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "wasm")]
    if os.path.isdir(suite):
        folders.append(suite)
    else:
        print(f"SKIPPED: no sample data at {suite}; only our own cases run")
    with tempfile.TemporaryDirectory(prefix="keten-wasm-core-") as work:
        files = []
        for folder, name in ((folder, name) for folder in folders for name in sorted(os.listdir(folder))):
            if not name.endswith(".wast"):
                continue
            out = os.path.join(work, f"{os.path.basename(folder)}-{name[:-5]}.json")
            # What this version of wast2json does not understand, it says and still writes: the modules are judged by us.
            subprocess.run(["wast2json", "--no-check", os.path.join(folder, name), "-o", out],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if os.path.isfile(out):
                files.append(out)
            else:
                print(f"not converted by wast2json: {name}")
        if not files:
            print(f"FAILED: none of the files in {folders} could be converted")
            return 1
        run = subprocess.run([keten, "contract", "spec-test", "-o", "json"] + files, capture_output=True, text=True, check=False)
        if run.returncode not in (0, 1):
            print(run.stdout, run.stderr)
            return 1
        document = json.loads(run.stdout)
        for one in document["files"]:
            print(f"{os.path.basename(one['file'])}: {one['passed']} passed, {one['failed']} failed, {one['outside']} outside")
            for failure in one["failures"]:
                print(f"  {failure}")
        print(f"all: {document['passed']} passed, {document['failed']} failed, {document['outside']} outside the subset")
        # A run that judges nothing proves nothing.
        return 1 if document["failed"] > 0 or document["passed"] == 0 else run.returncode


if __name__ == "__main__":
    sys.exit(main())
