"""The stages over a real ledger and archive, in one thread, with hands on the clock and the outside.

    stages = Stages(home, database_url)          # sample partners, nothing running
    stages.receive("acme-retail", "po.edi", content)
    stages.drain()                               # runs what is due; `pass_time` makes more due
    stages.erp.taken                             # what the destinations took, by name

No archive call, no read of archived bytes and no delivery may happen while a write transaction
is open (DESIGN §5): here each fails the test. `Faults` breaks the nth call of a kind.
"""

from __future__ import annotations

import atexit
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from gateway import home as homes
from gateway import views
from gateway.archive.local import LocalArchive
from gateway.archive.local_notes import LocalNotes
from gateway.book import ProfileBook
from gateway.errors import ArchiveUnavailable
from gateway.jobs.local import LocalJobs
from gateway.operations import Operations
from gateway.parts import Parts
from gateway.pipeline import Pipeline
from gateway.ports import TOGETHER, Arrival, Listed, Note, Received, Stored
from gateway.scheduler import Scheduler
from gateway.settings import Settings
from gateway.store import mailboxes, profile_versions, schema
from gateway.store.ledger import Ledger, inside_write_transaction, open_engine
from gateway.store.moves import Act
from gateway.worker import Worker
from outbound.connector import Connector, Consignment, Holding, Outcome, Preview, Receipt, TryLater
from partners.destinations import Destination

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACT = Act("tester", NOON, "a test")
#: So that tests may say what each delivery meets that comes after another.
DELIVERED_SINGLY = {stage: most for stage, most in TOGETHER.items() if stage != "deliver"}


class Died(BaseException):
    """What kill -9 looks like from inside: nothing catches it."""


Moment = Literal["before", "after"]


@dataclass
class Faults:
    """Breaks the nth call of one kind, before or after its effect. nth: 0 breaks nothing.

    kind: "commit", "archive" or "deliver". error: what is raised.
    """

    kind: str = ""
    nth: int = 0
    moment: Moment = "before"
    error: Callable[[], BaseException] = Died
    seen: int = 0

    @property
    def happened(self) -> bool:
        """True once the call was broken."""
        return 0 < self.nth <= self.seen

    def end(self) -> None:
        """Break nothing any more."""
        self.kind = ""

    @contextmanager
    def around(self, kind: str) -> Iterator[None]:
        """One call of `kind`."""
        breaks = kind == self.kind and self._is_nth()
        if breaks and self.moment == "before":
            raise self.error()
        yield
        if breaks:
            raise self.error()

    def _is_nth(self) -> bool:
        self.seen += 1
        return self.seen == self.nth


def database_fault() -> OperationalError:
    """What a database that goes away looks like."""
    return OperationalError("a statement", {}, RuntimeError("the connection is gone"))


def archive_fault() -> ArchiveUnavailable:
    """What an archive that goes away looks like."""
    return ArchiveUnavailable("GTW-010", "The archive is away.", "Wait.")


def _outside_transactions() -> None:
    assert not inside_write_transaction(), "I/O while a write transaction is open"


class FaultyLedger(Ledger):
    """A ledger whose nth commit fails: rolled back, or done and not answered."""

    def __init__(self, engine: Engine, faults: Faults) -> None:
        super().__init__(engine)
        self._faults = faults

    @contextmanager
    def write(self) -> Iterator[Connection]:
        after = self._faults.moment == "after"
        if after:
            with self._faults.around("commit"), super().write() as tx:
                yield tx
            return
        with super().write() as tx:
            yield tx
            with self._faults.around("commit"):
                pass


class _GuardedStream(io.RawIOBase):
    """Archived bytes that refuse to be read inside a write transaction."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        _outside_transactions()
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()


class GuardedArchive:
    """The local archive behind guard and faults."""

    def __init__(self, inner: LocalArchive, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def put(self, stream: BinaryIO) -> Stored:
        _outside_transactions()
        with self._faults.around("archive"):
            return self._inner.put(stream)

    def adopt(self, path: Path, sha256: str | None = None) -> Stored:
        _outside_transactions()
        with self._faults.around("archive"):
            return self._inner.adopt(path, sha256)

    def open(self, sha256: str) -> BinaryIO:
        _outside_transactions()
        with self._faults.around("archive"):
            return io.BufferedReader(_GuardedStream(self._inner.open(sha256)))

    def holds(self, sha256: str) -> bool:
        _outside_transactions()
        return self._inner.holds(sha256)

    def listed(self, since: datetime | None = None) -> Iterator[Listed]:
        _outside_transactions()
        return self._inner.listed(since)

    def check(self) -> str:
        return self._inner.check()


class GuardedNotes:
    """The local notes behind the guard."""

    def __init__(self, inner: LocalNotes) -> None:
        self._inner = inner

    def note(self, *notes: Note) -> None:
        _outside_transactions()
        self._inner.note(*notes)

    def every(self) -> Iterator[Note]:
        return self._inner.every()


@dataclass
class FarEnds:
    """Every destination in memory. Like good far ends they take a key once.

    taken: payloads by destination, in order. says: what to raise or answer instead of taking, once each.
    down: destinations that are away until they are taken out. secret: changed, it resumes what is paused.
    """

    faults: Faults
    taken: dict[str, list[Consignment]] = field(default_factory=dict)
    says: list[Exception | Receipt] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    calls: int = 0
    secret: str = "first"

    def __call__(self, destination: Destination) -> Connector:
        _outside_transactions()
        return _FarEnd(self, destination.name)

    def mark(self, destination: Destination, salt: str, *, used: bool = False) -> str:
        return f"{salt}${self.secret}{destination.url}"

    def documents(self, destination: str) -> list[Any]:
        """What a destination took, as JSON."""
        return [json.loads(consignment.payload) for consignment in self.taken.get(destination, [])]

    def numbers(self, destination: str) -> list[str]:
        """Business numbers that a destination took, in order; a batch counts as its documents."""
        return [
            one["number"]
            for payload in self.documents(destination)
            for one in (payload if isinstance(payload, list) else [payload])
        ]


@dataclass
class _FarEnd:
    ends: FarEnds
    name: str

    def deliver(self, consignment: Consignment) -> Receipt:
        _outside_transactions()
        self.ends.calls += 1
        if self.name in self.ends.down:
            raise TryLater("The far end is away.", code="OUT-033")
        if self.ends.says:
            said = self.ends.says.pop(0)
            if isinstance(said, Exception):
                raise said
            return said
        with self.ends.faults.around("deliver"):
            taken = self.ends.taken.setdefault(self.name, [])
            if any(one.key == consignment.key for one in taken):
                return Receipt(Outcome.DUPLICATE)
            taken.append(consignment)
            return Receipt(Outcome.ACCEPTED, "ERP-1", b'{"id":"ERP-1"}')

    def look_up(self, consignment: Consignment) -> Holding | None:
        taken = self.ends.taken.get(self.name, [])
        held = next((one for one in taken if one.key == consignment.key), None)
        return None if held is None else Holding("ERP-1", {"payload": held.payload.decode()})

    def dry_run(self, consignment: Consignment) -> Preview:
        return Preview(f"keep {consignment.key}", consignment.payload, consignment.content_type)

    def check(self) -> str:
        return "in memory"

    def close(self) -> None:
        """Nothing is open."""


class Hands:
    """A clock that moves only when a test says so."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        return self._now

    def pass_time(self, **by: float) -> None:
        self._now += timedelta(**by)


class Stages:
    """One gateway of the embedded kind, put together for tests. `again` is what a restart finds."""

    def __init__(
        self,
        home: Path,
        database_url: str,
        faults: Faults | None = None,
        *,
        clock: Hands | None = None,
        erp: FarEnds | None = None,
        workers: int = 4,
        together: Mapping[str, int] | None = None,
    ) -> None:
        self.home, self.database_url = home, database_url
        self.faults = faults or Faults()
        self.clock = clock or Hands()
        self.erp = erp or FarEnds(self.faults)
        self.settings = Settings(home=home, database_url=database_url)
        homes.prepare(self.settings, samples=True)
        self.ledger = FaultyLedger(open_engine(database_url), self.faults)
        schema.upgrade(self.ledger.engine)
        inner = LocalArchive(home / "archive", homes.archive_id(self.settings))
        self.archive = GuardedArchive(inner, self.faults)
        self.notes = GuardedNotes(LocalNotes(home / "archive"))
        self.book = ProfileBook(self.ledger, self.clock, home)
        self.jobs = LocalJobs(
            self.ledger, self.clock, workers=workers, poll_s=0.05, together=together or DELIVERED_SINGLY
        )
        self.parts = Parts(
            ledger=self.ledger,
            archive=self.archive,
            notes=self.notes,
            jobs=self.jobs,
            clock=self.clock,
            profiles=self.book,
            connect=self.erp,
            chance=lambda: 1.0,
        )
        self.pipeline = Pipeline(self.parts)
        self.worker = Worker(self.pipeline.stages, self.ledger, self.jobs, self.clock)
        self.scheduler = Scheduler(self.parts)
        self.operations = Operations(self.ledger, self.jobs, self.clock, self.book)
        with self.ledger.read() as view:
            first = profile_versions.newest(view) is None
        if first:
            self.apply()

    def apply(self) -> None:
        """Put the home's profiles in force."""
        self.clock.pass_time(seconds=1)
        self.book.apply(self.home / "partners", Act("tester", self.clock.now(), "a test"))

    def profile(self, partner: str, text: str) -> None:
        """Add to a partner's profile, and apply it."""
        path = self.home / "partners" / partner / "profile.toml"
        path.write_text(path.read_text("utf-8") + text, "utf-8")
        self.apply()

    def receive(self, partner: str, name: str, content: bytes, key: str = "") -> Received:
        """A file, as its mailbox hands it over. key: of the upload; the name if left out."""

        channel = f"{partner.split('-')[0]}-mailbox"
        return self.pipeline.receive(Arrival(channel, key or name, name, partner), io.BytesIO(content))

    def drain(self) -> int:
        """Run what is due."""
        return self.jobs.drain(self.worker.run)

    def pass_time(self, **by: float) -> int:
        """Let time pass, fire slots, and run what is due then."""
        self.clock.pass_time(**by)
        self.scheduler.tick()
        return self.drain()

    def again(self) -> Stages:
        """The same home after a restart, without faults; the far ends are who they were."""
        self.close()
        self.faults.end()
        restarted = Stages(self.home, self.database_url, clock=self.clock, erp=self.erp)
        restarted.jobs.take_back()
        return restarted

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """The ledger, to look at."""
        with self.ledger.read() as view:
            yield view

    def shown(self, transmission: str) -> views.TransmissionView:
        """A transmission with all that hangs on it."""
        with self.view() as view:
            return views.transmission(view, transmission)

    def documents(self, **wanted: str) -> list[views.Item]:
        """Documents, newest first."""
        with self.view() as view:
            return views.documents(view, views.Page(500), **wanted)

    def outbox(self, partner: str) -> dict[str, bytes]:
        """What lies in a partner's mailbox."""
        with self.view() as view:
            rows = mailboxes.outbox(view, partner, None)
        return {row.name: self.archive.open(row.sha256).read() for row in rows}

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()


def copied_stages(folder: Path) -> Stages:
    """Stages on SQLite as they are before anything came; made once a process, which takes a while."""
    shutil.copytree(_made(), folder, dirs_exist_ok=True)
    stages = Stages(folder / "home", f"sqlite:///{folder / 'ledger.db'}")
    stages.clock.pass_time(minutes=1)  # what is applied next is newer than what was
    return stages


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tradepost-stages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Stages(folder / "home", f"sqlite:///{folder / 'ledger.db'}").close()
    return folder
