"""Tells quickly whether HL segments are numbered and linked, and bounded loops closed, without any fault."""

from __future__ import annotations

import re

from parsers.x12.grammar_elements import ELEMENT, END, SEGMENT
from parsers.x12.hierarchy import STRUCTURES

_ELEMENT = f"([^{SEGMENT}{ELEMENT}]*+)"
_LEVEL = f"HL{ELEMENT}" + f"{ELEMENT}?+".join([_ELEMENT] * 4)
_BEGINNING = f"BSN{ELEMENT}" + ELEMENT.join([_ELEMENT] * 5)
#: As the first segment of a stretch, and as a later one.
_FIRST, _LATER = re.compile(_LEVEL), re.compile(END + _LEVEL)
_FIRST_BEGINNING, _LATER_BEGINNING = re.compile(_BEGINNING), re.compile(END + _BEGINNING)


#: As the first segment of a stretch, and as a later one.
_BOUND = f"(L[SE]){ELEMENT}{_ELEMENT}"
_FIRST_BOUND, _LATER_BOUND = re.compile(_BOUND), re.compile(END + _BOUND)


class Bounds:
    """The loop that the last LS opened."""

    def __init__(self) -> None:
        self._opened = ""

    def follow(self, text: str, at: int, end: int) -> bool:
        """True if every LE from `at` to `end` names the loop that the LS before it opened.

        The segments follow those of the calls before, and match the grammar.
        """
        if text.find(f"LS{ELEMENT}", at, end) < 0 and text.find(f"LE{ELEMENT}", at, end) < 0:
            return True
        first = _FIRST_BOUND.match(text, at, end)
        rows = _LATER_BOUND.findall(text, at, end)
        for mark, name in [first.groups(), *rows] if first else rows:
            if mark == "LS":
                self._opened = name
            elif name != self._opened:
                return False
        return True


class Levels:
    """The HL tree of a set as far as it has been read. depth: most levels of a tree."""

    def __init__(self, depth: int) -> None:
        self._most = depth
        self._order: str | None = None
        #: Depth and level by HL01; those with others below them; those with an HL04.
        self._depths: dict[str, int] = {}
        self._levels: dict[str, str] = {}
        self._parents: set[str] = set()
        self._codes: dict[str, str] = {}
        self._counting = True

    def follow(self, text: str, at: int, end: int) -> bool:
        """True if `hierarchy.build` would find nothing, not even a note, in the segments from `at` to `end`.

        They follow those of the calls before, and match the grammar.
        """
        if self._order is None and at < end:
            beginning = _FIRST_BEGINNING.match(text, at, end) or _LATER_BEGINNING.search(text, at, end)
            self._order = STRUCTURES.get(beginning[5] if beginning else "", "")
        first = _FIRST.match(text, at, end)
        rows = [first.groups(), *_LATER.findall(text, at, end)] if first else _LATER.findall(text, at, end)
        return all(
            self._take(own.rstrip(" "), above.rstrip(" "), level, code) for own, above, level, code in rows
        )

    def agree(self) -> bool:
        """True if nothing is wrong with the tree now that it is whole."""
        return all((code == "1") == (own in self._parents) for own, code in self._codes.items())

    def _take(self, own: str, above: str, level: str, code: str) -> bool:
        depths = self._depths
        if own in depths or (above not in depths if depths else above) or not self._counts(own):
            return False
        depths[own] = depths.get(above, 0) + 1
        if self._order:
            self._levels[own] = level
        if code in {"0", "1"}:
            self._codes[own] = code
        self._parents.add(above)
        return depths[own] <= self._most and self._fits(level, self._levels.get(above))

    def _counts(self, own: str) -> bool:
        """True if HL01 goes on counting. Numbers count up from 1; after what is no number they need not."""
        if self._counting and own.lstrip("0") != str(len(self._depths) + 1):
            self._counting = False
            return not own.isdecimal()
        return True

    def _fits(self, level: str, above: str | None) -> bool:
        """True if a level may stand below another, or above all."""
        order = self._order or ""
        if len(level) != 1 or level not in order:
            return True
        if above is None:
            return level == order[0]
        return above not in order or order.index(above) < order.index(level)
