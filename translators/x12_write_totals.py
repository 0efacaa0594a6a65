"""Totals at a document's foot: those that it declares, else those that its lines come to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import DecimalException

from parsers.finding import Location
from translators import totals
from translators.canonical.commerce import QualifiedAmount, Subtotals
from translators.canonical.document import Document
from translators.canonical.meanings import coded
from translators.canonical.order import Line
from translators.canonical.values import Money
from translators.x12_terms import TOTAL_AMOUNT
from translators.x12_write_details import details
from translators.x12_write_parts import sent_as
from translators.x12_write_slots import Slot, under
from translators.x12_write_terms import amount
from translators.x12_writing import Writing

FROM_X12 = "x12"
#: Heading details without amounts: `count` divides these between heading and foot.
AMOUNTS = frozenset({"amounts"})


def heading(writing: Writing, document: Document) -> None:
    """Details of the whole document but its amounts, which `count` writes."""
    details(writing, writing.root, document, "", leave_out=AMOUNTS)


def of_lines(document: Document, lines: Sequence[Line], currency: str | None) -> Subtotals:
    """What the lines of an order or invoice come to."""
    try:
        amount = totals.grand_total(lines, document.charges, document.taxes) if lines else None
    except DecimalException:  # a price per nothing, or numbers too long to be multiplied exactly
        amount = None
    return Subtotals(
        lines=len(lines),
        quantity=totals.hash_total(line.quantity for line in lines),
        amount=None if amount is None else Money(amount, currency),
    )


def counted(lines: Sequence[Line]) -> Subtotals:
    """The totals of lines that come to no amount: of an answer, of a change."""
    return Subtotals(lines=len(lines), quantity=totals.hash_total(line.quantity for line in lines))


def count(writing: Writing, document: Document, computed: Subtotals) -> None:
    """CTT with its amounts, and the amounts of the heading.

    computed: what the lines come to. A document that was read from X12 without totals gets none,
    unless the release wants them.
    """
    root = writing.root
    wanted = document.source.standard != FROM_X12 or (root.place and "CTT" in root.place.required)
    told = document.declared or (computed if wanted else None)
    foot = None
    if told is not None and root.holds("CTT"):
        foot = writing.add(root, "CTT", told, "declared" if document.declared else "computed")
        _compare(writing, document.declared, computed)
    _amounts(writing, document, foot)


def _compare(writing: Writing, declared: Subtotals | None, computed: Subtotals) -> None:
    """Tell of a declared total that is not what the lines come to: one of them was changed alone."""
    if declared is None:
        return
    for name in ("lines", "quantity", "amount"):
        said, found = getattr(declared, name), getattr(computed, name)
        if said is not None and found is not None and said != found:
            said, found = getattr(said, "amount", said), getattr(found, "amount", found)
            place = Location("CTT")
            writing.tell(
                "TRN-365", place, value=str(said), expected=str(found), field=under("declared", name)
            )


def _amounts(writing: Writing, document: Document, foot: Slot | None) -> None:
    """AMT of the heading and of the foot: each where it was read; others in the foot if it has room."""
    amounts = list(document.amounts)
    total = document.declared.amount if document.declared else None
    if total is not None and all(one.qualifier.code != TOTAL_AMOUNT for one in amounts):
        amounts.append(QualifiedAmount(coded("522", TOTAL_AMOUNT), total))
    for at, one in enumerate(amounts):
        slot = foot if foot is not None and _in_foot(writing.root, foot, one) else writing.root
        stated = at < len(document.amounts)
        amount(writing, slot, one, under("", "amounts", at) if stated else "declared.amount")


def _in_foot(root: Slot, foot: Slot, one: QualifiedAmount) -> bool:
    """True if an amount stands in the loop of the totals."""
    if not (root.holds("AMT") and foot.holds("AMT")):
        return foot.holds("AMT")
    if one.origin is not None and sent_as(one.origin) == "AMT":
        return one.origin.startswith("CTT")
    return one.qualifier.code == TOTAL_AMOUNT and not (one.references or one.dates or one.accounting)
