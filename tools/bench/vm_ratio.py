#!/usr/bin/env python3
"""The virtual machine against wabt's interpreter on the same modules, in one run, as ratios of processor time.

  tools/bench/vm_ratio.py [BUILD_FOLDER]      build/release when not given; needs its keten_benchmarks

Needs clang-14 and lld-14 for the guests (tools/bench/guests) and wasm-interp from wabt. Keten meters, wasm-interp does not."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GUESTS = ("fib", "sieve", "sha256")
COMPILE = ["clang-14", "--target=wasm32", "-O2", "-nostdlib", "-ffreestanding", "-fno-builtin", "-Wl,--no-entry",
           "-Wl,-z,stack-size=65536", "-Wl,--max-memory=4194304", "-Wl,--strip-all"]
ROUNDS = 3


def seconds_in_interp(module):
    """(least processor time of a run, the result)"""
    times = []
    for _ in range(ROUNDS):
        before = os.times()
        run = subprocess.run(["wasm-interp", "--run-all-exports", module], capture_output=True, text=True, check=True)
        after = os.times()
        times.append(after.children_user - before.children_user + after.children_system - before.children_system)
    result = re.search(r"run\(\) => (?:i32:)?(\S*)", run.stdout)
    return min(times), result.group(1) if result else None


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", "build", "release")
    missing = [name for name in ("clang-14", "wasm-ld-14", "wasm-interp") if not shutil.which(name)]
    if missing:
        print(f"vm_ratio: not there: {', '.join(missing)}; they are in the Debian packages clang-14, lld-14 and wabt")
        return 2
    with tempfile.TemporaryDirectory(prefix="keten-vm-ratio-") as folder:
        for name in GUESTS:
            subprocess.run(COMPILE + ["-o", f"{folder}/{name}.wasm", f"{HERE}/guests/{name}.c"], check=True)
        with open(f"{folder}/nothing.c", "w", encoding="utf-8") as file:
            file.write('__attribute__((export_name("run"))) unsigned run(void) { return 0; }\n')
        subprocess.run(COMPILE + ["-o", f"{folder}/nothing.wasm", f"{folder}/nothing.c"], check=True)
        start_up, _ = seconds_in_interp(f"{folder}/nothing.wasm")
        run = subprocess.run([os.path.join(build, "bin", "keten_benchmarks"), "--benchmark_filter=^vm_", "--benchmark_format=json",
                              f"--benchmark_repetitions={ROUNDS}"],
                             capture_output=True, text=True, check=True, env={**os.environ, "KETEN_VM_GUESTS": folder})
        best = {}
        for one in json.loads(run.stdout)["benchmarks"]:
            if one.get("error_occurred"):
                print(f"vm_ratio: {one['name']}: {one['error_message']}")
                return 1
            if one["run_type"] == "iteration" and one["cpu_time"] < best.get(one["run_name"], {}).get("cpu_time", 1e300):
                best[one["run_name"]] = one
        print(f"{'guest':8} {'instructions':>13} {'keten M/s':>10} {'wasm-interp M/s':>16} {'ratio':>6}")
        for name in GUESTS:
            ours = best[f"vm_guest/{name}"]
            theirs, result = seconds_in_interp(f"{folder}/{name}.wasm")
            if result != str(int(ours["value"])):
                print(f"vm_ratio: {name}: keten gives {int(ours['value'])}, wasm-interp gives {result}")
                return 1
            theirs -= start_up
            seconds = ours["cpu_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[ours["time_unit"]]
            count = ours["instructions"]
            print(f"{name:8} {int(count):13,} {count / seconds / 1e6:10.0f} {count / theirs / 1e6:16.0f} {theirs / seconds:6.1f}")
        for name in ("vm_call_overhead/2", "vm_call_overhead/64"):
            print(f"{name}: {best[name]['cpu_time']:.0f} {best[name]['time_unit']} a call, put back after each")
        rule = best["vm_small_rule"]
        print(f"vm_small_rule: {int(rule['instructions']):,} instructions and two reads, {rule['items_per_second']:,.0f} calls/s on a core")
        print(f"vm_compile: {best['vm_compile']['bytes_per_second'] / 1e6:.0f} MB/s decoded, validated and translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
