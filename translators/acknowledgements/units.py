"""The business's own numbers that place a fault for a person: which order, which line, which level.

A 999 names them in a CTX behind the IK3: the innermost that the faulty segment lies in, if its
number can be read (X12-FACTS 5; RFI 1312 and 2293 on the 999's business unit).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from parsers.x12.model import Segment
from translators.outcomes import BusinessUnit, Fault

#: Set -> segment -> the element that numbers the document (first) or a part of it.
_UNITS: Mapping[str, Mapping[str, int]] = {
    "810": {"BIG": 2, "IT1": 1},
    "820": {"TRN": 2, "ENT": 1},
    "846": {"BIA": 3, "LIN": 1},
    "850": {"BEG": 3, "PO1": 1},
    "855": {"BAK": 3, "PO1": 1},
    "856": {"BSN": 2, "HL": 1},
    "860": {"BCH": 3, "POC": 1},
    "865": {"BCA": 3, "POC": 1},
}
#: C998-02 is AN 1-35.
_MAX_CHARS = 35
_MISSING_SEGMENT = "3"


def place_of_unit(fault: Fault) -> int:
    """The number of the segment whose unit a fault lies in.

    A missing segment was noticed at the one that came in its stead, which may begin another unit.
    """
    return fault.number - 1 if fault.segment_code == _MISSING_SEGMENT else fault.number


def units_of(set_id: str, segments: Sequence[Segment], faults: Iterable[Fault]) -> dict[int, BusinessUnit]:
    """The unit of each fault's segment, by that segment's number; none where no number is known.

    Of a line whose number is missing the document's own counts.
    """
    numbered_by = _UNITS.get(set_id, {})
    wanted = {place_of_unit(fault) for fault in faults}
    document: BusinessUnit | None = None
    current: BusinessUnit | None = None
    units: dict[int, BusinessUnit] = {}
    for segment in segments:
        position = numbered_by.get(segment.id)
        if position is not None:
            current = _unit(segment, position) or document
            document = document or current
        if segment.number in wanted and current is not None:
            units[segment.number] = current
    return units


def _unit(segment: Segment, position: int) -> BusinessUnit | None:
    """The number as sent, None if an answer cannot repeat it."""
    value = segment.get(position).strip(" ")
    if not value or not value.isascii() or not value.isprintable():
        return None
    return f"{segment.id}{position:02}", value[:_MAX_CHARS]
