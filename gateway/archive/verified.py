"""A stream that knows which hash its bytes must have."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING, BinaryIO

from gateway.errors import ArchiveDamaged, fault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1 << 20


class _Verified(io.RawIOBase):
    """Hashes what is read in order; the read that brings the last byte compares."""

    def __init__(self, source: BinaryIO, sha256: str) -> None:
        self._source = source
        self._sha256 = sha256
        self._size = source.seek(0, os.SEEK_END)
        self._at = source.seek(0)
        self._digest = hashlib.sha256()
        self._hashed = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = self._source.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        block = self._source.read(len(view))
        view[: len(block)] = block
        self._follow(block)
        self._at += len(block)
        return len(block)

    def _follow(self, block: bytes) -> None:
        fresh = self._hashed - self._at
        if 0 <= fresh <= len(block):
            self._digest.update(memoryview(block)[fresh:])
            self._hashed = self._at + len(block)
        if self._hashed >= self._size and self._digest.hexdigest() != self._sha256:
            raise fault(ArchiveDamaged, "GTW-206", sha256=self._sha256)

    def close(self) -> None:
        self._source.close()
        super().close()


def verified(source: BinaryIO, sha256: str) -> BinaryIO:
    """`source` from its start, buffered and seekable, checked against `sha256` as it is read.

    The read that reaches the last byte raises ArchiveDamaged instead of giving it if the
    hash is wrong; a file of at most 1 MiB is therefore checked before any byte is given.
    Seeking is free; only a reader that skips bytes and never goes back is not checked.
    Closing the result closes `source`.
    """
    return io.BufferedReader(_Verified(source, sha256), BUFFER_BYTES)
