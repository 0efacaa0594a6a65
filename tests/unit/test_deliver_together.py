"""Tasks that run together: each comes to what it would alone, and none fells its neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from stages import Stages

from gateway import views
from gateway.beside import beside
from gateway.errors import Fenced, TradepostError
from gateway.ports import TOGETHER
from gateway.store import tasks
from gateway.store.moves import Act, Move, move_all
from outbound.connector import Refused, TryLater


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path}/ledger.db", together=TOGETHER)
    yield stages
    stages.close()


def _send(stages: Stages, *orders: str) -> list[str]:
    """A file an order; the transmissions."""
    return [
        stages.receive("acme-retail", f"po{place}.edi", order_850(place, [order])).transmission
        for place, order in enumerate(orders, start=1)
    ]


def _states(stages: Stages) -> list[str]:
    with stages.view() as view:
        return sorted(one["state"] for one in views.consignments(view, views.Page(500)))


def test_files_read_together_are_each_answered_and_delivered_once(stages: Stages) -> None:
    _send(stages, *[f"A-{n}" for n in range(12)])
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == sorted(f"A-{n}" for n in range(12))
    isa13 = [content.split(b"*")[13] for content in stages.outbox("acme-retail").values()]
    assert len(isa13) == len(set(isa13)) == 12


def test_of_deliveries_begun_together_each_keeps_its_own_outcome(stages: Stages) -> None:
    stages.erp.says = [Refused("no", code="OUT-037"), TryLater("busy", code="OUT-035")]
    _send(stages, "A-1", "A-2", "A-3", "A-4")
    stages.drain()
    assert _states(stages) == ["dead", "delivered", "delivered", "retrying"]


def test_a_limit_of_deliveries_under_way_holds_among_those_that_come_together(stages: Stages) -> None:
    path = stages.home / "partners" / "destinations.toml"
    erp = '[erp]\nurl = "folder:erp"'
    path.write_text(path.read_text("utf-8").replace(erp, f"{erp}\nlimits = {{ in_flight = 1 }}"), "utf-8")
    stages.apply()
    _send(stages, "A-1", "A-2", "A-3")
    stages.drain()
    assert _states(stages) == ["delivered"] * 3
    assert stages.erp.calls == 3


def test_a_file_whose_bytes_are_gone_keeps_no_other_from_being_read(stages: Stages) -> None:
    first, gone, last = _send(stages, "A-1", "A-2", "A-3")
    sha256 = stages.shown(gone).transmission["sha256"]
    (stages.home / "archive" / sha256[:2] / sha256[2:4] / sha256).unlink()
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-3"]
    assert [stages.shown(one).transmission["state"] for one in (first, gone, last)] == [
        "read",
        "received",
        "read",
    ]


def test_the_same_order_in_two_files_that_are_read_together_goes_on_once(stages: Stages) -> None:
    _send(stages, "A-1", "A-1")
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
    assert sorted(one["state"] for one in stages.documents()) == ["delivered", "held"]


def test_the_same_interchange_in_two_files_that_are_read_together_counts_once(stages: Stages) -> None:
    content = order_850(7, ["A-1"])
    again = (
        stages.receive("acme-retail", "one.edi", content, "key-1"),
        stages.receive("acme-retail", "two.edi", content, "key-2"),
    )
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
    assert sorted(stages.shown(one.transmission).transmission["state"] for one in again) == [
        "duplicate",
        "read",
    ]


def test_claims_are_finished_together_or_not_at_all(stages: Stages) -> None:
    _send(stages, "A-1", "A-2")
    with stages.ledger.write() as tx:
        one, other = tasks.claim_due(tx, stages.clock.now(), 2)
        tasks.finish(tx, one)
    with pytest.raises(Fenced), stages.ledger.write() as tx:
        tasks.finish(tx, other, one)
    with pytest.raises(Fenced), stages.ledger.write() as tx:
        tasks.check_fences(tx, [other, one])
    with stages.ledger.write() as tx:
        tasks.check_fences(tx, [other])
        tasks.finish(tx)


def test_rows_move_together_or_not_at_all(stages: Stages) -> None:
    (known,) = _send(stages, "A-1")
    act = Act("tester", stages.clock.now())
    moves = [Move(act, "transmission", name, "read") for name in (known, "tx-unknown")]
    with pytest.raises(TradepostError), stages.ledger.write() as tx:
        move_all(tx, moves)
    assert stages.shown(known).transmission["state"] == "received"


def test_what_one_of_several_raises_is_raised_after_the_others_were_given() -> None:
    given: list[int] = []

    def half(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number // 2

    def give() -> None:
        for results in beside(half, [2, 3, 4]):
            given.extend(result for _, result in results)

    with pytest.raises(ValueError, match="3"):
        give()
    assert sorted(given) == [1, 2]


def test_a_single_thing_is_worked_on_here_and_nothing_needs_no_thread() -> None:
    assert list(beside(lambda number: number + 1, [1])) == [[(1, 2)]]
    assert list(beside(lambda number: number + 1, list[int]())) == []
