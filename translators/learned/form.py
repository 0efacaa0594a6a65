"""A form: how one part of a set is written, and how the same part stands in JSON.

`learn` watches the translator read a part, has it read two samples of the same shape, and keeps
what all of them have in common. A form that does not give, byte for byte, what the translator gives
for the part and for both samples is no form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, islice
from operator import itemgetter
from sys import getsizeof
from typing import Any, TypeVar

from parsers.x12.model import Loop, Segment, Separators, TransactionSet
from translators.canonical.values import Unmapped
from translators.canonical.writing import json_text
from translators.learned.holes import ANY, PLACED, RAW, TEXT, VALUES, Use, Way, way_of
from translators.learned.recording import Observed, Place, RecordingReading
from translators.learned.templates import Filler, Mark, Row, Template, filler

T = TypeVar("T")
#: Values of one check that are known to pass, at most.
MAX_KNOWN = 4096
#: Code and other text that a form holds as sent, at most.
MAX_LITERAL_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Read:
    """What a translator makes of a part: its JSON, and values that are needed beside it."""

    text: str
    kept: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a set that may have a form.

    pieces: its segments and loops, in one piece or in two that other parts stand between. ends: a
    pattern of what ends each piece.
    numbered: id of its loop, if the loop's number in the set belongs to its place.
    placed: further texts that its place gives, two samples each; the loop's number comes first.
    read: has the translator read the part, given them.
    """

    set: TransactionSet
    pieces: Sequence[Sequence[Segment | Loop]]
    ends: Sequence[str]
    numbered: str | None
    placed: tuple[tuple[str, str], ...]
    read: Callable[[RecordingReading, tuple[str, ...]], Read]


class Check:
    """A check of values that every occurrence of a form must pass, or fail as the first one did.

    at: indexes in a row of what is asked about. What is known to pass is asked about once.
    """

    def __init__(self, ask: Callable[..., object], arguments: Sequence[Mark | object], answer: bool) -> None:
        self._ask = ask
        self._arguments = arguments
        self._answer = answer
        self.at = [at for one in arguments if isinstance(one, Mark) for at in range(one.at, one.end)]
        self._pick = itemgetter(*self.at)
        self._known: set[Any] = set()

    def holds(self, rows: Sequence[Row]) -> bool:
        """True if the check says of all rows what it said of the first."""
        return self.holds_of(set(map(self._pick, rows)))

    def holds_of(self, asked: set[Any]) -> bool:
        """The same of the texts at `at`: a set of tuples, or of texts where there is but one."""
        asked = asked - self._known
        if not asked:
            return True
        if not all(map(self._passes, asked)):
            return False
        if len(self._known) + len(asked) > MAX_KNOWN:
            self._known.clear()
        if len(asked) <= MAX_KNOWN:
            self._known |= asked
        return True

    def _passes(self, asked: Any) -> bool:
        texts = iter(asked if len(self.at) > 1 else (asked,))
        values = [
            one.way.value(*islice(texts, one.way.groups)) if isinstance(one, Mark) else one
            for one in self._arguments
        ]
        return bool(self._ask(*values)) is self._answer


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """How a part is written and what it gives.

    patterns: of its pieces; their groups make a row, one after the other, and then comes what the
        place gives. Each has the whole text as its first group and "" as its last.
    bodies: the same without these two groups and what ends the piece.
    text: its JSON. unmapped: JSON of what each piece leaves unmapped, without brackets.
    kept: makes each value that is needed beside it; sample: those of the first sample.
    marks: where in a row the values of the sample are.
    """

    patterns: tuple[re.Pattern[str], ...]
    bodies: tuple[str, ...]
    text: Template
    unmapped: tuple[Template, ...]
    checks: tuple[Check, ...]
    kept: tuple[Filler, ...]
    sample: tuple[Any, ...]
    marks: tuple[Mark, ...]

    def passes(self, rows: Sequence[Row]) -> bool:
        """True if every check of values says of these rows what it said of the first."""
        return all(check.holds(rows) for check in self.checks)

    @property
    def size(self) -> int:
        """About how many bytes the form takes."""
        patterns = sum(2 * len(pattern.pattern) + getsizeof(pattern) for pattern in self.patterns)
        return patterns + self.text.size + sum(template.size for template in self.unmapped)


def learn(part: Part) -> Form | None:
    """The form of a part, None if it has none: findings, odd ways of writing, values that decide."""
    observed = Observed()
    placed = tuple(sample for sample, _ in part.placed)
    first = _reading(part, observed, {}, placed)
    part.read(first, placed)
    ways = _ways(first, observed)
    if ways is None or first.findings:
        return None
    return _verified(part, observed, first, ways)


def _reading(
    part: Part, observed: Observed, replaced: dict[Place, str], placed: tuple[str, ...]
) -> RecordingReading:
    numbered = (part.numbered, placed[0]) if part.numbered else None
    return RecordingReading(part.set, list(chain(*part.pieces)), observed, replaced, numbered)


def _ways(reading: RecordingReading, observed: Observed) -> dict[Place, Way] | None:
    """How each hole is written; elements without a way stay as they are. None if one has no plain way."""
    ways: dict[Place, Way] = {}
    literal = 0
    for segment in reading.segments:
        for position, text in enumerate(segment.elements, start=1):
            place = (segment.index, position)
            uses = observed.uses.get(place, set())
            if not text:
                continue
            if Use.DECIDED in uses or len(uses & VALUES) > 1:
                literal += len(text)
                continue
            way = _way(text, uses)
            if way is None:
                return None
            ways[place] = way
    return ways if literal <= MAX_LITERAL_CHARS else None


def _way(text: str, uses: set[Use]) -> Way | None:
    for use in uses & VALUES:
        # A value that was not ticked off could not be read.
        return way_of(use, text) if Use.TAKEN in uses else None
    if way_of(Use.TEXT, text) is None:
        return None
    return ANY if Use.TAKEN in uses else RAW


@lru_cache(maxsize=64)
def text_class(separators: Separators) -> str:
    """The characters of a hole of text, as they stand between the brackets of a pattern."""
    left_out = {'"', "\\", separators.element, separators.segment}
    ranges: list[list[str]] = []
    for one in map(chr, range(0x20, 0x7F)):
        if one in left_out:
            continue
        if ranges and ord(one) == ord(ranges[-1][1]) + 1:
            ranges[-1][1] = one
        else:
            ranges.append([one, one])
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)


def joint(separators: Separators) -> str:
    """What stands between two segments."""
    return separators.segment + separators.suffix


def _sizes(part: Part) -> list[int]:
    """How many segments each piece has."""
    return [sum(map(_count, piece)) for piece in part.pieces]


def _count(node: Segment | Loop) -> int:
    return 1 if isinstance(node, Segment) else sum(map(_count, node.children))


def _cut(part: Part, items: Sequence[T]) -> list[Sequence[T]]:
    """What belongs to the segments, piece by piece."""
    ends = list(accumulate(_sizes(part)))
    return [items[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _bodies(part: Part, reading: RecordingReading, ways: dict[Place, Way]) -> tuple[str, ...]:
    marks = part.set.separators
    written = []
    for segment in reading.segments:
        elements = [
            ways[segment.index, position].pattern if (segment.index, position) in ways else re.escape(text)
            for position, text in enumerate(segment.elements, start=1)
        ]
        whole = re.escape(marks.element).join([re.escape(segment.id), *elements])
        written.append(whole.replace(TEXT, text_class(marks)))
    return tuple(map(re.escape(joint(marks)).join, _cut(part, written)))


def _marks(part: Part, ways: dict[Place, Way], turn: int) -> tuple[dict[Place, str], list[Mark]]:
    """Samples for the holes, and the marks of all samples."""
    replaced: dict[Place, str] = {}
    marks, at = [], 0
    numbers = iter(range(1, len(ways) + 1))
    for indexes in _cut(part, range(sum(_sizes(part)))):
        at += 1
        for place in [place for place in ways if place[0] in indexes]:
            replaced[place] = ways[place].sample(next(numbers), turn)
            marks.append(Mark(replaced[place], ways[place], at))
            at += ways[place].groups
        at += 1
    placed = [Mark(samples[turn], PLACED, at + n) for n, samples in enumerate(part.placed)]
    return replaced, [*marks, *placed]


@dataclass(frozen=True, slots=True)
class _Sampled:
    """What the translator makes of one sample. texts: of the pieces."""

    read: Read
    unmapped: tuple[str, ...]
    texts: tuple[str, ...]
    placed: tuple[str, ...]


def _sampled(part: Part, observed: Observed, replaced: dict[Place, str], placed: tuple[str, ...]) -> _Sampled:
    """What the translator makes of the part with some elements replaced."""
    replay = Observed(replaying=iter([check.answer for check in observed.checks]))
    reading = _reading(part, replay, replaced, placed)
    read = part.read(reading, placed)
    marks, left = part.set.separators, reading.unmapped()
    unmapped, texts = [], []
    for piece in _cut(part, reading.segments):
        paths = {reading.path(segment) for segment in piece}
        unmapped.append(unmapped_text(one for one in left if one.path.rpartition("-")[0] in paths))
        sent = (marks.element.join([segment.id, *segment.elements]) for segment in piece)
        texts.append("".join(text + joint(marks) for text in sent))
    return _Sampled(read, tuple(unmapped), tuple(texts), placed)


def unmapped_text(unmapped: Iterable[Unmapped]) -> str:
    """What is unmapped, as JSON without brackets."""
    return ",".join(map(json_text, unmapped))


def _verified(part: Part, observed: Observed, first: RecordingReading, ways: dict[Place, Way]) -> Form | None:
    """The form, if it gives what the translator gives for both samples and for the part itself."""
    replaced, marks = _marks(part, ways, 0)
    placed = [tuple(samples[turn] for samples in part.placed) for turn in (0, 1)]
    sampled = _sampled(part, observed, replaced, placed[0])
    bodies = _bodies(part, first, ways)
    form = Form(
        patterns=tuple(re.compile(f"({body}{end})()") for body, end in zip(bodies, part.ends, strict=True)),
        bodies=bodies,
        text=Template(sampled.read.text, marks),
        unmapped=tuple(Template(text, marks) for text in sampled.unmapped),
        checks=tuple(_checks(observed, dict(zip(ways, marks, strict=False)))),
        kept=tuple(filler(value, marks) for value in sampled.read.kept),
        sample=sampled.read.kept,
        marks=tuple(marks),
    )
    other = _sampled(part, observed, _marks(part, ways, 1)[0], placed[1])
    own = _sampled(part, observed, {}, placed[0])
    return form if all(_gives(form, one) for one in (sampled, other, own)) else None


def _checks(observed: Observed, marks: dict[Place, Mark]) -> Iterable[Check]:
    for check in observed.checks:
        arguments = [
            marks.get(place, value) if place else value
            for place, value in zip(check.places, check.arguments, strict=True)
        ]
        if any(isinstance(one, Mark) for one in arguments):
            yield Check(check.ask, arguments, check.answer)


def _gives(form: Form, sampled: _Sampled) -> bool:
    """True if the form gives what the translator gave."""
    found = [pattern.fullmatch(text) for pattern, text in zip(form.patterns, sampled.texts, strict=True)]
    groups = [match.groups() for match in found if match]
    if len(groups) < len(found):
        return False
    row = (*chain(*groups), *sampled.placed)
    return (
        form.text.fill(row) == sampled.read.text
        and tuple(template.fill(row) for template in form.unmapped) == sampled.unmapped
        and tuple(fill(row) for fill in form.kept) == sampled.read.kept
    )
