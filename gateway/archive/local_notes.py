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
    """`Notes` (gateway/ports.py) beside a local archive, for any number of threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / PLACE
        self._turning = threading.Lock()
        self._page: _Page | None = None

    def note(self, *notes: Note) -> None:
        """Append them to this process's page of their day. See `Notes.note`."""
        for day, those in groupby(notes, lambda note: f"{note.at:%Y-%m-%d}"):
            lines = b"".join(map(line_of, those))
            with storing(str(self._folder)):
                while not self._page_of(day).append(lines):
                    pass  # the page was turned between the two calls; the next one is open

    def every(self) -> Iterator[Note]:
        """All notes, day by day, those of a day by time. See `Notes.every`."""
        with storing(str(self._folder)):
            paths = sorted(self._folder.glob("*.jsonl"))
            for _, pages in groupby(paths, lambda path: path.name[:DAY_CHARS]):
                yield from heapq.merge(*map(_notes_in, pages), key=lambda note: note.at)

    def _page_of(self, day: str) -> _Page:
        with self._turning:
            if self._page is None or self._page.is_done or self._page.day != day:
                if self._page is not None:
                    self._page.close()
                    self._page = None
                self._page = _Page(self._folder, day)
            return self._page


class _Page:
    """One file. Threads that append at the same time share a sync.

    is_done: it takes no more lines, since it was closed or something about it failed.
    """

    def __init__(self, folder: Path, day: str) -> None:
        if not folder.is_dir():
            # Not with its parents: an archive that is not mounted is not to be made up.
            with suppress(FileExistsError):
                folder.mkdir()
            sync_folder(folder.parent)
        self.day = day
        self.is_done = False
        self._is_torn = False
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        self._fd = os.open(folder / f"{day}-{uuid4().hex}.jsonl", flags, 0o640)
        sync_folder(folder)
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._written = 0
        self._synced = 0

    def append(self, lines: bytes) -> bool:
        """True once whole lines are durable, False if not taken. Raises OSError; the page is then done."""
        with self._writing:
            if self.is_done:
                return False
            mine = self._write(lines)
        with self._syncing:
            if self._synced < mine:
                self._sync()
        return True

    def close(self) -> None:
        """Take no more lines, sync those that wait for it, and let go of the file."""
        with self._writing, self._syncing:
            self.is_done = True
            with suppress(OSError):  # told to those who wait for their lines
                if self._synced < self._written:
                    self._sync()
            os.close(self._fd)

    def _write(self, lines: bytes) -> int:
        """How often was written to the page by now."""
        self.is_done = True  # unless all goes well
        if os.write(self._fd, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.is_done = False
        self._written += 1
        return self._written

    def _sync(self) -> None:
        """Sync what is written by now. After a failure no later success is believed (FI-B07)."""
        if self._is_torn:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        reached = self._written
        try:
            os.fsync(self._fd)
        except OSError:
            self.is_done = self._is_torn = True
            raise
        self._synced = reached


def _notes_in(page: Path) -> Iterator[Note]:
    with page.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            yield note_of(line)
