"""The purchase order, X12 850, 004010 and 005010, to the canonical order."""

from __future__ import annotations

from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators.canonical.order import Order, OrderLine
from translators.translation import Translation
from translators.x12_checks import check_totals, computed_totals, is_original, purpose
from translators.x12_details import details, envelope
from translators.x12_keys import keys_of
from translators.x12_lines import line
from translators.x12_parts import currency
from translators.x12_reading import Reading, of
from translators.x12_terms import declared_totals


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order of an 850, as far as its segments can be read. Never raises."""
    reading = Reading(transaction_set, group.date)
    order = _order(reading, envelope(reading, header, group))
    return Translation(
        document=order,
        findings=tuple(reading.findings),
        keys=keys_of(
            ("purchase_order", order.number),
            ("contract", order.contract),
            references=[order.references, *(one.references for one in order.lines)],
        ),
        number=order.number or "",
        original=is_original(order.purpose),
        purpose=order.purpose,
    )


def _order(reading: Reading, fields: dict[str, Any]) -> Order:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        lines = tuple(
            OrderLine(**line(reading, segment, rest, ordinal))
            for ordinal, (segment, rest) in enumerate(of(nodes, "PO1"), start=1)
        )
        declared, amounts = declared_totals(reading, nodes)
        computed = computed_totals(reading, lines, fields.get("charges", ()), fields.get("taxes", ()))
    fields["amounts"] = (*fields.get("amounts", ()), *amounts)
    check_totals(reading, declared, computed)
    return Order(**fields, lines=lines, declared=declared, computed=computed, unmapped=reading.unmapped())


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BEG"):
        return {
            "purpose": purpose(reading, segment, 1),
            "type": reading.code(segment, 2, "92"),
            "number": reading.text(segment, 3),
            "release": reading.text(segment, 4),
            "date": reading.date(segment, 5),
            "contract": reading.text(segment, 6),
            "expected_answer": reading.code(segment, 7, "587"),
        }
    return {}
