"""What reading X12 gives: segments, headers, transaction sets, and the events of one file in order.

The events of a file, in order and nested as the standard nests them:

    (Stray | InterchangeOpened (Ta1Read | GroupOpened SetRead* GroupClosed)* InterchangeClosed)*

Every Opened is followed by its Closed, also when the file breaks off: the missing trailer
is then a finding in the Closed event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Protocol

from parsers.finding import Finding
from parsers.record import mutable_record, record
from parsers.x12.definition import SetDefinition


@record
class Separators:
    """The delimiters of one interchange, one character each.

    repetition: None before 00402 and where ISA11 holds no usable separator.
    suffix: what follows each terminator, "" or "\\r\\n", kept so that an answer can be written alike.
    """

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str | None = None
    suffix: str = ""


@record
class Form:
    """How the bytes of a segment differ from its text in UTF-8.

    breaks: the line breaks taken out, each by its place in the segment's bytes, ascending.
    """

    encoding: str
    breaks: tuple[int, ...] = ()


_PLAIN = Form("utf-8")


@mutable_record
class Segment:
    """One segment as sent.

    id: segment id, "PO1".
    elements: text of element 01, 02, …; components and repetitions are not split; trailing
        empty elements are kept as sent. elements[0] is element 01.
    number: place in its transaction set, ST = 1; 0 outside a set.
    offset: byte offset of the first character of the id in the file.
    size: bytes, without the terminator.
    form: None if the bytes are the text in UTF-8.
    """

    id: str
    elements: list[str]
    number: int
    offset: int
    size: int
    form: Form | None = None

    def get(self, position: int) -> str:
        """Text of the element at `position` (from 1), "" where absent."""
        return self.elements[position - 1] if position <= len(self.elements) else ""

    def offset_of(self, position: int, before: str = "") -> int:
        """Byte offset of the element at `position` (from 1), or of the segment's end where it is absent.

        before: text of the element that is passed over, to come to one of its parts.
        """
        form = self.form or _PLAIN
        whole = [self.id, *self.elements[: position - 1]]
        skipped = len("*".join((*whole, before)).encode(form.encoding, "surrogateescape"))
        at = min(skipped, self.size - len(form.breaks))
        for line_break in form.breaks:
            at += line_break <= at
        return self.offset + at


@mutable_record
class Loop:
    """One occurrence of a loop, or the whole set (id and path "").

    path: ids of the trigger segments from the top, joined by "/": "PO1/N1".
    children: segments and inner loops in the order sent; the first child of a loop
        that is not the root is its trigger segment.
    """

    id: str
    path: str
    children: list[Segment | Loop] = field(default_factory=list)

    def segments(self, segment_id: str | None = None) -> Iterator[Segment]:
        """This loop's own segments, all or those of one id; inner loops are not entered."""
        for child in self.children:
            if isinstance(child, Segment) and (segment_id is None or child.id == segment_id):
                yield child

    def first(self, segment_id: str) -> Segment | None:
        """The first own segment of that id, or None."""
        return next(self.segments(segment_id), None)

    def loops(self, loop_id: str | None = None) -> Iterator[Loop]:
        """Inner loops one level down, all or those of one id."""
        for child in self.children:
            if isinstance(child, Loop) and (loop_id is None or child.id == loop_id):
                yield child


@record
class PartyId:
    """An interchange id: ISA05/06 or ISA07/08, trailing spaces stripped."""

    qualifier: str
    id: str

    def __str__(self) -> str:
        return f"{self.qualifier}:{self.id}"


@record
class InterchangeHeader:
    """The ISA as read. control_number, date, time, version and usage are the text sent.

    starts: byte offsets of ISA01 to ISA16; empty if they are not known.
    """

    sender: PartyId
    receiver: PartyId
    date: str
    time: str
    standards_id: str
    version: str
    control_number: str
    ack_requested: bool
    usage: str
    separators: Separators
    offset: int
    starts: tuple[int, ...] = ()

    def offset_of(self, position: int) -> int:
        """Byte offset of the element at `position` (from 1), or of the ISA."""
        return self.starts[position - 1] if self.starts else self.offset


@record
class GroupHeader:
    """The GS as read.

    release: the dictionary that reads its sets, "004010"; None if none comes near.
    starts: byte offsets of GS01 to GS08; empty if they are not known.
    """

    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    agency: str
    version: str
    release: str | None
    offset: int
    starts: tuple[int, ...] = ()

    def offset_of(self, position: int) -> int:
        """Byte offset of the element at `position` (from 1), or of the GS."""
        return self.starts[position - 1] if self.starts else self.offset


class Content(Protocol):
    """What a transaction set holds."""

    @property
    def segments(self) -> list[Segment]:
        """ST to SE in the order sent. Empty if the set was too large to keep."""

    @property
    def tree(self) -> Loop | None:
        """The segments placed in loops as far as they could be; None if the dictionary has no such set."""

    @property
    def text(self) -> str | None:
        """The set as sent, if nothing at all is wrong with it and it is plain ASCII; else None."""

    @property
    def definition(self) -> SetDefinition | None:
        """What the dictionary says of the set, if `text` is not None."""

    @property
    def is_kept(self) -> bool:
        """False if the set was too large to keep."""


@record
class Walked:
    """The content of a set that was read segment by segment."""

    segments: list[Segment]
    tree: Loop | None
    text: None = None
    definition: None = None

    @property
    def is_kept(self) -> bool:
        """False if the set was too large to keep."""
        return bool(self.segments)


@mutable_record
class TransactionSet:
    """One ST..SE, read and checked.

    set_id, control_number, implementation: ST01, ST02, ST03 ("" where absent).
    ordinal: place in its group, from 1.
    content: its segments, made when they are asked for.
    findings: every fault of this set, in the order of place; level set, segment or element.
    segment_count: segments counted, ST and SE included.
    offset, size: the set's bytes in the file, SE's terminator included.
    complete: False if the file ended, or another interchange began, before its SE; the finding
        stands with InterchangeClosed.
    """

    set_id: str
    control_number: str
    implementation: str
    ordinal: int
    release: str | None
    content: Content
    findings: list[Finding]
    segment_count: int
    offset: int
    size: int
    separators: Separators
    complete: bool = True

    @property
    def segments(self) -> list[Segment]:
        """ST to SE in the order sent. Empty if the set was too large to keep."""
        return self.content.segments

    @property
    def tree(self) -> Loop | None:
        """The segments placed in loops as far as they could be; None if the dictionary has no such set."""
        return self.content.tree

    @property
    def text(self) -> str | None:
        """The set as sent, if nothing at all is wrong with it and it is plain ASCII; else None."""
        return self.content.text

    @property
    def is_kept(self) -> bool:
        """False if the set was too large to keep: it has neither segments nor a tree then."""
        return self.content.is_kept


@record
class Stray:
    """Bytes outside any interchange that are not white space, or a file without any interchange."""

    findings: tuple[Finding, ...]


@record
class InterchangeOpened:
    """An ISA. header is None if it could not be read; its findings then say why.

    A header whose separators cannot be told is followed by InterchangeClosed; the findings say so.
    """

    header: InterchangeHeader | None
    findings: tuple[Finding, ...]


@record
class Ta1Read:
    """A TA1 segment: TA101 to TA105 as sent, and what is wrong with it."""

    segment: Segment
    findings: tuple[Finding, ...]


@record
class GroupOpened:
    """A GS. Findings that the header alone shows; those of the whole group come with GroupClosed."""

    header: GroupHeader
    findings: tuple[Finding, ...]


@record
class SetRead:
    """A transaction set, whole."""

    set: TransactionSet


@record
class GroupClosed:
    """A GE, or its absence.

    declared_sets: GE01 as sent, None if missing or unreadable. counted_sets: ST segments seen.
    findings: faults of the group as a whole, level group; each carries AK905.
    """

    declared_sets: str | None
    counted_sets: int
    findings: tuple[Finding, ...]


@record
class InterchangeClosed:
    """An IEA, or its absence.

    counted_groups: GS segments seen.
    findings: faults of the interchange as a whole; those that a TA1 can answer carry TA105.
    end: byte offset after the interchange.
    """

    counted_groups: int
    findings: tuple[Finding, ...]
    end: int


Event = Stray | InterchangeOpened | Ta1Read | GroupOpened | SetRead | GroupClosed | InterchangeClosed
