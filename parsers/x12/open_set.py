"""A transaction set while it is being read: its segments, its count, its own control numbers.

Source: X12.5, ST and SE; codes of AK502. BI-030 to BI-032.
"""

from __future__ import annotations

import re
from dataclasses import replace

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.x12.control_numbers import whole_number
from parsers.x12.headers import excess
from parsers.x12.limits import Limits
from parsers.x12.model import GroupHeader, Loop, Segment, TransactionSet, Walked
from parsers.x12.options import ReadOptions
from parsers.x12.read_segments import Remark
from parsers.x12.walker import Walk

_SET_ID = re.compile(r"[A-Z0-9]{3}")
_NAMEABLE_NUMBER = re.compile(r"[A-Za-z0-9]{1,9}")
_SHORTEST_NUMBER = 4
_SE_ELEMENTS = 2
#: Number of the segment that says what a set is about: BEG, BSN, BIG, AK1.
_BEGINNING = 2
#: ST03 names an implementation convention from this release on.
FIRST_RELEASE_WITH_CONVENTION = "005010"
#: What findings say where a segment is one too many; where one is missing; and AK502 of the count then.
_TOO_MANY = frozenset({"X12-200", "X12-201", "X12-202", "X12-204", "X12-205", "X12-206"})
_TOO_FEW = frozenset({"X12-202", "X12-203", "X12-206", "X12-301"})
_WRONG_COUNT = "4"
#: Findings of HL trees.
_OF_TREES = "X12-3"
#: Segments of one set that are held as values, about a kilobyte each; a longer set is checked as it
#: passes by, and who needs what it says reads it from the file again.
HELD_SEGMENTS = 100_000


class OpenSet:
    """One set from its ST on. `add` takes what follows, `close` gives the set.

    ordinal: place in its group, from 1. options: with the separators of its interchange.
    beginning: id of the segment that follows ST in sets of its kind, "" if that is not known.
    """

    def __init__(
        self,
        header: Segment,
        group: GroupHeader,
        *,
        ordinal: int,
        options: ReadOptions,
        limits: Limits,
    ) -> None:
        self.set_id = header.get(1)
        self.control_number = header.get(2)
        self._header = header
        self._group = group
        self._ordinal = ordinal
        self._options = options
        self._limits = limits
        self._segments: list[Segment] = []
        self._held = True
        definition = options.definition_of(group, self.set_id) if _SET_ID.fullmatch(self.set_id) else None
        self._walk = Walk(definition, options.walk) if definition else None
        self._count = 0
        self._findings: list[Finding] = []
        self._in_wrong_group = False
        #: Control segments inside it that are none of its own.
        self._astray = 0
        self.beginning = "" if definition is None else definition.beginning
        self.add(header)
        self._check_header()
        if definition is not None and definition.release != group.release:
            self._say("X12-137", header, 1, value=self.set_id, expected=definition.release)

    @property
    def offset(self) -> int:
        """Byte offset of its ST."""
        return self._header.offset

    @property
    def nameless(self) -> str:
        """The element that an answer would have to quote and cannot, "ST01", "ST02" or ""."""
        if not _SET_ID.fullmatch(self.set_id):
            return "ST01"
        return "" if _NAMEABLE_NUMBER.fullmatch(self.control_number) else "ST02"

    @property
    def header(self) -> Segment:
        """Its ST."""
        return self._header

    def add(self, segment: Segment) -> None:
        """Take the next segment and number it."""
        self._number(segment)
        if self._walk is not None:
            self._walk.feed(segment)

    def add_astray(self, segment: Segment) -> None:
        """Take a control segment that stands in the set and is no part of it; the set goes on behind it."""
        self._number(segment)
        self._astray += 1
        self._say("X12-088", segment, None, value=self.control_number)

    def ends_with(self, trailer: Segment) -> bool:
        """True if an SE agrees with what has been read, or holds more than an SE does."""
        counted = whole_number(trailer.get(1)) == self._count + 1
        return (counted and trailer.get(2) == self.control_number) or len(trailer.elements) > _SE_ELEMENTS

    def is_begun_again_by(self, segment: Segment) -> bool:
        """True for its own ST, sent once more before anything else."""
        return self._count == 1 and segment.id == "ST" and segment.elements == self._header.elements

    def _number(self, segment: Segment) -> None:
        self._count += 1
        segment.number = self._count
        if self._count > self._limits.set_segments:
            self._walk = None
        if self._held and self._count > min(HELD_SEGMENTS, self._limits.set_segments):
            self._hold_no_more()
        if self._held:
            self._segments.append(segment)

    def repeated(self) -> None:
        """Say that ST02 was used before in this group."""
        self._say("X12-083", self._header, 2, value=self.control_number)

    def remark(self, remark: Remark, segment: Segment) -> None:
        """Take a remark about a segment of this set that counts as a fault."""
        limits = self._limits
        bound = limits.segment_bytes if remark.element is None else limits.element_bytes
        self._say(remark.code, segment, remark.element, expected=str(bound))

    def cut_off(self, end: int) -> TransactionSet:
        """The set as far as it came, because nothing follows. end: byte offset after it.

        What only the rest of it could tell, its count, its end and its HL tree, is not judged.
        """
        faults = [] if self._walk is None else self._checked()[1]
        told = [fault for fault in faults if not fault.code.startswith(_OF_TREES)]
        return self._as_set(None, told, end, complete=False)

    def close(self, trailer: Segment | None, end: int) -> TransactionSet:
        """The set, checked. trailer: its SE, None if it has none. end: byte offset after the set."""
        if trailer is not None:
            self.add(trailer)
        tree, faults = self._checked()
        if trailer is None:
            self._findings.append(self._without_trailer(end))
        else:
            self._of_trailer(trailer, faults)
        return self._as_set(tree, faults, end)

    def _as_set(
        self, tree: Loop | None, faults: list[Finding], end: int, *, complete: bool = True
    ) -> TransactionSet:
        findings = sorted([*self._findings, *faults], key=place_in_set)
        return TransactionSet(
            set_id=self.set_id,
            control_number=self.control_number,
            implementation=self._header.get(3),
            ordinal=self._ordinal,
            release=self._group.release,
            content=Walked(self._segments, tree),
            findings=findings,
            segment_count=self._count,
            offset=self.offset,
            size=end - self.offset,
            separators=self._options.walk.separators,
            complete=complete,
        )

    def _hold_no_more(self) -> None:
        self._held = False
        self._segments = []
        if self._walk is not None:
            self._walk.forget()

    def _checked(self) -> tuple[Loop | None, list[Finding]]:
        """The segments in their loops, and what is wrong with them; (None, []) if they cannot be placed."""
        if self._group.release is None or not _SET_ID.fullmatch(self.set_id):
            return None, []
        if self._count > self._limits.set_segments:
            self._say("X12-087", self._header, None, expected=str(self._limits.set_segments))
            return None, []
        if self._walk is None:
            if not self._in_wrong_group:
                self._say("X12-086", self._header, 1, value=self.set_id)
            return None, []
        tree, faults = self._walk.finish()
        if self._in_wrong_group and any(map(_is_of_beginning, faults)):
            # Its ST01 is wrong, not its group: by the tables of that set nothing fits.
            return tree if self._held else None, []
        unreadable = {fault.location.segment_number for fault in self._findings if _is_too_long(fault)}
        told = [fault for fault in faults if fault.location.segment_number not in unreadable]
        return tree if self._held else None, told

    def _check_header(self) -> None:
        """What ST shows to be wrong; what makes the set nameless is told with its group."""
        known, sent = self._options.dictionary, self._group.functional_id
        expected = known.functional_id(self.set_id)
        if expected is not None and expected != sent and known.is_functional_id(sent):
            self._in_wrong_group = True
            self._say("X12-084", self._header, 1, value=self.set_id, expected=expected, group=sent)
        if not self.nameless and len(self.control_number) < _SHORTEST_NUMBER:
            number = self.control_number
            self._say("X12-085", self._header, 2, value=number, expected="four to nine characters")
        release = self._group.release
        convention = release is None or release >= FIRST_RELEASE_WITH_CONVENTION
        self._findings += excess(self._header, 3 if convention else 2, "X12-222")

    def _of_trailer(self, trailer: Segment, faults: list[Finding]) -> None:
        """What SE shows to be wrong. faults: of the segments, those that explain its count are marked so."""
        count, number = trailer.get(1), trailer.get(2)
        declared = whole_number(count)
        more = None if declared is None else self._count - declared
        if more and not (0 < more <= self._astray) and not _explained(more, faults):
            more = None
        if more is None:
            self._say("X12-082", trailer, 1, value=count, expected=str(self._count))
        if number != self.control_number and self.nameless != "ST02":
            self._say("X12-081", trailer, 2, value=number, expected=self.control_number)
        self._findings += excess(trailer, _SE_ELEMENTS, "X12-222")

    def _without_trailer(self, end: int) -> Finding:
        place = Location("SE", segment_number=self._count + 1, byte_offset=end)
        return found("X12-080", place, value=self.control_number)

    def _say(
        self,
        code: str,
        segment: Segment,
        element: int | None,
        *,
        value: str | None = None,
        expected: str | None = None,
        group: str | None = None,
    ) -> None:
        offset = segment.offset if element is None else segment.offset_of(element)
        place = Location(segment.id, segment_number=segment.number, element=element, byte_offset=offset)
        self._findings.append(found(code, place, value=value, expected=expected, group=group))


def _explained(more: int, faults: list[Finding]) -> bool:
    """True if faults say that so many segments more were received than sent, or fewer if negative.

    The first of them is given the code of a wrong count, which follows from it.
    """
    codes = _TOO_MANY if more > 0 else _TOO_FEW
    reasons = [at for at, fault in enumerate(faults) if fault.code in codes]
    if len(reasons) != abs(more):
        return False
    first = faults[reasons[0]]
    faults[reasons[0]] = replace(first, x12={**first.x12, "AK502": _WRONG_COUNT})
    return True


def _is_too_long(fault: Finding) -> bool:
    return fault.code in ("X12-100", "X12-101")


def _is_of_beginning(fault: Finding) -> bool:
    """True if the segment behind ST is one of other sets."""
    return fault.code == "X12-201" and fault.location.segment_number == _BEGINNING


def place_in_set(finding: Finding) -> tuple[int, int]:
    """What the findings of a set are sorted by: segment and element."""
    return finding.location.segment_number or 0, finding.location.element or 0
