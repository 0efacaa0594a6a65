"""Canonical documents as JSON: exact, the same every time, refused when they are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from translators.canonical import codec
from translators.canonical.codec import InvalidCanonical
from translators.canonical.document import Source
from translators.canonical.order import Order
from translators.translation import Translation

SOURCE = Source(standard="csv", set="orders")


@pytest.mark.parametrize("kind", [kind.type for kind in codec.KINDS.values()])
def test_an_empty_document_names_its_schema_and_source_and_nothing_else(kind: Any) -> None:
    written = codec.to_json(kind(source=SOURCE, usage="test"))
    assert list(written) == ["schema", "usage", "source"]
    assert written["schema"] in {known.schema for known in codec.KINDS.values()}


def _order(translate: Callable[..., Translation]) -> Order:
    document = translate("850", "BEG*00*SA*7**20240314\nPO1*1*1.50*EA*100.0\nCTT*1").document
    assert isinstance(document, Order)
    return document


def test_write_then_read_gives_an_equal_document(translate: Callable[..., Translation]) -> None:
    order = _order(translate)
    assert codec.from_json_bytes(codec.to_json_bytes(order)) == order


def test_decimals_are_text_as_sent(translate: Callable[..., Translation]) -> None:
    line = codec.to_json(_order(translate))["lines"][0]
    assert line["quantity"]["value"] == "1.50"
    assert line["price"]["amount"]["amount"] == "100.0"


@pytest.mark.parametrize("value", [1.5, 2, "1e5", "NaN", "Infinity", " 1", "1.", "", True, None])
def test_a_number_that_is_no_plain_decimal_text_is_refused(
    translate: Callable[..., Translation], value: object
) -> None:
    written = codec.to_json(_order(translate))
    written["lines"][0]["quantity"]["value"] = value
    with pytest.raises(InvalidCanonical, match=r"lines\.0\.quantity\.value"):
        codec.from_json(written)


def test_an_unknown_field_is_refused_by_name(translate: Callable[..., Translation]) -> None:
    written = {**codec.to_json(_order(translate)), "colour": "red"}
    with pytest.raises(InvalidCanonical, match="colour"):
        codec.from_json(written)


@pytest.mark.parametrize("schema", ["order-2.0.0", "orders-1.0.0", "order", "", None, 7])
def test_a_schema_we_do_not_have_is_refused(schema: object) -> None:
    with pytest.raises(InvalidCanonical, match="schema"):
        codec.from_json({"schema": schema, "usage": "test", "source": {"standard": "csv", "set": "x"}})


def test_a_later_minor_version_of_our_schema_is_read() -> None:
    data = {"schema": "order-1.9.0", "usage": "test", "source": {"standard": "csv", "set": "x"}}
    assert isinstance(codec.from_json(data), Order)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidCanonical):
        codec.from_json_bytes(data)


def test_what_is_written_is_what_the_model_dumps(translate: Callable[..., Translation]) -> None:
    body = 'BEG*00*SA*7 "a" \\ é**20240314\nCUR*BY*USD*1.10\nDTM*002*20240401*080030\nXX*1\nPO1*1*-0.5*EA*1.0'
    document = translate("850", body).document
    assert document is not None
    dumped = json.dumps(codec.to_json(document), ensure_ascii=False, separators=(",", ":"))
    assert codec.to_json_bytes(document) == dumped.encode()
