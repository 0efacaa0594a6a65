"""Business checks of a translated set: purposes, and totals declared against totals computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from parsers.record import record
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
    sums: totals.LineSums,
    charges: Iterable[AllowanceOrCharge],
    taxes: Iterable[Tax],
    currency: str | None,
) -> Subtotals:
    """The totals of an order or invoice from its lines. currency: that amounts are in."""
    amount = sums.total(charges, taxes)
    return Subtotals(
        lines=sums.count,
        quantity=sums.quantity,
        amount=None if amount is None else Money(amount, currency),
    )


def counted(lines: Sequence[Line]) -> Subtotals:
    """The totals of a document whose lines come to no amount: an answer, a change."""
    return count_totals(totals.sums_of(lines))


def count_totals(sums: totals.LineSums) -> Subtotals:
    """The same from the sums of its lines."""
    return Subtotals(lines=sums.count, quantity=sums.quantity)


@record
class Remark:
    """Something to tell of values that do not agree, found without looking at the segments.

    segment: id of the one that holds the element, of those at the set's top; inner: of one in its
    loop that holds it instead, where there is one.
    """

    code: str
    segment: str
    element: int
    value: str
    expected: str | None = None
    inner: str | None = None
    kind: str | None = None


def total_remarks(declared: Subtotals | None, computed: Subtotals) -> Iterator[Remark]:
    """What a CTT says that the lines do not come to: count, hash total, amount."""
    if declared is None:
        return
    if declared.lines is not None and declared.lines != computed.lines:
        yield Remark("TRN-001", "CTT", 1, str(declared.lines), str(computed.lines))
    yield from _unequal("TRN-002", "CTT", 2, declared.quantity, computed.quantity)
    if declared.amount and computed.amount:
        yield from _unequal("TRN-003", "CTT", 2, declared.amount.amount, computed.amount.amount, inner="AMT")


def amount_remarks(segment: str, declared: Money | None, computed: Money | None) -> Iterator[Remark]:
    """What element 01 of `segment` says is the total, and the lines do not come to."""
    if declared and computed:
        yield from _unequal("TRN-003", segment, 1, declared.amount, computed.amount)


def _unequal(
    code: str,
    segment: str,
    element: int,
    declared: Decimal | None,
    computed: Decimal | None,
    inner: str | None = None,
) -> Iterator[Remark]:
    if declared is not None and computed is not None and declared != computed:
        yield Remark(code, segment, element, format(declared, "f"), format(computed, "f"), inner)


def tell_all(reading: Reading, remarks: Iterable[Remark]) -> None:
    """Tell each remark at its place."""
    for remark in remarks:
        for segment, rest in of(reading.tree.children, remark.segment):
            place = next((one for one, _ in of(rest, remark.inner)), segment) if remark.inner else segment
            reading.tell(
                remark.code,
                place,
                remark.element,
                value=remark.value,
                expected=remark.expected,
                kind=remark.kind,
            )
            break


def check_totals(reading: Reading, declared: Subtotals | None, computed: Subtotals) -> None:
    """Remark on a CTT whose count, hash total or amount is not what the lines come to."""
    tell_all(reading, total_remarks(declared, computed))
