"""A file that ends the process of whoever reads it is set aside, and others go on (FI-G08)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from stages import Died, Faults, Stages

from gateway import views
from gateway.isolation import Isolation
from gateway.worker import SUSPECT_AFTER, Worker

pytestmark = pytest.mark.slow

PARTNER, OTHER = "acme-retail", "corner-bikes"


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    """A file whose reader has died three times already, each time with the whole gateway."""
    home = tmp_path / "home"
    stages = Stages(home, f"sqlite:///{home / 'tradepost.db'}")
    stages.receive(PARTNER, "poison.edi", order_850(1, ["A-1"]))
    for _ in range(SUSPECT_AFTER):
        stages.faults = stages.archive._faults = Faults("archive", nth=1, error=Died)
        with pytest.raises(Died):
            stages.drain()
        stages = stages.again()
    yield stages
    stages.close()


def drain(stages: Stages, **settings: float) -> None:
    apart = Isolation(stages.settings.model_copy(update=settings))
    worker = Worker(stages.pipeline.stages, stages.ledger, stages.jobs, stages.clock, apart)
    stages.jobs.drain(worker.run)


def test_a_file_that_ends_its_reader_is_set_aside_and_others_are_read(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEPOST_TESTING", "1")
    monkeypatch.setenv("TRADEPOST_FAILPOINTS", "parse.begin=kill")
    stages.receive(OTHER, "orders.csv", order_csv(["B-1"]))
    drain(stages)
    with stages.view() as view:
        [failed] = views.failed_tasks(view)
    assert "ended by SIGKILL while reading this file" in failed["error"]
    assert stages.erp.numbers("erp") == ["B-1"]


def test_a_file_that_holds_its_reader_for_ever_is_set_aside_and_others_are_read(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEPOST_TESTING", "1")
    monkeypatch.setenv("TRADEPOST_FAILPOINTS", "parse.begin=pause")
    stages.receive(OTHER, "orders.csv", order_csv(["B-1"]))
    drain(stages, read_alone_s=5)
    with stages.view() as view:
        [failed] = views.failed_tasks(view)
    assert "it took longer than 5 s, which read_alone_s allows" in failed["error"]
    assert stages.erp.numbers("erp") == ["B-1"]


def test_a_file_that_was_in_hand_when_the_gateway_was_killed_is_read_apart_and_goes_on(
    stages: Stages,
) -> None:
    """It was not the file: it is delivered as ever. The other process goes by the machine's clock."""
    drain(stages)
    stages.clock.pass_time(days=36_500)
    drain(stages)
    assert stages.erp.numbers("erp") == ["A-1"]
    assert list(stages.outbox(PARTNER)) == ["997_000000001.edi"]
