"""Network namespaces of our own: a switch and a cable to each validator, rules of nftables on each end. Nothing of the machine's own
network is touched, and everything is gone with the processes that hold it."""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def inside(path):
    """The calling thread sees the network of this namespace; a socket that it makes stays there. None: nothing changes."""
    if path is None:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as before, open(path, "rb") as namespace:
        _enter(namespace)
        try:
            yield
        finally:
            _enter(before)


def _enter(file):
    if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def connect(host, port, deadline_s):
    return socket.create_connection((host, port), timeout=deadline_s)


def why_not():
    """Why this machine cannot make them; none when it can."""
    for program in ("ip", "nft", "unshare", "nsenter"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    script = ("ip link add keten-a type veth peer name keten-b && ip link add keten-s type bridge && nft add table inet keten &&"
              " nft add chain inet keten in '{ type filter hook input priority 0; }' &&"
              " nft add rule inet keten in numgen random mod 100 '<' 30 drop")
    result = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else "no privilege or kernel feature: " + result.stderr.strip()


class Namespace:
    """An empty network. Lives while its holder does, which ends with us."""

    def __init__(self):
        self._holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, start_new_session=True)
        self._holder.stdout.readline()
        self.pid = self._holder.pid
        self.path = f"/proc/{self.pid}/ns/net"
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command, text=None):
        subprocess.run(["nsenter", f"--net={self.path}", *command], check=True, input=text, text=True, capture_output=True)

    def close(self):
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()


class Switch:
    """A star: one address for each port, 10.77.0.1 and so on, all reachable from all until a rule says otherwise."""

    def __init__(self, ports):
        self._middle = Namespace()
        self._middle.run("ip", "link", "add", "switch", "type", "bridge")
        self._middle.run("ip", "link", "set", "switch", "up")
        self.namespaces = []
        for index in range(ports):
            one = Namespace()
            self._middle.run("ip", "link", "add", f"port{index}", "type", "veth", "peer", "name", "eth0", "netns", str(one.pid))
            self._middle.run("ip", "link", "set", f"port{index}", "master", "switch", "up")
            one.run("ip", "address", "add", f"{self.address(index)}/24", "dev", "eth0")
            one.run("ip", "link", "set", "eth0", "up")
            self.namespaces.append(one)

    @staticmethod
    def address(index):
        return f"10.77.0.{index + 1}"

    def rule(self, index, source, percent=100):
        """What comes from another port is lost on its way into this one, all of it or a share."""
        chance = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        return f"  ip saddr {self.address(source)} {chance}drop\n" if index != source else ""

    def lose(self, pairs, percent=100):
        """`pairs`: (to, from), replacing what was lost before."""
        for index, one in enumerate(self.namespaces):
            rules = "".join(self.rule(index, source, percent) for to, source in pairs if to == index)
            one.run("nft", "-f", "-", text="table inet keten { }\nflush table inet keten\ndelete table inet keten\n"
                    "table inet keten {\n chain in {\n  type filter hook input priority 0;\n" + rules + " }\n}\n")

    def heal(self):
        self.lose([])

    def close(self):
        for one in [*self.namespaces, self._middle]:
            with contextlib.suppress(OSError):
                one.close()


if __name__ == "__main__":
    print(os.getpid(), why_not() or "network namespaces work")
