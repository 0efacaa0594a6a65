"""The folder archive on disks that fail and under processes that die (FI-A, FI-B)."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from dying import deaths

from gateway.archive.faults import storing
from gateway.archive.local import LocalArchive, create_local_archive, found_or_made
from gateway.archive.verified import BUFFER_BYTES
from gateway.errors import ArchiveDamaged, ArchiveUnavailable

DATA = b"ISA*00*some bytes~" * 100
SHA256 = hashlib.sha256(DATA).hexdigest()
ARCHIVE_ID = UUID(int=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_local_archive(tmp_path / "archive", ARCHIVE_ID)
    return tmp_path / "archive"


def incoming(folder: Path) -> list[Path]:
    return list((folder / "incoming").iterdir())


def failing(error: int) -> Callable[..., None]:
    def fail(*_args: object, **_options: object) -> None:
        raise OSError(error, os.strerror(error))

    return fail


def read(folder: Path) -> bytes:
    with LocalArchive(folder, ARCHIVE_ID).open(SHA256) as stream:
        return stream.read()


def test_a_kept_file_is_read_only_and_stands_under_its_hash(folder: Path) -> None:
    LocalArchive(folder, ARCHIVE_ID).put(io.BytesIO(DATA))
    path = folder / SHA256[:2] / SHA256[2:4] / SHA256
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert path.stat().st_nlink == 1
    assert incoming(folder) == []


def test_making_an_archive_dying_at_any_operation_can_be_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    for _ in deaths(lambda: found_or_made(folder)):
        archive_id = found_or_made(folder)
        assert found_or_made(folder) == archive_id
        LocalArchive(folder, archive_id)
        assert incoming(folder) == []
        shutil.rmtree(folder)


def test_a_folder_with_something_else_in_it_is_not_made_an_archive(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ArchiveUnavailable) as caught:
        found_or_made(tmp_path)
    assert caught.value.code == "GTW-209"


def test_put_dying_at_any_operation_leaves_all_or_nothing_and_can_be_repeated(folder: Path) -> None:
    """FI-A04."""
    for nth in deaths(lambda: LocalArchive(folder, ARCHIVE_ID).put(io.BytesIO(DATA))):
        archive = LocalArchive(folder, ARCHIVE_ID)
        assert incoming(folder) == [], f"not swept after death at operation {nth}"
        if archive.holds(SHA256):
            assert read(folder) == DATA, f"torn at operation {nth}"
        archive.put(io.BytesIO(DATA))
        assert read(folder) == DATA
        (folder / SHA256[:2] / SHA256[2:4] / SHA256).unlink()


def test_adopt_dying_at_any_operation_loses_nothing(folder: Path, tmp_path: Path) -> None:
    """FI-A04."""
    path = tmp_path / "spooled"
    path.write_bytes(DATA)
    for nth in deaths(lambda: LocalArchive(folder, ARCHIVE_ID).adopt(path, SHA256)):
        kept = LocalArchive(folder, ARCHIVE_ID).holds(SHA256)
        assert kept or path.read_bytes() == DATA, f"lost at operation {nth}"
    assert read(folder) == DATA
    assert not path.exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errno.ENOSPC, "GTW-200"), (errno.EDQUOT, "GTW-200"), (errno.EIO, "GTW-201"),
        (errno.EMFILE, "GTW-202"), (errno.EROFS, "GTW-203"), (errno.ESTALE, "GTW-204"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", ["fsync", "fchmod", "link"])
def test_a_disk_that_refuses_promises_nothing_and_keeps_no_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, operation: str, error: int, code: str
) -> None:
    """FI-B03, FI-B05."""
    archive = LocalArchive(folder, ARCHIVE_ID)
    with monkeypatch.context() as patch:
        patch.setattr(os, operation, failing(error))
        with pytest.raises(ArchiveUnavailable) as caught:
            archive.put(io.BytesIO(DATA))
    assert caught.value.code == code
    assert incoming(folder) == []
    assert archive.put(io.BytesIO(DATA)).size == len(DATA)
    assert read(folder) == DATA


def test_a_real_full_disk_says_so() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(ArchiveUnavailable) as caught, storing("the archive"):
        os.write(full, b"x")
    os.close(full)
    assert caught.value.code == "GTW-200"
    assert "No space left" in caught.value.message


def test_after_a_failed_fsync_an_adopted_file_is_gone_so_that_nobody_trusts_a_second(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B07."""
    path = tmp_path / "spooled"
    path.write_bytes(DATA)
    archive = LocalArchive(folder, ARCHIVE_ID)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(errno.EIO))
        with pytest.raises(ArchiveUnavailable):
            archive.adopt(path, SHA256)
    assert not path.exists()
    assert not archive.holds(SHA256)


def test_a_full_disk_leaves_a_file_to_be_adopted_later(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(DATA)
    archive = LocalArchive(folder, ARCHIVE_ID)
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", failing(errno.ENOSPC))
        with pytest.raises(ArchiveUnavailable):
            archive.adopt(path, SHA256)
    assert archive.adopt(path, SHA256).new
    assert read(folder) == DATA


def test_a_file_on_another_file_system_is_copied(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B12."""
    path = tmp_path / "spooled"
    path.write_bytes(DATA)
    real = os.link

    def link(source: Path, target: Path) -> None:
        if source == path:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    assert LocalArchive(folder, ARCHIVE_ID).adopt(path).sha256 == SHA256
    assert not path.exists()
    assert read(folder) == DATA


def test_a_copy_that_shows_another_hash_than_promised_is_not_taken_for_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B12."""
    path = tmp_path / "spooled"
    path.write_bytes(DATA)
    real = os.link

    def link(source: Path, target: Path) -> None:
        if source == path:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    archive = LocalArchive(folder, ARCHIVE_ID)
    with pytest.raises(ArchiveDamaged):
        archive.adopt(path, "0" * 64)
    assert path.exists()
    assert not archive.holds("0" * 64)


def test_a_file_system_without_hard_links_is_served_by_rename(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    archive = LocalArchive(folder, ARCHIVE_ID)
    assert archive.put(io.BytesIO(DATA)).new
    assert not archive.put(io.BytesIO(DATA)).new
    assert read(folder) == DATA
    assert incoming(folder) == []


def test_a_start_sweeps_what_the_dead_left_and_spares_what_the_living_write(folder: Path) -> None:
    dead, living = folder / "incoming" / "dead", folder / "incoming" / "living"
    dead.write_bytes(b"half")
    with living.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        LocalArchive(folder, ARCHIVE_ID)
        assert incoming(folder) == [living]
    LocalArchive(folder, ARCHIVE_ID)
    assert incoming(folder) == []


def test_an_unmounted_archive_is_unavailable_not_empty(folder: Path) -> None:
    """FI-B10."""
    archive = LocalArchive(folder, ARCHIVE_ID)
    archive.put(io.BytesIO(DATA))
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    for step in (
        lambda: archive.put(io.BytesIO(DATA)),
        lambda: archive.holds(SHA256),
        lambda: archive.open(SHA256),
    ):
        with pytest.raises(ArchiveUnavailable):
            step()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("where", [0, BUFFER_BYTES, 2 * BUFFER_BYTES])
def test_one_changed_byte_anywhere_is_found_by_whoever_reads_to_the_end(folder: Path, where: int) -> None:
    """FI-B09."""
    data = bytes(2 * BUFFER_BYTES + 1)
    archive = LocalArchive(folder, ARCHIVE_ID)
    sha256 = archive.put(io.BytesIO(data)).sha256
    path = folder / sha256[:2] / sha256[2:4] / sha256
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(where)
        file.write(b"!")
    with archive.open(sha256) as stream, pytest.raises(ArchiveDamaged):
        list(iter(lambda: stream.read(1000), b""))
