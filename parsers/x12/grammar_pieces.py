"""Matches a set that is too long to be at hand at once, stretch by stretch, in little memory."""

from __future__ import annotations

import re

from parsers.x12.grammar_content import Content
from parsers.x12.grammar_elements import ELEMENT
from parsers.x12.grammar_levels import Bounds, Levels
from parsers.x12.grammar_structure import ANY, CHARACTERS_A_MISS, PATIENCE, Writer
from parsers.x12.model import Loop
from parsers.x12.set_plan import Child, Frame, LoopPlan, enter, legal_place


class Pieces:
    """One set, from the segment after ST to that before SE; `follow` takes it stretch by stretch.

    Its segments are placed as the walker places them, but for the loop at the top that most of a
    long set is: the occurrences of that are matched whole.
    """

    def __init__(
        self, root: LoopPlan, content: Content, *, levels: Levels | None, bounds: Bounds | None
    ) -> None:
        self._content = content
        self._levels = levels
        self._bounds = bounds
        self._frames = [Frame(root, Loop("", ""), counts={})]
        self._met: set[Child] = set()
        #: The pattern of one occurrence of a loop with another after it, and the positions that it knows.
        self._pattern: re.Pattern[str] | None = None
        self._loop: Child | None = None
        self._known: set[Child] = set()
        #: Segments placed one by one since the pattern was made.
        self._steps = 0
        self._step("ST")

    def follow(self, text: str, at: int, end: int) -> bool:
        """True if nothing is wrong with the segments from `at` to `end`.

        They follow those of the calls before. text: from `normalise`. After a False no more is to
        be asked.
        """
        return (
            self._content.passes(text, at, end)
            and self._are_placed(text, at, end)
            and (self._levels is None or self._levels.follow(text, at, end))
            and (self._bounds is None or self._bounds.follow(text, at, end))
        )

    def may_end(self) -> bool:
        """True if nothing is wrong with the set when SE comes next."""
        return self._step("SE") and (self._levels is None or self._levels.agree())

    def _are_placed(self, text: str, at: int, end: int) -> bool:
        while at < end:
            ahead = self._over_loops(text, at, end)
            if ahead == at:
                segment = ANY.match(text, at, end)
                if segment is None or not self._step(segment[1]):
                    return False
                ahead = segment.end()
            at = ahead
        return True

    def _step(self, segment_id: str) -> bool:
        """Place a segment; False if it does not fit."""
        spot = legal_place(self._frames, segment_id)
        if spot is None:
            return False
        self._met.add(enter(self._frames, *spot))
        self._steps += 1
        return True

    def _over_loops(self, text: str, at: int, end: int) -> int:
        """Offset after the whole occurrences from `at` on of the loop that is open at the top."""
        root = self._frames[0]
        loop = root.plan.children[root.position]
        if loop.loop is None or not text.startswith(loop.id + ELEMENT, at):
            return at
        if legal_place(self._frames, loop.id) != (0, root.position):
            return at
        pattern = self._pattern_of(loop)
        room = loop.maximum - root.counts[root.position]
        while pattern is not None and room > 0 and (once := pattern.match(text, at, end)):
            at, room = once.end(), room - 1
        root.counts[root.position] = loop.maximum - room
        return at

    def _pattern_of(self, loop: Child) -> re.Pattern[str] | None:
        size = len(self._pattern.pattern) if self._pattern else 0
        grown = self._loop is not loop or self._known != self._met
        if grown and self._steps >= max(PATIENCE, size // CHARACTERS_A_MISS):
            self._loop, self._known, self._steps = loop, self._met.copy(), 0
            self._pattern = re.compile(f"{Writer(self._met).once(loop)}(?={loop.id}{ELEMENT})")
        return self._pattern if self._loop is loop else None
