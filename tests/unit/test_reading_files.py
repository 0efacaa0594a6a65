"""Whose file it is, what was agreed, and what becomes of each document."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pytest

from parsers.finding import Finding
from partners.directory import BUNDLED, Directory, load_directory
from partners.profile import Agreement, DocumentRule, InterchangeId, OurIdentity, PartnerProfile, X12Settings
from translators.reading import read_file
from translators.report import (
    Disposition,
    DocumentRead,
    DocumentReport,
    FileEnded,
    FileOpened,
    InterchangeEnded,
    InterchangeReport,
    Status,
    Ta1,
)

GOOD = ("BEG*00*SA*PO-1**20261123", "PO1*1*10*EA*9.95**UP*012345678905", "CTT*1")


def sets(*bodies: tuple[str, ...], set_id: str = "850") -> list[str]:
    return [
        "~".join((f"ST*{set_id}*{n:04}", *body, f"SE*{len(body) + 2}*{n:04}")) + "~"
        for n, body in enumerate(bodies, start=1)
    ]


def x12(
    *texts: str, sender: str = "ACMERETAIL", receiver: str = "MILLBROOK", gs: str = "", kind: str = "PO"
) -> bytes:
    isa = (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}"
        "*261123*0915*U*00401*000000007*0*P*>~"
    )
    group = f"GS*{kind}*{gs or sender}*{receiver}*20261123*0915*12*X*004010~"
    return f"{isa}{group}{''.join(texts)}GE*{len(texts)}*12~IEA*1*000000007~".encode()


@dataclass
class Read:
    """A file's events by kind."""

    opened: FileOpened
    ended: FileEnded
    documents: list[DocumentReport]
    interchanges: list[InterchangeReport]

    @property
    def interchange(self) -> InterchangeReport:
        (only,) = self.interchanges
        return only

    def codes(self) -> list[str]:
        findings: list[Finding] = list(self.ended.findings)
        for report in self.interchanges:
            findings += report.findings
            findings += [finding for group in report.groups for finding in group.findings]
        findings += [finding for document in self.documents for finding in document.findings]
        return [finding.code for finding in findings]


def read(data: bytes, **options: Any) -> Read:
    events = list(read_file(io.BytesIO(data), **options))
    assert isinstance(events[0], FileOpened)
    assert isinstance(events[-1], FileEnded)
    return Read(
        events[0],
        events[-1],
        [event.document for event in events if isinstance(event, DocumentRead)],
        [event.report for event in events if isinstance(event, InterchangeEnded)],
    )


def agreement(enabled: bool = True, rule: dict[str, Any] | None = None, **settings: Any) -> Agreement:
    ours = OurIdentity(name="We", isa=(InterchangeId(qualifier="ZZ", id="MILLBROOK"),))
    x12_settings = X12Settings(isa=(InterchangeId(qualifier="ZZ", id="ACMERETAIL"),), **settings)
    rules = (DocumentRule(document="order", standard="x12", set="850", **(rule or {})),)
    partner = PartnerProfile(partner="acme", name="Acme", enabled=enabled, x12=x12_settings, documents=rules)
    return Agreement(ours, partner, x12_settings, "")


@pytest.fixture(scope="module")
def directory() -> Directory:
    loaded = load_directory(BUNDLED)
    assert isinstance(loaded, Directory)
    return loaded


def test_a_known_partners_interchange_is_its_own(directory: Directory) -> None:
    known = read(x12(*sets(GOOD)), directory=directory, senders=("acme-retail",))
    assert known.interchange.partner == "acme-retail"
    assert known.interchange.status is Status.ACCEPTED
    assert known.documents[0].disposition is Disposition.DELIVER
    assert known.documents[0].number == "PO-1"


@pytest.mark.parametrize(
    ("sender", "receiver", "senders", "code", "note"),
    [
        ("NOBODY", "MILLBROOK", None, "TRN-300", "006"),
        ("ACMERETAIL", "ELSEWHERE", None, "TRN-302", "009"),
        ("ACMERETAIL", "MILLBROOK", ("delta-supply",), "TRN-301", "006"),
    ],
)
def test_strangers_are_refused_and_never_answered(
    directory: Directory, sender: str, receiver: str, senders: tuple[str, ...] | None, code: str, note: str
) -> None:
    """BI-013, BI-014: what nobody agreed to is read for people to see, and nothing of it is processed."""
    data = x12(*sets(GOOD), sender=sender, receiver=receiver)
    refused = read(data, directory=directory, senders=senders)
    assert refused.codes() == [code]
    assert refused.interchange.ta1 == Ta1("R", note)
    assert refused.interchange.rejected
    assert not refused.interchange.ta1_due
    assert refused.interchange.agreement is None
    assert refused.documents[0].canonical is not None
    assert refused.ended.status is Status.REJECTED


def test_a_partner_that_is_switched_off_waits() -> None:
    resting = read(x12(*sets(GOOD)), agreement=agreement(enabled=False))
    assert resting.codes() == ["TRN-304"]
    assert resting.interchange.rejected


def test_a_forced_partner_must_be_the_sender() -> None:
    assert read(x12(*sets(GOOD), sender="OTHER"), agreement=agreement()).codes() == ["TRN-301"]
    assert read(x12(*sets(GOOD), receiver="OTHER"), agreement=agreement()).codes() == ["TRN-302"]


def test_application_ids_that_were_not_agreed_reject_the_group() -> None:
    told = read(x12(*sets(GOOD), gs="STRANGEAPP"), agreement=agreement(gs=("ACMERETAIL",)))
    assert told.codes() == ["TRN-309"]
    (group,) = told.interchange.groups
    assert group.ak9 is not None
    assert (group.ak9.code, group.ak9.notes, group.rejects_all) == ("R", ("1",), True)
    assert [outcome.ak5.code for outcome in group.outcomes] == ["R"]


def test_a_set_that_was_not_agreed_is_rejected_or_held_by_setting() -> None:
    """BI-032: the rest of the group goes on."""
    invoice = ("BIG*20261123*INV-1", "IT1*1*1*EA*1.00", "TDS*100")
    data = x12(*sets(invoice, set_id="810"), kind="IN")
    rejected = read(data, agreement=agreement())
    assert rejected.documents[0].ak5 is not None
    assert rejected.documents[0].ak5.notes == ("1",)
    assert "TRN-311" in rejected.codes()
    held = read(data, agreement=agreement(unknown_sets="hold"))
    assert held.documents[0].disposition is Disposition.HOLD
    assert not held.interchange.groups[0].answered


def test_a_set_without_tables_is_held_too_where_the_profile_holds() -> None:
    data = x12(*sets(("G53*1",), set_id="888"), kind="QG")
    assert read(data, agreement=agreement()).documents[0].status is Status.REJECTED
    held = read(data, agreement=agreement(unknown_sets="hold"))
    assert (held.documents[0].status, held.documents[0].disposition) == (Status.ACCEPTED, Disposition.HOLD)


@pytest.mark.parametrize("purpose", ["01", "04", "05", "07"])
def test_what_is_no_original_waits_for_a_person(purpose: str) -> None:
    """BI-040: unless the profile says otherwise."""
    changed = x12(*sets((f"BEG*{purpose}*SA*PO-1**20261123", *GOOD[1:])))
    (held,) = read(changed, agreement=agreement()).documents
    assert (held.status, held.disposition) == (Status.ACCEPTED, Disposition.HOLD)
    assert held.hold
    (let_go,) = read(changed, agreement=agreement(rule={"hold_non_originals": False})).documents
    assert let_go.disposition is Disposition.DELIVER


@pytest.mark.parametrize(
    ("setting", "disposition", "told"),
    [
        ("note", Disposition.DELIVER, True),
        ("hold", Disposition.HOLD, True),
        ("ignore", Disposition.DELIVER, False),
    ],
)
def test_a_total_that_is_off_is_a_business_matter(setting: str, disposition: Disposition, told: bool) -> None:
    """BI-039: it never changes the 997."""
    data = x12(*sets((*GOOD[:2], "CTT*7")))
    (document,) = (reading := read(data, agreement=agreement(hash_totals=setting))).documents
    assert document.ak5 is not None
    assert document.ak5.code == "A"
    assert document.disposition is disposition
    assert bool(document.findings) is told
    assert reading.ended.status is Status.ACCEPTED


def test_a_group_that_no_answer_can_name_is_left_aside_and_the_rest_goes_on() -> None:
    data = x12(*sets(GOOD))
    nameless = b"GS*PO*ACMERETAIL*MILLBROOK*20261123*0915*X1*X*004010~" + sets(GOOD)[0].encode() + b"GE*1*X1~"
    both = data.replace(b"GS*", nameless + b"GS*", 1).replace(b"IEA*1", b"IEA*2")
    told = read(both, agreement=agreement()).interchange
    assert told.ta1 == Ta1("E", "024")
    assert [group.answered for group in told.groups] == [False, True]
    assert [group.status for group in told.groups] == [Status.REJECTED, Status.ACCEPTED]
    alone = read(data.replace(b"*12*X*", b"*X1*X*").replace(b"GE*1*12", b"GE*1*X1"), agreement=agreement())
    assert alone.interchange.ta1 == Ta1("R", "024")


def test_a_set_that_no_answer_can_name_rejects_its_group() -> None:
    data = x12(*sets(GOOD)).replace(b"*0001~", b"*0123456789~")
    (group,) = read(data, agreement=agreement()).interchange.groups
    assert group.ak9 is not None
    assert (group.ak9.code, "5" in group.ak9.notes) == ("R", True)


def test_a_control_number_used_twice_in_one_file_is_refused_where_no_ledger_judges_it() -> None:
    twice = x12(*sets(GOOD)) * 2
    ended = [
        event.report
        for repeats in ("refuse", "pass")
        for event in read_file(io.BytesIO(twice), repeats=repeats)
        if isinstance(event, InterchangeEnded)
    ]
    verdicts = [(report.status, report.ta1) for report in ended]
    accepted, refused = (Status.ACCEPTED, Ta1("A", "000")), (Status.REJECTED, Ta1("R", "025"))
    assert verdicts == [accepted, refused, accepted, accepted]


def test_a_control_number_that_was_refused_is_free_for_the_complete_file() -> None:
    whole = x12(*sets(GOOD))
    cut = whole[: whole.index(b"IEA")]
    reports = [
        event.report
        for event in read_file(io.BytesIO(cut + whole), repeats="refuse")
        if isinstance(event, InterchangeEnded)
    ]
    assert [report.ta1 for report in reports] == [Ta1("R", "023"), Ta1("A", "000")]


def test_a_fault_of_one_group_leaves_the_other_alone() -> None:
    data = x12(*sets(GOOD))
    second = (
        data[data.index(b"GS*") : data.index(b"IEA*")]
        .replace(b"*12*X", b"*13*X")
        .replace(b"GE*1*12", b"GE*4*13")
    )
    both = data.replace(b"IEA*1", second + b"IEA*2")
    told = read(both, agreement=agreement())
    assert [group.status for group in told.interchange.groups] == [Status.ACCEPTED, Status.REJECTED]
    assert told.interchange.status is Status.PARTIALLY_ACCEPTED


# Delimited files.


def csv_file(directory: Directory, *rows: str) -> bytes:
    layout = directory.layout("corner-bikes", "orders")
    names = layout.delimiter.join(column.name for column in layout.columns)
    return "\n".join((names, *rows, "")).encode()


def test_a_delimited_file_is_read_by_the_layout_its_name_chooses(directory: Directory) -> None:
    told = read(csv_file(directory, "x"), name="orders.csv", directory=directory, sender="corner-bikes")
    assert told.opened.format == "csv"
    assert told.interchange.partner == "corner-bikes"
    assert told.interchange.file_name == "orders.csv"
    assert told.interchange.ta1 is None
    assert told.ended.status is Status.REJECTED
    assert told.ended.readable


def test_a_fault_of_the_whole_file_rejects_every_document(directory: Directory) -> None:
    data = csv_file(directory, "x").replace(b"order_number", b"number_of_order")
    told = read(data, name="orders.csv", directory=directory, sender="corner-bikes").interchange
    assert told.status is Status.REJECTED
    assert [group.rejects_all for group in told.groups] == [True]
    assert any(finding.is_error for finding in told.findings)


@pytest.mark.parametrize(("name", "code"), [("orders.xls", "TRN-321"), ("", "TRN-321")])
def test_a_name_that_no_rule_fits_is_told(directory: Directory, name: str, code: str) -> None:
    told = read(csv_file(directory), name=name, directory=directory, sender="corner-bikes")
    assert told.codes() == [code]
    assert (told.opened.format, told.ended.readable) == (None, False)


def test_a_layout_that_is_not_there_is_told(directory: Directory) -> None:
    corner = directory.by_partner("corner-bikes")
    told = read(csv_file(directory), name="orders.csv", agreement=corner)
    assert told.codes() == ["TRN-322"]


def test_x12_from_a_partner_of_delimited_files_is_refused(directory: Directory) -> None:
    corner = directory.by_partner("corner-bikes")
    assert read(x12(*sets(GOOD)), name="orders.csv", agreement=corner).codes() == ["TRN-303"]
