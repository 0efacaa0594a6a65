"""The answer to an order, X12 855, 004010 and 005010, to the canonical order response."""

from __future__ import annotations

from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators.canonical.order_response import OrderResponse, OrderResponseLine
from translators.translation import Translation
from translators.x12_answers import ANSWERED, answers, check_answer
from translators.x12_checks import check_totals, counted, is_original, purpose
from translators.x12_details import details, envelope
from translators.x12_keys import joined, keys_of
from translators.x12_lines import line
from translators.x12_parts import currency
from translators.x12_reading import Reading, of
from translators.x12_terms import declared_totals

#: Purposes (element 353) of an answer sent for the first time, beside the original.
CONFIRMATION, RESPONSE = "06", "11"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order response of an 855, as far as its segments can be read. Never raises.

    An 855 has no number of its own: it is known by the order, its release and the date of the answer.
    """
    reading = Reading(transaction_set, group.date)
    response = _response(reading, envelope(reading, header, group))
    return Translation(
        document=response,
        findings=tuple(reading.findings),
        keys=keys_of(
            ("purchase_order", response.order_number),
            ("contract", response.contract),
            ("vendor_reference", response.seller_order_number),
            references=[response.references, *(one.references for one in response.lines)],
        ),
        number=joined(response.order_number, response.release, response.date),
        original=is_original(response.purpose, CONFIRMATION, RESPONSE),
        purpose=response.purpose,
    )


def _response(reading: Reading, fields: dict[str, Any]) -> OrderResponse:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        lines = tuple(
            OrderResponseLine(
                **line(reading, segment, rest, ordinal, ANSWERED), answers=tuple(answers(reading, rest))
            )
            for ordinal, (segment, rest) in enumerate(of(nodes, "PO1"), start=1)
        )
        declared, amounts = declared_totals(reading, nodes)
    fields["amounts"] = (*fields.get("amounts", ()), *amounts)
    computed = counted(lines)
    check_totals(reading, declared, computed)
    for segment, _ in of(nodes, "BAK"):
        check_answer(
            reading, segment, 2, fields.get("answer"), (one for said in lines for one in said.answers)
        )
    return OrderResponse(
        **fields, lines=lines, declared=declared, computed=computed, unmapped=reading.unmapped()
    )


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BAK"):
        return {
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
    return {}
