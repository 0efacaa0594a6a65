"""What a set comes to for those who sent it: how its ST is judged, and what its 997 or 999 will say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.x12 import model
from translators.acknowledgements.units import in_units
from translators.outcomes import Ak5, Fault, SetOutcome

if TYPE_CHECKING:
    from partners.profile import AckPolicy

_FIRST_WITH_ST03 = "005010"
_MAX_ST03_CHARS = 35


def outcome_of(
    read: model.TransactionSet, ak5: Ak5, findings: Iterable[Finding], policy: AckPolicy
) -> SetOutcome:
    """The set as its 997 or 999 speaks of it."""
    faults = [fault for f in findings if f.is_error and (fault := Fault.of(f)) is not None]
    faults.sort(key=Fault.place)
    if faults and policy.functional == "999":
        faults = in_units(read.set_id, read.segments, faults)
    return SetOutcome(read.set_id, read.control_number, read.implementation, ak5, tuple(faults))


def implementation_faults(read: model.TransactionSet) -> list[Finding]:
    """A finding if ST03, an element since 005010, is none that an answer could repeat."""
    text = read.implementation
    if (read.release or "") < _FIRST_WITH_ST03 or (len(text) <= _MAX_ST03_CHARS and text.isprintable()):
        return []
    offset = read.segments[0].offset_of(3) if read.is_kept else read.offset
    place = Location("ST", segment_number=1, element=3, byte_offset=offset)
    return [found("TRN-371", place, value=text, expected=f"1 to {_MAX_ST03_CHARS} characters")]
