"""Uploads on local disk until they are kept."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gateway.failpoints import failpoint

_PREFIX = "upload-"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Spooled:
    """A finished spool file. modified: seconds since the epoch."""

    path: Path
    size: int
    sha256: str
    modified: float


def hash_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class SpoolFile:
    """One upload being written. Not for several threads at once.

    Writes may come in any order and overlap, as in a file. The hash is made while they come
    in sequence; one write out of sequence, and `finish` reads the file once more.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.size = 0
        self._fd = fd
        self._hash = hashlib.sha256()
        self._hashed: int | None = 0

    def write(self, offset: int, data: bytes) -> None:
        """Put all of `data` at `offset`. Raises OSError, for one if the disk is full."""
        if not data:
            return
        view, at = memoryview(data), offset
        while view:
            written = os.pwrite(self._fd, view, at)
            view, at = view[written:], at + written
        self.size = max(self.size, at)
        if self._hashed == offset:
            self._hash.update(data)
            self._hashed = at
        else:
            self._hashed = None

    def copy_from(self, path: Path) -> None:
        """Begin with the bytes of another file, to resume it."""
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                self.write(self.size, block)

    def finish(self, *, stays: bool) -> Spooled:
        """Close; all bytes and their hash. Raises OSError if they are not safe.

        stays: the file is to wait here and is synced; else the archive takes it over at once, and
        syncs it then, with the bits of its mode that it gives it.
        """
        try:
            if stays:
                failpoint("sftp.before_fsync")
                os.fsync(self._fd)
                failpoint("sftp.after_fsync")
            modified = os.fstat(self._fd).st_mtime
        finally:
            os.close(self._fd)
        whole = self._hashed == self.size
        return Spooled(
            self.path, self.size, self._hash.hexdigest() if whole else hash_of(self.path), modified
        )

    def discard(self) -> None:
        """Close and delete."""
        os.close(self._fd)
        self.path.unlink(missing_ok=True)


class Spool:
    """A folder of spool files with generated names, mode 0600, used by one server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def create(self) -> SpoolFile:
        """A new empty file."""
        path = self._new_path()
        return SpoolFile(path, os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))

    def twin(self, path: Path) -> Path:
        """A second name for a finished file, so that one can be handed over and one stays."""
        twin = self._new_path()
        os.link(path, twin)
        return twin

    def sync(self) -> None:
        """Make the names in the folder durable."""
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def sweep(self, keep: Collection[Path]) -> int:
        """Delete spool files not in `keep`; how many. Only for a server that has no sessions yet."""
        kept = {path.name for path in keep}
        stray = [path for path in self._folder.glob(f"{_PREFIX}*") if path.name not in kept]
        for path in stray:
            path.unlink(missing_ok=True)
        failpoint("spool.swept")
        return len(stray)

    def _new_path(self) -> Path:
        return self._folder / f"{_PREFIX}{secrets.token_hex(16)}"
