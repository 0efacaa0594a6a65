"""What should have come or gone by now: silent partners, documents on their way for too long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import Stages

from gateway import expected
from outbound.connector import TryLater

pytestmark = pytest.mark.slow

HOUR_S = 3600.0


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    yield stages
    stages.close()


def _late(stages: Stages) -> list[tuple[str, str | None]]:
    with stages.view() as view:
        directory = stages.book.current().directory
        found = expected.late(view, directory, stages.clock.now(), 4 * HOUR_S)
    return [(one.what, one.partner) for one in found]


def test_a_partner_is_silent_when_the_time_since_its_last_file_is_up(stages: Stages) -> None:
    stages.profile("acme-retail", "\n[[expects]]\nevery_minutes = 60\n")
    stages.clock.pass_time(minutes=59)
    stages.receive("acme-retail", "one.edi", order_850(1, ["A-1"]))
    stages.drain()
    stages.clock.pass_time(minutes=59)
    assert _late(stages) == []
    stages.clock.pass_time(minutes=2)
    assert _late(stages) == [("files", "acme-retail")]
    stages.receive("acme-retail", "two.edi", order_850(2, ["A-2"]))
    stages.drain()
    assert _late(stages) == []


def test_a_partner_is_silent_when_its_time_of_day_has_passed(stages: Stages) -> None:
    stages.profile("acme-retail", '\n[[expects]]\nby = "0 15 * * *"\n')
    stages.clock.pass_time(days=1)
    stages.receive("acme-retail", "one.edi", order_850(1, ["A-1"]))
    stages.drain()
    stages.clock.pass_time(hours=12)
    assert _late(stages) == []
    stages.clock.pass_time(days=2)
    assert _late(stages) == [("files", "acme-retail")]


def test_documents_are_overdue_by_destination_while_it_is_away(stages: Stages) -> None:
    stages.erp.says = [TryLater("away")] * 5
    stages.receive("acme-retail", "one.edi", order_850(1, ["A-1"]))
    stages.drain()
    assert _late(stages) == []
    stages.clock.pass_time(hours=5)
    assert _late(stages) == [("documents", "acme-retail")]
