"""Gives an interchange the form that pyx12 reads, and says what had to be changed for it.

pyx12 reads one kind of separators a file, an ISA of 106 characters with ISA12 00401 or 00501, stops at
an empty segment and loses a last one without terminator; it reads no repetitions. The copy keeps
every value, its separators and its order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import BinaryIO

from parsers.x12.limits import DEFAULT_LIMITS
from parsers.x12.model import Segment
from parsers.x12.read_segments import SegmentReader
from parsers.x12.second_opinion.maps import CONTROL_VERSIONS
from parsers.x12.separators import FIRST_VERSION_WITH_REPETITION, ISA_WIDTHS, Isa

#: Bytes of one interchange that are shown to pyx12; it reads about 0.2 MB a second.
MAX_BYTES = 10_000_000
_VERSION, _COMPONENT = 11, 15
#: ISA02 and ISA04.
_SECRETS = (1, 3)
_UNSHOWN = "what ISA02 and ISA04 hold is not shown: it may be a password"
_FORM = "the ISA was put into its form of 106 characters"
_BLANKS = "empty segments and line breaks were taken out"
_TRAILER = "the last terminator was added"
_REPETITIONS = "of repeated elements only the first repetition is shown"

#: Changes by the remark of our reader that calls for them.
_CHANGES = {"X12-037": _BLANKS, "X12-007": _BLANKS, "X12-036": _BLANKS, "X12-034": _TRAILER}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment of the copy stands in the file.

    set_ordinal: of its set in the interchange, from 1; None outside a set. number: in its set, ST = 1.
    offset: byte offset of its first character.
    """

    segment: str
    set_ordinal: int | None
    number: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class FairCopy:
    """One interchange as pyx12 is shown it.

    control_number: ISA13. version: ISA12 as sent, icvn: as shown. segments: the copy, without terminators.
    terminator, mark, component: separators of segments, elements and components.
    places: of the segments in the file.
    end: byte offset after the interchange. groups: GS08 and GS01 of each group.
    changes: sentences on what differs from the file.
    """

    control_number: str
    version: str
    icvn: str
    segments: tuple[str, ...]
    terminator: str
    mark: str
    component: str
    places: tuple[Place, ...]
    end: int
    groups: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The copy as pyx12 is given it."""
        return "".join(segment + self.terminator for segment in self.segments)

    def line_at(self, offset: int) -> int | None:
        """The line, from 1, of the segment that a byte of the file belongs to; None if before them all."""
        return bisect_right(self.places, offset, key=lambda place: place.offset) or None


@dataclass(frozen=True, slots=True)
class TooLarge:
    """An interchange that pyx12 would need too long for. control_number: ISA13."""

    control_number: str


def fair_copies(stream: BinaryIO, encoding: str = "utf-8") -> Iterator[FairCopy | TooLarge]:
    """The interchanges of a file whose separators can be told, one by one; others are passed over."""
    reader = SegmentReader(stream, DEFAULT_LIMITS)
    while (item := reader.next_header()) is not None:
        if isinstance(item, Isa):
            yield _Copying(reader, item, encoding).made()


class _Copying:
    """One interchange being copied."""

    def __init__(self, reader: SegmentReader, isa: Isa, encoding: str) -> None:
        self._reader = reader
        self._isa = isa
        self._encoding = encoding
        self._changes: list[str] = []
        self._places = [Place("ISA", None, None, isa.offset)]
        self._groups: list[tuple[str, str]] = []
        self._sets = 0
        self._number: int | None = None

    def made(self) -> FairCopy | TooLarge:
        isa, marks = self._isa, self._isa.separators
        texts = [self._header()]
        size = 0
        for segment in self._reader.segments(isa, self._encoding):
            size += segment.size
            if size <= MAX_BYTES:
                texts.append(marks.element.join([segment.id, *self._elements(segment)]))
                self._note(segment)
        for remark in self._reader.remarks:
            self._change(_CHANGES.get(remark.code))
        self._reader.remarks.clear()
        if size > MAX_BYTES:
            return TooLarge(isa.elements[12])
        changes = tuple(dict.fromkeys(self._changes))
        return FairCopy(
            control_number=isa.elements[12],
            version=isa.elements[_VERSION],
            icvn=self._icvn(),
            segments=tuple(texts),
            terminator=marks.segment,
            mark=marks.element,
            component=marks.component,
            places=tuple(self._places),
            end=self._reader.offset,
            groups=tuple(self._groups),
            changes=changes,
        )

    def _icvn(self) -> str:
        return CONTROL_VERSIONS[self._isa.elements[_VERSION] >= FIRST_VERSION_WITH_REPETITION]

    def _header(self) -> str:
        marks = self._isa.separators
        elements = list(self._isa.elements)
        if elements[_VERSION] != self._icvn():
            self._change(f"ISA12 is shown as {self._icvn()}")
        elements[_VERSION] = self._icvn()
        for secret in _SECRETS:
            if elements[secret].strip():
                self._change(_UNSHOWN)
            elements[secret] = ""
        elements[_COMPONENT] = marks.component
        fitted = [
            text.replace(marks.segment, " ").ljust(width)[:width]
            for text, width in zip(elements, ISA_WIDTHS, strict=True)
        ]
        if any(map(_is_out_of_form, self._isa.elements, ISA_WIDTHS, repeat(marks.segment))):
            self._change(_FORM)
        return marks.element.join(["ISA", *fitted])

    def _elements(self, segment: Segment) -> list[str]:
        mark = self._isa.separators.repetition
        if mark is None or not any(mark in element for element in segment.elements):
            return segment.elements
        self._change(_REPETITIONS)
        return [element.split(mark)[0] for element in segment.elements]

    def _note(self, segment: Segment) -> None:
        """Keep where the segment stands."""
        if segment.id == "GS":
            self._groups.append((segment.get(8), segment.get(1)))
        if segment.id == "ST":
            self._sets += 1
            self._number = 0
        if segment.id in ("GS", "GE", "IEA"):
            self._number = None
        if self._number is not None:
            self._number += 1
        ordinal = self._sets if self._number is not None else None
        self._places.append(Place(segment.id, ordinal, self._number, segment.offset))
        if segment.id == "SE":
            self._number = None

    def _change(self, text: str | None) -> None:
        if text:
            self._changes.append(text)


def _is_out_of_form(text: str, width: int, terminator: str) -> bool:
    return len(text) != width or terminator in text
