"""A window that moves over a stream of bytes and knows where it is."""

from __future__ import annotations

from typing import BinaryIO

DEFAULT_CHUNK_BYTES = 256 * 1024


class ByteWindow:
    """What has been read of a stream and not yet been used.

    data: the bytes at hand. offset: byte offset of the first of them in the stream.
    ended: True once the stream has given all it has.
    """

    def __init__(self, stream: BinaryIO, chunk_bytes: int = DEFAULT_CHUNK_BYTES) -> None:
        self.data = b""
        self.offset = 0
        self.ended = False
        self._stream = stream
        self._chunk_bytes = chunk_bytes

    def more(self) -> bool:
        """Read one more chunk; False at the end of the stream."""
        chunk = b"" if self.ended else self._stream.read(self._chunk_bytes)
        self.ended = not chunk
        self.data += chunk
        return not self.ended

    def fill(self, size: int) -> bytes:
        """The next `size` bytes without using them, fewer only at the end of the stream."""
        while len(self.data) < size and self.more():
            pass
        return self.data[:size]

    def drop(self, size: int) -> None:
        """Use up `size` bytes, at most all that are at hand."""
        size = min(size, len(self.data))
        self.data = self.data[size:]
        self.offset += size

    def drop_all(self) -> None:
        """Use up all bytes at hand."""
        self.drop(len(self.data))

    def skip(self, blanks: bytes, mark: bytes) -> None:
        """Use up leading bytes of `blanks`, and `mark` wherever it stands among them."""
        while True:
            self.fill(len(mark))
            kept = self.data.lstrip(blanks).removeprefix(mark)
            unchanged = len(kept) == len(self.data)
            self.drop(len(self.data) - len(kept))
            if unchanged and (kept or not self.more()):
                return
