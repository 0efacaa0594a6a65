"""Real disks that are small, full, out of inodes or read-only: tmpfs mounts of the test's own.

    with small_disk(folder, megabytes=8) as disk:
        disk.fill(leave_bytes=0)      # really full: ENOSPC for whoever writes
        disk.free()                   # room again
        disk.make_read_only()         # EROFS, until disk.make_writable()

Mounting needs root; without it the test is skipped and says so.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

BALLAST = ".ballast"
BLOCK_BYTES = 1 << 16


@dataclass(frozen=True)
class SmallDisk:
    """Where it is mounted."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        """What a program may still write."""
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all space but so much."""
        with (self.folder / BALLAST).open("ab", buffering=0) as ballast, suppress(OSError):
            while (left := self.free_bytes - leave_bytes) > 0:
                ballast.write(bytes(min(left, BLOCK_BYTES)))

    def take_inodes(self) -> None:
        """Make files until no more can be made."""
        with suppress(OSError):
            for number in range(1_000_000):
                (self.folder / f"{BALLAST}{number}").touch(exist_ok=False)

    def free(self) -> None:
        """Give back what `fill` and `take_inodes` took."""
        for path in self.folder.glob(f"{BALLAST}*"):
            path.unlink()

    def make_read_only(self) -> None:
        """EROFS from now on. Files open for writing must be closed first."""
        self._remount("ro")

    def make_writable(self) -> None:
        """As before."""
        self._remount("rw")

    def _remount(self, option: str) -> None:
        command = ["mount", "-o", f"remount,{option}", str(self.folder)]
        subprocess.run(command, check=True, timeout=30)


@contextmanager
def small_disk(folder: Path, megabytes: int, inodes: int = 0) -> Iterator[SmallDisk]:
    """A disk of so many MiB mounted at `folder`, which is made. inodes: at most; 0 for plenty."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0777" + (f",nr_inodes={inodes}" if inodes else "")
    mount = ["mount", "-t", "tmpfs", "-o", options, "tradepost-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        pytest.skip(f"a real full disk was not tried: mounting one needs root ({done.stderr.strip()})")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
