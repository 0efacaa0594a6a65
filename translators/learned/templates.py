"""Text with holes: made from a sample, filled again and again."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import fields
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any

from translators.canonical.values import Value
from translators.learned.holes import Way

#: The texts of one occurrence of a form: all of it, its holes, and what its place gives.
Row = tuple[Any, ...]
#: Where a hole is, while a template is made. No sample holds it, and JSON none.
_HOLE = "\0"
#: Gives a value from a row.
Filler = Callable[[Row], Any]


class Mark:
    """A sample value, and where a row has the real one.

    sample: the text sent. shown: the same in JSON. value: as the translator reads it.
    at: index in a row of its first part; end: of what comes after its last.
    """

    __slots__ = ("at", "end", "sample", "shown", "value", "way")

    def __init__(self, sample: str, way: Way, at: int) -> None:
        self.sample = sample
        self.way = way
        self.at = at
        self.end = at + way.groups
        parts = way.parts(sample)
        self.shown = way.shown % parts
        self.value: object = way.value(*parts) if parts else sample

    def moved(self, by: int) -> Mark:
        """The same for rows that have the value further on."""
        mark = copy(self)
        mark.at, mark.end = self.at + by, self.end + by
        return mark

    def of(self, row: Row) -> Any:
        """The real value."""
        return self.way.value(*row[self.at : self.end])

    @property
    def filler(self) -> Filler:
        """What gives the real value."""
        if self.way.groups != 1:
            return self.of
        value, at = self.way.value, self.at
        return lambda row: value(row[at])


class Text:
    """Text with holes for values of a row.

    Its constant texts stand at the even places of a list, the holes between them: putting values
    there and joining takes half the time of formatting. indexes: in a row, of each hole.
    """

    def __init__(self, constant: Sequence[str], indexes: Sequence[int]) -> None:
        self._pieces = [""] * (2 * len(constant) - 1)
        self._pieces[::2] = constant
        self._pick = picker(indexes)
        self.size = sum(map(len, constant)) + len(indexes)

    def fill(self, row: Row) -> str:
        """The text of a row."""
        pieces = self._pieces.copy()
        pieces[1::2] = self._pick(row)
        return "".join(pieces)


class Template(Text):
    """Text made from a sample, whose samples of values are the holes."""

    def __init__(self, sample: str, marks: Iterable[Mark]) -> None:
        by_text = {mark.shown: mark for mark in marks if mark.way.groups}
        indexes: list[int] = []

        def hole(found: re.Match[str]) -> str:
            mark = by_text[found[0]]
            indexes.extend(range(mark.at, mark.at + mark.way.groups))
            return mark.way.shown.replace("%s", _HOLE)

        text = sample
        if by_text:
            longest_first = sorted(by_text, key=len, reverse=True)
            text = re.sub("|".join(map(re.escape, longest_first)), hole, text)
        super().__init__(text.split(_HOLE), indexes)

    def fill_all(self, rows: Sequence[Row]) -> str:
        """The texts of rows, with commas between them."""
        first, *others = self._pieces
        if not rows:
            return ""
        if not others:
            return ",".join([first] * len(rows))
        last = others[-1]
        pieces = [first, *[*others[:-1], f"{last},{first}"] * len(rows)]
        pieces[-1] = last
        pieces[1::2] = chain.from_iterable(map(self._pick, rows))
        return "".join(pieces)


def picker(indexes: Sequence[int]) -> Callable[[Row], tuple[Any, ...]]:
    """What takes the values at some indexes of a row; a tuple, however many they are."""
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return (lambda row: (row[indexes[0]],)) if indexes else _nothing


def _nothing(_: Row) -> tuple[()]:
    return ()


class Constant:
    """Gives the same value for every row."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _: Row) -> Any:
        """The value."""
        return self.value


def filler(sample: Any, marks: Sequence[Mark]) -> Filler:
    """What makes the value of a row, like the sample value that holds the samples of `marks`."""
    by_value = {(type(mark.value), mark.value): mark for mark in marks if mark.way.groups}
    return _filler(sample, by_value) or Constant(sample)


#: Marks by the type and value of their samples.
Marks = Mapping[tuple[type, object], Mark]


def _filler(sample: Any, marks: Marks) -> Filler | None:
    """None where no part of the sample changes."""
    if isinstance(sample, str | int | Decimal | datetime.date | datetime.time):
        mark = marks.get((type(sample), sample))
        if mark is None and isinstance(sample, str):
            return _text_filler(sample, marks.values())
        return None if mark is None else mark.filler
    if isinstance(sample, tuple):
        return _tuple_filler(sample, marks)
    return _value_filler(sample, marks) if isinstance(sample, Value) else None


def _text_filler(sample: str, marks: Iterable[Mark]) -> Filler | None:
    """Of a text that holds samples, such as a path with the number of a loop."""
    inside = [mark for mark in marks if mark.shown in sample]
    return Template(sample, inside).fill if inside else None


def _tuple_filler(sample: tuple[Any, ...], marks: Marks) -> Filler | None:
    fillers = [_filler(part, marks) for part in sample]
    if not any(fillers):
        return None
    steps = [fill or Constant(part) for fill, part in zip(fillers, sample, strict=True)]
    if len(steps) == 1:
        (only,) = steps
        return lambda row: (only(row),)
    return lambda row: tuple([step(row) for step in steps])


def _value_filler(sample: Value, marks: Marks) -> Filler | None:
    """Only what changes is made anew."""
    kind: Any = type(sample)
    parts = {one.name: getattr(sample, one.name) for one in fields(kind)}
    fillers = {name: _filler(part, marks) for name, part in parts.items()}
    steps = [(name, fill) for name, fill in fillers.items() if fill]
    if not steps:
        return None
    same = {
        name: part for name, part in parts.items() if not fillers[name] and part is not None and part != ()
    }
    return lambda row: kind(**same, **{name: fill(row) for name, fill in steps})
