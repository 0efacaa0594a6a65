"""A partner's codes beside ours: the `crosswalk.csv` in its folder.

    list,theirs,ours
    product,VN:DS-310,CLAMP-40
    unit,CA,cs

A code of the partner's is written with its qualifier and a colon, or without if it is the same
under every qualifier. What `ours` means is up to the destination: in an ERP the product's code.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from parsers.finding import Finding
from partners.faults import fault
from partners.inheritance import Place
from partners.sources import read_text

CROSSWALK_FILE = "crosswalk.csv"
HEADER = ("list", "theirs", "ours")
#: What codes may be of.
LISTS = ("party", "address", "product", "unit", "charge", "tax")


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Our codes by list and the partner's code; empty for most partners."""

    rows: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))

    def ours(self, kind: str, code: str, qualifier: str | None = None) -> str | None:
        """Our code for one of theirs in the list `kind`; a row with its qualifier comes first."""
        exact = self.rows.get((kind, f"{qualifier}:{code}")) if qualifier else None
        return exact if exact is not None else self.rows.get((kind, code))


def read_crosswalk(folder: Path) -> Crosswalk | tuple[Finding, ...]:
    """The crosswalk of a partner's folder, empty if there is none; or everything that is wrong with it."""
    path = folder / CROSSWALK_FILE
    if not path.exists():
        return Crosswalk()
    name = f"{folder.name}/{CROSSWALK_FILE}"
    text = read_text(path, name)
    if isinstance(text, Finding):
        return (text,)
    lines = _lines(text)
    number, header = next(lines, (1, []))
    if tuple(header) != HEADER:
        reason = f"the first line must be {','.join(HEADER)}"
        return (fault("PRT-041", Place(name, number, ""), reason=reason),)
    rows: dict[tuple[str, str], str] = {}
    faults: list[Finding] = []
    for number, row in lines:
        if reason := _wrong(row, rows):
            faults.append(fault("PRT-041", Place(name, number, ""), reason=reason))
        else:
            rows[row[0], row[1]] = row[2]
    return tuple(faults) or Crosswalk(MappingProxyType(rows))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its line; empty lines and those that begin with # are passed over."""
    reader = csv.reader(text.removeprefix("\ufeff").splitlines())
    for row in reader:
        values = [value.strip() for value in row]
        if any(values) and not values[0].startswith("#"):
            yield reader.line_num, values


def _wrong(row: list[str], rows: Mapping[tuple[str, str], str]) -> str:
    if len(row) != len(HEADER) or not all(row):
        return "a line must hold a list, their code and our code"
    if row[0] not in LISTS:
        return f'"{row[0]}" is no list; there are {", ".join(LISTS)}'
    return f'"{row[1]}" stands in the list {row[0]} already' if (row[0], row[1]) in rows else ""
