"""Numbers that the ledger counts outlive 32 bits, and a ledger of before is widened under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Engine, text

from gateway.ports import Job
from gateway.store import schema, tasks
from gateway.store.ledger import Ledger, open_engine
from gateway.store.moves import Act, record

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST_OF_32_BITS = 2**31 - 1
TABLES = ("event", "finding", "task")


@pytest.fixture
def before(postgres_url: str) -> Iterator[Engine]:
    """A ledger on PostgreSQL with the schema that counts in 32 bits."""
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        command.upgrade(schema.configuration(connection), "0004")
        connection.commit()
    yield engine
    engine.dispose()


def test_events_findings_and_tasks_are_counted_on_behind_32_bits(before: Engine) -> None:
    ledger = Ledger(before)
    with ledger.write() as tx:
        record(tx, Act("test", NOW), "test.began", "test", "one")
        for name in TABLES:
            tx.execute(text(f"SELECT setval('{name}_id_seq', {LAST_OF_32_BITS})"))
    schema.upgrade(before)
    with ledger.write() as tx:
        record(tx, Act("test", NOW), "test.went_on", "test", "one")
        tasks.insert_new(tx, [Job("parse", "tx_1")], NOW)
    with ledger.read() as view:
        assert list(view.execute(text("SELECT id FROM event ORDER BY id")).scalars()) == [1, 2**31]
        assert view.execute(text("SELECT id FROM task")).scalar_one() == 2**31
        kinds = view.execute(
            text(
                "SELECT DISTINCT data_type FROM information_schema.columns"
                " WHERE column_name = 'id' AND table_name IN ('event', 'finding', 'task')"
            )
        )
        assert list(kinds.scalars()) == ["bigint"]


def test_a_node_at_work_ends_its_transaction_while_another_widens_the_tables(before: Engine) -> None:
    """The node has an event and asks for a task; the change has tasks and wants events: neither is ended."""
    upgrading = threading.Thread(target=schema.upgrade, args=(before,))
    with before.begin() as node:
        record(node, Act("test", NOW), "test.began", "test", "one")
        upgrading.start()
        _await_a_waiting_lock(before)
        tasks.insert_new(node, [Job("parse", "tx_1")], NOW)
    upgrading.join(60)
    assert not upgrading.is_alive()
    with before.connect() as view:
        assert view.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == schema.NEWEST
        assert view.execute(text("SELECT count(*) FROM task")).scalar_one() == 1


def _await_a_waiting_lock(engine: Engine) -> None:
    with engine.connect() as view:
        while not view.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            view.rollback()
