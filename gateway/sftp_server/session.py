"""The file system that one session sees. Speaks paramiko's interface; decides little itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, BinaryIO

from paramiko import SFTPAttributes, SFTPHandle, SFTPServerInterface

from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.mailbox import Caller, Entry, Folder, LoginFacts, Place
from gateway.sftp_server.paths import Node, no_such, normalise, resolve, shown_path
from gateway.sftp_server.refusal import Refusal, Status, refusal
from gateway.sftp_server.uploads import Desk, Inbox, Upload, entry_of, who

if TYPE_CHECKING:
    from gateway.sftp_server.gate import Gate

#: Most bytes of one answer to a read; clients ask again for the rest.
MAX_READ_BYTES = 256 * 1024
_WRITING = os.O_WRONLY | os.O_RDWR


class UploadHandle(SFTPHandle):
    """An upload. `commit` is the client's close; `close` is only ever the end of a broken session.

    paramiko calls `close` for both and answers OK whatever comes back, so the two are kept
    apart by name: the subsystem calls `commit` when a CLOSE request has really come.
    """

    def __init__(self, inbox: Inbox, upload: Upload) -> None:
        super().__init__()
        self._inbox = inbox
        self._upload = upload

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]
        """Take bytes; paramiko hands them over as bytes."""
        self._inbox.write(self._upload, offset, data)
        return Status.OK

    def stat(self) -> SFTPAttributes:
        """Size so far."""
        return _file_attributes(self._upload.name, self._upload.file.size, None)

    def chattr(self, attr: SFTPAttributes) -> int:
        """Times and modes are taken without effect: `put -p` sends them. Sizes are refused."""
        return _ignored(attr, self._upload.file.size)

    def commit(self) -> None:
        """Accept or hold the upload; returns when that is durable, raises if it is not."""
        self._inbox.closed(self._upload)

    def close(self) -> None:
        """Let go of an upload that its client never closed."""
        self._inbox.cut(self._upload)


class DownloadHandle(SFTPHandle):
    """A file being fetched. It counts as fetched if it was read to its end and then closed by the client."""

    def __init__(self, session: MailboxSession, place: Place, entry: Entry, stream: BinaryIO) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._entry = entry
        self._stream = stream
        self._read_to = -1

    def read(self, offset: int, length: int) -> bytes | int:
        """Bytes from `offset`; none at the end."""
        self._stream.seek(offset)
        data = self._stream.read(min(length, MAX_READ_BYTES))
        self._read_to = max(self._read_to, offset + len(data))
        return data

    def stat(self) -> SFTPAttributes:
        """As listed."""
        return _file_attributes(self._entry.name, self._entry.size, self._entry.modified)

    def chattr(self, attr: SFTPAttributes) -> int:
        """Taken without effect."""
        return _ignored(attr, self._entry.size)

    def commit(self) -> None:
        """The client has closed the file."""
        self._stream.close()
        if self._read_to >= self._entry.size:
            self._session.fetched(self._place, self._entry)

    def close(self) -> None:
        """Let go of the bytes."""
        self._stream.close()


class MailboxSession(SFTPServerInterface):
    """One session's view of its mailbox. Refusals are raised; the subsystem answers them.

    Folders and links are neither made nor removed nor read: paramiko's base refuses that.
    """

    def __init__(self, server: Gate, desk: Desk) -> None:
        super().__init__(server)
        self._desk = desk
        self._facts: LoginFacts = server.facts
        self.caller: Caller = server.caller
        self._inbox = Inbox(desk, self._facts, self.caller)

    def session_started(self) -> None:
        """Tidy the inbox."""
        self._inbox.expire()

    def fetched(self, place: Place, entry: Entry) -> None:
        """Record that every byte was sent."""
        self._desk.mailboxes.fetched(self.caller.partner, place, entry, self.caller)
        self._tell(SftpEvent.FETCHED, folder=place.folder.value, name=entry.name, entry=entry.id)

    def canonicalize(self, path: str) -> str:
        """The absolute form of `path`."""
        return shown_path(normalise(path))

    def list_folder(self, path: str) -> list[SFTPAttributes]:
        """What a folder holds."""
        node = resolve(path)
        if node.name is not None:
            raise no_such(node.parts)
        if not node.parts:
            return [_folder_attributes(folder) for folder in Folder]
        if node.place is None:
            return [_folder_attributes(day.isoformat()) for day in self._days()]
        return [_attributes(entry) for entry in self._entries(node.place)]

    def stat(self, path: str) -> SFTPAttributes:
        """A folder, or a file as listed."""
        node = resolve(path)
        if node.place is None or node.name is None:
            self._check_day(node)
            return _folder_attributes(node.parts[-1] if node.parts else "/")
        held = self._inbox.held(node.name) if node.place.folder is Folder.INBOX else None
        return _attributes(entry_of(held) if held else self._entry(node.place, node))

    def lstat(self, path: str) -> SFTPAttributes:
        """As `stat`: there are no links."""
        return self.stat(path)

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> SFTPHandle:  # noqa: ARG002 - paramiko's
        """A file to write in the inbox, or to read in the outbox and archive."""
        node = resolve(path)
        if node.place is None or node.name is None:
            raise _not_here("open a folder as a file", node)
        if node.place.folder is Folder.INBOX:
            if not flags & _WRITING:
                raise _not_here("read", node)
            return UploadHandle(self._inbox, self._inbox.open(node.name, flags))
        if flags & (_WRITING | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            raise _not_here("write", node)
        entry = self._entry(node.place, node)
        try:
            stream = self._desk.mailboxes.open(self.caller.partner, node.place, entry)
        except FileNotFoundError:
            raise no_such(node.parts) from None
        return DownloadHandle(self, node.place, entry, stream)

    def remove(self, path: str) -> int:
        """Remove a file in the inbox or the outbox."""
        node = resolve(path)
        if node.place is None or node.name is None or node.place.folder is Folder.ARCHIVE:
            raise _not_here("remove", node)
        if node.place.folder is Folder.INBOX:
            self._inbox.remove(node.name)
            return Status.OK
        entry = self._entry(node.place, node)
        self._desk.mailboxes.remove(self.caller.partner, node.place, entry, self.caller)
        self._tell(SftpEvent.REMOVED, folder=node.place.folder.value, name=entry.name)
        return Status.OK

    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename an upload that waits for it; over a name that is there, too."""
        old, new = self._inbox_name(oldpath), self._inbox_name(newpath)
        self._inbox.rename(old, new)
        return Status.OK

    def chattr(self, path: str, attr: SFTPAttributes) -> int:
        """Times and modes are taken without effect (rclone sets them after a put). Sizes are refused."""
        return _ignored(attr, self.stat(path).st_size)

    def _inbox_name(self, path: str) -> str:
        """The name of a file in the inbox, the only place where files are renamed."""
        node = resolve(path)
        if node.place is None or node.name is None or node.place.folder is not Folder.INBOX:
            raise _not_here("rename", node)
        return node.name

    def _entries(self, place: Place) -> Iterable[Entry]:
        if place.folder is Folder.INBOX:
            return self._inbox.listing()
        self._check_day(Node((place.folder, str(place.day)), place))
        return self._desk.mailboxes.listing(self.caller.partner, place)

    def _entry(self, place: Place, node: Node) -> Entry:
        for entry in self._desk.mailboxes.listing(self.caller.partner, place, node.name):
            return entry
        raise no_such(node.parts)

    def _days(self) -> Iterable[date]:
        return self._desk.mailboxes.days(self.caller.partner)

    def _check_day(self, node: Node) -> None:
        """A day folder is there if the archive has files of that day."""
        day = node.place.day if node.place else None
        if day is not None and day not in self._desk.mailboxes.days(self.caller.partner):
            raise no_such(node.parts)

    def _tell(self, event: SftpEvent, **fields: str | int) -> None:
        self._desk.on_event(event, who(self.caller) | fields)


def _not_here(action: str, node: Node) -> Refusal:
    return refusal("GTW-102", Status.PERMISSION_DENIED, value=shown_path(node.parts), action=action)


def _not_offered(action: str) -> Refusal:
    return refusal("GTW-108", Status.OP_UNSUPPORTED, action=action)


def _ignored(attr: SFTPAttributes, size: int | None) -> int:
    if attr.st_size is not None and attr.st_size != size:
        raise _not_offered("change the size of a file")
    return Status.OK


def _attributes(entry: Entry) -> SFTPAttributes:
    return _file_attributes(entry.name, entry.size, entry.modified)


def _file_attributes(name: str, size: int, modified: datetime | None) -> SFTPAttributes:
    attributes = _with_mode(name, stat.S_IFREG | 0o600)
    attributes.st_size = size
    if modified is not None:
        attributes.st_mtime = attributes.st_atime = int(modified.timestamp())
    return attributes


def _folder_attributes(name: str) -> SFTPAttributes:
    attributes = _with_mode(name, stat.S_IFDIR | 0o700)
    attributes.st_size = 0
    attributes.st_mtime = attributes.st_atime = 0
    return attributes


def _with_mode(name: str, mode: int) -> SFTPAttributes:
    attributes = SFTPAttributes()
    attributes.filename = name
    attributes.st_mode = mode
    attributes.st_uid = attributes.st_gid = 0
    return attributes
