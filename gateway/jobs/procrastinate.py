"""JobQueue for many machines: procrastinate runs the tasks, on the PostgreSQL that holds the ledger.

The task table stays the truth. A job carries a task's number and nothing else; it is deferred in the
transaction that asks for the task, on that transaction's own connection. procrastinate brings what one
machine does without: wake-ups, locks, heartbeats. It gives a job at least once; the fence makes that
harmless. Its priority is our rank, so that partners take turns; its lock keeps the order of a key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from procrastinate import App, SyncPsycopgConnector
from procrastinate.jobs import Job as EngineJob
from sqlalchemy import Connection

from gateway.errors import TradepostError
from gateway.jobs.engine import TASK_NAME, Engine, EngineLimits
from gateway.ports import QUEUES, Claim, Clock, Job, Run, queue_of
from gateway.store import shared_tasks, tasks
from gateway.store.ledger import Ledger
from gateway.store.runner_lock import together
from gateway.store.shared_tasks import Due

#: Seconds between attempts to serve where an older gateway still has the work to itself.
TURN_S = 1.0


class ProcrastinateJobs:
    """See `JobQueue`. Any number of processes may serve one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, limits: EngineLimits) -> None:
        self._ledger = ledger
        self._clock = clock
        self._limits = limits
        self._jobs = App(connector=SyncPsycopgConnector()).job_manager

    def enqueue(self, tx: Connection, jobs: Sequence[Job]) -> None:
        """See `JobQueue`. Only a task that was not there yet gets a job."""
        if jobs:
            self._defer(tx, shared_tasks.insert_ranked(tx, jobs, self._clock.now()))

    def finish(self, tx: Connection, *claims: Claim) -> None:
        """See `JobQueue`."""
        tasks.finish(tx, *claims)

    def postpone(
        self, tx: Connection, claim: Claim, not_before: datetime, reason: str, fault: str | None = None
    ) -> None:
        """See `JobQueue`. The job in hand ends; another one, for later, takes its place."""
        delay = not_before - self._clock.now()
        self._defer(tx, [shared_tasks.postpone(tx, claim, delay, reason, fault)])

    def fail(self, tx: Connection, claim: Claim, error: str) -> None:
        """See `JobQueue`."""
        tasks.fail(tx, claim, error)

    def wake(self, tx: Connection, task: int) -> bool:
        """See `JobQueue`."""
        woken = shared_tasks.wake(tx, task)
        if woken is not None:
            self._defer(tx, [woken])
        return woken is not None

    def ring(self) -> None:
        """The database has rung already: its notice goes out with the commit."""

    def take_back(self) -> int:
        """See `JobQueue`. What other nodes have in hand stays theirs."""
        count = 0
        while adopted := self._adopt():
            count += adopted
        return count

    def serve(self, run: Run, should_stop: Callable[[], bool], queues: Iterable[str] = QUEUES) -> None:
        """See `JobQueue`. While a gateway of one machine works on this ledger, it waits for its end."""
        engine = Engine(self._ledger, run, tuple(queues), self._limits, self._adopt)
        while not should_stop():
            with together(self._ledger) as is_shared:
                if is_shared:
                    asyncio.run(engine.serve(should_stop))
                    return
            time.sleep(TURN_S)

    def drain(self, run: Run) -> int:
        """See `JobQueue`."""
        with together(self._ledger) as is_shared:
            if not is_shared:
                raise TradepostError(
                    "GTW-022",
                    "A gateway of one machine works on this ledger.",
                    "Stop it first; then any number may run.",
                )
            return asyncio.run(Engine(self._ledger, run, QUEUES, self._limits, self._adopt).drain())

    def _adopt(self) -> int:
        with self._ledger.write() as tx:
            stranded = shared_tasks.adopt(tx)
            self._defer(tx, stranded)
        return len(stranded)

    def _defer(self, tx: Connection, due: Sequence[Due]) -> None:
        """Defer a job for each task, on the transaction's own connection."""
        if due:
            connection = tx.connection.driver_connection
            self._jobs.batch_defer_jobs([_job(one) for one in due], connection=connection)


def _job(due: Due) -> EngineJob:
    return EngineJob(
        queue=queue_of(due.stage),
        priority=-due.rank,
        lock=due.order_key,
        queueing_lock=None,
        task_name=TASK_NAME,
        task_kwargs={"task": due.task},
        scheduled_at=due.due,
    )
