"""What every JobQueue promises: the local runner on both databases, procrastinate on PostgreSQL.

Another engine joins by adding itself to ENGINES.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from stages import Hands, database_fault

from gateway.errors import Fenced
from gateway.jobs.engine import EngineLimits
from gateway.jobs.local import LocalJobs
from gateway.jobs.procrastinate import ProcrastinateJobs
from gateway.ports import DELIVER, QUEUES, WORK, Claim, Clock, Job, JobQueue
from gateway.store import schema
from gateway.store.ledger import Ledger, open_engine
from gateway.store.work_tables import Task

DEADLINE_S = 20.0
LIMITS = EngineLimits(workers=4, beat_s=0.1, dead_s=1.0, poll_s=0.02)
TASK = Task.__table__  # type: ignore[attr-defined]


def _local(ledger: Ledger, clock: Clock) -> JobQueue:
    return LocalJobs(ledger, clock, workers=4, poll_s=0.02)


def _procrastinate(ledger: Ledger, clock: Clock) -> JobQueue:
    return ProcrastinateJobs(ledger, clock, LIMITS)


ENGINES: Mapping[str, Callable[[Ledger, Clock], JobQueue]] = {
    "local": _local,
    "procrastinate": _procrastinate,
}
#: Engine and database, where the engine works.
PLACES = (("local", "sqlite"), ("local", "postgresql"), ("procrastinate", "postgresql"))


@pytest.fixture(params=PLACES, ids="-".join)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param[0])


@pytest.fixture
def database_url(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> str:
    if request.node.callspec.params["engine"][1] == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(database_url))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def jobs(engine: str, ledger: Ledger, clock: Hands) -> JobQueue:
    return ENGINES[engine](ledger, clock)


@pytest.fixture
def wait_out(ledger: Ledger, clock: Hands) -> Callable[[int], None]:
    """Lets minutes pass, by our clock and, as far as tasks can tell, by the database's."""

    def wait(minutes: int) -> None:
        clock.pass_time(minutes=minutes)
        if ledger.engine.dialect.name == "postgresql":
            passed = {"minutes": timedelta(minutes=minutes)}
            with ledger.write() as tx:
                tx.execute(
                    text("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - :minutes"), passed
                )
                tx.execute(text("UPDATE task SET not_before = not_before - :minutes"), passed)

    return wait


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
def _serving(
    jobs: JobQueue, run: Callable[[Claim], None], queues: tuple[str, ...] = QUEUES
) -> Iterator[None]:
    """The queue at work in a thread; at the end it is told to stop and must end."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(jobs.serve, run, stop.is_set, queues)
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


def test_what_a_rolled_back_transaction_asked_for_is_never_run(ledger: Ledger, jobs: JobQueue) -> None:
    def fact_and_job() -> None:
        with ledger.write() as tx:
            jobs.enqueue(tx, [Job("parse", "a")])
            raise RuntimeError("the fact cannot be stored")

    with pytest.raises(RuntimeError):
        fact_and_job()
    assert jobs.drain(Runs(ledger, jobs)) == 0
    assert _states(ledger) == {}


def test_a_job_asked_for_twice_runs_once_and_a_new_generation_runs_again(
    ledger: Ledger, jobs: JobQueue
) -> None:
    runs = Runs(ledger, jobs)
    _ask(ledger, jobs, Job("parse", "a"), Job("parse", "a"))
    jobs.drain(runs)
    _ask(ledger, jobs, Job("parse", "a"))
    _ask(ledger, jobs, Job("parse", "a", 1))
    jobs.drain(runs)
    assert [claim.generation for claim in runs.claims] == [0, 1]


def test_a_job_whose_worker_died_runs_again_as_a_newer_attempt(ledger: Ledger, jobs: JobQueue) -> None:
    """FI-A25."""
    _ask(ledger, jobs, Job("parse", "a"))
    dead = _first_claim(jobs)
    assert jobs.take_back() == 1
    runs = Runs(ledger, jobs)
    assert jobs.drain(runs) == 1
    assert (dead.attempt, runs.claims[0].attempt) == (1, 2)


def test_the_writes_of_an_older_attempt_are_refused(ledger: Ledger, jobs: JobQueue, clock: Hands) -> None:
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


def test_a_postponed_job_runs_when_its_time_has_come(
    ledger: Ledger, jobs: JobQueue, clock: Hands, wait_out: Callable[[int], None]
) -> None:
    _ask(ledger, jobs, Job("deliver", "a"))
    claim = _first_claim(jobs)
    with ledger.write() as tx:
        jobs.postpone(tx, claim, clock.now() + timedelta(minutes=5), "busy")
    runs = Runs(ledger, jobs)
    assert jobs.drain(runs) == 0
    wait_out(5)
    assert jobs.drain(runs) == 1
    assert runs.claims[0].attempt == 2


def test_a_claim_says_how_often_in_a_row_the_same_fault_put_it_back(
    ledger: Ledger, jobs: JobQueue, clock: Hands, wait_out: Callable[[int], None]
) -> None:
    _ask(ledger, jobs, Job("deliver", "a"))
    told = []
    for fault in ("lock", "lock", None, "lock", "disk", "disk"):
        claim = _first_claim(jobs)
        told.append((claim.fault, claim.faults))
        with ledger.write() as tx:
            jobs.postpone(tx, claim, clock.now() + timedelta(minutes=1), "busy", fault)
        wait_out(1)
    assert told == [(None, 0), ("lock", 1), ("lock", 2), (None, 0), ("lock", 1), ("disk", 1)]
    claim = _first_claim(jobs)
    with ledger.write() as tx:
        jobs.fail(tx, claim, "Traceback …")
        jobs.wake(tx, claim.task_id)
    woken = _first_claim(jobs)
    assert (claim.faults, woken.fault, woken.faults) == (2, None, 0)


def test_a_failed_job_waits_for_a_person_and_holds_nobody_up(ledger: Ledger, jobs: JobQueue) -> None:
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


def test_a_flood_of_one_partner_does_not_starve_another(ledger: Ledger, jobs: JobQueue) -> None:
    """FI-G09."""
    _ask(ledger, jobs, *[Job("parse", f"flood-{n:03}", partner="a") for n in range(100)])
    _ask(ledger, jobs, Job("parse", "single", partner="b"))
    runs = Runs(ledger, jobs)
    jobs.drain(runs)
    assert runs.subjects.index("single") < 20


def test_many_threads_run_each_job_once(ledger: Ledger, jobs: JobQueue) -> None:
    subjects = [f"s-{n}" for n in range(100)]
    _ask(ledger, jobs, *[Job("parse", subject, partner=subject[-1]) for subject in subjects])
    runs = Runs(ledger, jobs)
    with _serving(jobs, runs):
        runs.wait_for(len(subjects))
    assert Counter(runs.subjects) == Counter(subjects)
    assert {claim.attempt for claim in runs.claims} == {1}


def test_a_ring_wakes_a_waiting_queue(ledger: Ledger, jobs: JobQueue) -> None:
    runs = Runs(ledger, jobs)
    with _serving(jobs, runs):
        for n in range(3):
            _ask(ledger, jobs, Job("parse", f"s-{n}"))
            runs.wait_for(n + 1)
    assert runs.subjects == ["s-0", "s-1", "s-2"]


def test_a_stop_finishes_what_is_in_hand_and_hands_back_the_rest(ledger: Ledger, jobs: JobQueue) -> None:
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
    ledger: Ledger, jobs: JobQueue
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


def test_jobs_of_one_order_run_one_at_a_time_as_they_were_asked_for(ledger: Ledger, jobs: JobQueue) -> None:
    subjects = [f"s-{n}" for n in range(12)]
    for subject in subjects:
        _ask(ledger, jobs, Job("parse", subject, partner="a", order_key="a"))
    runs, in_hand, most = Runs(ledger, jobs), [0], [0]

    def run(claim: Claim) -> None:
        in_hand[0] += 1
        most[0] = max(most[0], in_hand[0])
        runs(claim)
        in_hand[0] -= 1

    with _serving(jobs, run):
        runs.wait_for(len(subjects))
    assert runs.subjects == subjects
    assert most == [1]


def test_a_postponed_job_keeps_those_behind_it_in_order_waiting(
    ledger: Ledger, jobs: JobQueue, clock: Hands, wait_out: Callable[[int], None]
) -> None:
    _ask(ledger, jobs, *[Job("deliver", name, partner="a", order_key="a") for name in ("a-1", "a-2")])
    _ask(ledger, jobs, Job("deliver", "b-1", partner="b", order_key="b"))
    runs = Runs(ledger, jobs)

    def run(claim: Claim) -> None:
        if claim.subject == "a-1" and claim.attempt == 1:
            with ledger.write() as tx:
                jobs.postpone(tx, claim, clock.now() + timedelta(minutes=5), "busy")
        else:
            runs(claim)

    jobs.drain(run)
    assert runs.subjects == ["b-1"]
    wait_out(5)
    jobs.drain(run)
    assert runs.subjects == ["b-1", "a-1", "a-2"]


def test_a_failed_job_runs_again_once_a_person_says_so(ledger: Ledger, jobs: JobQueue) -> None:
    _ask(ledger, jobs, Job("parse", "a"))
    failed = _first_claim(jobs)
    with ledger.write() as tx:
        jobs.fail(tx, failed, "Traceback …")
    with ledger.write() as tx:
        assert jobs.wake(tx, failed.task_id)
        assert not jobs.wake(tx, failed.task_id)
    runs = Runs(ledger, jobs)
    assert jobs.drain(runs) == 1
    assert runs.claims[0].attempt == 2


def test_one_that_serves_a_queue_leaves_the_other_alone(ledger: Ledger, jobs: JobQueue) -> None:
    _ask(ledger, jobs, Job("parse", "p"), Job("send", "s"), Job("deliver", "d"), Job("hand_on", "h"))
    runs = Runs(ledger, jobs)
    with _serving(jobs, runs, (DELIVER,)):
        runs.wait_for(2)
    assert set(runs.subjects) == {"s", "d"}
    with _serving(jobs, runs, (WORK,)):
        runs.wait_for(4)
    assert set(_states(ledger).values()) == {"done"}


def test_a_partner_that_comes_late_takes_turns_with_one_in_the_middle_of_its_flood(
    ledger: Ledger, jobs: JobQueue
) -> None:
    """LD-6, FI-G09."""
    _ask(ledger, jobs, *[Job("parse", f"flood-{n:03}", partner="a") for n in range(60)])
    runs = Runs(ledger, jobs)

    def run(claim: Claim) -> None:
        runs(claim)
        if len(runs.claims) == 30:
            _ask(ledger, jobs, *[Job("parse", f"late-{n}", partner="b") for n in range(5)])

    jobs.drain(run)
    late = [place for place, subject in enumerate(runs.subjects) if subject.startswith("late")]
    assert max(late) < 60
    assert len(runs.claims) == 65
