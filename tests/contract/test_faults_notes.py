"""One contract for the notes beside every archive (FI-C08), and the folder's on a disk that fails."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from s3_store import S3Store

from gateway.archive.local_notes import LocalNotes
from gateway.archive.s3 import s3_place
from gateway.archive.s3_notes import S3Notes
from gateway.errors import ArchiveUnavailable
from gateway.ports import Note, Notes
from outbound.s3_client import S3Access

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Open = Callable[[], Notes]


def note(number: int, at: datetime = NOON) -> Note:
    facts = {"name": "Aufträge €\n.edi", "size": number, "partner": None}
    return Note("arrival", f"tx-{number:04}", f"{number:064x}", at, facts)


def local_notes(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> Open:
    return lambda: LocalNotes(tmp_path)


def s3_notes(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> Open:
    store: S3Store = request.getfixturevalue("real_store")
    bucket = f"notes-{uuid4().hex}"
    client = store.client()
    stack.callback(client.close)
    client.create_bucket(Bucket=bucket)
    place = s3_place(f"s3://{bucket}/edi?endpoint={store.url}")
    access = S3Access(place.endpoint_url, place.region, store.access_key, store.secret_key)

    def opened() -> S3Notes:
        notes = S3Notes(place, access)
        stack.callback(notes.close)
        return notes

    return opened


PLACES = {"local": local_notes, "real s3": s3_notes}


@pytest.fixture(params=PLACES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        yield PLACES[request.param](request, stack, tmp_path)


def test_what_is_noted_is_read_as_it_was_by_another_process(opened: Open) -> None:
    opened().note(note(1))
    assert list(opened().every()) == [note(1)]


def test_nothing_noted_is_nothing_read(opened: Open) -> None:
    assert list(opened().every()) == []


def test_notes_of_several_processes_and_days_come_by_time(opened: Open) -> None:
    one, other = opened(), opened()
    wanted = [note(n, NOON + timedelta(hours=5 * n)) for n in range(6)]
    for number, each in enumerate(wanted):
        (one, other)[number % 2].note(each)
    assert list(opened().every()) == wanted


def test_threads_that_note_at_once_lose_nothing(opened: Open) -> None:
    notes = opened()
    threads = [threading.Thread(target=notes.note, args=(note(n),)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.id for one in opened().every()} == {note(n).id for n in range(16)}


def test_threads_that_cross_midnight_lose_nothing(tmp_path: Path) -> None:
    notes = LocalNotes(tmp_path)
    late = [note(n, NOON + timedelta(days=n % 3)) for n in range(60)]
    threads = [
        threading.Thread(target=lambda part=late[n::4]: [notes.note(one) for one in part]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.id for one in LocalNotes(tmp_path).every()) == [one.id for one in late]


@pytest.mark.parametrize("operation", ["write", "fsync"])
def test_a_note_that_the_disk_refused_promises_nothing_and_the_next_goes_to_another_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """FI-B02, FI-B07: what a failed sync has lost, a later one does not bring back."""
    notes = LocalNotes(tmp_path)
    notes.note(note(1))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, operation, refuse)
        with pytest.raises(ArchiveUnavailable) as caught:
            notes.note(note(2))
    assert caught.value.code == "GTW-200"
    notes.note(note(3))
    assert len(list((tmp_path / "notes").iterdir())) == 2
    assert {one.id for one in LocalNotes(tmp_path).every()} >= {"tx-0001", "tx-0003"}


def test_a_line_that_a_crash_left_unfinished_is_passed_over(tmp_path: Path) -> None:
    notes = LocalNotes(tmp_path)
    notes.note(note(1))
    notes.note(note(2))
    (page,) = (tmp_path / "notes").iterdir()
    page.write_bytes(page.read_bytes()[:-7])
    assert list(LocalNotes(tmp_path).every()) == [note(1)]


def test_notes_are_not_made_where_no_archive_is(tmp_path: Path) -> None:
    """FI-B10: an archive that is not mounted is not made up."""
    with pytest.raises(ArchiveUnavailable):
        LocalNotes(tmp_path / "unmounted").note(note(1))
    assert not (tmp_path / "unmounted").exists()
