"""Canonical documents as JSON, XML and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from outbound.render import FORMULA_STARTS, Form, Rendered, render

ORDER: dict[str, object] = {
    "number": "PO-7",
    "currency": None,
    "urgent": True,
    "parties": [{"role": "BT", "name": "Müller & <Söhne>"}, {"role": "ST", "name": "Shop"}],
    "lines": [{"ordinal": 1, "quantity": {"value": "12.50", "unit": "EA"}}, {"ordinal": 2}],
    "unmapped": {"PO1/N1-02": "x"},
}
JSON_TEXT = st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(JSON_TEXT, VALUES, max_size=4)


def rendered_as(
    documents: Sequence[Mapping[str, object]], form: Form, kind: str, *, batch: bool = False
) -> Rendered:
    return render([json.dumps(document) for document in documents], form, kind=kind, batch=batch)


def test_a_document_goes_out_as_json_byte_for_byte_as_it_is_kept() -> None:
    kept = '{"number":"PO-7","quantity":"12.50","name":"Müller"}'
    assert render([kept], "json", batch=False).payload == f"{kept}\n".encode()
    assert render([kept, kept], "json", batch=True).payload == f"[{kept},\n{kept}]\n".encode()


def test_json_gives_the_values_back() -> None:
    rendered = rendered_as([ORDER], "json", "order")
    assert json.loads(rendered.payload) == ORDER
    assert (rendered.content_type, rendered.extension) == ("application/json", "json")


def test_the_order_of_keys_does_not_change_a_byte() -> None:
    turned = dict(reversed(ORDER.items()))
    forms: tuple[Form, ...] = ("xml", "csv")
    for form in forms:
        one = rendered_as([ORDER], form, "order")
        assert rendered_as([turned], form, "order") == one


def test_a_batch_is_a_list_even_of_one() -> None:
    assert json.loads(rendered_as([ORDER], "json", "order", batch=True).payload) == [ORDER]
    root = etree.fromstring(rendered_as([ORDER, ORDER], "xml", "order", batch=True).payload)
    assert (root.tag, [child.tag for child in root]) == ("documents", ["order", "order"])


def test_several_documents_without_a_batch_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not a batch"):
        rendered_as([ORDER, ORDER], "json", "order")


def test_xml_repeats_an_element_for_each_entry_of_a_list() -> None:
    rendered = rendered_as([ORDER], "xml", "order")
    assert rendered.payload.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<order>\n"
        "  <lines>\n"
        "    <ordinal>1</ordinal>\n"
        "    <quantity>\n"
        "      <unit>EA</unit>\n"
        "      <value>12.50</value>\n"
        "    </quantity>\n"
        "  </lines>\n"
        "  <lines>\n"
        "    <ordinal>2</ordinal>\n"
        "  </lines>\n"
        "  <number>PO-7</number>\n"
        "  <parties>\n"
        "    <name>Müller &amp; &lt;Söhne&gt;</name>\n"
        "    <role>BT</role>\n"
        "  </parties>\n"
        "  <parties>\n"
        "    <name>Shop</name>\n"
        "    <role>ST</role>\n"
        "  </parties>\n"
        "  <unmapped>\n"
        '    <entry name="PO1/N1-02">x</entry>\n'
        "  </unmapped>\n"
        "  <urgent>true</urgent>\n"
        "</order>\n"
    )
    assert (rendered.content_type, rendered.extension) == ("application/xml", "xml")


def test_a_character_that_xml_forbids_is_replaced_and_reported_with_its_place() -> None:
    rendered = rendered_as([{"lines": [{"note": "a\x00b\x1fc"}]}], "xml", "order")
    assert etree.fromstring(rendered.payload).findtext("lines/note") == "a\ufffdb\ufffdc"
    (finding,) = rendered.findings
    assert finding.code == "OUT-010"
    assert "2 character(s) of order/lines[1]/note" in finding.message
    assert not finding.is_error


def test_csv_has_a_row_for_each_line_with_the_head_repeated() -> None:
    rendered = rendered_as([ORDER], "csv", "order")
    rows = list(csv.DictReader(io.StringIO(rendered.payload.decode(), newline="")))
    assert [(row["number"], row["lines.ordinal"], row["lines.quantity.value"]) for row in rows] == [
        ("PO-7", "1", "12.50"),
        ("PO-7", "2", ""),
    ]
    assert rows[0]["parties.1.name"] == "Müller & <Söhne>"
    assert rendered.extension == "csv"


def test_csv_of_a_document_without_lines_has_one_row() -> None:
    rendered = rendered_as([{"number": "1"}, {"number": "2"}], "csv", "order", batch=True)
    assert rendered.payload == b"number\r\n1\r\n2\r\n"


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_text_that_a_spreadsheet_would_run_is_escaped_in_csv_only(start: str) -> None:
    attack = f"{start}cmd|' /C calc'!A0"
    rendered = rendered_as([{"note": attack}], "csv", "order")
    (row,) = csv.DictReader(io.StringIO(rendered.payload.decode(), newline=""))
    assert row["note"] == f"'{attack}"
    assert json.loads(rendered_as([{"note": attack}], "json", "order").payload) == {"note": attack}


def test_negative_numbers_stay_numbers_in_csv() -> None:
    assert rendered_as([{"amount": "-12.50"}], "csv", "order").payload == b"amount\r\n-12.50\r\n"


@pytest.mark.slow
@settings(derandomize=True, max_examples=150, deadline=None)
@given(documents=st.lists(DOCUMENTS, max_size=3))
def test_any_text_can_be_rendered_and_read_again(documents: list[dict[str, object]]) -> None:
    assert json.loads(rendered_as(documents, "json", "order", batch=True).payload) == documents
    root = etree.fromstring(rendered_as(documents, "xml", "order", batch=True).payload)
    assert len(root) == len(documents)
    text = rendered_as(documents, "csv", "order", batch=True).payload.decode()
    widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""))}
    assert len(widths) <= 1 or not text.strip()


@pytest.mark.parametrize("rows", ["lines", "items"])
def test_lines_of_any_document_and_items_of_a_remittance_are_rows(rows: str) -> None:
    document = {"amount": {"amount": "30.00"}, rows: [{"paid": "10.00"}, {"paid": "20.00"}]}
    text = rendered_as([document], "csv", "remittance").payload.decode()
    table = list(csv.reader(io.StringIO(text)))
    assert table == [["amount.amount", f"{rows}.paid"], ["30.00", "10.00"], ["30.00", "20.00"]]


def test_what_is_no_document_of_ours_is_a_bug_of_the_caller_and_not_half_a_table() -> None:
    with pytest.raises(TypeError, match="lines is no list"):
        rendered_as([{"lines": "one"}], "csv", "order")
    with pytest.raises(TypeError, match="float is no JSON value of ours"):
        rendered_as([{"amount": 1.5}], "csv", "order")
