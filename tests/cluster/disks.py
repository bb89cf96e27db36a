"""Disks of our own under the data of validators, and calls to them that fail."""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time

# linux/fs/xfs/xfs_fs.h and ext4.h: the file system stops as if the power were gone; without what was not synced.
FS_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
MEBIBYTE = 1024 * 1024
BUSY_S = 10


def _run(*command):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise OSError(f"{' '.join(map(str, command))}: {result.stderr.strip()}")


class LoopDisk:
    """A file as a disk with ext4, mounted at a folder. The guard of the test's folder unmounts what is left."""

    def __init__(self, image, mounted_at, size_mb):
        self._image = pathlib.Path(image)
        self.path = pathlib.Path(mounted_at)
        with open(self._image, "wb") as file:
            file.truncate(size_mb * MEBIBYTE)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard", "-N", "4096", "-J", "size=16", self._image)
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.mount()

    def mount(self):
        _run("mount", "-t", "ext4", "-o", "loop,noatime", self._image, self.path)
        self.path.chmod(0o700)

    def unmount(self):
        """A process that has just ended may hold the disk for a moment longer."""
        end = time.monotonic() + BUSY_S
        while True:
            try:
                return _run("umount", self.path)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def cut_power(self):
        """From now on every write and sync fails, and what was not synced is gone."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def restore_power(self):
        """Nothing may use it any more."""
        self.unmount()
        self.mount()

    def sync(self):
        _run("sync", "-f", self.path)

    def free_mb(self):
        there = os.statvfs(self.path)
        return there.f_bavail * there.f_frsize / MEBIBYTE

    def fill(self, leave_mb=0):
        """Takes the space, but for `leave_mb`."""
        with open(self.path / "filler", "ab") as file:
            # Others write at the same time, and the file system needs some for itself: ever smaller pieces.
            piece = 64 * MEBIBYTE
            while piece >= 4096:
                if (self.free_mb() - leave_mb) * MEBIBYTE < piece:
                    piece //= 2
                    continue
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, piece)
                except OSError:
                    piece //= 2

    def empty(self):
        (self.path / "filler").unlink(missing_ok=True)


def why_not():
    """Why this machine has no such disks; none when it has."""
    for program in ("mkfs.ext4", "mount", "umount", "losetup"):
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            return f"{program} is missing"
    if os.geteuid() != 0:
        return "mounting needs root"
    if "ext4" not in pathlib.Path("/proc/filesystems").read_text():
        return "the kernel has no ext4"
    result = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else f"no loop device: {result.stderr.strip()}"


def build_faults(folder):
    """The library that makes calls fail; see disk_faults.c."""
    library = pathlib.Path(folder) / "disk_faults.so"
    source = pathlib.Path(__file__).with_name("disk_faults.c")
    _run("cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread")
    return library


def fault(library, call, nth, what, path, log=None):
    """The environment of a process whose `nth` call on files with `path` in their names fails."""
    environment = {"LD_PRELOAD": str(library), "KETEN_DISK_FAULT": f"{call}:{nth}:{what}:{path}"}
    return environment | ({"KETEN_DISK_FAULT_LOG": str(log)} if log else {})
