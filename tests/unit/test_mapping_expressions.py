"""Expressions and templates of a mapping: exact, checked when they are read, and able to nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbound.mapping.exact_json import from_json, to_json
from outbound.mapping.exact_xml import from_xml, to_xml
from outbound.mapping.expressions import BadExpression, Inapplicable, compile_expression
from outbound.mapping.template import Compiler, Scope

NAMES = frozenset({"document", "calls", "constants"})
UNITS = {"units": {"EA": "u", "CA": "box"}}
SCOPE: Scope = {
    "document": {
        "number": "PO-1",
        "date": "2026-11-02",
        "lines": [
            {"quantity": "24", "price": "3.75", "unit": "EA", "sku": "A"},
            {"quantity": "0.1", "price": "0.2", "unit": "CA", "sku": "B"},
        ],
    },
    "calls": {"products": [{"code": "B", "id": 7}]},
    "constants": {"company": 1},
}


def value(text: str, scope: Scope = SCOPE) -> object:
    return compile_expression(text, NAMES, UNITS).value(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("document.number", "PO-1"),
        ("document.nothing.at.all", None),
        ("times(document.lines[0].quantity, document.lines[0].price)", "90.00"),
        ("plus('0.1', '0.2')", "0.3"),
        ("minus('1', '0.90')", "0.10"),
        ("plus(document.nothing, '1')", None),
        ("divided('1', '3', `4`)", "0.3333"),
        ("rounded('2.345', `2`)", "2.35"),
        ("rounded('-2.345', `2`)", "-2.35"),
        ("total(document.lines[].quantity)", "24.1"),
        ("total(document.nothing || `[]`)", "0"),
        ("number('3.750')", Decimal("3.750")),
        ("integer('24.0')", 24),
        ("compare('10', '9.99')", 1),
        ("compare('2.0', '2')", 0),
        ("crosswalk('units', document.lines[1].unit)", "box"),
        ("crosswalk('units', 'XX')", None),
        ("find(calls.products, 'code', 'B').id", 7),
        ("find(calls.products, 'code', 'Z')", None),
        ("without(document.lines[].sku, calls.products[].code)", ["A"]),
        ("date(document.date, 'DD.MM.YYYY')", "02.11.2026"),
        ("date(document.date, 'YYMMDD')", "261102"),
        ("split(document.date, '-')[0]", "2026"),
        ("replaced('a-b', '-', '')", "ab"),
        ("cut(upper(' abc'), `3`)", " AB"),
        ("join('-', [document.number, text(constants.company)])", "PO-1-1"),
        ("text(document.nothing)", None),
        ("trim(lower(' ABC '))", "abc"),
        ("number(document.nothing)", None),
        ("integer(document.nothing)", None),
        ("divided(document.nothing, '2', `2`)", None),
        ("compare(document.nothing, '2')", None),
        ("date(document.nothing, 'YYYY')", None),
        ("document.lines[0:1].sku", ["A"]),
        ("sort_by(document.lines, &price)[].sku", ["B", "A"]),
        ('find(`[{"code": "B", "id": 7}]`, \'code\', \'B\').id', 7),
    ],
)
def test_what_an_expression_gives(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("documnt.number", "nothing is called 'documnt'"),
        ("document.lines[?sku=='A'].price | missing(@)", "no function missing"),
        ("calls.x == documnt", "nothing is called 'documnt'"),
        ("sum(document.lines[].quantity)", "no function sum"),
        ("to_number('1')", "no function to_number"),
        ("to_string(document.nothing)", "no function to_string"),
        ("times('2', `1.5`)", "fraction as text"),
        ("document.", "is no expression"),
        ("!document.number", "belongs to the first name alone"),
        ("document.a" * 400, "longer than"),
        ("(" * 1500 + "document" + ")" * 400, "nested too deep"),
        ('`{"rate": [1, 1.5]}`', "fraction as text"),
    ],
)
def test_an_expression_that_cannot_be_meant_is_refused_when_it_is_read(text: str, said: str) -> None:
    with pytest.raises(BadExpression, match=said):
        compile_expression(text, NAMES, UNITS)


@pytest.mark.parametrize(
    "text",
    [
        "number('12a')",
        "number('NaN')",
        "plus('1E+999999', '1')",
        "integer('1.5')",
        "divided('1', '0', `2`)",
        "rounded('1', `4000`)",
        "crosswalk('nothing', 'EA')",
        "date('2026/11/02', 'YYYY')",
        "split(document.number, '')",
        "length(document.nothing)",
    ],
)
def test_a_value_it_was_not_written_for_is_said_with_the_expression(text: str) -> None:
    with pytest.raises(Inapplicable) as caught:
        value(text)
    assert text in str(caught.value)


@given(st.decimals(-(10**12), 10**12, places=4), st.decimals(-(10**12), 10**12, places=4))
def test_sums_and_products_are_those_of_decimals(left: Decimal, right: Decimal) -> None:
    scope = {"document": {"a": str(left), "b": str(right)}, "calls": {}, "constants": {}}
    assert Fraction(str(value("plus(document.a, document.b)", scope))) == Fraction(left) + Fraction(right)
    assert Fraction(str(value("times(document.a, document.b)", scope))) == Fraction(left) * Fraction(right)


def test_a_template_is_filled_in_place() -> None:
    template = Compiler(UNITS).template(
        {
            "number": "=document.number",
            "left out": "=document.nothing",
            "text": "==not an expression",
            "fixed": [1, True, None, "=constants.company"],
            "lines": {
                "each": "=document.lines",
                "as": "line",
                "when": "compare(line.quantity, '1') == `1`",
                "give": {"sku": "=line.sku", "amount": "=number(times(line.quantity, line.price))"},
            },
            "flat": ["first", {"each": "document.lines", "as": "line", "give": "=line.sku"}],
            "maybe": [{"when": "document.nothing", "give": "x"}, {"when": "document.number", "give": "y"}],
        },
        NAMES,
    )
    assert to_json(template.fill(SCOPE)) == (
        '{"number":"PO-1","text":"=not an expression","fixed":[1,true,null,1],'
        '"lines":[{"sku":"A","amount":90.00}],"flat":["first","A","B"],"maybe":["y"]}'
    )


def nested(depth: int) -> object:
    return {"a": nested(depth - 1)} if depth else "x"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"a": 1.5}, "fraction as text"),
        ({"give": 1}, "beside `give`"),
        ({"each": "document.lines", "give": 1}, "beside `give`"),
        ({"each": "document.lines", "as": "line", "give": "=lines.sku"}, "nothing is called 'lines'"),
        ({"when": 5, "give": 1}, "must be text"),
        (nested(40), "nested deeper than 32"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(template: object, said: str) -> None:
    with pytest.raises(BadExpression, match=said):
        Compiler({}).template(template, NAMES)


def test_a_path_with_a_brace_that_is_not_closed_is_refused() -> None:
    with pytest.raises(BadExpression, match="opens a brace that it does not close"):
        Compiler({}).path("/orders/{document.number", NAMES)


def test_each_gives_nothing_of_nothing_and_refuses_what_is_no_list() -> None:
    def fill(each: str) -> object:
        template = {"each": each, "as": "line", "give": "=line.sku"}
        return Compiler({}).template(template, NAMES).fill(SCOPE)

    assert fill("document.nothing") == []
    with pytest.raises(Inapplicable, match="gives no list"):
        fill("document.number")


def test_what_is_put_into_a_path_stays_one_piece_of_it() -> None:
    path = Compiler({}).path("/orders/{document.number}/lines", NAMES)
    assert path({"document": {"number": "../a b?c=d#é"}}) == "/orders/..%2Fa%20b%3Fc%3Dd%23%C3%A9/lines"
    for refused in (None, "", ".", "..", True, ["a"]):
        with pytest.raises(Inapplicable):
            path({"document": {"number": refused}})


def test_numbers_keep_every_digit_through_json() -> None:
    assert to_json({"a": Decimal("12.50"), "b": Decimal("1E+3")}) == '{"a":12.50,"b":1000}'
    assert from_json(b'{"a": 12.50, "b": 3}') == {"a": "12.50", "b": 3}
    with pytest.raises(TypeError):
        to_json(1.5)
    for bad in (b"NaN", b"[" * 100_000, b"{"):
        with pytest.raises(ValueError, match=r".+"):
            from_json(bad)


def test_xml_is_written_with_namespaces_and_read_back_plain() -> None:
    given_value = {
        "s:Envelope": {
            "@xmlns:s": "urn:soap",
            "s:Body": {
                "Order": {"@xmlns": "urn:erp", "@id": "7", "Line": ["a<b", {"@n": "2", "#text": "c"}]}
            },
        }
    }
    written = to_xml(given_value)
    assert b'<s:Envelope xmlns:s="urn:soap">' in written
    assert from_xml(written) == {
        "Envelope": {"Body": {"Order": {"@id": "7", "Line": ["a<b", {"@n": "2", "#text": "c"}]}}}
    }


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
        b"<a><b></a>",
        b"",
    ],
)
def test_an_answer_with_entities_of_its_own_is_not_looked_at(body: bytes) -> None:
    """BI-058."""
    with pytest.raises(ValueError, match=r".+"):
        from_xml(body)


def test_xml_says_truth_numbers_and_nothing_as_text_and_never_a_binary_fraction() -> None:
    values = {"open": True, "shut": False, "price": Decimal("1.50"), "days": 30, "none": None}
    assert from_xml(to_xml({"order": values})) == {
        "order": {"open": "true", "shut": "false", "price": "1.50", "days": "30", "none": ""}
    }
    with pytest.raises(ValueError, match="float is no text for XML"):
        to_xml({"order": {"price": 1.5}})


@pytest.mark.parametrize(
    "value_",
    [{"a": 1, "b": 2}, {}, "text", {"p:a": "x"}, {"1a": "x"}, {"a": "\x01"}],
)
def test_what_xml_cannot_say_is_refused(value_: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        to_xml(value_)
