"""The TA1: what we say about one interchange, as the elements of its segment."""

from __future__ import annotations

from parsers.x12.model import InterchangeHeader
from translators.report import Ta1


def elements(header: InterchangeHeader, ta1: Ta1) -> tuple[str, str, str, str, str]:
    """TA101 to TA105, answering the interchange of `header`, whose ISA13, ISA09 and ISA10 can be quoted."""
    return header.control_number, header.date, header.time, ta1.action, ta1.note
