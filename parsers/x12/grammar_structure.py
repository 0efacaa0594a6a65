"""Writes the pattern of a set's structure: which segments follow each other, whatever they hold."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.x12.definition import LoopDefinition, SegmentUse
from parsers.x12.grammar_elements import ELEMENT, END, SEGMENT, trie

Part = SegmentUse | LoopDefinition
#: Optional positions in a row that are tried one by one; more are passed over together.
FEW = 2


def structure(parts: Sequence[Part]) -> str:
    """The pattern of the positions of a set or loop in order.

    A segment goes to the first position that takes it and stays there, as the walker has it.
    """
    pattern, at = "", 0
    while at < len(parts):
        stop = at
        while stop < len(parts) and parts[stop].requirement != "M":
            stop += 1
        pattern += _optional(parts[at:stop])
        if stop < len(parts):
            pattern += _repeated(parts[stop])
        at = stop + 1
    return pattern


def _optional(parts: Sequence[Part]) -> str:
    """Positions that may all be empty: halved and halved again, so that few are tried in vain."""
    if len(parts) <= FEW:
        return "".join(map(_repeated, parts))
    middle = len(parts) // 2
    ahead = f"(?=(?:{trie({part.id for part in parts})}){ELEMENT})"
    return f"(?>{ahead}{_optional(parts[:middle])}{_optional(parts[middle:])}|)"


def _repeated(part: Part) -> str:
    once = occurrence(part)
    most = most_of(part)
    least = 1 if part.requirement == "M" else 0
    if most == 1:
        return f"(?>{once}{'' if least else '|'})"
    bound = "" if most is None else most
    return f"(?:{once}){{{least},{bound}}}+"


def most_of(part: Part) -> int | None:
    """How often a part may come; None: without bound."""
    return part.repeat if isinstance(part, LoopDefinition) else part.max_use


def occurrence(part: Part) -> str:
    """The pattern of one segment, or of a loop once."""
    if isinstance(part, LoopDefinition):
        return segment(part.id) + structure(part.children[1:])
    return segment(part.id)


def segment(segment_id: str) -> str:
    """The pattern of any segment of that id."""
    return f"{segment_id}{ELEMENT}[^{SEGMENT}]*+{END}"
