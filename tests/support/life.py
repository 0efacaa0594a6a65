"""The life of some documents in a gateway, run in a process of its own that may die anywhere in it.

This page is a program. `Lives` (lives.py) starts it once; it imports everything and then forks a
child for each order that comes in on stdin, a line of JSON (`Order`), and answers with the child's
exit status. A child opens the home and plays all sides: partners that send until they are told OK,
watched stores, the stages, the clock, partners that fetch their answers. Run again after a death it
goes on from there, as partners and a restarted gateway do: what a client was told is remembered in
`told.jsonl`, which stands outside of the gateway.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path

import httpx2
import life_erp
from sqlalchemy.exc import SQLAlchemyError

from gateway import answering, failpoints, profiles, views, wiring, worker
from gateway import home as homes
from gateway.archive import s3
from gateway.errors import TradepostError
from gateway.ports import Arrival, Watcher
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.ledger_mailboxes import LedgerMailboxes
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.mailbox import OUTBOX, Caller
from gateway.sftp_server.refusal import Refusal
from gateway.sftp_server.spool import Spool
from gateway.sftp_server.uploads import Desk, Inbox, OpenUploads
from gateway.store.moves import Act
from gateway.verify.verifying import verify
from gateway.watchers.registry import open_watcher
from gateway.wiring import Gateway
from partners.directory import BUNDLED, load_directory
from translators.reading import read_file

#: What the child ends with when an error that was put in stopped it, as it would stop a gateway.
BROKE = 3
#: Seconds that a child may take, and that a wait between looks takes.
DEADLINE_S = 60
STEP_S = 0.01
#: How long a schedule's slots are apart at most in the homes of these tests.
SLOT = timedelta(minutes=16)
TRIES = 6
#: Tasks that run together where a day must be like every other.
BY_TWOS = {"parse": 2, "send": 2}
#: Bytes of a part of a large file: the least that S3 takes.
SMALLEST_PART = 5 << 20
#: What an error that was put in comes to, once the layers above have named it.
FAULTS = (OSError, Refusal, TradepostError, SQLAlchemyError)
#: Modules that the gateway loads only when it needs them.
LATE = (
    "alembic.command",
    "alembic.script",
    "h11",
    "httpcore2",
    "outbound.file_drop",
    "outbound.http_json",
    "sqlite3",
)
QUIET_LOOKS = 2
NEW = os.O_CREAT | os.O_TRUNC | os.O_WRONLY
FOLDERS = {"from-corner"}


@dataclass(frozen=True)
class Upload:
    """A file that a partner sends. how: put, rename, resume, hand, or drop (into a watched folder)."""

    partner: str
    how: str
    name: str
    content: str


@dataclass(frozen=True)
class Order:
    """What a child shall do.

    act: "live" or "prepare". world: the folder outside of the gateway. strace: its options, none
    without. large: every answer counts as too large for one transaction. together: as many tasks run
    together as in a gateway at work; else two, and deliveries one by one, so that every day is alike.
    erp: our ERP has something to say first; see `life_erp.py`.
    """

    act: str
    home: str
    world: str
    uploads: tuple[Upload, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    failpoints: str = ""
    strace: tuple[str, ...] = ()
    large: bool = False
    together: bool = False
    erp: bool = False


class World:
    """What stands outside of the gateway and outlives it: clients' memories, the clock, the outcome."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told = folder / "told.jsonl"

    def told(self) -> set[tuple[str, str]]:
        """Partner and name of every file that its sender was told is kept."""
        lines = self._told.read_text("utf-8").splitlines() if self._told.exists() else []
        return {(one["partner"], one["name"]) for one in map(json.loads, lines)}

    def tell(self, upload: Upload) -> None:
        """The client hears OK. One write, so that no kill can halve it."""
        sha256 = hashlib.sha256(upload.content.encode()).hexdigest()
        line = json.dumps({"partner": upload.partner, "name": upload.name, "sha256": sha256}) + "\n"
        handle = os.open(self._told, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        os.write(handle, line.encode())
        os.close(handle)

    @property
    def shift(self) -> timedelta:
        """How far the clock of this world is ahead; it never goes back."""
        return SLOT if (self.folder / "later").exists() else timedelta()

    def later(self) -> None:
        """Let the next slot of every schedule fall due."""
        (self.folder / "later").touch()

    def keep(self, partner: str, name: str, content: bytes) -> None:
        """A partner has fetched an answer; other bytes under a name it had are another answer."""
        folder = self.folder / "fetched" / partner
        folder.mkdir(parents=True, exist_ok=True)
        while (folder / name).exists() and (folder / name).read_bytes() != content:
            name = f"{name}~"
        (folder / name).write_bytes(content)


class Life:
    """One run through everything, on an open gateway."""

    def __init__(self, gateway: Gateway, world: World, uploads: tuple[Upload, ...]) -> None:
        self._gateway = gateway
        self._world = world
        self._uploads = uploads
        home = gateway.settings.home
        self._spool = Spool(gateway.settings.spool_folder)
        self._mailboxes = LedgerMailboxes(
            gateway.ledger,
            gateway.archive,
            gateway.clock,
            lambda: gateway.book.current().directory,
            home,
            gateway.settings.inbox_visible_s,
        )

    def run(self) -> None:
        """From the start of a gateway to the day's end."""
        self._gateway.jobs.take_back()
        self._gateway.pipeline.look_for_orphans()
        self._spool.sweep({held.path for held in self._mailboxes.held()})
        self._gateway.jobs.drain(self._gateway.worker.run)
        self._send()
        self._sweep_stores()
        scheduler = Scheduler(self._gateway.parts)
        scheduler.tick()
        self._settle()
        self._world.later()
        scheduler.tick()
        self._settle()
        self._fetch()

    # partners ----------------------------------------------------------------------------------

    def _send(self) -> None:
        told = self._world.told()
        ways: dict[str, Callable[[Upload], None]] = {
            "put": self._put,
            "rename": self._rename,
            "resume": self._resume,
            "hand": self._hand,
            "drop": self._drop,
        }
        for upload in self._uploads:
            if (upload.partner, upload.name) not in told:
                self._until_told(ways[upload.how], upload)

    def _until_told(self, way: Callable[[Upload], None], upload: Upload) -> None:
        for left in reversed(range(TRIES)):
            try:
                way(upload)
            except FAULTS:  # the server answers each of them with a failure
                if not left:
                    raise
            else:
                self._world.tell(upload)
                return

    def _inbox(self, partner: str) -> Inbox:
        """A session of its own."""
        login = partner.partition("-")[0]
        facts = self._mailboxes.login(login)
        assert facts is not None, partner
        limits = SftpLimits()
        desk = Desk(
            self._mailboxes,
            self._gateway.pipeline.receive,
            limits,
            self._spool,
            lambda event, fields: None,
            OpenUploads(),
            Allowances(limits),
            has_room=lambda: True,
        )
        return Inbox(desk, facts, Caller(login, partner, "SHA256:test", "127.0.0.1"))

    def _put(self, upload: Upload, name: str | None = None) -> None:
        inbox, content = self._inbox(upload.partner), upload.content.encode()
        opened = inbox.open(name or upload.name, NEW)
        half = len(content) // 2
        inbox.write(opened, 0, content[:half])
        inbox.write(opened, half, content[half:])
        inbox.closed(opened)

    def _rename(self, upload: Upload) -> None:
        beside = f"{upload.name}.tmp"
        self._put(upload, beside)
        self._inbox(upload.partner).rename(beside, upload.name)

    def _resume(self, upload: Upload) -> None:
        """Cut off after a third, and taken up again in another session."""
        content = upload.content.encode()
        before = self._inbox(upload.partner)
        if before.held(upload.name) is None:
            opened = before.open(upload.name, NEW)
            before.write(opened, 0, content[: len(content) // 3])
            before.cut(opened)
        inbox = self._inbox(upload.partner)
        held = inbox.held(upload.name)
        opened = inbox.open(upload.name, NEW if held is None else os.O_WRONLY)
        inbox.write(opened, opened.file.size, content[opened.file.size :])
        inbox.closed(opened)

    def _hand(self, upload: Upload) -> None:
        key = hashlib.sha256(os.urandom(16)).hexdigest()
        arrival = Arrival("harbor-hand", key, upload.name, upload.partner)
        self._gateway.pipeline.receive(arrival, BytesIO(upload.content.encode()))

    def _drop(self, upload: Upload) -> None:
        """Renamed into the watched folder, once; that it lies there is all that its sender is told."""
        (folder,) = FOLDERS
        beside = self._world.folder / upload.name
        if not beside.exists():
            beside.write_bytes(upload.content.encode())
        beside.rename(self._gateway.settings.home / folder / upload.name)

    def _fetch(self) -> None:
        for partner in sorted({upload.partner for upload in self._uploads}):
            caller = Caller("login", partner, "SHA256:test", "127.0.0.1")
            for entry in self._mailboxes.listing(partner, OUTBOX):
                with self._mailboxes.open(partner, OUTBOX, entry) as stream:
                    self._world.keep(partner, entry.name, stream.read())
                self._mailboxes.fetched(partner, OUTBOX, entry, caller)

    # the gateway -------------------------------------------------------------------------------

    def _sweep_stores(self) -> None:
        for profile, channel in self._gateway.book.current().directory.open_channels():
            watcher = open_watcher(channel, profile.partner, self._gateway.settings.home)
            if watcher is not None:
                with closing(watcher):
                    self._sweep(watcher)

    def _sweep(self, watcher: Watcher) -> None:
        """Until a second look finds nothing new either: files must come to rest first."""
        pause, quiet = threading.Event(), 0
        while quiet < QUIET_LOOKS:
            found = watcher.sweep(self._gateway.pipeline.receive, lambda: False)
            quiet = 0 if found else quiet + 1
            pause.wait(STEP_S)

    def _settle(self) -> None:
        """Run what is due until nothing is left; what an error stopped is tried again, as a person would."""
        pause, act = threading.Event(), Act("tester", self._gateway.clock.now(), "a test")
        while True:
            self._gateway.jobs.drain(self._gateway.worker.run)
            with self._gateway.ledger.read() as view:
                failed, idle = views.failed_tasks(view), views.is_idle(view)
            for task in failed:
                self._gateway.operations.retry_task(act, int(task["id"]))
            if idle and not failed:
                return
            pause.wait(STEP_S)


def live(order: Order) -> None:
    """The child's work for "live"."""
    world = World(Path(order.world))
    # Unlike its code a gateway's patience may be changed from outside: nobody waits a second here.
    worker.FIRST_PAUSE_S = 0.0
    s3.S3Archive = partial(s3.S3Archive, part_bytes=SMALLEST_PART)  # type: ignore[misc]
    if not order.together:
        wiring.TOGETHER = BY_TWOS
    if order.large:
        answering.LARGE_SETS = 0
    wiring.SystemClock.now = lambda self: datetime.now(UTC) + world.shift  # type: ignore[method-assign]
    settings = Settings(home=Path(order.home), **order.options)
    homes.prepare(settings, samples=True)
    with wiring.opened(settings) as gateway:
        gateway.apply_profiles_once()
        if order.act == "prepare":
            return
        if order.erp:
            life_erp.hear(gateway)
        Life(gateway, world, order.uploads).run()
        report = verify(gateway.ledger, gateway.archive, gateway.clock, sample=None, progress=lambda *_: None)
    (world.folder / "passages.json").write_text(json.dumps(failpoints.passages()))
    found = {"well": report.is_well, "places": dict(report.places), "received": report.received}
    breaches = [
        f"{check.name}: {one.subject}: {one.says}" for check in report.checks for one in check.breaches
    ]
    notes = [note for check in report.checks for note in check.notes]
    (world.folder / "verify.json").write_text(json.dumps({**found, "breaches": breaches, "notes": notes}))


def _child(order: Order, ready: int) -> int:
    """The exit status."""
    signal.alarm(DEADLINE_S)
    log = os.open(f"{order.world}/stderr.txt", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 2)
    os.read(ready, 1)
    try:
        failpoints.arm(order.failpoints)
        live(order)
    except FAULTS:
        if not order.failpoints and not order.strace:
            raise
        return BROKE
    return 0


def _run(order: Order) -> int:
    """Fork, let `strace` take hold if it shall, and wait."""
    waiting, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(go)
            status = _child(order, waiting)
        except BaseException:  # noqa: BLE001 - a child reports whatever stopped it, and ends
            (Path(order.world) / "error.txt").write_text(traceback.format_exc())
        finally:
            os._exit(status)
    os.close(waiting)
    tracer = _traced(pid, order) if order.strace else None
    os.write(go, b".")
    os.close(go)
    _, ended = os.waitpid(pid, 0)
    if tracer is not None:
        tracer.wait(DEADLINE_S)
    return os.waitstatus_to_exitcode(ended)


def _traced(pid: int, order: Order) -> subprocess.Popen[bytes]:
    command = ["strace", "-f", "-q", "-p", str(pid), "-o", f"{order.world}/strace.txt", *order.strace]
    with (Path(order.world) / "strace.err").open("wb") as errors:
        tracer = subprocess.Popen(command, stderr=errors)
    status, pause = Path(f"/proc/{pid}/status"), threading.Event()
    while "TracerPid:\t0\n" in status.read_text():
        if tracer.poll() is not None:
            raise RuntimeError((Path(order.world) / "strace.err").read_text())
        pause.wait(0.002)
    return tracer


def _warm() -> None:
    """Load what is loaded late, and read files, so that no child need load or compile it anew."""
    for name in LATE:
        import_module(name)
    httpx2.Client().close()
    directory = load_directory(BUNDLED)
    assert not isinstance(directory, tuple), directory
    profiles.available_timezones()
    samples = Path(__file__).parents[2] / "samples"
    for folder in ("x12/850", "csv/order"):
        for path in (samples / folder).glob("*/input.*"):
            list(read_file(BytesIO(path.read_bytes()), name=path.name, directory=directory, sender=None))


def orders() -> Iterator[Order]:
    """Orders from stdin, one a line, to its end."""
    for line in sys.stdin:
        values = json.loads(line)
        values["uploads"] = tuple(Upload(**upload) for upload in values["uploads"])
        values["strace"] = tuple(values["strace"])
        yield Order(**values)


def as_line(order: Order) -> str:
    """An order as a line of JSON."""
    return json.dumps(asdict(order)) + "\n"


if __name__ == "__main__":
    _warm()
    for one in orders():
        print(_run(one), flush=True)
