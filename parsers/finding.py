"""A fault in the data we were sent, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from parsers.record import record


class Severity(StrEnum):
    """NOTE is worth knowing and changes no verdict; ERROR counts against the document."""

    NOTE = "note"
    ERROR = "error"


class Level(StrEnum):
    """How much a fault fells: its own level and what lies inside it, nothing beside it."""

    FILE = "file"
    INTERCHANGE = "interchange"
    GROUP = "group"
    SET = "set"
    SEGMENT = "segment"
    ELEMENT = "element"
    ROW = "row"
    VALUE = "value"


@record
class Location:
    """Where a fault is. Every part may be unknown (None)."""

    #: Segment id as sent, or the id that is missing: "PO1".
    segment: str | None = None
    #: Place in the transaction set, ST = 1. For a missing segment: where its absence was noticed.
    segment_number: int | None = None
    #: Path of the loop, trigger segments joined by "/": "PO1/N1". Empty text at the top of the set.
    loop: str | None = None
    #: Element position in its segment, from 1.
    element: int | None = None
    #: Component position in its composite, from 1.
    component: int | None = None
    #: Repetition, from 1.
    repetition: int | None = None
    #: X12 data element number, as text: "373", "C040".
    data_element: str | None = None
    #: Row of a delimited file, from 1, counting lines of text as a spreadsheet shows them.
    row: int | None = None
    #: Column name of a delimited file; in canonical JSON the pointer to the value: "/lines/0/price".
    column: str | None = None
    #: Offset from the first byte of the file, from 0.
    byte_offset: int | None = None


NOWHERE = Location()


@record
class Finding:
    """One fault, named once.

    code: ours, never reused: "X12-031".
    message: one sentence with the place and the value, for a person.
    x12: the standard's codes by the element that carries them:
        {"AK304": "8", "AK403": "7"}. Derived codes stand beside the code of the fault itself.
    value: the offending text, cut to 99 characters, or None. Never secret (ISA02, ISA04 are masked).
    expected: what would have been right, in plain words, or None.
    """

    code: str
    severity: Severity
    level: Level
    title: str
    message: str
    remedy: str
    location: Location = NOWHERE
    x12: Mapping[str, str] = field(default_factory=dict)
    value: str | None = None
    expected: str | None = None

    @property
    def is_error(self) -> bool:
        """True if the finding counts against the document."""
        return self.severity is Severity.ERROR

    def as_json(self) -> dict[str, object]:
        """The finding in the shape of `tradepost inspect --json`; unused keys are None."""
        place = self.location
        return {
            "code": self.code,
            "severity": self.severity.value,
            "level": self.level.value,
            "title": self.title,
            "message": self.message,
            "x12": dict(self.x12),
            "segment": place.segment,
            "segment_number": place.segment_number,
            "loop": place.loop,
            "element": place.element,
            "component": place.component,
            "repetition": place.repetition,
            "data_element": place.data_element,
            "row": place.row,
            "column": place.column,
            "byte_offset": place.byte_offset,
            "value": self.value,
            "expected": self.expected,
            "remedy": self.remedy,
        }
