"""procrastinate's worker at work in a thread of ours, and what it needs done for it.

What a dead worker had in hand is not given to others by procrastinate itself: `_look_after` does that,
by heartbeats in the database's own time. The worker breaks where its connection does, and where others
took it for dead while it was stopped; it is then started anew, under another number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg import Error as PostgresError
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy.exc import OperationalError

from gateway.ports import Claim
from gateway.store import shared_tasks
from gateway.store.ledger import Ledger

log = structlog.get_logger()

#: The name of the one task that procrastinate knows.
TASK_NAME = "tradepost"
#: Seconds between looks for due jobs at the most: a job whose lock was let go rings no bell.
LOCK_POLL_S = 0.1
#: Seconds between looks whether to stop.
STEP_S = 0.1
#: Seconds before a worker that broke is started anew.
PAUSE_S = 1.0
#: Looks after which the whole task table is compared with the jobs, which costs more than a look.
ADOPT_EVERY = 10
#: Connections that a worker needs beside those of its jobs: fetching, heartbeats, looking after.
OWN_CONNECTIONS = 3
#: Earlier than the clock of any database.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BROKEN = (ProcrastinateException, PostgresError, PoolTimeout, OperationalError, OSError)


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How many and how often.

    workers: threads that run stages. beat_s: seconds between heartbeats. dead_s: seconds without one
    after which others take over. poll_s: seconds between looks for due jobs; more than 0.1 counts as 0.1.
    """

    workers: int
    beat_s: float
    dead_s: float
    poll_s: float


class Engine:
    """Runs due tasks of some queues. `adopt` gives jobs to tasks that have none, and says how many."""

    def __init__(
        self,
        ledger: Ledger,
        run: Callable[[Claim], None],
        queues: tuple[str, ...],
        limits: EngineLimits,
        adopt: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._queues = queues
        self._limits = limits
        self._adopt = adopt
        self._unrecorded = False
        self._idle: set[int] = set()
        self._count = 0

    async def serve(self, should_stop: Callable[[], bool]) -> None:
        """Run what is due until told to stop; then wait for what is in hand."""
        while not should_stop():
            try:
                await self._work(should_stop)
            except BROKEN as fault:
                log.warning("ledger.unavailable", reason=str(fault.__cause__ or fault))
                await _wait(should_stop, PAUSE_S)

    async def drain(self) -> int:
        """Run what is due, one at a time, until nothing is; how many were run."""
        self._count = 0
        with ThreadPoolExecutor(1, thread_name_prefix="stage") as pool:
            app = self._app(pool, 1)
            async with app.open_async():
                await Worker(app, **self._options(1), wait=False, listen_notify=False).run()
        return self._count

    async def _work(self, should_stop: Callable[[], bool]) -> None:
        """Run what is due until told to stop, or until the worker breaks; then wait for what is in hand."""
        workers = self._limits.workers
        with ThreadPoolExecutor(workers, "stage") as pool, ThreadPoolExecutor(1, "look after") as own:
            app = self._app(pool, workers)
            async with app.open_async():
                worker = Worker(app, **self._options(workers))
                at_work = asyncio.create_task(worker.run())
                beside = asyncio.create_task(self._look_after(app, own))
                told = asyncio.create_task(_until(should_stop))
                await asyncio.wait({at_work, beside, told}, return_when=asyncio.FIRST_COMPLETED)
                worker.stop()
                alive = asyncio.create_task(self._keep_alive(app, worker))
                await asyncio.wait({at_work})
                for task in (beside, told, alive):
                    task.cancel()
                ended = await asyncio.gather(at_work, beside, told, alive, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome
        if not should_stop():
            raise ConnectorException("procrastinate's worker has ended by itself")

    async def _keep_alive(self, app: App, worker: Worker) -> None:
        """Heartbeats while the last stages end: procrastinate's own stop with the first word of the end."""
        while worker.worker_id is not None:
            await app.job_manager.update_heartbeat(worker.worker_id)
            await asyncio.sleep(self._limits.beat_s)

    def _app(self, pool: ThreadPoolExecutor, workers: int) -> App:
        most = workers + OWN_CONNECTIONS
        url = self._ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = PsycopgConnector(
            pool_factory=_unchecked,
            conninfo=url,
            min_size=1,
            max_size=most,
            timeout=self._limits.dead_s,
            configure=_at_ease,
        )
        app = App(connector=connector)

        @app.task(name=TASK_NAME, pass_context=True)
        async def run_task(context: JobContext, task: int) -> None:
            job = context.job.id
            await asyncio.get_running_loop().run_in_executor(pool, self._run_task, task, job)

        return app

    def _options(self, workers: int) -> dict[str, Any]:
        return {
            "queues": list(self._queues),
            "concurrency": workers,
            "fetch_job_polling_interval": min(self._limits.poll_s, LOCK_POLL_S),
            "delete_jobs": "always",
            "install_signal_handlers": False,
            "update_heartbeat_interval": self._limits.beat_s,
            "stalled_worker_timeout": self._limits.dead_s,
        }

    def _run_task(self, task: int, job: int | None) -> None:
        """Run one task for a job. If the database is away, the task is found again once it is back."""
        try:
            with self._ledger.write() as tx:
                claim = shared_tasks.begin(tx, task, job or 0)
            if claim is not None:
                self._count += 1
                self._run(claim)
        except OperationalError as fault:
            log.warning("stage.unrecorded", task=task, reason=str(fault.orig))
            self._unrecorded = True

    async def _look_after(self, app: App, own: ThreadPoolExecutor) -> None:
        """Give others what dead workers had in hand, and jobs to tasks that lost theirs."""
        looks = 0
        while True:
            await asyncio.sleep(self._limits.beat_s)
            await self._take_over(app)
            if looks % ADOPT_EVERY == 0 or self._unrecorded:
                self._unrecorded = False
                await asyncio.get_running_loop().run_in_executor(own, self._compare)
            looks += 1

    async def _take_over(self, app: App) -> None:
        """Twice, also by several nodes at once: the fence decides between attempts."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._limits.dead_s):
            try:
                await app.job_manager.retry_job(job, retry_at=LONG_AGO)
            except ProcrastinateException:  # another node was quicker
                continue
            log.info("task.taken_over", task=job.task_kwargs.get("task"))

    def _compare(self) -> None:
        """Drop jobs that twice in a row stood for nothing, and adopt tasks that no job stands for."""
        with self._ledger.read() as view:
            idle = shared_tasks.idle_jobs(view)
        still = idle & self._idle
        if still:
            with self._ledger.write() as tx:
                shared_tasks.drop_jobs(tx, still)
        self._idle = idle - still
        adopted = self._adopt()
        if adopted:
            log.info("tasks.adopted", tasks=adopted)


async def _at_ease(connection: AsyncConnection[Any]) -> None:
    """What procrastinate notes may be lost when the database falls: the task table is the truth."""
    await connection.execute("SET synchronous_commit = off")
    await connection.commit()


def _unchecked(*, check: object, **options: Any) -> AsyncConnectionPool:
    """A pool that does not ask a connection whether it lives before each statement: a dead one breaks
    the worker, which is started anew. That halves the round trips of a job."""
    del check
    return AsyncConnectionPool(**options)


async def _until(should_stop: Callable[[], bool]) -> None:
    while not should_stop():
        await asyncio.sleep(STEP_S)


async def _wait(should_stop: Callable[[], bool], seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(_until(should_stop), seconds)
