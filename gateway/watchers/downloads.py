"""Files on their way from another store: on the disk of the home until `receive` takes them over."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.failpoints import failpoint
from gateway.watchers.faults import SourceFault, unavailable

CHANGED = "GTW-255"
SPOOL = "spool"
NO_SPOOL = "GTW-257"


class Downloads:
    """The spool files of one channel. What a killed process left of them is removed at the start."""

    def __init__(self, home: Path, channel: str) -> None:
        self._folder = home / SPOOL
        self._suffix = f".{channel}"
        for stray in self._folder.glob(f"download-*{self._suffix}"):
            stray.unlink(missing_ok=True)

    @contextmanager
    def holding(self, chunks: Iterable[bytes], size: int) -> Iterator[Path]:
        """A file with all the chunks, gone afterwards unless it was taken over.

        size: bytes that the store announced; SourceFault if more or fewer came. What reading
        the chunks raises passes through. Raises ChannelUnavailable if the disk refuses.
        """
        path = self._folder / f"download-{secrets.token_hex(16)}{self._suffix}"
        handle = self._created(path)
        try:
            if self._write(handle, chunks) != size:
                raise SourceFault(CHANGED)
            failpoint("download.written")
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _created(self, path: Path) -> int:
        with self._spooling():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def _write(self, handle: int, chunks: Iterable[bytes]) -> int:
        written = 0
        with os.fdopen(handle, "wb", buffering=0) as file:
            for chunk in chunks:
                with self._spooling():
                    written += _write_all(file.fileno(), chunk)
        return written

    @contextmanager
    def _spooling(self) -> Iterator[None]:
        try:
            yield
        except OSError as refusal:
            reason = refusal.strerror or str(refusal)
            raise unavailable(NO_SPOOL, place=str(self._folder), reason=reason) from refusal


def _write_all(handle: int, chunk: bytes) -> int:
    view = memoryview(chunk)
    while view:
        view = view[os.write(handle, view) :]
    return len(chunk)
