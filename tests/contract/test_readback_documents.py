"""What our own ERP writes for a partner: canonical JSON pushed into a folder; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from business_files import order_850
from stages import Died, Faults, Stages

from gateway import search
from gateway.ports import Arrival, Received
from gateway.watchers.local import FolderWatcher
from partners.channels import FolderChannel

pytestmark = pytest.mark.slow

PARTNER, CHANNEL = "acme-retail", "acme-from-erp"
PROFILE = f"""
[[channels]]
kind = "folder"
name = "{CHANNEL}"
path = "from-erp"
from_erp = true
mode = "rename"
"""
SOURCE = {"standard": "erp", "set": "sale"}
CONFIRMED = {
    "schema": "order_response-1.0.0",
    "order_number": "A-1",
    "seller_order_number": "SO-7",
    "date": "2026-11-23",
    "usage": "production",
    "source": SOURCE,
}
SHIPPED = {
    "schema": "ship_notice-1.1.0",
    "number": "S-1",
    "usage": "production",
    "source": SOURCE,
    "orders": [{"level": "1", "number": "A-1"}],
}
INVOICED = {
    "schema": "invoice-1.1.0",
    "number": "I-1",
    "order_number": "A-1",
    "usage": "production",
    "source": SOURCE,
}
STOCK = {"schema": "inventory-1.0.0", "number": "ST-1", "usage": "production", "source": SOURCE}


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    stages.profile(PARTNER, PROFILE)
    yield stages
    stages.close()


def _push(stages: Stages, name: str, content: bytes) -> list[Received]:
    """The file put into the folder and taken from there by its watcher."""
    folder = stages.home / "from-erp"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.new").write_bytes(content)
    (folder / f"{name}.new").rename(folder / name)
    received: list[Received] = []

    def receive(arrival: Arrival, stream: Any) -> Received:
        received.append(stages.pipeline.receive(arrival, stream))
        return received[-1]

    channel = stages.book.current().directory.channel(CHANNEL)
    assert channel is not None
    assert isinstance(channel[1], FolderChannel)
    watcher = FolderWatcher(channel[1], PARTNER, stages.home)
    watcher.sweep(receive, lambda: False)
    watcher.close()
    return received


def _pushed(stages: Stages, value: object, name: str = "answers.json") -> str:
    [received] = _push(stages, name, json.dumps(value).encode())
    stages.drain()
    return received.transmission


def test_what_the_erp_writes_is_kept_for_the_partner_and_not_delivered(stages: Stages) -> None:
    transmission = _pushed(stages, [CONFIRMED, SHIPPED, INVOICED, STOCK])
    documents = stages.documents(partner=PARTNER)
    assert {(one["kind"], one["number"]) for one in documents} == {
        ("order_response", "A-1/2026-11-23"),
        ("ship_notice", "S-1"),
        ("invoice", "I-1"),
        ("inventory", "ST-1"),
    }
    assert {(one["state"], one["direction"]) for one in documents} == {("kept", "out")}
    assert stages.erp.taken == {}
    assert stages.outbox(PARTNER) == {}
    shown = stages.shown(transmission).transmission
    assert (shown["state"], shown["standard"], shown["partner"]) == ("read", "canonical", PARTNER)


def test_an_order_and_what_answers_it_are_found_together_by_its_number(stages: Stages) -> None:
    order = stages.receive(PARTNER, "po.edi", order_850(1, ["A-1"])).transmission
    stages.drain()
    answers = _pushed(stages, [CONFIRMED, SHIPPED, INVOICED])
    with stages.view() as view:
        found = search.find(view, search.Wanted(numbers=(("purchase_order", "A-1"),), partner=PARTNER))
    assert {order, answers} <= {one["id"] for one in found}


def test_documents_may_stand_a_line_each(stages: Stages) -> None:
    lines = b"\n".join(json.dumps(one).encode() for one in (CONFIRMED, INVOICED))
    _push(stages, "answers.ndjson", lines)
    stages.drain()
    assert [one["state"] for one in stages.documents()] == ["kept", "kept"]


def test_the_same_file_again_is_a_duplicate(stages: Stages) -> None:
    """FI-F11."""
    _pushed(stages, CONFIRMED)
    again = _pushed(stages, CONFIRMED, "again.json")
    assert stages.shown(again).transmission["state"] == "duplicate"
    assert len(stages.documents()) == 1


def test_a_document_with_a_fault_is_rejected_beside_one_without(stages: Stages) -> None:
    """BI-059."""
    wrong: list[dict[str, object]] = [
        {"colour": "red"},
        {"lines": [{"ordinal": "one"}]},
        {"schema": "order_response-9.0.0"},
        {"usage": "test"},
        {"order_number": None, "date": None},
    ]
    transmission = _pushed(stages, [INVOICED, *({**CONFIRMED, **one} for one in wrong)])
    states = sorted((one["kind"], one["state"]) for one in stages.documents())
    assert states == [("invoice", "kept"), *[("order_response", "rejected")] * len(wrong)]
    told = [(one["code"], one["message"].split(" is ")[0]) for one in stages.shown(transmission).findings]
    assert told == [
        ("TRN-343", "/colour"),
        ("TRN-343", "/lines/0/ordinal"),
        ("TRN-342", "/schema"),
        ("TRN-345", "/usage"),
        ("TRN-344", "The order_response has no number; expected one of these fields: order_number."),
    ]


def test_a_file_that_is_no_json_waits_in_quarantine_with_its_reason(stages: Stages) -> None:
    """BI-059."""
    [received] = _push(stages, "cut-off.json", json.dumps([CONFIRMED, INVOICED]).encode()[:-20])
    stages.drain()
    shown = stages.shown(received.transmission).transmission
    assert shown["state"] == "quarantined"
    assert "not JSON at byte" in shown["note"]
    assert stages.documents() == []


def test_a_partner_cannot_speak_for_our_erp(stages: Stages) -> None:
    received = stages.receive(PARTNER, "answers.json", json.dumps(CONFIRMED).encode())
    stages.drain()
    assert stages.shown(received.transmission).transmission["state"] == "quarantined"
    assert stages.documents() == []


@pytest.mark.parametrize(("nth", "moment"), [(1, "after"), (2, "before"), (2, "after"), (3, "before")])
def test_killed_at_any_commit_each_document_is_kept_once(
    tmp_path: Path, database_url: str, nth: int, moment: Any
) -> None:
    faults = Faults(moment=moment)
    stages = Stages(tmp_path / "home", database_url, faults)
    stages.profile(PARTNER, PROFILE)
    faults.kind, faults.nth = "commit", nth
    content = json.dumps([CONFIRMED, SHIPPED]).encode()
    try:
        _push(stages, "answers.json", content)
        stages.drain()
    except Died:
        stages = stages.again()
        _push(stages, "answers.json", content)
        stages.drain()
    kept = [one["number"] for one in stages.documents() if one["state"] == "kept"]
    stages.close()
    assert sorted(kept) == ["A-1/2026-11-23", "S-1"]
