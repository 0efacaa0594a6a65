"""Back-pressure: a partner that sends faster than is read is told so; others are not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stages import Stages

from gateway.backlog import Backlog
from gateway.ports import Job
from gateway.watchers.crew import WatcherCrew

ACME, CORNER = "acme-retail", "corner-bikes"


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _wait_for_nobody(stages: Stages, partner: str, count: int) -> None:
    with stages.ledger.write() as tx:
        stages.jobs.enqueue(tx, [Job("parse", f"{partner}-{n}", partner=partner) for n in range(count)])


def test_a_partner_is_full_when_as_much_of_it_waits_as_may_and_others_are_not(stages: Stages) -> None:
    """FI-G09."""
    _wait_for_nobody(stages, ACME, 5)
    _wait_for_nobody(stages, CORNER, 4)
    backlog = Backlog(stages.ledger, 5)
    assert backlog.is_full(ACME)
    assert not backlog.is_full(CORNER)


def test_without_a_limit_nobody_is_ever_full(stages: Stages) -> None:
    _wait_for_nobody(stages, ACME, 50)
    assert not Backlog(stages.ledger, 0).is_full(ACME)


def test_files_stay_in_a_watched_folder_while_their_partner_is_full(stages: Stages, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    stages.profile(ACME, _folder_channel(folder))
    for n in range(3):
        (folder / f"po_{n}.edi").write_bytes(b"ISA")
    taken, full, asked = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)
    full.set()

    def is_full(partner: str) -> bool:
        assert partner == ACME
        asked.release()
        return full.is_set()

    with _watching(stages, is_full, taken):
        for _ in range(3):
            assert asked.acquire(timeout=20)
        assert len(list(folder.glob("*.edi"))) == 3
        full.clear()
        for _ in range(3):
            assert taken.acquire(timeout=20)


def _folder_channel(folder: Path) -> str:
    return (
        f'\n[[channels]]\nkind = "folder"\nname = "acme-folder"\npath = "{folder}"\n'
        'mode = "rename"\npoll_s = 1\nafter = "move"\nmove_to = "done"\n'
    )


class _watching:  # noqa: N801 - reads as a verb
    """A crew at work in a thread, until the block ends."""

    def __init__(self, stages: Stages, is_full: Callable[[str], bool], taken: threading.Semaphore) -> None:
        def receive(arrival: object, content: object) -> object:
            received = stages.pipeline.receive(arrival, content)  # type: ignore[arg-type]
            taken.release()
            return received

        self._stop = threading.Event()
        crew = WatcherCrew(stages.book, stages.home, receive, is_backed_up=is_full)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=crew.serve, args=(self._stop.is_set,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        self._thread.join()
