"""Gates, limits, and what happens to destinations because time passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from stages import ACT, NOON, Died, Stages, copied_stages

from gateway import pipeline, views
from gateway.delivering import Ready, begin
from gateway.parts import Parts
from gateway.store import deliveries, destinations
from gateway.tending import Tender
from outbound.breaker import Breaker
from outbound.connector import Outcome, Receipt, Refused, Result, TryLater

LATER = NOON + timedelta(hours=1)
REST = '[erp-test]\nurl = "folder:t"\nenvironment = "test"\n[harbor-answers]\nurl = "folder:h"\n'


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    yield stages
    stages.close()


def erp(stages: Stages, text: str = "") -> None:
    """What the destination erp is like beside its folder, applied."""
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(f'[erp]\nurl = "folder:erp"\n{text}\n{REST}', "utf-8")
    stages.apply()


def send(stages: Stages, number: int, *orders: str) -> None:
    stages.receive("acme-retail", f"po{number}.edi", order_850(number, orders))
    stages.drain()


def states(stages: Stages) -> list[str]:
    """The states of the consignments, in the order in which they were made."""
    with stages.view() as view:
        found = views.consignments(view, views.Page(500))
    return [one["state"] for one in sorted(found, key=lambda one: str(one["created_at"]))]


def waiting(stages: Stages) -> int:
    with stages.view() as view:
        return sum(destinations.parked(view).values())


def breaker(stages: Stages) -> str:
    with stages.view() as view:
        return destinations.standing(view, "erp").breaker.state


def shut(stages: Stages, what: Breaker) -> None:
    """Let the destination's breaker be so."""
    act = stages.parts.act("test", "A test.")
    with stages.ledger.write() as tx:
        destinations.keep(tx, act, destinations.locked(tx, "erp", act.at), what)


# limits ----------------------------------------------------------------------------------------


def test_who_finds_as_many_under_way_as_the_destination_bears_waits_until_one_has_ended(
    stages: Stages,
) -> None:
    erp(stages, "limits = { in_flight = 1 }")
    parked = []

    def while_under_way() -> TryLater:
        send(stages, 2, "A-2", "A-3")
        parked.append(waiting(stages))
        return TryLater("Busy.", code="OUT-035")

    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, while_under_way
    send(stages, 1, "A-1")
    assert (parked, stages.erp.numbers("erp")) == ([2], [])
    for _ in range(4):
        stages.pass_time(minutes=1)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2", "A-3"]
    assert waiting(stages) == 0


def test_a_destination_that_bears_many_at_once_has_them_at_once(stages: Stages) -> None:
    erp(stages, "limits = { in_flight = 2, per_s = 100, drain_per_s = 100 }")
    send(stages, 1, "A-1", "A-2")
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]


def test_a_lot_that_is_let_go_after_an_outage_is_no_larger_than_the_destination_bears(stages: Stages) -> None:
    erp(stages, "limits = { in_flight = 2, drain_per_s = 50 }")
    stages.operations.pause_destination(ACT, "erp")
    send(stages, 1, "A-1", "A-2", "A-3", "A-4", "A-5")
    assert waiting(stages) == 5
    stages.operations.resume_destination(ACT, "erp")
    for _ in range(6):
        stages.pass_time(seconds=1)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2", "A-3", "A-4", "A-5"]


# pauses ----------------------------------------------------------------------------------------


def test_a_pause_by_a_person_outlasts_refusals_and_new_secrets(stages: Stages) -> None:
    stages.operations.pause_destination(ACT, "erp")
    send(stages, 1, "A-1")
    stages.erp.secret = "second"
    stages.pass_time(minutes=1)
    assert (breaker(stages), stages.erp.calls) == ("paused", 0)
    stages.operations.pause_destination(ACT, "erp")
    stages.operations.resume_destination(ACT, "erp")
    stages.pass_time(seconds=2)
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_refused_secret_is_looked_at_every_ten_seconds_and_not_more_often(stages: Stages) -> None:
    """FI-F02."""
    stages.erp.says.append(Refused("Who are you?", endpoint_wide=True, code="OUT-034"))
    send(stages, 1, "A-1")
    assert breaker(stages) == "paused"
    stages.pass_time(seconds=1)
    stages.erp.secret = "second"
    stages.pass_time(seconds=1)
    assert breaker(stages) == "paused", "it was looked at a second ago"
    stages.pass_time(seconds=10)
    stages.pass_time(seconds=2)
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_secret_that_is_still_the_refused_one_ends_no_pause(stages: Stages) -> None:
    stages.erp.says.append(Refused("Who are you?", endpoint_wide=True, code="OUT-034"))
    send(stages, 1, "A-1")
    for _ in range(3):
        stages.pass_time(seconds=20)
    assert (breaker(stages), stages.erp.calls) == ("paused", 1)


def test_a_refusal_that_comes_while_it_is_paused_already_changes_nothing(stages: Stages) -> None:
    """Two deliveries were under way; the second hears the same (FI-F02)."""

    def refused_meanwhile() -> Refused:
        stages.operations.pause_destination(ACT, "erp")
        return Refused("Who are you?", endpoint_wide=True, code="OUT-034")

    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, refused_meanwhile
    send(stages, 1, "A-1")
    with stages.view() as view:
        standing = destinations.standing(view, "erp")
    assert (standing.breaker.state, standing.by_person, waiting(stages)) == ("paused", True, 1)


# breakers --------------------------------------------------------------------------------------


def test_a_delivery_that_ends_well_leaves_a_pause_that_began_meanwhile(stages: Stages) -> None:
    stages.erp.says.append(TryLater("Busy.", code="OUT-035"))
    send(stages, 1, "A-1")

    def paused_meanwhile() -> TryLater:
        stages.operations.pause_destination(ACT, "erp")
        stages.faults.end()
        return TryLater("It waits for its product.", holds=True, code="OUT-104")

    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, paused_meanwhile
    stages.pass_time(minutes=1)
    assert breaker(stages) == "paused"


@pytest.mark.parametrize(
    "since",
    [Breaker("open", openings=1, probe_at=LATER), Breaker("half_open", probe="another", probe_at=LATER)],
    ids=["opened", "probed by another"],
)
def test_a_delivery_that_ends_well_leaves_a_breaker_that_another_node_opened_since(
    stages: Stages, since: Breaker
) -> None:
    """FI-G06."""
    stages.erp.says.append(TryLater("Busy.", code="OUT-035"))
    send(stages, 1, "A-1")

    def moved_meanwhile() -> TryLater:
        shut(stages, since)
        stages.faults.end()
        return TryLater("It waits for its product.", holds=True, code="OUT-104")

    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, moved_meanwhile
    stages.pass_time(minutes=1)
    with stages.view() as view:
        assert destinations.standing(view, "erp").breaker == since


def test_who_became_the_probe_between_its_reading_and_its_beginning_closes_the_breaker(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-G06."""

    def resumed_meanwhile(parts: Parts, those: Sequence[Ready]) -> list[Ready]:
        shut(stages, Breaker("half_open"))
        return begin(parts, those)

    monkeypatch.setattr(pipeline, "begin", resumed_meanwhile)
    send(stages, 1, "A-1")
    assert stages.erp.numbers("erp") == ["A-1"]
    with stages.view() as view:
        assert destinations.standing(view, "erp").breaker == Breaker()


def test_failures_before_the_limit_are_forgotten_by_a_delivery_that_goes_well(stages: Stages) -> None:
    stages.erp.says.append(TryLater("Busy.", code="OUT-035"))
    send(stages, 1, "A-1")
    with stages.view() as view:
        assert destinations.standing(view, "erp").breaker.failures == 1
    stages.pass_time(minutes=1)
    with stages.view() as view:
        assert destinations.standing(view, "erp").breaker == Breaker()
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_failure_that_is_the_documents_own_twice_is_counted_once(stages: Stages) -> None:
    for _ in range(2):
        stages.erp.says.append(TryLater("It stumbles.", endpoint_wide=False, code="OUT-035"))
    send(stages, 1, "A-1")
    stages.pass_time(minutes=1)
    with stages.view() as view:
        assert destinations.standing(view, "erp").breaker.failures == 1


def test_who_was_begun_by_a_worker_that_died_waits_outside_once_the_destination_is_shut(
    stages: Stages,
) -> None:
    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, Died
    with pytest.raises(Died):
        send(stages, 1, "A-1")
    assert states(stages) == ["sending"]
    stages.operations.pause_destination(ACT, "erp")
    stages.jobs.take_back()
    stages.drain()
    assert (states(stages), waiting(stages)) == (["retrying"], 1)
    stages.operations.resume_destination(ACT, "erp")
    stages.pass_time(seconds=2)
    assert stages.erp.numbers("erp") == ["A-1"]


# what the profiles name no more ----------------------------------------------------------------


def test_what_waits_for_a_destination_that_is_gone_ends_as_dead_letters_that_say_so(stages: Stages) -> None:
    """FI-H02."""
    path = stages.home / "partners" / "destinations.toml"
    known = path.read_text("utf-8")
    path.write_text(known + '[old]\nurl = "folder:old"\n', "utf-8")
    stages.profile("corner-bikes", 'destination = "old"\n')
    stages.operations.pause_destination(ACT, "old")
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    stages.drain()
    assert waiting(stages) == 1
    profile = stages.home / "partners" / "corner-bikes" / "profile.toml"
    profile.write_text(profile.read_text("utf-8").replace('destination = "old"\n', ""), "utf-8")
    path.write_text(known, "utf-8")
    stages.apply()
    stages.pass_time(seconds=2)
    with stages.view() as view:
        (dead,) = views.consignments(view, views.Page(), state="dead")
    assert (dead["cause"], "name no destination old any more" in dead["error"]) == ("OUT-025", True)


def test_a_consignment_that_was_under_way_to_a_destination_that_is_gone_is_a_dead_letter_too(
    stages: Stages,
) -> None:
    """FI-H02."""
    path = stages.home / "partners" / "destinations.toml"
    known = path.read_text("utf-8")
    path.write_text(known + '[old]\nurl = "folder:old"\n', "utf-8")
    stages.profile("corner-bikes", 'destination = "old"\n')
    stages.faults.kind, stages.faults.nth, stages.faults.error = "deliver", 1, Died
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    with pytest.raises(Died):
        stages.drain()
    profile = stages.home / "partners" / "corner-bikes" / "profile.toml"
    profile.write_text(profile.read_text("utf-8").replace('destination = "old"\n', ""), "utf-8")
    path.write_text(known, "utf-8")
    stages.apply()
    stages.jobs.take_back()
    stages.drain()
    assert "dead" in states(stages)


# turns and lots --------------------------------------------------------------------------------


def test_two_schedulers_let_one_lot_go_in_a_second(stages: Stages) -> None:
    """FI-G04."""
    erp(stages, "limits = { drain_per_s = 1 }")
    stages.operations.pause_destination(ACT, "erp")
    send(stages, 1, "A-1", "A-2", "A-3")
    shut(stages, Breaker())
    assert [Tender(stages.parts).tend() for _ in range(3)] == [1, 0, 0]
    stages.clock.pass_time(seconds=1)
    assert Tender(stages.parts).tend() == 1


def test_who_is_overlooked_behind_a_dead_letter_is_looked_for_every_ten_seconds(stages: Stages) -> None:
    erp(stages, 'order = "partner"')
    stages.erp.says.append(Refused("No.", code="OUT-037"))
    send(stages, 1, "A-1")
    send(stages, 2, "A-2")
    assert waiting(stages) == 1
    stages.pass_time(seconds=1)
    erp(stages, 'order = "partner"\nafter_dead_letter = "go_on"')
    stages.pass_time(seconds=1)
    assert waiting(stages) == 1, "it was looked for a second ago"
    stages.pass_time(seconds=20)
    assert stages.erp.numbers("erp") == ["A-2"]


def test_who_waits_behind_one_that_dies_begins_at_once_where_nobody_waits_for_a_dead_letter(
    stages: Stages,
) -> None:
    erp(stages, 'order = "partner"\nafter_dead_letter = "go_on"')
    stages.erp.says.append(TryLater("Busy.", code="OUT-035"))
    send(stages, 1, "A-1")
    send(stages, 2, "A-2")
    assert (stages.erp.numbers("erp"), waiting(stages)) == ([], 1)
    stages.erp.says.append(Refused("No.", code="OUT-037"))
    stages.pass_time(minutes=1)
    assert (stages.erp.numbers("erp"), waiting(stages)) == (["A-2"], 0)


def test_an_order_goes_to_sap_as_an_idoc_where_its_destination_says_so(stages: Stages) -> None:
    port = 'idoc = { receiver_port = "SAPQ", receiver_number = "Q100", sender_number = "100" }'
    erp(stages, f'format = "idoc"\n{port}')
    send(stages, 1, "A-1")
    (sent,) = stages.erp.taken["erp"]
    assert (sent.content_type, b"<ORDERS05>" in sent.payload) == ("application/xml", True)


# what a batch leaves ---------------------------------------------------------------------------


def test_documents_of_a_batch_that_are_to_come_later_are_enqueued_and_rung_for(stages: Stages) -> None:
    """FI-F13."""
    path = stages.home / "partners" / "corner-bikes" / "profile.toml"
    text = 'schedule = { kind = "every", minutes = 15, batch_size = 2 }\n'
    path.write_text(path.read_text("utf-8") + text, "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1", "C-2"]))
    stages.drain()
    with stages.view() as view:
        documents = [one["id"] for one in views.documents(view, views.Page())]
    later = Result(Outcome.TRY_LATER, reason="Missing.", code="OUT-104")
    taken = Result(Outcome.ACCEPTED, "ERP-1")
    stages.erp.says.append(Receipt(Outcome.ACCEPTED, results={documents[0]: later, documents[1]: taken}))
    stages.pass_time(minutes=15)
    stages.pass_time(minutes=15)
    assert sorted(one["state"] for one in stages.documents()) == ["delivered", "delivered"]


def test_dead_letters_are_found_by_partner_cause_and_destination(stages: Stages) -> None:
    stages.erp.says.append(Refused("No.", code="OUT-037"))
    send(stages, 1, "A-1")
    with stages.view() as view:
        for chosen, count in (
            (deliveries.Chosen(), 1),
            (deliveries.Chosen(cause="OUT-037", destination="erp", partner="acme-retail"), 1),
            (deliveries.Chosen(partner="corner-bikes"), 0),
            (deliveries.Chosen(cause=""), 0),
            (deliveries.Chosen(destination="erp-test"), 0),
        ):
            assert len(deliveries.dead_letters(view, chosen, 10)) == count


def test_what_went_to_a_destination_is_listed_in_parts(stages: Stages) -> None:
    send(stages, 1, "A-1", "A-2", "A-3")
    with stages.view() as view:
        first = deliveries.documents_at(view, ["erp"], "", 2)
        rest = deliveries.documents_at(view, ["erp"], first[-1], 2)
        assert deliveries.documents_at(view, ["erp-test"], "", 2) == []
    assert sorted(first + rest) == sorted(one["id"] for one in stages.documents())
