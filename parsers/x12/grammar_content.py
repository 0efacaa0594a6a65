"""Matches the segments of a set in any order, by a pattern that grows with what is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from parsers.x12.definition import COMPOSITE, ElementUse, SegmentDefinition
from parsers.x12.grammar_elements import (
    COMPONENT,
    ELEMENT,
    END,
    REPETITION,
    SEGMENT,
    Codes,
    SegmentPatterns,
    is_large,
)
from parsers.x12.model import Segment
from parsers.x12.segment_check import SegmentCheck, WalkOptions

#: Segments that are met before the first pattern is compiled.
PATIENCE = 64
#: Characters of pattern that are compiled, roughly, in the time that one segment takes without it.
CHARACTERS_A_MISS = 16
#: The longest segment that can match.
LONGEST_SEGMENT = 16_384

_PLAIN = re.compile(f"[ -~{ELEMENT}-{COMPONENT}]*+")
_END = re.compile(END)

#: A segment id, or a code with its list.
Fact = str | tuple[Codes, str]


class Content:
    """What the segments of a set may hold. It knows the segments and codes that it has met.

    A segment that its pattern does not pass is judged by `SegmentCheck`, so that what it has met
    decides about speed only. Several threads may share it: none waits, and at worst two compile the same.
    """

    def __init__(self, segments: Iterable[SegmentDefinition], options: WalkOptions, release: str) -> None:
        self._segments = {segment.id: segment for segment in segments}
        self._options = options
        self._release = release
        self._checks: dict[str, SegmentCheck] = {}
        self._pattern: re.Pattern[str] | None = None
        self._met: Counter[str] = Counter()
        self._known: dict[Codes, set[str]] = {}
        #: Facts met that the pattern does not have, and how often one of them made it fail.
        self._new: set[Fact] = set()
        self._misses = 0

    def end(self, text: str, at: int) -> int:
        """Offset of the first segment from `at` on that the set does not have, ST and SE among them.

        -1 if a segment before it is faulty, or too long, or not plain ASCII, or if too little has
        been met to be worth a pattern.
        """
        if self._pattern is None:
            self._survey(text, at)
            return -1
        while at >= 0:
            match = self._pattern.match(text, at)
            at = match.end() if match else at
            segment_id = text[at : at + 4].partition(ELEMENT)[0]
            if segment_id not in self._segments:
                return at
            at = self._after_unusual(text, at)
        return -1

    def _survey(self, text: str, at: int) -> None:
        """Meet the segments from `at` on, as long as it takes to know what to compile."""
        while self._pattern is None and (end := text.find(SEGMENT, at, at + LONGEST_SEGMENT)) >= 0:
            segment_id, *elements = text[at:end].split(ELEMENT)
            if segment_id not in self._segments:
                return
            self._meet(segment_id, elements)
            at = _after(text, end)

    def _after_unusual(self, text: str, at: int) -> int:
        """Offset after a segment that the pattern did not pass; -1 if anything is wrong with it."""
        end = text.find(SEGMENT, at, at + LONGEST_SEGMENT)
        if end < 0 or not _PLAIN.fullmatch(text, at, end):
            return -1
        segment_id, *elements = text[at:end].split(ELEMENT)
        check = self._check(segment_id)
        if not check.is_clean(elements) and check.faults(Segment(segment_id, elements, 0, 0, end - at), ""):
            return -1
        self._meet(segment_id, elements)
        return _after(text, end)

    def _check(self, segment_id: str) -> SegmentCheck:
        check = self._checks.get(segment_id)
        if check is None:
            check = SegmentCheck(self._segments[segment_id], self._options, self._release)
            self._checks[segment_id] = check
        return check

    def _meet(self, segment_id: str, elements: list[str]) -> None:
        """Take in a segment that the pattern did not pass, and compile anew when that pays."""
        facts = set(self._facts(segment_id, elements))
        for fact in facts:
            self._learn(fact)
        self._met[segment_id] += 1
        self._misses += not self._new.isdisjoint(facts)
        size = len(self._pattern.pattern) if self._pattern else 0
        if self._misses >= max(PATIENCE, size // CHARACTERS_A_MISS):
            self._compile()

    def _facts(self, segment_id: str, elements: list[str]) -> Iterator[Fact]:
        yield segment_id
        for use, value in zip(self._segments[segment_id].elements, elements, strict=False):
            if value:
                yield from _codes_in(use, value)

    def _learn(self, fact: Fact) -> None:
        if isinstance(fact, str):
            if fact not in self._met:
                self._new.add(fact)
            return
        codes, code = fact
        known = self._known.setdefault(codes, set())
        if code not in known:
            known.add(code)
            self._new.add(fact)

    def _compile(self) -> None:
        """Make the pattern of all that has been met, the segments met most often first."""
        self._new, self._misses = set(), 0
        known = {codes: tuple(met) for codes, met in tuple(self._known.items())}
        patterns = SegmentPatterns(self._options, self._release, known)
        by_letter: dict[str, list[str]] = {}
        for segment_id, _ in self._met.most_common():
            rest = segment_id[1:] + patterns.of(self._segments[segment_id])
            by_letter.setdefault(segment_id[0], []).append(rest)
        groups = (
            letter + (rest[0] if len(rest) == 1 else f"(?:{'|'.join(rest)})")
            for letter, rest in by_letter.items()
        )
        self._pattern = re.compile(f"(?:{'|'.join(groups)})*+")


def _codes_in(use: ElementUse, value: str) -> Iterator[Fact]:
    """The codes of large lists in a value."""
    if use.type == COMPOSITE:
        for part in value.split(REPETITION):
            for component, text in zip(use.components, part.split(COMPONENT), strict=False):
                yield from _codes_in(component, text)
    elif use.checked and use.codes is not None and is_large(use):
        yield from ((use.codes, code) for code in value.split(REPETITION) if code in use.codes)


def _after(text: str, terminator: int) -> int:
    """Offset of the segment after a terminator."""
    match = _END.match(text, terminator)
    return match.end() if match else terminator
