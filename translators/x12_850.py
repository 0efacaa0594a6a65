"""The purchase order, X12 850, 004010 and 005010, to the canonical order."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import x12_line_sets
from translators.canonical.order import Order, OrderLine
from translators.report import BusinessKey
from translators.totals import LineSums
from translators.translation import Translation
from translators.x12_checks import computed_totals, is_original, purpose, total_remarks
from translators.x12_details import details
from translators.x12_keys import keys_of
from translators.x12_line_sets import LineSet
from translators.x12_lines import line
from translators.x12_reading import Node, Reading, of
from translators.x12_shapes import Fields, Finished
from translators.x12_terms import totals_and_amounts


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order of an 850, as far as its segments can be read. Never raises."""
    return x12_line_sets.read(SHAPE, transaction_set, header, group)


def _heading(reading: Reading) -> Fields:
    fields = details(reading, reading.tree.children)
    for segment, _ in of(reading.tree.children, "BEG"):
        return fields | {
            "purpose": purpose(reading, segment, 1),
            "type": reading.code(segment, 2, "92"),
            "number": reading.text(segment, 3),
            "release": reading.text(segment, 4),
            "date": reading.date(segment, 5),
            "contract": reading.text(segment, 6),
            "expected_answer": reading.code(segment, 7, "587"),
        }
    return fields


def _line(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> OrderLine:
    return OrderLine(**line(reading, segment, rest, ordinal))


def _finish(fields: Fields, sums: LineSums, currency: str | None) -> Finished:
    computed = computed_totals(sums, fields.get("charges", ()), fields.get("taxes", ()), currency)
    return {"computed": computed}, total_remarks(fields.get("declared"), computed)


def _keys(order: Order) -> tuple[BusinessKey, ...]:
    return keys_of(
        ("purchase_order", order.number),
        ("contract", order.contract),
        references=[order.references, *(one.references for one in order.lines)],
    )


SHAPE = LineSet(
    document=Order,
    trigger="PO1",
    heading=_heading,
    line=_line,
    ending=totals_and_amounts,
    finish=_finish,
    keys=_keys,
    needs=("number", "charges", "taxes", "declared"),
    finished=("computed",),
    original=is_original,
)
