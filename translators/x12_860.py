"""The change of an order, X12 860, 004010 and 005010, to the canonical order change."""

from __future__ import annotations

from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators.canonical.order_change import OrderChange, OrderChangeLine
from translators.translation import Translation
from translators.x12_changes import changed_lines
from translators.x12_checks import check_totals, counted, is_original, purpose
from translators.x12_details import details, envelope
from translators.x12_keys import joined, keys_of
from translators.x12_lines import CHANGED
from translators.x12_parts import currency
from translators.x12_reading import Reading, of
from translators.x12_terms import declared_totals

#: The purpose (element 353) of a change sent for the first time. A cancellation is not one: it waits
#: for a person where the profile lets non-originals wait.
CHANGE = "04"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order change of an 860, as far as its segments can be read. Never raises.

    It is known by the order, its release and the number of the change, or the change's date.
    """
    reading = Reading(transaction_set, group.date)
    change = _change(reading, envelope(reading, header, group))
    return Translation(
        document=change,
        findings=tuple(reading.findings),
        keys=keys_of(
            ("purchase_order", change.order_number),
            ("contract", change.contract),
            ("vendor_reference", change.seller_order_number),
            references=[change.references, *(one.references for one in change.lines)],
        ),
        number=joined(change.order_number, change.release, change.change_sequence or change.date),
        original=is_original(change.purpose, CHANGE),
        purpose=change.purpose,
    )


def _change(reading: Reading, fields: dict[str, Any]) -> OrderChange:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        lines = tuple(OrderChangeLine(**one) for one, _ in changed_lines(reading, nodes, CHANGED))
        declared, amounts = declared_totals(reading, nodes)
    fields["amounts"] = (*fields.get("amounts", ()), *amounts)
    computed = counted(lines)
    check_totals(reading, declared, computed)
    return OrderChange(
        **fields, lines=lines, declared=declared, computed=computed, unmapped=reading.unmapped()
    )


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BCH"):
        return {
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
    return {}
