#!/usr/bin/env python3
"""Fast textual rules over every file git knows."""

import argparse
import os
import re
import subprocess
import sys

import tree

LINE_MAX = 140
README_LINES_MAX = 30
TEXT = (".h", ".cpp", ".proto", ".py", ".sh", ".cmake", ".toml", ".yml", ".js", ".css", ".md", "CMakeLists.txt")
# Tables, data and web pages may have long lines.
LONG_LINES = (".md", ".css", ".js")
# Written in two pieces, so that this file keeps its own rule.
MACHINE_PATH = re.compile(r"""(?:^|[\s"'`=(:,<])/(?:wo""" + r"""rk|ro""" + r"""ot|ho""" + r"""me)/""")
BARE_TODO = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b(?!\s*\([^)]+\)\s*:?\s*\S)")
SHELL = re.compile(r"#!.*\b(ba|da)?sh\b")


def is_text(root, name):
    if name.endswith(TEXT):
        return True
    if os.path.splitext(name)[1]:
        return False
    with open(os.path.join(root, name), "rb") as file:
        return file.read(2) == b"#!"


def check_file(root, name):
    findings = []
    text = tree.read(root, name)
    if not text:
        return findings
    rows = text.split("\n")
    if rows[-1] != "":
        findings.append(f"{name}:{len(rows)}: the file does not end with a newline")
    elif len(rows) > 2 and rows[-2] == "":
        findings.append(f"{name}:{len(rows) - 1}: an empty line at the end")
    for number, line in enumerate(rows, 1):
        if tree.ALLOW.search(line):
            continue
        where = f"{name}:{number}"
        if "\t" in line:
            findings.append(f"{where}: a tab")
        if line != line.rstrip():
            findings.append(f"{where}: space at the end of the line")
        if len(line) > LINE_MAX and not name.endswith(LONG_LINES):
            findings.append(f"{where}: {len(line)} characters, at most {LINE_MAX}")
        if MACHINE_PATH.search(line):
            findings.append(f"{where}: a path of one machine")
        if BARE_TODO.search(line):
            findings.append(f"{where}: a to-do without an owner in parentheses and a text")
    if SHELL.match(rows[0]):
        bash = subprocess.run(["bash", "-n", os.path.join(root, name)], capture_output=True, text=True)
        if bash.returncode != 0:
            findings.append(f"{name}:1: bash -n refuses it: {bash.stderr.strip()}")
    return findings


def check_readmes(root, names):
    """(missing, too long): every folder that is built explains itself in one screen."""
    missing, long = [], []
    for name in names:
        folder = os.path.dirname(name)
        if os.path.basename(name) != "CMakeLists.txt" or not folder:
            continue
        readme = os.path.join(folder, "README.md")
        if not os.path.isfile(os.path.join(root, readme)):
            missing.append(f"{folder}: no README.md")
            continue
        count = len(tree.lines(root, readme)) - 1
        if count > README_LINES_MAX:
            long.append(f"{readme}:{README_LINES_MAX + 1}: {count} lines, at most {README_LINES_MAX}")
    return missing, long


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--missing-readme", choices=("warn", "refuse"), default="refuse")
    arguments = parser.parse_args()
    names = tree.files(arguments.root)
    findings = [finding for name in names if is_text(arguments.root, name) for finding in check_file(arguments.root, name)]
    missing, long = check_readmes(arguments.root, names)
    findings += long
    if arguments.missing_readme == "refuse":
        findings += missing
    else:
        for finding in missing:
            print(f"warning: {finding}")
    return tree.report("tidy", findings)


if __name__ == "__main__":
    sys.exit(main())
