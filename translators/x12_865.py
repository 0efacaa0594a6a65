"""The answer to a change, or a seller's change, X12 865, 004010 and 005010, to canonical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_line_sets
from translators.canonical.order_change import OrderChangeResponse, OrderChangeResponseLine
from translators.report import BusinessKey
from translators.totals import LineSums
from translators.translation import Translation
from translators.x12_answers import ANSWERED_CHANGE, answer_remarks, answers
from translators.x12_changes import changed_line
from translators.x12_checks import count_totals, is_original, purpose, total_remarks
from translators.x12_details import details
from translators.x12_keys import joined, keys_of
from translators.x12_line_sets import LineSet
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import totals_and_amounts

#: Purposes (element 353) of an answer or change sent for the first time, beside the original.
FIRST_SENT = ("04", "06", "11")


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order change response of an 865, as far as its segments can be read. Never raises.

    It is known by the order, its release, the change and the date of the answer.
    """
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BCA"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "answer": reading.code(segment, 2, "587"),
            "order_number": reading.text(segment, 3),
            "release": reading.text(segment, 4),
            "change_sequence": reading.text(segment, 5),
            "order_date": reading.date(segment, 6),
            "request": reading.text(segment, 7),
            "contract": reading.text(segment, 8),
            "seller_order_number": reading.text(segment, 9),
            "acknowledged": reading.date(segment, 10),
            "change_date": reading.date(segment, 11),
            "type": reading.code(segment, 13, "92"),
            "security_level": reading.code(segment, 14, "786"),
            "transaction_type": reading.code(segment, 15, "640"),
        }
    return fields


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> OrderChangeResponseLine:
    return OrderChangeResponseLine(
        **changed_line(reading, segment, rest, ordinal, ANSWERED_CHANGE),
        answers=tuple(answers(reading, rest)),
    )


def _finish(fields: Fields, sums: LineSums, _: str | None) -> Finished:
    computed = count_totals(sums)
    remarks = total_remarks(fields.get("declared"), computed)
    contradicted = answer_remarks("BCA", 2, fields.get("answer"), sums.said)
    return {"computed": computed}, (*remarks, *contradicted)


def _keys(document: OrderChangeResponse) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("purchase_order", document.order_number),
        ("contract", document.contract),
        ("vendor_reference", document.seller_order_number),
        references=[document.references, *(one.references for one in document.lines)],
    )


def _number(fields: Mapping[str, Any]) -> str:
    return joined(
        fields.get("order_number"),
        fields.get("release"),
        fields.get("change_sequence"),
        fields.get("acknowledged"),
    )


SHAPE = LineSet(
    document=OrderChangeResponse,
    trigger="POC",
    heading=_heading,
    line=_line,
    ending=totals_and_amounts,
    finish=_finish,
    finished=("computed",),
    keys=_keys,
    needs=("order_number", "release", "change_sequence", "acknowledged", "declared", "answer"),
    number=_number,
    original=lambda purpose: is_original(purpose, *FIRST_SENT),
    said=lambda line: tuple(one.status for one in line.answers),
)
