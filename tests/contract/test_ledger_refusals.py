"""What the ledger refuses, and what it says of a partner that has sent nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import TradepostError
from gateway.ports import Arrival, Stored
from gateway.store import arrivals, overdue, schema
from gateway.store.ledger import Ledger, open_engine
from gateway.store.moves import Act, move, move_if, move_many

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACT = Act("test", NOON, "because")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path / 'ledger.db'}"))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


def arrive(ledger: Ledger, *ids: str, channel: str = "acme-mailbox") -> None:
    with ledger.write() as tx:
        for number, one in enumerate(ids):
            arrival = Arrival(channel, one, f"{one}.edi", "acme")
            stored = Stored(sha256="0" * 64, size=1, new=True)
            arrivals.insert_transmission(tx, one, arrival, stored, NOON + timedelta(minutes=number))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_forgets_is_no_ledger(url: str) -> None:
    with pytest.raises(ValueError, match="forgets what it promised"):
        open_engine(url)


def test_a_view_beside_a_write_is_refused_before_it_deadlocks(ledger: Ledger) -> None:
    with ledger.write(), pytest.raises(RuntimeError, match="deadlock"), ledger.read():
        pytest.fail("two connections of one thread")


def test_a_row_that_is_not_there_moves_nowhere(ledger: Ledger) -> None:
    with ledger.write() as tx:
        with pytest.raises(TradepostError, match="no transmission tx-none"):
            move(tx, ACT, "transmission", "tx-none", "read")
        assert move_if(tx, ACT, "transmission", "tx-none", "read") is False


def test_many_rows_move_only_as_the_table_of_states_allows(ledger: Ledger) -> None:
    arrive(ledger, "tx-1", "tx-2")
    with ledger.write() as tx:
        with pytest.raises(TradepostError, match="tx-1, tx-2"):
            move_many(tx, ACT, "transmission", ["tx-1", "tx-2"], "read", "duplicate")
        assert move_many(tx, ACT, "transmission", [], "received", "read") == 0
        assert move_many(tx, ACT, "transmission", ["tx-1", "tx-none"], "received", "read") == 1
        assert move_many(tx, ACT, "transmission", ["tx-1"], "received", "read") == 0


def test_a_partner_is_heard_of_by_channel_or_by_any(ledger: Ledger) -> None:
    arrive(ledger, "tx-1", "tx-2")
    arrive(ledger, "tx-0", channel="acme-folder")
    with ledger.read() as view:
        assert overdue.last_arrival(view, "acme", None) == NOON + timedelta(minutes=1)
        assert overdue.last_arrival(view, "acme", "acme-folder") == NOON
        assert overdue.last_arrival(view, "acme", "none") is None
        assert overdue.last_arrival(view, "other", None) is None


def test_a_partner_that_no_profiles_name_is_new_now(ledger: Ledger) -> None:
    with ledger.read() as view:
        assert overdue.first_applied(view, "acme", NOON) == NOON
