#!/usr/bin/env python3
"""clang-format over every .h and .cpp file; --fix writes what it wants. Named files limit it to them."""

import argparse
import os
import shutil
import subprocess
import sys

import tree

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("files", nargs="*", help="files or folders, relative to the root")
    arguments = parser.parse_args()
    # Another version formats differently, so the version of Debian 12 comes first.
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        print("format: clang-format-14 is not installed")
        return SKIPPED
    chosen = tuple(os.path.normpath(name) for name in arguments.files)
    names = [n for n in tree.sources(arguments.root) if not chosen or n in chosen or n.startswith(tuple(c + "/" for c in chosen))]
    if not names:
        return 0
    how = ["-i"] if arguments.fix else ["--dry-run", "-Werror", "--ferror-limit=1"]
    result = subprocess.run([program, "--style=file", *how, *names], cwd=arguments.root)
    if result.returncode != 0:
        print("format: tools/lint/format.py --fix [file or folder ...] repairs it", file=sys.stderr)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
