"""Mailboxes in memory: for tests, and to try the server without a ledger."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from gateway.ports import Arrival, Received, Sight
from gateway.sftp_server.mailbox import INBOX, Caller, Entry, Folder, Held, LoginFacts, Place

_Key = tuple[str, Place, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """An arrival with its bytes."""

    arrival: Arrival
    content: bytes
    received: Received


@dataclass(slots=True)
class MemoryMailboxes:
    """Keeps every promise of Mailboxes but the durable one, and is its own `receive`.

    kept, fetches, removals: what happened, in order.
    """

    logins: Iterable[LoginFacts] = ()
    kept: list[Kept] = field(default_factory=list)
    fetches: list[tuple[str, Place, Entry, Caller]] = field(default_factory=list)
    removals: list[tuple[str, Place, Entry, Caller]] = field(default_factory=list)
    _files: dict[_Key, tuple[Entry, bytes]] = field(default_factory=dict)
    _holds: dict[tuple[str, str], Held] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def login(self, name: str) -> LoginFacts | None:
        """See Logins."""
        return next((facts for facts in self.logins if facts.login == name), None)

    def days(self, partner: str) -> Sequence[date]:
        """See Entries."""
        with self._lock:
            return sorted({at.day for who, at, _ in self._files if who == partner and at.day is not None})

    def listing(self, partner: str, place: Place, name: str | None = None) -> Sequence[Entry]:
        """See Entries."""
        with self._lock:
            return [
                entry
                for (who, at, called), (entry, _) in self._files.items()
                if who == partner and at == place and name in (None, called)
            ]

    def open(self, partner: str, place: Place, entry: Entry) -> BinaryIO:
        """See Entries."""
        with self._lock:
            there, content = self._files.get((partner, place, entry.name), (None, b""))
        if there != entry:
            raise FileNotFoundError(entry.name)
        return io.BytesIO(content)

    def fetched(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """See Entries."""
        self.fetches.append((partner, place, entry, by))

    def remove(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """See Entries."""
        with self._lock:
            there, _ = self._files.get((partner, place, entry.name), (None, b""))
            if there == entry:
                del self._files[partner, place, entry.name]
                self.removals.append((partner, place, entry, by))

    def hold(self, partner: str, held: Held) -> Held | None:
        """See Holds."""
        with self._lock:
            replaced = self._holds.get((partner, held.name))
            self._holds[partner, held.name] = held
            return replaced

    def held(self, partner: str | None = None, name: str | None = None) -> Sequence[Held]:
        """See Holds."""
        with self._lock:
            return [
                held
                for (who, called), held in self._holds.items()
                if partner in (None, who) and name in (None, called)
            ]

    def drop(self, partner: str, held: Held) -> bool:
        """See Holds."""
        with self._lock:
            there = self._holds.get((partner, held.name))
            if there is None or there.upload != held.upload:
                return False
            del self._holds[partner, held.name]
            return True

    def receive(self, arrival: Arrival, content: BinaryIO | Path) -> Received:
        """See gateway.ports.Receive; lists the file in the inbox and in today's archive."""
        data = content.read_bytes() if isinstance(content, Path) else content.read()
        if isinstance(content, Path):
            content.unlink()
        with self._lock:
            for one in self.kept:
                if (one.arrival.channel, one.arrival.source_key) == (arrival.channel, arrival.source_key):
                    known = one.received
                    return Received(known.transmission, known.sha256, known.size, Sight.SAME)
            return self._record(arrival, data)

    def _record(self, arrival: Arrival, data: bytes) -> Received:
        number = f"{len(self.kept) + 1}"
        received = Received(number, hashlib.sha256(data).hexdigest(), len(data), Sight.NEW)
        self.kept.append(Kept(arrival, data, received))
        if arrival.partner is not None:
            self.put(arrival.partner, INBOX, arrival.name, data, id_=number)
            today = Place(Folder.ARCHIVE, datetime.now(UTC).date())
            self.put(arrival.partner, today, f"{number}-{arrival.name}", data, id_=number)
        return received

    def put(self, partner: str, place: Place, name: str, content: bytes, id_: str = "") -> Entry:
        """List a file, whole."""
        entry = Entry(id_ or f"{place.folder}:{name}", name, len(content), datetime.now(UTC))
        with self._lock:
            self._files[partner, place, name] = (entry, content)
        return entry
