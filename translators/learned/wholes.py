"""Whole sets: what forms that follow one another make together, found by one match, put into one text.

A set whose parts have forms is put together of them again and again. When the same forms have come in
the same order often enough, their patterns are joined to one, and what they write is written once
with tokens in place of the values; every later set like it is that text, filled in.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

from translators.learned.form import Check, Form
from translators.learned.holes import PLACED
from translators.learned.templates import Mark, Row, Text, picker
from translators.report import BusinessKey
from translators.x12_keys import MAX_KEYS

#: A whole is made when its forms have come together this often: to make one costs as much as it saves
#: in a hundred sets.
WORTH = 32
#: Orders of forms whose sets are counted, and wholes that are kept of sets with as many segments.
MAX_COUNTED = 512
MAX_ALIKE = 2
#: Characters of one pattern, and of all of them.
LONGEST_PATTERN = 24_000
MAX_PATTERNS = 400_000
#: Segments of the longest set that has a whole.
MOST_SEGMENTS = 400
#: Misses in a row after which a whole is no longer tried.
MISSES = 64

#: Stand around the index of a value. No set that has forms holds them: it is ASCII.
_OPEN, _CLOSE = "\ue000", "\ue001"
_TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


def token(index: int) -> str:
    """What stands for the value at an index of a row, in texts that are to be filled in."""
    return f"{_OPEN}{index}{_CLOSE}"


def text_of(tokens: str) -> Text:
    """A text with tokens as one with holes."""
    constant = _TOKEN.split(tokens)
    return Text(constant[::2], list(map(int, constant[1::2])))


class Laid:
    """Where a row of a whole holds the values of one of its forms.

    starts: index of the first value of each piece of the form.
    """

    def __init__(self, form: Form, starts: Sequence[int]) -> None:
        self.form = form
        #: For each index in a row of the form, the one in a row of the whole; -1 for what it lacks.
        self.indexes: list[int] = []
        for pattern, start in zip(form.patterns, starts, strict=True):
            self.indexes += [-1, *range(start, start + values_in(pattern)), -1]

    def tokens(self) -> tuple[str, ...]:
        """A row of the form that holds tokens, without what its place gives."""
        return tuple("" if index < 0 else token(index) for index in self.indexes)

    @property
    def marks(self) -> list[Mark]:
        """The marks of the form, as they are in a row of the whole."""
        return [
            mark.moved(self.indexes[mark.at] - mark.at)
            for mark in self.form.marks
            if mark.way is not PLACED and mark.way.groups
        ]


def values_in(pattern: re.Pattern[str]) -> int:
    """How many values a piece of a form has: all groups but the whole text and what marks its end."""
    return pattern.groups - 2


class Asked:
    """One check, of all parts that have the same form."""

    def __init__(self, check: Check, parts: Sequence[Laid]) -> None:
        self._check = check
        self._width = len(check.at)
        self._pick = picker([part.indexes[at] for part in parts for at in check.at])

    def holds(self, row: Row) -> bool:
        """True if the check says of every part what it said of the first."""
        texts: Iterable[Any] = self._pick(row)
        if self._width > 1:
            texts = zip(*[iter(texts)] * self._width, strict=True)
        return self._check.holds_of(set(texts))


def _asked(parts: Sequence[Laid]) -> Iterator[Asked]:
    """Every check of every form, once."""
    alike: dict[Form, list[Laid]] = {}
    for part in parts:
        alike.setdefault(part.form, []).append(part)
    for form, some in alike.items():
        for check in form.checks:
            yield Asked(check, some)


class Layout:
    """A row of a whole: values of the heading, of each part of the loop, of the summary.

    frame: form of heading and summary. inner: forms of the parts. joint: what stands between segments.
    end: pattern of what ends the set.
    """

    def __init__(self, frame: Form, inner: Sequence[Form], joint: str, end: str) -> None:
        heading, summary = frame.patterns
        at = values_in(heading)
        self.inner: list[Laid] = []
        for form in inner:
            self.inner.append(Laid(form, (at,)))
            at += values_in(form.patterns[0])
        self.frame = Laid(frame, (0, at))
        #: How many values a set has, and so the index of the first that is put behind them.
        self.size = at + values_in(summary)
        self.asked = list(_asked([self.frame, *self.inner]))
        bodies = (frame.bodies[0], *[form.bodies[0] for form in inner], frame.bodies[1])
        self.pattern = re.escape(joint).join(bodies) + end


class Whole:
    """What sets of one layout give. text: with tokens, those of further values too; keys: likewise."""

    def __init__(self, layout: Layout, text: str, keys: Sequence[BusinessKey]) -> None:
        self._pattern = re.compile(layout.pattern)
        self._asked = layout.asked
        self._text = text_of(text)
        # Of so many keys some might be left out that stay when others turn out to be the same.
        self._keys = [(key.kind, text_of(key.value)) for key in keys] if len(keys) < MAX_KEYS else None
        self.size = len(layout.pattern)

    def row(self, text: str) -> Row | None:
        """The values of a set; None if it is not written like this, or something in it is remarked on."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        row = match.groups()
        for asked in self._asked:
            if not asked.holds(row):
                return None
        return row

    def json(self, row: Row, further: Sequence[str]) -> bytes:
        """The document. further: the values behind those of the set."""
        return self._text.fill((*row, *further)).encode()

    def keys(self, row: Row, further: Sequence[str]) -> Callable[[], tuple[BusinessKey, ...]] | None:
        """What finds the keys, each once; None if the document must be asked."""
        if self._keys is None:
            return None
        keys = self._keys

        def found() -> tuple[BusinessKey, ...]:
            values = (*row, *further)
            pairs = dict.fromkeys([(kind, text.fill(values)) for kind, text in keys])
            return tuple([BusinessKey(*pair) for pair in pairs])

        return found


class Sized(Protocol):
    """What is kept of a whole."""

    @property
    def whole(self) -> Whole:
        """The whole."""


W = TypeVar("W", bound=Sized)


class _Kept(Generic[W]):
    """A whole, and how often it was tried in vain since it fitted last."""

    __slots__ = ("misses", "one")

    def __init__(self, one: W) -> None:
        self.one = one
        self.misses = 0


class Wholes(Generic[W]):
    """The wholes of one kind of set, by how many segments their sets have."""

    def __init__(self) -> None:
        self._counted: OrderedDict[Hashable, int] = OrderedDict()
        self._kept: OrderedDict[int, list[_Kept[W]]] = OrderedDict()

    def write(self, segments: int, write: Callable[[W], Any]) -> Any:
        """What `write` gives for the first whole of sets of so many segments that fits; None if none does."""
        for kept in self._kept.get(segments, ()):
            if kept.misses < MISSES:
                written = write(kept.one)
                if written is not None:
                    kept.misses = 0
                    return written
                kept.misses += 1
        return None

    def met(self, segments: int, forms: Hashable, make: Callable[[], W | None]) -> None:
        """Forms made a set of so many segments together: make a whole of them if they do so often."""
        if segments > MOST_SEGMENTS:
            return
        count = self._counted.pop(forms, 0) + 1
        self._counted[forms] = count
        if len(self._counted) > MAX_COUNTED:
            self._counted.popitem(last=False)
        made = make() if count % WORTH == 0 else None
        if made is None:
            return
        alike = self._kept.setdefault(segments, [])
        alike.insert(0, _Kept(made))
        del alike[MAX_ALIKE:]
        self._kept.move_to_end(segments)
        while len(self._kept) > 1 and self.size > MAX_PATTERNS:
            self._kept.popitem(last=False)

    @property
    def size(self) -> int:
        """Characters of all patterns."""
        return sum(kept.one.whole.size for kept in chain.from_iterable(self._kept.values()))
