#!/usr/bin/env python3
"""Proves that the simulator sees the bugs of core/mutant.h: each is caught, or this fails.

  mutants.py PROGRAM [--ketend FILE] [--seconds S] [--seeds N] [NAME...]

PROGRAM is keten_simulate_mutants. A bug counts as caught when a run breaks a promise, does not finish its work after
healing, or stops at a broken CHECK. With --ketend: that program must not have the symbol that chooses a bug, PROGRAM must.
"""
import argparse
import re
import subprocess
import sys
import time

CAUGHT = re.compile(r"^seed (\d+): (\w+): (.*)$", re.M)
ABORTED = re.compile(r"broken CHECK; again with: .*--seeds (\d+)-")
# What a bug needs to show: everything else is found among all characters.
NEEDS = {
    "synced_range_unchecked": ["--characters", "corrupt_server"],
    "parent_unchecked": ["--characters", "mutator", "--faults", "none"],
    "own_vote_not_counted_after_restart": ["--characters", "silent"],
}
# The Twins must see some too, or they prove nothing.
BY_TWINS = ["quorum_of_two_f", "two_notarizes", "finalize_after_nullify"]
TWINS_CAUGHT = re.compile(r"^scenario (\d+): (\w+): (.*)$", re.M)
SYMBOL = b"planted_mutant"


def run(program, arguments, seconds):
    begin = time.monotonic()
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
        errors += "\n(time is over)"
    return process.returncode, errors, time.monotonic() - begin


def catch(program, name, seeds, seconds):
    run_of = ["--validators", "4", "--views", "40", *NEEDS.get(name, ["--characters", "all"])]
    code, errors, took = run(program, ["--mutant", name, "--seeds", f"1-{seeds}", "--until-failure", *run_of], seconds)
    if found := CAUGHT.search(errors):
        # The seed proves something only when it is clean without the bug.
        clean, others, _ = run(program, ["--seeds", found[1], *run_of], seconds)
        if clean != 0:
            return None, int(found[1]), took, "the seed fails without the bug too: " + others[:80]
        return found[2], int(found[1]), took, found[3]
    if code != 0 and "(time is over)" not in errors:
        found = ABORTED.search(errors)
        last = [line for line in errors.splitlines() if "again with" not in line]
        return "CHECK", int(found[1]) if found else 0, took, last[-1] if last else ""
    return None, 0, took, ""


def catch_by_twins(program, name, seconds):
    _, errors, took = run(program, ["--mutant", name, "--twins", "--every", "7"], seconds)
    found = TWINS_CAUGHT.search(errors)
    return ("twins: " + found[2], int(found[1]), took, found[3]) if found else (None, 0, took, "")


def has_symbol(path):
    names = subprocess.run(["nm", "-C", path], check=True, stdout=subprocess.PIPE).stdout
    return SYMBOL in names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--ketend")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    failed = []
    if options.ketend:
        if has_symbol(options.ketend):
            failed.append(f"{options.ketend} can be ordered to have bugs: it has the symbol {SYMBOL.decode()}")
        if not has_symbol(options.program):
            failed.append(f"{options.program} has no symbol {SYMBOL.decode()}: the look at ketend proves nothing")
    listed = subprocess.run([options.program, "--mutant", "list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    names = options.names or listed.split()
    begin = time.monotonic()
    print(f"{'mutant':36} {'caught by':24} {'seed':>5} {'seconds':>7}")
    attempts = [(name, lambda one: catch(options.program, one, options.seeds, options.seconds)) for name in names]
    attempts += [(name, lambda one: catch_by_twins(options.program, one, options.seconds)) for name in BY_TWINS if name in names]
    for name, attempt in attempts:
        checker, seed, took, text = attempt(name)
        print(f"{name:36} {checker or 'NOT CAUGHT':24} {seed:5} {took:7.1f}  {text[:90]}", flush=True)
        if checker is None:
            failed.append(f"{name} was not caught within {options.seeds} seeds or {options.seconds:.0f} s")
    print(f"{len(names)} mutants, {time.monotonic() - begin:.0f} s")
    for text in failed:
        print(text, file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
