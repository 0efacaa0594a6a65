"""What was compared and what did not fit, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

#: Breaches of one check that are kept word by word; all are counted.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that does not fit. subject: the row or the hash. says: what is wrong with it."""

    subject: str
    says: str


@dataclass(slots=True)
class Tally:
    """One check while it runs. compared: how many things were looked at."""

    name: str
    what: str
    compared: int = 0
    breached: int = 0
    shown: list[Breach] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def breach(self, subject: str, says: str) -> None:
        """Something does not fit."""
        self.breached += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(Breach(subject, says))

    def result(self) -> Result:
        """What came of it."""
        return Result(
            self.name, self.what, self.compared, self.breached, tuple(self.shown), tuple(self.notes)
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check.

    what: a sentence on what it compares. breached: all breaches; `breaches` holds the first of
    them. notes: what is worth knowing and no breach.
    """

    name: str
    what: str
    compared: int
    breached: int
    breaches: Sequence[Breach]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. places: how many files that came in are in each place; `received` is their sum."""

    began_at: datetime
    ended_at: datetime
    received: int
    places: Mapping[str, int]
    checks: Sequence[Result]

    @property
    def is_well(self) -> bool:
        """True if nothing is breached."""
        return not any(check.breached for check in self.checks)
