"""The 999 of 005010 and later: the 997's verdicts, and the business's own number of what is faulty.

Every IK3 is followed by a CTX that names the line, level or document it lies in. The CTX of a
situational trigger and the codes that begin with I speak of a partner's guide, not of the
standard: an answer by the standard alone never has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from parsers.x12.model import Separators
from parsers.x12.writer import Ready, SegmentToWrite
from translators.acknowledgements.fa997 import (
    Form,
    element_lines,
    faulty_segments,
    group_head,
    group_verdict,
    segment_line,
    set_head,
    set_verdict,
    told_sets,
)
from translators.acknowledgements.quoting import clean
from translators.outcomes import BusinessUnit
from translators.report import GroupReport

FORM = Form("IK3", "IK4", "IK5", newer=True)


def body(
    group: GroupReport, *, version: str, separators: Separators, accepted_sets: bool
) -> Iterator[SegmentToWrite | Ready]:
    """AK1 to AK9; parameters as those of `fa997.body`. version: from 005010 on."""
    yield group_head(group, version, separators)
    for told in told_sets(group, separators, FORM, accepted_sets=accepted_sets):
        if isinstance(told, Ready):
            yield told
            continue
        yield set_head(told, version, separators)
        for faults in faulty_segments(told.faults):
            yield segment_line(faults[0], version, FORM)
            yield from _context(faults[0].unit, separators)
            yield from element_lines(faults, version, separators, FORM)
        yield set_verdict(told, FORM)
    yield group_verdict(group)


def _context(unit: BusinessUnit | None, separators: Separators) -> Iterator[SegmentToWrite]:
    """The CTX of a business unit, unless its number cannot be repeated as it is."""
    if unit is not None and clean(unit[1], separators) == unit[1]:
        yield "CTX", (unit,)
