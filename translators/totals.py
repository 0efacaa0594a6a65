"""What the lines of a document come to, in exact decimals.

Total = lines + charges - allowances + taxes, before terms discount; each line is rounded half up
to the cent before it is added. Allowances and charges that are billed back or only told (SAC12
01, 15) and taxes that are included or only told (TXI07) stand outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal, getcontext, setcontext
from operator import mul

from parsers.record import record
from translators.canonical.commerce import AllowanceOrCharge, Tax
from translators.canonical.order import Line
from translators.canonical.values import Code, Quantity

#: Wide enough for the product of two numbers of 40 digits, so that nothing is rounded unasked.
EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
CENT = Decimal("0.01")
CENT_EXPONENT = -2
ZERO = Decimal(0)
ONE = Decimal(1)
OUTSIDE_TOTAL = frozenset({"01", "15"})
ADDED_TAX = frozenset({None, "A"})
SIGNS = {"A": -1, "C": 1}


@record
class LineSums:
    """What lines come to.

    count: of lines. quantity: sum of their quantities, whatever the units; None if one is missing.
    goods: sum of what they cost with their charges; None if a line does not tell it.
    taxes: sum of their taxes that are added. said: codes in which lines speak of themselves.
    """

    count: int
    quantity: Decimal | None
    goods: Decimal | None
    taxes: Decimal
    said: tuple[Code, ...] = ()

    def total(self, charges: Iterable[AllowanceOrCharge], taxes: Iterable[Tax]) -> Decimal | None:
        """The whole document with its own charges and taxes; None where a part needed for it is missing."""
        own = charged(charges)
        if not self.count or self.goods is None or own is None:
            return None
        added = [one for one in (own, taxed(taxes), self.taxes) if one]
        return summed((self.goods, *added)) if added else self.goods

    def untaxed(self) -> LineSums:
        """The same without the taxes of the lines."""
        return replace(self, taxes=Decimal(0))


def together(parts: Sequence[LineSums]) -> LineSums:
    """What lines come to whose sums were taken apart."""
    quantities = [one.quantity for one in parts if one.quantity is not None]
    goods = [one.goods for one in parts if one.goods is not None]
    return LineSums(
        count=sum(one.count for one in parts),
        quantity=summed(quantities) if len(quantities) == len(parts) else None,
        goods=summed(goods) if len(goods) == len(parts) else None,
        taxes=summed(one.taxes for one in parts),
        said=tuple(code for one in parts for code in one.said),
    )


def sums_of(lines: Sequence[Line]) -> LineSums:
    """What the lines of an order or invoice come to."""
    parts = [part for line in lines for part in (extended(line), charged(line.charges))]
    known = [part for part in parts if part is not None]
    return LineSums(
        count=len(lines),
        quantity=hash_total(line.quantity for line in lines),
        goods=summed(known) if len(known) == len(parts) else None,
        taxes=taxed(tax for line in lines for tax in line.taxes),
    )


def counted(lines: Sequence[object]) -> LineSums:
    """Of lines that have neither quantities nor prices, their count."""
    return LineSums(count=len(lines), quantity=None, goods=None, taxes=Decimal(0))


def extended(line: Line) -> Decimal | None:
    """Quantity times price of a line, to the cent; None if one is missing or its basis is unknown."""
    if line.quantity is None or line.price is None or line.price.per is None:
        return None
    return goods_of([line.quantity.value], [line.price.amount.amount], line.price.per)


def goods_of(quantities: Sequence[Decimal], prices: Sequence[Decimal], per: Decimal) -> Decimal | None:
    """The sum of quantities times prices, each product to the cent; None if `per` is 0.

    per: units that a price buys.
    """
    if per == ONE:
        total = summed(map(mul, quantities, prices))
        if total.same_quantum(CENT):
            # No product is finer than a cent: rounding each would change none.
            return total
        exponent = total.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= CENT_EXPONENT:
            return EXACT.quantize(total, CENT)
    if not per:
        return None
    products = map(mul, quantities, prices)
    return summed(EXACT.quantize(EXACT.divide(product, per), CENT) for product in products)


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
    """The exact sum. What makes the numbers may reckon with operators: nothing is rounded while it is asked.

    To set the context once takes a third of the time that its methods take.
    """
    own = getcontext()
    setcontext(EXACT)
    try:
        return sum(numbers, ZERO)
    finally:
        setcontext(own)


def adds_up(total: Decimal, *parts: Decimal) -> bool:
    """True if the parts come to the total."""
    return summed(parts) == total


def hash_total(quantities: Iterable[Quantity | None]) -> Decimal | None:
    """The sum of quantities whatever their units; None if one is missing."""
    values = [None if quantity is None else quantity.value for quantity in quantities]
    known = [value for value in values if value is not None]
    return summed(known) if len(known) == len(values) else None


def grand_total(
    lines: Sequence[Line], charges: Sequence[AllowanceOrCharge], taxes: Sequence[Tax]
) -> Decimal | None:
    """The whole document; None where a part needed for it is missing, and without lines."""
    return sums_of(lines).total(charges, taxes)
