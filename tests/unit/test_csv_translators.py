"""Delimited orders, ship notices and invoices as canonical documents: everything sent has its place."""

from __future__ import annotations

import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from parsers.delimited.document import DelimitedDocument
from parsers.delimited.fields import FIELDS, INDISPENSABLE, ColumnType, DocumentKind
from parsers.delimited.layout import Layout, parse_layout
from parsers.delimited.reader import read
from partners.directory import Directory, load_directory
from translators.canonical.document import Document
from translators.canonical.invoice import Invoice
from translators.canonical.order import Order
from translators.canonical.ship_notice import ShipNotice
from translators.canonical.values import Code, Money, Unmapped
from translators.canonical.writing import to_json_bytes
from translators.reading import read_file
from translators.registry import translate_delimited
from translators.report import DocumentRead, InterchangeOpened
from translators.translation import Translation

PROFILES = Path(__file__).parents[2] / "partners" / "profiles"

AnyDocument = TypeVar("AnyDocument", bound=Document)

SAMPLE_TEXT = {
    ColumnType.INTEGER: "7",
    ColumnType.DECIMAL: "2.50",
    ColumnType.MONEY: "2.50",
    ColumnType.DATE: "2026-11-02",
    ColumnType.TIME: "09:30",
    ColumnType.GTIN: "4006381333931",
    ColumnType.SSCC: "340123450000000017",
}


def layout(kind: str, fields: dict[str, str], top: str = "") -> Layout:
    """A layout with a column for each field, named like it; the values say the type, "code:Neu=00" a code."""
    columns = []
    for name, kind_of_column in fields.items():
        kind_name, _, codes = kind_of_column.partition(":")
        pairs = ", ".join('"{}" = "{}"'.format(*pair.split("=")) for pair in codes.split(",") if pair)
        columns.append(f'[[columns]]\nname = "{name}"\nfield = "{name}"\ntype = "{kind_name}"\n')
        if pairs:
            columns.append(f"codes = {{ {pairs} }}\n")
    made = parse_layout(f'document = "{kind}"\n{top}' + "".join(columns), "x.layout.toml")
    assert isinstance(made, Layout), made
    return made


def translated(by: Layout, *rows: str, usage: str = "production") -> Translation:
    content = "\n".join([",".join(column.name for column in by.columns), *rows]) + "\n"
    (document,) = list(read(BytesIO(content.encode()), by))
    assert isinstance(document, DelimitedDocument)
    return translate_delimited(document, "x", usage)


def of(kind: type[AnyDocument], translation: Translation) -> AnyDocument:
    assert isinstance(translation.document, kind)
    return translation.document


ORDER = {"number": "text", "line.seller_item": "text", "line.quantity": "decimal"}
NOTICE = {**ORDER, "line.order_number": "text", "line.sscc": "sscc"}
INVOICE = {"number": "text", "date": "date", "line.seller_item": "text"}


def test_every_field_of_every_kind_is_in_the_document_or_unmapped() -> None:
    for kind in DocumentKind:
        types = {name: next(iter(sorted(allowed))) for name, allowed in FIELDS[kind].items()}
        fields = {
            name: f"code:K{at}=O{at}" if one is ColumnType.CODE else str(one.value)
            for at, (name, one) in enumerate(types.items())
        }
        cells = [
            f"K{at}" if one is ColumnType.CODE else SAMPLE_TEXT.get(one, f"T{at}")
            for at, (name, one) in enumerate(types.items())
        ]
        document = translated(layout(kind.value, fields), ",".join(cells)).document
        assert document is not None
        text = to_json_bytes(document).decode()
        sent = [cell for cell in cells if cell[0] in "KT"]
        assert [cell for cell in sent if f'"{cell}"' in text] == sent


def test_an_order_has_its_header_and_lines() -> None:
    fields = {
        **ORDER,
        "date": "date",
        "ship_to.name": "text",
        "line.unit": "code:Stk=EA",
        "line.unit_price": "money",
        "reference.DP": "text",
    }
    by = layout("order", fields, '[constants]\ncurrency = "EUR"\n')
    row = "PO1,A-1,{},2026-11-02,Lager Nord,Stk,2.50,14"
    translation = translated(by, row.format("3"), row.format("0.5"))
    order = of(Order, translation)
    assert (order.number, order.date, order.usage) == ("PO1", datetime.date(2026, 11, 2), "production")
    assert [line.origin for line in order.lines] == ["row 2", "row 3"]
    assert [line.ordinal for line in order.lines] == [1, 2]
    assert order.lines[0].quantity is not None
    assert order.lines[0].quantity.unit == Code("Stk", "each")
    assert order.parties[0].name == "Lager Nord"
    assert order.references[0].qualifier == Code("DP", "department")
    assert order.computed is not None
    assert order.computed.amount == Money(Decimal("8.75"), "EUR")
    assert order.currency is not None
    assert order.currency.origin == "profile"
    assert (order.source.first_row, order.source.last_row, order.source.set) == (2, 3, "x")
    assert [(key.kind, key.value) for key in translation.keys] == [("purchase_order", "PO1")]
    assert translation.original


def test_extra_columns_are_unmapped_with_row_and_column() -> None:
    by = layout("order", ORDER)
    content = b"number,line.seller_item,line.quantity,Colour\nPO1,A,1,red\n"
    document = next(item for item in read(BytesIO(content), by) if isinstance(item, DelimitedDocument))
    order = of(Order, translate_delimited(document, "x", "production"))
    assert order.unmapped == (Unmapped("row 2/column Colour", "red"),)


def test_a_purpose_other_than_original_says_so() -> None:
    by = layout("order", {**ORDER, "purpose": "code:Neu=00,Storno=01"})
    assert translated(by, "PO1,A,1,Neu").original
    cancelled = translated(by, "PO1,A,1,Storno")
    assert not cancelled.original
    assert cancelled.purpose == Code("Storno", "cancellation")


def test_a_declared_total_that_does_not_fit_is_a_note_in_its_place() -> None:
    fields = {**ORDER, "line.unit_price": "money", "total_amount": "money", "total_quantity": "decimal"}
    translation = translated(layout("order", fields), "PO1,A,2,1.50,3.10,3")
    assert [(note.code, note.location.row, note.location.column) for note in translation.findings] == [
        ("TRN-002", 2, "total_quantity"),
        ("TRN-003", 2, "total_amount"),
    ]
    assert translation.holds == ()


def test_a_file_marked_test_is_test_whatever_its_channel_says() -> None:
    by = layout("order", {**ORDER, "note": "text"}, '[test]\ncolumn = "note"\nvalues = ["TEST"]\n')
    assert of(Order, translated(by, "PO1,A,1,TEST")).usage == "test"
    assert of(Order, translated(by, "PO1,A,1,")).usage == "production"
    assert of(Order, translated(by, "PO1,A,1,", usage="test")).usage == "test"


def test_a_ship_notice_has_a_level_for_every_order_package_and_item() -> None:
    rows = ("D1,A,1,PO1,340123450000000017", "D1,B,2,PO1,340123450000000024", "D1,C,3,PO2,340123450000000024")
    translation = translated(layout("ship_notice", NOTICE), *rows)
    notice = of(ShipNotice, translation)
    assert [order.number for order in notice.orders] == ["PO1", "PO2"]
    assert [package.sscc for package in notice.packages] == ["340123450000000017", "340123450000000024"]
    assert [package.order for package in notice.packages] == [notice.orders[0].level, None]
    assert [item.package for item in notice.items] == [
        notice.packages[0].level,
        notice.packages[1].level,
        notice.packages[1].level,
    ]
    assert notice.packages[1].items == (notice.items[1].level, notice.items[2].level)
    levels = [one.level for one in (*notice.shipments, *notice.orders, *notice.packages, *notice.items)]
    assert len(levels) == len(set(levels)) == 8
    assert ("sscc", "340123450000000024") in {(key.kind, key.value) for key in translation.keys}


def test_what_carries_a_shipment_stands_in_the_notice_and_in_its_shipment() -> None:
    fields = {
        **ORDER,
        "carrier_scac": "text",
        "bill_of_lading": "text",
        "gross_weight": "decimal",
        "weight_unit": "code:kg=KG",
        "package_count": "integer",
    }
    notice = of(ShipNotice, translated(layout("ship_notice", fields), "D1,A,1,RDWY,BL7,12.5,kg,3"))
    (shipment,) = notice.shipments
    assert (notice.carrier_scac, notice.bill_of_lading, notice.lading_quantity) == ("RDWY", "BL7", 3)
    assert shipment.routings[0].carrier == "RDWY"
    assert shipment.references[0].value == "BL7"
    assert shipment.lading[0].weight == notice.gross_weight
    assert notice.gross_weight is not None
    assert notice.gross_weight.unit == Code("kg", "kilogram")


def test_a_credit_with_positive_amounts_is_payable_the_other_way() -> None:
    fields = {**INVOICE, "type": "code:GS=CR,RE=DI", "total_amount": "money"}
    credit = of(Invoice, translated(layout("invoice", fields), "R1,2026-11-02,A,GS,9.40"))
    assert (credit.direction, credit.sign) == ("credit", -1)
    assert credit.payable == Money(Decimal("-9.40"))
    assert credit.type == Code("GS", "credit memo")
    bill = of(Invoice, translated(layout("invoice", fields), "R1,2026-11-02,A,RE,9.40"))
    assert (bill.direction, bill.sign, bill.payable) == ("payable", 1, Money(Decimal("9.40")))


def test_an_invoice_type_that_says_nothing_of_who_owes_whom_waits() -> None:
    translation = translated(layout("invoice", {**INVOICE, "type": "text"}), "R1,2026-11-02,A,RA")
    assert [(hold.code, hold.location.column) for hold in translation.holds] == [("CSV-120", "type")]
    assert of(Invoice, translation).direction is None


def test_tax_and_freight_are_part_of_an_invoices_total() -> None:
    fields = {
        **INVOICE,
        "line.quantity": "decimal",
        "line.unit_price": "money",
        "freight_amount": "money",
        "tax_amount": "money",
        "tax_rate": "decimal",
        "total_amount": "money",
        "line.order_number": "text",
    }
    translation = translated(layout("invoice", fields), "R1,2026-11-02,A,2,10.00,5.00,4.75,19,29.75,PO9")
    invoice = of(Invoice, translation)
    assert translation.findings == ()
    assert invoice.taxes[0].percent == Decimal(19)
    assert invoice.charges[0].amount == Money(Decimal("5.00"))
    assert invoice.lines[0].order_number == "PO9"
    assert [key.kind for key in translation.keys] == ["invoice", "purchase_order"]


def test_a_rejected_document_is_translated_as_far_as_it_can_be_read() -> None:
    translation = translated(layout("order", ORDER), "PO1,A,many")
    order = of(Order, translation)
    assert translation.number == "PO1"
    assert order.lines[0].quantity is None
    assert order.unmapped == (Unmapped("row 2/column line.quantity", "many"),)


def test_what_a_layout_must_fill_is_a_field_of_its_kind() -> None:
    assert all(name in FIELDS[kind] for kind, names in INDISPENSABLE.items() for name in names)


def test_a_file_marked_test_is_a_test_interchange_before_anything_of_it_is_read() -> None:
    directory = load_directory(PROFILES)
    assert isinstance(directory, Directory)
    content = b"order_number,order_date,ship_to,deliver_by,line,item,quantity,unit,price,note,mode\n"
    content += b"CB-1,2026-11-02,Leeds,,1,MB-1,1,each,1.00,,TEST\n"
    agreement = directory.by_partner("corner-bikes")
    events = read_file(BytesIO(content), name="x.csv", directory=directory, agreement=agreement)
    opened = next(event for event in events if isinstance(event, InterchangeOpened))
    assert opened.report.usage == "T"
    assert [event.document.disposition.value for event in events if isinstance(event, DocumentRead)] == [
        "deliver"
    ]
