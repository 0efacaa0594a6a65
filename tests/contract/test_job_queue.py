"""What every JobQueue promises, on both databases. Another engine joins by adding itself to ENGINES."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

import pytest
from sqlalchemy import select
from stages import Hands, database_fault

from gateway.errors import Fenced
from gateway.jobs.local import LocalJobs
from gateway.ports import Claim, Clock, Job, JobQueue
from gateway.store import schema
from gateway.store.ledger import Ledger, open_engine
from gateway.store.work_tables import Task

DEADLINE_S = 20.0
TASK = Task.__table__  # type: ignore[attr-defined]


class Restartable(JobQueue, Protocol):
    """A queue that can be told that its process began anew."""

    def take_back(self) -> int: ...


def _local(ledger: Ledger, clock: Clock) -> Restartable:
    return LocalJobs(ledger, clock, workers=4, poll_s=0.02)


ENGINES: Mapping[str, Callable[[Ledger, Clock], Restartable]] = {"local": _local}


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(database_url))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(params=ENGINES)
def jobs(request: pytest.FixtureRequest, ledger: Ledger, clock: Hands) -> Restartable:
    return ENGINES[request.param](ledger, clock)


class Runs:
    """Runs claims as stages do: the effect and `finish` in one transaction. Waits for counts."""

    def __init__(self, ledger: Ledger, jobs: JobQueue) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._changed = threading.Condition()
        self.claims: list[Claim] = []

    def __call__(self, claim: Claim) -> None:
        with self._ledger.write() as tx:
            self._jobs.finish(tx, claim)
        with self._changed:
            self.claims.append(claim)
            self._changed.notify_all()

    @property
    def subjects(self) -> list[str]:
        """Subjects in the order they were finished."""
        return [claim.subject for claim in self.claims]

    def wait_for(self, count: int) -> None:
        """Until so many are finished."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.claims) >= count, DEADLINE_S), self.subjects


@contextmanager
def _serving(jobs: JobQueue, run: Callable[[Claim], None]) -> Iterator[None]:
    """The queue at work in a thread; at the end it is told to stop and must end."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(jobs.serve, run, stop.is_set)
        try:
            yield
        finally:
            stop.set()
            jobs.ring()
            served.result(DEADLINE_S)


def _ask(ledger: Ledger, jobs: JobQueue, *wanted: Job) -> None:
    with ledger.write() as tx:
        jobs.enqueue(tx, wanted)
    jobs.ring()


def _states(ledger: Ledger) -> dict[str, str]:
    with ledger.read() as view:
        return {row.subject: row.state for row in view.execute(select(TASK.c.subject, TASK.c.state))}


def _first_claim(jobs: JobQueue) -> Claim:
    """The claim that an attempt gets which then dies without a word."""
    taken: list[Claim] = []
    jobs.drain(taken.append)
    return taken[0]


def test_what_a_rolled_back_transaction_asked_for_is_never_run(ledger: Ledger, jobs: Restartable) -> None:
    def fact_and_job() -> None:
        with ledger.write() as tx:
            jobs.enqueue(tx, [Job("parse", "a")])
            raise RuntimeError("the fact cannot be stored")

    with pytest.raises(RuntimeError):
        fact_and_job()
    assert jobs.drain(Runs(ledger, jobs)) == 0
    assert _states(ledger) == {}


def test_a_job_asked_for_twice_runs_once_and_a_new_generation_runs_again(
    ledger: Ledger, jobs: Restartable
) -> None:
    runs = Runs(ledger, jobs)
    _ask(ledger, jobs, Job("parse", "a"), Job("parse", "a"))
    jobs.drain(runs)
    _ask(ledger, jobs, Job("parse", "a"))
    _ask(ledger, jobs, Job("parse", "a", 1))
    jobs.drain(runs)
    assert [claim.generation for claim in runs.claims] == [0, 1]


def test_a_job_whose_worker_died_runs_again_as_a_newer_attempt(ledger: Ledger, jobs: Restartable) -> None:
    """FI-A25."""
    _ask(ledger, jobs, Job("parse", "a"))
    dead = _first_claim(jobs)
    assert jobs.take_back() == 1
    runs = Runs(ledger, jobs)
    assert jobs.drain(runs) == 1
    assert (dead.attempt, runs.claims[0].attempt) == (1, 2)


def test_the_writes_of_an_older_attempt_are_refused(ledger: Ledger, jobs: Restartable, clock: Hands) -> None:
    """FI-G06."""
    _ask(ledger, jobs, Job("parse", "a"))
    old = _first_claim(jobs)
    jobs.take_back()
    new = _first_claim(jobs)
    for leave in (
        lambda tx: jobs.finish(tx, old),
        lambda tx: jobs.postpone(tx, old, clock.now(), "later"),
        lambda tx: jobs.fail(tx, old, "broken"),
    ):
        with pytest.raises(Fenced), ledger.write() as tx:
            leave(tx)
    with ledger.write() as tx:
        jobs.finish(tx, new)
    assert _states(ledger) == {"a": "done"}


def test_a_postponed_job_runs_when_its_time_has_come(ledger: Ledger, jobs: Restartable, clock: Hands) -> None:
    _ask(ledger, jobs, Job("deliver", "a"))
    claim = _first_claim(jobs)
    with ledger.write() as tx:
        jobs.postpone(tx, claim, clock.now() + timedelta(minutes=5), "busy")
    runs = Runs(ledger, jobs)
    assert jobs.drain(runs) == 0
    clock.pass_time(minutes=5)
    assert jobs.drain(runs) == 1
    assert runs.claims[0].attempt == 2


def test_a_failed_job_waits_for_a_person_and_holds_nobody_up(ledger: Ledger, jobs: Restartable) -> None:
    _ask(ledger, jobs, Job("parse", "a"), Job("parse", "b"))
    runs = Runs(ledger, jobs)

    def run(claim: Claim) -> None:
        if claim.subject == "a":
            with ledger.write() as tx:
                jobs.fail(tx, claim, "Traceback …")
        else:
            runs(claim)

    jobs.drain(run)
    assert jobs.take_back() == 0
    assert _states(ledger) == {"a": "failed", "b": "done"}


def test_a_flood_of_one_partner_does_not_starve_another(ledger: Ledger, jobs: Restartable) -> None:
    """FI-G09."""
    _ask(ledger, jobs, *[Job("parse", f"flood-{n:03}", partner="a") for n in range(100)])
    _ask(ledger, jobs, Job("parse", "single", partner="b"))
    runs = Runs(ledger, jobs)
    jobs.drain(runs)
    assert runs.subjects.index("single") < 20


def test_many_threads_run_each_job_once(ledger: Ledger, jobs: Restartable) -> None:
    subjects = [f"s-{n}" for n in range(100)]
    _ask(ledger, jobs, *[Job("parse", subject, partner=subject[-1]) for subject in subjects])
    runs = Runs(ledger, jobs)
    with _serving(jobs, runs):
        runs.wait_for(len(subjects))
    assert Counter(runs.subjects) == Counter(subjects)
    assert {claim.attempt for claim in runs.claims} == {1}


def test_a_ring_wakes_a_waiting_queue(ledger: Ledger, jobs: Restartable) -> None:
    runs = Runs(ledger, jobs)
    with _serving(jobs, runs):
        for n in range(3):
            _ask(ledger, jobs, Job("parse", f"s-{n}"))
            runs.wait_for(n + 1)
    assert runs.subjects == ["s-0", "s-1", "s-2"]


def test_a_stop_finishes_what_is_in_hand_and_hands_back_the_rest(ledger: Ledger, jobs: Restartable) -> None:
    _ask(ledger, jobs, *[Job("parse", f"s-{n}") for n in range(20)])
    runs, begun, go_on = Runs(ledger, jobs), threading.Semaphore(0), threading.Event()

    def run(claim: Claim) -> None:
        begun.release()
        assert go_on.wait(DEADLINE_S)
        runs(claim)

    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(jobs.serve, run, stop.is_set)
        for _ in range(4):
            assert begun.acquire(timeout=DEADLINE_S)
        stop.set()
        go_on.set()
        served.result(DEADLINE_S)
    states = Counter(_states(ledger).values())
    assert states["done"] == len(runs.claims) >= 4
    assert states["waiting"] == 20 - states["done"]
    assert jobs.drain(runs) == 20 - states["done"]


def test_a_job_whose_outcome_could_not_be_recorded_is_run_again_by_the_same_process(
    ledger: Ledger, jobs: Restartable
) -> None:
    _ask(ledger, jobs, Job("parse", "a"))
    runs, faults = Runs(ledger, jobs), [database_fault()]

    def run(claim: Claim) -> None:
        if faults:
            raise faults.pop()
        runs(claim)

    with _serving(jobs, run):
        runs.wait_for(1)
    assert _states(ledger) == {"a": "done"}
