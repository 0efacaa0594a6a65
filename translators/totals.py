"""What the lines of a document come to, in exact decimals.

Total = lines + charges - allowances + taxes, before terms discount; each line is rounded half up
to the cent before it is added. Allowances and charges that are billed back or only told (SAC12
01, 15) and taxes that are included or only told (TXI07) stand outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from translators.canonical.commerce import AllowanceOrCharge, Tax
from translators.canonical.order import Line
from translators.canonical.values import Quantity

#: Wide enough for the product of two numbers of 40 digits, so that nothing is rounded unasked.
EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
CENT = Decimal("0.01")
OUTSIDE_TOTAL = frozenset({"01", "15"})
ADDED_TAX = frozenset({None, "A"})
SIGNS = {"A": -1, "C": 1}


def extended(line: Line) -> Decimal | None:
    """Quantity times price of a line, to the cent; None if one is missing or its basis is unknown."""
    if line.quantity is None or line.price is None or line.price.per is None:
        return None
    product = EXACT.multiply(line.quantity.value, line.price.amount.amount)
    return EXACT.quantize(EXACT.divide(product, line.price.per), CENT)


def charged(charges: Iterable[AllowanceOrCharge]) -> Decimal | None:
    """Charges less allowances, their taxes included; None if one of them tells no amount.

    The sign comes from the kind, also where the amount was sent negative.
    """
    total = Decimal(0)
    for charge in charges:
        sign = SIGNS.get(charge.kind.code)
        if sign is None or (charge.handling and charge.handling.code in OUTSIDE_TOTAL):
            continue
        if charge.amount is None:
            return None
        total = EXACT.add(total, EXACT.multiply(Decimal(sign), EXACT.abs(charge.amount.amount)))
        total = EXACT.add(total, taxed(charge.taxes))
    return total


def taxed(taxes: Iterable[Tax]) -> Decimal:
    """The taxes that are added; one without an amount adds nothing."""
    return summed(
        tax.amount.amount
        for tax in taxes
        if tax.amount is not None and (tax.relation.code if tax.relation else None) in ADDED_TAX
    )


def summed(numbers: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    total = Decimal(0)
    for number in numbers:
        total = EXACT.add(total, number)
    return total


def hash_total(quantities: Iterable[Quantity | None]) -> Decimal | None:
    """The sum of quantities whatever their units; None if one is missing."""
    values = [None if quantity is None else quantity.value for quantity in quantities]
    known = [value for value in values if value is not None]
    return summed(known) if len(known) == len(values) else None


def grand_total(
    lines: Sequence[Line], charges: Sequence[AllowanceOrCharge], taxes: Sequence[Tax]
) -> Decimal | None:
    """The whole document; None where a part needed for it is missing."""
    parts = [
        *(extended(line) for line in lines),
        *(charged(line.charges) for line in lines),
        charged(charges),
    ]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return summed([*known, taxed(taxes), taxed(tax for line in lines for tax in line.taxes)])
