"""Runs a stage and records what became of it. The one place that catches Exception."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from gateway.errors import ArchiveUnavailable, ChannelUnavailable, Fenced, Overtaken
from gateway.ports import Claim, Clock, JobQueue
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, record

log = structlog.get_logger()

#: Faults of the world around us that pass by themselves: the stage runs again.
PASSING = (
    ArchiveUnavailable,
    ChannelUnavailable,
    IntegrityError,
    OperationalError,
    Overtaken,
    NoConnection,  # every connection to the ledger is in use
)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
#: Seconds between looks whether to stop.
LOOK_S = 0.5
#: Times in a row after which a fault that should have passed is taken for a bug: an integrity error is a
#: race lost to another worker, an operational one a database away or full for three quarters of an hour.
PATIENCE: Mapping[type[Exception], int] = {IntegrityError: 5, OperationalError: 50}
#: What a connection that was lost is counted as, whatever was asked of it. It is never taken for a bug.
LOST = "lost connection"

#: Stages that read what partners send; a file that ends its reader is read apart after so many attempts.
READING = frozenset({"parse", "replay"})
SUSPECT_AFTER = 3


class Worker:
    """Runs claims through the stages.

    apart: runs one in a process of its own, outcome included; None runs all in this one.
    """

    def __init__(
        self,
        stages: Mapping[str, Callable[..., None]],
        ledger: Ledger,
        jobs: JobQueue,
        clock: Clock,
        apart: Callable[[Claim], None] | None = None,
    ) -> None:
        self._stages = stages
        self._ledger = ledger
        self._jobs = jobs
        self._clock = clock
        self._apart = apart

    def run(self, *claims: Claim) -> None:
        """Run claims of one stage. Never raises for what a stage did; the ledger's own failure does rise."""
        if len(claims) == 1 or not self._ran_together(claims):
            for claim in claims:
                self._run_alone(claim)

    def _ran_together(self, claims: Sequence[Claim]) -> bool:
        """False if something went wrong: then nothing tells whose fault it was, and each is run by itself.

        What was recorded before that stays; its claims are fenced off the second time.
        """
        stage = claims[0].stage
        try:
            with self._ledger.expecting():
                self._stages[stage](*claims)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it comes again to the claim that it is of
            log.info("stage.divided", stage=stage, claims=len(claims), fault=type(fault).__name__)
            return False
        log.debug("stage.done", stage=stage, claims=len(claims))
        return True

    def _run_alone(self, claim: Claim) -> None:
        known = {"stage": claim.stage, "subject": claim.subject, "attempt": claim.attempt}
        try:
            if self._apart is not None and claim.stage in READING and claim.attempt > SUSPECT_AFTER:
                self._apart(claim)
                self._jobs.ring()
            else:
                with self._ledger.expecting():
                    self._stages[claim.stage](claim)
        except Fenced:
            log.info("stage.fenced", **known)
        except PASSING as fault:
            if claim.in_a_row(_kind(fault)) >= _patience(fault):
                self._park(claim, known)
            else:
                self._postpone(claim, known, fault)
        except Exception:  # noqa: BLE001 - a bug becomes a failed job with its traceback, here and only here
            self._park(claim, known)
        else:
            log.debug("stage.done", **known)

    def _postpone(self, claim: Claim, known: Mapping[str, object], fault: Exception) -> None:
        kind = _kind(fault)
        pause_s = min(FIRST_PAUSE_S * 2 ** min(claim.in_a_row(kind) - 1, 10), LONGEST_PAUSE_S)
        log.warning("stage.postponed", **known, fault=kind, reason=str(fault), pause_s=pause_s)
        due = self._clock.now() + timedelta(seconds=pause_s)
        self._leave(lambda tx: self._jobs.postpone(tx, claim, due, str(fault), kind), claim)

    def _park(self, claim: Claim, known: Mapping[str, object]) -> None:
        error = traceback.format_exc()
        log.error("stage.failed", **known, error=error)
        act = Act(claim.stage, self._clock.now(), error.strip().rsplit("\n", 1)[-1])

        def park(tx: Connection) -> None:
            self._jobs.fail(tx, claim, error)
            record(tx, act, "task.failed", "task", str(claim.task_id), before="running", after="failed")

        self._leave(park, claim)

    def _leave(self, write: Callable[[Connection], None], claim: Claim) -> None:
        try:
            with self._ledger.write() as tx:
                write(tx)
        except Fenced:
            log.info("stage.fenced", stage=claim.stage, subject=claim.subject, attempt=claim.attempt)


def _kind(fault: Exception) -> str:
    return LOST if getattr(fault, "connection_invalidated", False) else type(fault).__name__


def _patience(fault: Exception) -> float:
    if _kind(fault) == LOST:
        return math.inf
    return next((limit for kind, limit in PATIENCE.items() if isinstance(fault, kind)), math.inf)


def keep_doing(
    name: str, work: Callable[[], object], pause_s: float, should_stop: Callable[[], bool]
) -> None:
    """Do work that stands beside the stages, again and again, until told to stop.

    Telling people must never stop what they are told of: what fails, be it by a bug of ours, is
    logged with its traceback and done again after a longer pause.
    """
    failures = 0
    while not should_stop():
        try:
            work()
        except Exception:
            failures += 1
            log.exception("aside.failed", work=name, failures=failures)
        else:
            failures = 0
        left_s = min(pause_s * 2 ** min(failures, 10), max(pause_s, LONGEST_PAUSE_S))
        while left_s > 0 and not should_stop():
            time.sleep(min(left_s, LOOK_S))
            left_s -= LOOK_S
