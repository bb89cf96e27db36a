#!/usr/bin/env python3
"""Asks readelf whether programs carry the hardening of cmake/flags.cmake. Programs that are not built are left out."""

import argparse
import os
import subprocess
import sys

import tree


def check(name, elf):
    """elf is the output of readelf -hdlW."""
    wanted = (
        ("Type: DYN", "not position independent"),
        ("GNU_RELRO", "no read-only relocations"),
        ("BIND_NOW", "binds lazily"),
        ("PIE", "not a position-independent executable"),
    )
    squeezed = " ".join(elf.split())
    findings = [f"{name}: {why}" for text, why in wanted if text not in squeezed]
    stacks = [line.split() for line in elf.split("\n") if "GNU_STACK" in line]
    if not stacks or any("E" in words[-2] for words in stacks):
        findings.append(f"{name}: executable stack")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*")
    findings = []
    for program in parser.parse_args().programs:
        if not os.path.exists(program):
            print(f"{os.path.basename(program)} is not built")
            continue
        elf = subprocess.run(["readelf", "-hdlW", program], capture_output=True, text=True, check=True).stdout
        findings += check(os.path.basename(program), elf)
    return tree.report("hardening", findings)


if __name__ == "__main__":
    sys.exit(main())
