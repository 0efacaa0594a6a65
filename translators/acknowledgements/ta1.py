"""The TA1: what we say about one interchange, as a segment."""

from __future__ import annotations

from parsers.x12.model import InterchangeHeader
from translators.report import Ta1


def line(header: InterchangeHeader, ta1: Ta1) -> tuple[str, ...]:
    """The TA1 that answers the interchange of `header`, whose ISA13, ISA09 and ISA10 can be quoted."""
    return ("TA1", header.control_number, header.date, header.time, ta1.action, ta1.note)
