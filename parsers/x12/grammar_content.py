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
    LONGEST_VALUE,
    NEVER,
    REPETITION,
    SEGMENT,
    VALUE,
    Codes,
    SegmentPatterns,
    form_of,
    is_large,
)
from parsers.x12.model import Segment
from parsers.x12.segment_check import SegmentCheck, WalkOptions

#: Segments that are met before the first pattern is compiled.
PATIENCE = 64
#: Characters of pattern that are compiled, roughly, in the time that one segment takes without it.
CHARACTERS_A_MISS = 16
#: Forms of one segment that a pattern holds, and its size past which it learns no more.
MOST_FORMS = 64
#: Faults of one set that are looked for here; one with more is walked.
MOST_FAULTS = 1000
LONGEST_PATTERN = 100_000
#: The longest segment that can match, by its characters and by its form.
LONGEST_SEGMENT = 64 * 1024
MOST_VALUES = LONGEST_SEGMENT // LONGEST_VALUE - 1
LONGEST_FORM = 256

_PLAIN = re.compile(f"[ -~{ELEMENT}-{COMPONENT}]*+")
_END = re.compile(END)

#: A segment id with a form, or a code list with a code.
Fact = tuple[str, str] | tuple[Codes, str]


class Content:
    """What the segments of a set may hold. It knows the forms of segments and the codes that it has met.

    A segment that its pattern does not pass is judged by `SegmentCheck`, so that what it has met
    decides about speed only. Several threads may share it: none waits, and at worst two compile the same.
    """

    def __init__(self, segments: Iterable[SegmentDefinition], options: WalkOptions, release: str) -> None:
        self._segments = {segment.id: segment for segment in segments}
        self._options = options
        self._release = release
        self._checks: dict[str, SegmentCheck] = {}
        self._pattern: re.Pattern[str] | None = None
        #: What the pattern lets follow each segment id.
        self.written: dict[str, str] = {}
        self._met: Counter[str] = Counter()
        self._forms: dict[str, set[str]] = {}
        self._codes: dict[Codes, set[str]] = {}
        #: Facts met that the pattern does not have, and how often one of them made it fail.
        self._new: set[Fact] = set()
        self._misses = 0

    def passes(self, text: str, at: int, end: int) -> bool:
        """True if nothing is wrong with the segments from `at` to `end`.

        They are plain ASCII then, and none is longer than LONGEST_SEGMENT.
        """
        return self.faulty(text, at, end, most=0) is not None

    def faulty(self, text: str, at: int, end: int, most: int = MOST_FAULTS) -> list[int] | None:
        """Offsets of the segments from `at` to `end` that hold faulty elements.

        They are plain ASCII, and none is longer than LONGEST_SEGMENT; None if there are others, segments
        that are not of the set or have no elements, or more faults than `most`.
        """
        offsets: list[int] = []
        while at < end:
            match = self._pattern.match(text, at, end) if self._pattern else None
            at = match.end() if match else at
            if at < end:
                after, faults = self._after_unusual(text, at)
                offsets += [at] * (faults > 0)
                at, most = after, most - faults
                if at < 0 or most < 0:
                    return None
        return offsets if at == end else None

    def _after_unusual(self, text: str, at: int) -> tuple[int, int]:
        """Offset after a segment that the pattern did not pass, -1 if the set has none such; its faults."""
        end = text.find(SEGMENT, at, at + LONGEST_SEGMENT)
        if end < 0 or not _PLAIN.fullmatch(text, at, end):
            return -1, 0
        segment_id, *elements = text[at:end].split(ELEMENT)
        if segment_id not in self._segments or not elements:
            return -1, 0
        check, faults = self._check(segment_id), 0
        if check.is_clean(elements):
            self._meet(segment_id, elements)
        else:
            faults = len(check.faults(Segment(segment_id, elements, 0, 0, end - at), ""))
        return _after(text, end), faults

    def _check(self, segment_id: str) -> SegmentCheck:
        check = self._checks.get(segment_id)
        if check is None:
            check = SegmentCheck(self._segments[segment_id], self._options, self._release)
            self._checks[segment_id] = check
        return check

    def _meet(self, segment_id: str, elements: list[str]) -> None:
        """Take in a segment that the pattern did not pass, and compile anew when that pays."""
        size = len(self._pattern.pattern) if self._pattern else 0
        if size > LONGEST_PATTERN:
            return
        facts = set(self._facts(segment_id, elements))
        for fact in facts:
            self._learn(fact)
        self._met[segment_id] += 1
        self._misses += not self._new.isdisjoint(facts)
        if self._misses >= max(PATIENCE, size // CHARACTERS_A_MISS):
            self._compile()

    def _facts(self, segment_id: str, elements: list[str]) -> Iterator[Fact]:
        yield segment_id, form_of("".join(ELEMENT + value for value in elements))
        for use, value in zip(self._segments[segment_id].elements, elements, strict=False):
            if value:
                yield from _codes_in(use, value)

    def _learn(self, fact: Fact) -> None:
        subject, text = fact
        if isinstance(subject, str):
            known = self._forms.setdefault(subject, set())
            if len(known) >= MOST_FORMS or len(text) > LONGEST_FORM or text.count(VALUE) > MOST_VALUES:
                return
        else:
            known = self._codes.setdefault(subject, set())
        if text not in known:
            known.add(text)
            self._new.add(fact)

    def _compile(self) -> None:
        """Make the pattern of all that has been met, the segments met most often first."""
        self._new, self._misses = set(), 0
        codes = {codes: tuple(met) for codes, met in tuple(self._codes.items())}
        patterns = SegmentPatterns(self._options, self._release, codes)
        written: dict[str, str] = {}
        by_letter: dict[str, list[str]] = {}
        for segment_id, _ in self._met.most_common():
            forms = tuple(self._forms.get(segment_id, ()))
            written[segment_id] = patterns.of(self._segments[segment_id], forms) if forms else NEVER
            by_letter.setdefault(segment_id[0], []).append(segment_id[1:] + written[segment_id])
        self.written = written
        groups = (f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())
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
