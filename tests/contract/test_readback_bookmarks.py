"""How far an ERP was read, and what its records said, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.ports import Heard
from gateway.store import bookmarks, schema
from gateway.store.bookmarks import LedgerBookmarks
from gateway.store.ledger import Ledger, open_engine
from outbound.changes import Position

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SALES, SHIPMENTS = "sale.sale", "stock.shipment.out"


class SetClock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(database_url))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def known(ledger: Ledger, clock: SetClock) -> LedgerBookmarks:
    return LedgerBookmarks(ledger, clock)


def _ends(ledger: Ledger) -> dict[str, datetime | None]:
    with ledger.read() as view:
        return bookmarks.read_to_their_ends(view)


def test_nothing_is_known_of_what_was_never_read(known: LedgerBookmarks, ledger: Ledger) -> None:
    assert known.position("erp", SALES) is None
    assert known.heard("erp", ["sale.sale,1"]) == {}
    assert _ends(ledger) == {}


def test_a_place_is_kept_for_each_channel_and_kind_of_record(known: LedgerBookmarks) -> None:
    known.advance("erp", SALES, Position("2026-11-24T11:00:00", 7), (), at_end=False)
    known.advance("erp", SHIPMENTS, Position("2026-11-24T09:00:00", 3), (), at_end=False)
    assert known.position("erp", SALES) == Position("2026-11-24T11:00:00", 7)
    assert known.position("erp", SHIPMENTS) == Position("2026-11-24T09:00:00", 3)
    assert known.position("other", SALES) is None


@pytest.mark.parametrize(
    "earlier", [Position("2026-11-24T10:59:59", 99), Position("2026-11-24T11:00:00", 6)], ids=str
)
def test_a_place_never_moves_back_whatever_the_clock_of_the_erp_does(
    known: LedgerBookmarks, earlier: Position
) -> None:
    """FI-G01: a second node that is behind, or an ERP whose clock was set back."""
    reached = Position("2026-11-24T11:00:00", 7)
    known.advance("erp", SALES, reached, (), at_end=False)
    known.advance("erp", SALES, earlier, (), at_end=True)
    assert known.position("erp", SALES) == reached


def test_of_two_records_changed_at_one_moment_the_second_comes_after_the_first(
    known: LedgerBookmarks,
) -> None:
    known.advance("erp", SALES, Position("2026-11-24T11:00:00", 7), (), at_end=False)
    known.advance("erp", SALES, Position("2026-11-24T11:00:00", 8), (), at_end=False)
    assert known.position("erp", SALES) == Position("2026-11-24T11:00:00", 8)


def test_what_records_said_last_is_known_for_each_channel(known: LedgerBookmarks) -> None:
    first, later = Heard("sale.sale,1", "v1", "a" * 64), Heard("sale.sale,1", "v2", "b" * 64)
    known.advance("erp", SALES, Position("v1", 1), [first], at_end=False)
    known.advance("erp", SALES, Position("v2", 1), [later], at_end=False)
    assert known.heard("erp", ["sale.sale,1", "sale.sale,2"]) == {"sale.sale,1": later}
    assert known.heard("other", ["sale.sale,1"]) == {}


def test_a_channel_was_read_to_its_end_when_the_last_of_its_kinds_was(
    known: LedgerBookmarks, ledger: Ledger, clock: SetClock
) -> None:
    known.advance("erp", SALES, Position("v1", 1), (), at_end=True)
    known.advance("erp", SHIPMENTS, Position("v1", 1), (), at_end=False)
    assert _ends(ledger) == {"erp": None}
    clock.at = NOON + timedelta(minutes=5)
    known.advance("erp", SHIPMENTS, Position("v2", 1), (), at_end=True)
    assert _ends(ledger) == {"erp": NOON}
    known.advance("erp", SALES, Position("v1", 1), (), at_end=True)
    assert _ends(ledger) == {"erp": clock.at}
