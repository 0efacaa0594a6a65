"""The page on writing tells the truth: its sets and kinds, and how the files of others come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.x12_round_trip import RoundTrip, Row, normal, round_trip, sets_of
from translators import registry

PAGE = (Path(__file__).parents[2] / "docs" / "x12-writing.md").read_text("utf-8")
X12 = {set_id: one.kind for (kind, set_id), one in sorted(registry.TRANSLATORS.items()) if kind == "x12"}
#: Not X12, or files about the files.
OTHERS = frozenset({".tsv", ".csv", ".json"})


def _rows(heading: str) -> list[list[str]]:
    """The rows of the table that begins with a heading cell."""
    lines = iter(PAGE.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_every_set_that_is_written_is_listed_with_its_document() -> None:
    assert {tuple(row) for row in _rows("set")} == set(X12.items())


def _stripped(rows: list[Row]) -> list[Row]:
    """The segments without empty elements at their end."""
    return [(segment_id, tuple("*".join(elements).rstrip("*").split("*"))) for segment_id, elements in rows]


def _outcome(trip: RoundTrip) -> str:
    """How a set came back."""
    if not trip.sent.is_clean:
        return "faulty, written" if trip.again is not None and not trip.faults else "faulty, not written"
    assert trip.again is not None
    release = trip.sent.set.release or ""
    if _stripped(trip.again.rows) == _stripped(trip.sent.rows):
        return "exactly"
    return "with a change" if normal(trip.again.rows, release) == normal(trip.sent.rows, release) else "not"


def _trips(corpus: Path) -> Iterator[RoundTrip]:
    for path in sorted(path for path in corpus.rglob("*") if path.is_file() and path.suffix not in OTHERS):
        for sent in sets_of(path.read_bytes()):
            trip = round_trip(sent) if sent.set.set_id in X12 else None
            if trip is not None:
                yield trip


@pytest.mark.slow
def test_the_table_of_real_files_is_true(corpus: Path) -> None:
    columns = ("exactly", "with a change", "not", "faulty, written", "faulty, not written")
    counts: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    for trip in _trips(corpus):
        outcome = _outcome(trip)
        counts[trip.sent.set.set_id, outcome] += 1
        if outcome == columns[-1]:
            reasons.update({one.code for one in trip.written.findings if one.is_error} or {"-"})
    expected = [
        [set_id, *(str(counts[set_id, column]) for column in columns)]
        for set_id in sorted(X12)
        if any(counts[set_id, column] for column in columns)
    ]
    assert _rows("set of others") == expected
    assert _rows("code") == [[code, str(count)] for code, count in sorted(reasons.items())]
