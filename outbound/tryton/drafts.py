"""Writing what a supplier bills into the invoice lines that Tryton has drafted for its purchases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outbound.tryton.booking import MARK
from outbound.tryton.client import Record, Tryton
from outbound.tryton.master_data import in_unit

MODEL = "account.invoice"
DRAFT_LINES = (
    "reference",
    "description",
    "lines.product",
    "lines.quantity",
    "lines.unit.factor",
    "lines.origin",
    "lines.taxes",
)


@dataclass(frozen=True, slots=True)
class Billed:
    """A line of the invoice with what it stands for in Tryton. purchase: its number. price: of one unit."""

    purchase: str | None
    product: Record
    unit: Record | None
    quantity: Decimal
    price: Decimal


@dataclass
class Drafted:
    """A line that Tryton has drafted. draft: its invoice. purchase: the number of what it bills.

    change: what is written into it, None as long as nothing of it is billed.
    """

    draft: int
    record: Record
    purchase: str | None
    change: dict[str, Any] | None = None


def drafted_for(tryton: Tryton, purchases: Sequence[Record]) -> list[Drafted]:
    """The lines that Tryton itself has drafted for purchases and that no other document has taken."""
    of_purchase = {
        line["id"]: purchase["number"] for purchase in purchases for line in purchase["lines"] or ()
    }
    drafts = sorted({draft for purchase in purchases for draft in purchase["invoices"] or ()})
    domain = [["id", "in", drafts], ["state", "=", "draft"], ["reference", "in", [None, ""]]]
    found = tryton.search(MODEL, domain, DRAFT_LINES) if drafts else []
    return [
        Drafted(draft["id"], line, of_purchase.get(int(str(line["origin"] or "").rpartition(",")[2] or 0)))
        for draft in found
        if not (draft["description"] or "").startswith(MARK)
        for line in draft["lines"] or ()
    ]


def emptied(drafted: Sequence[Drafted], draft: int | None) -> list[int]:
    """The drafts that lose all their lines to `draft`."""
    kept = {line.draft for line in drafted if line.change is None}
    return sorted({line.draft for line in drafted} - kept - {draft or 0})


def bill(billed: Billed, fitting: Sequence[Drafted], *, taxed: bool) -> Decimal:
    """Write a billed line into drafted ones, one after another; what is left over, in its own unit."""
    left = billed.quantity
    for line in fitting:
        if not left or line.change is not None:
            continue
        wanted = in_unit(left, billed.unit, line.record["unit"])
        taken = min(wanted, Decimal(line.record["quantity"]))
        if taken <= 0:
            continue
        change: dict[str, Any] = {"quantity": taken, "unit_price": billed.price * left / wanted}
        if taxed:
            change["taxes"] = [["remove", line.record["taxes"] or []]]
        line.change = change
        left = left * (wanted - taken) / wanted
    return left


def lines_of(drafted: Sequence[Drafted]) -> tuple[int | None, list[object]]:
    """The draft that is written into, None if nothing of any is billed, and its lines as Tryton takes them.

    Lines of other drafts are moved into it; lines of its own that are not billed leave it, and Tryton
    drafts them anew.
    """
    used = [line for line in drafted if line.change is not None]
    if not used:
        return None, []
    draft = used[0].draft
    moved = [line.record["id"] for line in used if line.draft != draft]
    unused = [line.record["id"] for line in drafted if line.draft == draft and line.change is None]
    lines: list[object] = [["add", moved]] if moved else []
    lines += [["write", [line.record["id"]], line.change] for line in used]
    lines += [["delete", unused]] if unused else []
    return draft, lines
