"""The archive in a folder: `aa/bb/<sha256>`, each file written once and never changed.

    <folder>/tradepost-archive   marker: the archive's UUID
    <folder>/incoming/           files being written; what a crash leaves here is swept at start
    <folder>/aa/bb/<sha256>      kept bytes, mode 0440

A file appears under its hash by a hard link, complete and synced or not at all. A crash
before the link leaves nothing but a file in `incoming`; after it, bytes that nobody was
told of, which the next `put` of the same bytes finds.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from gateway.archive.faults import storing
from gateway.archive.verified import verified
from gateway.errors import ArchiveDamaged, ArchiveMissing, ArchiveUnavailable, fault
from gateway.failpoints import failpoint
from gateway.ports import Listed, Stored
from outbound.durable import link_new, sync_folder

MARKER = "tradepost-archive"
INCOMING = "incoming"
CHUNK_BYTES = 1 << 20
READ_ONLY = 0o440

_FOLDERS = "[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def create_local_archive(folder: Path, archive_id: UUID) -> None:
    """Make an empty archive in `folder`, which must be empty or absent.

    archive_id: remembered by the caller, and asked for at each start. The marker comes last
    and whole, so that this may be called again after a crash anywhere in it.
    Raises ArchiveUnavailable if something else is there already, or on a disk that refuses.
    """
    incoming = folder / INCOMING
    with storing(str(folder)):
        incoming.mkdir(parents=True, exist_ok=True)
        if any(path != incoming for path in folder.iterdir()):
            raise fault(ArchiveUnavailable, "GTW-209", place=str(folder))
        path, file = _locked_file(incoming)
        failpoint("archive.folder_made")
        with file:
            file.write(f"{archive_id}\n".encode("ascii"))
            file.flush()
            _seal(file)
            link_new(path, folder / MARKER)
            path.unlink(missing_ok=True)
        sync_folder(folder)
        sync_folder(folder.parent)


def found_or_made(folder: Path) -> UUID:
    """The UUID of the archive in `folder`, a new one if the folder is empty or absent.

    For a first start only, whose caller then remembers the UUID: afterwards an empty folder
    is a disk not mounted. Raises ArchiveUnavailable.
    """
    with storing(str(folder)):
        if not (folder / MARKER).exists():
            create_local_archive(folder, uuid4())
            failpoint("archive.marked")
        return UUID((folder / MARKER).read_text("ascii").strip())


class LocalArchive:
    """An `Archive` (gateway/ports.py) over one folder, for any number of threads and processes.

    Raises ArchiveUnavailable on construction if the folder holds no marker, or another
    archive's: an unmounted disk must not look like an empty archive.
    """

    def __init__(self, folder: Path, archive_id: UUID) -> None:
        self._folder = folder
        self._archive_id = archive_id
        self._durable: set[Path] = set()
        self._check_marker()
        self._sweep()

    def put(self, stream: BinaryIO) -> Stored:
        """Keep all bytes of `stream`, from where it stands to its end. See `Archive.put`."""
        first = stream.read(CHUNK_BYTES)
        if len(first) < CHUNK_BYTES and (there := self._found_again(first)):
            return there
        digest = hashlib.sha256(first)
        size = len(first)
        with self._temporary() as (path, file):
            with self._storing():
                file.write(first)
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                with self._storing():
                    file.write(chunk)
            with self._storing():
                file.flush()
                _seal(file)
                return self._place(path, digest.hexdigest(), size)

    def _found_again(self, content: bytes) -> Stored | None:
        """Small bytes that the archive has already, such as an ERP's usual answer, are not written again."""
        sha256 = hashlib.sha256(content).hexdigest()
        final = self._path(sha256)
        with self._storing(), suppress(FileNotFoundError):
            if final.stat().st_size == len(content):
                self._make_durable_folder(final.parent)
                sync_folder(final.parent)  # whoever linked it may have died before its own sync
                return Stored(sha256=sha256, size=len(content), new=False)
        return None

    def adopt(self, path: Path, sha256: str | None = None) -> Stored:
        """Take over the file at `path`: by link on the same file system, else by copy.

        Nobody may write to the file any more. If its fsync fails, the disk may have lost
        what the cache still shows, and a second fsync would answer OK: the file is removed
        and ArchiveUnavailable raised, so that the bytes are asked for again (FI-B07). On
        any other ArchiveUnavailable the file is left and may be adopted later. Raises
        ArchiveDamaged, and leaves the file, if a copy shows that `sha256` was not its hash.
        """
        with path.open("rb") as file:
            self._seal_or_remove(path, file)
            known = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
            with self._storing():
                stored = self._place_or_copy(path, file, known)
        if stored.sha256 != known:
            raise fault(ArchiveDamaged, "GTW-206", sha256=known)
        with self._storing():
            failpoint("archive.before_unlink")
            path.unlink(missing_ok=True)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, checked while they are read: see `verified`. Raises ArchiveMissing."""
        path = self._path(sha256)
        with self._storing(), suppress(FileNotFoundError):
            return verified(path.open("rb"), sha256)
        self._check_marker()
        raise fault(ArchiveMissing, "GTW-205", sha256=sha256)

    def holds(self, sha256: str) -> bool:
        """True if the bytes are there; they are not read. Raises ArchiveUnavailable."""
        if _SHA256.fullmatch(sha256) is None:
            return False
        with self._storing():
            if self._path(sha256).exists():
                return True
        self._check_marker()
        return False

    def listed(self, since: datetime | None = None) -> Iterator[Listed]:
        """All that is kept; folders in which nothing was added since are passed over. See `Archive`."""
        with self._storing():
            for folder in sorted(self._folder.glob(_FOLDERS)):
                if since is None or folder.stat().st_mtime >= since.timestamp():
                    for path in sorted(folder.iterdir()):
                        status = path.stat()
                        kept_at = datetime.fromtimestamp(status.st_mtime, UTC)
                        yield Listed(path.name, status.st_size, kept_at)

    def check(self) -> str:
        """A sentence with the space left.

        Raises ArchiveUnavailable if the folder is not ours, or takes no more files (FI-B05, FI-B06).
        """
        self._check_marker()
        with self._storing():
            disk = os.statvfs(self._folder)
            if disk.f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            free = disk.f_bavail * disk.f_frsize
            if not free or (disk.f_files and not disk.f_favail):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return f"The archive folder {self._folder} has {free / 1e9:.1f} GB free."

    def _path(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256) is None:
            raise fault(ArchiveMissing, "GTW-205", sha256=sha256)
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _storing(self) -> AbstractContextManager[None]:
        return storing(str(self._folder))

    def _check_marker(self) -> None:
        """Raises ArchiveUnavailable unless the folder carries our UUID (FI-B10, FI-B11)."""
        place = str(self._folder)
        with self._storing():
            try:
                text = (self._folder / MARKER).read_text("ascii", errors="replace").strip()
            except FileNotFoundError:
                raise fault(ArchiveUnavailable, "GTW-207", place=place) from None
        if text != str(self._archive_id):
            ours = str(self._archive_id)
            raise fault(ArchiveUnavailable, "GTW-208", place=place, ours=ours, actual=text)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A new file in `incoming`, locked while it is ours and gone afterwards."""
        with self._storing():
            path, file = _locked_file(self._folder / INCOMING)
        try:
            yield path, file
        finally:
            path.unlink(missing_ok=True)
            _close_quietly(file)

    def _sweep(self) -> None:
        """Remove files in `incoming` that no living process has locked (FI-A01)."""
        with self._storing():
            for path in (self._folder / INCOMING).iterdir():
                with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    failpoint("archive.swept")

    def _seal_or_remove(self, path: Path, file: BinaryIO) -> None:
        try:
            with self._storing():
                _seal(file)
        except ArchiveUnavailable:
            path.unlink(missing_ok=True)
            raise

    def _place_or_copy(self, path: Path, file: BinaryIO, sha256: str) -> Stored:
        try:
            return self._place(path, sha256, os.fstat(file.fileno()).st_size)
        except OSError as refusal:
            if refusal.errno != errno.EXDEV:
                raise
        file.seek(0)
        return self.put(file)

    def _place(self, path: Path, sha256: str, size: int) -> Stored:
        """Give the sealed file at `path` its place under its hash; durable on return."""
        final = self._path(sha256)
        self._make_durable_folder(final.parent)
        failpoint("archive.before_link")
        new = link_new(path, final)
        if not new and final.stat().st_size != size:
            raise fault(ArchiveDamaged, "GTW-206", sha256=sha256)
        failpoint("archive.after_link")
        sync_folder(final.parent)
        failpoint("archive.after_folder_sync")
        return Stored(sha256=sha256, size=size, new=new)

    def _make_durable_folder(self, folder: Path) -> None:
        # Synced once by every process: one that made the folder may have died before its sync.
        if folder in self._durable:
            return
        if folder != self._folder:
            self._make_durable_folder(folder.parent)
            with suppress(FileExistsError):
                folder.mkdir()
            sync_folder(folder.parent)
        self._durable.add(folder)


def _locked_file(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file in `folder`, open for writing and locked, so that no sweep takes it."""
    while True:
        path = folder / uuid4().hex
        file = path.open("xb")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A sweep may have come between making the file and locking it.
            if os.fstat(file.fileno()).st_nlink:
                return path, file
        file.close()


def _close_quietly(file: BinaryIO) -> None:
    """Close a file whose bytes are either synced or given up; a late flush may fail again."""
    with suppress(OSError):
        file.close()


def _seal(file: BinaryIO) -> None:
    """Make the bytes durable and the file read-only. Called once a file, see FI-B07."""
    os.fchmod(file.fileno(), READ_ONLY)
    failpoint("archive.before_fsync")
    os.fsync(file.fileno())
    failpoint("archive.after_fsync")
