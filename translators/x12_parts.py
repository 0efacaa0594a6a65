"""Dates, references, notes, contacts, parties and products of X12 sets, each from its segment.

Every function takes the reading, the segment, and the rest of the segment's loop (empty where
it stands alone), and yields the values it finds: none where the segment holds nothing readable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from parsers.x12.model import Segment
from translators import gs1
from translators.canonical.meanings import coded
from translators.canonical.values import (
    Contact,
    ContactNumber,
    Currency,
    DatedEvent,
    Description,
    Measurement,
    Note,
    Party,
    ProductId,
    QualifiedQuantity,
    Reference,
)
from translators.x12_reading import Node, Reading, of

#: Pairs of qualifier and value that a reference's composite C040 may hold.
MAX_RELATED = 3


def currency(reading: Reading, nodes: Sequence[Node]) -> Currency | None:
    """The currency of CUR among `nodes`: the first, if there are several."""
    for segment, _ in of(nodes, "CUR"):
        code = reading.text(segment, 2)
        if code is None:
            return None
        return Currency(
            code, reading.code(segment, 1, "98"), reading.decimal(segment, 3), reading.path(segment)
        )
    return None


def dated_event(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[DatedEvent]:
    """DTM: a date, a period, or both."""
    event = reading.event(segment, qualifier=1, date=2, time=3, zone=4)
    if event is not None:
        yield event
    period = reading.period(segment)
    if period is not None:
        yield period


def reference(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[Reference]:
    """REF, with the first date of its loop where it has one."""
    if reading.has(segment, 2) or reading.has(segment, 3) or reading.has(segment, 4):
        yield Reference(
            qualifier=reading.code(segment, 1, "128"),
            value=reading.text(segment, 2),
            description=reading.text(segment, 3),
            when=_when(reading, rest),
            related=_related(reading, segment, 4),
            origin=reading.path(segment),
        )


def _when(reading: Reading, rest: Sequence[Node]) -> DatedEvent | None:
    return next((one for line, _ in of(rest, "DTM") for one in dated_event(reading, line, ())), None)


def _related(reading: Reading, segment: Segment, position: int) -> tuple[Reference, ...]:
    """The pairs of a C040; a composite of any other shape stays unmapped."""
    parts = reading.components(segment, position)
    if len(parts) % 2 or not all(parts) or len(parts) > 2 * MAX_RELATED:
        return ()
    reading.take(segment, position)
    return tuple(
        Reference(qualifier=coded("128", parts[at]), value=parts[at + 1]) for at in range(0, len(parts), 2)
    )


def extended_reference(
    reading: Reading, segment: Segment, rest: Sequence[Node]
) -> Iterator[Reference | Note]:
    """N9: a reference, or the heading of the messages in its loop: one note for each kind of text."""
    subject = Reference(
        qualifier=reading.code(segment, 1, "128"),
        value=reading.text(segment, 2),
        description=reading.text(segment, 3),
        when=reading.event(segment, date=4, time=5, zone=6),
        related=_related(reading, segment, 7),
        origin=reading.path(segment),
    )
    told = [note for node in rest for note in notes_of(reading, node)]
    for qualifier, notes in groupby(told, key=lambda note: note.qualifier):
        lines = tuple(line for note in notes for line in note.lines)
        yield Note(qualifier=qualifier, lines=lines, subject=subject, origin=subject.origin)
    if not told:
        yield subject


def notes_of(reading: Reading, node: Node) -> Iterator[Note]:
    """The note of a node that is MSG, or MTX as 005010 has it in MSG's place; none of another."""
    for segment_id, part in (("MSG", message), ("MTX", text)):
        for segment, rest in of((node,), segment_id):
            yield from part(reading, segment, rest)


def message(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Note]:
    """MSG."""
    line = reading.text(segment, 1)
    if line is not None:
        yield Note(lines=(line,), origin=reading.path(segment))


def text(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Note]:
    """MTX and NTE: a code and text; the first also has a second text."""
    positions = (2, 3) if segment.id == "MTX" else (2,)
    lines = [line for position in positions if (line := reading.text(segment, position))]
    if lines:
        yield Note(
            qualifier=reading.code(segment, 1, "363"), lines=tuple(lines), origin=reading.path(segment)
        )


def contact(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Contact]:
    """PER."""
    numbers = []
    for kind in (3, 5, 7):
        if reading.has(segment, kind, kind + 1):
            code, value = reading.code(segment, kind, "365"), reading.text(segment, kind + 1)
            if code and value:
                numbers.append(ContactNumber(code, value))
    yield Contact(
        function=reading.code(segment, 1, "366"),
        name=reading.text(segment, 2),
        numbers=tuple(numbers),
        inquiry=reading.text(segment, 9),
    )


def party(reading: Reading, segment: Segment, rest: Sequence[Node]) -> Iterator[Party]:
    """N1 with its loop: names, address, contacts, references, dates, notes."""
    qualifier = reading.code(segment, 3, "66")
    identity = reading.text(segment, 4)
    if qualifier and identity and qualifier.code == "UL" and not reading.checked(gs1.is_gln, identity):
        reading.tell("TRN-013", segment, 4, value=identity)
    yield Party(
        role=reading.code(segment, 1, "98"),
        name=reading.text(segment, 2),
        qualifier=qualifier,
        id=identity,
        origin=reading.path(segment),
        **about_party(reading, rest),
    )


def about_party(reading: Reading, rest: Sequence[Node]) -> dict[str, Any]:
    """The fields of a `Party` that follow the segment which names it."""
    names = [reading.text(line, at) for line, _ in of(rest, "N2") for at in (1, 2)]
    address = [reading.text(line, at) for line, _ in of(rest, "N3") for at in (1, 2)]
    place = next((line for line, _ in of(rest, "N4")), Segment("N4", [], 0, 0, 0))
    return {
        "names": tuple(name for name in names if name),
        "address_lines": tuple(line for line in address if line),
        "city": reading.text(place, 1),
        "region": reading.text(place, 2),
        "postal_code": reading.text(place, 3),
        "country": reading.text(place, 4),
        "location_qualifier": reading.code(place, 5, "309"),
        "location": reading.text(place, 6),
        "contacts": tuple(one for line, _ in of(rest, "PER") for one in contact(reading, line, ())),
        "references": tuple(one for line, _ in of(rest, "REF") for one in reference(reading, line, ())),
        "dates": tuple(one for line, _ in of(rest, "DTM") for one in dated_event(reading, line, ())),
        "notes": tuple(note for node in rest for note in notes_of(reading, node)),
        "quantities": tuple(one for line, _ in of(rest, "QTY") for one in quantity(reading, line, ())),
    }


def product_ids(
    reading: Reading, segment: Segment, first: int, end: int | None = None
) -> Iterator[ProductId]:
    """The pairs of qualifier and product id from element `first` on; a half pair stays unmapped.

    end: the element after the last that may belong to a pair; None where pairs end the segment.
    """
    for at in range(first, end or len(segment.elements), 2):
        if not reading.has(segment, at, at + 1):
            continue
        qualifier, value = reading.code(segment, at, "235"), reading.text(segment, at + 1)
        if qualifier and value:
            if not reading.checked(gs1.is_gtin, qualifier.code, value):
                reading.tell("TRN-012", segment, at + 1, value=value, kind=qualifier.meaning or "GTIN")
            yield ProductId(qualifier, value)


def description(
    reading: Reading, segment: Segment, rest: Sequence[Node]
) -> Iterator[Description | Measurement]:
    """PID, and the measurements in its loop."""
    yield Description(
        kind=reading.code(segment, 1, "349"),
        characteristic=reading.code(segment, 2, "750"),
        agency=reading.code(segment, 3, "559"),
        code=reading.text(segment, 4),
        text=reading.text(segment, 5),
        language=reading.text(segment, 9),
        origin=reading.path(segment),
    )
    for line, _ in of(rest, "MEA"):
        yield from measurement(reading, line, ())


def packaging(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Description]:
    """PKG."""
    yield Description(
        kind=reading.code(segment, 1, "349"),
        characteristic=reading.code(segment, 2, "753"),
        agency=reading.code(segment, 3, "559"),
        code=reading.text(segment, 4),
        text=reading.text(segment, 5),
        origin=reading.path(segment),
    )


def measurement(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[Measurement]:
    """MEA."""
    value, low, high = (reading.decimal(segment, position) for position in (3, 5, 6))
    if value is None and low is None and high is None:
        return
    yield Measurement(
        type=reading.code(segment, 1, "737"),
        qualifier=reading.code(segment, 2, "738"),
        value=value,
        unit=reading.plain_unit(segment, 4),
        minimum=low,
        maximum=high,
        origin=reading.path(segment),
    )


def quantity(reading: Reading, segment: Segment, _rest: Sequence[Node]) -> Iterator[QualifiedQuantity]:
    """QTY."""
    if not reading.has(segment, 1):
        return
    amount = reading.measured(segment, 2, 3)
    qualifier = reading.code(segment, 1, "673") if amount else None
    if amount and qualifier:
        yield QualifiedQuantity(qualifier, amount)
