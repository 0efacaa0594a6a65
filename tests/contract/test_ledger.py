"""The ledger on both databases: schema, transactions, fences, counters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from gateway.errors import Fenced, TradepostError
from gateway.ports import Arrival, Job, Stored
from gateway.store import arrivals, numbers, profile_versions, schema, tasks
from gateway.store.ledger import Ledger, inside_write_transaction, open_engine
from gateway.store.moves import Act, move, record
from gateway.store.tables import ControlNumber, Event, Transmission
from gateway.store.work_tables import Task

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACT = Act("test", NOW, "because")
PROCRASTINATE = schema.MIGRATIONS / "procrastinate_3_10.sql"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(database_url))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


def test_the_migrations_give_exactly_the_tables_of_the_models(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        opts = {"compare_type": False, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Tables of procrastinate lie beside ours on PostgreSQL."""
    return not (kind == "table" and str(name).startswith("procrastinate_"))


def test_the_schema_of_the_job_engine_is_that_of_the_library_in_the_lock() -> None:
    """Another version of it needs a revision of ours that brings its schema up to date."""
    assert PROCRASTINATE.read_text("utf-8") == SchemaManager.get_schema()


def test_the_newest_revision_is_the_one_that_the_program_names() -> None:
    assert ScriptDirectory.from_config(schema.configuration()).get_current_head() == schema.NEWEST


def test_upgrading_twice_changes_nothing(ledger: Ledger) -> None:
    """FI-C07."""
    schema.upgrade(ledger.engine)


def test_a_schema_from_the_future_is_refused_with_the_remedy(ledger: Ledger) -> None:
    """FI-C07, FI-H07."""
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(TradepostError, match="does not know") as refused:
        schema.upgrade(ledger.engine)
    assert refused.value.code == "GTW-021"


def test_what_a_raising_block_wrote_is_rolled_back(ledger: Ledger) -> None:
    def broken(tx: Connection) -> None:
        record(tx, ACT, "something", "test", "1")
        raise RuntimeError

    _write_and_fail(ledger, broken)
    with ledger.read() as view:
        assert view.execute(select(Event.id)).all() == []


def test_a_write_inside_a_write_is_refused_before_it_deadlocks(ledger: Ledger) -> None:
    with ledger.write(), pytest.raises(RuntimeError, match="deadlock"), ledger.write():
        pass
    assert not inside_write_transaction()


def test_times_come_back_as_they_went_in_and_never_without_a_zone(ledger: Ledger) -> None:
    with ledger.write() as tx:
        record(tx, ACT, "something", "test", "1")
    with ledger.read() as view:
        assert view.execute(select(Event.at)).scalar_one() == NOW
    with pytest.raises(Exception, match="without a zone"), ledger.write() as tx:
        record(tx, Act("test", NOW.replace(tzinfo=None)), "something", "test", "1")


def test_the_database_itself_refuses_a_state_that_is_not_in_the_table(ledger: Ledger) -> None:
    row = {
        "stage": "parse",
        "subject": "x",
        "generation": 0,
        "state": "lost",
        "attempt": 0,
        "not_before": NOW,
    }
    with pytest.raises(IntegrityError), ledger.write() as tx:
        tx.execute(insert(Task), [row])


def test_a_row_moves_only_as_the_table_of_states_allows(ledger: Ledger) -> None:
    with pytest.raises(TradepostError) as missing, ledger.write() as tx:
        move(tx, ACT, "transmission", "tx-none", "read")
    assert missing.value.code == "GTW-001"


def _write_and_fail(ledger: Ledger, write: Callable[[Connection], None]) -> None:
    with pytest.raises(RuntimeError), ledger.write() as tx:
        write(tx)


# tasks ---------------------------------------------------------------------------------------


def _enqueue(ledger: Ledger, *jobs: Job) -> None:
    with ledger.write() as tx:
        tasks.insert_new(tx, jobs, NOW)


def test_the_same_job_is_asked_for_once(ledger: Ledger) -> None:
    _enqueue(ledger, Job("parse", "a"), Job("parse", "a"))
    _enqueue(ledger, Job("parse", "a"))
    with ledger.write() as tx:
        assert [claim.subject for claim in tasks.claim_due(tx, NOW, 10)] == ["a"]
        assert tasks.claim_due(tx, NOW, 10) == []


def test_the_profiles_applied_last_are_in_force_whatever_the_clock_of_their_node_says(ledger: Ledger) -> None:
    """FI-G01."""
    late = Act("test", NOW - timedelta(hours=1), "a clock that is behind")
    for act, version in ((ACT, "b"), (ACT, "c"), (ACT, "a"), (late, "d"), (late, "b")):
        with ledger.write() as tx:
            assert profile_versions.apply(tx, act, version, {})
            assert not profile_versions.apply(tx, act, version, {}), "it is in force already"
        with ledger.read() as view:
            assert profile_versions.newest(view) == version


def test_profiles_that_many_apply_at_one_moment_come_one_after_the_other(ledger: Ledger) -> None:
    def apply(version: int) -> None:
        with ledger.write() as tx:
            profile_versions.apply(tx, ACT, f"{version}", {})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply, range(12)))
    with ledger.read() as view:
        events = view.execute(select(Event.before, Event.after).order_by(Event.id)).all()  # type: ignore[arg-type]
        newest = profile_versions.newest(view)
    assert [one.before for one in events] == [None, *(one.after for one in events[:-1])]
    assert newest == events[-1].after


def test_partners_take_turns_however_many_jobs_one_of_them_has(ledger: Ledger) -> None:
    _enqueue(ledger, *[Job("parse", f"flood{n}", partner="a") for n in range(50)])
    _enqueue(ledger, Job("parse", "single", partner="b"))
    with ledger.write() as tx:
        first_two = {claim.subject for claim in tasks.claim_due(tx, NOW, 2)}
    assert first_two == {"flood0", "single"}


def test_a_job_for_later_is_not_claimed_before_its_time(ledger: Ledger) -> None:
    _enqueue(ledger, Job("parse", "a", not_before=NOW + timedelta(seconds=1)))
    with ledger.write() as tx:
        assert tasks.claim_due(tx, NOW, 1) == []
        assert len(tasks.claim_due(tx, NOW + timedelta(seconds=1), 1)) == 1


def test_an_attempt_of_the_past_is_fenced_off(ledger: Ledger) -> None:
    _enqueue(ledger, Job("parse", "a"))
    with ledger.write() as tx:
        old = tasks.claim_due(tx, NOW, 1)[0]
    with ledger.write() as tx:
        assert tasks.take_back(tx) == 1
        new = tasks.claim_due(tx, NOW, 1)[0]
    assert (old.attempt, new.attempt) == (1, 2)
    for leave in (
        tasks.check_fence,
        tasks.finish,
        lambda tx, claim: tasks.postpone(tx, claim, NOW, "later"),
        lambda tx, claim: tasks.fail(tx, claim, "broken"),
    ):
        with pytest.raises(Fenced), ledger.write() as tx:
            leave(tx, old)
    with ledger.write() as tx:
        tasks.finish(tx, new)
    with pytest.raises(Fenced), ledger.write() as tx:
        tasks.finish(tx, new)


# control numbers -----------------------------------------------------------------------------


def test_no_control_number_is_drawn_twice_by_many_threads(ledger: Ledger) -> None:
    gate = threading.Barrier(4)

    def draw_ten() -> list[int]:
        gate.wait()
        drawn = []
        for _ in range(10):
            with ledger.write() as tx:
                drawn.append(numbers.draw(tx, "interchange a b"))
        return drawn

    with ThreadPoolExecutor(4) as pool:
        drawn = sorted(
            number for future in [pool.submit(draw_ten) for _ in range(4)] for number in future.result()
        )
    assert drawn == list(range(1, 41))


def test_a_number_of_a_rolled_back_transaction_is_given_again(ledger: Ledger) -> None:
    def broken(tx: Connection) -> None:
        assert numbers.draw(tx, "s") == 1
        raise RuntimeError

    _write_and_fail(ledger, broken)
    with ledger.write() as tx:
        assert numbers.draw(tx, "s") == 1


def test_the_highest_number_is_followed_by_one(ledger: Ledger) -> None:
    with ledger.write() as tx:
        numbers.set_next(tx, "s", numbers.HIGHEST)
        assert [numbers.draw(tx, "s") for _ in range(2)] == [numbers.HIGHEST, 1]


def test_a_cut_over_never_goes_back_to_used_numbers(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert numbers.set_next(tx, "s", 500) is None
        assert numbers.draw(tx, "s") == 500
    with pytest.raises(TradepostError, match="used numbers up to 500"), ledger.write() as tx:
        numbers.set_next(tx, "s", 500)
    with ledger.read() as view:
        assert view.execute(select(ControlNumber.next)).scalar_one() == 501


def test_a_series_is_raised_and_never_lowered(ledger: Ledger) -> None:
    """FI-C08."""
    for wanted in (7, 3):
        with ledger.write() as tx:
            numbers.raise_to(tx, "s", wanted)
    with ledger.write() as tx:
        assert numbers.draw(tx, "s") == 7


def test_the_second_sight_of_an_arrival_is_refused_by_its_key(ledger: Ledger) -> None:
    arrival, stored = Arrival("hand", "key-1", "po.edi"), Stored("0" * 64, 10, new=True)
    with ledger.write() as tx:
        assert arrivals.insert_transmission(tx, "tx-1", arrival, stored, NOW)
        assert not arrivals.insert_transmission(tx, "tx-2", arrival, stored, NOW)
        found = arrivals.by_arrival(tx, "hand", "key-1")
        assert found is not None
        assert found.id == "tx-1"
        assert len(tx.execute(select(Transmission.id)).all()) == 1
