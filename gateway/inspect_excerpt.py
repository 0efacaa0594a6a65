"""The text that a fault stands in: its segment as sent, the place in it, its line in the file."""

from __future__ import annotations

from typing import BinaryIO

from gateway.screen import columns, ending, fitting, printable
from parsers.finding import Location
from parsers.record import record
from parsers.x12.model import Separators

#: Bytes looked at before and after a place to find its segment.
WINDOW_BYTES = 4096
#: Columns of a segment shown around the place, at most.
SHOWN_COLUMNS = 96
_CHUNK_BYTES = 1024 * 1024


@record
class Excerpt:
    """A segment as sent, and where in it the fault is. text: printable. start, length: columns to mark."""

    text: str
    start: int
    length: int


def excerpt(
    stream: BinaryIO, place: Location, separators: Separators, room: int = SHOWN_COLUMNS
) -> Excerpt | None:
    """The segment of a place, its element or component marked; None if it has no place in the file."""
    if place.byte_offset is None:
        return None
    first = max(0, place.byte_offset - WINDOW_BYTES)
    stream.seek(first)
    window = stream.read(place.byte_offset - first + WINDOW_BYTES)
    terminator = _bytes(separators.segment)
    begin = window.rfind(terminator, 0, place.byte_offset - first) + 1
    segment = window[begin:].lstrip(b"\r\n ").split(terminator, 1)[0].rstrip(b"\r\n")
    if not segment:
        return None
    start, length = _mark(segment, place, separators)
    before, marked, after = segment[:start], segment[start : start + length], segment[start + length :]
    return _cut(_shown(before), _shown(marked), _shown(after), room)


class Lines:
    """Counts the lines of a file up to a place; places asked for in order cost one reading."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._offset = 0
        self._line = 1

    def of(self, offset: int) -> int:
        """The line that the byte at `offset` stands in, from 1."""
        if offset < self._offset:
            self._offset, self._line = 0, 1
        self._stream.seek(self._offset)
        while self._offset < offset:
            chunk = self._stream.read(min(_CHUNK_BYTES, offset - self._offset))
            if not chunk:
                break
            self._line += chunk.count(b"\n")
            self._offset += len(chunk)
        return self._line


def _shown(part: bytes) -> str:
    return printable(part.decode("utf-8", "replace"))


def _bytes(separator: str) -> bytes:
    return separator.encode("latin-1", "replace")


def _mark(segment: bytes, place: Location, separators: Separators) -> tuple[int, int]:
    """Start and length in bytes of what is meant: the segment id if no element is named."""
    parts = segment.split(_bytes(separators.element))
    if place.element is None:
        return 0, len(parts[0])
    start, length = _part(parts, place.element)
    inner = segment[start : start + length]
    for part, mark in ((place.repetition, separators.repetition), (place.component, separators.component)):
        if part is not None and mark is not None:
            within, length = _part(inner.split(_bytes(mark)), part - 1)
            start += within
            inner = segment[start : start + length]
    return start, length


def _part(parts: list[bytes], at: int) -> tuple[int, int]:
    """Start and length of a part of a text split at one-byte marks; the end of the text if it is absent."""
    if at >= len(parts):
        return sum(map(len, parts)) + len(parts) - 1, 0
    return sum(len(part) + 1 for part in parts[:at]), len(parts[at])


def _cut(before: str, marked: str, after: str, room: int) -> Excerpt:
    """What fits on a line, the marked part always in it."""
    shown = fitting(marked, room)
    if columns(before) + columns(shown) + columns(after) > room:
        rest = room - columns(shown)
        before = ending(before, max(rest // 2, rest - columns(after)))
        after = fitting(after, rest - columns(before))
    return Excerpt(before + shown + after, columns(before), max(1, columns(shown)))
