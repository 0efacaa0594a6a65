"""Making a finished file appear in a folder: whole, synced, and never over another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: What link(2) says where the file system has no hard links.
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


def link_new(path: Path, final: Path) -> bool:
    """Give the file at `path` the name `final` too; False, and nothing done, if that is taken.

    On a file system without hard links the file is renamed instead, and of two writers of
    one name at the same moment the later wins: both must bring the same bytes. Raises OSError.
    """
    try:
        os.link(path, final)
    except FileExistsError:
        return False
    except OSError as refusal:
        if refusal.errno not in NO_LINKS:
            raise
        if final.exists():
            return False
        path.rename(final)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
