#!/usr/bin/env python3
"""docs/bugs.md: the numbers 1 to 48 once each and in order, every named test exists, and no row is without one or a reason.
Scenarios and test cases say the number too, so that who changes one knows what it stands for."""

import argparse
import os
import re
import sys

import tree

PAGE = "docs/bugs.md"
COUNT = 48
KINDS = ("scenario", "test", "model", "event", "checker", "character", "fuzz", "cluster")
ROW = re.compile(r"^\| (\d+) \| (.*) \| (.*) \| (.*) \|$")
REFERENCE = re.compile(r"`([a-z]+) ([a-z0-9_]+)`")
REASON = "Cannot exist here: "
MENTION = re.compile(r"\b[Bb]ugs? ((?:\d+(?:, | and )?)+)")
CASE = re.compile(r"((?:^//[^\n]*\n)*)^BOOST_(?:AUTO|FIXTURE|DATA)_TEST_CASE\(\s*(\w+)", re.M)


def mentioned(text):
    return {int(number) for group in MENTION.findall(text) for number in re.findall(r"\d+", group)}


def known(root):
    """Kind and name of everything that the page may name, with the bugs it mentions itself; None where it need not."""
    names = {}

    def add(kind, words):
        names.update(((kind, word), None) for word in words)

    for name in tree.files(root):
        stem, ending = os.path.splitext(os.path.basename(name))
        folder = os.path.dirname(name)
        if folder == "tests/scenarios" and ending == ".txt":
            names[("scenario", stem)] = mentioned(tree.read(root, name))
        elif folder == "tests/simulator/checkers" and ending == ".h":
            add("checker", [stem])
        elif folder == "tests/cluster" and stem.endswith("_test"):
            add("cluster", [stem[:-len("_test")]])
        elif name == "tests/simulator/counters.h":
            add("event", re.findall(r"^\s+([a-z_]+),", tree.read(root, name), re.M))
        elif name == "tests/model/variants.cpp":
            add("model", re.findall(r'\{"([a-z0-9_]+)"', tree.read(root, name)))
        elif folder == "tests/simulator/byzantine" and ending == ".cpp":
            add("character", re.findall(r'"([a-z_]+)"', tree.read(root, name)))
        elif name == "tests/fuzz/targets.cpp":
            add("fuzz", re.findall(r'"([a-z_]+)"', tree.read(root, name)))
        if name.startswith("tests/") and ending == ".cpp":
            for comment, case in CASE.findall(tree.read(root, name)):
                names[("test", case)] = mentioned(comment) | (names.get(("test", case)) or set())
    return names


def check(root):
    findings = []
    names = known(root)
    numbers = []
    for line, text in enumerate(tree.lines(root, PAGE), 1):
        row = ROW.match(text)
        if not row:
            continue
        where = f"{PAGE}:{line}"
        numbers.append(int(row.group(1)))
        if numbers[-1] != len(numbers):
            findings.append(f"{where}: bug {numbers[-1]} stands where {len(numbers)} is expected")
        references = REFERENCE.findall(row.group(4))
        if not references and not row.group(4).startswith(REASON):
            findings.append(f"{where}: bug {numbers[-1]} names no test and does not say '{REASON.strip()}'")
        for kind, name in references:
            if kind not in KINDS:
                findings.append(f"{where}: '{kind}' is no kind of test; there are {', '.join(KINDS)}")
            elif (kind, name) not in names:
                findings.append(f"{where}: there is no {kind} {name}")
            elif names[(kind, name)] is not None and numbers[-1] not in names[(kind, name)]:
                findings.append(f"{where}: {kind} {name} does not say 'bug {numbers[-1]}'")
    if len(numbers) != COUNT:
        findings.append(f"{PAGE}: {len(numbers)} bugs, expected {COUNT}")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    return tree.report("bugs", check(parser.parse_args().root))


if __name__ == "__main__":
    sys.exit(main())
