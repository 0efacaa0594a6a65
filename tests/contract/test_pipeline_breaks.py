"""Breaks the nth commit, archive call or delivery in the life of one small file, for every n; then counts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from sqlalchemy.exc import OperationalError
from stages import Died, Faults, Moment, Stages, archive_fault, database_fault

from gateway import search, views
from gateway.errors import ArchiveUnavailable

pytestmark = pytest.mark.slow

FILES = {
    "acme-retail": ("po.edi", order_850(1, ["A-1", "A-2"]), ["A-1", "A-2"]),
    "corner-bikes": ("orders.csv", order_csv(["C-1", "C-2"]), ["C-1", "C-2"]),
}
#: More calls of one kind than the life of a small file has.
ENOUGH = 60


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its ledger made, to be copied for each fault."""
    home = tmp_path_factory.mktemp("template") / "home"
    Stages(home, f"sqlite:///{home / 'ledger.db'}").close()
    return home


def _with_each_fault(
    template: Path, folder: Path, kind: str, moment: Moment, error: Callable[[], BaseException]
) -> Iterator[Stages]:
    """A fresh gateway for the 1st, 2nd, 3rd … call of `kind`, until a life has fewer calls than that."""
    for nth in count(1):
        home = folder / str(nth)
        shutil.copytree(template, home)
        faults = Faults(kind, 0, moment, error)
        stages = Stages(home, f"sqlite:///{home / 'ledger.db'}", faults)
        faults.seen, faults.nth = 0, nth
        yield stages
        if not faults.happened:
            return
        assert nth < ENOUGH


def _live_through(stages: Stages, partner: str) -> Stages:
    """Send the file until it is taken, run everything, start again after a death; what runs at the end."""
    name, content, _ = FILES[partner]
    told = False
    for _ in range(3):
        try:
            if not told:
                stages.receive(partner, name, content, "upload-1")
                told = True
            stages.drain()
        except (Died, OperationalError, ArchiveUnavailable):
            stages = stages.again()
        stages.clock.pass_time(hours=1)
    stages.faults.end()
    stages.drain()
    return stages


def _is_whole(stages: Stages, partner: str) -> None:
    """One transmission, read; each order delivered once; one answer, its number the first; nothing open."""
    _, content, orders = FILES[partner]
    assert sorted(stages.erp.numbers("erp")) == orders
    assert len(stages.outbox(partner)) == 1
    assert {document["state"] for document in stages.documents()} == {"delivered"}
    with stages.view() as view:
        [line] = views.transmissions(view, views.Page())
        [answer] = views.acknowledgements(view, views.Page())
        blob = search.blob_of(view, line.id)
        counts = views.summary(view)
    assert line.state == "read"
    assert answer["control_number"] in {"", "000000001"}
    assert set(counts["tasks"]) == {"done"}
    assert stages.archive.open(blob["sha256"]).read() == content


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "error", "partner"),
    [
        ("commit", Died, "acme-retail"),
        ("commit", Died, "corner-bikes"),
        ("commit", database_fault, "acme-retail"),
        ("archive", Died, "acme-retail"),
        ("archive", archive_fault, "acme-retail"),
        ("deliver", Died, "acme-retail"),
    ],
)
def test_whichever_call_breaks_nothing_is_lost_and_nothing_is_done_twice(
    template: Path,
    tmp_path: Path,
    kind: str,
    moment: Moment,
    error: Callable[[], BaseException],
    partner: str,
) -> None:
    broken = 0
    for stages in _with_each_fault(template, tmp_path, kind, moment, error):
        at_the_end = _live_through(stages, partner)
        _is_whole(at_the_end, partner)
        at_the_end.close()
        broken += stages.faults.happened
    assert broken >= 2


def test_a_call_to_the_outside_inside_a_write_transaction_fails_the_test(tmp_path: Path) -> None:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    received = stages.receive("acme-retail", "po.edi", b"ISA")
    stream = stages.archive.open(received.sha256)
    with stages.ledger.write():
        for call in (stream.read, lambda: stages.archive.open(received.sha256)):
            with pytest.raises(AssertionError, match="write transaction"):
                call()
    stages.close()
