"""Puts the gateway together. The only module that knows every adapter."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway import home as homes
from gateway.archive.local import LocalArchive
from gateway.archive.local_notes import LocalNotes
from gateway.book import ProfileBook
from gateway.errors import TradepostError
from gateway.failpoints import arm_from_environment
from gateway.far_ends import FarEnds
from gateway.isolation import Isolation
from gateway.jobs.local import LocalJobs
from gateway.logs import log_to_stderr
from gateway.operations import Operations
from gateway.parts import Parts
from gateway.pipeline import Pipeline
from gateway.ports import TOGETHER, Archive, Clock, JobQueue, Notes
from gateway.settings import Settings
from gateway.store import schema
from gateway.store.ledger import Ledger, open_engine
from gateway.store.moves import Act
from gateway.worker import Worker

log = structlog.get_logger()

#: Seconds between heartbeats of what runs the stages on many machines.
BEAT_S = 1.0


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)


class Gateway:
    """Everything of one home, put together and not yet running. Close it when done."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.ledger = open_ledger(settings.effective_database_url)
        self.archive = open_archive(settings)
        self.notes = open_notes(settings)
        self.book = ProfileBook(self.ledger, self.clock, settings.home)
        self.jobs = open_jobs(settings, self.ledger, self.clock)
        self.far_ends = FarEnds(settings.home)
        self.parts = Parts(
            ledger=self.ledger,
            archive=self.archive,
            notes=self.notes,
            jobs=self.jobs,
            clock=self.clock,
            profiles=self.book,
            connect=self.far_ends,
            chance=random.SystemRandom().random,
            chunk_documents=settings.chunk_documents,
            x12_limits=settings.x12_limits,
        )
        self.pipeline = Pipeline(self.parts)
        self.worker = Worker(self.pipeline.stages, self.ledger, self.jobs, self.clock, Isolation(settings))
        self.operations = Operations(self.ledger, self.jobs, self.clock, self.book)

    def apply_profiles_once(self) -> None:
        """Put the home's profile folder in force if nothing is in force yet."""
        try:
            self.book.current()
        except TradepostError:
            act = Act("system", self.clock.now(), "first start")
            self.book.apply(self.settings.partners_folder, act)

    def close(self) -> None:
        """Let go of everything."""
        self.far_ends.close()
        self.ledger.close()


@contextmanager
def opened(settings: Settings) -> Iterator[Gateway]:
    """A gateway over a prepared home, closed at the end. Raises TradepostError GTW-023 without one."""
    if not homes.is_prepared(settings.home):
        raise TradepostError(
            "GTW-023",
            f"{settings.home} is no home of tradepost.",
            "Run: tradepost init, or name one with --home.",
        )
    log_to_stderr()
    arm_from_environment(os.environ)
    gateway = Gateway(settings)
    try:
        yield gateway
    finally:
        gateway.close()


def open_ledger(url: str) -> Ledger:
    """The ledger at `url`, its schema brought up to date. Raises TradepostError GTW-025."""
    try:
        ledger = Ledger(open_engine(url))
        schema.upgrade(ledger.engine)
    except (SQLAlchemyError, ImportError) as fault:
        cause = getattr(fault, "orig", None) or fault
        raise TradepostError(
            "GTW-025",
            f"The ledger cannot be opened: {str(cause).strip()}",
            "Look at database_url, and whether the database is up and lets us in.",
        ) from fault
    return ledger


def open_jobs(settings: Settings, ledger: Ledger, clock: Clock) -> JobQueue:
    """What runs the stages. Raises TradepostError GTW-044 where the ledger cannot be shared."""
    if not settings.shares_work:
        return LocalJobs(
            ledger, clock, workers=settings.workers, poll_s=settings.job_poll_s, together=TOGETHER
        )
    if ledger.engine.dialect.name == "sqlite":
        raise TradepostError(
            "GTW-044",
            "An SQLite ledger is worked on by one process; procrastinate needs a PostgreSQL.",
            "Set job_runner to auto, or database_url to a PostgreSQL: docs/running-many.md.",
        )
    from gateway.jobs.engine import EngineLimits
    from gateway.jobs.procrastinate import ProcrastinateJobs

    limits = EngineLimits(settings.workers, BEAT_S, settings.node_dead_s, settings.job_poll_s)
    return ProcrastinateJobs(ledger, clock, limits)


def open_archive(settings: Settings) -> Archive:
    """The archive that the settings name."""
    url = settings.effective_archive_url
    if url.startswith("s3://"):
        from gateway.archive.s3 import open_s3_archive

        return open_s3_archive(url, settings.home)
    return LocalArchive(Path(url), homes.archive_id(settings))


def open_notes(settings: Settings) -> Notes:
    """The notes beside that archive."""
    url = settings.effective_archive_url
    if url.startswith("s3://"):
        from gateway.archive.s3_notes import open_s3_notes

        return open_s3_notes(url)
    return LocalNotes(Path(url))
