"""Runs a stage and records what became of it. The one place that catches Exception."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.errors import ArchiveUnavailable, ChannelUnavailable, Fenced, Overtaken
from gateway.ports import Claim, Clock, JobQueue
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, record

log = structlog.get_logger()

#: Faults of the world around us that pass by themselves: the stage runs again.
PASSING = (ArchiveUnavailable, ChannelUnavailable, OperationalError, IntegrityError, Overtaken)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
#: An integrity error is a race lost to another worker; one that stays is a bug.
MAX_RACES = 5


class Worker:
    """Runs claims through the stages."""

    def __init__(
        self, stages: Mapping[str, Callable[[Claim], None]], ledger: Ledger, jobs: JobQueue, clock: Clock
    ) -> None:
        self._stages = stages
        self._ledger = ledger
        self._jobs = jobs
        self._clock = clock

    def run(self, claim: Claim) -> None:
        """Run one claim. Never raises for what a stage did; the ledger's own failure does rise."""
        known = {"stage": claim.stage, "subject": claim.subject, "attempt": claim.attempt}
        try:
            self._stages[claim.stage](claim)
        except Fenced:
            log.info("stage.fenced", **known)
        except PASSING as fault:
            if isinstance(fault, IntegrityError) and claim.attempt >= MAX_RACES:
                self._park(claim, known)
            else:
                self._postpone(claim, known, fault)
        except Exception:  # noqa: BLE001 - a bug becomes a failed job with its traceback, here and only here
            self._park(claim, known)
        else:
            log.debug("stage.done", **known)

    def _postpone(self, claim: Claim, known: Mapping[str, object], fault: Exception) -> None:
        pause_s = min(FIRST_PAUSE_S * 2 ** min(claim.attempt - 1, 10), LONGEST_PAUSE_S)
        log.warning(
            "stage.postponed", **known, fault=type(fault).__name__, reason=str(fault), pause_s=pause_s
        )
        due = self._clock.now() + timedelta(seconds=pause_s)
        self._leave(lambda tx: self._jobs.postpone(tx, claim, due, str(fault)), claim)

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
