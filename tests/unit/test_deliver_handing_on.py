"""What becomes of each document of a file: handed on once, held with its reason, packed as asked for."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from business_files import interchange, order_850, order_csv, sample
from sqlalchemy import Connection, event
from stages import ACT, Stages, copied_stages

from gateway import views
from gateway.errors import Fenced, Overtaken, TradepostError
from gateway.handing_on import Fate, ready_of
from gateway.ports import Claim
from gateway.store import alert_causes, moves, nodes, readings, tasks
from outbound.connector import Refused

REST = '[erp-test]\nurl = "folder:t"\nenvironment = "test"\n[harbor-answers]\nurl = "folder:h"\n'


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    yield stages
    stages.close()


def send(stages: Stages, name: str, content: bytes, partner: str = "acme-retail") -> str:
    stages.clock.pass_time(seconds=1)  # files of one moment have no order
    received = stages.receive(partner, name, content)
    stages.drain()
    return received.transmission


@contextmanager
def meddling(stages: Stages, with_: str, statement: str) -> Iterator[None]:
    """Run a statement once, just before the next of ours that begins like `with_`: somebody was quicker."""
    left = [statement]

    def quicker(_connection: object, cursor: sqlite3.Cursor, ours: str, *_rest: object) -> None:
        if ours.startswith(with_) and left:
            cursor.execute(left.pop())

    event.listen(stages.ledger.engine, "before_cursor_execute", quicker)
    try:
        yield
    finally:
        event.remove(stages.ledger.engine, "before_cursor_execute", quicker)


# handed on -------------------------------------------------------------------------------------


def test_a_group_longer_than_a_chunk_is_judged_at_its_end_and_all_of_it_goes_on(stages: Stages) -> None:
    numbers = [f"A-{number}" for number in range(205)]
    send(stages, "po.edi", order_850(1, numbers))
    assert sorted(stages.erp.numbers("erp")) == sorted(numbers)
    assert {one["state"] for one in stages.documents()} == {"delivered"}


def test_a_group_that_is_refused_takes_its_faultless_documents_with_it(stages: Stages) -> None:
    send(stages, "po.edi", order_850(1, ["A-1"]).replace(b"GE*1*1~", b"GE*1*2~"))
    assert [one["state"] for one in stages.documents()] == ["rejected"]
    assert stages.erp.taken == {}


def test_a_document_without_a_number_keeps_its_key_when_it_is_read_anew(stages: Stages) -> None:
    lines = sample("x12/820/one-check").splitlines(keepends=True)
    count = sum(line.split(b"*")[0] not in {b"ISA", b"GS", b"TRN", b"GE", b"IEA"} for line in lines)
    bare = [
        b"SE*%d*0001~\n" % count if line.startswith(b"SE*") else line
        for line in lines
        if not line.startswith(b"TRN*")
    ]
    transmission = send(stages, "remittance.edi", b"".join(bare))
    (first,) = stages.erp.taken["erp"]
    stages.operations.replay(ACT, transmission)
    stages.drain()
    (document, before) = stages.documents()
    assert (document["number"], before["number"]) == ("", "")
    assert {one.key for one in stages.erp.taken["erp"]} == {first.key}


def test_a_document_that_goes_on_by_no_rule_is_a_bug_and_never_a_delivery(stages: Stages) -> None:
    send(stages, "po.edi", order_850(1, ["A-1"]))
    (document,) = stages.documents()
    with stages.view() as view:
        staged = readings.staged(view, document["id"])
    with pytest.raises(ValueError, match="goes on by no rule"):
        ready_of(Fate(staged, "ready"), {})


def test_a_set_that_is_taken_without_a_rule_waits_for_a_person_who_is_told_so(stages: Stages) -> None:
    path = stages.home / "partners" / "acme-retail" / "profile.toml"
    known = path.read_text("utf-8")
    path.write_text(known.replace("[x12]\n", '[x12]\nunknown_sets = "accept"\n'), "utf-8")
    stages.apply()
    theirs = sample("x12/846/on-hand").replace(b"DELTASUPPLY    ", b"ACMERETAIL     ")
    send(stages, "stock.edi", theirs.replace(b"DELTASUPPLY", b"ACMERETAIL"))
    (document,) = stages.documents()
    with stages.view() as view:
        shown = views.document(view, document["id"])
    assert (document["state"], stages.erp.taken) == ("held", {})
    assert "was checked by its tables, but we turn it into no document" in str(shown)


def test_a_held_document_whose_partner_is_gone_is_not_released_and_says_why(stages: Stages) -> None:
    send(stages, "po.edi", order_850(1, ["A-1"], purpose="04"))
    (held,) = stages.documents()
    shutil.rmtree(stages.home / "partners" / "acme-retail")
    stages.apply()
    with pytest.raises(TradepostError) as refused:
        stages.operations.release_document(ACT, held["id"])
    assert refused.value.code == "GTW-031"
    assert [one["state"] for one in stages.documents()] == ["held"]


def test_documents_that_another_worker_moved_meanwhile_are_handed_on_once(stages: Stages) -> None:
    """FI-G06: all that this worker wrote is undone, and its next attempt finds what is left to do."""
    with meddling(stages, "UPDATE document", "UPDATE document SET state = 'held'"):
        send(stages, "po.edi", order_850(1, ["A-1", "A-2"]))
    stages.pass_time(minutes=5)
    assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"]
    assert [one["state"] for one in stages.documents()] == ["delivered", "delivered"]


def test_the_cursor_of_a_file_moves_only_from_where_it_was_last_seen(stages: Stages) -> None:
    send(stages, "po.edi", order_850(1, ["A-1"]))
    (document,) = stages.documents()
    with pytest.raises(Fenced), stages.ledger.write() as tx:
        readings.advance_cursor(tx, document["interchange_id"], 99, 100)


# packed ----------------------------------------------------------------------------------------

SLOTS = '[erp]\nurl = "folder:erp"\norder = "partner"\nschedule = { kind = "every", minutes = 15'


def test_order_is_kept_in_a_slot_and_a_batch_ends_where_another_kind_begins(stages: Stages) -> None:
    path = stages.home / "partners" / "destinations.toml"
    path.write_text(f"{SLOTS}, batch_size = 10 }}\n{REST}", "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    send(stages, "1.edi", order_850(1, ["A-1", "A-2"]))
    send(stages, "2.edi", sample("x12/820/one-check"))
    send(stages, "3.edi", order_850(3, ["A-3"]))
    assert stages.erp.taken == {}
    for _ in range(3):
        stages.pass_time(minutes=15)
    kinds = [(one.attributes["kind"], len(one.documents)) for one in stages.erp.taken["erp"]]
    assert kinds == [("order", 2), ("remittance", 1), ("order", 1)]


def test_what_another_slot_has_packed_meanwhile_is_packed_once(stages: Stages) -> None:
    """FI-G04."""
    path = stages.home / "partners" / "corner-bikes" / "profile.toml"
    path.write_text(path.read_text("utf-8") + 'schedule = { kind = "every", minutes = 15 }\n', "utf-8")
    stages.apply()
    stages.pass_time(minutes=15)
    send(stages, "orders.csv", order_csv(["C-1"]), "corner-bikes")
    with meddling(stages, "UPDATE delivery", "UPDATE delivery SET state = 'cancelled'"):
        stages.pass_time(minutes=15)
    for _ in range(2):
        stages.pass_time(minutes=15)
    assert stages.erp.numbers("erp") == ["C-1"]


# several at once -------------------------------------------------------------------------------


def test_of_rows_moved_together_all_move_or_none(stages: Stages) -> None:
    send(stages, "po.edi", order_850(1, ["A-1", "A-2"], purpose="04"))
    one, two = (document["id"] for document in stages.documents())

    def together(*subjects: str) -> None:
        with stages.ledger.write() as tx:
            moves.move_all(tx, [moves.Move(ACT, "document", subject, "rejected") for subject in subjects])

    for fault, subjects in ((TradepostError, (one, "doc-none")), (Overtaken, (one, two))):
        with (
            meddling(stages, "UPDATE document", "UPDATE document SET state = 'ready'"),
            pytest.raises(fault),
        ):
            together(*subjects)
        assert [document["state"] for document in stages.documents()] == ["held", "held"]
    together(one, two)
    assert [document["state"] for document in stages.documents()] == ["rejected", "rejected"]


def test_of_tasks_fenced_together_one_of_the_past_stops_all(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    with stages.ledger.write() as tx:
        (claim,) = tasks.claim_due(tx, stages.clock.now(), 1)
        tasks.check_fences(tx, [claim])
    old = Claim(claim.task_id, claim.stage, claim.subject, claim.generation, claim.attempt - 1, claim.partner)
    refused: tuple[Callable[[Connection], None], ...] = (
        lambda tx: tasks.check_fences(tx, [claim, old]),
        lambda tx: tasks.finish(tx, old),
    )
    for work in refused:
        with pytest.raises(Fenced), stages.ledger.write() as tx:
            work(tx)


# what an alert is about ------------------------------------------------------------------------


def test_the_background_of_each_kind_of_subject_is_told_as_far_as_the_ledger_knows_it(
    stages: Stages,
) -> None:
    stages.erp.says.append(Refused("No.", code="OUT-037"))
    send(stages, "po.edi", order_850(1, ["A-1"]))
    stages.operations.pause_destination(ACT, "erp")
    send(stages, "strange.edi", order_850(2, ["A-2"], sender="STRANGER"))
    with stages.view() as view:
        (document,) = views.documents(view, views.Page())
        (answer,) = views.acknowledgements(view, views.Page())
        (carried,) = views.consignments(view, views.Page())
        told = {
            kind: alert_causes.backgrounds(view, kind, [subject, "none"]).get(subject)
            for kind, subject in (
                ("interchange", document["interchange_id"]),
                ("acknowledgement", answer["id"]),
                ("consignment", carried["id"]),
                ("destination", "erp"),
            )
        }
        assert alert_causes.backgrounds(view, "mailbox_entry", ["none"]) == {}
        stranger = view.exec_driver_sql("SELECT id FROM interchange WHERE note IS NOT NULL").scalar_one()
        assert alert_causes.backgrounds(view, "interchange", [stranger])[stranger].quiet
    assert told == {
        "interchange": alert_causes.Background("acme-retail"),
        "acknowledgement": alert_causes.Background("acme-retail", destination="mailbox"),
        "consignment": alert_causes.Background("acme-retail", "OUT-037", "erp"),
        "destination": alert_causes.Background(destination="erp"),
    }


# nodes -----------------------------------------------------------------------------------------


def test_a_node_that_stops_in_good_order_is_listed_as_one_that_stopped(stages: Stages) -> None:
    with stages.ledger.alone() as is_ours, stages.ledger.write() as tx:
        assert is_ours, "the file lies in a home, which has its own lock"
        nodes.enter(tx, "node-1", "east", ("work", "sftp"), "1.0")
        nodes.beat(tx, "node-1", "10.0.0.1:22", ["parse tx-1"])
        nodes.leave(tx, "node-1")
    with stages.view() as view:
        (node,) = nodes.listed(view)
    assert (node.name, node.roles, node.doing) == ("east", ("work", "sftp"), ())
    assert node.stopped_at is not None


def test_an_acknowledgement_with_nothing_to_match_is_filed(stages: Stages) -> None:
    content = interchange(
        "ST*997*0001", "AK1*IN*77", "AK9*A*1*1*1", "SE*4*0001", number=9, functional_id="FA"
    )
    send(stages, "ack.edi", content)
    assert [one["state"] for one in stages.documents()] == ["filed"]
