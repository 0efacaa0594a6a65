"""What the SFTP server needs to know of partners and their files: three narrow doors and their values.

The server knows no database. It calls these doors from one thread per session, so every method
may run in several threads at once. Any exception that a method raises is answered to the client
as a failure of that one request; nothing is then promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from gateway.sftp_server.limits import NO_OWN_LIMITS, PartnerLimits

#: Suffixes of uploads that wait for their rename, unless a login says otherwise.
HOLD_SUFFIXES = (".tmp", ".part", ".filepart")


class Folder(StrEnum):
    """The folders of a mailbox, as a partner sees them."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that holds files. day: the day folder (UTC) of the archive, None elsewhere."""

    folder: Folder
    day: date | None = None


INBOX = Place(Folder.INBOX)
OUTBOX = Place(Folder.OUTBOX)


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """What a login may do and how it proves itself.

    channel: the partner's sftp_mailbox channel; becomes Arrival.channel.
    public_keys: OpenSSH one-line keys that are valid now, "ssh-ed25519 AAAA… comment".
    password_hash: an argon2 hash, or None if no password may be used.
    enabled: False refuses every credential, as if the login did not exist.
    hold_suffixes: endings of names that wait for their rename, in either case.
    networks: where it may come from, "192.0.2.0/24"; none means from anywhere.
    """

    login: str
    partner: str
    channel: str
    public_keys: tuple[str, ...] = ()
    password_hash: str | None = None
    enabled: bool = True
    hold_suffixes: tuple[str, ...] = HOLD_SUFFIXES
    networks: tuple[str, ...] = ()
    limits: PartnerLimits = NO_OWN_LIMITS


@dataclass(frozen=True, slots=True)
class Caller:
    """Who did it, for the audit. key: "SHA256:…" fingerprint, or "password". address: the client's IP.

    session: drawn for each login, by which the log's lines of one session are found.
    """

    login: str
    partner: str
    key: str
    address: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a mailbox lists it. id: the ledger's; name: one path component; modified: aware, UTC."""

    id: str
    name: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """An upload that is not accepted yet, its bytes in the spool folder of this machine.

    upload: the upload id; becomes Arrival.source_key when the file is accepted.
    path: the spooled file, owned by the server, never changed once it is held.
    sha256: hash of the bytes, None if complete is False.
    complete: True if closed by the client and waiting for its rename; False if its
        connection broke, so that it may only be resumed, replaced or removed.
    """

    upload: str
    name: str
    path: Path
    size: int
    sha256: str | None
    complete: bool
    modified: datetime


class Logins(Protocol):
    """Who may come in."""

    def login(self, name: str) -> LoginFacts | None:
        """Facts on the login now in force, None if there is none. `name` has the form of a login."""
        ...


class Entries(Protocol):
    """The accepted files of one partner. A file is listed whole or not at all.

    Names are unique within a place and are valid path components (see paths.checked_name).
    INBOX: what `receive` has kept for the partner stays listed for a while after acceptance, because
    clients stat after a put; of one name, the newest. Held uploads are not entries.
    OUTBOX: what is there to be fetched. ARCHIVE: by day, what was received and what was sent.
    """

    def days(self, partner: str) -> Sequence[date]:
        """Days (UTC) on which the partner's archive has files, ascending."""
        ...

    def listing(self, partner: str, place: Place, name: str | None = None) -> Sequence[Entry]:
        """The entries of `place`; only the one called `name` if given. Empty if there is none."""
        ...

    def open(self, partner: str, place: Place, entry: Entry) -> BinaryIO:
        """The bytes of an entry of OUTBOX or ARCHIVE, seekable, still readable if it is removed meanwhile.

        Raises FileNotFoundError if the entry is gone.
        """
        ...

    def fetched(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """The client has been sent every byte up to the end. May repeat: each is a fetch of its own."""
        ...

    def remove(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """Take the label out of INBOX or OUTBOX, durably; bytes and processing stay untouched.

        Removing what is already gone does nothing.
        """
        ...


class Holds(Protocol):
    """Uploads that wait: for their rename, or for a resume after a broken connection.

    One row per (partner, name), durable on return. The server owns the spooled files and deletes
    them after the row is gone; a crash in between leaves a file without a row, which the next
    start deletes, and never a row without a file.
    """

    def hold(self, partner: str, held: Held) -> Held | None:
        """Keep `held`, in place of another of that name, which is returned."""
        ...

    def held(self, partner: str | None = None, name: str | None = None) -> Sequence[Held]:
        """What is held, for one partner and one name if given, else for all."""
        ...

    def drop(self, partner: str, held: Held) -> bool:
        """Forget `held`; False if that upload is no longer held under that name. May repeat."""
        ...


class Mailboxes(Logins, Entries, Holds, Protocol):
    """All that the server needs, in one value."""
