"""Puts the gateway together. The only module that knows every adapter."""

from __future__ import annotations

import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

import structlog

from gateway import home as homes
from gateway.archive.local import LocalArchive
from gateway.book import ProfileBook
from gateway.errors import TradepostError
from gateway.far_ends import FarEnds
from gateway.jobs.local import LocalJobs
from gateway.logs import close_log, open_log
from gateway.operations import Operations
from gateway.pipeline import Parts, Pipeline
from gateway.ports import Archive, Watcher
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.sftp_server.events import Fields, SftpEvent
from gateway.sftp_server.host_key import ensure_host_key
from gateway.sftp_server.ledger_mailboxes import LedgerMailboxes
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.server import SftpServer
from gateway.store import schema
from gateway.store.ledger import Ledger, open_engine
from gateway.store.moves import Act
from gateway.watchers.registry import open_watchers
from gateway.watchers.watch import watch
from gateway.worker import Worker

log = structlog.get_logger()

#: How many ports above the wanted one are tried.
PORTS_TRIED = 50
#: Seconds between looks at changed profiles for the watchers.
WATCH_POLL_S = 1.0


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
        self.ledger = Ledger(open_engine(settings.effective_database_url))
        schema.upgrade(self.ledger.engine)
        self.archive = open_archive(settings)
        self.book = ProfileBook(self.ledger, self.clock, settings.home)
        self.jobs = LocalJobs(self.ledger, self.clock, workers=settings.workers, poll_s=settings.job_poll_s)
        self.far_ends = FarEnds(settings.home)
        self.pipeline = Pipeline(
            Parts(
                ledger=self.ledger,
                archive=self.archive,
                jobs=self.jobs,
                clock=self.clock,
                profiles=self.book,
                connect=self.far_ends,
                chance=random.SystemRandom().random,
                chunk_documents=settings.chunk_documents,
            )
        )
        self.worker = Worker(self.pipeline.stages, self.ledger, self.jobs, self.clock)
        self.scheduler = Scheduler(self.ledger, self.jobs, self.clock, self.book)
        self.operations = Operations(self.ledger, self.jobs, self.clock, self.book)

    def apply_profiles_once(self) -> None:
        """Put the home's profile folder in force if nothing is in force yet."""
        try:
            self.book.current()
        except TradepostError:
            act = Act("system", self.clock.now(), "first start")
            self.book.apply(self.settings.partners_folder, act)

    def drain(self) -> int:
        """Run everything that is due, slots included, then stop; how many stages ran."""
        self.jobs.take_back()
        self.scheduler.tick()
        return self.jobs.drain(self.worker.run)

    def watchers(self) -> list[Watcher]:
        """A watcher for each open channel that looks into a store of others."""
        return open_watchers(self.book.current().directory, self.settings.home)

    def sftp_server(self) -> SftpServer:
        """The SFTP server, not listening yet."""
        settings = self.settings
        mailboxes = LedgerMailboxes(
            self.ledger,
            self.archive,
            self.clock,
            lambda: self.book.current().directory,
            settings.home,
            settings.inbox_visible_s,
        )
        host_key = ensure_host_key(settings.home / "keys" / homes.HOST_KEY)
        return SftpServer(
            settings.sftp_host,
            free_port(settings.sftp_host, settings.sftp_port),
            [host_key],
            mailboxes,
            self.pipeline.receive,
            SftpLimits(file_bytes=settings.max_file_bytes),
            settings.spool_folder,
            _log_event,
        )

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
    gateway = Gateway(settings)
    try:
        yield gateway
    finally:
        gateway.close()


@contextmanager
def running(gateway: Gateway) -> Iterator[SftpServer | None]:
    """The gateway at work: SFTP server, watchers, stages, schedules. Drains within `stop_s` at the end.

    Gives the SFTP server if one listens. Raises TradepostError GTW-022 if another runs in this home.
    """
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(homes.locked(gateway.settings.home))
        open_log(gateway.settings.home / "log", gateway.settings.log_level)
        stack.callback(close_log)
        gateway.jobs.take_back()
        stack.enter_context(
            _thread("stages", stop, partial(gateway.jobs.serve, gateway.worker.run, stop.is_set))
        )
        for watcher in gateway.watchers():
            stack.callback(watcher.close)
            loop = partial(watch, watcher, gateway.pipeline.receive, stop.is_set)
            stack.enter_context(_thread(f"watch {watcher.channel}", stop, loop))
        gateway.scheduler.start()
        stack.callback(gateway.scheduler.stop)
        server = gateway.sftp_server() if gateway.settings.sftp_enabled else None
        if server is not None:
            server.start()
            stack.callback(server.stop, gateway.settings.stop_s)
        stack.callback(stop.set)
        log.info("gateway.started", home=str(gateway.settings.home))
        yield server
        log.info("gateway.stopping")


def wait_for_signal() -> None:
    """Wait for SIGTERM or Ctrl-C."""
    told = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    told.wait()


def open_archive(settings: Settings) -> Archive:
    """The archive that the settings name."""
    url = settings.effective_archive_url
    if url.startswith("s3://"):
        from gateway.archive.s3 import open_s3_archive

        return open_s3_archive(url, settings.home)
    return LocalArchive(Path(url), homes.archive_id(settings))


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens there, else the next free port above. Raises TradepostError GTW-035."""
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise TradepostError(
        "GTW-035",
        f"No free port from {wanted} on at {host}.",
        "Set sftp_port to a free port, or to 0 for any.",
    )


@contextmanager
def _thread(name: str, stop: threading.Event, work: Callable[[], None]) -> Iterator[None]:
    def guarded() -> None:
        try:
            work()
        finally:
            stop.set()

    thread = threading.Thread(target=guarded, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _log_event(event: SftpEvent, fields: Fields) -> None:
    log.info(event.value, **fields)
