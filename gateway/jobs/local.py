"""The local runner: threads of this process over the task table, on either database."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.errors import Fenced
from gateway.failpoints import failpoint
from gateway.ports import QUEUES, Claim, Clock, Job, Run
from gateway.store import tasks
from gateway.store.ledger import Ledger

log = structlog.get_logger()

#: Tasks claimed at once by `drain`.
DRAIN_CLAIMS = 16
#: Tasks claimed at once by `serve`: what comes later waits for these at most, whoever sent it.
SERVE_CLAIMS = 64
#: A clock that goes back by no more was read by another thread a moment earlier.
SET_BACK = timedelta(seconds=1)
#: Claims of one stage that a worker is given at once; mostly one.
Batch = tuple[Claim, ...]


class Bell:
    """A Doorbell within one process."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake the waiter."""
        self._rung.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, at most `timeout_s`."""
        rung = self._rung.wait(timeout_s)
        self._rung.clear()
        return rung


class LocalJobs:
    """JobQueue for one process. A lock on the home keeps a second one away (see wiring).

    together: stages of which several claims are given to a run at once, with the most of each.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        workers: int,
        poll_s: float,
        together: Mapping[str, int] | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._workers = workers
        self._poll_s = poll_s
        self._together = together or {}
        self._bell = Bell()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def enqueue(self, tx: Connection, jobs: Sequence[Job]) -> None:
        """Ask for jobs in the caller's transaction; workers look once it is committed."""
        now = self._clock.now()
        self._latest = max(self._latest, now)
        tasks.insert_new(tx, jobs, now)

    def finish(self, tx: Connection, *claims: Claim) -> None:
        """The stage is done for these."""
        tasks.finish(tx, *claims)

    def postpone(
        self, tx: Connection, claim: Claim, not_before: datetime, reason: str, fault: str | None = None
    ) -> None:
        """Run it again later."""
        tasks.postpone(tx, claim, not_before, reason, fault)

    def fail(self, tx: Connection, claim: Claim, error: str) -> None:
        """Park it for a person."""
        tasks.fail(tx, claim, error)

    def wake(self, tx: Connection, task: int) -> bool:
        """Let a failed task run again."""
        return tasks.wake(tx, task, self._clock.now())

    def ring(self) -> None:
        """Look now."""
        self._bell.ring()

    def take_back(self) -> int:
        """Return what a killed process left running; call once, before `serve`."""
        with self._ledger.write() as tx:
            count = tasks.take_back(tx)
        failpoint("jobs.taken_back")
        return count

    def serve(self, run: Run, should_stop: Callable[[], bool], queues: Iterable[str] = QUEUES) -> None:
        """Claim and run until told to stop; claims not begun are handed back."""
        wanted = frozenset(queues)
        hand: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        unrecorded: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="stage") as pool:
            free = threading.Semaphore(self._workers)
            while not should_stop():
                claims = self._claim_or_wait(SERVE_CLAIMS, wanted, unrecorded)
                for batch in self._batches(claims):
                    hand.put(batch)
                self._dispatch(pool, free, hand, partial(_run_noting, run, unrecorded), should_stop)
            self._hand_back(hand)

    def _claim_or_wait(
        self, limit: int, queues: frozenset[str], unrecorded: queue.SimpleQueue[Batch]
    ) -> list[Claim]:
        """Claims, or none after a wait. A database that is away is looked for again, not given up.

        unrecorded: claims whose outcome could not be written; they are handed back first.
        """
        try:
            self._hand_back(unrecorded)
            claims = self._claim(limit, queues)
        except OperationalError as fault:
            log.warning("ledger.unavailable", reason=str(fault.orig))
            claims = []
        if not claims:
            self._bell.wait(self._poll_s)
        return claims

    def _dispatch(
        self,
        pool: ThreadPoolExecutor,
        free: threading.Semaphore,
        hand: queue.SimpleQueue[Batch],
        run: Callable[[Batch], None],
        should_stop: Callable[[], bool],
    ) -> None:
        def work(batch: Batch) -> None:
            try:
                run(batch)
            finally:
                free.release()

        while not hand.empty() and not should_stop():
            if free.acquire(timeout=self._poll_s):
                pool.submit(work, hand.get())

    def drain(self, run: Run) -> int:
        """Run what is due, in this thread, until nothing is."""
        count = 0
        while claims := self._claim(DRAIN_CLAIMS):
            for batch in self._batches(claims):
                run(*batch)
            count += len(claims)
        return count

    def _batches(self, claims: Sequence[Claim]) -> Iterator[Batch]:
        """Claims that run together, stages and claims in the order in which they were taken in hand.

        What was tried before runs by itself: it may have felled those beside it.
        """
        by_stage: dict[str, list[Claim]] = {}
        for claim in claims:
            by_stage.setdefault(claim.stage, []).append(claim)
        for stage, those in by_stage.items():
            fresh = [claim for claim in those if claim.attempt == 1]
            most = self._together.get(stage, 1)
            for first in range(0, len(fresh), most):
                yield tuple(fresh[first : first + most])
            yield from ((claim,) for claim in those if claim.attempt > 1)

    def _claim(self, limit: int, queues: frozenset[str] = tasks.ALL_QUEUES) -> list[Claim]:
        self._heed_clock()
        with self._ledger.read() as view:
            if not tasks.any_due(view, self._clock.now(), queues):
                return []
        with self._ledger.write() as tx:
            claims = tasks.claim_due(tx, self._clock.now(), limit, queues)
        failpoint("jobs.claimed")
        return claims

    def _heed_clock(self) -> None:
        """Where the wall clock was set back, what was due before stays due (FI-G01)."""
        now = self._clock.now()
        if self._latest - now <= SET_BACK:
            self._latest = max(self._latest, now)
            return
        log.warning("clock.set_back", back_s=(self._latest - now).total_seconds())
        with self._ledger.write() as tx:
            tasks.bring_forward(tx, now, self._latest)
        self._latest = now

    def _hand_back(self, hand: queue.SimpleQueue[Batch]) -> None:
        while not hand.empty():
            batch = hand.get()
            try:
                for claim in batch:
                    with suppress(Fenced), self._ledger.write() as tx:
                        tasks.hand_back(tx, claim)
            except OperationalError:
                hand.put(batch)
                raise


def _run_noting(run: Run, unrecorded: queue.SimpleQueue[Batch], batch: Batch) -> None:
    """Run claims; if the database is away when their outcome is to be written, remember them."""
    try:
        run(*batch)
    except OperationalError as fault:
        first = batch[0]
        log.warning(
            "stage.unrecorded",
            stage=first.stage,
            subject=first.subject,
            claims=len(batch),
            reason=str(fault.orig),
        )
        unrecorded.put(batch)
