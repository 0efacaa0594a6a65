"""Business checks of a translated set: purposes, and totals declared against totals computed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from parsers.x12.model import Segment
from translators import totals
from translators.canonical.commerce import AllowanceOrCharge, Subtotals, Tax
from translators.canonical.order import Line
from translators.canonical.values import Code, Money
from translators.x12_reading import Reading, of

#: The purpose of an original document (element 353).
ORIGINAL = "00"


def is_original(purpose_code: Code | None, *further: str) -> bool:
    """True for an original: purpose 00, none sent, or one of `further`."""
    return purpose_code is None or purpose_code.code in (ORIGINAL, *further)


def purpose(reading: Reading, segment: Segment, position: int) -> Code | None:
    """The purpose of the document; one that we have no word for is remarked on."""
    code = reading.code(segment, position, "353")
    if code is not None and code.meaning is None:
        reading.tell("TRN-015", segment, position, value=code.code)
    return code


def computed_totals(
    reading: Reading, lines: Sequence[Line], charges: Sequence[AllowanceOrCharge], taxes: Sequence[Tax]
) -> Subtotals:
    """The totals of an order or invoice from its lines."""
    amount = totals.grand_total(lines, charges, taxes) if lines else None
    return Subtotals(
        lines=len(lines),
        quantity=totals.hash_total(line.quantity for line in lines),
        amount=None if amount is None else Money(amount, reading.currency),
    )


def counted(lines: Sequence[Line]) -> Subtotals:
    """The totals of a document whose lines come to no amount: an answer, a change."""
    return Subtotals(lines=len(lines), quantity=totals.hash_total(line.quantity for line in lines))


def check_totals(reading: Reading, declared: Subtotals | None, computed: Subtotals) -> None:
    """Remark on a CTT whose count, hash total or amount is not what the lines come to."""
    if declared is None:
        return
    for segment, rest in of(reading.tree.children, "CTT"):
        if declared.lines is not None and declared.lines != computed.lines:
            reading.tell("TRN-001", segment, 1, value=str(declared.lines), expected=str(computed.lines))
        _compare(reading, "TRN-002", segment, 2, declared.quantity, computed.quantity)
        if declared.amount and computed.amount:
            line = next((amount for amount, _ in of(rest, "AMT")), segment)
            _compare(reading, "TRN-003", line, 2, declared.amount.amount, computed.amount.amount)
        return


def check_amount(reading: Reading, segment: Segment, declared: Money | None, computed: Money | None) -> None:
    """Remark on a declared total (element 01 of `segment`) that is not what the lines come to."""
    if declared and computed:
        _compare(reading, "TRN-003", segment, 1, declared.amount, computed.amount)


def _compare(
    reading: Reading,
    code: str,
    segment: Segment,
    element: int,
    declared: Decimal | None,
    computed: Decimal | None,
) -> None:
    if declared is not None and computed is not None and declared != computed:
        reading.tell(code, segment, element, value=format(declared, "f"), expected=format(computed, "f"))
