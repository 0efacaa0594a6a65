"""The change of an order, X12 860, 004010 and 005010, to the canonical order change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_line_sets
from translators.canonical.order_change import OrderChange, OrderChangeLine
from translators.report import BusinessKey
from translators.totals import LineSums
from translators.translation import Translation
from translators.x12_changes import changed_line
from translators.x12_checks import count_totals, is_original, purpose, total_remarks
from translators.x12_details import details
from translators.x12_keys import joined, keys_of
from translators.x12_line_sets import LineSet
from translators.x12_lines import CHANGED
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import totals_and_amounts

#: The purpose (element 353) of a change sent for the first time. A cancellation is not one: it waits
#: for a person where the profile lets non-originals wait.
CHANGE = "04"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order change of an 860, as far as its segments can be read. Never raises.

    It is known by the order, its release and the number of the change, or the change's date.
    """
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BCH"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "type": reading.code(segment, 2, "92"),
            "order_number": reading.text(segment, 3),
            "release": reading.text(segment, 4),
            "change_sequence": reading.text(segment, 5),
            "order_date": reading.date(segment, 6),
            "request": reading.text(segment, 7),
            "contract": reading.text(segment, 8),
            "seller_order_number": reading.text(segment, 9),
            "acknowledged": reading.date(segment, 10),
            "date": reading.date(segment, 11),
            "contract_type": reading.code(segment, 12, "1166"),
            "security_level": reading.code(segment, 13, "786"),
            "expected_answer": reading.code(segment, 14, "587"),
            "transaction_type": reading.code(segment, 15, "640"),
            "purchase_category": reading.code(segment, 16, "1232"),
        }
    return fields


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> OrderChangeLine:
    return OrderChangeLine(**changed_line(reading, segment, rest, ordinal, CHANGED))


def _finish(fields: Fields, sums: LineSums, _: str | None) -> Finished:
    computed = count_totals(sums)
    remarks = total_remarks(fields.get("declared"), computed)
    return {"computed": computed}, remarks


def _keys(document: OrderChange) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("purchase_order", document.order_number),
        ("contract", document.contract),
        ("vendor_reference", document.seller_order_number),
        references=[document.references, *(one.references for one in document.lines)],
    )


def _number(fields: Mapping[str, Any]) -> str:
    return joined(
        fields.get("order_number"), fields.get("release"), fields.get("change_sequence") or fields.get("date")
    )


SHAPE = LineSet(
    document=OrderChange,
    trigger="POC",
    heading=_heading,
    line=_line,
    ending=totals_and_amounts,
    finish=_finish,
    finished=("computed",),
    keys=_keys,
    needs=("order_number", "release", "change_sequence", "date", "declared"),
    number=_number,
    original=lambda purpose: is_original(purpose, CHANGE),
)
