"""Clocks that jump, slots that were missed, profiles that change in the middle of the work (FI-G, FI-H)."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from live_gateway import live_gateway
from stages import Stages

from gateway.book import read_folder, version_of
from gateway.ports import Claim
from gateway.store import profile_versions

pytestmark = pytest.mark.slow

PARTNER, SCHEDULED = "acme-retail", "corner-bikes"


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


@pytest.mark.parametrize("hours", [1, -1, 24 * 3653], ids=["an hour on", "an hour back", "ten years on"])
def test_a_clock_that_jumps_neither_holds_work_up_nor_does_it_twice(stages: Stages, hours: float) -> None:
    """FI-G01."""
    stages.receive(PARTNER, "po-1.edi", order_850(1, ["A-1"]))
    stages.clock.pass_time(hours=hours)
    stages.receive(PARTNER, "po-2.edi", order_850(2, ["A-2"]))
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]
    stages.clock.pass_time(hours=-hours)
    stages.receive(PARTNER, "po-3.edi", order_850(3, ["A-3"]))
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2", "A-3"]
    assert len(stages.outbox(PARTNER)) == 3


def test_a_clock_set_back_fires_no_slot_a_second_time(stages: Stages) -> None:
    """FI-G01, FI-G04."""
    every_quarter_of_an_hour(stages)
    stages.pass_time(minutes=15)
    stages.clock.pass_time(minutes=-10)
    assert [stages.scheduler.tick() for _ in range(3)] == [0, 0, 0]
    stages.clock.pass_time(minutes=10)
    assert stages.scheduler.tick() == 0
    stages.clock.pass_time(minutes=15)
    assert stages.scheduler.tick() > 0


def test_slots_missed_while_nothing_ran_are_made_up_for_by_one(stages: Stages) -> None:
    """FI-G07: what waited goes once, and in no storm."""
    every_quarter_of_an_hour(stages)
    stages.receive(SCHEDULED, "orders.csv", order_csv(["C-1"]))
    stages.drain()
    stages.clock.pass_time(days=9)
    assert stages.scheduler.tick() > 0
    assert stages.scheduler.tick() == 0
    stages.drain()
    assert stages.erp.numbers("erp") == ["C-1"]


def every_quarter_of_an_hour(stages: Stages) -> None:
    stages.profile(SCHEDULED, 'schedule = { kind = "every", minutes = 15 }\n')
    stages.pass_time(minutes=15)


def test_files_of_a_partner_that_is_taken_away_end_under_the_profiles_they_were_read_with(
    stages: Stages,
) -> None:
    """FI-H02: read and settled before, handed on, delivered and answered after."""
    stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"]))
    read_only(stages)
    assert [document["state"] for document in stages.documents()] != ["delivered"]
    shutil.rmtree(stages.home / "partners" / PARTNER)
    stages.apply()
    stages.pass_time(minutes=1)
    assert stages.erp.numbers("erp") == ["A-1"]
    assert list(stages.outbox(PARTNER)) == ["997_000000001.edi"]


def read_only(stages: Stages) -> None:
    """Run the reading that is due, and leave what follows from it for later."""

    def run(claim: Claim) -> None:
        if claim.stage == "parse":
            stages.worker.run(claim)
            return
        with stages.ledger.write() as tx:
            stages.jobs.postpone(tx, claim, stages.clock.now() + timedelta(seconds=1), "a test")

    stages.jobs.drain(run)


def test_a_storm_of_signals_puts_the_last_profiles_in_force(tmp_path: Path) -> None:
    """FI-H05."""
    with live_gateway(tmp_path) as gateway:
        for number in range(100):
            gateway.profile(PARTNER, lambda text, number=number: f"{text}# change {number}\n")
            gateway.tell(signal.SIGHUP)
        wanted = version_of(read_folder(gateway.home / "partners"))
        gateway.wait_for(lambda view: profile_versions.newest(view) == wanted, "the last profiles")
        assert gateway.runs
        assert gateway.stop() == 0
