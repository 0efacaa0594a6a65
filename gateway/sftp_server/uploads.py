"""The inbox of one session: what becomes of uploads.

An upload is accepted when its client closes it, or renames it if its name waits for that.
A connection that breaks is neither: what came so far is held for a resume and never processed.

What cannot be told: a client that is interrupted but closes its file all the same, and even renames
it, as OpenSSH's `sftp` does on Ctrl-C. Only the content shows that, by a missing IEA.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.failpoints import failpoint
from gateway.ports import Arrival, Receive
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.events import OnEvent, SftpEvent
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.mailbox import INBOX, Caller, Entry, Held, LoginFacts, Mailboxes
from gateway.sftp_server.refusal import Status, refusal
from gateway.sftp_server.spool import Spool, Spooled, SpoolFile

#: Flags of an open that begins anew whatever is there: what waits or was accepted need not be asked for.
_ANEW = os.O_CREAT | os.O_TRUNC


class Waiting:
    """Names under which uploads may wait on this machine: the ledger is asked for no others.

    A name is counted before its row is written and until its row is gone, so that none is ever missed.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._counts = Counter(names)
        self._counting = threading.Lock()

    def begin(self, name: str) -> None:
        """One more, which may not be there yet."""
        with self._counting:
            self._counts[name] += 1

    def end(self, name: str) -> None:
        """One less, which is gone."""
        with self._counting:
            self._counts[name] -= 1
            if self._counts[name] <= 0:
                del self._counts[name]

    def may_hold(self, name: str) -> bool:
        """False if nothing waits under the name, whoever's it is."""
        with self._counting:
            return name in self._counts


class OpenUploads:
    """Counts uploads and renames under way, over all sessions, so that a stop can wait for them."""

    def __init__(self) -> None:
        self._count = 0
        self._closing = False
        self._changed = threading.Condition()

    def begin(self) -> None:
        """One more. Raises Refusal (GTW-109) once `drain` has been called."""
        with self._changed:
            if self._closing:
                raise refusal("GTW-109", Status.FAILURE)
            self._count += 1

    def end(self) -> None:
        """One less."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """One more until its client has been answered, drain or not."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            self.end()

    def drain(self, timeout_s: float) -> bool:
        """Admit no more and wait for the rest; False if some are left after `timeout_s`."""
        with self._changed:
            self._closing = True
            return self._changed.wait_for(lambda: self._count == 0, timeout_s)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all sessions of a server share."""

    mailboxes: Mailboxes
    receive: Receive
    limits: SftpLimits
    spool: Spool
    on_event: OnEvent
    uploads: OpenUploads
    allowances: Allowances
    has_room: Callable[[], bool]
    is_backed_up: Callable[[str], bool] = lambda _partner: False
    waiting: Waiting = field(init=False)

    def __post_init__(self) -> None:
        """What waits from before goes on waiting."""
        object.__setattr__(self, "waiting", Waiting(held.name for held in self.mailboxes.held()))


@dataclass(slots=True)
class Upload:
    """An upload under way.

    id: drawn anew for each. append: writes go to the end, whatever they say.
    broken: a write was refused or failed, so that bytes are missing. Clients close such files too.
    """

    id: str
    name: str
    file: SpoolFile
    append: bool
    broken: bool = False


class Inbox:
    """Uploads of one session, used by one thread."""

    def __init__(self, desk: Desk, facts: LoginFacts, caller: Caller) -> None:
        self._desk = desk
        self._facts = facts
        self._caller = caller
        self._written = 0

    def expire(self) -> None:
        """Delete held uploads of this partner that nobody came back for in time."""
        oldest = datetime.now(UTC) - timedelta(seconds=self._desk.limits.hold_s)
        for held in self._desk.mailboxes.held(self._caller.partner):
            if held.modified < oldest:
                self._drop(held)
                self._tell(SftpEvent.UPLOAD_EXPIRED, name=held.name, upload=held.upload, size=held.size)

    def held(self, name: str) -> Held | None:
        """The upload that waits under `name`, its bytes on this machine."""
        if not self._desk.waiting.may_hold(name):
            return None
        return next(self._held_here(name), None)

    def _held_here(self, name: str | None = None) -> Iterator[Held]:
        """Of what waits, what this machine has the bytes of: another one's only that one can go on with."""
        held = self._desk.mailboxes.held(self._caller.partner, name)
        return (one for one in held if one.path.is_file())

    def accepted(self, name: str) -> Entry | None:
        """The accepted file that is still listed under `name`."""
        return next(iter(self._desk.mailboxes.listing(self._caller.partner, INBOX, name)), None)

    def listing(self) -> list[Entry]:
        """All that a client sees: accepted files, and held ones in place of accepted ones of that name."""
        mailboxes, partner = self._desk.mailboxes, self._caller.partner
        held = {one.name: entry_of(one) for one in self._held_here()}
        return list(({entry.name: entry for entry in mailboxes.listing(partner, INBOX)} | held).values())

    def open(self, name: str, flags: int) -> Upload:
        """Begin an upload; `flags` as of os.open. Without O_TRUNC a held upload is resumed.

        Raises Refusal: GTW-103 if that would change an accepted file, GTW-101, GTW-109, GTW-110, GTW-113,
        GTW-116, GTW-117.
        """
        if not self._desk.has_room():
            raise refusal("GTW-116", Status.FAILURE)
        if self._desk.is_backed_up(self._caller.partner):
            raise refusal("GTW-117", Status.FAILURE)
        resumed = None if flags & (_ANEW | os.O_EXCL) == _ANEW else self._resumed(name, flags)
        facts = self._facts
        self._desk.allowances.today.count_file(facts.partner, facts.limits.files_per_day)
        self._desk.uploads.begin()
        try:
            file = self._spooled(resumed)
        except BaseException:
            self._desk.uploads.end()
            raise
        failpoint("sftp.opened")
        upload = Upload(file.path.name, name, file, append=bool(flags & os.O_APPEND))
        self._tell(SftpEvent.UPLOAD_STARTED, name=name, upload=upload.id)
        return upload

    def _resumed(self, name: str, flags: int) -> Held | None:
        """The held upload that goes on, if one may. Raises Refusal."""
        earlier, accepted = self.held(name), self.accepted(name)
        resumed = None if flags & os.O_TRUNC else earlier
        if flags & os.O_EXCL and (earlier or accepted):
            raise refusal("GTW-110", Status.FAILURE, value=name)
        if accepted and not resumed and not flags & os.O_TRUNC:
            raise refusal("GTW-103", Status.PERMISSION_DENIED, value=name, action="appending to it")
        if not flags & os.O_CREAT and not earlier and not accepted:
            raise refusal("GTW-101", Status.NO_SUCH_FILE, value=name)
        return resumed

    def _spooled(self, resumed: Held | None) -> SpoolFile:
        """A new spool file, with the bytes of a held one: those stay as they are until we have more."""
        file = self._desk.spool.create()
        if resumed is not None:
            try:
                file.copy_from(resumed.path)
            except BaseException:
                file.discard()
                raise
        return file

    def write(self, upload: Upload, offset: int, data: bytes) -> None:
        """Take bytes. Raises Refusal (GTW-105, GTW-106, GTW-113) past a limit, OSError if the disk fails.

        An upload of which one write was not taken is never kept.
        """
        at = upload.file.size if upload.append else offset
        try:
            self._check_limits(upload.name, at + len(data), self._written + len(data))
            facts = self._facts
            self._desk.allowances.today.count_bytes(facts.partner, len(data), facts.limits.bytes_per_day)
            upload.file.write(at, data)
            failpoint("sftp.written")
        except BaseException:
            upload.broken = True
            raise
        self._written += len(data)

    def _check_limits(self, name: str, file_bytes: int, session_bytes: int) -> None:
        limits = self._desk.limits
        if file_bytes > limits.file_bytes:
            raise refusal("GTW-105", Status.FAILURE, value=name, limit=limits.file_bytes)
        if session_bytes > limits.session_bytes:
            raise refusal("GTW-106", Status.FAILURE, limit=limits.session_bytes)

    def closed(self, upload: Upload) -> None:
        """The client has closed the upload: accept it, or hold it for its rename.

        Returns when the outcome is durable. Any exception means that nothing was promised.
        """
        try:
            self._keep(upload)
        except BaseException as fault:
            self._tell(SftpEvent.UPLOAD_FAILED, name=upload.name, upload=upload.id, fault=repr(fault))
            raise
        finally:
            self._desk.uploads.end()

    def _keep(self, upload: Upload) -> None:
        """Hold or accept. If holding fails, the row may be there: the spool file stays for it."""
        if upload.broken:
            upload.file.discard()
            raise refusal("GTW-112", Status.FAILURE, value=upload.name)
        waits = self._waits(upload.name)
        held = _held(upload, upload.file.finish(stays=waits))
        if waits:
            self._hold(held)
            return
        self._accept(held, upload.name, held.path)
        self._forget(upload.name)

    def cut(self, upload: Upload) -> None:
        """The connection broke before the close: keep what came for a resume, process nothing."""
        try:
            if upload.file.size == 0 or upload.broken:
                upload.file.discard()
            else:
                torso = replace(_held(upload, upload.file.finish(stays=True)), sha256=None, complete=False)
                self._replace(torso)
            self._tell(SftpEvent.UPLOAD_CUT, name=upload.name, upload=upload.id, size=upload.file.size)
        finally:
            self._desk.uploads.end()

    def rename(self, old: str, new: str) -> None:
        """Give a held upload its name: accept it, or go on waiting if the new name waits too.

        Overwrites whatever is listed under `new`, since partners use the same names every day.
        Safe to repeat: the source key is that of the upload, so a second acceptance is the same arrival.
        Raises Refusal: GTW-101, GTW-103 (already accepted under `old`), GTW-104 (cut off).
        """
        held = self.held(old)
        if held is None:
            raise self._not_held(old)
        if not held.complete:
            raise refusal("GTW-104", Status.FAILURE, value=old, size=held.size)
        if old == new:
            return
        # One name of the bytes is handed over; the held one stays until the ledger has them.
        twin = self._desk.spool.twin(held.path)
        failpoint("sftp.twin_made")
        if self._waits(new):
            self._hold(replace(held, name=new, path=twin))
        else:
            self._accept(held, new, twin)
            self._forget(new)
        self._drop(held)

    def remove(self, name: str) -> None:
        """Take the name out of the inbox; what was accepted is processed all the same. Raises Refusal."""
        held, accepted = self.held(name), self.accepted(name)
        if held is None and accepted is None:
            raise refusal("GTW-101", Status.NO_SUCH_FILE, value=name)
        if held is not None:
            self._drop(held)
        if accepted is not None:
            self._desk.mailboxes.remove(self._caller.partner, INBOX, accepted, self._caller)
        self._tell(SftpEvent.REMOVED, folder=INBOX.folder.value, name=name)

    def _not_held(self, name: str) -> Exception:
        if self.accepted(name):
            return refusal("GTW-103", Status.PERMISSION_DENIED, value=name, action="renaming it")
        return refusal("GTW-101", Status.NO_SUCH_FILE, value=name)

    def _waits(self, name: str) -> bool:
        return name.lower().endswith(tuple(suffix.lower() for suffix in self._facts.hold_suffixes))

    def _accept(self, held: Held, name: str, path: Path) -> None:
        """Hand the bytes at `path` to the gateway under `name`; `path` is gone afterwards."""
        caller = self._caller
        arrival = Arrival(
            channel=self._facts.channel,
            source_key=held.upload,
            name=name,
            partner=caller.partner,
            attributes={
                "login": caller.login,
                "key": caller.key,
                "address": caller.address,
                "session": caller.session,
                "sha256": held.sha256 or "",
            },
        )
        failpoint("sftp.before_receive")
        try:
            received = self._desk.receive(arrival, path)
            failpoint("sftp.after_receive")
        finally:
            path.unlink(missing_ok=True)
        self._tell(
            SftpEvent.UPLOAD_KEPT,
            name=name,
            upload=held.upload,
            transmission=received.transmission,
            sha256=received.sha256,
            size=received.size,
        )

    def _hold(self, held: Held) -> None:
        self._replace(held)
        self._tell(SftpEvent.UPLOAD_HELD, name=held.name, upload=held.upload, size=held.size)

    def _replace(self, held: Held) -> None:
        """Make `held` durable, then let go of the one it replaces."""
        self._desk.spool.sync()
        failpoint("sftp.before_hold")
        self._desk.waiting.begin(held.name)
        replaced = self._desk.mailboxes.hold(self._caller.partner, held)
        failpoint("sftp.after_hold")
        if replaced is not None:
            self._desk.waiting.end(held.name)
            if replaced.path != held.path:
                replaced.path.unlink(missing_ok=True)

    def _forget(self, name: str) -> None:
        """A whole file has come under `name`; an older torso of it is of no more use."""
        older = self.held(name)
        if older is not None:
            self._drop(older)

    def _drop(self, held: Held) -> None:
        if self._desk.mailboxes.drop(self._caller.partner, held):
            self._desk.waiting.end(held.name)
            failpoint("sftp.dropped")
            held.path.unlink(missing_ok=True)

    def _tell(self, event: SftpEvent, **fields: str | int) -> None:
        self._desk.on_event(event, who(self._caller) | fields)


def who(caller: Caller) -> dict[str, str | int]:
    """The fields of an event that say who did it."""
    return {
        "login": caller.login,
        "partner": caller.partner,
        "key": caller.key,
        "address": caller.address,
        "session": caller.session,
    }


def entry_of(held: Held) -> Entry:
    """A held upload as a listing shows it."""
    return Entry(held.upload, held.name, held.size, held.modified)


def _held(upload: Upload, spooled: Spooled) -> Held:
    return Held(
        upload=upload.id,
        name=upload.name,
        path=spooled.path,
        size=spooled.size,
        sha256=spooled.sha256,
        complete=True,
        modified=datetime.fromtimestamp(spooled.modified, UTC),
    )
