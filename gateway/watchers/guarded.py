"""Reading a file that somebody else may still be writing, so that half of it is never recorded."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.watchers.faults import SourceFault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 1 << 20
UNREADABLE = "GTW-254"
CHANGED = "GTW-255"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file it is, and in which state; a name says neither. modified_ns: nanoseconds since 1970."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """From what the system says."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    @property
    def source_key(self) -> str:
        """What makes an arrival from a folder this arrival."""
        return f"{self.device}:{self.inode}:{self.size}:{self.modified_ns}"


class _Guarded(io.RawIOBase):
    """The file under `handle`, which it owns. Its end is only told if nothing changed meanwhile."""

    def __init__(self, handle: int, identity: Identity) -> None:
        self._handle = handle
        self._identity = identity
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            count = os.readv(self._handle, [view])
            if count == 0:
                self._check_whole()
        except OSError as refusal:
            raise SourceFault(UNREADABLE, refusal.strerror or str(refusal)) from refusal
        self._read += count
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()

    def _check_whole(self) -> None:
        if self._read != self._identity.size or Identity.of(os.fstat(self._handle)) != self._identity:
            raise SourceFault(CHANGED)


def guarded(handle: int, identity: Identity) -> io.BufferedReader:
    """The bytes of an open file, to be read once to their end. Closing it closes `handle`.

    Reading raises SourceFault where the disk fails, and at the end if the file is no longer
    what `identity` says: whoever keeps the bytes then keeps nothing.
    """
    return io.BufferedReader(_Guarded(handle, identity), CHUNK_BYTES)
