"""The same file again, the same number with other bytes, the same order again; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest
from business_files import order_850, order_csv
from stages import ACT, Stages

from gateway.store import mailboxes, tasks

pytestmark = pytest.mark.slow

ORDER = order_850(1, ["A-1"])
ANSWER = "997_000000001.edi"


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    yield stages
    stages.close()


def _take_answers_away(stages: Stages, partner: str) -> dict[str, bytes]:
    """What the partner fetches and removes."""
    taken = stages.outbox(partner)
    with stages.ledger.write() as tx:
        for row in mailboxes.outbox(tx, partner, None):
            mailboxes.fetched(tx, ACT, row.id, "acme SHA256:x")
            mailboxes.remove_from_outbox(tx, ACT, row.id, "acme SHA256:x")
    stages.clock.pass_time(minutes=1)
    return taken


def test_a_repeated_interchange_gets_its_first_answer_again_unchanged(stages: Stages) -> None:
    """FI-E04."""
    stages.receive("acme-retail", "po.edi", ORDER, "1")
    stages.drain()
    first = _take_answers_away(stages, "acme-retail")
    repeat = stages.receive("acme-retail", "po.edi", ORDER, "2")
    stages.drain()
    assert stages.outbox("acme-retail") == first == {ANSWER: first[ANSWER]}
    assert stages.erp.numbers("erp") == ["A-1"]
    shown = stages.shown(repeat.transmission)
    assert [one["state"] for one in shown.interchanges] == ["duplicate"]
    assert [finding["code"] for finding in shown.findings] == ["GTW-012"]


def test_a_repeat_of_a_repeat_is_answered_once_more(stages: Stages) -> None:
    answers = []
    for upload in ("1", "2", "3"):
        stages.receive("acme-retail", "po.edi", ORDER, upload)
        stages.drain()
        answers.append(_take_answers_away(stages, "acme-retail"))
    assert answers[0] == answers[1] == answers[2] != {}


def test_the_same_upload_told_twice_is_one_transmission(stages: Stages) -> None:
    """FI-A07."""
    first = stages.receive("acme-retail", "po.edi", ORDER, "1")
    again = stages.receive("acme-retail", "po.edi", ORDER, "1")
    assert (first.sight, again.sight) == ("new", "same")
    assert first.transmission == again.transmission


def test_a_number_that_other_bytes_have_used_is_refused_by_a_ta1(stages: Stages) -> None:
    """FI-E05."""
    stages.receive("acme-retail", "po.edi", ORDER)
    stages.drain()
    other = stages.receive("acme-retail", "other.edi", order_850(1, ["A-2"]))
    stages.drain()
    shown = stages.shown(other.transmission)
    assert [one["state"] for one in shown.interchanges] == ["refused"]
    assert "GTW-011" in {finding["code"] for finding in shown.findings}
    [answer] = [text for name, text in stages.outbox("acme-retail").items() if name.startswith("TA1")]
    assert b"TA1*000000001*261102*0930*R*025~" in answer
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_refused_interchange_leaves_its_number_free(stages: Stages) -> None:
    cut = ORDER[: ORDER.index(b"IEA")]
    stages.receive("acme-retail", "cut.edi", cut)
    stages.drain()
    assert stages.erp.numbers("erp") == []
    stages.receive("acme-retail", "whole.edi", ORDER)
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]


def test_a_repeated_order_in_a_new_interchange_waits_for_a_person(stages: Stages) -> None:
    stages.receive("acme-retail", "1.edi", ORDER)
    stages.receive("acme-retail", "2.edi", order_850(2, ["A-1"], quantity=48))
    stages.drain()
    assert stages.erp.numbers("erp") == ["A-1"]
    [held] = stages.documents(state="held")
    assert held["hold"] == "order A-1 was received before."


def test_the_same_csv_file_is_no_new_order_and_gets_the_same_receipt(stages: Stages) -> None:
    content = order_csv(["C-1", "C-2"])
    stages.receive("corner-bikes", "monday.csv", content)
    stages.drain()
    first = _take_answers_away(stages, "corner-bikes")
    repeat = stages.receive("corner-bikes", "tuesday.csv", content)
    stages.drain()
    assert stages.outbox("corner-bikes") == first != {}
    assert sorted(stages.erp.numbers("erp")) == ["C-1", "C-2"]
    shown = stages.shown(repeat.transmission)
    assert shown.transmission["state"] == "duplicate"
    assert [finding["code"] for finding in shown.findings] == ["GTW-010"]
    assert shown.documents == []


@pytest.mark.parametrize(
    ("partner", "content"),
    [("acme-retail", ORDER[: ORDER.index(b"IEA")]), ("corner-bikes", order_csv(["C-1"], quantity="many"))],
    ids=["x12", "csv"],
)
def test_a_refused_file_sent_again_gets_its_first_answer_again_unchanged(
    stages: Stages, partner: str, content: bytes
) -> None:
    stages.receive(partner, "orders.csv", content, "1")
    stages.drain()
    first = _take_answers_away(stages, partner)
    stages.receive(partner, "orders.csv", content, "2")
    stages.drain()
    assert stages.outbox(partner) == first
    assert len(first) == 1


def test_a_refused_file_sent_again_is_read_anew_once_the_profiles_have_changed(stages: Stages) -> None:
    content = order_csv(["C-1"], quantity="many")
    for upload in ("1", "2"):
        repeat = stages.receive("corner-bikes", "orders.csv", content, upload)
        stages.drain()
        _take_answers_away(stages, "corner-bikes")
        stages.profile("corner-bikes", "\n# looked at again\n")
    assert stages.shown(repeat.transmission).transmission["state"] == "read"


def test_a_new_csv_under_an_old_name_gets_a_receipt_beside_the_old_one(stages: Stages) -> None:
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-1"]), "1")
    stages.receive("corner-bikes", "orders.csv", order_csv(["C-2"]), "2")
    stages.drain()
    receipts = stages.outbox("corner-bikes")
    assert len(receipts) == 2
    assert sorted(b"C-1" in text for text in receipts.values()) == [False, True]


@pytest.mark.parametrize(
    ("partner", "content"), [("acme-retail", ORDER), ("corner-bikes", order_csv(["A-1"]))], ids=["x12", "csv"]
)
def test_two_workers_that_read_the_same_bytes_at_once_agree_on_one(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, partner: str, content: bytes
) -> None:
    for upload in ("1", "2"):
        stages.receive(partner, "orders.csv", content, upload)
    with stages.ledger.write() as tx:
        claims = tasks.claim_due(tx, stages.clock.now(), 2)
    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        _meet_when_settling(stages, patch)
        list(pool.map(stages.worker.run, claims))
    stages.drain()
    stages.pass_time(minutes=1)
    assert stages.erp.numbers("erp") == ["A-1"]
    assert len(stages.outbox(partner)) == 1
    assert [one["state"] for one in stages.documents()] == ["delivered"]


def _meet_when_settling(stages: Stages, patch: pytest.MonkeyPatch) -> None:
    """Let two workers go on together once both have looked whether they are the first."""
    both, opened, really = threading.Barrier(2), threading.local(), stages.archive.open

    def open_together(sha256: str) -> BinaryIO:
        opened.count = getattr(opened, "count", 0) + 1
        if opened.count == 2:
            both.wait(10)
        return really(sha256)

    patch.setattr(stages.archive, "open", open_together)
