"""Writes interchanges: the inverse of reading. Widths, counts and trailers are computed here.

X12 before 007040 has no escape character: a delimiter inside data is replaced by a character
that the agreement names, or refused. Source: X12.5, control segments; X12.6, syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from parsers.record import record
from parsers.x12.model import PartyId, Separators
from parsers.x12.separators import FIRST_VERSION_WITH_REPETITION, ISA_WIDTHS


class Joined(str):
    """An element whose repetitions are joined by the separators of the interchange to write.

    It is written as it is: who makes one sees to it that no other delimiter is in it.
    """

    __slots__ = ()


#: One element: its text, its components if it is a composite, or its repetitions.
Element = str | tuple[str, ...]
#: A segment to write: its id, then its elements from 01 on. Trailing empty elements are left out.
SegmentToWrite = tuple[str, Sequence[Element]]


class Ready(NamedTuple):
    """Segments that are written already, in the delimiters of the interchange they go into.

    segments: how many, for SE01. text: with their terminators.
    """

    segments: int
    text: str


_STANDARDS_ID = "U"
#: Index of ISA11, the one value that may itself be a delimiter.
_ISA11 = 10


class NotWritable(ValueError):
    """A value that the format cannot carry: a delimiter in data, or too long for its place."""


@record
class InterchangeToWrite:
    """What an ISA says. date: YYMMDD. time: HHMM. control_number: at most nine digits, padded here.

    version: ISA12, "00401". usage: P, T or I. acknowledgements: the elements of TA1 segments,
    each five texts, written before the first group.
    """

    sender: PartyId
    receiver: PartyId
    date: str
    time: str
    version: str
    control_number: str
    usage: str
    ack_requested: bool = False
    acknowledgements: Sequence[Sequence[str]] = ()


@record
class SetToWrite:
    """One set. segments: what stands between ST and SE, written as they come."""

    set_id: str
    control_number: str
    segments: Iterable[SegmentToWrite | Ready]
    implementation: str = ""


@record
class GroupToWrite:
    """What a GS says, and its sets, written as they come. date: CCYYMMDD. version: GS08, "004010"."""

    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    version: str
    sets: Iterable[SetToWrite]
    agency: str = "X"


def write_interchange(
    interchange: InterchangeToWrite,
    groups: Iterable[GroupToWrite],
    separators: Separators,
    *,
    replacement: str | None = None,
    encoding: str = "utf-8",
) -> bytes:
    """The interchange as bytes. Parameters and errors as `interchange_parts`."""
    return b"".join(
        interchange_parts(interchange, groups, separators, replacement=replacement, encoding=encoding)
    )


def interchange_parts(
    interchange: InterchangeToWrite,
    groups: Iterable[GroupToWrite],
    separators: Separators,
    *,
    replacement: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[bytes]:
    """The interchange segment by segment, so that one of any size costs no memory.

    replacement: stands in data where a delimiter or a line break would; None refuses such data.
    Raises NotWritable if data holds a delimiter and nothing replaces it, if the delimiters clash,
    or if a value is too long for the ISA; UnicodeEncodeError if `encoding` lacks a character.
    """
    return _Writing(separators, replacement, encoding).interchange(interchange, groups)


class _Writing:
    """One interchange being written: its form, and how many segments it has so far."""

    def __init__(self, separators: Separators, replacement: str | None, encoding: str) -> None:
        marks = [separators.element, separators.component, separators.segment]
        marks += [separators.repetition] if separators.repetition else []
        if len(set(marks)) < len(marks) or any(len(mark) != 1 or mark.isalnum() for mark in marks):
            raise NotWritable(f"Delimiters must be four different characters, no letter or digit: {marks}")
        self._separators = separators
        self._delimiters = frozenset((*marks, "\r", "\n"))
        self._delimiter = re.compile(f"[{re.escape(''.join(self._delimiters))}]")
        if replacement is not None and (len(replacement) != 1 or replacement in self._delimiters):
            raise NotWritable(f"A delimiter cannot be replaced by {replacement!r}")
        self._replacement = replacement
        self._encoding = encoding
        self._segments = 0

    def interchange(self, interchange: InterchangeToWrite, groups: Iterable[GroupToWrite]) -> Iterator[bytes]:
        yield self._isa(interchange)
        for acknowledgement in interchange.acknowledgements:
            yield self._segment("TA1", acknowledgement)
        count = 0
        for group in groups:
            count += 1
            yield from self._group(group)
        yield self._segment("IEA", (str(count), _control_number(interchange)))

    def _group(self, group: GroupToWrite) -> Iterator[bytes]:
        header = (group.functional_id, group.sender, group.receiver, group.date, group.time)
        yield self._segment("GS", (*header, group.control_number, group.agency, group.version))
        count = 0
        for item in group.sets:
            count += 1
            yield from self._set(item)
        yield self._segment("GE", (str(count), group.control_number))

    def _set(self, item: SetToWrite) -> Iterator[bytes]:
        before = self._segments
        yield self._segment("ST", (item.set_id, item.control_number, item.implementation))
        for segment in item.segments:
            if isinstance(segment, Ready):
                self._segments += segment.segments
                yield segment.text.encode(self._encoding)
            else:
                yield self._segment(*segment)
        yield self._segment("SE", (str(self._segments - before + 1), item.control_number))

    def _isa(self, interchange: InterchangeToWrite) -> bytes:
        marks, sender, receiver = self._separators, interchange.sender, interchange.receiver
        repeats = interchange.version >= FIRST_VERSION_WITH_REPETITION
        values = (
            *("00", "", "00", ""),
            *(sender.qualifier, sender.id, receiver.qualifier, receiver.id),
            *(interchange.date, interchange.time),
            (marks.repetition if repeats else None) or _STANDARDS_ID,
            *(interchange.version, _control_number(interchange)),
            *("1" if interchange.ack_requested else "0", interchange.usage),
        )
        texts = [text if at == _ISA11 else self._text(text) for at, text in enumerate(values)]
        padded = [_padded(text, width) for text, width in zip(texts, ISA_WIDTHS, strict=False)]
        return self._ended(marks.element.join(("ISA", *padded, marks.component)))

    def _segment(self, segment_id: str, elements: Sequence[Element]) -> bytes:
        self._segments += 1
        texts = [segment_id, *self._texts(elements)]
        while len(texts) > 1 and not texts[-1]:
            texts.pop()
        return self._ended(self._separators.element.join(texts))

    def _texts(self, elements: Sequence[Element]) -> list[str]:
        """The elements as text: as they are, where none is a composite or holds a delimiter."""
        plain = [element for element in elements if isinstance(element, str)]
        if len(plain) == len(elements) and not self._delimiter.search("".join(plain)):
            return plain
        return [self._element(element) for element in elements]

    def _element(self, element: Element) -> str:
        if isinstance(element, Joined):
            return element
        if isinstance(element, str):
            return self._text(element)
        mark = self._separators.component
        return mark.join(map(self._text, element)).rstrip(mark)

    def _text(self, text: str) -> str:
        """`text` without delimiters and line breaks."""
        if self._delimiters.isdisjoint(text):
            return text
        if self._replacement is None:
            raise NotWritable(f"The value {text[:80]!r} holds a delimiter, and nothing is set to replace it")
        return "".join(self._replacement if mark in self._delimiters else mark for mark in text)

    def _ended(self, text: str) -> bytes:
        return f"{text}{self._separators.segment}{self._separators.suffix}".encode(self._encoding)


def _control_number(interchange: InterchangeToWrite) -> str:
    return interchange.control_number.zfill(9)


def _padded(text: str, width: int) -> str:
    if len(text) > width:
        raise NotWritable(f"{text!r} is longer than its place in the ISA, {width} characters")
    return text.ljust(width)
