"""Ends the validators of a dev network and removes its folder once its standard input closes: at the latest when the test dies."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time


def runs_in(pid, home):
    """Whether the process is still the validator of this home, and not another one with a reused number."""
    try:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
        threads = len(os.listdir(f"/proc/{pid}/task"))
    except (OSError, IndexError):
        return False
    # A killed process forgets its command first; a thread that waits for a disk holds its files, and their locks, until it ends too.
    is_it = str(home).encode() in command or (not any(command) and name == "ketend")
    return is_it and (rest.split()[0] != "Z" or threads > 1)


def end_all(folder):
    for description in folder.rglob("devnet.json"):
        for node in json.loads(description.read_text())["nodes"]:
            if node["pid"] > 0 and runs_in(node["pid"], node["home"]):
                os.kill(node["pid"], signal.SIGKILL)
                while runs_in(node["pid"], node["home"]):
                    time.sleep(0.01)


def unmount_all(folder):
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        place = line.split()[1]
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "-l", place], check=False)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_all(pathlib.Path(sys.argv[1]))
    unmount_all(pathlib.Path(sys.argv[1]))
    shutil.rmtree(sys.argv[1], ignore_errors=True)
