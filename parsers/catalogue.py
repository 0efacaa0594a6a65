"""The catalogue of findings: one row a code, loaded and checked from findings/<PREFIX>.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from parsers.finding import NOWHERE, Finding, Level, Location, Severity
from parsers.record import record

PREFIXES = ("X12", "CSV", "PRT", "TRN", "OUT", "GTW")
COLUMNS = ("code", "severity", "level", "title", "x12", "message", "cause", "remedy")
FOLDER = Path(__file__).parent / "findings"
#: Longest piece of partner text that a finding repeats: as much as AK404 can.
MAX_VALUE_CHARS = 99


class CatalogueError(ValueError):
    """A row of the catalogue is malformed; the text names file and row."""


@record
class Entry:
    """One row: what the code means, whatever the file at hand.

    x12: default codes, "AK403=7 AK304=8" in the file. A caller may add or replace codes.
    message: a sentence with {named} blanks, filled by `found`.
    """

    code: str
    severity: Severity
    level: Level
    title: str
    x12: Mapping[str, str]
    message: str
    cause: str
    remedy: str

    @property
    def blanks(self) -> frozenset[str]:
        """Names of the blanks in message and remedy."""
        from string import Formatter  # for tests and pages alone

        parts = [*Formatter().parse(self.message), *Formatter().parse(self.remedy)]
        return frozenset(name for _, name, _, _ in parts if name)


def _codes(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split())


def _entry(row: Mapping[str, str], where: str) -> Entry:
    try:
        entry = Entry(
            code=row["code"],
            severity=Severity(row["severity"]),
            level=Level(row["level"]),
            title=row["title"],
            x12=_codes(row["x12"]),
            message=row["message"],
            cause=row["cause"],
            remedy=row["remedy"],
        )
    except (KeyError, ValueError) as fault:
        raise CatalogueError(f"{where}: {fault}") from fault
    empty = [name for name in ("title", "message", "cause", "remedy") if not row[name].strip()]
    if empty:
        raise CatalogueError(f"{where}: empty {', '.join(empty)}")
    return entry


@cache
def entries() -> Mapping[str, Entry]:
    """Every code with its row. Raises CatalogueError if a file is malformed."""
    return {code: entry for prefix in PREFIXES for code, entry in _entries_of(prefix).items()}


@cache
def entry_of(code: str) -> Entry:
    """The row of a code; only its own file is read. Raises KeyError, CatalogueError."""
    prefix = code.partition("-")[0]
    if prefix not in PREFIXES:
        raise KeyError(code)
    return _entries_of(prefix)[code]


@cache
def _entries_of(prefix: str) -> Mapping[str, Entry]:
    table: dict[str, Entry] = {}
    text = (FOLDER / f"{prefix}.csv").read_text("utf-8")
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise CatalogueError(f"findings/{prefix}.csv: columns must be {', '.join(COLUMNS)}")
    for number, row in enumerate(reader, start=2):
        where = f"findings/{prefix}.csv row {number}"
        entry = _entry(row, where)
        if not entry.code.startswith(f"{prefix}-") or entry.code in table:
            raise CatalogueError(f"{where}: code {entry.code} is misplaced or used twice")
        table[entry.code] = entry
    return table


def shown(text: str) -> str:
    """Partner text as a finding may repeat it: control characters escaped, cut to 99 characters."""
    if len(text) <= MAX_VALUE_CHARS and text.isprintable():
        return text
    safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: MAX_VALUE_CHARS + 1])
    return safe if len(safe) <= MAX_VALUE_CHARS else safe[: MAX_VALUE_CHARS - 1] + "…"


def found(
    code: str,
    location: Location = NOWHERE,
    *,
    value: str | None = None,
    expected: str | None = None,
    x12: Mapping[str, str] | None = None,
    **blanks: object,
) -> Finding:
    """A finding of the catalogue's `code` at `location`.

    The message's blanks are filled from `blanks`, and {value}, {expected}, {segment},
    {element}, {row}, {column}, {offset} from the other parameters. `x12` adds to or
    replaces the row's codes. Partner text is made safe to show. Raises KeyError for a
    code or a blank that does not exist: a bug of ours.
    """
    entry = entry_of(code)
    safe_value = None if value is None else shown(value)
    facts: dict[str, object] = {
        "value": safe_value,
        "expected": expected,
        "segment": location.segment,
        "segment_number": location.segment_number,
        "element": _designator(location),
        "row": location.row,
        "column": location.column,
        "offset": location.byte_offset,
    }
    for name, part in blanks.items():
        facts[name] = shown(part) if isinstance(part, str) else part
    return Finding(
        code=code,
        severity=entry.severity,
        level=entry.level,
        title=entry.title,
        message=entry.message.format_map(facts),
        remedy=entry.remedy.format_map(facts),
        location=location,
        x12={**entry.x12, **(x12 or {})},
        value=safe_value,
        expected=expected,
    )


def _designator(location: Location) -> str | None:
    """The element by reference designator, "PO1-02" or "REF-04-1"."""
    if location.segment is None or location.element is None:
        return location.segment
    parts = [location.segment, f"{location.element:02}"]
    if location.component is not None:
        parts.append(str(location.component))
    return "-".join(parts)
