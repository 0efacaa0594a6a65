"""A ledger that was restored from an older backup is made whole from the archive (FI-C08)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from sqlalchemy import select
from stages import ACT, Stages

from gateway.reconciling import Reconciled, reconcile
from gateway.store import numbers
from gateway.store.core import CONTROL_RESERVATION, EVENT

PARTNER = "acme-retail"
CSV_PARTNER = "corner-bikes"


class Backup:
    """A gateway whose ledger is kept aside once and put back later; archive and ERP go on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = folder / "home" / "tradepost.db"
        self.stages = Stages(folder / "home", f"sqlite:///{self._ledger}")

    def save(self) -> None:
        """Last night."""
        self.stages.close()
        shutil.copy(self._ledger, self._folder / "backup.db")
        self.stages = self.stages.again()

    def restore(self) -> None:
        """This morning, on a new disk."""
        self.stages.close()
        for path in self._ledger.parent.glob("tradepost.db*"):
            path.unlink()
        shutil.copy(self._folder / "backup.db", self._ledger)
        self.stages = self.stages.again()

    def reconcile(self, *, dry_run: bool = False) -> Reconciled:
        return reconcile(self.stages.parts, ACT, dry_run=dry_run)

    def send(self, number: int, po: str) -> str:
        """An order of the partner, processed to its end; its transmission."""
        received = self.stages.receive(PARTNER, f"po-{number}.edi", order_850(number, [po]))
        self.stages.drain()
        return received.transmission


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Backup]:
    backup = Backup(tmp_path)
    backup.send(1, "A-1")
    backup.save()
    yield backup
    backup.stages.close()


def test_what_came_after_the_backup_is_in_the_ledger_again_and_has_no_second_effect(backup: Backup) -> None:
    lost = backup.send(2, "A-2")
    before, answered = backup.stages.shown(lost), backup.stages.outbox(PARTNER)
    backup.restore()
    done = backup.reconcile()
    backup.stages.drain()
    assert done.transmissions == [lost]
    after = backup.stages.shown(lost)
    assert after.transmission | {"facts": ""} == before.transmission | {"facts": ""}
    assert [one["id"] for one in after.documents] == [one["id"] for one in before.documents]
    assert backup.stages.erp.numbers("erp") == ["A-1", "A-2"]
    assert backup.stages.erp.calls == 3
    assert backup.stages.outbox(PARTNER) == answered


def test_the_next_answer_has_a_number_that_was_never_used(backup: Backup) -> None:
    backup.send(2, "A-2")
    backup.restore()
    backup.reconcile()
    backup.stages.drain()
    backup.send(3, "A-3")
    isa13 = sorted(content.split(b"*")[13] for content in backup.stages.outbox(PARTNER).values())
    assert isa13 == [b"000000001", b"000000002", b"000000004"]
    with backup.stages.view() as view:
        highest = {one.series.split()[0]: one.next for one in numbers.every(view)}
        states = list(view.execute(select(CONTROL_RESERVATION.c.number, CONTROL_RESERVATION.c.state)))
    assert highest == {"interchange": 5, "group": 5}
    assert sorted(states) == [(3, "void"), (3, "void")]


def test_a_file_whose_answer_had_not_gone_out_is_answered(backup: Backup) -> None:
    received = backup.stages.receive(PARTNER, "po-2.edi", order_850(2, ["A-2"]))
    backup.restore()
    assert backup.reconcile().transmissions == [received.transmission]
    backup.stages.drain()
    assert backup.stages.erp.numbers("erp") == ["A-1", "A-2"]
    assert len(backup.stages.outbox(PARTNER)) == 2


def test_a_file_without_numbers_and_its_receipt_come_back_too(backup: Backup) -> None:
    received = backup.stages.receive(CSV_PARTNER, "orders.csv", order_csv(["B-1"]))
    backup.stages.drain()
    receipt = backup.stages.outbox(CSV_PARTNER)
    backup.restore()
    done = backup.reconcile()
    backup.stages.drain()
    assert done.transmissions == [received.transmission]
    assert done.raised == {}
    assert backup.stages.outbox(CSV_PARTNER) == receipt
    assert backup.stages.shown(received.transmission).transmission["state"] == "read"


def test_reconciling_again_changes_nothing(backup: Backup) -> None:
    backup.send(2, "A-2")
    backup.restore()
    backup.reconcile()
    backup.stages.drain()
    again = backup.reconcile()
    assert again == Reconciled()
    assert backup.stages.drain() == 0


def test_a_ledger_that_lacks_nothing_is_left_alone(backup: Backup) -> None:
    backup.send(2, "A-2")
    assert backup.reconcile() == Reconciled()


def test_a_dry_run_tells_the_same_and_changes_nothing(backup: Backup) -> None:
    lost = backup.send(2, "A-2")
    backup.restore()
    told = backup.reconcile(dry_run=True)
    assert told.transmissions == [lost]
    assert len(told.acknowledgements) == 1
    assert {series.split()[0]: number for series, number in told.raised.items()} == {
        "interchange": 3,
        "group": 3,
    }
    assert backup.stages.drain() == 0
    assert backup.reconcile() == told


def test_bytes_that_the_archive_lost_as_well_are_named_and_the_rest_is_done(backup: Backup) -> None:
    gone, there = backup.send(2, "A-2"), backup.send(3, "A-3")
    sha256 = backup.stages.shown(gone).transmission["sha256"]
    backup.restore()
    (backup.stages.home / "archive" / sha256[:2] / sha256[2:4] / sha256).unlink()
    done = backup.reconcile()
    assert done.missing == [sha256]
    assert done.transmissions == [there]


def test_what_was_made_up_says_by_whom_and_why(backup: Backup) -> None:
    lost = backup.send(2, "A-2")
    backup.restore()
    backup.reconcile()
    with backup.stages.view() as view:
        query = select(EVENT.c.actor, EVENT.c.reason).where(
            EVENT.c.action == "transmission.reconciled", EVENT.c.subject == lost
        )
        assert list(view.execute(query)) == [(ACT.actor, ACT.reason)]
    assert "reconciled" in backup.stages.shown(lost).transmission["facts"]


def test_an_arrival_that_came_again_meanwhile_is_not_made_up_a_second_time(backup: Backup) -> None:
    backup.send(2, "A-2")
    backup.restore()
    backup.send(2, "A-2")
    assert backup.reconcile().transmissions == []
    backup.stages.drain()
    assert backup.stages.erp.numbers("erp") == ["A-1", "A-2"]
