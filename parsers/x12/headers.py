"""ISA, GS and TA1 as values, and what their elements alone show to be wrong.

Source: X12.5 and X12.6, control segments; codes of TA105 and AK905. BI-009 to BI-022.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import record
from parsers.x12.dictionary import Dictionary
from parsers.x12.model import GroupHeader, InterchangeHeader, PartyId, Segment
from parsers.x12.separators import FIRST_VERSION_WITH_REPETITION, ISA_WIDTHS, Isa


@record
class _Rule:
    """One element of a header: the finding it gives unless `holds`."""

    element: int
    code: str
    holds: Callable[[str], bool]
    expected: str


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """True if `text` is a day of the calendar, YYMMDD (years 2000 to 2099) or CCYYMMDD."""
    if not text.isascii() or not text.isdigit() or len(text) not in (6, 8):
        return False
    century = text if len(text) == 8 else f"20{text}"
    try:
        date(int(century[:4]), int(century[4:6]), int(century[6:]))
    except ValueError:
        return False
    return True


_GS_ELEMENTS = 8
_TA1_ELEMENTS = 5
_TIME = r"([01]\d|2[0-3])[0-5]\d"
_nine_digits = _matches(r"\d{9}")
_up_to_nine_digits = _matches(r"\d{1,9}")
_is_time = _matches(_TIME)
_is_group_time = _matches(_TIME + r"([0-5]\d\d{0,2})?")
_is_code = _matches(r"[A-Z0-9]{2}")
_is_control_version = _matches(r"00(?!000)\d{3}")

_ISA_RULES = (
    _Rule(1, "X12-013", _is_code, "two letters or digits"),
    _Rule(3, "X12-014", _is_code, "two letters or digits"),
    _Rule(5, "X12-015", _is_code, "two letters or digits"),
    _Rule(6, "X12-016", lambda text: bool(text.strip()), "an id"),
    _Rule(7, "X12-017", _is_code, "two letters or digits"),
    _Rule(8, "X12-018", lambda text: bool(text.strip()), "an id"),
    _Rule(9, "X12-019", lambda text: len(text) == 6 and is_date(text), "a date, YYMMDD"),
    _Rule(10, "X12-020", _is_time, "a time, HHMM"),
    _Rule(12, "X12-022", _is_control_version, "a version, as 00401"),
    _Rule(13, "X12-023", lambda text: _nine_digits(text) and int(text) > 0, "nine digits, not zero"),
    _Rule(14, "X12-024", lambda text: text in ("0", "1"), "0 or 1"),
    _Rule(15, "X12-025", lambda text: text in ("P", "T", "I"), "P, T or I"),
)

_GS_RULES = (
    _Rule(2, "X12-054", lambda text: 2 <= len(text) <= 15, "2 to 15 characters"),
    _Rule(3, "X12-054", lambda text: 2 <= len(text) <= 15, "2 to 15 characters"),
    _Rule(4, "X12-054", is_date, "a date, CCYYMMDD"),
    _Rule(5, "X12-054", _is_group_time, "a time, HHMM to HHMMSSDD"),
    _Rule(6, "X12-051", _matches(r"(?!0+$)\d{1,9}"), "one to nine digits, not zero"),
    _Rule(7, "X12-054", lambda text: text in ("X", "T"), "X or T"),
)

_TA1_RULES = (
    _Rule(1, "X12-026", _nine_digits, "nine digits"),
    _Rule(4, "X12-026", lambda text: text in ("A", "E", "R"), "A, E or R"),
    _Rule(5, "X12-026", _matches(r"0[0-3]\d"), "a note code of three digits"),
)


def interchange_header(isa: Isa) -> InterchangeHeader:
    """The ISA's elements by name; ids without their padding."""
    text = isa.elements
    return InterchangeHeader(
        sender=PartyId(text[4].rstrip(), text[5].rstrip()),
        receiver=PartyId(text[6].rstrip(), text[7].rstrip()),
        date=text[8],
        time=text[9],
        standards_id=text[10],
        version=text[11],
        control_number=text[12],
        ack_requested=text[13] == "1",
        usage=text[14],
        separators=isa.separators,
        offset=isa.offset,
        starts=isa.starts,
    )


def interchange_findings(isa: Isa) -> tuple[Finding, ...]:
    """What is wrong with the ISA: its delimiters, its elements, its widths."""
    faults = _broken(_ISA_RULES, "ISA", _without_secrets(isa.elements), isa.offset_of)
    told = {fault.location.element for fault in (*isa.findings, *faults)}
    return (*isa.findings, *faults, *_standards_id(isa), *_widths(isa, told))


def _without_secrets(elements: tuple[str, ...]) -> tuple[str, ...]:
    """The elements as findings may show them.

    Where an element was left out or added, a password stands in the place of a qualifier.
    """
    shown = list(elements)
    for qualifier in (0, 2, 4, 6):
        if len(shown[qualifier]) > ISA_WIDTHS[qualifier]:
            shown[qualifier] = f"{len(shown[qualifier])} characters"
    return tuple(shown)


def _standards_id(isa: Isa) -> Iterable[Finding]:
    """A note if ISA11 of an old version is not U."""
    if isa.elements[10] != "U" and isa.elements[11] < FIRST_VERSION_WITH_REPETITION:
        yield found("X12-021", _place("ISA", 11, isa.offset_of), value=isa.elements[10])


def _widths(isa: Isa, told: set[int | None]) -> Iterable[Finding]:
    """One finding for all elements of the wrong width that no other finding names."""
    wrong = [
        f"ISA{position:02} {len(text)}, not {width}"
        for position, (text, width) in enumerate(zip(isa.elements, ISA_WIDTHS, strict=True), start=1)
        if len(text) != width and position not in told
    ]
    if wrong:
        yield found("X12-012", Location("ISA", byte_offset=isa.offset), value="; ".join(wrong))


def group_header(segment: Segment, release: str | None) -> GroupHeader:
    """The GS's elements by name; `release` reads its sets."""
    return GroupHeader(
        functional_id=segment.get(1),
        sender=segment.get(2).rstrip(),
        receiver=segment.get(3).rstrip(),
        date=segment.get(4),
        time=segment.get(5),
        control_number=segment.get(6),
        agency=segment.get(7),
        version=segment.get(8).strip(),
        release=release,
        offset=segment.offset,
        starts=tuple(segment.offset_of(position) for position in range(1, _GS_ELEMENTS + 1)),
    )


def group_findings(segment: Segment, dictionary: Dictionary) -> list[Finding]:
    """What is wrong with the elements of a GS, its version left aside.

    A group that AK1 cannot name is a matter for the TA1 too: its faults say so.
    """
    kind = _Rule(1, "X12-050", dictionary.is_functional_id, "a functional group code, as PO")
    broken = [
        replace(fault, x12={**fault.x12, "TA105": "024"}) if _is_unnameable(fault) else fault
        for fault in _broken((kind, *_GS_RULES), "GS", segment.elements, segment.offset_of)
    ]
    return [*broken, *excess(segment, _GS_ELEMENTS, "X12-136")]


def _is_unnameable(fault: Finding) -> bool:
    """True if GS01 or GS06 cannot be repeated in AK101 or AK102."""
    value = fault.value or ""
    if fault.code == "X12-050":
        return not _is_code(value)
    return fault.code == "X12-051" and not _up_to_nine_digits(value)


def release_of(
    segment: Segment, control_version: str, dictionary: Dictionary, *, other_releases: bool
) -> tuple[str | None, list[Finding]]:
    """The dictionary for a GS, and what must be said about the choice.

    control_version: ISA12, which speaks where GS08 is a word and no number.
    other_releases: as in ReadOptions. None if no version can be told, or it is refused.
    """
    version = segment.get(8).strip()
    place = _place("GS", 8, segment.offset_of)
    release, exact = dictionary.nearest_release(version)
    if release is None and version.isalpha() and other_releases:
        release, _ = dictionary.nearest_release(f"{control_version}0")
    if release is None:
        return None, [found("X12-052", place, value=version)]
    if exact:
        return release, []
    if not other_releases:
        return None, [found("X12-061", place, value=version)]
    return release, [found("X12-053", place, value=version, expected=release)]


def excess(segment: Segment, most: int, code: str) -> list[Finding]:
    """A finding `code` if a control segment has data beyond its last element, number `most`; else none."""
    for position, value in enumerate(segment.elements[most:], start=most + 1):
        if value:
            place = replace(_place(segment.id, position, segment.offset_of), segment_number=segment.number)
            return [found(code, place, value=value, expected=str(most))]
    return []


def ta1_findings(segment: Segment) -> tuple[Finding, ...]:
    """What is wrong with the elements of a TA1."""
    broken = _broken(_TA1_RULES, "TA1", segment.elements, segment.offset_of)
    return (*broken, *excess(segment, _TA1_ELEMENTS, "X12-135"))


def _broken(
    rules: Iterable[_Rule], segment: str, elements: Iterable[str], offset_of: Callable[[int], int]
) -> list[Finding]:
    texts = dict(enumerate(elements, start=1))
    return [
        found(rule.code, _place(segment, rule.element, offset_of), value=text, expected=rule.expected)
        for rule in rules
        if not rule.holds(text := texts.get(rule.element, ""))
    ]


def _place(segment: str, element: int, offset_of: Callable[[int], int]) -> Location:
    return Location(segment=segment, element=element, byte_offset=offset_of(element))
