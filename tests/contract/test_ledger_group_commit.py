"""Writers on SQLite end together, and each of them still fails alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.errors import Fenced
from gateway.store import schema
from gateway.store.core import CONTROL_NUMBER as NUMBER
from gateway.store.ledger import Ledger, open_engine

WRITERS = 8


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path / 'ledger.db'}"))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


class Together:
    """Threads that all enter their transaction while the first one's block is still open."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._entered = threading.Event()
        self._may_leave = threading.Event()

    def run(self, works: list[Callable[[Connection], None]]) -> list[Future[None]]:
        with ThreadPoolExecutor(len(works)) as pool:
            first = pool.submit(self._write, self._held(works[0]))
            assert self._entered.wait(10)
            others = [pool.submit(self._write, work) for work in works[1:]]
            group = self.ledger._group
            assert group is not None
            while group._queued < len(others):
                assert not first.done()
            self._may_leave.set()
            return [first, *others]

    def _held(self, work: Callable[[Connection], None]) -> Callable[[Connection], None]:
        def held(tx: Connection) -> None:
            self._entered.set()
            assert self._may_leave.wait(10)
            work(tx)

        return held

    def _write(self, work: Callable[[Connection], None]) -> None:
        with self.ledger.write() as tx:
            work(tx)


def adds(series: str) -> Callable[[Connection], None]:
    def work(tx: Connection) -> None:
        tx.execute(insert(NUMBER), [{"series": series, "next": 1}])

    return work


def series_in(ledger: Ledger) -> set[str]:
    with ledger.read() as view:
        return set(view.execute(select(NUMBER.c.series)).scalars())


def commits(ledger: Ledger) -> list[object]:
    """Grows by one with each commit from now on."""
    seen: list[object] = []
    event.listen(ledger.engine, "commit", seen.append)
    return seen


def test_writers_that_wait_for_each_other_are_made_durable_by_one_commit(ledger: Ledger) -> None:
    seen = commits(ledger)
    done = Together(ledger).run([adds(f"s{n}") for n in range(WRITERS)])
    assert [future.result() for future in done] == [None] * WRITERS
    assert series_in(ledger) == {f"s{n}" for n in range(WRITERS)}
    assert len(seen) == 1


@pytest.mark.parametrize("broken", range(4))
def test_a_member_that_fails_takes_nobody_with_it(ledger: Ledger, broken: int) -> None:
    works = [adds(f"s{n}") for n in range(4)]

    def fails(tx: Connection) -> None:
        adds("lost")(tx)
        adds("lost")(tx)

    works[broken] = fails
    done = Together(ledger).run(works)
    for at, future in enumerate(done):
        if at == broken:
            assert isinstance(future.exception(), IntegrityError)
        else:
            assert future.exception() is None
    assert series_in(ledger) == {f"s{n}" for n in range(4) if n != broken}


def test_a_commit_that_fails_fails_for_all_of_them_and_the_next_writer_succeeds(ledger: Ledger) -> None:
    """FI-B07: what was not synced was said to nobody."""

    def refuse(_: object) -> None:
        raise OperationalError("COMMIT", {}, RuntimeError("disk I/O error"))

    event.listen(ledger.engine, "commit", refuse)
    done = Together(ledger).run([adds(f"s{n}") for n in range(4)])
    assert all(isinstance(future.exception(), OperationalError) for future in done)
    event.remove(ledger.engine, "commit", refuse)
    with ledger.write() as tx:
        adds("after")(tx)
    assert series_in(ledger) == {"after"}


def test_a_database_that_ends_the_whole_transaction_fails_all_of_it(ledger: Ledger) -> None:
    def undoes_everything(tx: Connection) -> None:
        tx.exec_driver_sql("ROLLBACK")
        raise OperationalError("INSERT", {}, RuntimeError("database or disk is full"))

    done = Together(ledger).run([adds("first"), undoes_everything])
    assert all(isinstance(future.exception(), OperationalError) for future in done)
    assert series_in(ledger) == set()
    with ledger.write() as tx:
        adds("after")(tx)
    assert series_in(ledger) == {"after"}


@pytest.mark.parametrize("at", range(3))
def test_a_member_that_overlooks_the_end_of_the_transaction_is_not_taken_for_durable(
    ledger: Ledger, at: int
) -> None:
    """FI-B07: SQLite itself undoes everything when the disk is full; nobody hears that it was kept."""

    def overlooks(tx: Connection) -> None:
        tx.exec_driver_sql("ROLLBACK")

    works = [adds("one"), adds("two")]
    works.insert(at, overlooks)
    done = Together(ledger).run(works)
    told = {name for name, future in zip(_names(at), done, strict=True) if future.exception() is None}
    assert told == series_in(ledger)
    assert isinstance(done[at].exception(), OperationalError)


def _names(at: int) -> list[str]:
    names = ["one", "two"]
    names.insert(at, "overlooks")
    return names


def test_others_hear_of_the_database_and_not_of_the_fault_of_another(ledger: Ledger) -> None:
    """What one member raised means something to its own caller only: a fence, say, ends work quietly."""

    def undoes_everything(tx: Connection) -> None:
        tx.exec_driver_sql("ROLLBACK")
        raise Fenced("task 1 attempt 1")

    first, second = Together(ledger).run([adds("first"), undoes_everything])
    assert isinstance(first.exception(), OperationalError)
    assert isinstance(second.exception(), Fenced)
    assert series_in(ledger) == set()


def test_one_that_is_expected_and_never_writes_holds_nobody_up_for_long(ledger: Ledger) -> None:
    with ledger.expecting(), ledger.expecting(), ledger.write() as tx:
        adds("alone")(tx)
    assert series_in(ledger) == {"alone"}


def test_who_was_expected_joins_the_one_that_wrote_first(ledger: Ledger) -> None:
    seen = commits(ledger)
    ready = threading.Barrier(2)

    def work(series: str) -> None:
        with ledger.expecting():
            ready.wait(10)
            with ledger.write() as tx:
                adds(series)(tx)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["one", "two"]))
    assert series_in(ledger) == {"one", "two"}
    assert len(seen) <= 2
