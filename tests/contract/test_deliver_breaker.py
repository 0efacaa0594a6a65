"""Far ends that are away, refuse us or are paused: breaker, pause, limits, and what waits meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from business_files import order_850
from sqlalchemy import event
from stages import ACT, Stages

from gateway import views
from gateway.delivering import Attempt, delivered
from gateway.errors import Fenced
from gateway.ports import Claim
from gateway.store import deliveries, destinations
from outbound.connector import Outcome, Receipt, Refused, Result, TryLater

pytestmark = pytest.mark.slow
#: Nothing in it depends on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _orders(stages: Stages, number: int, *orders: str) -> None:
    """One file of these orders, each a delivery of its own to the destination erp."""
    stages.receive("acme-retail", f"po{number}.edi", order_850(number, orders))
    stages.drain()


def _erp(stages: Stages, text: str) -> None:
    """Add to the destination erp, and apply."""
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(
        path.read_text("utf-8").replace('[erp]\nurl = "folder:erp"', f'[erp]\nurl = "folder:erp"\n{text}'),
        "utf-8",
    )
    stages.apply()


def _state(stages: Stages) -> str:
    with stages.view() as view:
        return destinations.standing(view, "erp").breaker.state


def _waiting(stages: Stages) -> int:
    with stages.view() as view:
        return sum(destinations.parked(view).values())


def _events(stages: Stages) -> list[str]:
    with stages.view() as view:
        return [one["action"] for one in views.events(view, ["erp"])]


def _consignments(stages: Stages, **wanted: str) -> list[views.Item]:
    with stages.view() as view:
        return views.consignments(view, views.Page(500), **wanted)


def test_a_far_end_that_keeps_failing_is_left_alone_and_probed_by_one_delivery(stages: Stages) -> None:
    """FI-F10."""
    stages.erp.down.add("erp")
    _orders(stages, 1, *[f"A-{n}" for n in range(8)])
    assert stages.erp.calls == 5
    assert _state(stages) == "open"
    stages.pass_time(seconds=10)
    calls = stages.erp.calls
    for _ in range(10):
        stages.pass_time(seconds=20)
    assert stages.erp.calls - calls <= 5, "one probe at a time, and ever more seldom"
    stages.erp.down.clear()
    for _ in range(10):
        stages.pass_time(seconds=60)
    assert sorted(stages.erp.numbers("erp")) == [f"A-{n}" for n in range(8)]
    assert _state(stages) == "closed"
    assert _waiting(stages) == 0
    assert {one["state"] for one in stages.documents()} == {"delivered"}
    assert _events(stages)[0] == "destination.open"
    assert _events(stages)[-1] == "destination.closed"


@ON_SQLITE
def test_days_of_an_outage_cost_no_document_its_attempts(stages: Stages) -> None:
    """FI-F10, FI-F03: only what failed before the breaker opened counts."""
    stages.erp.down.add("erp")
    _orders(stages, 1, *[f"A-{n}" for n in range(6)])
    for _ in range(90):
        stages.pass_time(minutes=30)
    assert _consignments(stages, state="dead") == []
    stages.erp.down.clear()
    for _ in range(5):
        stages.pass_time(minutes=10)
    assert len(stages.erp.numbers("erp")) == 6


def test_a_far_end_that_refuses_us_is_paused_with_one_event_and_no_document_fails(stages: Stages) -> None:
    """FI-F02."""
    refusal = Refused("OUT-034 no entry", endpoint_wide=True, code="OUT-034")
    stages.erp.says = [refusal]
    _orders(stages, 1, "A-1", "A-2", "A-3")
    assert stages.erp.calls == 1
    assert _state(stages) == "paused"
    for _ in range(20):
        stages.pass_time(minutes=30)
    assert stages.erp.calls == 1
    assert _events(stages) == ["destination.paused"]
    assert {one["state"] for one in _consignments(stages)} == {"due", "retrying"}
    stages.erp.secret = "renewed"
    stages.pass_time(seconds=20)
    stages.pass_time(seconds=20)
    stages.pass_time(seconds=20)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2", "A-3"]
    assert _events(stages) == ["destination.paused", "destination.resumed", "destination.closed"]


@ON_SQLITE
def test_a_document_that_the_far_end_stumbles_over_does_not_close_the_way_for_others(stages: Stages) -> None:
    """FI-F03: a 500 for one document is tried to its end; the breaker counts it once."""
    _erp(stages, "retry = { max_attempts = 8 }")
    stumbles = [TryLater("OUT-035 stumbled", code="OUT-035", endpoint_wide=False) for _ in range(8)]
    stages.erp.says = list(stumbles)
    _orders(stages, 1, "A-1")
    for _ in range(12):
        stages.pass_time(hours=1)
    [dead] = _consignments(stages, state="dead")
    assert (dead["attempts"], dead["cause"]) == (8, "OUT-035")
    assert _state(stages) == "closed"
    _orders(stages, 2, "A-2")
    assert stages.erp.numbers("erp") == ["A-2"]


@ON_SQLITE
def test_no_probe_goes_before_the_time_that_the_far_end_asked_for(stages: Stages) -> None:
    """FI-F03: Retry-After holds for the far end as a whole."""
    _erp(stages, "breaker = { failures = 1 }")
    stages.erp.says = [TryLater("OUT-035 busy", code="OUT-035", after_s=200.0)]
    _orders(stages, 1, "A-1")
    stages.pass_time(seconds=190)
    assert stages.erp.numbers("erp") == []
    stages.pass_time(seconds=20)
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_probe_whose_worker_died_is_given_up_and_another_goes(stages: Stages) -> None:
    """FI-A17."""
    _erp(stages, "breaker = { failures = 1 }")
    stages.erp.says = [TryLater("OUT-033 away", code="OUT-033")]
    _orders(stages, 1, "A-1", "A-2")
    with stages.ledger.write() as tx:
        before = destinations.locked(tx, "erp", stages.clock.now())
        lost = destinations.Breaker("half_open", probe="cs-gone", probe_at=stages.clock.now())
        destinations.keep(tx, ACT, before, lost)
    stages.pass_time(seconds=1)
    stages.pass_time(seconds=1)
    stages.pass_time(seconds=1)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]


def test_at_most_so_many_consignments_begin_in_a_second(stages: Stages) -> None:
    _erp(stages, "limits = { per_s = 2 }")
    _orders(stages, 1, *[f"A-{n}" for n in range(10)])
    begun = [len(stages.erp.numbers("erp"))]
    for _ in range(5):
        stages.pass_time(seconds=1)
        begun.append(len(stages.erp.numbers("erp")))
    assert begun[0] <= 3
    assert all(later - earlier <= 3 for earlier, later in pairwise(begun))
    assert begun[-1] == 10
    assert _waiting(stages) == 0


@ON_SQLITE
def test_what_waits_is_let_go_at_a_limited_rate(stages: Stages) -> None:
    """FI-F10."""
    _erp(stages, "limits = { drain_per_s = 3 }\nbreaker = { failures = 1 }")
    stages.erp.down.add("erp")
    _orders(stages, 1, *[f"A-{n}" for n in range(12)])
    stages.erp.down.clear()
    stages.pass_time(seconds=30)
    taken = [len(stages.erp.numbers("erp"))]
    for _ in range(6):
        stages.pass_time(seconds=1)
        taken.append(len(stages.erp.numbers("erp")))
    assert taken[-1] == 12
    assert all(later - earlier <= 3 for earlier, later in pairwise(taken))


def test_documents_that_a_far_end_did_not_take_of_a_batch_go_on_by_themselves(stages: Stages) -> None:
    """FI-F13."""
    _erp(stages, 'schedule = { kind = "at_once", batch_size = 10 }')
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2", "A-3", "A-4"]))
    stages.jobs.drain(lambda claim: None if claim.stage == "deliver" else stages.worker.run(claim))
    stages.jobs.take_back()
    ids = {one["number"]: one["id"] for one in stages.documents()}
    stages.erp.says = [
        Receipt(
            Outcome.ACCEPTED,
            "batch-1",
            results={
                ids["A-1"]: Result(Outcome.ACCEPTED, "ERP-11"),
                ids["A-2"]: Result(Outcome.REJECTED, reason="no such product", code="OUT-037"),
                ids["A-3"]: Result(Outcome.TRY_LATER, reason="locked"),
            },
        )
    ]
    stages.drain()
    states = {one["number"]: one["state"] for one in stages.documents()}
    assert states == {"A-1": "delivered", "A-2": "ready", "A-3": "ready", "A-4": "delivered"}
    [dead] = _consignments(stages, state="dead")
    assert ([one["number"] for one in dead["documents"]], dead["error"]) == (["A-2"], "no such product")
    stages.pass_time(seconds=10)
    assert stages.erp.numbers("erp") == ["A-3"]
    with stages.view() as view:
        [delivery] = views.document(view, ids["A-1"]).deliveries
    assert (delivery["outcome"], delivery["reference"]) == ("accepted", "ERP-11")


def test_an_answer_to_an_attempt_that_was_given_up_is_ignored(stages: Stages) -> None:
    """FI-F07: outcomes belong to attempts; an older one is fenced off, whatever it says."""
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    claims: list[Claim] = []

    def hold(claim: Claim) -> None:
        if claim.stage == "deliver":
            claims.append(claim)
        else:
            stages.worker.run(claim)

    stages.jobs.drain(hold)
    [old] = claims
    with stages.view() as view:
        packed = deliveries.consignment(view, old.subject)
    destination = stages.book.current().directory.destinations["erp"]
    stages.jobs.take_back()
    stages.erp.says = [TryLater("OUT-035 busy", code="OUT-035")]
    stages.drain()
    late = (Attempt(stages.parts, old, packed, destination), Receipt(Outcome.ACCEPTED, "late"))
    with pytest.raises(Fenced):
        delivered(stages.parts, [late])
    [still] = _consignments(stages)
    assert (still["state"], still["reference"]) == ("retrying", None)


@ON_SQLITE
def test_a_delivery_costs_few_statements(stages: Stages) -> None:
    """The hot path: every statement is a share of what a machine can deliver."""
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    statements: list[str] = []

    def run(claim: Claim) -> None:
        if claim.stage == "deliver":
            event.listen(stages.ledger.engine, "before_cursor_execute", note)
        stages.worker.run(claim)

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    stages.jobs.drain(run)
    event.remove(stages.ledger.engine, "before_cursor_execute", note)
    assert stages.erp.numbers("erp") == ["A-1"]
    last = max(place for place, one in enumerate(statements) if one.startswith("INSERT INTO event"))
    assert last + 1 <= 21


@ON_SQLITE
def test_a_probe_whose_document_must_wait_tells_that_the_far_end_is_there(stages: Stages) -> None:
    """FI-F03: a product that is missing there holds its own document, and nobody behind it."""
    _erp(stages, "breaker = { failures = 1 }")
    stages.erp.says = [
        TryLater("OUT-035 away", code="OUT-035"),
        TryLater("OUT-104 a product is missing", code="OUT-104", after_s=3600.0, holds=True),
    ]
    _orders(stages, 1, "A-1", "A-2")
    stages.pass_time(seconds=20)
    assert _state(stages) == "closed"
    stages.pass_time(seconds=1)
    assert stages.erp.numbers("erp") == ["A-2"]


@ON_SQLITE
def test_documents_that_must_wait_do_not_close_the_way_however_many_they_are(stages: Stages) -> None:
    _erp(stages, "breaker = { failures = 2 }")
    lacking = TryLater("OUT-104 a product is missing", code="OUT-104", after_s=3600.0, holds=True)
    stages.erp.says = [lacking] * 4
    _orders(stages, 1, *[f"A-{n}" for n in range(5)])
    assert _state(stages) == "closed"
    assert stages.erp.numbers("erp") == ["A-4"]


@ON_SQLITE
def test_a_probe_that_must_wait_for_its_turn_leaves_the_probe_to_another_moment(stages: Stages) -> None:
    """What parks for a limit has not begun: no probe is waited for that nobody sends."""
    _erp(stages, "limits = { per_s = 0.04 }\nbreaker = { failures = 1, first_s = 10.0 }")
    stages.erp.says = [TryLater("OUT-035 away", code="OUT-035")]
    _orders(stages, 1, "A-1")
    stages.pass_time(seconds=15)
    assert (_state(stages), stages.erp.calls) == ("open", 1)
    stages.pass_time(seconds=15)
    assert stages.erp.numbers("erp") == ["A-1"]
    assert _state(stages) == "closed"
