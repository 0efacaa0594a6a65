"""A window that moves over a stream of bytes and knows where it is."""

from __future__ import annotations

import io
import re
from typing import Protocol

DEFAULT_CHUNK_BYTES = 64 * 1024
#: The longest mark that a pattern given to `skip` may have to see whole.
_LONGEST_MARK = 3


class ByteSource(Protocol):
    """What bytes come from; any binary file is one."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes; fewer only at the end, none after it."""

    def seek(self, offset: int, whence: int, /) -> int:
        """Go to another place, as files do."""


class ByteWindow:
    """What has been read of a stream and not yet been used.

    data: the bytes at hand, those before index `at` used up. ended: True once the stream has
    given all it has. Using bytes up copies nothing; only reading a chunk does. The last byte
    used up stays at hand, so that one can look back at it. offset: of the first byte of the stream.
    """

    def __init__(
        self, stream: ByteSource, chunk_bytes: int = DEFAULT_CHUNK_BYTES, *, offset: int = 0
    ) -> None:
        self.data = b""
        self.at = 0
        self.ended = False
        self._stream = stream
        self._chunk_bytes = chunk_bytes
        self._used_before = offset

    @property
    def offset(self) -> int:
        """Byte offset in the stream of the next byte to use."""
        return self._used_before + self.at

    @property
    def left(self) -> int:
        """How many bytes are at hand."""
        return len(self.data) - self.at

    def more(self, at_least: int = 0) -> bool:
        """Read one more chunk, of `at_least` so many bytes; False at the end of the stream."""
        chunk = b"" if self.ended else self._stream.read(max(self._chunk_bytes, at_least))
        self.ended = not chunk
        if chunk:
            kept = min(self.at, 1)
            self._used_before += self.at - kept
            self.data = self.data[self.at - kept :] + chunk
            self.at = kept
        return not self.ended

    def back_to(self, offset: int) -> None:
        """Take bytes up again from `offset` on, which lies behind. The stream must be seekable."""
        self._stream.seek(offset - self._used_before - len(self.data), io.SEEK_CUR)
        self.data, self.at, self.ended = b"", 0, False
        self._used_before = offset
        self.more()

    def ahead(self, size: int, skipped: int = 0) -> bytes:
        """`size` bytes after the next `skipped`, none used up; fewer only at the end of the stream."""
        while self.left < skipped + size and self.more():
            pass
        begin = self.at + skipped
        return self.data[begin : begin + size]

    def drop(self, size: int) -> None:
        """Use up `size` bytes, at most all that are at hand."""
        self.at += min(size, self.left)

    def drop_all(self) -> None:
        """Use up all bytes at hand."""
        self.at = len(self.data)

    def skip(self, pattern: re.Pattern[bytes]) -> None:
        """Use up what `pattern` matches, again and again. Its longest single mark is three bytes."""
        while self.ahead(_LONGEST_MARK):
            match = pattern.match(self.data, self.at)
            if match is None or match.end() == self.at:
                return
            self.at = match.end()
