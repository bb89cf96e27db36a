#!/usr/bin/env python3
"""Generated modules in Keten's virtual machine, in V8 (Node.js) and in wabt's wasm-interp: each call gives the same result or
traps in all of them, and leaves the same memory (which wasm-interp does not show).

KETEN_VM_MODULES is the program that generates. KETEN_FULL=1 runs 40 times as many. An engine that is not there is skipped, and said."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
V8_MODULES, INTERP_MODULES = (20000, 2000) if os.environ.get("KETEN_FULL") else (500, 100)


def report(name, lines, expected, whole):
    """Compares line by line; `whole` lines or without the digest at their end."""
    wanted = expected if whole else [line.rsplit(" ", 1)[0] for line in expected]
    differences = [(ours, theirs) for ours, theirs in zip(wanted, lines) if ours != theirs]
    for ours, theirs in differences[:10]:
        print(f"{name}: keten: {ours}, {name}: {theirs}")
    traps = sum(" trap" in line for line in wanted)
    print(f"{name}: {len(wanted)} calls, {traps} of them trap, {len(differences)} differ")
    return not differences and len(lines) == len(wanted) and len(wanted) > 0


def in_interp(folder, expected):
    wanted = {}
    for line in expected:
        seed, name = line.split(" ")[:2]
        wanted.setdefault(seed, []).append(name)
    lines = []
    for seed, names in wanted.items():
        run = subprocess.run(["wasm-interp", "--run-all-exports", os.path.join(folder, seed + ".wasm")],
                             capture_output=True, text=True, timeout=60, check=False)
        results = dict(re.findall(r"^(g\d+)\(\) => *(.*)$", run.stdout, re.MULTILINE))
        for name in names:
            result = results.get(name, "not run")
            lines.append(f"{seed} {name} {'trap' if result.startswith('error') else result or 'nothing'}")
    return lines


def main():
    generator = os.environ["KETEN_VM_MODULES"]
    first = int(os.environ.get("KETEN_VM_SEED", "1000000"))
    engines = [name for name in ("node", "wasm-interp") if shutil.which(name)]
    if not engines:
        print("SKIPPED: neither node nor wasm-interp is there (Debian packages nodejs and wabt)")
        return 0
    good = True
    with tempfile.TemporaryDirectory(prefix="keten-differential-") as folder:
        text = subprocess.run([generator, folder, str(first), str(V8_MODULES)], capture_output=True, text=True, check=True).stdout
        expected = text.splitlines()
        if "node" in engines:
            run = subprocess.run(["node", os.path.join(HERE, "run_in_v8.js"), folder], input=text, capture_output=True, text=True,
                                 timeout=1500, check=False)
            if run.returncode != 0:
                print(run.stderr)
            good &= run.returncode == 0 and report("v8", run.stdout.splitlines(), expected, True)
        else:
            print("not compared with V8: there is no node")
        if "wasm-interp" in engines:
            some = [line for line in expected if int(line.split(" ")[0]) < first + INTERP_MODULES]
            good &= report("wasm-interp", in_interp(folder, some), some, False)
        else:
            print("not compared with wasm-interp: it is not there")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
