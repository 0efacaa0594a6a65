"""Matches the order of a set's segments, whatever they hold, by a pattern that grows with what is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from parsers.x12.grammar_elements import ELEMENT, END, NEVER, SEGMENT, trie
from parsers.x12.model import Loop
from parsers.x12.set_plan import UNBOUNDED, Child, Frame, LoopPlan, enter, legal_place

#: Segments placed one by one before the first pattern is compiled, and for each character of it after.
PATIENCE = 64
CHARACTERS_A_MISS = 16

#: What SE begins with.
SE = f"SE{ELEMENT}"
#: Separators of elements that control segments do not have.
_IDLE = f"{ELEMENT}{{0,99}}+"
#: SE, with SE01 as a group.
_TAIL = f"{SE}([0-9]{{1,10}}+){ELEMENT}\\1{_IDLE}{END}"
#: A segment of any kind, with its id.
ANY = re.compile(f"([A-Z0-9]++){ELEMENT}[^{SEGMENT}]*+{END}")
_ANYTHING = f"(?:(?!{SE})[^{SEGMENT}]++{END})*+"


class Structure:
    """Which segments follow each other in a set. It knows the positions that it has met.

    convention: whether ST03 names an implementation convention.

    A set that its pattern does not match is placed segment by segment, as the walker does it, so
    that what it has met decides about speed only.
    """

    def __init__(self, set_id: str, root: LoopPlan, *, convention: bool) -> None:
        self._head = _head(set_id, convention=convention)
        self._root = root
        self._any = re.compile(f"{self._head}{_ANYTHING}{_TAIL}")
        self._pattern: re.Pattern[str] | None = None
        self._met: set[Child] = set()
        self._misses = 0

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """What it knows now; None before the first pattern is made."""
        return self._pattern

    def match(self, text: str, at: int) -> re.Match[str] | None:
        """A set from ST to SE with good control numbers. Whether its order is right tells `holds`.

        Groups: ST02, ST03, the place after ST, SE01.
        """
        match = self._pattern.match(text, at) if self._pattern else None
        return match or self._any.match(text, at)

    def holds(self, text: str, match: re.Match[str]) -> bool:
        """True if the segments of a match from `match` are each where the set has them."""
        if match.re is not self._any:
            return True
        begin, end = match.end(3), match.start(4) - len(SE)
        met = self._placed(ANY.findall(text, begin, end))
        if met is not None:
            self._meet(met, text.count(SEGMENT, begin, end))
        return met is not None

    def joined(self, content: Mapping[str, str]) -> str:
        """One pattern of a set's structure and content, as far as both are known; groups as in `match`.

        content: what may follow each segment id, up to and with the segment's end.
        """
        body = Writer(self._met, content).loop(self._root.children[1:-1])
        return f"{self._head}{body}{_TAIL}"

    def _placed(self, ids: Iterable[str]) -> set[Child] | None:
        """The positions that segments between ST and SE take, or None if one does not fit."""
        frames = [Frame(self._root, Loop("", ""), counts={})]
        met = set()
        for segment_id in ("ST", *ids, "SE"):
            spot = legal_place(frames, segment_id)
            if spot is None:
                return None
            met.add(enter(frames, *spot))
        return met

    def _meet(self, met: set[Child], segments: int) -> None:
        if met <= self._met and self._pattern:
            return
        self._met |= met
        self._misses += segments
        size = len(self._pattern.pattern) if self._pattern else 0
        if self._misses >= max(PATIENCE, size // CHARACTERS_A_MISS):
            self._misses = 0
            body = Writer(self._met).loop(self._root.children[1:-1])
            self._pattern = re.compile(f"{self._head}{body}{_TAIL}")


def _head(set_id: str, *, convention: bool) -> str:
    """The pattern of ST, with three groups: ST02, ST03 and the place behind."""
    third = f"(?:{ELEMENT}([ -~]{{0,99}}+)|)" if convention else "()"
    return f"ST{ELEMENT}{re.escape(set_id)}{ELEMENT}([A-Za-z0-9]{{4,9}}+){third}{_IDLE}{END}()"


class Writer:
    """Writes the pattern of a set whose other positions are empty.

    content: of each segment id what may follow it; None lets anything follow.
    """

    def __init__(self, met: Iterable[Child], content: Mapping[str, str] | None = None) -> None:
        self._content = content
        self._met = frozenset(met)
        self._ids = {child.id for child in self._met}

    def loop(self, children: Sequence[Child]) -> str:
        """The pattern of positions in order.

        A segment belongs to the first position that takes it. So where a position is left out,
        none may follow that it would have taken and a later one would take instead.
        """
        pattern = ""
        passed: set[str] = set()
        for child in children:
            if child in self._met:
                pattern += self._barring(passed) + self._repeated(child)
                passed = set()
            elif child.required:
                return NEVER
            else:
                passed.add(child.id)
        return pattern + self._barring(passed)

    def once(self, child: Child) -> str:
        """The pattern of a segment, or of a loop once."""
        if self._content is None:
            inside = f"{ELEMENT}[^{SEGMENT}]*+{END}"
        else:
            inside = f"(?>{self._content.get(child.id, NEVER)})"
        return child.id + inside + (self.loop(child.loop.children[1:]) if child.loop else "")

    def _barring(self, passed: set[str]) -> str:
        ids = passed & self._ids
        return f"(?!(?:{trie(ids)}){ELEMENT})" if ids else ""

    def _repeated(self, child: Child) -> str:
        once = self.once(child)
        if child.maximum == 1:
            return once if child.required else f"(?>{once}|)"
        bound = "" if child.maximum == UNBOUNDED else child.maximum
        return f"(?:{once}){{{int(child.required)},{bound}}}+"
