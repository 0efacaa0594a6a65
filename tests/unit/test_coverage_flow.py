"""Corners of reading and settling that a day seldom comes to: each ends as every other file does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from business_files import interchange, order_850
from stages import NOON, Died, Stages, copied_stages

from gateway import answering, pipeline, views
from gateway.parse_task import ParseTask
from gateway.ports import TOGETHER, Arrival, Claim, Heard, Job
from gateway.settling import conclude
from gateway.store import answers, bookmarks
from translators.report import InterchangeReport

NOTHING = cast(Any, None)


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    stages = copied_stages(tmp_path)
    yield stages
    stages.close()


def _states(stages: Stages, transmission: str) -> list[str]:
    return [str(one["state"]) for one in stages.shown(transmission).interchanges]


def test_an_interchange_that_was_settled_before_a_crash_is_passed_over_when_its_file_is_read_again(
    tmp_path: Path,
) -> None:
    """I2, I3: the first of two is settled when the second begins; a kill before the end repeats neither."""
    content = order_850(1, ["A-1"]) + order_850(2, ["A-2"])
    for nth in range(1, 5):
        stages = copied_stages(tmp_path / str(nth))
        transmission = stages.receive("acme-retail", "two.edi", content).transmission
        stages.faults.kind, stages.faults.nth = "commit", nth
        try:
            stages.drain()
        except Died:
            stages = stages.again()
            stages.clock.pass_time(hours=1)
            stages.drain()
        assert sorted(stages.erp.numbers("erp")) == ["A-1", "A-2"], nth
        assert len(stages.outbox("acme-retail")) == 2, nth
        assert _states(stages, transmission) == ["handed_on", "handed_on"], nth
        stages.close()


def test_an_interchange_that_its_own_file_holds_twice_is_taken_and_answered_once(stages: Stages) -> None:
    transmission = stages.receive("acme-retail", "twice.edi", 2 * order_850(1, ["A-1"])).transmission
    stages.drain()
    assert _states(stages, transmission) == ["handed_on", "duplicate"]
    assert stages.erp.numbers("erp") == ["A-1"]
    assert len(stages.outbox("acme-retail")) == 1


def test_a_refused_interchange_that_comes_again_is_refused_again_where_repeats_get_no_answer(
    stages: Stages,
) -> None:
    path = stages.home / "partners" / "acme-retail" / "profile.toml"
    path.write_text(
        path.read_text("utf-8").replace("[x12]", '[x12]\nduplicate_same_bytes = "reject"', 1), "utf-8"
    )
    stages.apply()
    cut = order_850(1, ["A-1"]).rpartition(b"IEA")[0]
    sent = [stages.receive("acme-retail", f"cut{nth}.edi", cut).transmission for nth in range(2)]
    stages.drain()
    assert [_states(stages, one) for one in sent] == [["refused"], ["refused"]]
    assert stages.erp.numbers("erp") == []


def test_a_large_file_among_small_ones_is_read_after_them_and_each_is_settled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "SMALL_BYTES", 1000)
    stages = Stages(tmp_path / "home", f"sqlite:///{tmp_path}/ledger.db", together=TOGETHER)
    orders = [["B-1", "B-2", "B-3", "B-4", "B-5"], ["A-1"], ["A-2"]]
    for number, those in enumerate(orders, start=1):
        stages.receive("acme-retail", f"po{number}.edi", order_850(number, those))
    stages.drain()
    assert sorted(stages.erp.numbers("erp")) == sorted(one for those in orders for one in those)
    assert len(stages.outbox("acme-retail")) == 3
    stages.close()


def test_what_a_record_of_our_erp_said_is_noted_with_its_arrival(stages: Stages) -> None:
    heard = Heard("sale.sale,1", "2026-11-23T10:00:00.000000", "0" * 64)
    arrival = Arrival("acme-mailbox", "sale.sale,1@1", "sale.json", "acme-retail", heard=heard)
    stages.pipeline.receive(arrival, io.BytesIO(b"{}"))
    known = bookmarks.LedgerBookmarks(stages.ledger, stages.clock)
    assert known.heard("acme-mailbox", ["sale.sale,1", "sale.sale,2"]) == {"sale.sale,1": heard}


def test_a_task_for_a_file_that_is_not_there_is_a_bug_and_says_which(stages: Stages) -> None:
    with pytest.raises(LookupError, match="tx-none"):
        stages.pipeline.parse(Claim(1, "parse", "tx-none", 0, 1))


def test_a_file_that_was_not_read_to_its_end_is_never_concluded(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    unread = cast(
        ParseTask,
        SimpleNamespace(
            transmission=SimpleNamespace(id="tx-1"),
            reading=SimpleNamespace(generation=0),
            waiting=None,
            ended=None,
        ),
    )
    with pytest.raises(ValueError, match="tx-1"):
        conclude(stages.parts, [unread])


def test_stages_that_run_once_more_after_all_is_done_do_nothing(stages: Stages) -> None:
    """I2: a task may come again after its subject has moved on."""
    transmission = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"])).transmission
    stages.drain()
    [read] = stages.shown(transmission).interchanges
    with stages.view() as view:
        [consignment] = views.consignments(view, views.Page())
    with stages.ledger.write() as tx:
        again = [Job("hand_on", read["id"], 7), Job("deliver", consignment["id"], 7)]
        stages.jobs.enqueue(tx, again)
    stages.drain()
    assert stages.erp.calls == 1
    assert [one["state"] for one in stages.documents()] == ["delivered"]
    with stages.view() as view:
        assert set(views.summary(view)["tasks"]) == {"done"}


def test_bytes_that_a_crash_left_in_the_archive_alone_get_a_row(stages: Stages) -> None:
    """FI-A02: kept and not recorded; the client was never told and sends again."""
    kept = stages.archive.put(io.BytesIO(b"kept and never told"))
    stages.pipeline.look_for_orphans()
    stages.drain()
    with stages.view() as view:
        rows = view.exec_driver_sql("SELECT sha256, size FROM blob").all()
    assert [tuple(row) for row in rows] == [(kept.sha256, kept.size)]


def test_nobody_known_is_answered_nothing_and_an_interchange_that_is_not_there_has_no_address(
    stages: Stages,
) -> None:
    report = cast(InterchangeReport, SimpleNamespace(partner=None))
    transmission = cast(Any, SimpleNamespace(partner=None))
    with stages.ledger.write() as tx:
        assert answering.record_answers(tx, report, "ix-1", transmission, NOON) == []
        assert answers.addressed(tx, "ix-1") is None


def test_a_ta1_of_nobody_known_is_kept_and_matches_nothing(stages: Stages) -> None:
    report = cast(
        InterchangeReport, SimpleNamespace(partner=None, received_ta1=[{"TA101": "000000001", "TA104": "A"}])
    )
    act = stages.parts.act("parse")
    kept = stages.receive("acme-retail", "po.edi", order_850(1, ["A-1"]))
    with stages.ledger.write() as tx:
        source = cast(Any, SimpleNamespace(id=kept.transmission))
        answering.record_received_ta1(tx, act, report, source, "ix-none")
    with stages.view() as view:
        [row] = views.acknowledgements(view, views.Page())
    assert (row["kind"], row["state"], row["direction"]) == ("TA1", "unmatched", "in")


def test_a_document_without_a_number_repeats_none_and_its_advice_stays_as_it_is(stages: Stages) -> None:
    text = '\n[x12.acknowledge]\napplication = "always"\n'
    path = stages.home / "partners" / "acme-retail" / "profile.toml"
    if "[x12.acknowledge]" in path.read_text("utf-8"):
        path.write_text(
            path.read_text("utf-8").replace("[x12.acknowledge]", text.strip(), 1), encoding="utf-8"
        )
        stages.apply()
    else:
        stages.profile("acme-retail", text)
    strange = ["ST*864*0001", "BMG*00*a message", "MIT*1", "MSG*hello", "SE*5*0001"]
    stages.receive("acme-retail", "tx.edi", interchange(*strange, number=3, functional_id="TX"))
    stages.drain()
    assert stages.erp.calls == 0
    assert stages.outbox("acme-retail")
