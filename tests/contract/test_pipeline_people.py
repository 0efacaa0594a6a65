"""Holds, replays, test traffic, strangers, schedules and partners' answers, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import bare, interchange, order_850, order_csv, sample
from sqlalchemy import Connection
from stages import ACT, NOON, Stages

from gateway import views
from gateway.errors import TradepostError
from gateway.ports import Arrival, Stored
from gateway.profiles import ProfilesRefused
from gateway.store import answers, arrivals
from outbound.connector import Refused, TryLater

pytestmark = pytest.mark.slow


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _answers(stages: Stages, **wanted: str) -> list[views.Item]:
    with stages.view() as view:
        return views.acknowledgements(view, views.Page(), **wanted)


# held documents ------------------------------------------------------------------------------


def test_a_change_of_an_order_waits_until_a_person_releases_it(stages: Stages) -> None:
    stages.receive("acme-retail", "change.edi", order_850(1, ["A-1"], purpose="04"))
    stages.drain()
    [held] = stages.documents(state="held")
    assert stages.erp.calls == 0
    assert len(stages.outbox("acme-retail")) == 1
    stages.operations.release_document(ACT, held["id"])
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
    assert [one["state"] for one in stages.documents()] == ["delivered"]


def test_a_held_document_that_a_person_rejects_goes_nowhere(stages: Stages) -> None:
    stages.receive("acme-retail", "change.edi", order_850(1, ["A-1"], purpose="04"))
    stages.drain()
    [held] = stages.documents(state="held")
    stages.operations.reject_document(ACT, held["id"])
    stages.drain()
    assert stages.erp.calls == 0
    with pytest.raises(TradepostError, match="rejected and cannot become rejected"):
        stages.operations.reject_document(ACT, held["id"])


def test_a_released_repeat_has_a_key_of_its_own(stages: Stages) -> None:
    stages.receive("acme-retail", "1.edi", order_850(1, ["A-1"]))
    stages.receive("acme-retail", "2.edi", order_850(2, ["A-1"]))
    stages.drain()
    [held] = stages.documents(state="held")
    stages.operations.release_document(ACT, held["id"])
    stages.drain()
    keys = [consignment.key for consignment in stages.erp.taken["erp"]]
    assert len(set(keys)) == len(keys) == 2


# replay --------------------------------------------------------------------------------------


def test_a_replay_makes_a_second_version_under_the_same_key_and_answers_nobody(stages: Stages) -> None:
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    answered = stages.outbox("acme-retail")
    stages.operations.replay(ACT, received.transmission)
    stages.drain()
    assert stages.documents(state="delivered") == stages.documents()
    assert sorted(document["version"] for document in stages.documents()) == [1, 2]
    assert stages.outbox("acme-retail") == answered
    assert len(_answers(stages)) == 1
    assert stages.erp.numbers("erp") == ["A-1"], "the far end knew the key"
    assert stages.erp.calls == 2


# test traffic --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "name", "content"),
    [
        ("acme-retail", "t.edi", order_850(1, ["A-1"], usage="T")),
        ("acme-retail", "i.edi", order_850(1, ["A-1"], usage="I")),
        ("corner-bikes", "t.csv", sample("csv/order/test")),
    ],
    ids=["ISA15 T", "ISA15 I", "CSV marked test"],
)
def test_test_traffic_never_reaches_a_production_destination(
    stages: Stages, partner: str, name: str, content: bytes
) -> None:
    stages.receive(partner, name, content)
    stages.drain()
    assert list(stages.erp.taken) == ["erp-test"]
    assert len(stages.outbox(partner)) == 1


def test_test_traffic_without_a_test_destination_is_answered_and_kept(stages: Stages) -> None:
    base = stages.home / "partners" / "_bases" / "x12.toml"
    base.write_text(base.read_text("utf-8").replace('test_destination = "erp-test"\n', ""), "utf-8")
    stages.apply()
    stages.receive("acme-retail", "t.edi", order_850(1, ["A-1"], usage="T"))
    stages.drain()
    assert stages.erp.taken == {}
    assert [document["state"] for document in stages.documents()] == ["kept"]
    assert b"*T*>~" in stages.outbox("acme-retail")["997_000000001.edi"]


# strangers and profiles ----------------------------------------------------------------------


def test_a_stranger_waits_in_quarantine_until_its_profile_is_there(stages: Stages) -> None:
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["N-1"], sender="NEWCOMER"))
    stages.drain()
    shown = stages.shown(received.transmission)
    assert shown.transmission["state"] == "quarantined"
    assert shown.transmission["note"]
    assert stages.erp.calls == 0

    profile = stages.home / "partners" / "acme-retail" / "profile.toml"
    known = '[{ qualifier = "ZZ", id = "ACMERETAIL" }'
    profile.write_text(
        profile.read_text("utf-8")
        .replace(known, known + ', { qualifier = "ZZ", id = "NEWCOMER" }')
        .replace('"ACMESTORES"]', '"ACMESTORES", "NEWCOMER"]'),
        "utf-8",
    )
    stages.apply()
    stages.operations.release_quarantine(ACT, received.transmission)
    stages.drain()
    assert stages.erp.numbers("erp") == ["N-1"]
    assert b"AK9*A*1*1*1~" in stages.outbox("acme-retail")["997_000000001.edi"]
    assert stages.shown(received.transmission).transmission["state"] == "read"


def test_profiles_that_are_refused_leave_the_old_ones_in_force(stages: Stages) -> None:
    """FI-H01."""
    before = stages.book.current().version
    profile = stages.home / "partners" / "acme-retail" / "profile.toml"
    profile.write_text(profile.read_text("utf-8") + "\n[unheard_of]\nkey = 1\n", "utf-8")
    with pytest.raises(ProfilesRefused, match="refused as a whole"):
        stages.apply()
    assert stages.book.current().version == before
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]


# deliveries ----------------------------------------------------------------------------------


def test_an_erp_that_is_busy_is_asked_again_no_sooner_than_it_said(stages: Stages) -> None:
    """FI-F03."""
    stages.erp.says = [TryLater("busy", after_s=120.0)]
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    stages.clock.pass_time(seconds=119)
    assert stages.drain() == 0
    stages.clock.pass_time(seconds=1)
    assert stages.drain() == 1
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_refused_delivery_waits_for_a_person_and_is_sent_with_the_same_bytes(stages: Stages) -> None:
    stages.erp.says = [Refused("the customer is unknown", response=b"no such customer")]
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    with stages.view() as view:
        [dead] = views.consignments(view, views.Page(), state="dead")
    assert dead["error"] == "the customer is unknown"
    stages.pass_time(days=3)
    assert stages.erp.calls == 1
    stages.operations.retry_delivery(ACT, dead["id"])
    stages.drain()
    assert [one.key for one in stages.erp.taken["erp"]] == [dead["key"]]
    with stages.view() as view:
        shown = views.consignment(view, dead["id"])
    assert [attempt["outcome"] for attempt in shown["attempts_made"]] == ["refused", "accepted"]


def test_a_cancelled_delivery_holds_its_documents_and_a_release_goes_on_under_its_key(stages: Stages) -> None:
    stages.erp.says = [Refused("no")]
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    with stages.view() as view:
        [dead] = views.consignments(view, views.Page(), state="dead")
    stages.operations.cancel_delivery(ACT, dead["id"])
    [held] = stages.documents()
    assert held["state"] == "held"
    assert stages.drain() == 0
    stages.operations.release_document(ACT, held["id"])
    stages.drain()
    assert [one.key for one in stages.erp.taken["erp"]] == [dead["key"]]
    assert [document["state"] for document in stages.documents()] == ["delivered"]


def test_a_delivered_or_rejected_document_cannot_be_released_or_rejected(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.receive("acme-retail", "bad.edi", order_850(2, ["A-2"]).replace(b"*EA*", b"*??*"))
    stages.drain()
    for document in stages.documents():
        assert document["state"] in {"delivered", "rejected"}
        for action in (stages.operations.release_document, stages.operations.reject_document):
            with pytest.raises(TradepostError) as refused:
                action(ACT, document["id"])
            assert refused.value.code == "GTW-002"
    assert stages.drain() == 0


def test_a_destination_that_is_gone_makes_dead_letters_and_no_storm(stages: Stages) -> None:
    stages.pass_time(minutes=1)
    path = stages.home / "partners" / "corner-bikes" / "profile.toml"
    text = path.read_text("utf-8")
    path.write_text(text + 'schedule = { kind = "every", minutes = 15 }\n', "utf-8")
    destinations = stages.home / "partners" / "destinations.toml"
    known = destinations.read_text("utf-8")
    destinations.write_text(known + '\n[old-erp]\nurl = "folder:erp"\n', "utf-8")
    path.write_text(path.read_text("utf-8") + 'destination = "old-erp"\n', "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    stages.drain()
    path.write_text(text, "utf-8")
    destinations.write_text(known, "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    assert stages.scheduler.tick() == 0
    with stages.view() as view:
        [dead] = views.consignments(view, views.Page(), state="dead")
        assert views.failed_tasks(view) == []
    assert "old-erp" in dead["error"]


# schedules -----------------------------------------------------------------------------------


def test_scheduled_documents_wait_for_their_slot_and_go_in_batches(stages: Stages) -> None:
    stages.pass_time(minutes=1)
    path = stages.home / "partners" / "corner-bikes" / "profile.toml"
    schedule = 'schedule = { kind = "every", minutes = 15, batch_size = 2 }\n'
    path.write_text(path.read_text("utf-8") + schedule, "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1", "C-2", "C-3"]))
    stages.drain()
    assert "erp" not in stages.erp.taken
    with stages.view() as view:
        assert len(views.waiting_deliveries(view, views.Page())) == 3
    stages.pass_time(minutes=15)
    assert sorted(len(batch) for batch in stages.erp.documents("erp")) == [1, 2]
    assert sorted(stages.erp.numbers("erp")) == ["C-1", "C-2", "C-3"]


def test_a_slot_fires_once_however_many_schedulers_look(stages: Stages) -> None:
    """FI-G04."""
    other = Stages(stages.home, stages.database_url, clock=stages.clock, erp=stages.erp)
    assert stages.scheduler.tick() == 0  # a schedule that is new starts now, without a slot of the past
    assert stages.scheduler.tick() == 0, "a schedule begins when it is first seen"
    stages.clock.pass_time(days=1)
    fired = [one.scheduler.tick() for one in (stages, other, stages, other)]
    assert fired[0] > 0
    assert fired[1:] == [0, 0, 0]
    other.close()


# partners' answers ---------------------------------------------------------------------------


def _we_sent(tx: Connection, number: str) -> None:
    """An interchange of ours with one invoice group, as an outbound side would record it."""
    stored = Stored(number.zfill(64), 1, new=True)
    arrivals.insert_transmission(
        tx,
        f"tx-{number}",
        Arrival("mailbox", number, "ours.edi"),
        stored,
        NOON,
        direction="out",
        state="sent",
    )
    answers.insert_sent_interchanges(
        tx,
        [
            {
                "id": f"ix-{number}",
                "transmission_id": f"tx-{number}",
                "direction": "out",
                "ordinal": 1,
                "partner": "acme-retail",
                "sender_qualifier": "ZZ",
                "sender_id": "MILLBROOK",
                "receiver_qualifier": "ZZ",
                "receiver_id": "ACMERETAIL",
                "control_number": number.zfill(9),
                "version": "00401",
                "usage": "P",
                "state": "sent",
                "cursor": 0,
                "attempt": 1,
            }
        ],
        [
            {
                "id": f"gr-{number}",
                "interchange_id": f"ix-{number}",
                "direction": "out",
                "ordinal": 1,
                "partner": "acme-retail",
                "functional_id": "IN",
                "sender": "MILLBROOK",
                "receiver": "ACMERETAIL",
                "control_number": number,
                "version": "004010",
                "rejects_all": False,
            }
        ],
    )


def _a_997(number: int, group: str, verdict: str) -> bytes:
    sets = ["ST*997*0001", f"AK1*IN*{group}", f"AK9*{verdict}*1*1*{int(verdict == 'A')}", "SE*4*0001"]
    return interchange(*sets, number=number, functional_id="FA")


def test_a_partners_997_is_matched_to_the_group_it_answers(stages: Stages) -> None:
    with stages.ledger.write() as tx:
        _we_sent(tx, "77")
    stages.receive("acme-retail", "1.edi", _a_997(1, "77", "A"))
    stages.receive("acme-retail", "2.edi", _a_997(2, "78", "A"))
    stages.drain()
    stages.receive("acme-retail", "3.edi", _a_997(3, "77", "R"))
    stages.drain()
    states = {one["control_number"] + " " + one["state"] for one in _answers(stages, direction="in")}
    assert states == {"77 matched", "78 unmatched", "77 contradicting"}
    with stages.view() as view:
        assert answers.sent_group(view, "acme-retail", "IN", "77").answered == "A"
    assert stages.outbox("acme-retail") == {}, "no acknowledgement is acknowledged"
    assert {document["state"] for document in stages.documents()} == {"filed"}


def test_a_partners_ta1_is_matched_to_the_interchange_it_answers(stages: Stages) -> None:
    with stages.ledger.write() as tx:
        _we_sent(tx, "77")
    ta1 = "TA1*{:09}*261102*0930*A*000"
    stages.receive("acme-retail", "1.edi", bare(ta1.format(77), number=1))
    stages.receive("acme-retail", "2.edi", bare(ta1.format(78), number=2))
    stages.drain()
    states = {one["control_number"] + " " + one["state"] for one in _answers(stages, direction="in")}
    assert states == {"000000077 matched", "000000078 unmatched"}
    assert stages.outbox("acme-retail") == {}
