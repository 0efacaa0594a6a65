"""The business's own numbers that place a fault for a person: which order, which line, which level.

A 999 names them in a CTX behind the IK3: the innermost that the faulty segment lies in, if its
number can be read (X12-FACTS 5; RFI 1312 and 2293 on the 999's business unit).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

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
_ENVELOPE = frozenset({"ST", "SE"})
#: A unit: the number of the segment that begins it, that segment's id, and the unit's own number.
_Begun = tuple[int, str, BusinessUnit | None]
_NOWHERE: _Begun = (0, "", None)


def in_units(set_id: str, segments: Sequence[Segment], faults: Iterable[Fault]) -> list[Fault]:
    """The faults with the innermost unit that each lies in; None where its number is not known.

    A line whose number is missing counts as its document, and so does what stands before, behind or
    beside the lines. Of a segment whose loop is not known the unit before it is taken.
    """
    numbered_by = _UNITS.get(set_id, {})
    begun = [
        (segment.number, segment.id, _unit(segment, position))
        for segment in segments
        if (position := numbered_by.get(segment.id)) is not None
    ]
    beginning = next(iter(numbered_by), "")
    document = next((unit for unit in begun if unit[1] == beginning), _NOWHERE)
    parts = [unit for unit in begun if unit[1] != beginning]
    return [fault._replace(unit=_unit_of(fault, document, parts)) for fault in faults]


def _unit_of(fault: Fault, document: _Begun, parts: Sequence[_Begun]) -> BusinessUnit | None:
    # A missing segment was noticed at the one that came in its stead, which may begin another unit.
    last = fault.number - 1 if fault.segment_code == _MISSING_SEGMENT else fault.number
    begun = bisect_right(parts, last, key=itemgetter(0))
    if begun:
        _, part, number = parts[begun - 1]
        if number is not None and _may_lie_in(fault, part):
            return number
    return document[2] if document[0] <= last else None


def _may_lie_in(fault: Fault, part: str) -> bool:
    """True if the fault's loop is that part's, or not known."""
    if fault.segment in _ENVELOPE:
        return False
    return fault.loop is None or fault.loop.split("/")[0] == part


def _unit(segment: Segment, position: int) -> BusinessUnit | None:
    """The number as sent, None if an answer cannot repeat it."""
    value = segment.get(position).strip(" ")
    if not value or not value.isascii() or not value.isprintable():
        return None
    return f"{segment.id}{position:02}", value[:_MAX_CHARS]
