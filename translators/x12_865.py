"""The answer to a change, or a seller's change, X12 865, 004010 and 005010, to canonical."""

from __future__ import annotations

from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, TransactionSet
from translators.canonical.order_change import OrderChangeResponse, OrderChangeResponseLine
from translators.translation import Translation
from translators.x12_answers import ANSWERED_CHANGE, answers, check_answer
from translators.x12_changes import changed_lines
from translators.x12_checks import check_totals, counted, is_original, purpose
from translators.x12_details import details, envelope
from translators.x12_keys import joined, keys_of
from translators.x12_parts import currency
from translators.x12_reading import Reading, of
from translators.x12_terms import declared_totals

#: Purposes (element 353) of an answer or change sent for the first time, beside the original.
FIRST_SENT = ("04", "06", "11")


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The order change response of an 865, as far as its segments can be read. Never raises.

    It is known by the order, its release, the change and the date of the answer.
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
        number=joined(
            response.order_number, response.release, response.change_sequence, response.acknowledged
        ),
        original=is_original(response.purpose, *FIRST_SENT),
        purpose=response.purpose,
    )


def _response(reading: Reading, fields: dict[str, Any]) -> OrderChangeResponse:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        lines = tuple(
            OrderChangeResponseLine(**one, answers=tuple(answers(reading, rest)))
            for one, rest in changed_lines(reading, nodes, ANSWERED_CHANGE)
        )
        declared, amounts = declared_totals(reading, nodes)
    fields["amounts"] = (*fields.get("amounts", ()), *amounts)
    computed = counted(lines)
    check_totals(reading, declared, computed)
    for segment, _ in of(nodes, "BCA"):
        check_answer(
            reading, segment, 2, fields.get("answer"), (one for said in lines for one in said.answers)
        )
    return OrderChangeResponse(
        **fields, lines=lines, declared=declared, computed=computed, unmapped=reading.unmapped()
    )


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BCA"):
        return {
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
    return {}
