"""Tells quickly whether HL segments are numbered and linked, and bounded loops closed, without any fault."""

from __future__ import annotations

import re
from functools import lru_cache

from parsers.x12.grammar_elements import ELEMENT, END, SEGMENT
from parsers.x12.hierarchy import STRUCTURES

_ELEMENT = f"([^{SEGMENT}{ELEMENT}]*+)"
_HL, _LS, _LE = f"HL{ELEMENT}", f"LS{ELEMENT}", f"LE{ELEMENT}"
_LEVEL = f"{_HL}([^{SEGMENT}]*+)"
_BEGINNING = f"BSN{ELEMENT}" + ELEMENT.join([_ELEMENT] * 5)
_BOUND = f"(L[SE]){ELEMENT}{_ELEMENT}"
#: As the first segment of a stretch, and as a later one.
_FIRST_LEVEL, _LATER_LEVEL = re.compile(_LEVEL), re.compile(END + _LEVEL)
_FIRST_BEGINNING, _LATER_BEGINNING = re.compile(_BEGINNING), re.compile(END + _BEGINNING)
_FIRST_BOUND, _LATER_BOUND = re.compile(_BOUND), re.compile(END + _BOUND)
#: After a terminator or line break, as most files have it, which is found sooner. No value holds either.
_PLAIN_LEVEL = re.compile(f"{_HL}(?<=[{SEGMENT}\\r\\n]{_HL})([^{SEGMENT}]*+)")
#: HL segments that are looked up as a whole.
_FEW = 100
_NO_MORE = ELEMENT * 3
_NUMBERS = tuple(map(str, range(1, _FEW + 1)))


class Bounds:
    """The loop that the last LS opened."""

    def __init__(self) -> None:
        self._opened = ""

    def follow(self, text: str, at: int, end: int) -> bool:
        """True if every LE from `at` to `end` names the loop that the LS before it opened.

        The segments follow those of the calls before, and match the grammar.
        """
        if text.find(_LS, at, end) < 0 and text.find(_LE, at, end) < 0:
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
        #: Whether these four belong to the trees that are looked up.
        self._shared = False

    def follow(self, text: str, at: int, end: int) -> bool:
        """True if `hierarchy.build` would find nothing, not even a note, in the segments from `at` to `end`.

        They follow those of the calls before, and match the grammar.
        """
        if self._order is None and at < end:
            beginning = _FIRST_BEGINNING.match(text, at, end) or _LATER_BEGINNING.search(text, at, end)
            self._order = STRUCTURES.get(beginning[5] if beginning else "", "")
        rows = _PLAIN_LEVEL.findall(text, at, end)
        if len(rows) != text.count(_HL, at, end):
            first = _FIRST_LEVEL.match(text, at, end)
            rows = [*([first[1]] if first else ()), *_LATER_LEVEL.findall(text, at, end)]
        return not rows or self._begin(rows) or self._take(rows)

    def agree(self) -> bool:
        """True if nothing is wrong with the tree now that it is whole."""
        codes = self._codes.items()
        return all(code not in {"0", "1"} or (code == "1") == (own in self._parents) for own, code in codes)

    def _begin(self, rows: list[str]) -> bool:
        """Take the first rows if they are as most senders have them. False says nothing against them."""
        if self._depths or len(rows) > _FEW:
            return False
        tree = _tree_of(tuple(rows), self._order or "", self._most)
        if tree is not None:
            self._depths, self._levels, self._parents, self._codes = tree
            self._shared = True
        return tree is not None

    def _take(self, rows: list[str]) -> bool:
        if self._shared:
            self._depths, self._levels = self._depths.copy(), self._levels.copy()
            self._parents, self._codes = self._parents.copy(), self._codes.copy()
            self._shared = False
        depths, levels, parents, codes = self._depths, self._levels, self._parents, self._codes
        number, order = len(depths), self._order
        for own, above, level, code in map(_parts, rows):
            own, above, number = own.rstrip(" "), above.rstrip(" "), number + 1
            depth = depths.get(above, 0)
            if own in depths or depth == self._most or (not depth and (above or depths)):
                return False
            if own != str(number) and self._counting and not self._stops_counting(own, number):
                return False
            depths[own] = depth + 1
            parents.add(above)
            if code:
                codes[own] = code
            if order:
                levels[own] = level
                if not _fits(order, level, levels.get(above)):
                    return False
        return True

    def _stops_counting(self, own: str, number: int) -> bool:
        """True unless HL01 is a wrong number. Numbers count up from 1; after what is none they need not."""
        if own.lstrip("0") == str(number):
            return True
        self._counting = False
        return not own.isdecimal()


def _parts(elements: str) -> list[str]:
    """HL01 to HL04 of an HL segment as sent. elements: without the first separator."""
    return f"{elements}{_NO_MORE}".split(ELEMENT)[:4]


@lru_cache(maxsize=512)
def _tree_of(
    rows: tuple[str, ...], order: str, most: int
) -> tuple[dict[str, int], dict[str, str], set[str], dict[str, str]] | None:
    """Depths, levels, parents and HL04 of a tree that is numbered from 1 and right so far, else None.

    The trees of one sender are often alike, so that most are looked up.
    """
    own, above, level, code = zip(*map(_parts, rows), strict=True)
    parents = set(above[1:])
    if own != _NUMBERS[: len(rows)] or above[0] or not parents.issubset(own):
        return None
    depths = [1]
    for parent in map(int, above[1:]):
        if parent > len(depths):
            return None
        depths.append(depths[parent - 1] + 1)
    levels = dict(zip(own, level, strict=True))
    pairs = set(zip(level, map(levels.get, above), strict=True)) if order else ()
    if max(depths) > most or not all(_fits(order, *pair) for pair in pairs):
        return None
    codes = {number: text for number, text in zip(own, code, strict=True) if text}
    return dict(zip(own, depths, strict=True)), levels, parents, codes


@lru_cache(maxsize=1024)
def _fits(order: str, level: str, above: str | None) -> bool:
    """True if a level may stand below another, or above all."""
    if len(level) != 1 or level not in order:
        return True
    if above is None:
        return level == order[0]
    return above not in order or order.index(above) < order.index(level)
