#!/usr/bin/env python3
"""Pure folders know no clock, thread, socket, file, log or random source, and no floating point.

Looks at the undefined symbols of their archives, because an include proves nothing about what a header calls, and at their
source for what leaves no symbol."""

import argparse
import os
import re
import subprocess
import sys

import tree

REFUSED = {
    "clock": r"clock|clock_gettime|clock_getres|gettimeofday|time|ftime|localtime(_r)?|gmtime(_r)?|timespec_get|"
             r"std::chrono::_V2::\w+_clock::now\(\)",
    "sleep": r"sleep|usleep|nanosleep|clock_nanosleep|alarm|setitimer|timer_\w+",
    "thread": r"pthread_\w+|std::thread::.*|std::this_thread::.*|std::__future_base.*|sched_yield|fork|vfork|posix_spawnp?|exec[lv]\w*|"
              r"std::condition_variable.*|std::__atomic_wait.*|std::jthread.*|syscall|system|popen",
    "socket": r"socket|connect|bind|listen|accept4?|send|sendto|sendmsg|recv|recvfrom|recvmsg|getaddrinfo|poll|select|epoll_\w+",
    "file": r"f?open(at)?(64)?|creat|read|pread(64)?|write|pwrite(64)?|fread|fwrite|fputs|fputc|fgets|fprintf|__fprintf_chk|close|"
            r"unlink|rename|mkdir|stat(64)?|fstat(64)?|fsync|fdatasync|mmap(64)?|std::(__cxx11::)?basic_[io]?f(ile|stream).*|"
            r"std::filesystem::.*",
    "output": r"printf|__printf_chk|vprintf|puts|putchar|perror|std::c(out|err|log|in)|stdout|stderr|stdin|"
              r"spdlog::.*|syslog|openlog|fmt::v\d+::vprint.*",
    "random source": r"rand|srand|rand_r|random|srandom|drand48|getrandom|getentropy|arc4random\w*|std::random_device::.*|randombytes\w*|"
                     r"sodium_init|crypto_(sign|sign_ed25519|box|kx|auth|secretbox|shorthash|generichash)\w*_keygen|"
                     r"crypto_(sign|sign_ed25519|box|kx)_keypair",
    "environment": r"getenv|secure_getenv|setenv|setlocale|std::locale::global.*|getpid|gethostname|uname",
}
REFUSED = {kind: re.compile(rf"(?:{pattern})") for kind, pattern in REFUSED.items()}

SOURCE_REFUSED = (
    (re.compile(r"\b(float|double)\b"), "floating point differs between machines"),
    (re.compile(r"#\s*include\s*<(thread|mutex|shared_mutex|condition_variable|future|random|fstream|iostream|filesystem|ctime)>"),
     "this header is for folders that do input and output"),
    (re.compile(r"\b(thread_local|volatile)\b"), "state that depends on the thread"),
)


UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<")


def unordered_names(code):
    """Names of variables and members that are unordered containers, in source without comments."""
    names = set()
    for match in UNORDERED.finditer(code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"<": 1, ">": -1}.get(code[end], 0)
            end += 1
        name = re.match(r"[\s&*]*(\w+)\s*[;={,)]", code[end:])
        if name:
            names.add(name.group(1))
    return names


def read_allowed(text):
    allowed = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) < 3:
            raise ValueError(f"purity_allowed.txt:{number}: expected archive, symbol, reason")
        allowed.append((words[0], re.compile(rf"(?:{words[1]})")))
    return allowed


def undefined_symbols(archive):
    """(object, demangled symbol) of every reference that the object does not define itself."""
    nm = subprocess.run(["nm", "-C", "-A", "-u", archive], capture_output=True, text=True, check=True)
    for line in nm.stdout.split("\n"):
        match = re.match(r"(.*?):\s+[UwWv] (.*)$", line)
        if match:
            yield match.group(1).split(":")[-1], match.group(2).split("@")[0]


def check_archive(name, archive, allowed):
    findings = []
    for where, symbol in sorted(set(undefined_symbols(archive))):
        if any(target in ("*", name) and pattern.fullmatch(symbol) for target, pattern in allowed):
            continue
        for kind, pattern in REFUSED.items():
            if pattern.fullmatch(symbol):
                findings.append(f"{name}: {where}: uses {symbol} ({kind}); return an effect instead, or see purity_allowed.txt")
    return findings


def check_sources(root, folders):
    names = [name for name in tree.sources(root) if os.path.dirname(name) in folders]
    code = {name: tree.code_lines(tree.read(root, name)) for name in names}
    unordered = {folder: set() for folder in folders}
    for name in names:
        unordered[os.path.dirname(name)] |= unordered_names("\n".join(code[name]))
    findings = []
    for name in names:
        # A hash map may be asked; walking it gives an order that differs between standard libraries.
        rules = list(SOURCE_REFUSED)
        walked = "|".join(sorted(unordered[os.path.dirname(name)]))
        if walked:
            rules.append((re.compile(rf"\bfor\s*\([^;]*:\s*(?:\w+(?:\.|->))?({walked})\s*\)|\b({walked})(?:\.|->)c?begin\("),
                          "the order of an unordered container must never reach a hash or a message"))
        for number, (line, bare) in enumerate(zip(tree.lines(root, name), code[name]), 1):
            if tree.ALLOW.search(line):
                continue
            for pattern, why in rules:
                match = pattern.search(bare)
                if match:
                    findings.append(f"{name}:{number}: '{match.group(0)}': {why}; say '// lint: allow <reason>' when it cannot matter")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--folder", action="append", default=[], help="a pure folder, relative to the root")
    parser.add_argument("--archive", action="append", default=[], help="target=path of a pure archive")
    arguments = parser.parse_args()
    with open(os.path.join(os.path.dirname(__file__), "purity_allowed.txt"), encoding="utf-8") as file:
        allowed = read_allowed(file.read())
    findings = check_sources(arguments.root, arguments.folder)
    for pair in arguments.archive:
        name, _, path = pair.partition("=")
        if not os.path.exists(path):
            findings.append(f"{name}: {path} is not built")
            continue
        findings += check_archive(name, path, allowed)
    return tree.report("purity", findings)


if __name__ == "__main__":
    sys.exit(main())
