"""What a finding is about, in plain words: its place, and the meaning of its element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers.finding import Finding, Location
from parsers.x12.definition import COMPOSITE, ElementUse
from parsers.x12.dictionary import Dictionary
from parsers.x12.wording import code_meanings

#: An element with at most so many codes has them listed.
FEW_CODES = 12
_TYPES = {
    "AN": "text",
    "ID": "code",
    "R": "decimal number",
    "DT": "date",
    "TM": "time",
    "B": "binary data",
    "N0": "whole number",
}
_REQUIREMENTS = {"M": "mandatory", "X": "depends on others", "O": "optional"}
_NUMERIC = "N"


def place_of(location: Location, subject: str, known: Dictionary) -> str:
    """Where it is, from the outside in, without line and byte: "850 0001, segment 2, loop N1 (party)".

    subject: the document, group or interchange it is in. known: has the names.
    """
    return ", ".join(_parts(location, subject, known))


def _parts(location: Location, subject: str, known: Dictionary) -> Iterator[str]:
    yield subject
    if location.row is not None:
        yield f"row {location.row}"
    if location.column is not None:
        yield f"column {location.column}"
    if location.segment_number:
        yield f"segment {location.segment_number}"
    if location.segment is not None:
        yield _named(location.segment, known.segment_name(location.segment))
    if location.loop:
        yield "in " + _named(f"loop {location.loop}", known.loop_name(location.loop))
    if location.repetition is not None:
        yield f"repetition {location.repetition}"


def _named(text: str, name: str) -> str:
    return f"{text} ({name})" if name else text


def element_of(location: Location, release: str | None, known: Dictionary) -> ElementUse | None:
    """The element or component that a place names, as the release has it; None if it has none there."""
    if location.segment is None or location.element is None:
        return None
    definition = known.segment_definition(release or known.releases[0], location.segment)
    use = _at(definition.elements, location.element) if definition else None
    if use is not None and location.component is not None and use.type == COMPOSITE:
        use = _at(use.components, location.component)
    return use


def _at(uses: Sequence[ElementUse], position: int) -> ElementUse | None:
    return uses[position - 1] if 0 < position <= len(uses) else None


def meaning_of(use: ElementUse) -> str:
    """An element in words: "373 Date: date, 8 characters, mandatory"."""
    facts = [_kind(use)]
    if use.type != COMPOSITE:
        facts.append(f"{use.min} characters" if use.min == use.max else f"{use.min} to {use.max} characters")
    facts.append(_REQUIREMENTS[use.requirement])
    if use.repeat > 1:
        facts.append(f"up to {use.repeat} times")
    return f"{use.element} {use.name}: {', '.join(facts)}"


def _kind(use: ElementUse) -> str:
    if use.type == COMPOSITE:
        return f"composite of {len(use.components)}"
    if use.type.startswith(_NUMERIC) and use.type not in _TYPES:
        return f"number, {use.type[1:]} implied decimals"
    return _TYPES[use.type]


def codes_of(use: ElementUse, release: str | None, known: Dictionary) -> str:
    """The codes an element may have, with our words for them if they are few; "" if any may stand there."""
    if use.codes is None:
        return ""
    if len(use.codes) > FEW_CODES:
        return f"one of {len(use.codes)}"
    meanings = code_meanings(release or known.releases[0], use.element)
    return ", ".join(f"{code} {meanings.get(code, '')}".strip() for code in sorted(use.codes))


def answered_as(finding: Finding) -> str:
    """The standard's codes that the partner is told, "AK304 8, AK403 8"; "" if it is told none."""
    return ", ".join(f"{name} {code}" for name, code in finding.x12.items() if not name.startswith("IK"))
