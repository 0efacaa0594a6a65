"""Checks the elements of one segment against its definition.

Each position is compiled once into a quick test that is sure when it says yes. Only a segment
that fails it is looked at again, slowly, to say what is wrong where.

ST and SE are not checked here: their faults are faults of the set (AK502), which the envelope reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property, lru_cache
from heapq import nsmallest
from itertools import chain, islice, repeat
from typing import Literal

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import record
from parsers.x12.definition import COMPOSITE, ElementUse, SegmentDefinition, SyntaxNote
from parsers.x12.element import (
    CharacterSet,
    ValueFault,
    character_class,
    date_fault,
    decimal_fault,
    length_fault,
    numeric_fault,
    text_fault,
    time_fault,
)
from parsers.x12.model import Segment, Separators

#: From this release on AK403 has codes of its own for too many repetitions and components.
FIRST_RELEASE_WITH_REPETITION = "005010"
#: Type of an element whose bytes mean nothing to us.
BINARY = "B"
#: Presence patterns remembered a segment: more than any honest file shows.
MAX_KNOWN_MASKS = 4096

Accepts = Callable[[str], object]

_DAY = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DATES = {8: f"(?!0000)[0-9]{{4}}{_DAY}", 6: f"[0-9]{{2}}{_DAY}"}
_TIMES = r"(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9][0-9]{0,2})?"


@record
class WalkOptions:
    """How a set is to be read.

    separators: of its interchange; repetition None means that nothing repeats.
    charset: what AN and ID may hold.
    trailing_separators: whether a segment may end in empty elements, must not, or must show all of them.
    check_codes: False accepts any value of an ID element.
    tree_depth: most levels of an HL tree.
    """

    separators: Separators = field(default_factory=Separators)
    charset: CharacterSet = CharacterSet.UTF8
    trailing_separators: Literal["allowed", "forbidden", "mandatory"] = "allowed"
    check_codes: bool = True
    tree_depth: int = 32


@record
class _Place:
    """Where a value stands, to be made into a Location when something is wrong with it."""

    segment: Segment
    loop: str
    element: int
    component: int | None = None
    repetition: int | None = None
    #: Text of the element before the part meant.
    before: str = ""

    def location(self, use: ElementUse | None) -> Location:
        return Location(
            segment=self.segment.id,
            segment_number=self.segment.number,
            loop=self.loop,
            element=self.element,
            component=self.component,
            repetition=self.repetition,
            data_element=use.element if use else None,
            byte_offset=self.segment.offset_of(self.element, self.before),
        )


class SegmentCheck:
    """The compiled check of one segment under given options."""

    def __init__(self, definition: SegmentDefinition, options: WalkOptions, release: str) -> None:
        self._definition = definition
        self._options = options
        self._release = release
        self._characters = character_class(options.charset, release)
        self._clean_masks: set[int] = set()
        self._broken: dict[int, list[tuple[SyntaxNote, int]]] = {}
        self._any_trailing = options.trailing_separators == "allowed"

    @cached_property
    def _accepts(self) -> list[Accepts]:
        """The test of each position, each made with its first value: most are never sent."""
        return [self._with_first_value(at, use) for at, use in enumerate(self._definition.elements)]

    def _with_first_value(self, at: int, use: ElementUse) -> Accepts:
        def accepts(value: str) -> object:
            self._accepts[at] = test = self._repeated(use)
            return test(value)

        return accepts

    @cached_property
    def _required(self) -> int:
        return _required_mask(self._definition.elements)

    def is_clean(self, elements: list[str]) -> bool:
        """True if nothing is wrong with the elements; False means: ask `faults`."""
        mask = _mask(elements, self._accepts)
        if mask is None or (mask not in self._clean_masks and not self._is_clean_mask(mask)):
            return False
        if len(elements) > len(self._accepts) and any(elements[len(self._accepts) :]):
            return False
        return self._any_trailing or not self._trailing_fault(elements)

    def _is_clean_mask(self, mask: int) -> bool:
        """True if the positions present are enough and agree; remembered, since few patterns recur often."""
        if mask & self._required != self._required or not mask:
            return False
        if self._broken_notes(mask):
            return False
        if len(self._clean_masks) < MAX_KNOWN_MASKS:
            self._clean_masks.add(mask)
        return True

    def _broken_notes(self, mask: int) -> list[tuple[SyntaxNote, int]]:
        """The notes that a pattern of positions breaks, each with a position at fault; remembered too."""
        broken = self._broken.get(mask)
        if broken is None:
            notes = self._definition.notes
            broken = [(note, position) for note in notes for position in broken_positions(note, mask)]
            if len(self._broken) < MAX_KNOWN_MASKS:
                self._broken[mask] = broken
        return broken

    def faults(self, segment: Segment, loop: str) -> list[Finding]:
        """Every fault of the segment's elements, in order of position."""
        elements = segment.elements
        if not any(elements):
            return [self._empty(segment, loop)]
        findings: list[Finding] = []
        uses = self._definition.elements
        values = chain(elements, repeat(""))
        for use, accept, value in zip(uses, self._accepts, values, strict=False):
            if not accept(value) if value else use.requirement == "M":
                findings += self._element_faults(use, value, _Place(segment, loop, use.position))
        findings += self._note_faults(segment, loop)
        findings.sort(key=lambda finding: finding.location.element or 0)
        findings += self._excess(segment, loop)
        return findings

    # --- quick tests

    def _repeated(self, use: ElementUse) -> Accepts:
        one = self._single(use)
        separator = self._options.separators.repetition
        if separator is None or not use.checked or use.type == BINARY:
            return one
        if use.repeat == 1:
            # Unchecked components take any text; every other test bars the separator by itself.
            takes_any = any(not part.checked for part in use.components)
            return (lambda value: separator not in value and one(value)) if takes_any else one
        return lambda value: (
            value.count(separator) < use.repeat and all(part and one(part) for part in value.split(separator))
        )

    def _single(self, use: ElementUse) -> Accepts:
        if not use.checked:
            return str.strip
        if use.type != COMPOSITE:
            return self._simple(use)
        parts = tuple(self._single(part) for part in use.components)
        required = _required_mask(use.components)
        separator = self._options.separators.component

        def accepts(value: str) -> bool:
            values = value.split(separator)
            mask = _mask(values, parts)
            if mask is None or mask & required != required or any(values[len(parts) :]):
                return False
            return not any(broken_positions(note, mask) for note in use.notes)

        return accepts

    def _simple(self, use: ElementUse) -> Accepts:
        if use.type == BINARY:
            return lambda value: use.min <= len(value) <= use.max
        if use.type == "ID" and use.codes is not None and self._options.check_codes:
            return use.codes.__contains__
        pattern = self._pattern(use)
        return self._text(use) if pattern is None else re.compile(pattern).fullmatch

    def _text(self, use: ElementUse) -> Accepts:
        """The test of an AN or ID: one pattern for all of them, and the length, so that few are compiled."""
        low, high = use.min, use.max
        barred = self._options.separators.component + (self._options.separators.repetition or "")
        whole = re.compile(f"(?! )(?:(?![{re.escape(barred)}]){self._characters})*").fullmatch
        return lambda value: low <= len(value) <= high and whole(value)

    def _pattern(self, use: ElementUse) -> str | None:
        """A pattern of values that are right beyond doubt, None for text; others need `_value_fault`."""
        low, high = use.min, use.max
        if use.type.startswith("N"):
            return f"[0-9]{{{low},{high}}}"
        if use.type == "R":
            return f"[0-9]{{{low},{high}}}|(?=.{{{low + 1},{high + 1}}}\\Z)[0-9]*\\.[0-9]+"
        if use.type == "DT":
            return "|".join(_DATES[digits] for digits in (6, 8) if low <= digits <= high)
        if use.type == "TM":
            return f"(?=.{{{low},{high}}}\\Z)(?:{_TIMES})"
        return None

    # --- explanations

    def _element_faults(self, use: ElementUse, value: str, place: _Place) -> Iterator[Finding]:
        if not use.checked:
            return
        if not value.strip(" "):
            if use.requirement == "M":
                yield found("X12-220", place.location(use), name=use.name)
            return
        separator = self._options.separators.repetition if use.type != BINARY else None
        parts = value.split(separator) if separator else [value]
        if len(parts) == 1:
            yield from self._part_faults(use, value, place)
            return
        if len(parts) > use.repeat:
            code = "12" if self._release >= FIRST_RELEASE_WITH_REPETITION else "3"
            x12 = {"AK403": code}
            yield found(
                "X12-230", place.location(use), value=value, expected=str(use.repeat), x12=x12, name=use.name
            )
        for number, part in enumerate(parts[: use.repeat], 1):
            before = _up_to(parts, number, separator or "")
            at = _Place(place.segment, place.loop, place.element, None, number, before)
            if part:
                yield from self._part_faults(use, part, at)

    def _part_faults(self, use: ElementUse, value: str, place: _Place) -> Iterator[Finding]:
        """Faults of one repetition, composite or simple."""
        parts = value.split(self._options.separators.component) if use.type != BINARY else [value]
        # Separators at a composite's end, like those at a segment's end, separate nothing.
        beyond = any(parts[len(use.components) :]) if use.type == COMPOSITE else len(parts) > 1
        if beyond:
            code = "13" if self._release >= FIRST_RELEASE_WITH_REPETITION else "3"
            expected = str(max(1, len(use.components)))
            x12 = {"AK403": code}
            yield found(
                "X12-231", place.location(use), value=value, expected=expected, x12=x12, name=use.name
            )
        elif use.type != COMPOSITE:
            fault = self._value_fault(use, value)
            if fault is not None:
                yield _value_finding(fault, use, value, place)
        if use.type == COMPOSITE:
            yield from self._component_faults(use, parts[: len(use.components)], place)

    def _component_faults(self, use: ElementUse, parts: list[str], place: _Place) -> Iterator[Finding]:
        """Faults of the components; of a composite of nothing but separators the first says it all."""
        faults = self._each_component_fault(use, parts, place)
        return faults if any(part.strip(" ") for part in parts) else islice(faults, 1)

    def _each_component_fault(self, use: ElementUse, parts: list[str], place: _Place) -> Iterator[Finding]:
        for component in use.components:
            value = parts[component.position - 1] if component.position <= len(parts) else ""
            at = self._component_place(place, component.position, parts)
            if value.strip(" "):
                fault = self._value_fault(component, value) if component.checked else None
                if fault is not None:
                    yield _value_finding(fault, component, value, at)
            elif component.checked and component.requirement == "M":
                yield found("X12-220", at.location(component), name=component.name)
        mask = _presence(parts)
        for note in use.notes:
            for position in broken_positions(note, mask):
                component = use.components[position - 1]
                at = self._component_place(place, position, parts)
                yield _note_finding(note, component, at, parts)

    def _component_place(self, place: _Place, position: int, parts: list[str]) -> _Place:
        before = place.before + _up_to(parts, position, self._options.separators.component)
        return replace(place, component=position, before=before)

    def _value_fault(self, use: ElementUse, value: str) -> ValueFault | None:
        if use.type == BINARY:
            return length_fault(len(value), use.min, use.max)
        if use.type.startswith("N"):
            return numeric_fault(value, use.min, use.max)
        if use.type in _FAULTS:
            return _FAULTS[use.type](value, use.min, use.max)
        if use.type == "ID" and use.codes is not None and self._options.check_codes:
            if value in use.codes or value.rstrip(" ") in use.codes:
                return None
            fault = text_fault(value, use.min, use.max, self._characters)
            return fault or ValueFault.BAD_CODE
        return text_fault(value, use.min, use.max, self._characters)

    def _note_faults(self, segment: Segment, loop: str) -> Iterator[Finding]:
        """One finding for each position that a note misses; two notes on one position count once."""
        values, told = segment.elements, set()
        for note, position in self._broken_notes(_presence(values)):
            use = self._definition.elements[position - 1]
            if use.requirement != "M" and (note.kind == "E", position) not in told:
                told.add((note.kind == "E", position))
                yield _note_finding(note, use, _Place(segment, loop, position), values)

    def _excess(self, segment: Segment, loop: str) -> Iterator[Finding]:
        size = len(self._accepts)
        for position in range(size + 1, len(segment.elements) + 1):
            value = segment.get(position)
            if value:
                place = _Place(segment, loop, position).location(None)
                yield found("X12-222", place, value=value, expected=str(size))
                return
        fault = self._trailing_fault(segment.elements)
        if fault:
            # The last separator is one too many, or the next one is missing.
            position = len(segment.elements) + (fault == "X12-233")
            yield found(fault, _Place(segment, loop, position).location(None), expected=str(size))

    def _trailing_fault(self, elements: list[str]) -> str | None:
        """The code of our finding if the segment's end is against the agreement."""
        match self._options.trailing_separators:
            case "forbidden" if elements and not elements[-1]:
                return "X12-232"
            case "mandatory" if len(elements) < len(self._accepts):
                return "X12-233"
            case _:
                return None

    def _empty(self, segment: Segment, loop: str) -> Finding:
        uses = self._definition.elements
        first = next((use for use in uses if use.requirement == "M"), uses[0])
        return found("X12-208", _Place(segment, loop, first.position).location(first))


_FAULTS = {"R": decimal_fault, "DT": date_fault, "TM": time_fault}

_CODES = {
    ValueFault.TOO_SHORT: "X12-223",
    ValueFault.TOO_LONG: "X12-224",
    ValueFault.BAD_CHARACTER: "X12-225",
    ValueFault.BAD_CODE: "X12-226",
    ValueFault.BAD_DATE: "X12-227",
    ValueFault.BAD_TIME: "X12-228",
}
#: Codes of a list that a finding quotes.
SHOWN_CODES = 12


def _value_finding(fault: ValueFault, use: ElementUse, value: str, place: _Place) -> Finding:
    numeric = use.type == "R" or use.type.startswith("N")
    code = "X12-234" if fault is ValueFault.BAD_CHARACTER and numeric else _CODES[fault]
    location = place.location(use)
    return found(code, location, value=value, expected=_expected(fault, use), name=use.name)


def _expected(fault: ValueFault, use: ElementUse) -> str:
    if fault is ValueFault.BAD_CODE:
        return _some_of(use.codes or frozenset())
    if use.type == "DT":
        return f"{use.max} digits, {'CCYYMMDD' if use.max == 8 else 'YYMMDD'}"
    if use.type == "TM":
        return f"{use.min} to {use.max} digits, HHMM or HHMMSS"
    count = str(use.min) if use.min == use.max else f"{use.min} to {use.max}"
    if use.type == "R":
        return f"{count} digits, a decimal point allowed"
    if use.type.startswith("N"):
        point = f", the last {use.type[1]} of them decimals without a point" if use.type != "N0" else ""
        return f"{count} digits{point}"
    return f"{count} characters"


@lru_cache(maxsize=256)
def _some_of(codes: frozenset[str]) -> str:
    """The first codes of a list, and how many there are besides."""
    first = ", ".join(nsmallest(SHOWN_CODES, codes))
    return f"{first} and {len(codes) - SHOWN_CODES} more" if len(codes) > SHOWN_CODES else first


def _up_to(parts: list[str], number: int, separator: str) -> str:
    """What stands before the part of that number (from 1), or all there is where it is absent."""
    before = separator.join(parts[: number - 1])
    return before + separator if 1 < number <= len(parts) else before


def _note_finding(note: SyntaxNote, use: ElementUse, place: _Place, values: list[str]) -> Finding:
    location = place.location(use)
    rule = f"{note.kind}{''.join(f'{position:02}' for position in note.positions)}"
    if note.kind == "E":
        return found("X12-229", location, value=values[use.position - 1], name=use.name, rule=rule)
    return found("X12-221", location, name=use.name, rule=rule)


def _required_mask(uses: tuple[ElementUse, ...]) -> int:
    return sum(1 << use.position - 1 for use in uses if use.requirement == "M" and use.checked)


def _mask(values: list[str], accepts: Sequence[Accepts]) -> int | None:
    """Bit n - 1 for each position n that holds a value; None if a value is not surely right."""
    mask, bit = 0, 1
    for value, accept in zip(values, accepts, strict=False):
        if value:
            if not accept(value):
                return None
            mask |= bit
        bit <<= 1
    return mask


def _presence(values: list[str]) -> int:
    return sum(1 << index for index, value in enumerate(values) if value.strip(" "))


def broken_positions(note: SyntaxNote, mask: int) -> list[int]:
    """The positions at fault under a note: missing ones, or for E the ones too many.

    mask: bit n - 1 for each position n that is present. An empty list means that the note is kept.
    """
    present = [position for position in note.positions if mask >> position - 1 & 1]
    missing = [position for position in note.positions if not mask >> position - 1 & 1]
    first_present = note.positions[0] in present
    match note.kind:
        case "P":
            return missing if present else []
        case "R":
            return [] if present else missing[:1]
        case "E":
            return present[1:]
        case "C":
            return missing if first_present else []
        case _:
            return missing[:1] if first_present and len(present) == 1 else []
