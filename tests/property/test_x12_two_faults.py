"""Two faults far enough apart in one set are told like each of them alone, in made sets of every kind.

What is told otherwise stands with its reason in docs/x12-reading.md. BI-043.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from parsers.x12.definition import SetDefinition
from parsers.x12.dictionary import releases, set_definition, set_ids
from parsers.x12.model import Segment
from parsers.x12.walker import WalkOptions, place
from tests.support.x12_generated import Row, SetMaker

PAGE = Path(__file__).parents[2] / "docs" / "x12-reading.md"
#: Codes that are told of two faults alone, and together, as the page lists them.
LISTED = {
    tuple(tuple(re.findall(r"X12-\d{3}", cell)) for cell in row)
    for row in re.findall(
        r"^\| (.*?) \| (.*?) \| .* \|$", PAGE.read_text("utf-8").partition("## Two faults")[2], re.M
    )
    if "X12" in row[0]
}
KINDS = [(release, set_id) for release in releases() for set_id in set_ids(release)]
#: Sets made of each kind, faults tried in each, and segments between two of them.
SETS, FAULTS, APART = 12, 14, 5
#: Numbered and linked with others: a fault in one of these may show in another.
LINKED = frozenset({"ST", "SE", "HL", "LS", "LE", "BSN"})
BAD_VALUES = ("\x01", "X" * 300, "~~", "1.2.3")

#: A segment with a name that it keeps when others are put in before it.
Named = tuple[object, Row]
#: Code, segment, the name of its segment, element and component of a finding.
Told = tuple[object, ...]


@dataclass(frozen=True)
class Fault:
    """What stands in place of one row, and the one finding that this makes alone."""

    at: int
    instead: list[Named]
    told: list[Told]


def told(definition: SetDefinition, rows: list[Named]) -> list[Told]:
    segments = [Segment(row[0], row[1:], number, 0, 9) for number, (_, row) in enumerate(rows, 1)]
    errors = [fault for fault in place(definition, segments, WalkOptions())[1] if fault.is_error]
    return sorted(
        (
            (one.code, at.segment, rows[(at.segment_number or 1) - 1][0], at.element, at.component)
            for one in errors
            for at in [one.location]
        ),
        key=str,
    )


def changes(rows: list[Row], at: int, maker: SetMaker, chance: Random, name: int) -> list[Named]:
    """One row spoilt, left out, sent thrice, or with another before it."""
    row = rows[at]
    match chance.randrange(5):
        case 0:
            spot = chance.randrange(1, max(2, len(row)))
            values = [*row, ""][: max(len(row), spot + 1)]
            values[spot] = chance.choice(BAD_VALUES)
            return [(at, values)]
        case 1:
            return []
        case 2:
            return [((name, "unknown"), ["ZZZ", "1"]), (at, row)]
        case 3:
            return [((name, "another"), maker.segment(chance.choice(maker.uses()))), (at, row)]
        case _:
            return [(at, row), *(((name, more), row) for more in range(2))]


def with_faults(rows: list[Row], *faults: Fault) -> list[Named]:
    changed: list[Named] = list(enumerate(rows))
    for fault in sorted(faults, key=lambda fault: fault.at, reverse=True):
        changed[fault.at : fault.at + 1] = fault.instead
    return changed


def single_faults(definition: SetDefinition, maker: SetMaker, rows: list[Row]) -> Iterator[Fault]:
    chance = Random(str(rows))
    spots = [at for at, row in enumerate(rows) if row[0] not in LINKED]
    for name in range(FAULTS if spots else 0):
        at = chance.choice(spots)
        fault = Fault(at, changes(rows, at, maker, chance, name), [])
        found = told(definition, with_faults(rows, fault))
        if len(found) == 1:
            yield Fault(at, fault.instead, found)


def codes(found: list[Told]) -> tuple[str, ...]:
    return tuple(sorted(str(one[0]) for one in found))


@pytest.mark.slow
def test_two_faults_apart_are_told_like_each_alone_or_as_the_page_says() -> None:
    pairs, otherwise = 0, []
    for release, set_id in KINDS:
        definition = set_definition(release, set_id)
        assert definition is not None
        maker = SetMaker(definition, WalkOptions(), f"{release} {set_id} two faults")
        for _ in range(SETS):
            rows = max((maker.clean_set() for _ in range(3)), key=len)
            for one, other in combinations(list(single_faults(definition, maker, rows)), 2):
                if abs(one.at - other.at) < APART:
                    continue
                pairs += 1
                alone = sorted([*one.told, *other.told], key=str)
                together = told(definition, with_faults(rows, one, other))
                if together != alone:
                    otherwise.append((codes(alone), codes(together)))
    assert pairs > 5_000
    assert set(otherwise) <= LISTED
    assert len(otherwise) * 200 < pairs


def test_a_segment_missing_in_its_place_and_found_later_was_moved() -> None:
    assert (("X12-203", "X12-206"), ("X12-206",)) in LISTED
    definition = set_definition("004010", "850")
    assert definition is not None
    rows = [["ST", "850", "0001"], ["REF", "DP", "38"], ["PO1", "1", "10", "EA"]]
    rows += [["BEG", "00", "SA", "PO1", "", "20261123"], ["SE", "1", "0001"]]
    assert codes(told(definition, list(enumerate(rows)))) == ("X12-206",)
