"""A folder archive says before it matters that it takes no more; it lists what was added since."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from gateway.archive import local
from gateway.archive.local import LocalArchive, create_local_archive
from gateway.errors import ArchiveUnavailable

ARCHIVE_ID = UUID(int=7)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> LocalArchive:
    create_local_archive(tmp_path / "archive", ARCHIVE_ID)
    return LocalArchive(tmp_path / "archive", ARCHIVE_ID)


def disk(**of: int) -> Callable[[Path], SimpleNamespace]:
    whole = {"f_flag": 0, "f_bavail": 10**6, "f_frsize": 4096, "f_files": 1000, "f_favail": 500} | of
    return lambda _folder: SimpleNamespace(**whole)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"f_flag": os.ST_RDONLY}, "Read-only file system"),
        ({"f_bavail": 0}, "No space left on device"),
        ({"f_favail": 0}, "No space left on device"),
    ],
)
def test_a_disk_that_takes_no_more_is_told_by_a_look(
    archive: LocalArchive, monkeypatch: pytest.MonkeyPatch, of: dict[str, int], said: str
) -> None:
    """FI-B05, FI-B06."""
    monkeypatch.setattr(local.os, "statvfs", disk(**of))
    with pytest.raises(ArchiveUnavailable, match=said):
        archive.check()


def test_a_look_says_how_much_is_free(archive: LocalArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that counts no files, as btrfs, is not full for it."""
    monkeypatch.setattr(local.os, "statvfs", disk(f_files=0, f_favail=0))
    assert archive.check().endswith("has 4.1 GB free.")


def test_what_is_kept_is_listed_and_what_is_older_is_passed_over(
    archive: LocalArchive, tmp_path: Path
) -> None:
    old, new = archive.put(io.BytesIO(b"old")), archive.put(io.BytesIO(b"new one"))
    folder = tmp_path / "archive" / old.sha256[:2] / old.sha256[2:4]
    os.utime(folder, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    assert {(one.sha256, one.size) for one in archive.listed()} == {(old.sha256, 3), (new.sha256, 7)}
    recent = LONG_AGO.replace(year=2021)
    assert [one.sha256 for one in archive.listed(recent)] == [new.sha256]
