"""Findings that say the same, gathered: shown once, with how many there are and where the others stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field

from parsers.finding import Finding
from parsers.record import mutable_record, record
from parsers.x12.model import Separators

#: Kinds of finding kept; a file with more is said to have more.
MAX_GROUPS = 200
#: Further places and different values kept for each.
MAX_PLACES = 8
MAX_VALUES = 8


@record
class Surroundings:
    """What a finding is in.

    subject: "850 0001". separators: None for a delimited file. release: whose tables read it.
    """

    subject: str
    separators: Separators | None = None
    release: str | None = None


@mutable_record
class Gathered:
    """Equal findings. first: of them. others: subject and finding of the next few. values: by how often."""

    first: Finding
    around: Surroundings
    count: int = 1
    others: list[tuple[str, Finding]] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    more_values: bool = False

    def add(self, finding: Finding, around: Surroundings) -> None:
        """Count one more."""
        self.count += 1
        if len(self.others) < MAX_PLACES:
            self.others.append((around.subject, finding))
        self.note(finding)

    def note(self, finding: Finding) -> None:
        """Count the value of a finding."""
        if finding.value is None:
            return
        if finding.value in self.values or len(self.values) < MAX_VALUES:
            self.values[finding.value] += 1
        else:
            self.more_values = True


class Findings:
    """All findings of a file in the order of their first; memory does not grow with their number."""

    def __init__(self) -> None:
        self._groups: dict[tuple[object, ...], Gathered] = {}
        self.errors = 0
        self.notes = 0
        #: Findings of kinds beyond MAX_GROUPS.
        self.hidden = 0

    def take(self, findings: Iterable[Finding], around: Surroundings) -> None:
        """Gather findings that stand in the same surroundings."""
        for finding in findings:
            self.errors += finding.is_error
            self.notes += not finding.is_error
            self._take(finding, around)

    def _take(self, finding: Finding, around: Surroundings) -> None:
        place = finding.location
        key = (finding.code, place.segment, place.element, place.component, place.column)
        known = self._groups.get(key)
        if known is not None:
            known.add(finding, around)
        elif len(self._groups) < MAX_GROUPS:
            self._groups[key] = gathered = Gathered(finding, around)
            gathered.note(finding)
        else:
            self.hidden += 1

    def __iter__(self) -> Iterator[Gathered]:
        return iter(self._groups.values())
