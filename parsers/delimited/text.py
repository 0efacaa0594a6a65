"""Bytes to lines of text: strictly in the declared encoding, streaming, with byte offsets."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from parsers.catalogue import found
from parsers.finding import Finding, Location

CHUNK_BYTES = 65_536

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile("\r\n|\r|\n")


class FileFault(Exception):
    """A fault after which nothing of the file can be read; never leaves parsers.delimited."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its end ("\\r\\n", "\\n", "\\r", or "" at the end of the file).

    offset: byte offset of its first character. size: its bytes, its end included.
    """

    text: str
    offset: int
    size: int


def read_lines(stream: BinaryIO, encoding: str, longest: int) -> Iterator[Line]:
    """The lines of a stream; its encoding mark is no part of the first.

    longest: most characters of a line. Raises FileFault for bytes outside the encoding (with
    the offset of the first), for a mark that contradicts it, and for a line beyond `longest`.
    """
    head = _head(stream)
    codec, skipped = _codec(head, encoding)
    offset, pending = skipped, ""
    for text in _decoded(stream, head[skipped:], codec, skipped):
        complete, pending = _split(pending + text)
        for line in complete:
            _check_length(line, offset, longest)
            size = byte_size(line, codec)
            yield Line(line, offset, size)
            offset += size
        _check_length(pending, offset, longest)
    if pending:
        yield Line(pending, offset, byte_size(pending, codec))


def byte_size(text: str, encoding: str) -> int:
    """Bytes that `text`, once decoded from `encoding`, took in the file; a mark is not counted."""
    if encoding.startswith("utf-16"):
        return len(text.encode("utf-16-le"))
    return len(text) if text.isascii() else len(text.encode(encoding))


def _check_length(text: str, offset: int, longest: int) -> None:
    if len(text) > longest:
        place = Location(byte_offset=offset)
        raise FileFault(found("CSV-044", place, expected=f"at most {longest} characters"))


def _head(stream: BinaryIO) -> bytes:
    """The first bytes of a stream, at least three where it has them, however small its reads are."""
    head = b""
    while len(head) < 3 and (chunk := stream.read(CHUNK_BYTES)):
        head += chunk
    return head


def _codec(head: bytes, encoding: str) -> tuple[str, int]:
    """The codec to decode with and the bytes of the mark to skip."""
    mark, marked = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", ""))
    if encoding == "utf-16":
        if not head:
            return "utf-16-le", 0
        if not marked.startswith("utf-16"):
            raise FileFault(found("CSV-034", Location(byte_offset=0), expected="FF FE or FE FF"))
        return marked, len(mark)
    if marked and marked != encoding:
        place = Location(byte_offset=0)
        raise FileFault(found("CSV-033", place, expected=encoding, marked=marked, declared=encoding))
    return encoding, len(mark) if marked == encoding else 0


def _decoded(stream: BinaryIO, head: bytes, codec: str, skipped: int) -> Iterator[str]:
    """The text of the stream; what stands before a bad byte is given before FileFault is raised."""
    decoder = codecs.getincrementaldecoder(codec)(errors="strict")
    fed = skipped
    for chunk, last in _chunks(stream, head):
        fed += len(chunk)
        try:
            yield decoder.decode(chunk, last)
        except UnicodeDecodeError as fault:
            yield fault.object[: fault.start].decode(codec)
            raise FileFault(_undecodable(fault, fed, codec)) from fault


def _chunks(stream: BinaryIO, head: bytes) -> Iterator[tuple[bytes, bool]]:
    """Chunks, each with False; at the end an empty one with True, which flushes a decoder."""
    yield head, False
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk, False
    yield b"", True


def _undecodable(fault: UnicodeDecodeError, fed: int, codec: str) -> Finding:
    """fault.object holds what the decoder kept from earlier chunks too, so the offset counts from its end."""
    offset = fed - len(fault.object) + fault.start
    wrong = fault.object[fault.start : fault.start + 1]
    place = Location(byte_offset=offset)
    return found("CSV-032", place, value=wrong.hex().upper(), expected=codec, declared=codec)


def _split(text: str) -> tuple[list[str], str]:
    """Complete lines, and the rest. A trailing "\\r" waits: its "\\n" may come with the next chunk."""
    lines, start = [], 0
    for end in _LINE_END.finditer(text):
        if end.end() == len(text) and end[0] == "\r":
            break
        lines.append(text[start : end.end()])
        start = end.end()
    return lines, text[start:]
