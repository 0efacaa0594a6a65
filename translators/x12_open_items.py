"""What a remittance pays: entities (ENT) with their open items (RMR) and adjustments (ADX)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from parsers.x12.model import Segment
from translators import totals
from translators.canonical.remittance import (
    Adjustment,
    NamedParty,
    RemittanceEntity,
    RemittanceItem,
    RemittanceLine,
)
from translators.canonical.values import Money, Party, Reference
from translators.x12_details import details
from translators.x12_lines import line
from translators.x12_parts import about_party
from translators.x12_reading import Node, Reading, of

#: Reference qualifiers (element 128) of an invoice.
INVOICES = frozenset({"IV", "IK"})
#: Payment actions (element 482) that need not pay an item in full: on account, partial, in advance.
IN_PART = frozenset({"PA", "PO", "PP", "PR"})


@dataclass(slots=True)
class OpenItems:
    """The entities and items read so far, in the order sent."""

    entities: list[RemittanceEntity] = field(default_factory=list)
    items: list[RemittanceItem] = field(default_factory=list)

    @property
    def amount(self) -> Decimal | None:
        """What is paid for items, with the adjustments of entities; None if one tells no amount."""
        free = [adjustment.amount for one in self.entities for adjustment in one.adjustments]
        return _sum([*(item.paid for item in self.items), *free])

    @property
    def further(self) -> Decimal | None:
        """What the adjustments of items come to."""
        return _sum([adjustment.amount for item in self.items for adjustment in item.adjustments])


def _sum(amounts: Sequence[Money | None]) -> Decimal | None:
    known = [one.amount for one in amounts if one is not None]
    return totals.summed(known) if len(known) == len(amounts) else None


def read_open_items(reading: Reading, nodes: Sequence[Node]) -> OpenItems:
    """Every entity among `nodes` with its items."""
    read = OpenItems()
    for ordinal, (segment, rest) in enumerate(of(nodes, "ENT"), start=1):
        read.entities.append(_entity(reading, segment, rest, ordinal))
        for item, inner in of(rest, "RMR"):
            read.items.append(_item(reading, item, inner, len(read.items) + 1, ordinal))
    return read


def _entity(reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int) -> RemittanceEntity:
    return RemittanceEntity(
        ordinal=ordinal,
        number=reading.whole(segment, 1),
        party=_party(reading, segment, 2),
        other_party=_party(reading, segment, 5),
        reference=_reference(reading, segment, 8),
        named_parties=tuple(_named(reading, one, inner) for one, inner in of(rest, "NM1")),
        adjustments=tuple(_adjustments(reading, rest)),
        origin=reading.path(segment),
        **details(reading, rest),
    )


def _party(reading: Reading, segment: Segment, first: int) -> Party | None:
    """Role, qualifier and id from element `first` on, None if all are empty."""
    if not any(reading.has(segment, position) for position in range(first, first + 3)):
        return None
    return Party(
        role=reading.code(segment, first, "98"),
        qualifier=reading.code(segment, first + 1, "66"),
        id=reading.text(segment, first + 2),
        origin=reading.path(segment),
    )


def _reference(reading: Reading, segment: Segment, first: int) -> Reference | None:
    """Qualifier and number from element `first` on, None if both are empty."""
    if not (reading.has(segment, first) or reading.has(segment, first + 1)):
        return None
    qualifier, value = reading.code(segment, first, "128"), reading.text(segment, first + 1)
    return Reference(qualifier=qualifier, value=value, origin=reading.path(segment))


def _named(reading: Reading, segment: Segment, rest: Sequence[Node]) -> NamedParty:
    return NamedParty(
        role=reading.code(segment, 1, "98"),
        kind=reading.code(segment, 2, "1065"),
        name=reading.text(segment, 3),
        first_name=reading.text(segment, 4),
        middle_name=reading.text(segment, 5),
        prefix=reading.text(segment, 6),
        suffix=reading.text(segment, 7),
        qualifier=reading.code(segment, 8, "66"),
        id=reading.text(segment, 9),
        relationship=reading.code(segment, 10, "706"),
        origin=reading.path(segment),
        **about_party(reading, rest),
    )


def _item(
    reading: Reading, segment: Segment, rest: Sequence[Node], ordinal: int, entity: int
) -> RemittanceItem:
    reference = _reference(reading, segment, 1)
    item = RemittanceItem(
        ordinal=ordinal,
        entity=entity,
        reference=reference,
        invoice_number=_invoice_number(reference),
        action=reading.code(segment, 3, "482"),
        paid=reading.money(segment, 4),
        invoiced=reading.money(segment, 5),
        discount=reading.money(segment, 6),
        adjustment_reason=reading.code(segment, 7, "426"),
        adjustment=reading.money(segment, 8),
        adjustments=tuple(_adjustments(reading, rest)),
        lines=tuple(_lines(reading, rest)),
        origin=reading.path(segment),
        **details(reading, rest),
    )
    _check_item(reading, segment, item)
    return item


def _invoice_number(reference: Reference | None) -> str | None:
    if reference is None or reference.qualifier is None or reference.qualifier.code not in INVOICES:
        return None
    return reference.value


def _adjustments(reading: Reading, nodes: Sequence[Node]) -> Iterator[Adjustment]:
    for segment, rest in of(nodes, "ADX"):
        yield Adjustment(
            amount=reading.money(segment, 1),
            reason=reading.code(segment, 2, "426"),
            reference=_reference(reading, segment, 3),
            lines=tuple(_lines(reading, rest)),
            origin=reading.path(segment),
            **details(reading, rest),
        )


def _lines(reading: Reading, nodes: Sequence[Node]) -> Iterator[RemittanceLine]:
    for ordinal, (segment, rest) in enumerate(of(nodes, "IT1"), start=1):
        yield RemittanceLine(**line(reading, segment, rest, ordinal))


def _check_item(reading: Reading, segment: Segment, item: RemittanceItem) -> None:
    """Remark on an item not paid in full where nothing says why."""
    if item.paid is None or item.invoiced is None or (item.action and item.action.code in IN_PART):
        return
    changed = _sum([adjustment.amount for adjustment in item.adjustments])
    if changed is None:
        return
    discount = item.discount.amount if item.discount else Decimal(0)
    extra = item.adjustment.amount if item.adjustment else Decimal(0)
    gap = totals.EXACT.subtract(item.paid.amount, item.invoiced.amount)
    if not _is_explained(gap, discount, changed, extra):
        due = totals.summed((item.invoiced.amount, discount.copy_negate(), changed))
        reading.tell("TRN-333", segment, 4, value=format(item.paid.amount, "f"), expected=format(due, "f"))


def _is_explained(gap: Decimal, discount: Decimal, changed: Decimal, extra: Decimal) -> bool:
    """True if discount, adjustments and interest make up the gap between paid and invoiced.

    Senders sign them as an effect on the payment or as an amount taken; interest and penalty (RMR08)
    may also stand beside the amount paid.
    """
    either = [(part, part.copy_negate()) for part in (discount, changed, extra)]
    signs = product(either[0], either[1], (*either[2], Decimal(0)))
    return any(totals.summed(parts) == gap for parts in signs)


def check_total(reading: Reading, segment: Segment, declared: Money | None, read: OpenItems) -> None:
    """Remark on a payment (BPR02) that is not what its items come to.

    Some senders give items before their adjustments: a payment that fits with these is right too.
    A payment without any item is none of an advice's.
    """
    amount, further = read.amount, read.further
    free = any(one.adjustments for one in read.entities)
    if declared is None or amount is None or not (read.items or free):
        return
    fitting = {amount} if further is None else {amount, totals.EXACT.add(amount, further)}
    if declared.amount not in fitting:
        reading.tell("TRN-330", segment, 2, value=format(declared.amount, "f"), expected=format(amount, "f"))
