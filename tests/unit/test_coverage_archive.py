"""Corners of the archive that no other test comes to: races with a sweep, and stores that answer oddly."""

from __future__ import annotations

import fcntl
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.archive.local import LocalArchive, create_local_archive
from gateway.archive.local_notes import LocalNotes
from gateway.errors import ArchiveUnavailable
from gateway.ports import Note

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def noted(number: int, at: datetime = NOON) -> Note:
    return Note("arrival", f"tx-{number}", f"{number:064x}", at, {})


def test_a_file_that_a_sweep_took_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B01: between making a file and locking it a starting process may lock it, or remove it."""
    archive_id = uuid4()
    create_local_archive(tmp_path / "archive", archive_id)
    archive = LocalArchive(tmp_path / "archive", archive_id)
    flock: Callable[[io.BufferedWriter, int], None] = fcntl.flock
    seen: list[str] = []

    def swept(file: io.BufferedWriter, how: int) -> None:
        seen.append(file.name)
        if len(seen) == 1:
            raise BlockingIOError
        if len(seen) == 2:
            Path(file.name).unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", swept)
    stored = archive.put(io.BytesIO(b"an order"))
    assert len(set(seen)) == 3
    assert archive.open(stored.sha256).read() == b"an order"


def test_a_note_for_a_page_that_was_turned_meanwhile_goes_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread has the page in hand when another begins the next day's: nothing is lost, nothing twice."""
    notes = LocalNotes(tmp_path)
    notes.note(noted(1))
    page_of = notes._page_of
    turned: list[str] = []

    def turning(day: str) -> object:
        page = page_of(day)
        if not turned:
            turned.append(day)
            page_of(f"{NOON + timedelta(days=1):%Y-%m-%d}")
        return page

    monkeypatch.setattr(notes, "_page_of", turning)
    notes.note(noted(2, NOON + timedelta(seconds=1)))
    assert [one.id for one in LocalNotes(tmp_path).every()] == ["tx-1", "tx-2"]
    assert len(list((tmp_path / "notes").iterdir())) == 3


def test_lines_written_and_not_yet_synced_are_synced_by_whoever_turns_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer finds them durable; were that sync to fail, he is told (FI-B07)."""
    notes = LocalNotes(tmp_path)
    page = notes._page_of("2026-11-23")
    page._write(b"{}\n")
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    page.close()
    assert synced == [page._fd]
    with monkeypatch.context() as patch:
        torn = LocalNotes(tmp_path)._page_of("2026-11-24")
        torn._write(b"{}\n")
        patch.setattr(os, "fsync", _refuse)
        torn.close()
    with pytest.raises(OSError, match="Input/output"):
        torn._sync()


def test_a_page_of_which_only_a_part_was_written_promises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-B02: a disk that fills up in the middle of a line takes what it can and says how much."""
    notes = LocalNotes(tmp_path)
    notes.note(noted(1))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, lines: write(fd, lines[:9]))
        with pytest.raises(ArchiveUnavailable) as caught:
            notes.note(noted(2))
    assert caught.value.code == "GTW-200"
    notes.note(noted(3))
    assert sorted(one.id for one in LocalNotes(tmp_path).every()) == ["tx-1", "tx-3"]


def _refuse(_fd: int) -> None:
    raise OSError(5, "Input/output error")
