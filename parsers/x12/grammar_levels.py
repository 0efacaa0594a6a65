"""Tells quickly whether the HL segments of a set are numbered and linked without any fault."""

from __future__ import annotations

import re

from parsers.x12.grammar_elements import ELEMENT, END, SEGMENT
from parsers.x12.hierarchy import STRUCTURES

_ELEMENT = f"([^{SEGMENT}{ELEMENT}]*+)"
_LEVEL = re.compile(f"{END}HL{ELEMENT}" + f"{ELEMENT}?+".join([_ELEMENT] * 4))
_BEGINNING = re.compile(f"{END}BSN{ELEMENT}" + ELEMENT.join([_ELEMENT] * 5))


def levels_agree(text: str, at: int, end: int, depth: int) -> bool:
    """True if `hierarchy.build` finds nothing, not even a note, in the set's HL segments.

    text: from `at`, the beginning of ST, to `end`, that of SE, a set that matches its grammar.
    depth: most levels of a tree.
    """
    beginning = _BEGINNING.search(text, at, end)
    order = STRUCTURES.get(beginning[5] if beginning else "", "")
    #: Depth, level and whether others lie below, by HL01.
    depths: dict[str, int] = {}
    levels: dict[str, str] = {}
    parents: set[str] = set()
    codes: list[tuple[str, str]] = []
    counting = True
    for number, (own, above, level, code) in enumerate(_LEVEL.findall(text, at, end), 1):
        own, above = own.rstrip(" "), above.rstrip(" ")
        if own in depths or (above not in depths if depths else above):
            return False
        if counting and own.lstrip("0") != str(number):
            # Numbers that are none may begin anywhere; those that are count up from 1.
            if own.isdecimal():
                return False
            counting = False
        depths[own] = depths.get(above, 0) + 1
        levels[own] = level
        parents.add(above)
        codes.append((own, code))
        if depths[own] > depth or not _fits(order, level, levels.get(above)):
            return False
    return all(code not in {"0", "1"} or (code == "1") == (own in parents) for own, code in codes)


def _fits(order: str, level: str, above: str | None) -> bool:
    """True if a level may stand below another, or above all. order: "" allows anything."""
    if len(level) != 1 or level not in order:
        return True
    if above is None:
        return level == order[0]
    return above not in order or order.index(above) < order.index(level)
