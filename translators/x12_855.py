"""The answer to an order, X12 855, 004010 and 005010, to the canonical order response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_line_sets
from translators.canonical.order_response import OrderResponse, OrderResponseLine
from translators.report import BusinessKey
from translators.totals import LineSums
from translators.translation import Translation
from translators.x12_answers import ANSWERED, answer_remarks, answers
from translators.x12_checks import count_totals, is_original, purpose, total_remarks
from translators.x12_details import details
from translators.x12_keys import joined, keys_of
from translators.x12_line_sets import LineSet
from translators.x12_lines import line
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import totals_and_amounts

#: Purposes (element 353) of an answer sent for the first time, beside the original.
CONFIRMATION, RESPONSE = "06", "11"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order response of an 855, as far as its segments can be read. Never raises.

    An 855 has no number of its own: it is known by the order, its release and the date of the answer.
    """
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BAK"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "answer": reading.code(segment, 2, "587"),
            "order_number": reading.text(segment, 3),
            "order_date": reading.date(segment, 4),
            "release": reading.text(segment, 5),
            "request": reading.text(segment, 6),
            "contract": reading.text(segment, 7),
            "seller_order_number": reading.text(segment, 8),
            "date": reading.date(segment, 9),
            "transaction_type": reading.code(segment, 10, "640"),
        }
    return fields


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> OrderResponseLine:
    return OrderResponseLine(
        **line(reading, segment, rest, ordinal, ANSWERED), answers=tuple(answers(reading, rest))
    )


def _finish(fields: Fields, sums: LineSums, _: str | None) -> Finished:
    computed = count_totals(sums)
    remarks = total_remarks(fields.get("declared"), computed)
    contradicted = answer_remarks("BAK", 2, fields.get("answer"), sums.said)
    return {"computed": computed}, (*remarks, *contradicted)


def _keys(document: OrderResponse) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("purchase_order", document.order_number),
        ("contract", document.contract),
        ("vendor_reference", document.seller_order_number),
        references=[document.references, *(one.references for one in document.lines)],
    )


def _number(fields: Mapping[str, Any]) -> str:
    return joined(fields.get("order_number"), fields.get("release"), fields.get("date"))


SHAPE = LineSet(
    document=OrderResponse,
    trigger="PO1",
    heading=_heading,
    line=_line,
    ending=totals_and_amounts,
    finish=_finish,
    finished=("computed",),
    keys=_keys,
    needs=("order_number", "release", "date", "declared", "answer"),
    number=_number,
    original=lambda purpose: is_original(purpose, CONFIRMATION, RESPONSE),
    said=lambda line: tuple(one.status for one in line.answers),
)
