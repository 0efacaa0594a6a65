"""The gateway at work: which parts run in this process, from start to an orderly stop."""

from __future__ import annotations

import errno
import math
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import structlog
from sqlalchemy.exc import OperationalError

from gateway import alert_desk
from gateway import home as homes
from gateway.backlog import Backlog
from gateway.errors import ArchiveUnavailable, TradepostError
from gateway.health import Health
from gateway.logs import logged
from gateway.meters import Meters
from gateway.nodes import Node
from gateway.ports import DELIVER, WORK, Arrival, Receive, Received
from gateway.processor import given
from gateway.push.desk import Desk
from gateway.push.server import DoorPlace, PushDoor
from gateway.room import Room
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.sftp_server.events import Fields, SftpEvent
from gateway.sftp_server.host_key import host_keys
from gateway.sftp_server.ledger_mailboxes import LedgerMailboxes
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.penalties import PenaltyRules
from gateway.sftp_server.server import SftpServer
from gateway.status_server import StatusServer
from gateway.store.bookmarks import LedgerBookmarks
from gateway.store.moves import Act
from gateway.watchers.crew import WatcherCrew
from gateway.wiring import Gateway

log = structlog.get_logger()

#: How many ports above the wanted one are tried.
PORTS_TRIED = 50
#: Seconds after which the main thread looks for signals at the latest.
LOOK_S = 0.5
#: Uploads that are kept at the same time; more wait for their turn.
RECEIVERS = 32
#: Open files that a process with the role sftp asks for.
OPEN_FILES = 65_536
#: Exit status after a second word to stop, while work was in hand.
ABORTED = 1


class Running:
    """A gateway at work. server: None if the role sftp is not played here; status, push: or web.

    overdue: True if work in hand did not end within stop_s; the process may then simply end,
    as if it were killed, and the next start goes on from there.
    """

    def __init__(self, stop_s: float) -> None:
        self.server: SftpServer | None = None
        self.status: StatusServer | None = None
        self.push: PushDoor | None = None
        self.stopping = threading.Event()
        self.overdue = False
        self._stop_s = stop_s
        self._deadline = math.inf
        self._broken: list[BaseException] = []
        self._is_told = False
        self._is_reload_wanted = False

    def heed_signals(self) -> None:
        """From now on SIGTERM and Ctrl-C mean: finish what is in hand and stop; a second one: end at once.

        SIGHUP means: put the profiles in the home in force.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._want_reload)

    def wait(self, reload: Callable[[], None] = lambda: None) -> None:
        """Wait until told to stop, or until a part breaks; what broke rises again here.

        reload: called after SIGHUP, once for any number that came before it begins.
        """
        while not self.stopping.wait(LOOK_S):
            # A signal that the system gives to another thread is heeded only when this one wakes.
            if self._is_reload_wanted:
                self._is_reload_wanted = False
                reload()
        if self._broken:
            raise self._broken[0]

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._is_told:
            # As safe as kill -9: what was promised is durable, the next start goes on from there.
            os._exit(ABORTED)
        self._is_told = True
        # Not here: the handler interrupts the very thread that may hold the event's lock.
        threading.Thread(target=self.stopping.set, name="stop").start()

    def _want_reload(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._is_reload_wanted = True

    @contextmanager
    def thread(self, name: str, work: Callable[[], None]) -> Iterator[None]:
        """Run `work` beside; if it breaks, everything stops, since half a gateway helps nobody."""

        def guarded() -> None:
            try:
                work()
            except BaseException as fault:
                self._broken.append(fault)
                raise
            finally:
                self.stopping.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join(self.left_s())
            self.overdue = self.overdue or thread.is_alive()

    def left_s(self) -> float:
        """Stop now, if that was not said before; the seconds that are left for what is in hand."""
        self.stopping.set()
        self._deadline = min(self._deadline, time.monotonic() + self._stop_s)
        return max(0.0, self._deadline - time.monotonic())


class Role(StrEnum):
    """What a process does; all of it by default."""

    SFTP = "sftp"
    WATCH = "watch"
    WORK = "work"
    DELIVER = "deliver"
    SCHEDULE = "schedule"
    WEB = "web"


#: Roles that run stages, with the queue that each serves.
QUEUE_OF = {Role.WORK: WORK, Role.DELIVER: DELIVER}


@contextmanager
def running(gateway: Gateway, roles: Collection[Role] = tuple(Role)) -> Iterator[Running]:
    """The gateway at work in these roles. At the end it drains within `stop_s`.

    Raises TradepostError GTW-022 if another process plays one of the roles in this home.
    """
    settings = gateway.settings
    run = Running(settings.stop_s)
    node = Node(gateway.ledger, gateway.clock, gateway.worker.run)
    meters = Meters(gateway.ledger, gateway.archive, gateway.book, gateway.clock, settings.home)
    receive = meters.timed(gateway.pipeline.receive)
    with ExitStack() as stack:
        stack.enter_context(logged(settings.home / "log", settings.log_level, settings.log_stderr))
        for name in _locks(settings, roles):
            stack.enter_context(homes.locked(settings.home, name))
        queues = [queue for role, queue in QUEUE_OF.items() if role in roles]
        if queues:
            stack.enter_context(_allowed_to_work(gateway))
        stack.enter_context(node.present(roles))
        stack.enter_context(run.thread("node", partial(node.keep_seen, run.stopping)))
        if queues:
            gateway.jobs.take_back()
            gateway.pipeline.look_for_orphans()
            serve = partial(gateway.jobs.serve, node.run, run.stopping.is_set, queues)
            stack.enter_context(run.thread("stages", serve))
        if Role.WATCH in roles:
            full = Backlog(gateway.ledger, settings.backlog_per_partner).is_full
            bookmarks = LedgerBookmarks(gateway.ledger, gateway.clock)
            crew = WatcherCrew(gateway.book, settings.home, receive, room(settings), full, bookmarks)
            stack.enter_context(run.thread("watchers", partial(crew.serve, run.stopping.is_set)))
        if Role.SCHEDULE in roles:
            scheduler = Scheduler(gateway.parts)
            scheduler.start()
            stack.callback(scheduler.stop)
            looking = partial(alert_desk.keep_looking, gateway, run.stopping.is_set)
            stack.enter_context(run.thread("alerts", looking))
            sending = partial(alert_desk.keep_sending, gateway, run.stopping.is_set)
            stack.enter_context(run.thread("notices", sending))
        if Role.SFTP in roles and settings.sftp_enabled:
            allow_open_files()
            run.server = sftp_server(gateway, receive)
            run.server.start()
            server = run.server
            node.address = f"{settings.sftp_host}:{server.port}"
            stack.callback(lambda: server.stop(run.left_s()))
            meters.sessions = server.sessions
        if Role.WEB in roles:
            _open_doors(gateway, run, meters, receive, stack)
        stack.callback(run.left_s)
        log.info(
            "gateway.started",
            home=str(settings.home),
            roles=sorted(roles),
            processors=sorted(given()),
            sftp_port=run.server.port if run.server else None,
            status_port=run.status.port if run.status else None,
            push_port=run.push.port if run.push else None,
        )
        yield run
        log.info("gateway.stopping")


def _open_doors(gateway: Gateway, run: Running, meters: Meters, receive: Receive, stack: ExitStack) -> None:
    """Open what speaks HTTP: the door for monitoring, and that for what our ERP pushes."""
    run.status = status_server(gateway, meters, run.stopping.is_set)
    run.status.start()
    stack.callback(run.status.stop)
    run.push = push_door(gateway, receive)
    run.push.look()
    stack.enter_context(run.thread("push door", partial(run.push.serve, run.stopping.is_set)))


def reload_profiles(gateway: Gateway) -> None:
    """Put the profiles in the home in force as a whole; those that are refused change nothing."""
    act = Act("system", gateway.clock.now(), "SIGHUP")
    try:
        applied = gateway.book.apply(gateway.settings.partners_folder, act)
    except TradepostError as refused:
        log.warning("profiles.refused", code=refused.code, reason=refused.message)
    except OperationalError as fault:
        log.warning("ledger.unavailable", reason=str(fault.orig))
    else:
        log.info("profiles.in_force", version=applied.version)


def drain(gateway: Gateway) -> int:
    """Run everything that is due, slots included, then stop; how many stages ran."""
    settings = gateway.settings
    with (
        logged(settings.home / "log", settings.log_level, settings.log_stderr),
        homes.locked(settings.home, Role.WORK),
        _allowed_to_work(gateway),
    ):
        gateway.jobs.take_back()
        Scheduler(gateway.parts).tick()
        return gateway.jobs.drain(gateway.worker.run)


def _locks(settings: Settings, roles: Collection[Role]) -> list[str]:
    """What to lock in the home: each role; where one process runs all stages, those roles are one."""
    if settings.shares_work:
        return [role.value for role in roles]
    return sorted({Role.WORK if role in QUEUE_OF else role.value for role in roles})


@contextmanager
def _allowed_to_work(gateway: Gateway) -> Iterator[None]:
    """The local runner serves a ledger alone, also where several homes share one database."""
    if gateway.settings.shares_work:
        yield
        return
    with gateway.ledger.alone() as alone:
        if not alone:
            raise TradepostError(
                "GTW-022",
                "A gateway with another home works on this ledger already.",
                "Stop it first, or set job_runner to auto: any number of nodes then share the work.",
            )
        yield


def sftp_server(gateway: Gateway, receive: Receive | None = None) -> SftpServer:
    """The SFTP server, not listening yet. receive: else the pipeline's own."""
    settings = gateway.settings
    mailboxes = LedgerMailboxes(
        gateway.ledger,
        gateway.archive,
        gateway.clock,
        lambda: gateway.book.current().directory,
        settings.home,
        settings.inbox_visible_s,
    )
    return SftpServer(
        settings.sftp_host,
        free_port(settings.sftp_host, settings.sftp_port),
        host_keys(settings.host_key_file),
        mailboxes,
        within(receive or gateway.pipeline.receive, settings.archive_deadline_s),
        _sftp_limits(settings),
        settings.spool_folder,
        _log_event,
        room(settings),
        Backlog(gateway.ledger, settings.backlog_per_partner).is_full,
    )


def room(settings: Settings) -> Room:
    """The disks of this machine that take what comes in: the home's, and the archive's if it is a folder."""
    archive = [] if settings.effective_archive_url.startswith("s3://") else [settings.effective_archive_url]
    folders = [settings.home, settings.spool_folder, *map(Path, archive)]
    return Room(folders, settings.disk_reserve_bytes)


def status_server(gateway: Gateway, meters: Meters, is_stopping: Callable[[], bool]) -> StatusServer:
    """The door for monitoring, listening and not answering yet."""
    settings = gateway.settings
    health = Health(
        gateway.ledger, gateway.archive, gateway.book, settings.home, is_stopping, settings.disk_reserve_bytes
    )
    return StatusServer(settings.web_host, settings.web_port, health, meters.exposed, settings.web_networks)


def push_door(gateway: Gateway, receive: Receive) -> PushDoor:
    """The door that our ERP pushes through, shut as long as no channel wants it."""
    settings, home = gateway.settings, gateway.settings.home
    certificate, key = (
        home / name if name else None for name in (settings.push_tls_certificate, settings.push_tls_key)
    )
    desk = Desk(
        gateway.book,
        gateway.ledger,
        home,
        within(receive, settings.archive_deadline_s),
        room(settings),
        Backlog(gateway.ledger, settings.backlog_per_partner).is_full,
    )
    return PushDoor(DoorPlace(settings.push_host, settings.push_port, certificate, key), gateway.book, desk)


def allow_open_files() -> None:
    """Let this process open as many files as it may: every SFTP connection and every upload is one.

    systemd and login shells grant 1,024 at first and many more to those that ask.
    """
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    if granted != resource.RLIM_INFINITY and granted < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _sftp_limits(settings: Settings) -> SftpLimits:
    penalties = PenaltyRules(
        free=settings.sftp_penalty_after,
        first_s=settings.sftp_penalty_s,
        most_s=settings.sftp_penalty_most_s,
        exempt=settings.penalty_exempt,
    )
    return SftpLimits(
        connections=settings.sftp_connections,
        sessions_per_partner=settings.sftp_sessions_per_partner,
        file_bytes=settings.max_file_bytes,
        login_grace_s=settings.sftp_login_grace_s,
        idle_s=settings.sftp_idle_s,
        penalties=penalties,
    )


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens there, else the next free port above. Raises TradepostError GTW-035."""
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as fault:
                if fault.errno == errno.EADDRINUSE:
                    continue
                raise TradepostError(
                    "GTW-035",
                    f"The SFTP server cannot listen on {host}:{port}: {fault.strerror}.",
                    "Set sftp_host to an address of this machine, and sftp_port to 1024 or more.",
                ) from fault
            return port
    raise TradepostError(
        "GTW-035",
        f"No free port from {wanted} on at {host}.",
        "Set sftp_port to a free port, or to 0 for any.",
    )


def within(receive: Receive, deadline_s: float) -> Receive:
    """`receive` that gives up after `deadline_s`: the sender is told of a failure, never of success.

    What still becomes durable later is a transmission that nobody was promised; the sender's
    next try is another one, and is recognised by its bytes.
    """
    pool = ThreadPoolExecutor(RECEIVERS, thread_name_prefix="receive")

    def bounded(arrival: Arrival, content: BinaryIO | Path) -> Received:
        try:
            return pool.submit(receive, arrival, content).result(deadline_s)
        except TimeoutError as late:
            raise ArchiveUnavailable(
                "GTW-039", f"The archive did not answer within {deadline_s:.0f} s.", "Send the file again."
            ) from late

    return bounded


def _log_event(event: SftpEvent, fields: Fields) -> None:
    log.info(event.value, **fields)
