#!/usr/bin/env python3
"""Who includes whom, against layers.txt; heavy headers never reach another folder."""

import argparse
import os
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+(<([^>]+)>|"([^"]+)")')
# Measured: each of these costs seconds per file that includes it.
HEAVY = ("rocksdb/", "grpcpp/", "grpc/", "boost/asio", "boost/beast", "CLI/", "spdlog/", "prometheus/", "toml++/", "google/protobuf/")
ONLY_IN = {"rocksdb/": ("node/rocksdb", "tests")}


def read_table(text):
    table = {}
    for number, line in enumerate(text.split("\n"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        folder, colon, allowed = line.partition(":")
        if not colon or folder in table:
            raise ValueError(f"layers.txt:{number}: expected one line 'folder: allowed ...' for each folder")
        table[folder.strip()] = allowed.split()
    return table


def row_of(folder, table):
    while folder and folder not in table:
        folder = os.path.dirname(folder)
    return folder


def is_allowed(row, target, table):
    folder = os.path.dirname(target)
    # A folder without a line of its own belongs to the folder above it.
    if row_of(folder, table) == row:
        return True
    for entry in table[row]:
        if entry in ("*", target, folder):
            return True
        if entry.endswith("/*") and os.path.dirname(folder) == entry[:-2]:
            return True
    return False


def generated(name, target, allowed):
    """None when allowed, else the reason against a generated header."""
    if "*" in allowed:
        return None
    if target.endswith(".grpc.pb.h"):
        return None if "services" in allowed else "service stubs"
    if name.endswith(".h"):
        return None if "headers" in allowed else "generated messages in a header"
    return None if "messages" in allowed else "generated messages"


def seen_from_outside(root, names):
    """Headers that a file of another folder includes, itself or through other headers."""
    includes = {}
    for name in names:
        matches = (INCLUDE.match(line) for line in tree.lines(root, name))
        includes[name] = {match.group(3) for match in matches if match and match.group(3)}
    seen = {target for name, targets in includes.items() for target in targets if os.path.dirname(name) != os.path.dirname(target)}
    waiting = list(seen)
    while waiting:
        for target in includes.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def check(root, table):
    findings = []
    names = tree.sources(root)
    seen = seen_from_outside(root, names)
    for name in names:
        folder = os.path.dirname(name)
        row = row_of(folder, table)
        if not row:
            findings.append(f"{name}:1: folder '{folder}' has no line in tools/lint/layers.txt")
            continue
        allowed = table[row]
        for number, line in enumerate(tree.lines(root, name), 1):
            match = INCLUDE.match(line)
            if not match or tree.ALLOW.search(line):
                continue
            where, target = f"{name}:{number}", match.group(2) or match.group(3)
            if name in seen and (target.startswith(HEAVY) or target.endswith(".grpc.pb.h")):
                findings.append(f"{where}: heavy header <{target}> in a header that other folders include")
            for prefix, places in ONLY_IN.items():
                if target.startswith(prefix) and not row.startswith(places):
                    findings.append(f"{where}: <{target}> is for {' and '.join(places)} only")
            if target.startswith("keten/v1/") or target.startswith("google/rpc/"):
                reason = generated(name, target, allowed)
                if reason:
                    findings.append(f"{where}: {reason} ({target}) are not for {row}; it may include: {' '.join(allowed)}")
            elif match.group(3):
                if not os.path.isfile(os.path.join(root, target)):
                    findings.append(f'{where}: "{target}" is no file; quoted includes start at the repository root')
                elif not is_allowed(row, target, table):
                    findings.append(f'{where}: "{target}" is not for {row}; it may include: {" ".join(allowed)}')
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    arguments = parser.parse_args()
    with open(os.path.join(os.path.dirname(__file__), "layers.txt"), encoding="utf-8") as file:
        table = read_table(file.read())
    return tree.report("layers", check(arguments.root, table))


if __name__ == "__main__":
    sys.exit(main())
