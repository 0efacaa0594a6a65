"""What an IDoc may hold: segments and fields of the basic types, from the tables beside this file.

A row of `tables/<basic type>.csv` is one field: its segment, the segment's parent ("" for the
IDoc itself), the segment's place among its siblings, how often it must and may stand there, and
how many characters the field holds. `tables/SOURCES.csv` names two public sources for each
segment. Only what both say alike is in the tables, and only what is in the tables is written.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_TABLES = Path(__file__).with_name("tables")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a basic type. fields: the most characters of each, in their order."""

    name: str
    parent: str
    order: int
    least: int
    most: int
    fields: Mapping[str, int]


@cache
def segments(basic_type: str) -> Mapping[str, Segment]:
    """The segments of a basic type, by name; "ORDERS05", "INVOIC02" or "DELVRY03"."""
    found: dict[str, Segment] = {}
    fields: dict[str, dict[str, int]] = {}
    with (_TABLES / f"{basic_type}.csv").open(encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            name = row["segment"]
            fields.setdefault(name, {})[row["field"]] = int(row["length"])
            found[name] = Segment(
                name,
                row["parent"],
                int(row["order"]),
                int(row["min"]),
                int(row["max"]),
                MappingProxyType(fields[name]),
            )
    return MappingProxyType(found)
