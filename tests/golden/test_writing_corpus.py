"""Every real set that we read without fault is written back as it was sent, and read back as the same.

What writing may change is listed in docs/x12-writing.md; the table there of sets that cannot be
written back is kept true here.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.support.x12_round_trip import Sent, normal, round_trip, sets_of
from translators import registry

PROJECT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("TRADEPOST_CORPUS", PROJECT.parent / "shared" / "corpus"))
SETS = sorted(set_id for standard, set_id in registry.TRANSLATORS if standard == "x12")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


SAMPLES = [path for path in _files(PROJECT / "samples" / "x12") if path.name.startswith("input.")]
REAL = [path for path in _files(CORPUS) if path.suffix not in (".tsv", ".csv", ".json")]


def _translated(path: Path) -> list[Sent]:
    return [one for one in sets_of(path.read_bytes()) if one.set.set_id in SETS]


def _assert_comes_back(sent: Sent) -> None:
    trip = round_trip(sent)
    assert trip is not None
    assert trip.written.is_sound, trip.written.findings
    assert not trip.faults, trip.faults
    assert trip.again is not None
    release = sent.set.release or ""
    assert normal(trip.again.rows, release) == normal(sent.rows, release)
    assert trip.again.document() == trip.document


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_a_sample_without_fault_is_written_back(path: Path) -> None:
    for sent in _translated(path):
        if sent.is_clean:
            _assert_comes_back(sent)


@pytest.mark.skipif(not REAL, reason="the corpus is not beside the project")
@pytest.mark.parametrize("set_id", SETS)
def test_every_real_set_without_fault_is_written_back(set_id: str) -> None:
    seen: Counter[bool] = Counter()
    for path in REAL:
        for sent in _translated(path):
            if sent.set.set_id == set_id:
                seen[sent.is_clean] += 1
                if sent.is_clean:
                    _assert_comes_back(sent)
    assert seen[True] or set_id in ("860", "865")
