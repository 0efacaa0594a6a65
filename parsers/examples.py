"""Examples of findings, each from a file that was read: findings/examples.csv, made from fault samples."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EXAMPLES = Path(__file__).parent / "findings" / "examples.csv"
COLUMNS = ("code", "text", "start", "length", "message", "remedy")


@dataclass(frozen=True, slots=True)
class Example:
    """One fault as it was found.

    text: the segment or row it stands in, printable; "" if it has no such place. start, length: the
    characters of it that are meant. message, remedy: the finding's own.
    """

    text: str
    start: int
    length: int
    message: str
    remedy: str


@cache
def examples() -> Mapping[str, Example]:
    """An example by code, for those codes that we have one of."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["code"]: Example(
            row["text"], int(row["start"]), int(row["length"]), row["message"], row["remedy"]
        )
        for row in rows
    }
