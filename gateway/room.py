"""Whether there is room for new files: work in hand needs some when the disks are nearly full."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class Room:
    """The disks that new files need. reserve_bytes: left free on each for what was accepted before (FI-B04).

    Answers, deliveries and uploads that have begun go on below the reserve, and the ledger grows by them.
    """

    def __init__(self, folders: Sequence[Path], reserve_bytes: int) -> None:
        self._folders = folders
        self._reserve_bytes = reserve_bytes

    def __call__(self) -> bool:
        """True while every disk has the reserve. One that cannot be asked has a fault of its own."""
        return all(
            _free_bytes(folder, self._reserve_bytes) >= self._reserve_bytes for folder in self._folders
        )


def _free_bytes(folder: Path, unknown: int) -> int:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return unknown
    return disk.f_bavail * disk.f_frsize
