"""What may lie between pyx12's verdict and ours: claims about one segment, and rules that explain them.

What both say is agreement. What is left is explained by the first rule that fits; each rule has a kind,
and `kinds.csv` says in words what either of us says and why. A difference that no rule explains is of
the kind "unexplained": a fault of ours or of pyx12's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from parsers.finding import Finding
from parsers.x12.second_opinion.fair_copy import Place
from parsers.x12.second_opinion.verdict import Remark, Scope

UNEXPLAINED = "unexplained"
SETTING = "setting"
#: Control segments: what their elements lack, the envelope's own codes say.
CONTROL = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"})
_KINDS = Path(__file__).parent / "kinds.csv"
_ENVELOPE = frozenset({Scope.SET, Scope.GROUP, Scope.INTERCHANGE})
_INSIDE = frozenset({Scope.SEGMENT, Scope.ELEMENT})
_BEYOND_EXTENDED = re.compile(r"[^A-Z0-9!\"&'()*+,\-./:;?= a-z%~@\[\]_{}\\|<>#$]")


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


@cache
def kinds() -> dict[str, Kind]:
    """All kinds of difference by name, in the order of their table."""
    with _KINDS.open(encoding="utf-8", newline="") as table:
        return {row["kind"]: Kind(*row.values()) for row in csv.DictReader(table)}


@dataclass(slots=True)
class Line:
    """A segment with all that either side says of it; what is explained is taken out of the rests.

    lost: the two read on differently since an earlier segment of the set, or of what is outside sets.
    cut: the interchange has no end. torn: it breaks off in this set, which we do not look into.
    unread: there are no tables for its set. misgrouped: its set stands in the wrong group.
    coming: ids of the segments that pyx12 misses here and that follow in its set.
    bare: an element holds nothing but component separators.
    """

    place: Place
    elements: tuple[str, ...]
    ours: list[Claim] = field(default_factory=list)
    theirs: list[Claim] = field(default_factory=list)
    rest_ours: list[Claim] = field(default_factory=list)
    rest_theirs: list[Claim] = field(default_factory=list)
    lost: bool = False
    cut: bool = False
    torn: bool = False
    unread: bool = False
    misgrouped: bool = False
    coming: frozenset[str] = frozenset()
    bare: bool = False

    @property
    def placeless(self) -> bool:
        """True if pyx12 found no place for the segment: it then looks at none of its elements."""
        return any(is_segment(claim, "1") for claim in self.theirs)

    @property
    def repeats(self) -> bool:
        """True if we say something of a repetition: pyx12 was shown the first alone."""
        found = (claim.finding for claim in self.ours)
        return any(one and (one.code == "X12-230" or one.location.repetition is not None) for one in found)

    @property
    def has_blanks(self) -> bool:
        """True if an element is nothing but blanks."""
        return any(element.isspace() for element in self.elements)

    def told(self, element: int | None, side: list[Claim]) -> bool:
        """True if a side says anything of an element."""
        return any(claim.element == element for claim in side)


def agreements(line: Line) -> Iterator[tuple[Finding, Remark]]:
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


Fits = Callable[[Line, Claim, Claim], bool]
FitsOne = Callable[[Line, Claim], bool]


def _is(claim: Claim, scope: Scope | None, *codes: str) -> bool:
    return claim.scope is scope and (not codes or claim.code in codes)


def _position(claim: Claim) -> tuple[int | None, int | None]:
    return claim.element, claim.component


def _element(claim: Claim, *codes: str) -> bool:
    return _is(claim, Scope.ELEMENT, *codes)


def is_segment(claim: Claim, *codes: str) -> bool:
    """True if the claim is about a segment as a whole, with one of the codes if any are given."""
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
    ("inside", lambda _, o, t: o.own == "X12-088" and t.scope is not Scope.ELEMENT),
    ("unplaced", lambda _, o, t: is_segment(o, "1", "2", "6", "7") and is_segment(t, "1")),
    ("late", lambda _, o, t: is_segment(o, "2", "7") and is_segment(t, "3")),
    ("same-name", lambda _, o, t: is_segment(o, "7") and is_segment(t, "4", "5")),
    ("components", lambda _, o, t: o.own == "X12-231" and _element(t, "6", "10") and o.element == t.element),
    ("hierarchy", lambda _, o, t: o.own in _HL and is_segment(t, "HL1", "HL2")),
    ("no-trailer", lambda _, o, t: o.own in _TRAILERS and (is_segment(t, "3") or t.scope in _ENVELOPE)),
    ("outside", lambda _, o, t: o.own in _OUTSIDE and is_segment(t, "1")),
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
    ("unknown-set", lambda line, t: line.unread and t.scope in _INSIDE),
    ("wrong-group", lambda line, t: line.misgrouped and t.scope in _INSIDE),
    ("empty-segment", lambda _, t: is_segment(t, "8")),
    ("trailing-separators", lambda _, t: is_segment(t, "SEG1")),
    ("empty-segment", lambda line, t: any(o.own == "X12-208" for o in line.ours) and not is_segment(t, "1")),
    ("trailing-blanks", lambda _, t: _is_blank_fault(t)),
    ("several-rules", lambda line, t: _element(t) and line.told(t.element, line.ours)),
    ("cut-off", lambda line, t: line.torn or (line.cut and t.scope is not Scope.ELEMENT)),
    ("envelope-elements", lambda line, t: _element(t) and line.place.segment in CONTROL),
    ("characters", lambda _, t: _is_character_fault(t)),
    ("early-years", lambda _, t: _element(t, "8") and t.value < "1800"),
    ("hierarchy-numbers", lambda _, t: is_segment(t, "HL1")),
    ("hierarchy-order", lambda _, t: is_segment(t, "HL2")),
    ("twice", lambda line, t: is_segment(t, "1") and any(is_segment(o, "1") for o in line.ours)),
    (
        "unplaced",
        lambda line, t: is_segment(t, "1") and any(is_segment(o, "2", "6", "7") for o in line.ours),
    ),
    ("service", lambda line, t: is_segment(t, "1") and line.place.segment in _SERVICE),
    ("late", lambda line, t: is_segment(t, "3") and t.remark is not None and t.remark.segment in line.coming),
    ("same-name", lambda line, t: is_segment(t, "4", "5") and not line.lost),
    ("blanks", lambda line, t: _element(t, "1", "2", "8", "9", "10") and line.has_blanks),
    ("repetitions", lambda line, t: line.repeats and _element(t, "1", "2")),
    ("only-separators", lambda line, t: _element(t, "1", "2") and line.bare),
    ("date-formats", lambda line, t: _element(t, "8", "9") and line.place.segment in ("DTP", "DMG")),
    ("note-twice", lambda line, t: _element(t, "2", "10") and any(_element(o, t.code) for o in line.ours)),
    ("lost", lambda line, t: is_segment(t, "1") and line.lost and line.place.set_ordinal is not None),
    ("outside", lambda line, t: is_segment(t, "1") and (line.place.set_ordinal is None or line.lost)),
    ("outside", lambda line, t: is_segment(t, "1") and line.place.segment in CONTROL),
    ("too-often-later", lambda line, t: is_segment(t, "3", "4", "5") and line.lost),
    ("outside-counts", lambda line, t: t.scope in _ENVELOPE and line.lost),
    ("no-trailer", lambda _, t: _is(t, Scope.INTERCHANGE, "023", "024")),
    ("control-numbers", lambda _, t: t.scope in _ENVELOPE and t.code in ("3", "4", "001")),
)

#: Differences of something that only we say.
OURS: tuple[tuple[str, FitsOne], ...] = (
    ("business", lambda _, o: o.scope is None),
    ("failure", lambda line, _: any(t.scope is Scope.FAILURE for t in line.theirs)),
    ("widths", lambda _, o: o.own == "X12-012"),
    ("separators", lambda _, o: o.own in _SEPARATORS),
    ("wrong-group", lambda _, o: o.own == "X12-084"),
    ("unknown-set", lambda line, o: o.own == "X12-086" or (line.unread and o.scope in _INSIDE)),
    ("empty-segment", lambda _, o: o.own == "X12-208"),
    ("blanks", lambda line, o: o.own in ("X12-220", "X12-221") and line.has_blanks),
    ("only-separators", lambda line, o: o.own in ("X12-220", "X12-221") and line.bare),
    ("hierarchy", lambda _, o: o.own in _HL),
    ("first-component", lambda _, o: o.own == "X12-220" and o.component == 1),
    ("note-place", lambda line, o: _element(o, "2") and any(_element(t, "2") for t in line.theirs)),
    ("loop-again", lambda line, o: o.own == "X12-203" and line.place.set_ordinal is not None),
    ("component-notes", lambda _, o: o.own == "X12-221" and o.component is not None),
    ("repetitions", lambda line, o: line.repeats and _element(o)),
    ("characters", lambda _, o: o.own == "X12-225"),
    ("setting", lambda _, o: o.own in ("X12-232", "X12-233")),
    ("loop-id", lambda _, o: o.own == "X12-207"),
    ("number-form", lambda _, o: o.own == "X12-234"),
    ("cut-off", lambda _, o: o.own == "X12-029"),
    ("no-trailer", lambda _, o: o.own in _TRAILERS),
    ("outside", lambda _, o: o.own in _OUTSIDE),
    ("inside", lambda _, o: o.own == "X12-088"),
    ("unplaced", lambda line, o: _element(o) and line.placeless),
    ("lost", lambda line, o: line.lost and o.scope in (Scope.ELEMENT, Scope.SEGMENT)),
    ("envelope-rules", lambda _, o: o.scope in _ENVELOPE),
)


def explained(line: Line, otherwise: str) -> Iterator[Difference]:
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
