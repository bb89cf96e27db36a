#!/usr/bin/env python3
"""What an agreement with three rules costs, in one run, in processor time of a validator: captures without rules against captures that
three rules of the library judge. Goal: at most 30 % of event throughput.

  tools/bench/rule_cost.py [BUILD_FOLDER]      build/release when not given; needs its keten and keten_benchmarks"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ("condition-limits", "required-fields", "time-order")
ROUNDS = 5


def main():
    build = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/release"
    with tempfile.TemporaryDirectory(prefix="keten-rule-cost-") as folder:
        for name in RULES:
            subprocess.run([build / "bin/keten", "contract", "build", ROOT / "contracts/library" / name, "--build", f"{folder}/{name}"],
                           check=True, stdout=subprocess.DEVNULL)
        wanted = "--benchmark_filter=^(captures_under_rules|publish_a_rule|start_a_guest)"
        run = subprocess.run([build / "bin/keten_benchmarks", wanted, "--benchmark_format=json",
                              f"--benchmark_repetitions={ROUNDS}", "--benchmark_enable_random_interleaving=true"],
                             capture_output=True, text=True, check=True, env={**os.environ, "KETEN_RULES": folder})
    best = {}
    for one in json.loads(run.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            print(f"rule_cost: {one['name']}: {one['error_message']}")
            return 1
        if one["run_type"] == "iteration" and one["cpu_time"] < best.get(one["run_name"], {}).get("cpu_time", 1e300):
            best[one["run_name"]] = one
    without = best["captures_under_rules/0"]
    print(f"{'rules':>5} {'events/s':>9} {'fuel':>9} {'of the throughput':>18}")
    for count in (0, 1, 3):
        one = best[f"captures_under_rules/{count}"]
        rate, base = one["items_per_second"], without["items_per_second"]
        print(f"{count:>5} {rate:>9.0f} {one['fuel']:>9.0f} {f'-{100 * (1 - rate / base):.0f} %':>18}")
    print("\nprice, a unit is meant to be about a nanosecond:")
    for name, what, items in (("publish_a_rule", "publishing a rule", 1), ("start_a_guest", "a call that does nothing", 100)):
        one = best[name]
        nanoseconds = one["cpu_time"] * {"us": 1e3, "ms": 1e6, "ns": 1}[one["time_unit"]] / items
        print(f"  {what:26} {nanoseconds:>10.0f} ns, {one['fuel']:>9.0f} units: {nanoseconds / one['fuel']:.2f} ns a unit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
