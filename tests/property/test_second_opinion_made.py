"""Documents made from our tables, right ones and spoilt ones: pyx12 agrees, or the page says why not.

TRADEPOST_SECOND_OPINION=200 makes so many of each set and release; the page counts those of an ordinary run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest
from second_opinion_documents import Author, interchange, spoilt
from second_opinion_page import Tally, counts, on_page, settle
from second_opinion_reading import comparisons

from parsers.x12.dictionary import releases, set_definition, set_ids
from parsers.x12.second_opinion.comparison import Comparison
from parsers.x12.second_opinion.differences import UNEXPLAINED

ORDINARY = 40
EACH = int(os.environ.get("TRADEPOST_SECOND_OPINION", ORDINARY))
#: Of so many documents of a set one is left as it was made.
RIGHT = 5
SETS = [(release, set_id) for release in releases() for set_id in set_ids(release)]
#: What pyx12 refuses a set for that we accept.
WE_ACCEPT = {
    "blanks", "characters", "date-formats", "early-years", "hierarchy-numbers", "hierarchy-order",
    "same-name", "trailing-blanks", "trailing-separators",
}  # fmt: skip
#: What we refuse a set for that pyx12 accepts.
WE_REFUSE = {
    "blanks", "component-notes", "first-component", "hierarchy", "loop-again", "loop-id", "number-form",
    "only-separators", "repetitions",
}  # fmt: skip


def made(release: str, set_id: str) -> Iterator[tuple[bool, Comparison]]:
    """Documents of a set as both judge them; True for those without a fault."""
    definition = set_definition(release, set_id)
    assert definition is not None
    random = Random(f"{release} {set_id}")
    author = Author(definition, random)
    for number in range(EACH):
        document = author.document()
        right = number % RIGHT == 0
        segments = document if right else spoilt(document, random)
        (compared,) = comparisons(interchange(definition, segments))
        yield right, compared


@pytest.mark.slow
def test_every_difference_is_explained_and_counted_on_the_page() -> None:
    counted = Tally()
    for release, set_id in SETS:
        for right, compared in made(release, set_id):
            counted.add(compared)
            kinds = {difference.kind for difference in compared.differences}
            assert UNEXPLAINED not in kinds, (release, set_id, compared.differences)
            assert not right or kinds <= {"business", "date-formats"}, (release, set_id, compared.differences)
    settle("documents made", counted)
    assert counted.decisive["only pyx12 refuses"] <= WE_ACCEPT
    assert counted.decisive["only we refuse"] <= WE_REFUSE
    if EACH == ORDINARY:
        assert counts(counted) == on_page("documents made")
