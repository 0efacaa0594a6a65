"""X12 in EBCDIC, as mainframes send it: byte for byte into Latin-1, so that offsets stay those of the file.

Whoever reads it must know the code page: delimiters and letters with accents differ between them.
The ids of an ISA do not: A to Z, digits and the space are the same in all.
"""

from __future__ import annotations

import codecs
import io
from functools import cache
from typing import BinaryIO

#: Code pages all of whose characters Latin-1 has too. 037: USA, Canada; 273: Germany; 500: international.
CODE_PAGES = frozenset({"cp037", "cp273", "cp500"})
#: What the text is in once it has been translated.
TRANSLATED = "iso-8859-1"

_ISA = "ISA".encode("cp037")
#: Space, tab, NUL and the line ends CR, LF and NL.
_BLANK = b"\x40\x05\x00\x0d\x25\x15"
#: The line end of most mainframes, which the code pages map to a character that Latin-1 does not print.
_NEW_LINE = 0x15
_CHUNK_BYTES = 64 * 1024
_HEAD_BYTES = 1024


def looks_like_ebcdic(head: bytes) -> bool:
    """True if a file that begins with `head` is X12 in some EBCDIC."""
    text = head.lstrip(_BLANK)
    return text.startswith(_ISA) and text[3:4].translate(_table("cp037")).strip() not in (b"", b"A")


@cache
def _table(code_page: str) -> bytes:
    characters = codecs.decode(bytes(range(256)), code_page)
    # Code page 273 has an overline where Latin-1 has a macron.
    table = bytearray(characters.replace("\u203e", "\u00af").encode("latin-1"))
    table[_NEW_LINE] = 0x0A
    return bytes(table)


def translate(data: bytes, code_page: str) -> bytes:
    """`data` in Latin-1, one byte for one byte. NL becomes LF. code_page: one of CODE_PAGES."""
    return data.translate(_table(code_page))


def ebcdic_stream(stream: BinaryIO, code_page: str) -> BinaryIO:
    """A stream of EBCDIC read as Latin-1 from where it stands; every byte keeps its place."""
    return io.BufferedReader(_Translated(stream, _table(code_page)), _CHUNK_BYTES)


def readable(stream: BinaryIO, code_page: str = "cp037") -> BinaryIO:
    """`stream`, translated if it begins like X12 in EBCDIC; to show pieces of it by their offsets.

    stream: seekable; it stays where it stands. code_page: if it is known; others differ in few signs.
    """
    here = stream.tell()
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    stream.seek(here)
    return ebcdic_stream(stream, code_page) if looks_like_ebcdic(head) else stream


class _Translated(io.RawIOBase):
    """Bytes of another stream, each through a table of 256."""

    def __init__(self, stream: BinaryIO, table: bytes) -> None:
        self._stream = stream
        self._table = table

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer)).translate(self._table)
        buffer[: len(data)] = data
        return len(data)
