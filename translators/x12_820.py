"""The payment order or remittance advice, X12 820, 004010 and 005010, to the canonical remittance."""

from __future__ import annotations

from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Segment, TransactionSet
from translators import selection
from translators.canonical.commerce import Subtotals
from translators.canonical.remittance import BankAccount, Remittance, Trace
from translators.canonical.values import Money
from translators.translation import Translation
from translators.x12_details import details, envelope
from translators.x12_keys import keys_of
from translators.x12_open_items import OpenItems, check_total, read_open_items
from translators.x12_parts import currency
from translators.x12_reading import Reading, of

#: Roles (element 98) of the one who pays and the one who is paid.
PAYER, PAYEE = "PR", "PE"


def read(transaction_set: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Translation:
    """The remittance of an 820, as far as its segments can be read. Never raises.

    It is known by its trace number. Account numbers are no keys, and no finding repeats one.
    """
    reading = Reading(transaction_set, group.date)
    remittance = _remittance(reading, envelope(reading, header, group))
    items = remittance.items
    return Translation(
        document=remittance,
        findings=tuple(reading.findings),
        keys=keys_of(
            ("trace", remittance.trace.number if remittance.trace else None),
            *(("invoice", item.invoice_number) for item in items),
            references=[
                remittance.references,
                [item.reference for item in items if item.reference],
                *(item.references for item in items),
            ],
        ),
        number=(remittance.trace.number if remittance.trace else None) or "",
    )


def _remittance(reading: Reading, fields: dict[str, Any]) -> Remittance:
    nodes = reading.tree.children
    own = currency(reading, nodes)
    with reading.amounts_in(own.code if own else None):
        fields |= details(reading, nodes)
        fields |= _beginning(reading)
        open_items = read_open_items(reading, nodes)
    parties = fields.get("parties", ())
    for segment, _ in of(nodes, "BPR"):
        check_total(reading, segment, fields.get("amount"), open_items)
    return Remittance(
        **fields,
        trace=_trace(reading),
        payer=selection.party(parties, PAYER),
        payee=selection.party(parties, PAYEE),
        entities=tuple(open_items.entities),
        items=tuple(open_items.items),
        computed=_computed(open_items, own.code if own else None),
        unmapped=reading.unmapped(),
    )


def _beginning(reading: Reading) -> dict[str, Any]:
    for segment, _ in of(reading.tree.children, "BPR"):
        return {
            "handling": reading.code(segment, 1, "305"),
            "amount": reading.money(segment, 2),
            "direction": reading.code(segment, 3, "478"),
            "method": reading.code(segment, 4, "591"),
            "format": reading.code(segment, 5, "812"),
            "payer_account": _account(reading, segment, 6),
            "company": reading.text(segment, 10),
            "company_supplement": reading.text(segment, 11),
            "payee_account": _account(reading, segment, 12),
            "effective": reading.date(segment, 16),
            "business_function": reading.code(segment, 17, "1048"),
            "further_account": _account(reading, segment, 18),
        }
    return {}


def _account(reading: Reading, segment: Segment, first: int) -> BankAccount | None:
    """The account in the four elements from `first` on, None if all are empty."""
    if not any(reading.has(segment, position) for position in range(first, first + 4)):
        return None
    return BankAccount(
        bank_qualifier=reading.code(segment, first, "506"),
        bank=reading.text(segment, first + 1),
        kind=reading.code(segment, first + 2, "569"),
        number=reading.text(segment, first + 3),
    )


def _trace(reading: Reading) -> Trace | None:
    for segment, _ in of(reading.tree.children, "TRN"):
        return Trace(
            type=reading.code(segment, 1, "481"),
            number=reading.text(segment, 2),
            company=reading.text(segment, 3),
            reference=reading.text(segment, 4),
            origin=reading.path(segment),
        )
    return None


def _computed(open_items: OpenItems, own: str | None) -> Subtotals:
    amount = open_items.amount
    return Subtotals(lines=len(open_items.items), amount=None if amount is None else Money(amount, own))
