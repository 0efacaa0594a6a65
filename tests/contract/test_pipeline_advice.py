"""The 824, ours and theirs, through the stages; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import interchange, order_850
from sqlalchemy import select
from stages import ACT, Stages

from gateway import answering, views
from gateway.store.core import CONTROL_RESERVATION as RESERVATION

pytestmark = pytest.mark.slow

ADVISED = '\n[x12.acknowledge]\napplication = "on_findings"\n'
OFF = ("BEG*00*SA*A-1**20261102", "PO1*1*10*EA*9.95**UP*012345678905", "CTT*1*11")


def order(number: int, *segments: str) -> bytes:
    return interchange("ST*850*0001", *segments, f"SE*{len(segments) + 2}*0001", number=number)


@pytest.fixture
def stages(tmp_path: Path, database_url: str) -> Iterator[Stages]:
    stages = Stages(tmp_path / "home", database_url)
    stages.profile("acme-retail", ADVISED)
    yield stages
    stages.close()


def told(stages: Stages, name: str) -> list[str]:
    """The segments of an answer in the partner's mailbox, GS to GE."""
    lines = stages.outbox("acme-retail")[name].decode().replace("\n", "").split("~")
    return lines[1:-2]


def test_an_824_is_stored_and_sent_with_the_997_under_numbers_of_its_own(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    assert sorted(stages.outbox("acme-retail")) == ["824_000000002.edi", "997_000000001.edi"]
    lines = told(stages, "824_000000002.edi")
    assert lines[0].startswith("GS*AG*MILLBROOK*ACMERETAIL*20261123*")
    assert lines[0].endswith("*1*X*004010")
    assert "OTI*TE*PO*A-1*ACMERETAIL*MILLBROOK*20261102*0930*1*0001*850*004010" in lines
    assert [line for line in lines if line.startswith("TED")] == [
        "TED*010*Hash total does not match*CTT*4*2*347*11"
    ]
    with stages.view() as view:
        kinds = [one["kind"] for one in views.acknowledgements(view, views.Page())]
    assert sorted(kinds) == ["824", "997"]


def test_answers_too_large_for_a_transaction_reserve_numbers_of_both_series(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "LARGE_SETS", 0)
    stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    assert told(stages, "824_000000002.edi")[0].endswith("*1*X*004010")
    with stages.view() as view:
        reserved = view.execute(select(RESERVATION.c.series, RESERVATION.c.number, RESERVATION.c.state))
        told_of = sorted(
            (series.split()[0], series[-2:], number, state) for series, number, state in reserved
        )
    assert told_of == [
        ("group", "AG", 1, "used"),
        ("group", "FA", 1, "used"),
        ("interchange", "IL", 1, "used"),
        ("interchange", "IL", 2, "used"),
    ]


def test_the_partners_997_to_our_824_finds_it(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    answer = ("ST*997*0001", "AK1*AG*1", "AK9*A*1*1*1", "SE*4*0001")
    stages.receive("acme-retail", "997.edi", interchange(*answer, number=2, functional_id="FA"))
    stages.drain()
    with stages.view() as view:
        found = views.acknowledgements(view, views.Page(), direction="in")
    assert [(one["kind"], one["state"]) for one in found] == [("997", "matched")]


def test_a_999_to_our_824_finds_it_too_and_is_not_answered(stages: Stages) -> None:
    stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    before = stages.outbox("acme-retail")
    answer = ("ST*999*0001", "AK1*AG*1*004010", "AK2*824*0002", "IK5*A", "AK9*A*1*1*1", "SE*6*0001")
    content = interchange(*answer, number=2, functional_id="FA").replace(b"*X*004010~", b"*X*005010~")
    stages.receive("acme-retail", "999.edi", content)
    stages.drain()
    with stages.view() as view:
        found = views.acknowledgements(view, views.Page(), direction="in")
    assert [(one["kind"], one["state"]) for one in found] == [("999", "matched")]
    assert stages.outbox("acme-retail") == before


def test_a_number_received_before_is_told_in_an_824(stages: Stages) -> None:
    stages.receive("acme-retail", "1.edi", order_850(1, ["A-1"]))
    stages.drain()
    assert sorted(stages.outbox("acme-retail")) == ["997_000000001.edi"]
    stages.receive("acme-retail", "2.edi", order_850(2, ["A-1", "A-2", "A-2"], quantity=48))
    stages.drain()
    lines = told(stages, "824_000000003.edi")
    assert [line[:13] for line in lines if line.startswith("OTI")] == ["OTI*TE*PO*A-1", "OTI*TE*PO*A-2"]
    assert [line for line in lines if line.startswith("TED")] == [
        "TED*006*Business number received before*****A-1",
        "TED*006*Business number received before*****A-2",
    ]
    held = sorted(document["hold"] for document in stages.documents(state="held"))
    assert held == ["order A-1 was received before.", "order A-2 was received before."]


def test_a_replay_advises_nobody(stages: Stages) -> None:
    received = stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    before = stages.outbox("acme-retail")
    stages.operations.replay(ACT, received.transmission)
    stages.drain()
    assert stages.outbox("acme-retail") == before


def test_a_partners_824_is_matched_to_the_group_that_held_the_document(stages: Stages) -> None:
    def advice(number: int, group: str) -> bytes:
        oti = f"OTI*TR*TN*0001***20261102*0930*{group}*0001*824*004010"
        sets = ("ST*824*0001", "BGN*11*X*20261123", oti, "SE*4*0001")
        return interchange(*sets, number=number, functional_id="AG")

    stages.receive("acme-retail", "po.edi", order(1, *OFF))
    stages.drain()
    stages.receive("acme-retail", "1.edi", advice(2, "1"))
    stages.receive("acme-retail", "2.edi", advice(3, "99"))
    stages.drain()
    with stages.view() as view:
        found = views.acknowledgements(view, views.Page(), direction="in")
    assert {(one["kind"], one["control_number"], one["state"]) for one in found} == {
        ("824", "1", "matched"),
        ("824", "99", "unmatched"),
    }


def test_a_document_that_a_person_refuses_is_told_as_rejected(stages: Stages) -> None:
    strange = ("BEG*77*SA*A-7**20261102", "PO1*1*10*EA*9.95**UP*012345678905")
    stages.receive("acme-retail", "po.edi", order(1, *strange))
    stages.drain()
    [held] = stages.documents(state="held")
    stages.operations.reject_document(ACT, held["id"])
    stages.drain()
    lines = told(stages, "824_000000003.edi")
    assert [line for line in lines if line[:3] in ("GS*", "OTI", "TED")] == [
        lines[0],
        "OTI*TR*PO*A-7*ACMERETAIL*MILLBROOK***1*0001*850*004010",
        "TED*848*Purpose not known*BEG*2*1*353*77",
        "TED*024*Document refused*****A-7",
    ]
    assert lines[0].endswith("*2*X*004010"), "the first 824 told that the document waits"
    assert [line for line in told(stages, "824_000000002.edi") if line.startswith("OTI")] == [
        "OTI*TE*PO*A-7*ACMERETAIL*MILLBROOK*20261102*0930*1*0001*850*004010"
    ]


def test_without_824s_in_the_profile_a_refusal_tells_nobody(stages: Stages) -> None:
    change = ("ST*810*0001", "BIG*20261102*INV-1*****DR*77", "IT1*1*1*EA*1", "TDS*100", "SE*5*0001")
    sent = interchange(*change, number=1, functional_id="IN", sender="DELTASUPPLY")
    stages.receive("delta-supply", "inv.edi", sent)
    stages.drain()
    before = stages.outbox("delta-supply")
    [held] = stages.documents(state="held")
    stages.operations.reject_document(ACT, held["id"])
    stages.drain()
    assert stages.outbox("delta-supply") == before
