"""Mailboxes over the ledger: what the SFTP server shows a partner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from gateway.failpoints import failpoint
from gateway.ports import Archive, Clock
from gateway.profiles import SecretUnreadable, read_secret
from gateway.sftp_server.limits import PartnerLimits
from gateway.sftp_server.mailbox import Caller, Entry, Folder, Held, LoginFacts, Place
from gateway.store import mailboxes
from gateway.store.identity import derived
from gateway.store.ledger import Ledger
from gateway.store.moves import Act
from partners.directory import Directory
from partners.profile import PartnerProfile, SftpMailbox

_Channels = Mapping[str, tuple[PartnerProfile, SftpMailbox]]


class LedgerMailboxes:
    """`Mailboxes` of the SFTP server over the ledger, the archive and the profiles in force."""

    def __init__(
        self,
        ledger: Ledger,
        archive: Archive,
        clock: Clock,
        directory: Callable[[], Directory],
        home: Path,
        inbox_visible_s: int,
    ) -> None:
        self._ledger = ledger
        self._archive = archive
        self._clock = clock
        self._directory = directory
        self._home = home
        self._visible = timedelta(seconds=inbox_visible_s)
        self._known: tuple[Directory | None, _Channels] = (None, {})

    def login(self, name: str) -> LoginFacts | None:
        """The login of that name in the profiles now in force, with the keys that are valid today."""
        profile, channel = self._channels().get(name, (None, None))
        if profile is None or channel is None:
            return None
        return LoginFacts(
            login=name,
            partner=profile.partner,
            channel=channel.name,
            public_keys=channel.keys_on(self._clock.now().astimezone(UTC).date()),
            password_hash=self._password_hash(channel),
            hold_suffixes=channel.hold_suffixes,
            networks=channel.networks,
            limits=PartnerLimits(**channel.limits.model_dump()),
        )

    def _channels(self) -> _Channels:
        """The mailboxes by login; made anew only when other profiles are in force."""
        directory = self._directory()
        known, channels = self._known
        if known is not directory:
            channels = {
                channel.login: (profile, channel)
                for profile, channel in directory.open_channels()
                if isinstance(channel, SftpMailbox)
            }
            self._known = (directory, channels)
        return channels

    def _password_hash(self, channel: SftpMailbox) -> str | None:
        if channel.password is None:
            return None
        try:
            return read_secret(channel.password, self._home)
        except SecretUnreadable:
            return None  # `doctor` and `partners check` say so; keys still work

    def days(self, partner: str) -> Sequence[date]:
        """Days (UTC) on which the partner's archive has files."""
        with self._ledger.read() as view:
            return mailboxes.archive_days(view, partner)

    def listing(self, partner: str, place: Place, name: str | None = None) -> Sequence[Entry]:
        """The entries of a folder."""
        with self._ledger.read() as view:
            if place.folder is Folder.OUTBOX:
                return [_entry(row) for row in mailboxes.outbox(view, partner, name)]
            if place.day is None:
                since = self._clock.now() - self._visible
                return _newest_of_each_name(mailboxes.inbox(view, partner, name, since))
            entries = _named_apart(mailboxes.archive_of_day(view, partner, place.day))
        return [entry for entry in entries if name is None or entry.name == name]

    def open(self, partner: str, place: Place, entry: Entry) -> BinaryIO:
        """The bytes of an entry of the outbox or the archive."""
        with self._ledger.read() as view:
            if place.day is None:
                rows = mailboxes.outbox(view, partner, entry.name)
            else:
                rows = mailboxes.archive_of_day(view, partner, place.day)
        for row in rows:
            if row.id == entry.id:
                return self._archive.open(row.sha256)
        raise FileNotFoundError(entry.name)

    def fetched(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """Note that an answer was fetched, by which login and key."""
        if place.folder is Folder.OUTBOX:
            failpoint("sftp.before_fetched")
            with self._ledger.write() as tx:
                mailboxes.fetched(tx, self._act(partner, by), entry.id, _who(by))

    def remove(self, partner: str, place: Place, entry: Entry, by: Caller) -> None:
        """Take a name off a list; bytes and work stay."""
        act = self._act(partner, by)
        with self._ledger.write() as tx:
            if place.folder is Folder.OUTBOX:
                mailboxes.remove_from_outbox(tx, act, entry.id, _who(by))
            else:
                mailboxes.remove_from_inbox(tx, act, entry.id)

    def hold(self, partner: str, held: Held) -> Held | None:
        """Keep an upload that waits."""
        row = {
            "partner": partner,
            "name": held.name,
            "upload": held.upload,
            "path": str(held.path),
            "size": held.size,
            "sha256": held.sha256,
            "complete": held.complete,
            "modified_at": held.modified,
        }
        with self._ledger.write() as tx:
            before = mailboxes.hold(tx, row)
        return None if before is None else _held(before)

    def held(self, partner: str | None = None, name: str | None = None) -> Sequence[Held]:
        """What waits."""
        with self._ledger.read() as view:
            return [_held(row) for row in mailboxes.held(view, partner, name)]

    def drop(self, partner: str, held: Held) -> bool:
        """Forget an upload that waits."""
        with self._ledger.write() as tx:
            return mailboxes.drop(tx, partner, held.name, held.upload)

    def _act(self, partner: str, by: Caller) -> Act:
        return Act(f"partner {partner}", self._clock.now(), f"login {_who(by)} from {by.address}")


def _who(by: Caller) -> str:
    return f"{by.login} {by.key}"


def _entry(row: Any, name: str | None = None) -> Entry:
    return Entry(row.id, name or row.name, row.size, row.modified)


def _held(row: Any) -> Held:
    return Held(row.upload, row.name, Path(row.path), row.size, row.sha256, row.complete, row.modified_at)


def _newest_of_each_name(rows: Sequence[Any]) -> list[Entry]:
    newest: dict[str, Entry] = {}
    for row in rows:
        newest.setdefault(row.name, _entry(row))
    return sorted(newest.values(), key=lambda entry: entry.name)


def _named_apart(rows: Sequence[Any]) -> list[Entry]:
    """Entries in order of time; the second file of a name becomes name~2.ext, and so on."""
    seen: Counter[str] = Counter()
    taken = {row.name for row in rows}
    entries = []
    for row in rows:
        seen[row.name] += 1
        name = row.name if seen[row.name] == 1 else _apart(row.name, seen[row.name], row.id, taken)
        taken.add(name)
        entries.append(_entry(row, name))
    return entries


def _apart(name: str, count: int, row_id: str, taken: set[str]) -> str:
    path = PurePosixPath(name)
    apart = f"{path.stem}~{count}{path.suffix}"
    return apart if apart not in taken else f"{path.stem}~{derived('n', row_id)[2:10]}{path.suffix}"
