"""A functional group while it is being read. Source: X12.5, GS and GE; codes of AK905. BI-022."""

from __future__ import annotations

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import mutable_record
from parsers.x12.control_numbers import SeenNumbers, whole_number
from parsers.x12.headers import excess, group_findings, group_header, release_of
from parsers.x12.model import GroupClosed, GroupHeader, Segment
from parsers.x12.open_set import OpenSet
from parsers.x12.options import ReadOptions

_GE_ELEMENTS = 2
_NAMELESS_CODES = {"ST01": "6", "ST02": "7"}
_NAMEABLE = {"ST01": "three letters or digits", "ST02": "four to nine letters or digits"}


@mutable_record
class Misplaced:
    """Segments found where none may stand: how many, and the first of them."""

    count: int = 0
    first: Segment | None = None

    def add(self, segment: Segment) -> None:
        """Count one more."""
        self.count += 1
        self.first = self.first or segment

    def findings(self, code: str) -> list[Finding]:
        """One finding for all of them, or none."""
        if self.first is None:
            return []
        place = Location(self.first.id, byte_offset=self.first.offset)
        return [found(code, place, count=self.count)]


class OpenGroup:
    """One group from its GS on. The caller opens and closes its sets.

    sets: ST segments seen. misplaced: segments between its sets.
    """

    def __init__(self, header: GroupHeader, findings: list[Finding]) -> None:
        self.header = header
        self.opening_findings = findings
        self.sets = 0
        self.misplaced = Misplaced()
        self._control_numbers = SeenNumbers()
        self._findings: list[Finding] = []

    def is_begun_again_by(self, segment: Segment) -> bool:
        """True for its own GS, sent once more before any set."""
        header = self.header
        return (
            segment.id == "GS"
            and not self.sets
            and (segment.get(1), segment.get(6)) == (header.functional_id, header.control_number)
        )

    def admit(self, opened: OpenSet) -> None:
        """Count a set that begins, and look at its control number among those of the group."""
        self.sets += 1
        missing = opened.nameless
        if missing:
            element = int(missing[2:])
            offset = opened.header.offset_of(element)
            place = Location("ST", segment_number=1, element=element, byte_offset=offset)
            codes = {"AK502": _NAMELESS_CODES[missing]}
            value, expected = opened.header.get(element), _NAMEABLE[missing]
            self._findings.append(found("X12-060", place, value=value, expected=expected, x12=codes))
        if missing != "ST02" and not self._control_numbers.add(opened.control_number):
            opened.repeated()

    def admit_clean(self, control_number: str) -> bool:
        """Count a set that has no fault so far; False, and nothing counted, if the group had its number."""
        if not self._control_numbers.add(control_number):
            return False
        self.sets += 1
        return True

    def cut_off(self) -> GroupClosed:
        """The end of a group because nothing follows; the finding stands with the interchange."""
        return GroupClosed(None, self.sets, (*self._findings, *self.misplaced.findings("X12-059")))

    def close(self, trailer: Segment | None, end: int) -> GroupClosed:
        """The end of the group. trailer: its GE, None if it has none. end: byte offset of what comes next."""
        findings = [*self._findings, *self.misplaced.findings("X12-059")]
        if trailer is None:
            place = Location("GE", byte_offset=end)
            findings.append(found("X12-055", place, value=self.header.control_number))
            return GroupClosed(None, self.sets, tuple(findings))
        findings += self._count_fault(trailer)
        findings += excess(trailer, _GE_ELEMENTS, "X12-136")
        if not any(finding.code == "X12-051" for finding in self.opening_findings):
            findings += number_fault(trailer, 2, self.header.control_number, "X12-056", "X12-062")
        return GroupClosed(trailer.get(1), self.sets, tuple(findings))

    def _count_fault(self, trailer: Segment) -> list[Finding]:
        return count_fault(trailer, self.sets, "X12-057", lost=self.misplaced.count > 0)


def open_group(
    segment: Segment, control_version: str, options: ReadOptions, earlier: dict[str, SeenNumbers]
) -> OpenGroup:
    """The group that a GS begins.

    control_version: ISA12. earlier: group control numbers of the interchange by kind, added to.
    """
    release, about_release = release_of(
        segment, control_version, options.dictionary, other_releases=options.other_releases
    )
    header = group_header(segment, release)
    findings = [*group_findings(segment, options.dictionary), *about_release]
    kind = "\0".join((header.functional_id, header.sender, header.receiver))
    if header.control_number and not earlier.setdefault(kind, SeenNumbers()).add(header.control_number):
        place = Location("GS", element=6, byte_offset=segment.offset_of(6))
        findings.append(found("X12-058", place, value=header.control_number))
    return OpenGroup(header, findings)


def count_fault(trailer: Segment, counted: int, code: str, *, lost: bool) -> list[Finding]:
    """A finding if element 01 of a trailer is not what was counted.

    lost: True if segments were misplaced; a count too high then only follows from that fault.
    """
    declared = trailer.get(1)
    number = whole_number(declared)
    if number == counted or (lost and number is not None and number > counted):
        return []
    place = Location(trailer.id, element=1, byte_offset=trailer.offset_of(1))
    return [found(code, place, value=declared, expected=str(counted))]


def number_fault(trailer: Segment, element: int, opened: str, code: str, padding_code: str) -> list[Finding]:
    """A finding if a trailer's control number is not its header's; a note if only zeros differ.

    opened: the number in the header.
    """
    closed = trailer.get(element)
    if closed == opened:
        return []
    place = Location(trailer.id, element=element, byte_offset=trailer.offset_of(element))
    same = closed.isdigit() and opened.isdigit() and closed.lstrip("0") == opened.lstrip("0")
    return [found(padding_code if same else code, place, value=closed, expected=opened)]
