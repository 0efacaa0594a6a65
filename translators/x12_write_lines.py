"""Lines as segments: PO1 and IT1 with their loops, and what ship notices share. Inverse of `x12_lines`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from parsers.finding import Location
from translators.canonical.order import Destination, Line, Schedule, Subline
from translators.canonical.order_change import ChangedLine
from translators.canonical.order_response import AnsweredSubline, LineAnswer
from translators.canonical.values import DatedEvent, ProductId
from translators.x12_write_details import details
from translators.x12_write_parts import dates, product_ids
from translators.x12_write_slots import Slot, under
from translators.x12_write_specifics import each
from translators.x12_writing import Writing

#: Pairs of location and quantity in one SDQ, from SDQ03 on, and SDQ23.
SDQ_PAIRS = 10
SDQ_FIRST = 3
SDQ_AREA = 23
#: Positions of qualifier, date and time of the two events of SCH; SCH11 and SCH12.
SCH_EVENTS = ((5, 6, 7), (8, 9, 10))
SCH_REQUEST, SCH_LINE = 11, 12
#: ACK27 to ACK29 follow ten pairs; POC05 is the unit of both quantities.
ACK_PAIRS, ACK_REASON = 10, 27
POC_UNIT = 5


def line(writing: Writing, segment_id: str, value: Line, field: str, parent: Slot | None = None) -> Slot:
    """PO1, IT1 or POC with its loop, under `parent`, else at the top of the set."""
    own, parent = value.currency, parent or writing.root
    with writing.amounts_in(own.code if own else None):
        slot = writing.add(parent, segment_id, value, field, origin=value.origin)
        goods(writing, slot, value, field)
        further = product_ids(parent, slot, segment_id, value.product_ids)
        lin(writing, slot, None, further, field)
    return slot


def changed_line(writing: Writing, value: ChangedLine, field: str) -> Slot:
    """POC with its loop."""
    slot = line(writing, "POC", value, field)
    if value.quantity is None and value.left_to_receive is not None:
        slot.put(POC_UNIT, value.left_to_receive.unit, "left_to_receive.unit")
    return slot


def goods(writing: Writing, slot: Slot, value: Line, field: str) -> None:
    """Everything of a line but its own segment."""
    details(writing, slot, value, field)
    destinations(writing, slot, value.destinations, under(field, "destinations"))
    each(writing, slot, "PO3", value.variations, under(field, "variations"))
    each(writing, slot, "IT3", value.shipments, under(field, "shipments"))
    for at, one in enumerate(value.schedules):
        schedule(writing, slot, one, under(field, "schedules", at))
    for at, part in enumerate(value.sublines):
        subline(writing, slot, part, under(field, "sublines", at))


def lin(writing: Writing, parent: Slot, number: str | None, ids: Sequence[ProductId], field: str) -> None:
    """As many LIN as the product ids need; none for no ids."""
    if ids and not parent.holds("LIN"):
        writing.lacks(parent, "LIN", under(field, "product_ids"))
        return
    while ids:
        slot = Slot([number], ("line",), field)
        ids = product_ids(parent, slot, "LIN", ids)
        writing.attach(parent, "LIN", slot)


def destinations(writing: Writing, parent: Slot, shares: Sequence[Destination], field: str) -> None:
    """SDQ, ten shares a segment; shares of another unit, qualifier or area begin a new one."""
    for key, together in groupby(shares, key=lambda one: (one.quantity.unit, one.qualifier, one.area)):
        members = list(together)
        for start in range(0, len(members), SDQ_PAIRS):
            _sdq(writing, parent, key, members[start : start + SDQ_PAIRS], field)


def _sdq(
    writing: Writing,
    parent: Slot,
    key: tuple[object, object, str | None],
    shares: list[Destination],
    field: str,
) -> None:
    unit, qualifier, area = key
    slot = Slot([unit, qualifier], ("quantity.unit", "qualifier"), f"{field}[]")
    for at, share in enumerate(shares):
        slot.put(SDQ_FIRST + 2 * at, share.location, "location")
        slot.put(SDQ_FIRST + 2 * at + 1, share.quantity.value, "quantity.value")
    if area is not None:
        slot.put(SDQ_AREA, area, "area")
    writing.attach(parent, "SDQ", slot)


def schedule(writing: Writing, parent: Slot, value: Schedule, field: str) -> None:
    """SCH with its loop; the first two dates that were read from it, or from nowhere, are its own."""
    slot = writing.add(parent, "SCH", value, field, origin=value.origin)
    events = [one for one in value.dates[: len(SCH_EVENTS)] if _is_own(one, value.origin)]
    for (code, day, clock), event in zip(SCH_EVENTS, events, strict=False):
        slot.put(code, event.qualifier, "dates")
        slot.put(day, event.date, "dates")
        slot.put(clock, event.time, "dates")
    slot.put(SCH_REQUEST, value.request, "request")
    slot.put(SCH_LINE, value.line, "line")
    if len(value.dates) > len(events):
        dates(writing, slot, value.dates[len(events) :], field)
    details(writing, slot, value, field, leave_out=frozenset({"dates"}))


def _is_own(event: DatedEvent, origin: str | None) -> bool:
    return event.origin in (None, origin) and event.until is None and event.text is None


def subline(writing: Writing, parent: Slot, value: Subline, field: str) -> Slot:
    """SLN with its loop."""
    slot = writing.add(parent, "SLN", value, field, origin=value.origin)
    if product_ids(parent, slot, "SLN", value.product_ids):
        writing.tell("TRN-361", Location("SLN"), field=under(field, "product_ids"))
    details(writing, slot, value, field)
    each(writing, slot, "PO3", value.variations, under(field, "variations"))
    if isinstance(value, AnsweredSubline):
        answers(writing, slot, value.answers, field)
    return slot


def answers(writing: Writing, parent: Slot, said: Sequence[LineAnswer], field: str) -> None:
    """ACK, each with the dates of its loop."""
    for at, one in enumerate(said):
        where = under(field, "answers", at)
        slot = writing.add(parent, "ACK", one, where, origin=one.origin)
        if product_ids(parent, slot, "ACK", one.product_ids, ACK_PAIRS):
            writing.tell("TRN-361", Location("ACK"), field=under(where, "product_ids"))
        for position, name in enumerate(("agency", "source_list", "reason"), start=ACK_REASON):
            slot.put(position, getattr(one, name), name)
        if one.date is not None and one.date.time is not None:
            writing.tell("TRN-361", Location("ACK"), field=under(where, "date.time"))
        dates(writing, slot, one.dates, where)
