"""Any set without fault is written back as it was sent: shown by sets made from the tables by chance."""

from __future__ import annotations

import re
from random import Random

import pytest

from parsers.x12.dictionary import standard
from tests.support.second_opinion_documents import Author, interchange
from tests.support.x12_round_trip import RoundTrip, is_told_apart, normal, round_trip, sets_of
from translators import registry

SETS = sorted(set_id for kind, set_id in registry.TRANSLATORS if kind == "x12")
#: Sets a kind and release: in a quick run, and in a thorough one.
FEW, MANY = 4, 60
NOT_WRITTEN_BACK = "TRN-364"


def _lost(trip: RoundTrip) -> list[str]:
    """Values told as not written back, by their path."""
    told = [one.message for one in trip.written.findings if one.code == NOT_WRITTEN_BACK]
    return [
        one.path for one in trip.document.unmapped if any(f"read at {one.path} " in text for text in told)
    ]


def _assert_comes_back(set_id: str, release: str, seed: int) -> None:
    definition = standard().set_definition(release, set_id)
    assert definition is not None
    made = Author(definition, Random(f"{set_id}{release}{seed}")).document()
    (sent,) = sets_of(interchange(definition, made))
    assert sent.is_clean, sent.set.findings
    trip = round_trip(sent)
    assert trip is not None
    assert trip.written.is_sound, trip.written.findings
    assert trip.again is not None
    assert not trip.faults, trip.faults
    lost = _lost(trip)
    again = trip.again.document()
    assert again is not None
    assert len(again.unmapped) == len(trip.document.unmapped) - len(lost)
    if is_told_apart(sent) and all(path.endswith("LIN-01") for path in _without_places(lost)):
        assert normal(trip.again.rows, release) == normal(sent.rows, release)


def _without_places(paths: list[str]) -> list[str]:
    """The paths without the numbers of segments: PO1[1]/LIN[2]-01 ends in LIN-01."""
    return [re.sub(r"\[[0-9]+\]", "", path) for path in paths]


@pytest.mark.parametrize("release", ["004010", "005010"])
@pytest.mark.parametrize("set_id", SETS)
def test_a_set_made_by_chance_is_written_back(set_id: str, release: str) -> None:
    for seed in range(FEW):
        _assert_comes_back(set_id, release, seed)


@pytest.mark.slow
@pytest.mark.parametrize("release", ["004010", "005010"])
@pytest.mark.parametrize("set_id", SETS)
def test_many_sets_made_by_chance_are_written_back(set_id: str, release: str) -> None:
    for seed in range(FEW, MANY):
        _assert_comes_back(set_id, release, seed)
