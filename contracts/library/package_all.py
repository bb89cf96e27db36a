#!/usr/bin/env python3
"""Compiles every rule of this folder and puts each into a package; signs them when a key is given. The same source, compiler and publisher
give the same bytes."""

import argparse
import pathlib
import re
import subprocess
import sys

LIBRARY = pathlib.Path(__file__).resolve().parent
# An event names at most 10,000 things, and its transaction has 150,000,000 units for all rules. samples.hpp tests against this.
FUEL_PER_EVENT = 100_000_000


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keten", help="the program")
    parser.add_argument("--publisher", required=True, help="organisation that will publish them")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for the packages")
    parser.add_argument("--key-file", help="the publisher's key; without it the packages are not signed")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for source in sorted(LIBRARY.glob("*/*.cpp")):
        name = source.parent.name
        if source.stem != name:
            continue
        version = re.search(rf'KETEN_RULES\("{name}", "([0-9.]+)"', source.read_text(encoding="utf-8")).group(1)
        build = options.out / "build" / name
        run(options.keten, "contract", "build", source.parent, "--build", build)
        file = options.out / f"{name}-{version}.ketenpkg"
        file.unlink(missing_ok=True)
        run(options.keten, "contract", "package", build / "contract.wasm", "--name", name, "--version", version,
            "--publisher", options.publisher, "--rule", f"on_event={FUEL_PER_EVENT}", "--schema", build / "schema.json",
            "--readme", source.parent / "README.md", "--source", source, "--build", f"keten contract build {name}", "--out", file)
        if options.key_file:
            run(options.keten, "contract", "sign", file, "--key-file", options.key_file)
        print(file)


if __name__ == "__main__":
    main()
