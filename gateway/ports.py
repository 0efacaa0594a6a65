"""The seams of the gateway and what each side may rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from sqlalchemy import Connection

from outbound.changes import Position


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in the archive. sha256: lower-case hex. size: bytes. new: False if they were there before."""

    sha256: str
    size: int
    new: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Bytes as an archive lists them, unread. kept_at: when they were kept, by the store's own clock."""

    sha256: str
    size: int
    kept_at: datetime


class Archive(Protocol):
    """Bytes by their SHA-256, written once and never changed.

    `put` and `adopt` return only when the bytes are durable (file and folder synced, or the
    store has confirmed a checksummed conditional write). Putting the same bytes again is
    harmless. Calls may come from several threads and processes. Raises ArchiveUnavailable
    if the store cannot be reached or is full; nothing is then promised.
    """

    def put(self, stream: BinaryIO) -> Stored:
        """Keep all bytes of `stream`."""
        ...

    def adopt(self, path: Path, sha256: str | None = None) -> Stored:
        """Keep the file at `path`, on the same machine, and remove it there.

        sha256: its hash if the caller computed it while writing; it is trusted.
        """
        ...

    def open(self, sha256: str) -> BinaryIO:
        """The bytes from their start, seekable. Raises ArchiveMissing, or ArchiveDamaged on a wrong hash."""
        ...

    def holds(self, sha256: str) -> bool:
        """True if the bytes are there."""
        ...

    def listed(self, since: datetime | None = None) -> Iterator[Listed]:
        """All that is kept, by hash, a little at a time.

        since: leave out what was kept before, where the store can tell without listing it.
        What is kept meanwhile may be left out. Raises ArchiveUnavailable.
        """
        ...

    def check(self) -> str:
        """A sentence on the store's health. Raises ArchiveUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Note:
    """What bytes in the archive were, so that a ledger can be made up from it.

    kind: "arrival" or "answer". id: of the transmission, or of the acknowledgement. at: when it was
    received or stored, aware, UTC. facts: what its row in the ledger says besides, as JSON values.
    """

    kind: str
    id: str
    sha256: str
    at: datetime
    facts: Mapping[str, Any]


class Notes(Protocol):
    """Notes beside the archive, written once and never changed, by several threads and processes.

    They are read only when a ledger was lost, or restored from an older backup.
    """

    def note(self, *notes: Note) -> None:
        """Keep them; durable on return. Again is harmless. Raises ArchiveUnavailable: any may be kept."""
        ...

    def every(self) -> Iterator[Note]:
        """All of them, those of a day by time; some may come more than once. Raises ArchiveUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a record of an ERP said when it was read. record: as the ERP calls it, "sale.sale,12".

    version: the ERP's own mark of its last change. digest: SHA-256 of what it says.
    """

    record: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as a channel saw it.

    channel: the channel's name in the partner profiles.
    source_key: what makes this arrival this arrival (see each channel); unique per channel.
    name: the sender's file name, a label only, never a path of ours.
    partner: the partner the channel or login stands for, None if the content must tell.
    attributes: facts worth keeping: login, key fingerprint, address, bucket, version id.
    heard: the record of an ERP that it was read from; noted in the transaction that records the arrival.
    """

    channel: str
    source_key: str
    name: str
    partner: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    heard: Heard | None = None


class Sight(StrEnum):
    """NEW: recorded now. SAME: this very arrival was recorded before; nothing was added."""

    NEW = "new"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Received:
    """What a channel may tell its sender: the bytes are durable and the ledger row is committed."""

    transmission: str
    sha256: str
    size: int
    sight: Sight


#: Keep, then record. Returns only when both are durable. The content is an open stream, read to
#: its end, or the path of a spooled file on this machine, which is taken over and removed.
Receive = Callable[[Arrival, "BinaryIO | Path"], Received]


class Watcher(Protocol):
    """Looks into one store of others and hands what is ready to `receive`.

    A sweep may be cut off anywhere and run again: the source key makes a second sight the
    same arrival. A source is moved or deleted only after `receive` has returned.
    """

    @property
    def channel(self) -> str:
        """The channel's name."""
        ...

    @property
    def poll_s(self) -> float:
        """Seconds between sweeps when no bell rings."""
        ...

    @property
    def bell(self) -> Doorbell:
        """Rings when a look is worth while before the next poll."""
        ...

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        """Look once; how many files were handed over. Raises ChannelUnavailable if the store is away."""
        ...

    def close(self) -> None:
        """Let go of connections and observers."""
        ...


class Bookmarks(Protocol):
    """How far channels have read an ERP, and what its records said when they were read last."""

    def position(self, channel: str, source: str) -> Position | None:
        """The last place that was read of one kind of record; None if nothing was."""
        ...

    def heard(self, channel: str, records: Sequence[str]) -> Mapping[str, Heard]:
        """What these records said last, by record; those that were never read are left out."""
        ...

    def advance(
        self, channel: str, source: str, position: Position, same: Sequence[Heard], *, at_end: bool
    ) -> None:
        """All up to `position` was read and what is new in it is recorded; never moves back.

        same: records that changed and say the same as before. at_end: whether there was nothing more.
        """
        ...


class Doorbell(Protocol):
    """Wakes a waiting loop early. A lost ring costs one poll interval, never a file."""

    def ring(self) -> None:
        """Wake the waiter; rings before a wait are not lost, several count as one."""
        ...

    def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, at most `timeout_s`; True if it rang."""
        ...


class Clock(Protocol):
    """Time for the parts that may read it. `now` is UTC and aware."""

    def now(self) -> datetime:
        """The time."""
        ...


#: Work inside the gateway: reading, handing on, packing. And whatever leaves: consignments and answers.
WORK, DELIVER = "work", "deliver"
QUEUES = (WORK, DELIVER)
LEAVING = frozenset({"deliver", "send"})


def queue_of(stage: str) -> str:
    """The queue that a stage's tasks wait in."""
    return DELIVER if stage in LEAVING else WORK


@dataclass(frozen=True, slots=True)
class Job:
    """A stage to run for a subject. generation: one more for each time it is wanted anew on purpose.

    partner: whose turn it takes; work of different partners is served in turn.
    not_before: earliest start, None for now.
    order_key: jobs of one key run one at a time, in the order in which they were asked for; one that
    is postponed keeps those behind it waiting, one that failed does not. None: no order.
    """

    stage: str
    subject: str
    generation: int = 0
    partner: str | None = None
    not_before: datetime | None = None
    order_key: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A task in hand. `attempt` is the fence: what an older attempt writes is refused.

    fault: what put it back last, if a fault did and not the stage. faults: how often in a row.
    """

    task_id: int
    stage: str
    subject: str
    generation: int
    attempt: int
    partner: str | None = None
    fault: str | None = None
    faults: int = 0

    def in_a_row(self, fault: str | None) -> int:
        """How often this fault has come in a row, once it has come again; 0 of none."""
        if fault is None:
            return 0
        return self.faults + 1 if fault == self.fault else 1


class Run(Protocol):
    """Runs claims of one stage: several only if the queue was told that the stage takes several at once."""

    def __call__(self, *claims: Claim) -> None:
        """Run them, and record what became of each."""
        ...


#: Stages that take several claims at once, with the most of each: their rows are written together.
#: A delivery keeps those that were begun with it waiting, so that these are few.
TOGETHER: Mapping[str, int] = {"parse": 64, "send": 16, "deliver": 8}


class JobQueue(Protocol):
    """Runs stages. At least once, so every stage may run twice.

    `enqueue`, `finish` and `postpone` write in the caller's transaction: a fact and the job that
    follows from it are committed together or not at all. Wake-ups come after the commit.
    """

    def enqueue(self, tx: Connection, jobs: Sequence[Job]) -> None:
        """Ask for these jobs. A job already asked for (stage, subject, generation) is left as it is."""
        ...

    def finish(self, tx: Connection, *claims: Claim) -> None:
        """The stage is done for these. Raises Fenced if any of the claims is not the newest."""
        ...

    def postpone(
        self, tx: Connection, claim: Claim, not_before: datetime, reason: str, fault: str | None = None
    ) -> None:
        """Run it again later. Raises Fenced if the claim is not the newest.

        fault: what came in the stage's way, counted as long as it comes in a row; None if the stage
        itself wants it so.
        """
        ...

    def fail(self, tx: Connection, claim: Claim, error: str) -> None:
        """Park it for a person, with the error. Raises Fenced if the claim is not the newest."""
        ...

    def wake(self, tx: Connection, task: int) -> bool:
        """Let a failed task run again, in the caller's transaction; False if there is no such failed task."""
        ...

    def take_back(self) -> int:
        """Make ready again what dead processes left behind; how many tasks. Call it before `serve`."""
        ...

    def serve(self, run: Run, should_stop: Callable[[], bool], queues: Iterable[str] = QUEUES) -> None:
        """Run what is due in these queues, until told to stop; then wait for what is in hand.

        A database that is away is looked for again.
        """
        ...

    def drain(self, run: Run) -> int:
        """Run what is due until nothing is; the number of tasks run. Tasks dated for later stay."""
        ...

    def ring(self) -> None:
        """Look now; something was committed."""
        ...
