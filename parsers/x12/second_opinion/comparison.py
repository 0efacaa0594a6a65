"""Sets pyx12's verdict on an interchange beside ours, segment by segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from parsers.finding import Finding
from parsers.x12.second_opinion.differences import (
    SETTING,
    UNEXPLAINED,
    Claim,
    Difference,
    Line,
    agreements,
    explained,
    is_segment,
)
from parsers.x12.second_opinion.fair_copy import FairCopy, Place
from parsers.x12.second_opinion.verdict import Opinion, Remark, Scope

#: Our codes by the element that carries them, the most telling first.
_CARRIERS = {
    "AK403": Scope.ELEMENT,
    "AK304": Scope.SEGMENT,
    "AK502": Scope.SET,
    "AK905": Scope.GROUP,
    "TA105": Scope.INTERCHANGE,
}
#: Segments that open or close a set or a group.
_BOUNDS = frozenset({"ST", "SE", "GS", "GE"})
#: Our findings that an interchange has no end.
_CUT = frozenset({"X12-029", "X12-030"})
_WRONG_GROUP = "X12-084"


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """How many faults of form either side finds in one set.

    set_id, control_number: ST01 and ST02. place: of its ST. read: False if there are no tables for it.
    """

    set_id: str
    control_number: str
    place: Place
    ours: int
    theirs: int
    read: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both verdicts on one interchange. agreed: findings that pyx12 confirms, with its remarks."""

    opinion: Opinion
    sets: tuple[SetVerdict, ...]
    agreed: tuple[tuple[Finding, Remark], ...]
    differences: tuple[Difference, ...]


def compare(findings: Iterable[Finding], opinion: Opinion, *, by_profile: bool = False) -> Comparison:
    """Our findings on an interchange beside pyx12's remarks on it.

    findings: of the whole file; notes, and what lies outside this interchange, are left aside.
    by_profile: True if we read it by a partner's profile, which may ask for more or less than the
        standard; what nothing else explains is then put down to that.
    """
    copy = opinion.copy
    lines: dict[int, Line] = {}
    for finding in findings:
        number = _line_of(finding, copy) if finding.is_error else None
        if number is not None:
            _line(lines, number, copy).ours.append(_ours(finding))
    cut = any(claim.own in _CUT for line in lines.values() for claim in line.ours)
    torn = _torn_set(copy) if cut else None
    misgrouped = {
        line.place.set_ordinal for line in lines.values() for claim in line.ours if claim.own == _WRONG_GROUP
    }
    for remark in opinion.remarks:
        _line(lines, min(remark.line, len(copy.places)), copy).theirs.append(_theirs(remark))
    agreed: list[tuple[Finding, Remark]] = []
    differences: list[Difference] = []
    #: Where each kind of segment stands last in its set.
    last = {(place.set_ordinal, place.segment): line for line, place in enumerate(copy.places, 1)}
    state = _State()
    for number in sorted(lines):
        line = lines[number]
        ordinal = line.place.set_ordinal
        line.cut, line.unread = cut, ordinal in opinion.unread_sets
        line.misgrouped = ordinal in misgrouped
        line.torn = torn is not None and ordinal == torn
        line.coming = frozenset(one for one in _passed(line) if last.get((ordinal, one), 0) >= number)
        state.enter(line)
        agreed += agreements(line)
        differences += explained(line, SETTING if by_profile else UNEXPLAINED)
        state.leave(line)
    return Comparison(opinion, tuple(_sets(opinion, lines)), tuple(agreed), tuple(differences))


def _sets(opinion: Opinion, lines: Mapping[int, Line]) -> Iterator[SetVerdict]:
    ours: Counter[int | None] = Counter()
    theirs: Counter[int | None] = Counter()
    for line in lines.values():
        ours[line.place.set_ordinal] += sum(claim.scope is not None for claim in line.ours)
        theirs[line.place.set_ordinal] += len(line.theirs)
    copy = opinion.copy
    for place, text in zip(copy.places, copy.segments, strict=True):
        if place.number == 1:
            ordinal = place.set_ordinal
            _, set_id, control_number, *_ = [*text.split(copy.mark), "", ""]
            read = ordinal not in opinion.unread_sets
            yield SetVerdict(set_id, control_number, place, ours[ordinal], theirs[ordinal], read)


def _line_of(finding: Finding, copy: FairCopy) -> int | None:
    """The line that a finding is about; None if it is of another interchange, or of none.

    That the interchange has no end was noticed where it ends.
    """
    offset = finding.location.byte_offset
    end = copy.end + (finding.code in _CUT)
    return copy.line_at(offset) if offset is not None and offset < end else None


def _torn_set(copy: FairCopy) -> int | None:
    """The ordinal of the set in which an interchange without an end breaks off; None if none is open."""
    last = next((place for place in reversed(copy.places) if place.segment in _BOUNDS), None)
    return last.set_ordinal if last is not None and last.segment == "ST" else None


def _line(lines: dict[int, Line], number: int, copy: FairCopy) -> Line:
    if number not in lines:
        elements = copy.segments[number - 1].split(copy.mark)
        bare = any(element and not element.strip(copy.component) for element in elements[1:])
        lines[number] = Line(copy.places[number - 1], tuple(elements[1:]), bare=bare)
    return lines[number]


def _passed(line: Line) -> Iterator[str]:
    """Ids of the segments that pyx12 found missing at a line."""
    return (claim.remark.segment for claim in line.theirs if claim.remark and is_segment(claim, "3"))


def _ours(finding: Finding) -> Claim:
    place = finding.location
    for carrier, scope in _CARRIERS.items():
        code = finding.x12.get(carrier)
        if code:
            return Claim(scope, code, place.element, place.component, finding)
    return Claim(None, "", place.element, place.component, finding)


def _theirs(remark: Remark) -> Claim:
    return Claim(remark.scope, remark.code, remark.element, remark.component, remark=remark)


@dataclass(slots=True)
class _State:
    """What earlier segments mean for later ones."""

    set_ordinal: int | None = None
    lost: bool = False

    def enter(self, line: Line) -> None:
        if line.place.set_ordinal != self.set_ordinal and line.place.set_ordinal is not None:
            self.set_ordinal, self.lost = line.place.set_ordinal, False
        line.lost = self.lost

    def leave(self, line: Line) -> None:
        """A segment without a place puts pyx12 out of step until the next set."""
        self.lost = (
            self.lost
            or any(is_segment(claim, "1", "3") or claim.scope is Scope.FAILURE for claim in line.theirs)
            or any(is_segment(claim, "2") for claim in line.ours)
        )
