"""Watches a folder of this machine, or a mounted one. Notices only ring; the sweep is the truth.

A file is handed over when it is whole, which one of three rules says:

    rename     it has its name: senders write under another name, or elsewhere on the same disk
    stability  its size and time have not changed for a while
    marker     a second file, <name><marker_suffix>, was made after it was last changed

Names that begin with a dot, and unfinished uploads (.tmp, .part, .filepart), are left alone.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.failpoints import failpoint
from gateway.jobs.local import Bell
from gateway.ports import Arrival, Doorbell, Receive
from gateway.watchers.faults import Log, SourceFault, unavailable
from gateway.watchers.folder_notices import FolderNotices
from gateway.watchers.guarded import UNREADABLE, Identity, guarded
from gateway.watchers.memory import SweepMemory
from gateway.watchers.names import label, wanted
from gateway.watchers.stability import Look, Stability
from gateway.watchers.taken import Taken, name_of_leftover
from partners.channels import FolderChannel

MISSING = "GTW-250"
REFUSED = "GTW-251"
FAILED = "GTW-252"
NO_FILE = "GTW-253"
NOT_MOVED = "GTW-256"

#: Neither follows a link at the end of a path, nor waits for the other end of a pipe (FI-D11).
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class _Found:
    """A file to take. name: in the folder; title: as its sender called it."""

    name: str
    title: str


class FolderWatcher:
    """A `Watcher` (gateway/ports.py) over one folder.

    Source key: device, inode, size and time. A file is read under guard: if it changes
    meanwhile, nothing is recorded. Its bytes are kept and recorded first; only then is it
    moved or removed, and only it, never a newer file of its name.
    """

    def __init__(
        self, channel: FolderChannel, partner: str, home: Path, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = channel
        self._partner = partner
        self._folder = home / channel.path
        self._now_s = now_s
        self._bell = Bell()
        self._notices = FolderNotices(channel.name, self._folder, self._bell)
        self._log = Log(channel.name)
        self._is_wanted = wanted(channel.pattern)
        self._stability = Stability(channel.stable_s)
        #: Files that are kept and could not be moved, by source key: when that is tried again.
        self._stuck: SweepMemory[float] = SweepMemory()
        self._taken = Taken(self._folder, channel.move_to if channel.after == "move" else None)

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
        """See `Watcher`."""
        return self._bell

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        """See `Watcher`. Twice: the source key makes a second sight the same arrival."""
        count = 0
        with self._opened() as folder, os.scandir(folder) as entries:
            for entry in entries:
                if should_stop():
                    return count
                source = self._found(folder, entry)
                if source is not None:
                    count += self._take(folder, source, receive)
        self._stability.end_sweep()
        self._stuck.end_sweep()
        self._log.end_sweep()
        return count

    def close(self) -> None:
        """See `Watcher`."""
        self._notices.close()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder, held open so that nobody can put another in its place during a sweep."""
        place = str(self._folder)
        try:
            folder = os.open(self._folder, _OPEN_FOLDER)
        except (FileNotFoundError, NotADirectoryError) as refusal:
            self._notices.close()
            raise unavailable(MISSING, place=place) from refusal
        except PermissionError as refusal:
            raise unavailable(REFUSED, place=place) from refusal
        except OSError as refusal:
            raise unavailable(FAILED, place=place, reason=refusal.strerror or str(refusal)) from refusal
        try:
            self._notices.look_at(os.fstat(folder))
            yield folder
        finally:
            os.close(folder)

    def _found(self, folder: int, entry: os.DirEntry[str]) -> _Found | None:
        """What the entry is, if it is a file to take now."""
        leftover = name_of_leftover(entry.name)
        if leftover is not None:
            return _Found(entry.name, leftover)
        if not self._is_wanted(entry.name) or self._is_marker(entry.name):
            return None
        with suppress(FileNotFoundError):
            if not entry.is_file(follow_symlinks=False):
                if entry.name != self._settings.move_to.partition("/")[0]:
                    self._log.file_left(entry.name, NO_FILE)
            elif self._is_whole(folder, entry):
                return _Found(entry.name, entry.name)
        return None

    def _is_marker(self, name: str) -> bool:
        return self._settings.mode == "marker" and name.endswith(self._settings.marker_suffix)

    def _is_whole(self, folder: int, entry: os.DirEntry[str]) -> bool:
        if self._settings.mode == "rename":
            return True
        if self._settings.mode == "stability":
            status = entry.stat(follow_symlinks=False)
            look = Look(status.st_size, status.st_mtime_ns)
            return self._stability.is_at_rest(entry.name, look, self._now_s())
        marker = os.stat(self._marker_of(entry.name), dir_fd=folder, follow_symlinks=False)
        # A marker that a crash left behind says nothing about a newer file of the same name.
        return marker.st_ctime_ns >= entry.stat(follow_symlinks=False).st_ctime_ns

    def _marker_of(self, name: str) -> str:
        return name + self._settings.marker_suffix

    def _take(self, folder: int, source: _Found, receive: Receive) -> int:
        """Hand one file over, then move or remove it; how many were handed over."""
        try:
            handle = _open_regular(folder, source.name)
            identity = Identity.of(os.fstat(handle))
            with guarded(handle, identity) as stream:
                retry_at_s = self._stuck.get(identity.source_key)
                if retry_at_s is None:
                    self._hand_over(source, identity, stream, receive)
        except SourceFault as fault:
            self._log.file_left(source.title, fault.code, fault.reason)
            return 0
        except FileNotFoundError:
            return 0
        if retry_at_s is not None:
            self._log.file_still_left(source.title)
        if retry_at_s is None or self._now_s() >= retry_at_s:
            self._settle(folder, source, identity)
            failpoint("folder.settled")
        return int(retry_at_s is None)

    def _hand_over(self, source: _Found, identity: Identity, stream: BinaryIO, receive: Receive) -> None:
        arrival = Arrival(
            channel=self.channel,
            source_key=identity.source_key,
            name=label(source.title),
            partner=self._partner,
            attributes={"folder": str(self._folder)},
        )
        receive(arrival, stream)
        failpoint("folder.received")

    def _settle(self, folder: int, source: _Found, identity: Identity) -> None:
        """Move or remove what is kept. A folder that refuses is noted once, and tried again at the poll."""
        try:
            last_name = self._taken.settle(folder, source.name, source.title, identity)
            if last_name is not None and self._settings.mode == "marker":
                with suppress(FileNotFoundError):
                    self._taken.put(folder, self._marker_of(source.title), self._marker_of(last_name))
        except OSError as refusal:
            self._stuck.put(identity.source_key, self._now_s() + self._settings.poll_s)
            self._log.file_left(source.title, NOT_MOVED, refusal.strerror or str(refusal))
        else:
            self._stuck.drop(identity.source_key)


def _open_regular(folder: int, name: str) -> int:
    """Open a file for reading. Raises SourceFault if it is none or may not be read, FileNotFoundError."""
    try:
        handle = os.open(name, _OPEN_FILE, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as refusal:
        raise SourceFault(UNREADABLE, refusal.strerror or str(refusal)) from refusal
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceFault(NO_FILE)
    return handle
