"""How every set of a group is answered, kept small: a group may hold a million sets.

Sets accepted without a word are a line of text each, and lines are packed by the thousand:
about two bytes a set. What is wrong with the others is kept with what an answer says of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from parsers.finding import Finding, Level, Location, Severity
from parsers.record import record

#: Lines that stand open before they are packed.
LINES_A_BLOCK = 4096
#: Fast rather than small: lines of one group resemble each other.
_PACKING = 1
#: ST01 has three characters wherever an answer can name it.
SET_ID_CHARS = 3
#: What begins a line that holds more than names.
_WHOLE = "["
_to_json = json.JSONEncoder(separators=(",", ":")).encode


#: A number of the business that places a fault: its name ("PO101") and its value ("12").
BusinessUnit = tuple[str, str]


class Fault(NamedTuple):
    """A fault of a segment or an element as far as a 997 or 999 tells it.

    number: of the segment in its set, 0 if not known. segment: its id as sent, or the one that is missing.
    loop: path of its loop, "" at the top of the set, None if its place in the set is not known.
    segment_code, newer_segment_code: AK304 and IK304; 8 where an element is at fault.
    element, component, repetition: None where the fault is not about them.
    element_code, newer_element_code: AK403 and IK403, "" for a fault of the segment.
    unit: the line, level or document that the segment belongs to; None unless a 999 is to tell.
    """

    number: int
    segment: str
    loop: str | None
    segment_code: str
    newer_segment_code: str
    element: int | None
    component: int | None
    repetition: int | None
    data_element: str
    element_code: str
    newer_element_code: str
    value: str
    unit: BusinessUnit | None = None

    @classmethod
    def of(cls, finding: Finding) -> Fault | None:
        """None for a finding that is about neither a segment nor an element."""
        x12, place = finding.x12, finding.location
        element_code = x12.get("AK403", "")
        segment_code = "8" if element_code else x12.get("AK304", "")
        if not segment_code:
            return None
        return cls(
            place.segment_number or 0,
            place.segment or "",
            place.loop,
            segment_code,
            "8" if element_code else x12.get("IK304", segment_code),
            place.element,
            place.component,
            place.repetition,
            place.data_element or "",
            element_code,
            x12.get("IK403", element_code),
            finding.value or "",
        )

    def place(self) -> tuple[int, str, str, str]:
        """What one AK3 tells of: the segment's number, its id, its loop, and the code."""
        return self.number, self.segment, self.loop or "", self.segment_code


@record
class Ak5:
    """The answer to one set. code: AK501. notes: AK502 to AK506, at most five, most telling first."""

    code: str
    notes: tuple[str, ...] = ()


ACCEPTED_SET = Ak5("A")


@record
class SetOutcome:
    """One set as an answer speaks of it.

    faults: what a 997 or 999 tells of it, in the order of place. findings: what a receipt tells.
    """

    set_id: str
    control_number: str
    implementation: str
    ak5: Ak5
    faults: tuple[Fault, ...] = ()
    findings: tuple[Finding, ...] = ()


class Outcomes:
    """The outcomes of a group's sets, in the order received."""

    def __init__(self, outcomes: Iterable[SetOutcome] = ()) -> None:
        self._packed: list[bytes] = []
        self._open: list[str] = []
        self._felled = False
        for outcome in outcomes:
            self.append(outcome)

    def accept(self, set_id: str, control_number: str) -> None:
        """Add a set that is accepted without findings and has no ST03, by names that an answer can repeat."""
        self._open.append(set_id + control_number)
        if len(self._open) == LINES_A_BLOCK:
            self._pack()

    def append(self, outcome: SetOutcome) -> None:
        """Add any set."""
        self._open.append(_line(outcome))
        if len(self._open) == LINES_A_BLOCK:
            self._pack()

    def fell(self) -> None:
        """Reject every set, whatever its own outcome: its group is rejected as a whole."""
        self._felled = True

    def runs(self) -> Iterator[SetOutcome | list[str]]:
        """The outcomes in order; sets accepted without a word in a row as one list, "8500001" each.

        Such a name is ST01, three characters, and ST02.
        """
        if self._felled:
            yield from self
            return
        for block in self._blocks():
            whole = [at for at, line in enumerate(block) if line.startswith(_WHOLE)]
            start = 0
            for at in whole:
                if block[start:at]:
                    yield block[start:at]
                yield _outcome(block[at])
                start = at + 1
            if block[start:]:
                yield block[start:]

    def __len__(self) -> int:
        return len(self._packed) * LINES_A_BLOCK + len(self._open)

    def __iter__(self) -> Iterator[SetOutcome]:
        for block in self._blocks():
            for line in block:
                outcome = _outcome(line)
                # A reader that trusts AK5 alone must not be misled.
                yield replace(outcome, ak5=Ak5("R", outcome.ak5.notes)) if self._felled else outcome

    def _blocks(self) -> Iterator[list[str]]:
        for block in self._packed:
            yield zlib.decompress(block).decode("ascii").split("\n")
        yield self._open

    def _pack(self) -> None:
        self._packed.append(zlib.compress("\n".join(self._open).encode("ascii"), _PACKING))
        self._open.clear()


def _line(outcome: SetOutcome) -> str:
    """One line of ASCII."""
    findings = [_as_list(finding) for finding in outcome.findings]
    names = (outcome.set_id, outcome.control_number, outcome.implementation)
    return _to_json([*names, outcome.ak5.code, outcome.ak5.notes, outcome.faults, findings])


def _outcome(line: str) -> SetOutcome:
    if not line.startswith(_WHOLE):
        return SetOutcome(line[:SET_ID_CHARS], line[SET_ID_CHARS:], "", ACCEPTED_SET)
    set_id, control_number, implementation, code, notes, faults, findings = json.loads(line)
    return SetOutcome(
        set_id,
        control_number,
        implementation,
        Ak5(code, tuple(notes)),
        tuple(map(_fault, faults)),
        tuple(map(_finding, findings)),
    )


def _fault(parts: list[Any]) -> Fault:
    fault = Fault._make(parts)
    return fault if fault.unit is None else fault._replace(unit=(fault.unit[0], fault.unit[1]))


def _as_list(finding: Finding) -> list[Any]:
    place = finding.location
    known = {name: part for name in Location.__match_args__ if (part := getattr(place, name)) is not None}
    texts = (finding.title, finding.message, finding.remedy)
    level, severity = finding.level.value, finding.severity.value
    return [finding.code, severity, level, *texts, known, dict(finding.x12), finding.value, finding.expected]


def _finding(parts: list[Any]) -> Finding:
    code, severity, level, title, message, remedy, place, x12, value, expected = parts
    return Finding(
        code,
        Severity(severity),
        Level(level),
        title,
        message,
        remedy,
        Location(**place),
        x12,
        value,
        expected,
    )
