"""What every lint needs: the files of the tree, source text without comments and strings, and findings."""

import os
import re
import subprocess
import sys

ALLOW = re.compile(r"lint: allow \S+")
SOURCE_ENDINGS = (".h", ".cpp")


def files(root):
    """Files git knows or would add, relative to root; without git, everything outside build/ and hidden folders."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, text=True)
    if git.returncode == 0:
        names = [name for name in git.stdout.split("\0") if name]
    else:
        names = []
        for folder, folders, leaves in os.walk(root):
            folders[:] = [f for f in folders if f not in ("build", ".git", "node_modules", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, leaf), root) for leaf in leaves]
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(root, n)) and not os.path.islink(os.path.join(root, n)))


def sources(root):
    return [name for name in files(root) if name.endswith(SOURCE_ENDINGS)]


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


def lines(root, name):
    return read(root, name).split("\n")


TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_lines(text):
    """Lines with comments and literals blanked out, so that line numbers stay."""
    return TOKENS.sub(lambda match: "\n" * match.group(0).count("\n") or " ", text).split("\n")


def report(name, findings):
    """Prints findings as file:line: text; returns the exit code."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{name}: {len(findings)} finding(s)", file=sys.stderr)
        return 1
    return 0
