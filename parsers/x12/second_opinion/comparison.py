"""Sets pyx12's verdict on an interchange beside ours, and says why they differ where they do.

What both say of the same segment is agreement. What is left is explained by the first rule that
fits; each rule has a kind, and `kinds.csv` says in words what either of us says and why. A
difference that no rule explains is of the kind "unexplained": a fault of ours or of pyx12's.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from parsers.finding import Finding
from parsers.x12.second_opinion.fair_copy import FairCopy, Place
from parsers.x12.second_opinion.verdict import Opinion, Remark, Scope

UNEXPLAINED = "unexplained"
SETTING = "setting"
#: Control segments: what their elements lack, the envelope's own codes say.
CONTROL = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"})
_KINDS = Path(__file__).parent / "kinds.csv"
#: Our codes by the element that carries them, the most telling first.
_CARRIERS = {
    "AK403": Scope.ELEMENT,
    "AK304": Scope.SEGMENT,
    "AK502": Scope.SET,
    "AK905": Scope.GROUP,
    "TA105": Scope.INTERCHANGE,
}
_ENVELOPE = frozenset({Scope.SET, Scope.GROUP, Scope.INTERCHANGE})
_BEYOND_EXTENDED = re.compile(r"[^A-Z0-9!\"&'()*+,\-./:;?= a-z%~@\[\]_{}\\|<>#$^`]")


class Kind(NamedTuple):
    """A kind of difference, in words. name: as counted in the documentation."""

    name: str
    ours: str
    theirs: str
    why: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What one side says of a segment. code: in the standard's list, else "". scope: None if content."""

    scope: Scope | None
    code: str
    element: int | None
    component: int | None
    finding: Finding | None = None
    remark: Remark | None = None

    @property
    def own(self) -> str:
        """Our finding's code, or ""."""
        return self.finding.code if self.finding else ""

    @property
    def value(self) -> str:
        """The offending text, or ""."""
        source = self.finding or self.remark
        return (source.value if source else None) or ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that only one side says, or both differently. place: of the segment it is said of."""

    kind: str
    place: Place
    finding: Finding | None
    remark: Remark | None


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


@cache
def kinds() -> dict[str, Kind]:
    """All kinds of difference by name, in the order of their table."""
    with _KINDS.open(encoding="utf-8", newline="") as table:
        return {row["kind"]: Kind(*row.values()) for row in csv.DictReader(table)}


def compare(findings: Iterable[Finding], opinion: Opinion, *, by_profile: bool = False) -> Comparison:
    """Our findings on an interchange beside pyx12's remarks on it.

    findings: of the whole file; notes, and what lies outside this interchange, are left aside.
    by_profile: True if we read it by a partner's profile, which may ask for more or less than the
        standard; what nothing else explains is then put down to that.
    """
    copy = opinion.copy
    cut = copy.places[-1].segment != "IEA"
    # That a trailer is missing was noticed where the interchange ends.
    end = copy.end + cut
    lines: dict[int, Line] = {}
    for finding in findings:
        offset = finding.location.byte_offset
        inside = finding.is_error and offset is not None and offset < end
        number = copy.line_at(offset) if inside and offset is not None else None
        if number is not None:
            _line(lines, number, copy).ours.append(_ours(finding))
    for remark in opinion.remarks:
        _line(lines, min(remark.line, len(copy.places)), copy).theirs.append(_theirs(remark))
    agreed: list[tuple[Finding, Remark]] = []
    differences: list[Difference] = []
    state = _State()
    for number in sorted(lines):
        line = lines[number]
        line.cut, line.unread = cut, line.place.set_ordinal in opinion.unread_sets
        line.coming = _coming(copy, number) if line.theirs else frozenset()
        state.enter(line)
        agreed += _agreed(line)
        differences += _explained(line, SETTING if by_profile else UNEXPLAINED)
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


@dataclass(slots=True)
class Line:
    """A segment with all that either side says of it; what is explained is taken out of the rests.

    lost: pyx12 found no place for an earlier segment of the set, or for what stands outside sets.
    cut: the interchange has no end. unread: there are no tables for its set. coming: ids of
    the segments that follow in its set. bare: an element holds nothing but component separators.
    """

    place: Place
    elements: tuple[str, ...]
    ours: list[Claim] = field(default_factory=list)
    theirs: list[Claim] = field(default_factory=list)
    rest_ours: list[Claim] = field(default_factory=list)
    rest_theirs: list[Claim] = field(default_factory=list)
    lost: bool = False
    cut: bool = False
    unread: bool = False
    coming: frozenset[str] = frozenset()
    bare: bool = False

    @property
    def placeless(self) -> bool:
        """True if pyx12 found no place for the segment: it then looks at none of its elements."""
        return any(_segment(claim, "1") for claim in self.theirs)

    @property
    def has_blanks(self) -> bool:
        """True if an element is nothing but blanks."""
        return any(element.isspace() for element in self.elements)

    def told(self, element: int | None, side: list[Claim]) -> bool:
        """True if a side says anything of an element."""
        return any(claim.element == element for claim in side)


def _line(lines: dict[int, Line], number: int, copy: FairCopy) -> Line:
    if number not in lines:
        elements = copy.segments[number - 1].split(copy.mark)
        bare = any(element and not element.strip(copy.component) for element in elements[1:])
        lines[number] = Line(copy.places[number - 1], tuple(elements[1:]), bare=bare)
    return lines[number]


def _coming(copy: FairCopy, number: int) -> frozenset[str]:
    """Ids of the segments that stand in the same set from a line on."""
    ordinal = copy.places[number - 1].set_ordinal
    following = takewhile(lambda place: place.set_ordinal == ordinal, copy.places[number - 1 :])
    return frozenset(place.segment for place in following)


def _ours(finding: Finding) -> Claim:
    place = finding.location
    for carrier, scope in _CARRIERS.items():
        code = finding.x12.get(carrier)
        if code:
            return Claim(scope, code, place.element, place.component, finding)
    return Claim(None, "", place.element, place.component, finding)


def _theirs(remark: Remark) -> Claim:
    return Claim(remark.scope, remark.code, remark.element, remark.component, remark=remark)


def _agreed(line: Line) -> Iterator[tuple[Finding, Remark]]:
    """The pairs that say the same; what is left goes to the rests."""
    line.rest_ours, line.rest_theirs = list(line.ours), list(line.theirs)
    for ours in line.ours:
        for theirs in line.rest_theirs:
            if _same(line, ours, theirs) and ours.finding and theirs.remark:
                yield ours.finding, theirs.remark
                line.rest_ours.remove(ours)
                line.rest_theirs.remove(theirs)
                break


def _same(line: Line, ours: Claim, theirs: Claim) -> bool:
    if ours.scope is theirs.scope and ours.code == theirs.code:
        return ours.scope is not Scope.ELEMENT or (ours.element, ours.component) == (
            theirs.element,
            theirs.component,
        )
    in_envelope = line.place.segment in CONTROL and ours.scope in _ENVELOPE
    return in_envelope and theirs.scope is Scope.ELEMENT and ours.element == theirs.element


# --- rules


Fits = Callable[[Line, Claim, Claim], bool]
FitsOne = Callable[[Line, Claim], bool]


def _is(claim: Claim, scope: Scope | None, *codes: str) -> bool:
    return claim.scope is scope and (not codes or claim.code in codes)


def _position(claim: Claim) -> tuple[int | None, int | None]:
    return claim.element, claim.component


def _element(claim: Claim, *codes: str) -> bool:
    return _is(claim, Scope.ELEMENT, *codes)


def _segment(claim: Claim, *codes: str) -> bool:
    return _is(claim, Scope.SEGMENT, *codes)


def _is_blank_fault(claim: Claim) -> bool:
    return _element(claim, "4", "5", "6", "7") and claim.value.endswith(" ")


def _is_character_fault(claim: Claim) -> bool:
    return _element(claim, "6") and _BEYOND_EXTENDED.search(claim.value) is not None


_HL = frozenset({"X12-300", "X12-301", "X12-302", "X12-303"})
_TRAILERS = frozenset({"X12-080", "X12-055", "X12-029"})
_OUTSIDE = frozenset({"X12-059", "X12-028"})
#: Control segments that we pass over.
_SERVICE = frozenset({"ISB", "ISE", "ISX", "TA3"})
_SEPARATORS = frozenset({"X12-008", "X12-009", "X12-011"})

#: Differences of two claims about one segment.
PAIRS: tuple[tuple[str, Fits], ...] = (
    ("note-place", lambda _, o, t: _element(o, "2", "10") and _element(t, o.code)),
    ("excess-place", lambda _, o, t: o.own == "X12-222" and _element(t, "3")),
    ("unplaced", lambda _, o, t: _segment(o, "1", "2", "6", "7") and _segment(t, "1")),
    ("late", lambda _, o, t: _segment(o, "2", "7") and _segment(t, "3")),
    ("same-name", lambda _, o, t: _segment(o, "7") and _segment(t, "4", "5")),
    ("components", lambda _, o, t: o.own == "X12-231" and _element(t, "6", "10") and o.element == t.element),
    ("hierarchy", lambda _, o, t: o.own in _HL and _segment(t, "HL1", "HL2")),
    ("no-trailer", lambda _, o, t: o.own in _TRAILERS and (_segment(t, "3") or t.scope in _ENVELOPE)),
    ("outside", lambda _, o, t: o.own in _OUTSIDE and _segment(t, "1")),
    ("envelope-code", lambda _, o, t: o.own == "X12-058" and _is(t, Scope.GROUP, "6")),
    ("separators", lambda _, o, t: o.own in _SEPARATORS and _element(t, "6")),
    (
        "blanks",
        lambda _, o, t: o.own == "X12-220" and _element(t, "4", "6", "7") and _position(o) == _position(t),
    ),
    ("instead", lambda _, o, t: _element(o) and _element(t) and _position(o) == _position(t)),
)
#: Differences of something that only pyx12 says.
THEIRS: tuple[tuple[str, FitsOne], ...] = (
    ("failure", lambda _, t: t.scope is Scope.FAILURE),
    ("trailing-separators", lambda _, t: _segment(t, "SEG1")),
    ("empty-segment", lambda line, t: any(o.own == "X12-208" for o in line.ours) and not _segment(t, "1")),
    ("trailing-blanks", lambda _, t: _is_blank_fault(t)),
    ("several-rules", lambda line, t: _element(t) and line.told(t.element, line.ours)),
    ("cut-off", lambda line, t: line.cut and t.scope is not Scope.ELEMENT),
    ("envelope-elements", lambda line, t: _element(t) and line.place.segment in CONTROL),
    ("characters", lambda _, t: _is_character_fault(t)),
    ("early-years", lambda _, t: _element(t, "8") and t.value < "1800"),
    ("hierarchy-numbers", lambda _, t: _segment(t, "HL1")),
    ("hierarchy-order", lambda _, t: _segment(t, "HL2")),
    ("twice", lambda line, t: _segment(t, "1") and any(_segment(o, "1") for o in line.ours)),
    (
        "unplaced",
        lambda line, t: _segment(t, "1") and any(_segment(o, "2", "6", "7") for o in line.ours),
    ),
    ("service", lambda line, t: _segment(t, "1") and line.place.segment in _SERVICE),
    ("unknown-set", lambda line, t: _segment(t, "1") and line.unread),
    ("late", lambda line, t: _segment(t, "3") and t.remark is not None and t.remark.segment in line.coming),
    ("same-name", lambda line, t: _segment(t, "4", "5") and not line.lost),
    ("blanks", lambda line, t: _element(t, "1", "2", "8", "9", "10") and line.has_blanks),
    ("date-formats", lambda line, t: _element(t, "8", "9") and line.place.segment in ("DTP", "DMG")),
    ("note-twice", lambda line, t: _element(t, "2", "10") and any(_element(o, t.code) for o in line.ours)),
    ("lost", lambda line, t: _segment(t, "1") and line.lost and line.place.set_ordinal is not None),
    ("outside", lambda line, t: _segment(t, "1") and (line.lost or line.place.segment in CONTROL)),
    ("too-often-later", lambda line, t: _segment(t, "3", "4", "5") and line.lost),
    ("outside-counts", lambda line, t: t.scope in _ENVELOPE and line.lost),
    ("control-numbers", lambda _, t: t.scope in _ENVELOPE and t.code in ("3", "4", "001")),
)

#: Differences of something that only we say.
OURS: tuple[tuple[str, FitsOne], ...] = (
    ("business", lambda _, o: o.scope is None),
    ("failure", lambda line, _: any(t.scope is Scope.FAILURE for t in line.theirs)),
    ("widths", lambda _, o: o.own == "X12-012"),
    ("separators", lambda _, o: o.own in _SEPARATORS),
    ("wrong-group", lambda _, o: o.own == "X12-084"),
    ("unknown-set", lambda _, o: o.own == "X12-086"),
    ("empty-segment", lambda _, o: o.own == "X12-208"),
    ("blanks", lambda line, o: o.own in ("X12-220", "X12-221") and line.has_blanks),
    ("only-separators", lambda line, o: o.own in ("X12-220", "X12-221") and line.bare),
    ("hierarchy", lambda _, o: o.own in _HL),
    ("first-component", lambda _, o: o.own == "X12-220" and o.component == 1),
    ("loop-again", lambda line, o: o.own == "X12-203" and line.place.set_ordinal is not None),
    ("component-notes", lambda _, o: o.own == "X12-221" and o.component is not None),
    (
        "repetitions",
        lambda _, o: (
            o.own == "X12-230" or (o.finding is not None and o.finding.location.repetition is not None)
        ),
    ),
    ("characters", lambda _, o: o.own == "X12-225"),
    ("setting", lambda _, o: o.own in ("X12-232", "X12-233")),
    ("loop-id", lambda _, o: o.own == "X12-207"),
    ("number-form", lambda _, o: o.own == "X12-234"),
    ("cut-off", lambda _, o: o.own == "X12-029"),
    ("no-trailer", lambda _, o: o.own in _TRAILERS),
    ("outside", lambda _, o: o.own in _OUTSIDE),
    ("unplaced", lambda line, o: _element(o) and line.placeless),
    ("lost", lambda line, o: line.lost and o.scope in (Scope.ELEMENT, Scope.SEGMENT)),
    ("envelope-rules", lambda _, o: o.scope in _ENVELOPE),
)


def _explained(line: Line, otherwise: str) -> Iterator[Difference]:
    """A difference for all that is left of a segment, by the first rule that fits."""
    for kind, fits in PAIRS:
        for ours in list(line.rest_ours):
            theirs = next((claim for claim in line.rest_theirs if fits(line, ours, claim)), None)
            if theirs is not None:
                line.rest_ours.remove(ours)
                line.rest_theirs.remove(theirs)
                yield Difference(kind, line.place, ours.finding, theirs.remark)
    for claim in line.rest_ours:
        yield Difference(_kind_of(OURS, line, claim) or otherwise, line.place, claim.finding, None)
    for claim in line.rest_theirs:
        yield Difference(_kind_of(THEIRS, line, claim) or otherwise, line.place, None, claim.remark)


def _kind_of(rules: tuple[tuple[str, FitsOne], ...], line: Line, claim: Claim) -> str | None:
    return next((kind for kind, fits in rules if fits(line, claim)), None)


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
        self.lost = self.lost or any(
            _segment(claim, "1", "3") or claim.scope is Scope.FAILURE for claim in line.theirs
        )
