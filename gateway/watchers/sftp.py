"""Watches a folder on somebody else's SFTP server, with a connection of its own for each sweep."""

from __future__ import annotations

import posixpath
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

from gateway.errors import ChannelUnavailable
from gateway.failpoints import failpoint
from gateway.jobs.local import Bell
from gateway.ports import Arrival, Doorbell, Receive
from gateway.profiles import SecretUnreadable, read_secrets
from gateway.watchers.downloads import Downloads
from gateway.watchers.faults import Log, SourceFault, unavailable
from gateway.watchers.memory import SweepMemory
from gateway.watchers.names import label, numbered, wanted
from gateway.watchers.stability import Look, Stability
from outbound.sftp_client import SftpAccess, WrongHostKey, private_key, public_key, sftp_login
from partners.channels import SftpChannel

NO_FILE = "GTW-253"
UNREADABLE = "GTW-254"
CHANGED = "GTW-255"
NOT_MOVED = "GTW-256"
AWAY = "GTW-260"
WRONG_HOST_KEY = "GTW-261"
LOGIN_REFUSED = "GTW-262"
FOLDER_REFUSED = "GTW-263"
NOT_UTF8 = "GTW-264"
BAD_KEY = "GTW-265"

#: What every server gives in one answer; paramiko asks for no more at once.
CHUNK_BYTES = 32_768
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file as the server lists it. modified: seconds since 1970 by the server's clock."""

    path: str
    size: int
    modified: int

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


class SftpWatcher:
    """A `Watcher` (gateway/ports.py) over one folder of a remote server.

    Source key: host, path, size and time. A file is fetched once its size and time have come to
    rest, whole or not at all, kept and recorded; only then is it moved or removed there. The
    server must show the host key of the channel; any other ends the sweep (FI-D08).
    """

    def __init__(
        self,
        channel: SftpChannel,
        partner: str,
        home: Path,
        now_s: Callable[[], float] = time.monotonic,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._settings = channel
        self._partner = partner
        self._home = home
        self._now_s = now_s
        self._timeout_s = timeout_s
        self._place = f"sftp://{channel.host}:{channel.port}/{channel.path.lstrip('/')}"
        self._bell = Bell()
        self._log = Log(channel.name)
        self._is_wanted = wanted(channel.pattern)
        self._stability = Stability(channel.stable_s)
        self._stuck: SweepMemory[Look] = SweepMemory()
        self._downloads = Downloads(home, channel.name)

    @property
    def channel(self) -> str:
        """See `Watcher`."""
        return self._settings.name

    @property
    def poll_s(self) -> float:
        """See `Watcher`; shorter while files wait to come to rest."""
        wait_s = self._settings.stable_s if self._stability.waiting else self._settings.poll_s
        return min(wait_s, self._settings.poll_s)

    @property
    def bell(self) -> Doorbell:
        """See `Watcher`; no server rings it."""
        return self._bell

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        """See `Watcher`. Twice: the source key makes a second sight the same arrival."""
        count = 0
        with self._session() as sftp:
            for remote in self._listed(sftp):
                if should_stop():
                    return count
                look = Look(remote.size, remote.modified)
                if self._stability.is_at_rest(remote.path, look, self._now_s()):
                    count += self._take(sftp, remote, receive, should_stop)
        self._stability.end_sweep()
        self._stuck.end_sweep()
        self._log.end_sweep()
        return count

    def close(self) -> None:
        """See `Watcher`; nothing is held open between sweeps."""

    def _access(self) -> SftpAccess:
        """Read anew for each sweep, so that a key that was put right counts at once."""
        settings = self._settings
        try:
            secrets = read_secrets(settings.secrets, self._home)
            key = secrets.get("private_key")
            return SftpAccess(
                host=settings.host,
                login=settings.login,
                host_key=public_key(settings.host_key),
                port=settings.port,
                private_key=None if key is None else private_key(key),
                password=secrets.get("password"),
                timeout_s=self._timeout_s,
            )
        except SecretUnreadable as fault:
            raise ChannelUnavailable(fault.code, fault.message, fault.remedy) from fault
        except ValueError as fault:
            raise unavailable(BAD_KEY, channel=self.channel, reason=str(fault)) from fault

    @contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        """An open session, and its faults as ChannelUnavailable."""
        access = self._access()
        try:
            with closing(sftp_login(access)) as client, closing(client.open_sftp()) as sftp:
                if (channel := sftp.get_channel()) is not None:
                    channel.settimeout(self._timeout_s)
                yield sftp
        except WrongHostKey as fault:
            raise unavailable(WRONG_HOST_KEY, place=self._place) from fault
        except paramiko.AuthenticationException as fault:
            raise unavailable(LOGIN_REFUSED, place=self._place) from fault
        except (paramiko.SSHException, EOFError, OSError) as fault:
            reason = str(fault) or type(fault).__name__
            raise unavailable(AWAY, place=self._place, reason=reason) from fault

    def _listed(self, sftp: paramiko.SFTPClient) -> list[_Remote]:
        """The files of the folder, oldest first."""
        folder = self._settings.path
        try:
            entries = sftp.listdir_attr(folder)
        except UnicodeDecodeError as fault:
            raise unavailable(NOT_UTF8, place=self._place) from fault
        except (FileNotFoundError, PermissionError) as fault:
            raise unavailable(FOLDER_REFUSED, place=self._place, reason=fault.strerror or "") from fault
        files = [
            _Remote(posixpath.join(folder, entry.filename), entry.st_size or 0, entry.st_mtime or 0)
            for entry in entries
            if self._is_wanted(entry.filename) and self._is_file(entry)
        ]
        return sorted(files, key=lambda remote: (remote.modified, remote.path))

    def _is_file(self, entry: paramiko.SFTPAttributes) -> bool:
        # A server need not tell what an entry is; a folder then refuses to be opened.
        if entry.st_mode is None or stat.S_ISREG(entry.st_mode):
            return True
        if entry.filename != self._settings.move_to.partition("/")[0]:
            self._log.file_left(entry.filename, NO_FILE)
        return False

    def _take(
        self, sftp: paramiko.SFTPClient, remote: _Remote, receive: Receive, should_stop: Callable[[], bool]
    ) -> int:
        """Fetch one file, hand it over, then move or remove it; how many were handed over."""
        look = Look(remote.size, remote.modified)
        handed_over = 0
        try:
            if self._stuck.get(remote.path) != look:
                self._hand_over(sftp, remote, receive, should_stop)
                handed_over = 1
            self._settle(sftp, remote)
            failpoint("sftp_source.settled")
        except _Stopped:
            return 0
        except SourceFault as fault:
            self._log.file_left(remote.name, fault.code, fault.reason)
        return handed_over

    def _hand_over(
        self, sftp: paramiko.SFTPClient, remote: _Remote, receive: Receive, should_stop: Callable[[], bool]
    ) -> None:
        with self._downloads.holding(_chunks(sftp, remote, should_stop), remote.size) as path:
            host = self._settings.host
            key = f"{host}:{label(remote.path)}:{remote.size}:{remote.modified}"
            attributes = {"host": host, "path": label(remote.path)}
            arrival = Arrival(self.channel, key, label(remote.name), self._partner, attributes)
            receive(arrival, path)
            failpoint("sftp_source.received")

    def _settle(self, sftp: paramiko.SFTPClient, remote: _Remote) -> None:
        """Move or remove what is kept, unless it was replaced. A refusal is noted, and tried again."""
        look = Look(remote.size, remote.modified)
        try:
            with _file_faults(sftp, NOT_MOVED):
                if _look_at(sftp, remote.path) != look:
                    return
                if self._settings.after == "delete":
                    sftp.remove(remote.path)
                else:
                    self._move(sftp, remote, look)
        except SourceFault:
            self._stuck.put(remote.path, look)
            raise
        self._stuck.drop(remote.path)

    def _move(self, sftp: paramiko.SFTPClient, remote: _Remote, look: Look) -> None:
        """Into the folder for taken files, under a free name; back if a newer file was caught."""
        folder = posixpath.join(self._settings.path, self._settings.move_to)
        if _look_at(sftp, folder) is None:
            sftp.mkdir(folder)
        target = _rename_new(sftp, remote.path, folder, remote.name)
        if _look_at(sftp, target) != look:
            _rename_new(sftp, target, self._settings.path, remote.name)


class _Stopped(Exception):
    """The gateway is stopping: let go of a download."""


def _chunks(sftp: paramiko.SFTPClient, remote: _Remote, should_stop: Callable[[], bool]) -> Iterator[bytes]:
    """The bytes of a file that is as listed, before and after. Raises SourceFault or _Stopped."""
    with _file_faults(sftp, UNREADABLE), sftp.open(remote.path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if should_stop():
                raise _Stopped
            yield chunk
        status = file.stat()
    if (status.st_size, status.st_mtime) != (remote.size, remote.modified):
        raise SourceFault(CHANGED)


def _look_at(sftp: paramiko.SFTPClient, path: str) -> Look | None:
    """Size and time of what is there, None if nothing is."""
    try:
        status = sftp.lstat(path)
    except FileNotFoundError:
        return None
    return Look(status.st_size or 0, status.st_mtime or 0)


def _rename_new(sftp: paramiko.SFTPClient, path: str, folder: str, name: str) -> str:
    """Rename into `folder` as `name`, or that with a number; the path it got. Raises OSError."""
    targets = (posixpath.join(folder, candidate) for candidate in numbered(name))
    target = next(free for free in targets if _look_at(sftp, free) is None)
    # SFTP's own rename never replaces a file; posix-rename@openssh.com would.
    sftp.rename(path, target)
    return target


@contextmanager
def _file_faults(sftp: paramiko.SFTPClient, code: str) -> Iterator[None]:
    """A refusal of one file as SourceFault; what ends the connection stays what it is."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError as refusal:
        channel = sftp.get_channel()
        if channel is None or channel.closed:
            raise
        raise SourceFault(code, refusal.strerror or str(refusal)) from refusal
