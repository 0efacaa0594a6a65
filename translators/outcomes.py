"""How every set of a group is answered, kept small: a group may hold a million sets.

Sets accepted without a word are a line of text each, and lines are packed by the thousand:
about two bytes a set. What is wrong with the others is kept with what an answer says of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from parsers.finding import Finding, Level, Location, Severity

#: Lines that stand open before they are packed.
LINES_A_BLOCK = 4096
#: Fast rather than small: lines of one group resemble each other.
_PACKING = 1
#: ST01 has three characters wherever an answer can name it.
SET_ID_CHARS = 3
#: What begins a line that holds more than names.
_WHOLE = "["

#: A number of the business that places a fault: its name ("PO101") and its value ("12").
BusinessUnit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ak5:
    """The answer to one set. code: AK501. notes: AK502 to AK506, at most five, most telling first."""

    code: str
    notes: tuple[str, ...] = ()


ACCEPTED_SET = Ak5("A")


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """One set as an answer speaks of it.

    findings: what the answer may tell. units: the line, level or document that a faulty segment
    belongs to, by the segment's number in the set; empty unless a 999 is to tell.
    """

    set_id: str
    control_number: str
    implementation: str
    ak5: Ak5
    findings: tuple[Finding, ...] = ()
    units: Mapping[int, BusinessUnit] = field(default_factory=dict)


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


def without_texts(finding: Finding) -> Finding:
    """The finding as far as a 997 or 999 needs it: codes, place and value."""
    return replace(finding, title="", message="", remedy="", expected=None)


def _line(outcome: SetOutcome) -> str:
    """One line of ASCII."""
    findings = [_as_list(finding) for finding in outcome.findings]
    units = [[number, *unit] for number, unit in outcome.units.items()]
    names = (outcome.set_id, outcome.control_number, outcome.implementation)
    return json.dumps([*names, outcome.ak5.code, outcome.ak5.notes, findings, units])


def _outcome(line: str) -> SetOutcome:
    if not line.startswith(_WHOLE):
        return SetOutcome(line[:SET_ID_CHARS], line[SET_ID_CHARS:], "", ACCEPTED_SET)
    set_id, control_number, implementation, code, notes, findings, units = json.loads(line)
    return SetOutcome(
        set_id,
        control_number,
        implementation,
        Ak5(code, tuple(notes)),
        tuple(map(_finding, findings)),
        {number: (name, value) for number, name, value in units},
    )


def _as_list(finding: Finding) -> list[Any]:
    place = finding.location
    known = {name: part for name in Location.__slots__ if (part := getattr(place, name)) is not None}
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
