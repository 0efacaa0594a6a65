"""The ledger where something is missing, was there before, or goes wrong beneath it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from business_files import interchange, order_850, order_csv
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel
from stages import ACT, NOON, Stages, copied_stages

from gateway import views
from gateway.errors import TradepostError
from gateway.store import alerts, answers, mailboxes, moves, numbers, replays
from gateway.store.alerts import Cause
from gateway.store.core import table_of
from gateway.store.ledger import Ledger, open_engine

SILENT = Cause("silent", "acme-retail", "Nothing came.", partner="acme-retail")


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    yield stages
    stages.close()


def order(stages: Stages) -> str:
    """An order that is delivered; the id of its transmission."""
    received = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    stages.drain()
    return received.transmission


# what is not there -----------------------------------------------------------------------------


def test_a_document_of_a_delimited_file_has_no_envelope_to_be_answered_in(stages: Stages) -> None:
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]))
    stages.drain()
    (document,) = stages.documents()
    with stages.view() as view:
        assert answers.enveloped(view, document["id"]) is None
        assert answers.enveloped(view, "doc-none") is None


def test_an_interchange_that_the_ledger_does_not_have_was_answered_nothing(stages: Stages) -> None:
    with stages.view() as view:
        assert replays.verdicts(view, "ix-none") == (None, "", {})


def test_a_document_is_told_with_its_findings_as_it_stands(stages: Stages) -> None:
    stages.receive("acme-retail", "bad.edi", order_850(1, ["A-1"]).replace(b"*EA*", b"*??*"))
    stages.drain()
    (document,) = stages.documents()
    with stages.view() as view:
        was = replays.documents(view, [document["id"], "doc-none"])
    assert list(was) == [document["id"]]
    assert was[document["id"]].findings


def test_a_model_without_a_table_is_a_bug_told_by_its_name() -> None:
    class Shapeless(SQLModel):
        """Nothing that is kept."""

    Shapeless.__table__ = None  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="Shapeless has no table"):
        table_of(Shapeless)


# what was done before --------------------------------------------------------------------------


def test_a_name_is_taken_off_a_list_once_and_the_second_time_is_no_event(stages: Stages) -> None:
    transmission = order(stages)
    with stages.view() as view:
        (entry,) = mailboxes.outbox(view, "acme-retail", None)
    for _ in range(2):
        with stages.ledger.write() as tx:
            mailboxes.remove_from_inbox(tx, ACT, transmission)
            mailboxes.remove_from_outbox(tx, ACT, entry.id, "acme")
    with stages.view() as view:
        told = [one["action"] for one in views.events(view, [transmission, entry.id])]
    assert told.count("transmission.unlisted") == told.count("mailbox.removed") == 1


def test_a_row_does_not_move_where_it_may_not_go_and_nothing_of_it_is_kept(stages: Stages) -> None:
    order(stages)
    (document,) = stages.documents()
    for move in (
        lambda tx: moves.move(tx, ACT, "document", document["id"], "staged"),
        lambda tx: moves.move(tx, ACT, "document", "doc-none", "delivered"),
        lambda tx: moves.move_many(tx, ACT, "document", [document["id"]], "delivered", "staged"),
    ):
        with pytest.raises(TradepostError), stages.ledger.write() as tx:
            move(tx)
    assert [one["state"] for one in stages.documents()] == ["delivered"]


def test_a_row_that_another_has_moved_between_look_and_step_is_refused(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"], purpose="04"))
    stages.drain()
    (document,) = stages.documents()

    def quicker(_connection: object, cursor: sqlite3.Cursor, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE document"):
            cursor.execute("UPDATE document SET state = 'ready'")

    event.listen(stages.ledger.engine, "before_cursor_execute", quicker)
    with pytest.raises(TradepostError, match="cannot become rejected"), stages.ledger.write() as tx:
        moves.move(tx, ACT, "document", document["id"], "rejected")
    event.remove(stages.ledger.engine, "before_cursor_execute", quicker)
    assert [one["state"] for one in stages.documents()] == ["held"]


def test_numbers_that_were_reserved_and_not_used_come_first_so_that_no_gap_is_left(stages: Stages) -> None:
    with stages.ledger.write() as tx:
        first = numbers.reserve(tx, "a series", "answer-1", 2)
        assert numbers.reserve(tx, "a series", "answer-1", 2) == first
        assert numbers.reserve(tx, "a series", "answer-1", 3) == [*first, first[-1] + 1]


@pytest.mark.parametrize("number", [0, -1, numbers.HIGHEST + 1])
def test_what_is_no_control_number_begins_no_series(stages: Stages, number: int) -> None:
    with pytest.raises(TradepostError, match="is no control number"), stages.ledger.write() as tx:
        numbers.set_next(tx, "a series", number)


# alerts ----------------------------------------------------------------------------------------


def test_alerts_are_asked_for_by_kind_and_notices_by_id(stages: Stages) -> None:
    with stages.ledger.write() as tx:
        opened = alerts.open_alert(tx, ACT, SILENT)
        rows = [
            {
                "id": name,
                "alert_id": opened.id,
                "address": "mail:kim@us.example",
                "content": "{}",
                "state": "waiting",
                "attempts": 0,
                "not_before": NOON,
                "created_at": NOON,
            }
            for name in ("no-1", "no-2")
        ]
        alerts.insert_notices(tx, rows)
    with stages.view() as view:
        assert [one.id for one in alerts.unresolved(view, kinds=["silent"])] == [opened.id]
        assert alerts.unresolved(view, kinds=["rejects"]) == []
        assert [one.id for one in alerts.due_notices(view, NOON, 10, among=["no-2"])] == ["no-2"]
        assert alerts.due_notices(view, NOON - timedelta(seconds=1), 10) == []
        assert alerts.notices(view, ["no-1"]) == [{"notice": "no-1", "state": "waiting", "error": None}]


# faults beneath --------------------------------------------------------------------------------


def test_a_database_that_cannot_begin_says_so_as_any_fault_of_it(stages: Stages) -> None:
    """FI-C01."""
    engine = open_engine(stages.database_url)

    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")

    event.listen(engine, "connect", impatient)
    other = Ledger(engine)
    with (
        stages.ledger.write(),
        pytest.raises(OperationalError, match="locked"),
        engine.connect() as connection,
    ):
        connection.exec_driver_sql("CREATE TABLE never (x)")
    other.close()


def test_a_group_whose_undoing_fails_too_keeps_nothing_and_the_next_write_is_kept(stages: Stages) -> None:
    """SQLite gives up the transaction by itself, and refuses to roll back what is gone."""

    def broken(connection: object) -> None:
        raise OperationalError("ROLLBACK", {}, sqlite3.OperationalError("disk I/O error"))

    def written_and_regretted() -> None:
        with stages.ledger.write() as tx:
            numbers.draw(tx, "a series")
            raise ValueError("mine")

    event.listen(stages.ledger.engine, "rollback", broken)
    with pytest.raises(ValueError, match="mine"):
        written_and_regretted()
    event.remove(stages.ledger.engine, "rollback", broken)
    with stages.ledger.write() as tx:
        assert numbers.draw(tx, "a series") == 1


# answers that say nothing ----------------------------------------------------------------------


def test_a_partners_acknowledgement_that_cannot_be_read_is_filed_and_answers_nothing(stages: Stages) -> None:
    broken = ("ST*997*0001", "AK1*IN", "AK9*?*1*1*1", "SE*4*0001")
    stages.receive("acme-retail", "ack.edi", interchange(*broken, number=9, functional_id="FA"))
    stages.drain()
    assert {one["state"] for one in stages.documents()} <= {"filed", "rejected"}
    with stages.view() as view:
        assert views.failed_tasks(view) == []
