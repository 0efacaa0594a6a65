"""Reads a file of interchanges as events: envelopes, counts and control numbers checked, sets placed.

One set is held at a time; memory does not grow with the file. A fault fells its own level and
stands there: in the set's findings, in GroupClosed, in InterchangeClosed. What only follows
from another fault is not told again.
Source: X12.5 and X12.6, control segments; BI-003 to BI-032.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from parsers import sniffing
from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.x12.byte_window import DEFAULT_CHUNK_BYTES, ByteSource
from parsers.x12.clean_sets import Ahead, CleanSets
from parsers.x12.control_numbers import SeenNumbers
from parsers.x12.doubts import Doubts
from parsers.x12.headers import excess, interchange_findings, interchange_header, ta1_findings
from parsers.x12.limits import DEFAULT_LIMITS, Limits
from parsers.x12.model import (
    Event,
    GroupOpened,
    InterchangeClosed,
    InterchangeHeader,
    InterchangeOpened,
    Segment,
    Separators,
    SetRead,
    Stray,
    Ta1Read,
)
from parsers.x12.open_group import Misplaced, OpenGroup, count_fault, number_fault, open_group
from parsers.x12.open_set import OpenSet
from parsers.x12.options import ReadOptions
from parsers.x12.read_segments import Outside, Remark, SegmentReader
from parsers.x12.separators import Isa, Unreadable

OptionsFor = Callable[[InterchangeHeader], ReadOptions]
#: Control segments that may stand between ISA and the first GS and say nothing that we act on.
_SERVICE_SEGMENTS = frozenset({"ISB", "ISE", "ISX", "TA3"})
_IEA_ELEMENTS = 2
#: Remarks that are faults of a segment; the others are told once an interchange.
_SEGMENT_REMARKS = frozenset({"X12-100", "X12-101"})
#: A set, a group and the interchange that lack their trailers because the file was cut.
_CUT_GROUP = {"AK905": "3"}
_CUT_SET = {**_CUT_GROUP, "AK502": "2"}


def read(
    stream: ByteSource,
    options_for: OptionsFor,
    limits: Limits = DEFAULT_LIMITS,
    *,
    chunk_bytes: int = DEFAULT_CHUNK_BYTES,
    ahead: Ahead | None = None,
) -> Iterator[Event]:
    """The events of `stream`, nested and ordered as `model` says.

    options_for: asked once an interchange, when its header has been read.
    chunk_bytes: read at a time; any size gives the same. ahead: has read some sets before us.
    Data never raises: all faults are findings.
    """
    reader = SegmentReader(stream, limits, chunk_bytes)
    seen: set[type] = set()
    while (item := reader.next_header()) is not None:
        if isinstance(item, Isa):
            yield from _Interchange(reader, item, options_for, limits, ahead).events()
        elif isinstance(item, Unreadable):
            header = None if item.isa is None else interchange_header(item.isa)
            yield InterchangeOpened(header, item.findings)
            yield InterchangeClosed(0, (), reader.skip_to_header())
        else:
            seen_any = bool(seen & {Isa, Unreadable})
            yield Stray((_outside(item, seen_any=seen_any, at_end=reader.at_end),))
        seen.add(type(item))
    if not seen:
        yield Stray((sniffing.unrecognised(b" " if reader.offset else b""),))


def _outside(item: Outside, *, seen_any: bool, at_end: bool) -> Finding:
    """A finding on bytes outside any interchange: a wrapper before the first, nothing known, or garbage."""
    if not seen_any and at_end:
        return sniffing.unrecognised(item.head)
    place = Location(byte_offset=item.offset)
    return found("X12-003" if seen_any else "X12-038", place, value=item.text, count=item.size)


class _Interchange:
    """One interchange being read: what is open, what was counted, what is wrong so far."""

    def __init__(
        self,
        reader: SegmentReader,
        isa: Isa,
        options_for: OptionsFor,
        limits: Limits,
        ahead: Ahead | None,
    ) -> None:
        self._reader = reader
        self._ahead = ahead
        self._isa = isa
        self._header = interchange_header(isa)
        self._options = _for_separators(options_for(self._header), isa)
        own = self._options.limits
        self._limits = limits if own is None else own.within(limits)
        self._terminator_bytes = len(isa.terminator)
        self._group: OpenGroup | None = None
        self._set: OpenSet | None = None
        self._groups = 0
        self._misplaced = Misplaced()
        self._earlier: dict[str, SeenNumbers] = {}
        self._waiting_ta1: list[Segment] = []
        self._remarks: dict[str, Remark] = {}
        self._closed = False
        #: True if ISA13 is no number that IEA02 could repeat.
        self._nameless = False

    def events(self) -> Iterator[Event]:
        """InterchangeOpened to InterchangeClosed."""
        findings = interchange_findings(self._isa)
        self._nameless = any(finding.code == "X12-023" for finding in findings)
        yield InterchangeOpened(self._header, findings)
        handlers = {
            "ST": self._on_st,
            "SE": self._on_se,
            "GS": self._on_gs,
            "GE": self._on_ge,
            "TA1": self._on_ta1,
            "IEA": self._on_iea,
        }
        reader = self._reader
        stretches = reader.stretches(self._isa, self._options.encoding, self._limits)
        doubts = Doubts(reader, self._isa.separators, self._options)
        clean = CleanSets(reader.window, self._options, self._limits, self._ahead)
        for stretch in stretches.each():
            for segment in stretch:
                handler = handlers.get(segment.id)
                if handler is not None and self._is_astray(segment, doubts):
                    stretches.go_on()
                elif handler is not None:
                    yield from handler(segment)
                elif self._set is not None:
                    self._set.add(segment)
                else:
                    self._outside_set(segment)
                if reader.remarks:
                    self._remark(segment)
            if self._group is not None and self._set is None:
                yield from map(SetRead, clean.take(self._group))
        if not self._closed:
            yield from self._cut_off()

    def _is_astray(self, segment: Segment, doubts: Doubts) -> bool:
        """True, and taken, if a control segment stands where what is open goes on behind it."""
        group, current = self._group, self._set
        if current is not None and group is not None:
            if doubts.inside(segment, current, group.header, self._end_of(segment)):
                current.add_astray(segment)
                return True
        elif group is not None and group.is_begun_again_by(segment):
            group.misplaced.add(segment)
            return True
        return False

    def _outside_set(self, segment: Segment) -> None:
        if self._group is not None:
            self._group.misplaced.add(segment)
        elif segment.id == "ISX":
            self._remarks.setdefault("X12-027", Remark("X12-027", segment.offset))
        elif segment.id not in _SERVICE_SEGMENTS:
            self._misplaced.add(segment)

    def _on_st(self, segment: Segment) -> Iterator[Event]:
        group = self._group
        if group is None:
            self._misplaced.add(segment)
            return
        yield from self._end_set(None, segment.offset)
        self._set = OpenSet(
            segment,
            group.header,
            ordinal=group.sets + 1,
            options=self._options,
            limits=self._limits,
        )
        group.admit(self._set)

    def _on_se(self, segment: Segment) -> Iterator[Event]:
        if self._set is None:
            self._outside_set(segment)
        else:
            yield from self._end_set(segment, self._end_of(segment))

    def _on_gs(self, segment: Segment) -> Iterator[Event]:
        yield from self._end_group(None, segment.offset)
        self._groups += 1
        self._group = open_group(segment, self._header.version, self._options, self._earlier)
        yield GroupOpened(self._group.header, tuple(self._group.opening_findings))

    def _on_ge(self, segment: Segment) -> Iterator[Event]:
        if self._group is None:
            self._misplaced.add(segment)
        else:
            yield from self._end_group(segment, segment.offset)

    def _on_ta1(self, segment: Segment) -> Iterator[Event]:
        if self._set is not None:
            self._set.add(segment)
        elif self._group is not None:
            # Legal between ISA and IEA, though not here: told after the group, which it does not hurt.
            self._waiting_ta1.append(segment)
        else:
            yield Ta1Read(segment, ta1_findings(segment))

    def _on_iea(self, segment: Segment) -> Iterator[Event]:
        if self._is_torn(segment):
            return
        yield from self._end_group(None, segment.offset)
        self._closed = True
        self._remark(segment)
        lost = self._misplaced.count > 0
        findings = [
            *self._notes(),
            *self._misplaced.findings("X12-028"),
            *count_fault(segment, self._groups, "X12-031", lost=lost),
            *excess(segment, _IEA_ELEMENTS, "X12-135"),
        ]
        if not self._nameless:
            findings += number_fault(segment, 2, self._header.control_number, "X12-032", "X12-033")
        yield InterchangeClosed(self._groups, tuple(findings), self._reader.offset)

    def _is_torn(self, trailer: Segment) -> bool:
        """True if the file ends inside its IEA, in the middle of the number of the ISA or before it."""
        unterminated = any(remark.code == "X12-034" for remark in self._reader.remarks)
        number, begun = self._header.control_number, trailer.get(2)
        return unterminated and begun != number and number.startswith(begun)

    def _end_set(self, trailer: Segment | None, end: int) -> Iterator[Event]:
        if self._set is not None:
            if trailer is not None and self._reader.remarks:
                self._remark(trailer)
            closing, self._set = self._set, None
            yield SetRead(closing.close(trailer, end))

    def _end_group(self, trailer: Segment | None, end: int) -> Iterator[Event]:
        yield from self._end_set(None, end)
        if self._group is not None:
            closing, self._group = self._group, None
            yield closing.close(trailer, end)
        yield from self._ta1_waiting()

    def _ta1_waiting(self) -> Iterator[Event]:
        waiting, self._waiting_ta1 = self._waiting_ta1, []
        for segment in waiting:
            yield Ta1Read(segment, ta1_findings(segment))

    def _cut_off(self) -> Iterator[Event]:
        """The events that remain when there is no IEA: one finding, with the codes of all levels."""
        end, at_end = self._reader.offset, self._reader.at_end
        where, codes = self._where()
        if self._set is not None:
            yield SetRead(self._set.cut_off(end))
        if self._group is not None:
            yield self._group.cut_off()
        yield from self._ta1_waiting()
        self._remarks.pop("X12-034", None)
        place = Location("IEA", byte_offset=end)
        cut = found("X12-029" if at_end else "X12-030", place, where=where, x12=codes)
        findings = (*self._notes(), *self._misplaced.findings("X12-028"), cut)
        yield InterchangeClosed(self._groups, findings, end)

    def _where(self) -> tuple[str, dict[str, str]]:
        """What is open, in words, and the codes of the levels that lack their trailers."""
        interchange = f"interchange {self._header.control_number}"
        if self._group is None:
            return interchange, {}
        group = f"group {self._group.header.control_number} of {interchange}"
        if self._set is None:
            return group, _CUT_GROUP
        return f"set {self._set.control_number} of {group}", _CUT_SET

    def _remark(self, segment: Segment) -> None:
        """Sort what the reader remarked: faults of a segment to its set, the rest once an interchange."""
        for remark in self._reader.remarks:
            if remark.code not in _SEGMENT_REMARKS:
                self._remarks.setdefault(remark.code, remark)
            elif self._set is not None:
                self._set.remark(remark, segment)
        self._reader.remarks.clear()

    def _notes(self) -> list[Finding]:
        told = {finding.code for finding in self._isa.findings}
        return [
            found(remark.code, Location(byte_offset=remark.offset), encoding=self._options.encoding)
            for remark in self._remarks.values()
            if remark.code not in told
        ]

    def _end_of(self, segment: Segment) -> int:
        """Byte offset after a segment and its terminator, which the last one of a file may lack."""
        return min(segment.offset + segment.size + self._terminator_bytes, self._reader.received)


def _for_separators(options: ReadOptions, isa: Isa) -> ReadOptions:
    return replace(options, walk=replace(options.walk, separators=_shared(isa.separators)))


@lru_cache(maxsize=64)
def _shared(separators: Separators) -> Separators:
    """The same for all interchanges that have equal ones: what is learned of sets is looked up by them."""
    return separators
