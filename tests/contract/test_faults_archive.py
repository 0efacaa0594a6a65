"""Kept bytes that change on the disk are never worked with, and a person is told (FI-B09)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import ACT, Stages

from gateway import views
from gateway.errors import ArchiveDamaged

pytestmark = pytest.mark.slow

PARTNER = "acme-retail"


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    yield stages
    stages.close()


def rot(stages: Stages, transmission: str) -> None:
    """One bit of the purchase order's number changes behind everybody's back."""
    sha256 = stages.shown(transmission).transmission["sha256"]
    path = stages.home / "archive" / sha256[:2] / sha256[2:4] / sha256
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"A-1", b"A-0"))


def errors(stages: Stages) -> list[str]:
    with stages.view() as view:
        return [str(task["error"]) for task in views.failed_tasks(view)]


def test_a_file_that_rots_before_it_is_read_makes_nothing_and_waits_for_a_person(stages: Stages) -> None:
    """FI-B09."""
    received = stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"]))
    rot(stages, received.transmission)
    stages.drain()
    assert [ArchiveDamaged.__name__ in error for error in errors(stages)] == [True]
    assert stages.erp.taken == {}
    assert stages.outbox(PARTNER) == {}
    assert stages.documents() == []


def test_a_file_that_rots_later_is_kept_out_of_a_replay_and_what_was_made_of_it_stays(stages: Stages) -> None:
    """FI-B09."""
    received = stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    rot(stages, received.transmission)
    stages.clock.pass_time(minutes=1)
    stages.operations.replay(ACT, received.transmission)
    stages.drain()
    assert [ArchiveDamaged.__name__ in error for error in errors(stages)] == [True]
    assert stages.erp.numbers("erp") == ["A-1"]
    assert [document["state"] for document in stages.documents()] == ["delivered"]


def test_a_file_that_was_put_back_whole_is_read_once_a_person_says_so(stages: Stages) -> None:
    """FI-B09: restored from a copy of the archive."""
    received = stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"]))
    rot(stages, received.transmission)
    stages.drain()
    sha256 = stages.shown(received.transmission).transmission["sha256"]
    (stages.home / "archive" / sha256[:2] / sha256[2:4] / sha256).write_bytes(order_850(1, ["A-1"]))
    with stages.view() as view:
        [failed] = views.failed_tasks(view)
    stages.operations.retry_task(ACT, failed["id"])
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
