"""The tables of docs/second-opinion.md: what was counted, and the page with it.

TRADEPOST_UPDATE_SECOND_OPINION=1 writes what the tests counted into the page; the diff is then to be read.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from parsers.x12.second_opinion.comparison import Comparison
from parsers.x12.second_opinion.differences import kinds

PAGE = Path(__file__).parents[2] / "docs" / "second-opinion.md"
UPDATE = "TRADEPOST_UPDATE_SECOND_OPINION"
#: The page's columns of counts, from the left, the first after the words.
SOURCES = ("files of others", "known faults", "documents made")
VERDICTS = ("both accept", "both refuse", "only we refuse", "only pyx12 refuses", "nobody can judge")


@dataclass
class Tally:
    """What comparisons come to: differences by kind, sets by who refuses them, findings agreed."""

    differences: Counter[str] = field(default_factory=Counter)
    sets: Counter[str] = field(default_factory=Counter)
    agreed: int = 0
    #: Kinds of difference in sets that only one side refuses, by that side.
    decisive: dict[str, set[str]] = field(default_factory=dict)

    def add(self, compared: Comparison) -> None:
        """Count one interchange."""
        self.agreed += len(compared.agreed)
        self.differences.update(difference.kind for difference in compared.differences)
        for verdict in compared.sets:
            name = _name(verdict.ours, verdict.theirs, read=verdict.read)
            self.sets[name] += 1
            if name.startswith("only"):
                self.decisive.setdefault(name, set()).update(
                    difference.kind
                    for difference in compared.differences
                    if difference.place.set_ordinal == verdict.place.set_ordinal
                    and (difference.finding if name == "only we refuse" else difference.remark) is not None
                )

    def merge(self, other: Tally) -> None:
        """Add what another has counted."""
        self.agreed += other.agreed
        self.differences.update(other.differences)
        self.sets.update(other.sets)
        for name, found in other.decisive.items():
            self.decisive.setdefault(name, set()).update(found)


def _name(ours: int, theirs: int, *, read: bool) -> str:
    if not read:
        return VERDICTS[4]
    return VERDICTS[(2 if ours and not theirs else 3 if theirs and not ours else 1 if ours else 0)]


def tally(compared: Iterable[Comparison]) -> Tally:
    """All of them counted."""
    counted = Tally()
    for one in compared:
        counted.add(one)
    return counted


def counts(counted: Tally) -> dict[str, int]:
    """The numbers of one column of the page, by the first cell of their rows."""
    rows = {name: counted.sets[name] for name in VERDICTS}
    rows["findings agreed"] = counted.agreed
    rows.update({f"`{name}`": counted.differences[name] for name in kinds()})
    return rows


def on_page(source: str) -> dict[str, int]:
    """The numbers of a column as the page has them."""
    column = SOURCES.index(source) - len(SOURCES)
    return {
        cells[0]: int(cells[column])
        for cells in map(_cells, PAGE.read_text("utf-8").splitlines())
        if len(cells) > len(SOURCES) and cells[-1].isdecimal()
    }


def settle(source: str, counted: Tally) -> None:
    """Write the numbers into the page if that is asked for."""
    if UPDATE not in os.environ:
        return
    numbers = counts(counted)
    column = SOURCES.index(source) - len(SOURCES)
    lines = PAGE.read_text("utf-8").splitlines()
    for at, line in enumerate(lines):
        cells = _cells(line)
        if len(cells) > len(SOURCES) and cells[0] in numbers:
            cells[column] = str(numbers[cells[0]])
            lines[at] = f"| {' | '.join(cells)} |"
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
