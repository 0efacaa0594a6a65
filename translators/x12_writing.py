"""Writing one document as the segments of one transaction set: the inverse of `x12_reading`.

A writer adds segments as `Slot`s, loop under loop, in the order of the document's own lists; what
stands between them is put in the dictionary's order when all is there. What the model has no field
for (`unmapped`) is put back where its path says.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any

from parsers.catalogue import found
from parsers.finding import NOWHERE, Finding, Location
from parsers.x12.definition import SetDefinition
from parsers.x12.model import Segment
from parsers.x12.segment_check import WalkOptions
from parsers.x12.writer import Element, Joined, SegmentToWrite
from translators.canonical.values import Money, Value
from translators.x12_terms import PRICE_PER
from translators.x12_write_elements import Form, TooExact
from translators.x12_write_faults import as_written, missing_segment
from translators.x12_write_places import PLAIN, Place, Shape, places
from translators.x12_write_rows import ROWS, Row
from translators.x12_write_slots import Slot, under

#: A fault that repeats on every line is told this often.
MAX_SAME_FINDINGS = 20
#: ST is the first segment of a set; those written here follow it.
_FIRST_NUMBER = 2
#: The one segment that two lists of a document fill (references and notes): their order comes from
#: where they were read.
_MIXED = "N9"
#: Basis of a price (element 639) that is not per unit.
_BASES = {Decimal(100): "HP", Decimal(1000): "TP"}
#: JSON may hold half of a character beyond the first 65,536; no encoding can write it.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_ORDINAL = re.compile(r"\[([0-9]+)\]$")


@dataclass(frozen=True, slots=True)
class Written:
    """One set as written.

    release: what it was asked for. segments: between ST and SE, for `parsers.x12.writer.SetToWrite`.
    findings: what the set cannot carry or lacks. With an error among them it must not be sent.
    """

    set_id: str
    release: str
    segments: tuple[SegmentToWrite, ...]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """True if the set may be sent."""
        return not any(finding.is_error for finding in self.findings)


class Writing:
    """One set being written. Nothing here raises, whatever the document holds.

    root: the slot that stands for the whole set. currency: the one that amounts are in now.
    delimiter: finds what no data may hold.
    """

    def __init__(self, definition: SetDefinition, form: Form) -> None:
        self.definition = definition
        self.form = form
        self.root = Slot([], place=places(definition, WalkOptions(separators=form.separators)))
        self.currency: str | None = None
        marks = form.separators
        known = (marks.element, marks.component, marks.segment, marks.repetition or "", "\r", "\n")
        self._delimiters = frozenset("".join(known))
        self.delimiter = re.compile(f"[{re.escape(''.join(known))}]")
        self.findings: list[Finding] = []
        self._told: Counter[str] = Counter()
        self._rows: list[SegmentToWrite] = []

    # Adding.

    def add(
        self,
        parent: Slot,
        segment_id: str,
        value: object,
        field: str,
        *,
        row: Row | None = None,
        origin: str | None = None,
    ) -> Slot:
        """A segment from the fields of `value`, by its row (else that of its id), under `parent`.

        Where the release has no such segment there, that is told, and the slot is not written.
        """
        row = row or ROWS[segment_id]
        slot = Slot(row.values(value), row.names, field, origin)
        if Money in map(type, slot.values):
            self._check_currency(slot)
        if row.has_price:
            self._price_basis(segment_id, slot, value)
        return self.attach(parent, segment_id, slot)

    def attach(self, parent: Slot, segment_id: str, slot: Slot) -> Slot:
        """Put a slot under `parent`, last of its id."""
        place = parent.place
        if place is None:
            return slot
        if segment_id not in place.shapes:
            self.lacks(parent, segment_id, slot.field)
            return slot
        slot.place = place.loops.get(segment_id, PLAIN)
        parent.children.setdefault(segment_id, []).append(slot)
        return slot

    def lacks(self, parent: Slot, segment_id: str, field: str, code: str = "TRN-360") -> None:
        """Tell that the place has no such segment, unless the place itself is not written."""
        if parent.place is not None:
            facts = {"set": self.definition.set_id, "release": self.definition.release}
            self.tell(code, Location(segment_id, loop=parent.place.path), field=field, **facts)

    def tell_rest(
        self, segment_id: str, value: Value, field: str, carried: Container[str] | None = None
    ) -> None:
        """Tell of the fields of `value` that hold something and that a segment does not carry.

        carried: those it does; None for those of its row.
        """
        known = ROWS[segment_id].fields if carried is None else carried
        kind: Any = type(value)
        for name in _fields_of(kind):
            if name not in known and getattr(value, name) not in (None, ()):
                self.tell("TRN-361", Location(segment_id), field=under(field, name))

    def shape_of(self, path: str) -> Shape | None:
        """The segment at a path, "PO1[2]/N1[1]/REF"; None where the release has none."""
        place = self.root.place or PLAIN
        *loops, last = [step.partition("[")[0] for step in path.split("/")]
        for loop in loops:
            place = place.loops.get(loop, PLAIN)
        return place.shapes.get(last)

    def _check_currency(self, slot: Slot) -> None:
        """Tell of amounts in another currency than the one in force."""
        for at, amount in enumerate(slot.values, start=1):
            if isinstance(amount, Money) and amount.currency not in (None, self.currency):
                expected = self.currency or "none"
                self.tell(
                    "TRN-366", NOWHERE, value=amount.currency, field=slot.field_of(at), expected=expected
                )

    def _price_basis(self, segment_id: str, slot: Slot, value: Any) -> None:
        """What a price is per, by its basis: per hundred or thousand the basis is filled if none is told."""
        price = value.price
        if price is None or price.per is None:
            return
        if price.per == PRICE_PER.get(price.basis.code if price.basis else None):
            return
        basis = _BASES.get(price.per) if price.basis is None else None
        if basis is None:
            self.tell("TRN-361", Location(segment_id), field=under(slot.field, "price.per"))
        else:
            slot.put(slot.names.index("price.basis") + 1, basis, "price.basis")

    @contextmanager
    def amounts_in(self, currency: str | None) -> Iterator[None]:
        """Amounts added inside are in `currency`; None leaves the currency as it is."""
        before = self.currency
        self.currency = currency or before
        try:
            yield
        finally:
            self.currency = before

    def tell(
        self,
        code: str,
        location: Location,
        *,
        value: str | None = None,
        expected: str | None = None,
        **facts: object,
    ) -> None:
        """Note a finding, unless it has been told often enough."""
        self._note(found(code, location, value=value, expected=expected, x12=None, **facts))

    def _note(self, finding: Finding) -> None:
        self._told[finding.code] += 1
        if self._told[finding.code] <= MAX_SAME_FINDINGS:
            self.findings.append(finding)

    # Writing.

    def written(self) -> Written:
        """The set, its segments in the dictionary's order, checked as a reader would check them."""
        self._inside(self.root, self.root.place or PLAIN)
        facts = (self.definition.set_id, self.definition.release)
        return Written(*facts, tuple(self._rows), tuple(self.findings))

    def _inside(self, slot: Slot, place: Place) -> None:
        for segment_id in place.required:
            if segment_id not in slot.children:
                self._missing(segment_id, place, slot.field)
        children = slot.children
        for segment_id in sorted(children, key=place.ranks.__getitem__) if len(children) > 1 else children:
            slots, most = children[segment_id], place.most[segment_id]
            if most is not None and len(slots) > most:
                where = Location(segment_id, loop=place.path)
                counts = {"value": str(len(slots)), "expected": str(most)}
                self.tell("TRN-362", where, field=slots[most].field, **counts)
            if segment_id == _MIXED:
                slots.sort(key=lambda one: ordinal_of(one.origin))
            for one in slots:
                self._segment(segment_id, one, place)

    def _missing(self, segment_id: str, place: Place, field: str) -> None:
        number = len(self._rows) + _FIRST_NUMBER
        self._note(missing_segment(segment_id, place.path, number, field))

    def _segment(self, segment_id: str, slot: Slot, place: Place) -> None:
        """One segment and its loop; one that says nothing at all is left out."""
        shape, inner = place.shapes[segment_id], slot.place or PLAIN
        told: set[int] = set()
        elements = self._elements(segment_id, shape, slot, told)
        if not elements and not slot.children:
            if segment_id in place.required and not told:
                self._missing(segment_id, place, slot.field)
            return
        texts = [text if isinstance(text, str) else self._joined(text) for text in elements]
        if not shape.is_clean(texts):
            path = (place if inner is PLAIN else inner).path
            shown = [_HALF_CHARACTER.sub("\0", text) for text in texts]
            segment = Segment(segment_id, shown, len(self._rows) + _FIRST_NUMBER, 0, 0)
            for fault in shape.faults(segment, path):
                if fault.location.element not in told:
                    self._note(as_written(fault, shape, slot))
        self._rows.append((segment_id, tuple(elements)))
        self._inside(slot, inner)

    def _joined(self, parts: tuple[str, ...]) -> str:
        mark = self.form.separators.component
        return mark.join(parts).rstrip(mark)

    def _elements(self, segment_id: str, shape: Shape, slot: Slot, told: set[int]) -> list[Element]:
        """The elements, without delimiters in their data. A faulty one is told; its position joins `told`."""
        try:
            elements = shape.elements(slot.values)
        except TooExact:
            elements = self._rounded(segment_id, shape, slot, told)
        if not self.delimiter.search("".join(map("".join, elements))):
            return elements
        return [
            self._clean(segment_id, slot, at, element, told) for at, element in enumerate(elements, start=1)
        ]

    def _rounded(self, segment_id: str, shape: Shape, slot: Slot, told: set[int]) -> list[Element]:
        """The elements, those left empty that would lose digits."""
        values = list(slot.values)
        for at, value in enumerate(slot.values, start=1):
            try:
                shape.elements([*[None] * (at - 1), value])
            except TooExact as fault:
                self._tell_element("TRN-357", segment_id, slot, at, value=str(fault))
                told.add(at)
                values[at - 1] = None
        return shape.elements(values)

    def _clean(self, segment_id: str, slot: Slot, at: int, element: Element, told: set[int]) -> Element:
        """The element without delimiters: replaced if the form names a character, told in any case."""
        if isinstance(element, Joined) or not self.delimiter.search("".join(element)):
            return element
        value = element if isinstance(element, str) else " ".join(element)
        mark = self.form.replacement
        if mark is None:
            self._tell_element("TRN-358", segment_id, slot, at, value=value)
            told.add(at)
            return element
        self._tell_element("TRN-359", segment_id, slot, at, value=value, expected=mark)
        table = dict.fromkeys(map(ord, self._delimiters), mark)
        if isinstance(element, str):
            return element.translate(table)
        return tuple(part.translate(table) for part in element)

    def _tell_element(
        self, code: str, segment_id: str, slot: Slot, at: int, *, value: str, expected: str | None = None
    ) -> None:
        place = Location(segment_id, segment_number=len(self._rows) + _FIRST_NUMBER, element=at)
        self.tell(code, place, value=value, expected=expected, field=slot.field_of(at))


@cache
def _fields_of(kind: type[object]) -> tuple[str, ...]:
    """The fields of a value but the one that says where it was read."""
    return tuple(one.name for one in fields(kind) if one.name != "origin")  # type: ignore[arg-type]


def ordinal_of(origin: str | None) -> int:
    """Place among the segments of its id as it was read, 4 of "HL[4]"; what was not read comes last."""
    match = _ORDINAL.search(origin or "")
    return int(match[1]) if match else sys.maxsize
