"""What keeps a document from being written, told by the canonical field to mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from parsers.catalogue import found
from parsers.finding import Finding, Location
from translators.x12_write_places import Shape
from translators.x12_write_rows import ROWS
from translators.x12_write_slots import UNMAPPED, Slot, under

#: Our finding for each one that our own check of a segment gives; others are `_OTHER`.
_CODES: Mapping[str, str] = {
    "X12-208": "TRN-351",
    "X12-220": "TRN-351",
    "X12-222": "TRN-361",
    "X12-221": "TRN-363",
    "X12-223": "TRN-354",
    "X12-224": "TRN-353",
    "X12-226": "TRN-355",
    "X12-229": "TRN-363",
}
_OTHER = "TRN-356"
#: The canonical field that a segment comes from, where its absence must be told.
_SOURCES: Mapping[str, str] = {
    "CTT": "declared",
    "ENT": "entities",
    "HL": "shipments",
    "IT1": "lines",
    "LIN": "lines",
    "MSG": "notes",
    "PO1": "lines",
    "POC": "lines",
    "RMR": "items",
    "TDS": "totals",
}


def as_written(fault: Finding, shape: Shape, slot: Slot) -> Finding:
    """A fault of a segment that we were about to write, with the field that fills the element."""
    place = replace(fault.location, byte_offset=None)
    return found(
        _CODES.get(fault.code, _OTHER),
        place,
        value=fault.value,
        expected=fault.expected,
        name=_name(shape, place),
        field=slot.field_of(place.element) or UNMAPPED,
    )


def _name(shape: Shape, place: Location) -> str:
    """What the element or component is called."""
    uses, name = shape.uses, "element"
    for position in (place.element, place.component):
        if position is None or not 0 < position <= len(uses):
            break
        name, uses = uses[position - 1].name, uses[position - 1].components
    return name


def missing_segment(segment_id: str, loop: str, number: int, field: str) -> Finding:
    """A segment that the release wants and no field filled. field: way to what holds the loop."""
    place = Location(segment_id, segment_number=number, loop=loop)
    row = ROWS.get(segment_id)
    source = _SOURCES.get(segment_id) or (row.names[0] if row else UNMAPPED)
    return found("TRN-352", place, field=source if field == source else under(field, source))
