"""Rings the bell when something appears in a folder. What it misses, the next sweep finds."""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from gateway.ports import Doorbell

log = structlog.get_logger()


class FolderNotices:
    """Watches one folder, not what lies below it; never fails, since it is not the truth.

    Where the system gives no notices (network mounts, its limit of watches reached) the poll remains.
    """

    def __init__(self, channel: str, folder: Path, bell: Doorbell) -> None:
        self._channel = channel
        self._folder = folder
        self._handler = _Ringer(bell)
        self._observer: BaseObserver | None = None
        self._watched: tuple[int, int] | None = None

    def look_at(self, folder: os.stat_result) -> None:
        """Watch the folder that is there now: a mount may have put another one in its place."""
        identity = (folder.st_dev, folder.st_ino)
        if identity == self._watched and self._is_alive():
            return
        self.close()
        self._watched = identity
        observer = Observer()
        try:
            observer.schedule(
                self._handler,
                str(self._folder),
                event_filter=[FileCreatedEvent, FileClosedEvent, FileMovedEvent],
            )
            observer.start()
        except OSError as refusal:
            log.warning("channel.polled_only", channel=self._channel, reason=str(refusal))
            return
        self._observer = observer

    def _is_alive(self) -> bool:
        """False once the watched folder was removed; another may be there, even with its inode."""
        return self._observer is None or all(emitter.is_alive() for emitter in self._observer.emitters)

    def close(self) -> None:
        """Stop watching."""
        self._watched = None
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


class _Ringer(FileSystemEventHandler):
    def __init__(self, bell: Doorbell) -> None:
        self._bell = bell

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Hidden names are ours, or unfinished: a sweep has nothing to do with either.
        path = os.fsdecode(event.dest_path or event.src_path)
        if not Path(path).name.startswith("."):
            self._bell.ring()
