"""What many machines on one PostgreSQL promise each other: take-over, fences, slots, files, old versions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from business_files import order_850
from sqlalchemy import select, text
from stages import Hands, Stages

from gateway.errors import Fenced, TradepostError
from gateway.jobs.engine import EngineLimits
from gateway.jobs.local import LocalJobs
from gateway.jobs.procrastinate import ProcrastinateJobs
from gateway.ports import Claim, Job
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.store import nodes, schema, shared_tasks
from gateway.store.core import EVENT, TASK
from gateway.store.ledger import Ledger, open_engine
from gateway.watchers.local import FolderWatcher
from gateway.wiring import open_jobs
from partners.channels import FolderChannel

DEADLINE_S = 30.0
LIMITS = EngineLimits(workers=2, beat_s=0.2, dead_s=1.0, poll_s=0.05)


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_engine(postgres_url))
    schema.upgrade(ledger.engine)
    yield ledger
    ledger.close()


def _jobs(ledger: Ledger) -> ProcrastinateJobs:
    return ProcrastinateJobs(ledger, Hands(), LIMITS)


class Machine:
    """A machine at work in a thread. `hold`: it keeps a claim in hand until told to go on."""

    def __init__(self, ledger: Ledger, *, hold: bool = False) -> None:
        self.jobs = _jobs(ledger)
        self._ledger = ledger
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.outcomes: list[str] = []
        if not hold:
            self.go_on.set()
        self._served = self._pool.submit(self.jobs.serve, self._run, self._stop.is_set)

    def _run(self, claim: Claim) -> None:
        self.begun.release()
        assert self.go_on.wait(DEADLINE_S)
        try:
            with self._ledger.write() as tx:
                self.jobs.finish(tx, claim)
        except Fenced:
            self.outcomes.append(f"{claim.subject} fenced")
        else:
            self.outcomes.append(f"{claim.subject} done")
        self.ended.release()

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        self._stop.set()
        self._served.result(DEADLINE_S)
        self._pool.shutdown()


def _ask(ledger: Ledger, *wanted: Job) -> None:
    with ledger.write() as tx:
        _jobs(ledger).enqueue(tx, wanted)


def test_what_a_silent_machine_has_in_hand_is_taken_over_and_its_own_outcome_is_refused(
    ledger: Ledger,
) -> None:
    """FI-G06, FI-C06: by heartbeats in the database's own time."""
    silent = Machine(ledger, hold=True)
    _ask(ledger, Job("parse", "a", partner="p"))
    assert silent.begun.acquire(timeout=DEADLINE_S)
    with ledger.write() as tx:  # as a machine that was stopped looks to others
        tx.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"))
        tx.execute(text("UPDATE procrastinate_jobs SET worker_id = NULL WHERE status = 'doing'"))
    other = Machine(ledger)
    assert other.ended.acquire(timeout=DEADLINE_S)
    assert other.outcomes == ["a done"]
    silent.go_on.set()
    assert silent.ended.acquire(timeout=DEADLINE_S)
    assert silent.outcomes == ["a fenced"]
    for machine in (silent, other):
        machine.stop()
    with ledger.read() as view:
        assert view.execute(select(TASK.c.state, TASK.c.attempt)).all() == [("done", 2)]
        assert view.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_machine_that_ends_slowly_is_not_taken_for_dead(ledger: Ledger) -> None:
    """FI-H04: others leave it what it has in hand, for longer than a dead machine would get."""
    slow = Machine(ledger, hold=True)
    _ask(ledger, Job("parse", "a"))
    assert slow.begun.acquire(timeout=DEADLINE_S)
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(slow.stop)
        other = Machine(ledger)
        assert not other.begun.acquire(timeout=LIMITS.dead_s * 2.5)
        slow.go_on.set()
        stopping.result(DEADLINE_S)
    other.stop()
    assert slow.outcomes == ["a done"]


def test_tasks_that_a_machine_of_before_asked_for_are_adopted(ledger: Ledger) -> None:
    """FI-H06: its statements know neither ranks nor procrastinate."""
    with ledger.write() as tx:
        tx.execute(
            text(
                "INSERT INTO task (stage, subject, generation, partner, state, attempt, not_before)"
                " VALUES ('parse', 'old', 0, 'p', 'waiting', 0, now()) ON CONFLICT DO NOTHING"
            )
        )
    machine = Machine(ledger)
    assert machine.ended.acquire(timeout=DEADLINE_S)
    machine.stop()
    assert machine.outcomes == ["old done"]


def test_a_job_whose_task_has_ended_elsewhere_is_dropped_and_one_at_work_is_left(ledger: Ledger) -> None:
    """Its machine died between the end of the task and that of the job."""
    with ledger.write() as tx:
        _jobs(ledger).enqueue(tx, [Job("send", "ended"), Job("send", "at work")])
        tx.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        tx.execute(TASK.update().values(state="running"))
        tx.execute(TASK.update().where(TASK.c.subject == "ended").values(state="done"))
    with ledger.write() as tx:
        (idle,) = shared_tasks.idle_jobs(tx)
        shared_tasks.drop_jobs(tx, [idle])
        (left,) = tx.execute(text("SELECT (args ->> 'task')::bigint FROM procrastinate_jobs")).scalars()
        assert tx.execute(select(TASK.c.subject).where(TASK.c.id == left)).scalar_one() == "at work"
        assert shared_tasks.idle_jobs(tx) == set()


def test_while_a_local_runner_works_on_the_ledger_the_others_wait_and_the_other_way_round(
    ledger: Ledger,
) -> None:
    """FI-H06: a machine of before has the work to itself until it stops."""
    _ask(ledger, Job("parse", "a"))
    with ledger.alone() as alone:
        assert alone
        with pytest.raises(TradepostError, match="of one machine"):
            _jobs(ledger).drain(lambda claim: None)
        waits = Machine(ledger)
        assert not waits.begun.acquire(timeout=0.5)
    assert waits.begun.acquire(timeout=DEADLINE_S)
    with ledger.alone() as alone:
        assert not alone
    waits.stop()


def test_the_database_s_clock_decides_when_a_postponed_task_is_due(ledger: Ledger) -> None:
    """FI-C06, FI-G01: our clock is months off, and the task runs after the time that was meant."""
    jobs, clock = _jobs(ledger), Hands()
    _ask(ledger, Job("deliver", "a"))

    def postpone(claim: Claim) -> None:
        with ledger.write() as tx:
            jobs.postpone(tx, claim, clock.now() + timedelta(minutes=5), "busy")

    assert jobs.drain(postpone) == 1
    with ledger.read() as view:
        due = text("SELECT extract(epoch FROM not_before - now()) FROM task")
        assert 290 < view.execute(due).scalar_one() <= 300


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def test_each_slot_fires_once_however_many_schedulers_tick(stages: Stages) -> None:
    """FI-G04: four schedulers, of which one ends in the middle."""
    stages.profile("corner-bikes", 'schedule = { kind = "every", minutes = 1, batch_size = 20 }\n')
    schedulers = [stages.scheduler, *(Scheduler(stages.parts) for _ in range(3))]
    with ThreadPoolExecutor(len(schedulers)) as pool:
        for minute in range(12):
            ticking = schedulers if minute < 6 else schedulers[1:]
            for done in [pool.submit(scheduler.tick) for scheduler in ticking]:
                done.result(DEADLINE_S)
            stages.clock.pass_time(minutes=1)
    with stages.view() as view:
        query = select(EVENT.c.subject, EVENT.c.after).where(EVENT.c.action == "schedule.fired")
        fired = Counter((row.subject, row.after) for row in view.execute(query))
    assert set(fired.values()) == {1}
    assert Counter(schedule for schedule, _ in fired)["corner-bikes/csv/orders/erp"] == 11


def test_two_machines_that_watch_one_folder_take_each_file_once(stages: Stages, tmp_path: Path) -> None:
    """FI-G05."""
    folder = tmp_path / "watched"
    folder.mkdir()
    for n in range(40):
        (folder / f"po_{n}.edi").write_bytes(order_850(n + 1, [f"A-{n}"]))
    channel = FolderChannel(kind="folder", name="acme-mailbox", path=str(folder), mode="rename")
    watchers = [FolderWatcher(channel, "acme-retail", stages.home) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        sweeps = [pool.submit(one.sweep, stages.pipeline.receive, lambda: False) for one in watchers]
        for sweep in sweeps:
            sweep.result(DEADLINE_S)
    for watcher in watchers:
        watcher.close()
    with stages.view() as view:
        names = Counter(view.execute(text("SELECT name FROM transmission")).scalars())
    assert names == Counter(f"po_{n}.edi" for n in range(40))


def test_a_node_that_is_not_seen_for_a_day_is_forgotten(ledger: Ledger) -> None:
    with ledger.write() as tx:
        nodes.enter(tx, "nd-old", "one:1", ["work"], "0.1.0")
        tx.execute(text("UPDATE node SET seen_at = seen_at - interval '2 days'"))
        nodes.enter(tx, "nd-new", "two:2", ["sftp", "work"], "0.1.0")
        nodes.beat(tx, "nd-new", "127.0.0.1:2222", ["parse tx-1", "send ak-1"])
    with ledger.read() as view:
        listed = nodes.listed(view)
    assert [(one.name, one.roles, one.doing) for one in listed] == [
        ("two:2", ("sftp", "work"), ("parse tx-1", "send ak-1"))
    ]


def test_an_sqlite_ledger_is_shared_by_nobody(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, job_runner="procrastinate")
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path / 'ledger.db'}"))
    with pytest.raises(TradepostError, match="one process") as refused:
        open_jobs(settings, ledger, Hands())
    assert refused.value.code == "GTW-044"
    assert isinstance(open_jobs(Settings(home=tmp_path), ledger, Hands()), LocalJobs)
    ledger.close()
