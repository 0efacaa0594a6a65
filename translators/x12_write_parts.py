"""Dates, references, notes, contacts, parties and products as X12 segments: the inverse of `x12_parts`.

Every function takes the writing, the slot whose loop the segment stands in, the value, and the
canonical field that the value is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from parsers.finding import Location
from translators.canonical.values import (
    UNKNOWN_ZONE,
    Contact,
    Currency,
    DatedEvent,
    Description,
    Mark,
    Measurement,
    Note,
    Party,
    ProductId,
    QualifiedQuantity,
    Reference,
)
from translators.x12_write_rows import ROWS
from translators.x12_write_slots import Slot, under
from translators.x12_writing import Writing

Part = TypeVar("Part")

#: PER03/04 to PER07/08, and PER09.
CONTACT_NUMBERS = (3, 5, 7)
INQUIRY = 9
#: REF04 and N907: pairs of qualifier and value.
QUALIFIED = ("qualifier", "value")
RELATED = {"REF": 4, "N9": 7}
#: Texts of a segment of names, of an address, of notes.
TWO = 2
#: PID01 and PKG01 of text alone (element 349).
FREE_FORM = "F"
#: First product id of each segment that has them.
FIRST_IDS = {"ACK": 7, "IT1": 6, "IT8": 8, "LIN": 2, "PO1": 6, "POC": 8, "SLN": 9}
#: MAN04.
SECOND_MARK = 4
_LAST_ID = re.compile(r"([A-Z0-9]+)(?:\[[0-9]+\])?$")


def sent_as(origin: str | None) -> str | None:
    """The id of the segment that a value was read from, None if that is not known."""
    match = _LAST_ID.search(origin or "")
    return match[1] if match else None


def chunks(values: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """The values in runs of at most `size`."""
    return (values[at : at + size] for at in range(0, len(values), size))


def currency(writing: Writing, parent: Slot, value: Currency, field: str) -> None:
    """CUR."""
    writing.add(parent, "CUR", value, field, origin=value.origin)


def zone(event: DatedEvent) -> str | None:
    """The sender's time code; None where none is known."""
    return None if event.zone == UNKNOWN_ZONE else event.zone


def dates(
    writing: Writing, parent: Slot, events: Sequence[DatedEvent], field: str, name: str = "dates"
) -> None:
    """DTM. An event and a period that were sent in one segment are written in one."""
    last: tuple[Slot, DatedEvent] | None = None
    for at, event in enumerate(events):
        if last is not None and _is_period_of(event, last[1]) and last[0].get(6) is None:
            _period(last[0], event)
            continue
        where = under(field, name, at)
        period_only = event.until is not None or event.text is not None
        values: list[object] = [event.qualifier]
        if not period_only:
            values += [event.date, event.time, zone(event)]
        slot = Slot(values, ("qualifier", "date", "time", "zone"), where, event.origin)
        if period_only:
            _period(slot, event)
        writing.attach(parent, "DTM", slot)
        last = (slot, event)


def _is_period_of(event: DatedEvent, before: DatedEvent) -> bool:
    same = event.origin is not None and (event.origin, event.qualifier) == (before.origin, before.qualifier)
    return same and event.time is None and sent_as(event.origin) == "DTM"


def _period(slot: Slot, event: DatedEvent) -> None:
    """DTM05 and DTM06. The form of a text that is no date stands in `unmapped`."""
    if event.text is not None:
        slot.put(6, event.text, "text")
        return
    days = [f"{day.year:04}{day.month:02}{day.day:02}" for day in (event.date, event.until) if day]
    slot.put(5, "RD8" if event.until else "D8")
    slot.put(6, "-".join(days), "until")


def reference(writing: Writing, parent: Slot, value: Reference, field: str) -> Slot:
    """REF; or N9, where it was sent as one, has a date, or the place has no REF."""
    sent = sent_as(value.origin)
    as_n9 = sent == "N9" or not parent.holds("REF") or (value.when is not None and sent != "REF")
    if as_n9 and parent.holds("N9"):
        return _extended(writing, parent, value, field)
    slot = writing.add(parent, "REF", value, field, origin=value.origin)
    _related(writing, slot, value, RELATED["REF"])
    if value.when is not None:
        _when(writing, slot, value.when, field)
    return slot


def _when(writing: Writing, slot: Slot, event: DatedEvent, field: str) -> None:
    """The date of a REF, in its loop if it has one."""
    if slot.holds("DTM"):
        dates(writing, slot, (event,), field, "when")
    else:
        writing.tell("TRN-361", Location("REF"), field=under(field, "when"))


def _extended(writing: Writing, parent: Slot, value: Reference, field: str) -> Slot:
    """N9."""
    slot = writing.add(parent, "N9", value, field, origin=value.origin)
    if value.when is not None:
        for position, part in ((4, value.when.date), (5, value.when.time), (6, zone(value.when))):
            slot.put(position, part, "when")
        writing.tell_rest("N9", value.when, under(field, "when"), ("date", "time", "zone"))
    _related(writing, slot, value, RELATED["N9"])
    return slot


def _related(writing: Writing, slot: Slot, value: Reference, position: int) -> None:
    """The composite of pairs; what else a related number says has no place."""
    if value.related:
        pairs = ((one.qualifier, one.value) for one in value.related)
        slot.put(position, tuple(part for pair in pairs for part in pair), "related")
    for at, one in enumerate(value.related):
        writing.tell_rest("C040", one, under(slot.field, "related", at), QUALIFIED)


def note(writing: Writing, parent: Slot, value: Note, field: str) -> None:
    """MSG, MTX or NTE; under the N9 of its subject if the note has one."""
    if value.subject is not None:
        if not parent.holds("N9"):
            writing.lacks(parent, "N9", field)
            return
        parent = _subject(writing, parent, value.subject, under(field, "subject"))
    segment_id = _note_segment(parent, value)
    if segment_id is None:
        writing.lacks(parent, "MSG", field, "TRN-367" if parent.holds("N9") else "TRN-360")
        return
    coded = segment_id != "MSG"
    if value.qualifier is not None and not coded:
        writing.tell("TRN-361", Location(segment_id), field=under(field, "qualifier"))
    names = ("qualifier", "lines", "lines") if coded else ("lines",)
    origin = value.origin if value.subject is None else None
    for lines in chunks(value.lines, TWO if segment_id == "MTX" else 1):
        values: list[object] = [value.qualifier, *lines] if coded else list(lines)
        writing.attach(parent, segment_id, Slot(values, names, field, origin))


def _subject(writing: Writing, parent: Slot, subject: Reference, field: str) -> Slot:
    """The N9 of a note: the last one written, if both were read from the same."""
    last = parent.children.get("N9", [])[-1:]
    if last and subject.origin is not None and last[0].origin == subject.origin:
        return last[0]
    return _extended(writing, parent, subject, field)


def _note_segment(parent: Slot, value: Note) -> str | None:
    """The segment that a note goes into: as it was sent, else what the place has."""
    sent = sent_as(value.origin)
    choice = ["MSG", "NTE", "MTX"] if value.qualifier is None else ["NTE", "MTX", "MSG"]
    if sent in choice and value.subject is None:
        choice.insert(0, sent)
    return next((segment_id for segment_id in choice if parent.holds(segment_id)), None)


def contact(writing: Writing, parent: Slot, value: Contact, field: str) -> None:
    """PER."""
    slot = Slot([value.function, value.name], ("function", "name"), field)
    for position, number in zip(CONTACT_NUMBERS, value.numbers, strict=False):
        slot.put(position, number.kind, "numbers")
        slot.put(position + 1, number.value, "numbers")
    if len(value.numbers) > len(CONTACT_NUMBERS):
        writing.tell("TRN-361", Location("PER"), field=under(field, "numbers"))
    if value.inquiry is not None:
        slot.put(INQUIRY, value.inquiry, "inquiry")
    writing.attach(parent, "PER", slot)


def party(writing: Writing, parent: Slot, value: Party, field: str) -> None:
    """N1 with its loop."""
    about_party(writing, writing.add(parent, "N1", value, field, origin=value.origin), value, field)


def about_party(writing: Writing, slot: Slot, value: Party, field: str) -> None:
    """What follows the segment that names a party: names, address, contacts, references, dates, notes."""
    for segment_id, name, lines in (
        ("N2", "names", value.names),
        ("N3", "address_lines", value.address_lines),
    ):
        for two in chunks(lines, TWO):
            writing.attach(slot, segment_id, Slot(list(two), (name, name), field))
    place = Slot(ROWS["N4"].values(value), ROWS["N4"].names, field)
    if any(part is not None for part in place.values):
        writing.attach(slot, "N4", place)
    for at, one in enumerate(value.references):
        reference(writing, slot, one, under(field, "references", at))
    for at, person in enumerate(value.contacts):
        contact(writing, slot, person, under(field, "contacts", at))
    dates(writing, slot, value.dates, field)
    for at, words in enumerate(value.notes):
        note(writing, slot, words, under(field, "notes", at))
    for at, amount in enumerate(value.quantities):
        quantity(writing, slot, amount, under(field, "quantities", at))


def description(writing: Writing, parent: Slot, value: Description, field: str) -> None:
    """PID. Text alone is free form."""
    _described(writing, parent, value, field, "PID")


def packaging(writing: Writing, parent: Slot, value: Description, field: str) -> None:
    """PKG. Text alone is free form."""
    _described(writing, parent, value, field, "PKG")


def _described(writing: Writing, parent: Slot, value: Description, field: str, segment_id: str) -> None:
    slot = writing.add(parent, segment_id, value, field, origin=value.origin)
    writing.tell_rest(segment_id, value, field)
    if value.kind is None and value.text is not None and value.code is None:
        slot.put(1, FREE_FORM)


def measurement(writing: Writing, parent: Slot, value: Measurement, field: str) -> None:
    """MEA; in the loop of the description or packaging that it was read from."""
    above = (value.origin or "").rpartition("/")[0]
    loops = (*parent.children.get("PID", ()), *parent.children.get("PKG", ()))
    home = next((slot for slot in loops if above and slot.origin == above and slot.holds("MEA")), parent)
    writing.add(home, "MEA", value, field, origin=value.origin)


def quantity(writing: Writing, parent: Slot, value: QualifiedQuantity, field: str) -> None:
    """QTY."""
    writing.add(parent, "QTY", value, field)


def marks(writing: Writing, parent: Slot, values: Sequence[Mark], field: str) -> None:
    """MAN, one mark a segment; two, where there are more marks than the place has segments."""
    most = parent.place.most.get("MAN") if parent.place else None
    size = 1 if most is None or len(values) <= most else TWO
    for at, together in enumerate(chunks(values, size)):
        slot = writing.add(parent, "MAN", together[0], under(field, "marks", at * size))
        for further in together[1:]:
            for position, name in enumerate(ROWS["MAN"].names, start=SECOND_MARK):
                slot.put(position, getattr(further, name), name)


def product_ids(
    parent: Slot, slot: Slot, segment_id: str, ids: Sequence[ProductId], most: int | None = None
) -> Sequence[ProductId]:
    """Pairs of qualifier and product id in the elements for them; gives those that find no room.

    parent: whose loop the segment of `slot` stands in. most: pairs, where other elements follow them.
    """
    first = FIRST_IDS[segment_id]
    shape = parent.place.shapes.get(segment_id) if parent.place else None
    room = most or ((len(shape.uses) - first + 1) // 2 if shape else 0)
    for at, one in enumerate(ids[:room]):
        slot.put(first + 2 * at, one.qualifier, "product_ids")
        slot.put(first + 2 * at + 1, one.value, "product_ids")
    return ids[room:]
