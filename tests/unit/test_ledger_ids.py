"""Ids of what is read: the same for the same place, and side by side for what comes in numbers (LD-3)."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from stages import NOON

from gateway.store.identity import ORDINAL_CHARS, derived, drawn, following, numbered
from gateway.store.rows import Reading

#: What a column of ids holds.
MOST_CHARS = 40


def documents(reading: Reading, group: int = 1) -> list[str]:
    """Ids of a thousand documents of a group."""
    return [reading.document_id(1, group, ordinal) for ordinal in range(1, 1001)]


def test_documents_of_a_group_follow_one_another_and_so_do_their_deliveries() -> None:
    ids = documents(Reading("tx-1", 0, 1, "p"))
    deliveries = [following("dl", one, "erp", 0) for one in ids]
    consignments = [following("cs", one, "erp") for one in deliveries]
    for those in (ids, deliveries, consignments):
        assert sorted(those) == those
        assert len({one[:-ORDINAL_CHARS] for one in those}) == 1
        assert len(set(those)) == len(ids)
        assert max(map(len, those)) <= MOST_CHARS


def test_what_comes_one_after_the_other_in_one_millisecond_has_ids_in_that_order() -> None:
    """FI-E04, FI-E05."""
    ids = [drawn("tx", NOON) for _ in range(1000)]
    later = drawn("tx", NOON + timedelta(milliseconds=1))
    assert sorted({*ids, later}) == [*ids, later]
    assert {len(one) for one in ids} == {len(later)}


def test_a_fork_does_not_count_up_from_where_its_parent_was(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn("tx", NOON)
    with monkeypatch.context() as fork:
        fork.setattr(os, "getpid", lambda: -1)
        childs = drawn("tx", NOON)
    assert childs not in {drawn("tx", NOON) for _ in range(10)}


def test_a_second_reading_gives_the_same_ids_whichever_attempt_it_is() -> None:
    assert documents(Reading("tx-1", 0, 1, "p")) == documents(Reading("tx-1", 0, 7, "q"))


def test_other_places_readings_and_destinations_have_other_ids() -> None:
    first = Reading("tx-1", 0, 1, "p")
    others = [
        *documents(first, group=2),
        *documents(Reading("tx-1", 1, 1, "p")),
        *documents(Reading("tx-2", 0, 1, "p")),
    ]
    assert not set(documents(first)) & set(others)
    [one] = documents(first)[:1]
    assert len({following("dl", one, *parts) for parts in (("erp", 0), ("erp", 1), ("wms", 0))}) == 3
    assert following("cs", one, "erp") != following("cs", one, "erp", "dl-2")


def test_an_id_with_a_number_is_as_long_as_one_without() -> None:
    assert len(numbered("doc", "tx-1", ordinal=1)) == len(derived("doc", "tx-1"))
    assert numbered("doc", "tx-1", ordinal=255).endswith("000000ff")
