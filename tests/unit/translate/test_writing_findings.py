"""Each fault of a document is told by its code, at its element, with the field to mend."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from parsers.finding import Finding
from parsers.x12.model import PartyId, Separators
from translators.canonical.commerce import AllowanceOrCharge, PaymentTerms, Price, QualifiedAmount, Subtotals
from translators.canonical.document import Document, Source
from translators.canonical.invoice import Invoice, InvoiceLine
from translators.canonical.order import Order, OrderLine
from translators.canonical.remittance import Remittance
from translators.canonical.ship_notice import ShipNotice, ShippedItem
from translators.canonical.transport import Routing
from translators.canonical.values import (
    Code,
    Contact,
    ContactNumber,
    Currency,
    DatedEvent,
    Money,
    Note,
    Party,
    ProductId,
    Quantity,
    Reference,
    Unmapped,
)
from translators.writing_x12 import Envelope, form_of, write_file, write_set
from translators.x12_write_elements import Form
from translators.x12_writing import Written

ERP = Source(standard="json", set="order")
DAY = datetime.date(2026, 11, 23)
LINE = OrderLine(
    ordinal=1,
    number="1",
    quantity=Quantity(Decimal("2.50"), Code("EA")),
    price=Price(amount=Money(Decimal("9.95"))),
    product_ids=(ProductId(Code("UP"), "012345678905"),),
)
FREIGHT = AllowanceOrCharge(kind=Code("C"), service=Code("D240"))
TELEPHONE = ContactNumber(Code("TE"), "5551234")
ENVELOPE = Envelope(
    PartyId("ZZ", "A"), PartyId("ZZ", "B"), 7, datetime.datetime(2026, 11, 23, 9, 30, tzinfo=datetime.UTC)
)
ORDER = Order(
    source=ERP,
    usage="production",
    purpose=Code("00"),
    type=Code("SA"),
    number="PO-1",
    date=DAY,
    lines=(LINE,),
)


def _changed_line(**fields: object) -> Order:
    return replace(ORDER, lines=(replace(LINE, **fields),))  # type: ignore[arg-type]


def _event(**fields: object) -> Order:
    return replace(ORDER, dates=(DatedEvent(qualifier=Code("002"), zone="unknown", **fields),))  # type: ignore[arg-type]


#: What is wrong, the code, the element and the field told.
CASES: dict[str, tuple[Document, str, str | None, str]] = {
    "a mandatory element is empty": (replace(ORDER, date=None), "TRN-351", "BEG-05", "date"),
    "a mandatory segment is missing": (replace(ORDER, lines=()), "TRN-352", "PO1", "lines"),
    "a text is too long": (replace(ORDER, number="P" * 23), "TRN-353", "BEG-03", "number"),
    "a code is too short": (
        _changed_line(quantity=Quantity(Decimal(1), Code("E"))),
        "TRN-354", "PO1-03", "lines[0].quantity.unit",
    ),
    "a code is none of the list": (replace(ORDER, purpose=Code("QQ")), "TRN-355", "BEG-01", "purpose"),
    "a text has a control character": (replace(ORDER, number="P\x07"), "TRN-356", "BEG-03", "number"),
    "a number has more decimals than are implied": (
        replace(ORDER, charges=(replace(FREIGHT, amount=Money(Decimal("1.005"))),)),
        "TRN-357", "SAC-05", "charges[0].amount",
    ),
    "a time is finer than hundredths": (
        _event(date=DAY, time=datetime.time(9, 30, 0, 1)), "TRN-357", "DTM-03", "dates[0].time",
    ),
    "a total is more exact than a hundredth": (
        replace(ORDER, payment_terms=(PaymentTerms(discount_amount=Money(Decimal("0.001"))),)),
        "TRN-357", "ITD-08", "payment_terms[0].discount_amount",
    ),
    "a text has a line break": (
        replace(ORDER, number="P\n1"), "TRN-358", "BEG-03", "number",
    ),
    "a delimiter stands in a text": (replace(ORDER, number="P~1"), "TRN-358", "BEG-03", "number"),
    "a field has no segment in the set": (
        replace(ORDER, change_sequence="1"), "TRN-360", "BCH", "change_sequence",
    ),
    "there are more values than elements": (
        replace(ORDER, contacts=(Contact(function=Code("BD"), numbers=(TELEPHONE,) * 4),)),
        "TRN-361", "PER", "contacts[0].numbers",
    ),
    "a segment would repeat too often": (
        replace(ORDER, routings=(Routing(text="SLOWLY"),) * 13), "TRN-362", "TD5", "routings[12]",
    ),
    "a unit is missing beside a price with a basis": (
        replace(ORDER, references=(Reference(qualifier=Code("DP")),)),
        "TRN-363", "REF-02", "references[0].value",
    ),
    "an amount is in another currency": (
        _changed_line(price=Price(amount=Money(Decimal(1), "EUR"))), "TRN-366", None, "lines[0].price.amount",
    ),
    "a note of the whole order has no subject": (
        replace(ORDER, notes=(Note(lines=("CALL FIRST",)),)), "TRN-367", "MSG", "notes[0]",
    ),
}  # fmt: skip


def _of(written: Written) -> list[Finding]:
    return list(written.findings)


@pytest.mark.parametrize("case", CASES)
def test_a_fault_of_a_document_is_told_once_with_the_field_to_mend(case: str) -> None:
    document, code, element, field = CASES[case]
    (finding,) = _of(write_set(document, "850", "004010"))
    place = finding.location
    at = place.segment if place.element is None else f"{place.segment}-{place.element:02}"
    assert (finding.code, at) == (code, element)
    assert field in finding.message
    assert finding.is_error


def test_an_order_without_fault_has_no_findings() -> None:
    written = write_set(ORDER, "850", "004010")
    assert written.findings == ()
    assert written.is_sound
    assert written.segments == (
        ("BEG", ("00", "SA", "PO-1", "", "20261123")),
        ("PO1", ("1", "2.5", "EA", "9.95", "", "UP", "012345678905")),
        ("CTT", ("1", "2.5")),
    )


@pytest.mark.parametrize(
    ("set_id", "release"),
    [("855", "004010"), ("850", "4010"), ("850", ""), ("204", "004010"), ("999", "005010")],
)
def test_a_set_that_does_not_carry_the_document_is_refused(set_id: str, release: str) -> None:
    written = write_set(ORDER, set_id, release)
    assert [finding.code for finding in written.findings] == ["TRN-350"]
    assert (written.segments, written.is_sound) == ((), False)


def test_a_delimiter_in_data_is_replaced_where_a_character_is_named() -> None:
    written = write_set(replace(ORDER, number="P*1~2"), "850", "004010", Form(replacement="-"))
    assert written.segments[0] == ("BEG", ("00", "SA", "P-1-2", "", "20261123"))
    assert [finding.code for finding in written.findings] == ["TRN-359"]
    assert written.is_sound


def test_the_component_separator_is_data_where_it_is_another_character() -> None:
    form = Form(Separators(component=":"))
    written = write_set(replace(ORDER, number="P>1"), "850", "004010", form)
    assert written.segments[0][1][2] == "P>1"
    assert written.findings == ()


def test_totals_that_are_not_declared_are_computed() -> None:
    price = Price(amount=Money(Decimal("9.95")), per=Decimal(1))
    line = InvoiceLine(ordinal=1, quantity=LINE.quantity, price=price, product_ids=LINE.product_ids)
    invoice = Invoice(source=ERP, usage="production", date=DAY, number="1", lines=(line,))
    written = write_set(invoice, "810", "004010")
    assert written.is_sound
    assert ("TDS", ("2488",)) in written.segments
    assert ("CTT", ("1", "2.5")) in written.segments


def test_a_total_that_cannot_be_computed_must_be_given() -> None:
    line = InvoiceLine(ordinal=1, quantity=LINE.quantity, price=LINE.price, product_ids=LINE.product_ids)
    invoice = Invoice(source=ERP, usage="production", date=DAY, number="1", lines=(line,))
    (finding,) = write_set(invoice, "810", "004010").findings
    assert (finding.code, finding.location.segment) == ("TRN-352", "TDS")
    assert "Fill totals of the document" in finding.remedy


def test_totals_that_are_declared_are_written_and_a_difference_is_told() -> None:
    order = replace(ORDER, declared=Subtotals(lines=7, amount=Money(Decimal("24.88"))))
    written = write_set(order, "850", "004010")
    assert written.segments[-2:] == (("CTT", ("7",)), ("AMT", ("TT", "24.88")))
    (finding,) = written.findings
    assert (finding.code, finding.value, finding.expected) == ("TRN-365", "7", "1")
    assert written.is_sound


def test_an_order_read_from_x12_without_totals_gets_none() -> None:
    order = replace(ORDER, source=Source(standard="x12", set="850"))
    assert [segment_id for segment_id, _ in write_set(order, "850", "004010").segments] == ["BEG", "PO1"]


@pytest.mark.parametrize(
    "path", ["row 3, colour", "PO1[9]-14", "PO1[1]/LIN-01", "ZZZ-01", "PO1[1]/ZZZ[2]/REF-02", "-", "BEG"]
)
def test_what_was_unmapped_and_has_no_place_is_told(path: str) -> None:
    order = replace(ORDER, unmapped=(Unmapped(path, "BLUE"),))
    (finding,) = write_set(order, "850", "004010").findings
    assert (finding.code, finding.value, finding.is_error) == ("TRN-364", "BLUE", False)
    assert path in finding.message


def test_a_level_that_names_none_of_the_document_is_told_and_written_at_the_top() -> None:
    item = ShippedItem(level="9", parent="4", product_ids=LINE.product_ids, quantity=LINE.quantity)
    created = DatedEvent(date=DAY, time=datetime.time(12), zone="unknown")
    notice = ShipNotice(
        source=ERP, usage="test", purpose=Code("00"), number="S1", created=created, items=(item,)
    )
    written = write_set(notice, "856", "004010")
    assert [finding.code for finding in written.findings] == ["TRN-368"]
    assert written.segments[1] == ("HL", ("1", "", "I", "0"))


def test_levels_that_hold_each_other_are_told() -> None:
    items = tuple(ShippedItem(level=own, parent=other) for own, other in (("1", "2"), ("2", "1")))
    written = write_set(ShipNotice(source=ERP, usage="test", items=items), "856", "004010")
    assert [finding.value for finding in written.findings if finding.code == "TRN-368"] == ["2", "1"]


@pytest.mark.parametrize(
    ("per", "basis", "written", "codes"),
    [
        (Decimal(1), None, ("9.95",), []),
        (Decimal(100), None, ("9.95", "HP"), []),
        (Decimal(1000), None, ("9.95", "TP"), []),
        (Decimal(12), None, ("9.95",), ["TRN-361"]),
        (Decimal(100), "PE", ("9.95", "PE"), ["TRN-361"]),
    ],
)
def test_a_price_per_hundred_or_thousand_gets_its_basis(
    per: Decimal, basis: str | None, written: tuple[str, ...], codes: list[str]
) -> None:
    price = Price(amount=Money(Decimal("9.95")), basis=Code(basis) if basis else None, per=per)
    sent = write_set(replace(_changed_line(price=price, product_ids=())), "850", "004010")
    assert dict(sent.segments)["PO1"][3:] == written
    assert [finding.code for finding in sent.findings] == codes


def test_findings_of_one_kind_are_told_twenty_times() -> None:
    lines = tuple(replace(LINE, number="N" * 21) for _ in range(50))
    assert len(write_set(replace(ORDER, lines=lines), "850", "004010").findings) == 20


def _file(change: Callable[[Envelope], Envelope]) -> bytes | tuple[Finding, ...]:
    return write_file([write_set(ORDER, "850", "005010")], change(ENVELOPE))


def test_an_interchange_names_the_release_the_usage_and_its_numbers() -> None:
    written = _file(lambda envelope: replace(envelope, usage="test", version="005010VICS"))
    assert isinstance(written, bytes)
    isa, gs, st, *_ = written.decode().split("~")
    assert isa[70:].split("*") == ["261123", "0930", "^", "00501", "000000007", "0", "T", ">"]
    assert gs == "GS*PO*A*B*20261123*0930*7*X*005010VICS"
    assert st == "ST*850*0001"


def test_an_identifier_that_does_not_fit_is_told() -> None:
    told = _file(lambda envelope: replace(envelope, sender=PartyId("ZZ", "S" * 16)))
    assert isinstance(told, tuple)
    assert [finding.code for finding in told] == ["TRN-369"]


def test_sets_of_two_kinds_are_no_group() -> None:
    sets = [write_set(ORDER, "850", release) for release in ("004010", "005010")]
    with pytest.raises(ValueError, match="one kind and release"):
        write_file(sets, ENVELOPE, form_of("004010"))


def test_a_currency_in_force_is_that_of_the_line_or_of_the_order() -> None:
    order = replace(
        _changed_line(currency=Currency("CAD", Code("BY")), price=Price(amount=Money(Decimal(1), "CAD"))),
        currency=Currency("USD", Code("BY")),
        amounts=(QualifiedAmount(Code("TT"), Money(Decimal(1), "USD")),),
    )
    assert write_set(order, "850", "004010").findings == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("38>A", ("38", "A")),
        ("38>A^DP>B", "38:A!DP:B"),
        ("38^DP>B", "38!DP:B"),
        ("38>A!^DP>B", ("38>A!^DP>B",)),
    ],
)
def test_an_unmapped_composite_is_joined_anew_with_its_repetitions(text: str, written: object) -> None:
    payee = Party(role=Code("PE"), name="MILLBROOK", origin="N1[1]")
    unmapped = [("01", "EM"), ("03", "A@B"), ("04", text)]
    remittance = Remittance(
        source=Source(standard="x12", set="820"),
        usage="production",
        parties=(payee,),
        unmapped=tuple(Unmapped(f"N1[1]/RDM-{position}", value) for position, value in unmapped),
    )
    form = Form(Separators("*", ":", "~", "!"), sent=Separators("*", ">", "~", "^"))
    sent = write_set(remittance, "820", "005010", form)
    assert dict(sent.segments)["RDM"] == ("EM", "", "A@B", written)
    assert ("TRN-358" in {finding.code for finding in sent.findings}) == ("!" in text)
