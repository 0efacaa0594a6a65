"""Replays shown first and then done, dead letters in bulk, and what each destination holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from stages import ACT, NOON, Stages

from gateway import comparing, dead_letters, replaying, views
from gateway.errors import TradepostError
from gateway.store.deliveries import Chosen as Letters
from gateway.store.replays import Chosen
from gateway.verify.chains import check_chains
from gateway.verify.report import Tally
from outbound.connector import Refused

pytestmark = pytest.mark.slow
#: Nothing in it depends on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _consignments(stages: Stages, **wanted: str) -> list[views.Item]:
    with stages.view() as view:
        return views.consignments(view, views.Page(500), **wanted)


def _in_euros(stages: Stages) -> None:
    """Let corner-bikes' layout read the same rows otherwise."""
    path = stages.home / "partners" / "corner-bikes" / "orders.layout.toml"
    path.write_text(path.read_text("utf-8").replace('currency = "GBP"', 'currency = "EUR"'), "utf-8")
    stages.apply()


# replay --------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_a_replay_would_change_and_changes_nothing(stages: Stages) -> None:
    received = stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    stages.drain()
    _in_euros(stages)
    with stages.view() as view:
        before = views.summary(view)
    shown = replaying.preview(stages.parts, received.transmission, Chosen())
    with stages.view() as view:
        assert views.summary(view) == before
    assert shown.profiles != shown.profiles_then
    [one] = shown.differing
    assert (one.kind, one.number, one.before, one.after) == ("order", "C-1", "delivered", "ready")
    assert {(change.before, change.after) for change in one.canonical} == {("GBP", "EUR")}
    [sending] = one.sendings
    assert (sending.destination, sending.same_key) == ("erp", True)
    assert sending.key == stages.erp.taken["erp"][0].key
    assert any("GBP" in line and "EUR" in line for line in shown.sentences)


@ON_SQLITE
def test_a_replay_with_the_profiles_of_then_reads_as_then(stages: Stages) -> None:
    received = stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    stages.drain()
    _in_euros(stages)
    then = stages.operations.replay_choice(received.transmission, "then", "new")
    shown = replaying.preview(stages.parts, received.transmission, then)
    assert (shown.differing, shown.documents, shown.new_keys) == ([], 1, 1)
    stages.operations.replay(ACT, received.transmission, then)
    stages.drain()
    first, again = stages.erp.taken["erp"]
    assert first.payload == again.payload
    assert first.key != again.key, "new keys were chosen"
    assert again.key.endswith("-2")


def test_a_replay_does_what_its_dry_run_said(stages: Stages) -> None:
    received = stages.receive("corner-bikes", "orders.csv", order_csv(["C-1", "C-2"]))
    stages.drain()
    _in_euros(stages)
    chosen = stages.operations.replay_choice(received.transmission, "now", "new")
    said = replaying.preview(stages.parts, received.transmission, chosen)
    stages.operations.replay(ACT, received.transmission, chosen)
    stages.drain()
    keys = [one.key for one in stages.erp.taken["erp"][2:]]
    assert sorted(keys) == sorted(sending.key for one in said.differing for sending in one.sendings)
    assert [one["version"] for one in stages.documents()] == [2, 2, 1, 1]
    asked = [
        one for one in stages.shown(received.transmission).events if one["action"] == "transmission.replayed"
    ]
    assert [(one["actor"], one["reason"]) for one in asked] == [(ACT.actor, ACT.reason)]


def test_one_document_is_read_anew_alone_and_then_the_whole(stages: Stages) -> None:
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2"]))
    stages.drain()
    first = {one["number"]: one["id"] for one in stages.documents()}
    assert stages.operations.transmission_of(first["A-2"]) == received.transmission
    stages.operations.replay(ACT, received.transmission, Chosen(document=first["A-2"], keys="new"))
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1", "A-2", "A-2"]
    versions = {(one["number"], one["version"]): one["supersedes"] for one in stages.documents()}
    assert versions == {("A-1", 1): None, ("A-2", 1): None, ("A-2", 2): first["A-2"]}
    with pytest.raises(TradepostError, match="superseded"):
        stages.operations.transmission_of(first["A-2"])
    stages.operations.replay(ACT, received.transmission, Chosen(keys="new"))
    stages.drain()
    newest = {one["number"]: one for one in stages.documents() if one["version"] == 3}
    second = next(one["id"] for one in stages.documents() if one["version"] == 2)
    assert {number: one["supersedes"] for number, one in newest.items()} == {
        "A-1": first["A-1"],
        "A-2": second,
    }


@ON_SQLITE
def test_a_document_that_would_be_held_now_is_told(stages: Stages) -> None:
    stages.profile("acme-retail", "\n[document]\nhold_non_originals = false\n")
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"], purpose="04"))
    stages.drain()
    path = stages.home / "partners" / "acme-retail" / "profile.toml"
    path.write_text(
        path.read_text("utf-8").replace("hold_non_originals = false", "hold_non_originals = true")
    )
    stages.apply()
    [one] = replaying.preview(stages.parts, received.transmission, Chosen()).differing
    assert (one.before, one.after, one.sendings, one.no_more_to) == ("delivered", "held", [], ["erp"])


@ON_SQLITE
def test_profiles_that_never_were_are_refused(stages: Stages) -> None:
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    with pytest.raises(TradepostError) as caught:
        stages.operations.replay_choice(received.transmission, "0" * 64, "same")
    assert caught.value.code == "GTW-048"
    with pytest.raises(TradepostError):
        stages.operations.replay_choice("tx-none", "now", "same")


# dead letters --------------------------------------------------------------------------------


def _three_dead(stages: Stages) -> None:
    stages.erp.says = [
        Refused("OUT-037 no product", code="OUT-037"),
        Refused("OUT-037 no product", code="OUT-037"),
        Refused("OUT-072 no mapping", code="OUT-072"),
    ]
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2", "A-3"]))
    stages.drain()


def test_dead_letters_are_grouped_by_cause_with_owner_and_next_action(stages: Stages) -> None:
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(path.read_text("utf-8").replace("[erp]\n", '[erp]\nowner = "erp-desk@example.com"\n'))
    stages.apply()
    _three_dead(stages)
    with stages.view() as view:
        groups = dead_letters.dead_letters(view, stages.book.current().directory, Letters())
    told = [(one.cause, one.count, one.destination, one.owner) for one in groups]
    assert told == [
        ("OUT-037", 2, "erp", "erp-desk@example.com"),
        ("OUT-072", 1, "erp", "erp-desk@example.com"),
    ]
    assert groups[0].partners == ["acme-retail"]
    assert groups[0].next_action.startswith("Read the answer")
    assert groups[0].oldest == NOON.replace(second=1) or groups[0].oldest > NOON


def test_dead_letters_of_a_cause_are_retried_in_bulk_under_their_keys(stages: Stages) -> None:
    _three_dead(stages)
    with stages.view() as view:
        assert dead_letters.count(view, Letters(cause="OUT-037")) == 2
        assert dead_letters.count(view, Letters(partner="nobody")) == 0
    assert stages.operations.retry_dead_letters(ACT, Letters(cause="OUT-037")) == 2
    stages.drain()
    assert len(stages.erp.numbers("erp")) == 2
    [left] = _consignments(stages, state="dead")
    assert left["cause"] == "OUT-072"
    with stages.view() as view:
        moves = [one for one in views.events(view, [left["id"]]) if one["action"] == "consignment.due"]
    assert moves == []


@ON_SQLITE
def test_dead_letters_are_closed_in_bulk_and_their_documents_held_with_the_reason(stages: Stages) -> None:
    _three_dead(stages)
    assert stages.operations.close_dead_letters(ACT, Letters(destination="erp")) == 3
    assert {(one["state"], one["hold"]) for one in stages.documents()} == {("held", ACT.reason)}
    assert {one["state"] for one in _consignments(stages)} == {"cancelled"}
    [first, *_] = stages.documents()
    stages.operations.release_document(ACT, first["id"])
    stages.drain()
    assert stages.erp.numbers("erp") == [first["number"]]


# pause, compare ------------------------------------------------------------------------------


@ON_SQLITE
def test_a_person_pauses_and_resumes_a_destination_and_only_a_person_does(stages: Stages) -> None:
    stages.operations.pause_destination(ACT, "erp")
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1", "A-2"]))
    stages.drain()
    stages.erp.secret = "renewed"
    stages.pass_time(hours=1)
    assert stages.erp.calls == 0
    with stages.view() as view:
        [line] = [
            one
            for one in dead_letters.destination_lines(view, stages.book.current().directory)
            if one.name == "erp"
        ]
    assert (line.state, line.waiting, line.reason) == ("paused", 2, ACT.reason)
    stages.operations.resume_destination(ACT, "erp")
    for _ in range(3):
        stages.pass_time(seconds=1)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]
    tally = Tally("events", "Each row is where its events lead.")
    with stages.view() as view:
        check_chains(view, tally)
    assert tally.shown == []
    with pytest.raises(TradepostError) as caught:
        stages.operations.resume_destination(ACT, "erp")
    assert caught.value.code == "GTW-047"
    with pytest.raises(TradepostError) as caught:
        stages.operations.pause_destination(ACT, "nowhere")
    assert caught.value.code == "GTW-045"


def test_what_each_destination_holds_of_a_document_is_laid_side_by_side(stages: Stages) -> None:
    stages.erp.down.add("erp-new")
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(path.read_text("utf-8") + '\n[erp-new]\nurl = "folder:erp-new"\n[[erp-new.takes]]\n')
    stages.apply()
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    [document] = stages.documents()
    found = comparing.compare(stages.parts, document["id"])
    assert [(one.destination, one.state, one.holds is not None) for one in found.held] == [
        ("erp", "delivered", True),
        ("erp-new", "retrying", False),
    ]
    assert found.differences["held"] == {"erp": "yes", "erp-new": "no"}
    stages.erp.down.clear()
    stages.pass_time(minutes=1)
    assert comparing.compare(stages.parts, document["id"]).differences == {}
    with pytest.raises(TradepostError):
        comparing.compare(stages.parts, "doc-none")
