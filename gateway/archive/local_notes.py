"""Notes beside an archive in a folder: `notes/<day>-<page>.jsonl`, pages of one process each.

A page is only ever appended to, and given up once a write or a sync of it has failed: what that
left unfinished is its last line, which nobody was told of and no reader takes.
"""

from __future__ import annotations

import errno
import heapq
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from gateway.archive.faults import storing
from gateway.archive.notes import PLACE, line_of, note_of
from gateway.ports import Note
from outbound.durable import sync_folder

DAY_CHARS = len("2026-11-23")


class LocalNotes:
    """`Notes` (gateway/ports.py) in the folder of a local archive, for any number of threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / PLACE
        self._turning = threading.Lock()
        self._page: _Page | None = None

    def note(self, note: Note) -> None:
        """Append it to this process's page of the day. See `Notes.note`."""
        with storing(str(self._folder)):
            page = self._page_of(f"{note.at:%Y-%m-%d}")
            page.append(line_of(note))

    def every(self) -> Iterator[Note]:
        """All notes, day by day, those of a day by time. See `Notes.every`."""
        with storing(str(self._folder)):
            paths = sorted(self._folder.glob("*.jsonl"))
            for _, pages in groupby(paths, lambda path: path.name[:DAY_CHARS]):
                yield from heapq.merge(*map(_notes_in, pages), key=lambda note: note.at)

    def _page_of(self, day: str) -> _Page:
        with self._turning:
            if self._page is None or self._page.is_broken or self._page.day != day:
                if self._page is not None:
                    self._page.close()
                self._page = _Page(self._folder, day)
            return self._page


class _Page:
    """One file. Threads that append at the same time share a sync."""

    def __init__(self, folder: Path, day: str) -> None:
        if not folder.is_dir():
            # Not with its parents: an archive that is not mounted is not to be made up.
            with suppress(FileExistsError):
                folder.mkdir()
            sync_folder(folder.parent)
        self.day = day
        self.is_broken = False
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        self._fd = os.open(folder / f"{day}-{uuid4().hex}.jsonl", flags, 0o640)
        sync_folder(folder)
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._written = 0
        self._synced = 0

    def append(self, line: bytes) -> None:
        """Returns when the line is durable. Raises OSError; the page is then of no more use."""
        try:
            with self._writing:
                self._check()
                if os.write(self._fd, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._written += 1
                mine = self._written
            self._sync(mine)
        except OSError:
            self.is_broken = True
            raise

    def close(self) -> None:
        """Let go of the file once all that was written is synced."""
        with self._writing, self._syncing:
            if not self.is_broken and self._synced < self._written:
                os.fsync(self._fd)
                self._synced = self._written
            self.is_broken = True
            os.close(self._fd)

    def _sync(self, mine: int) -> None:
        with self._syncing:
            if self._synced >= mine:
                return
            self._check()
            reached = self._written
            os.fsync(self._fd)
            self._synced = reached

    def _check(self) -> None:
        if self.is_broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _notes_in(page: Path) -> Iterator[Note]:
    with page.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            yield note_of(line)
