"""Text with holes: made from a sample, filled again and again."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import itemgetter
from typing import Any

from translators.canonical.values import Value
from translators.learned.holes import Way

#: The texts of one occurrence of a form: all of it, its holes, and what its place gives.
Row = tuple[Any, ...]
#: Gives a value from a row.
Filler = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """A sample value: what it is in the document and in JSON, and where a row has the real one.

    sample: the text sent. at: index in a row of its first part.
    """

    sample: str
    way: Way
    at: int

    @property
    def shown(self) -> str:
        """The sample in JSON."""
        found = re.fullmatch(self.way.pattern.replace("[\0]", "."), self.sample)
        return self.way.shown % found.groups() if found else self.sample

    @property
    def value(self) -> object:
        """The sample as the translator reads it."""
        found = re.fullmatch(self.way.pattern.replace("[\0]", "."), self.sample)
        return self.way.value(*found.groups()) if found and found.groups() else self.sample

    @property
    def end(self) -> int:
        """Index behind the last part."""
        return self.at + self.way.groups

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


class Template:
    """Text whose holes are filled from a row."""

    def __init__(self, sample: str, marks: Iterable[Mark]) -> None:
        by_text = {mark.shown: mark for mark in marks if mark.way.groups}
        indexes: list[int] = []

        def hole(found: re.Match[str]) -> str:
            mark = by_text[found[0]]
            indexes.extend(range(mark.at, mark.at + mark.way.groups))
            return mark.way.shown

        # "%" is doubled first: no sample holds one.
        self._format = sample.replace("%", "%%")
        if by_text:
            longest_first = sorted(by_text, key=len, reverse=True)
            self._format = re.sub("|".join(map(re.escape, longest_first)), hole, self._format)
        self._pick: Callable[[Row], Any] = itemgetter(*indexes) if indexes else _nothing
        self.size = len(self._format)

    def fill(self, row: Row) -> str:
        """The text of a row."""
        text: str = self._format % self._pick(row)
        return text

    def fill_all(self, rows: Iterable[Row]) -> list[str]:
        """The texts of rows."""
        form, pick = self._format, self._pick
        return [form % pick(row) for row in rows]


def _nothing(_: Row) -> tuple[()]:
    return ()


def _constant(value: Any) -> Filler:
    return lambda _: value


def filler(sample: Any, marks: Sequence[Mark]) -> Filler:
    """What makes the value of a row, like the sample value that holds the samples of `marks`."""
    by_value = {(type(mark.value), mark.value): mark for mark in marks if mark.way.groups}
    return _filler(sample, by_value) or _constant(sample)


def _filler(sample: Any, marks: Mapping[tuple[type, object], Mark]) -> Filler | None:
    """None where no part of the sample changes."""
    if isinstance(sample, str | int | Decimal | datetime.date | datetime.time):
        mark = marks.get((type(sample), sample))
        return None if mark is None else mark.filler
    if isinstance(sample, tuple):
        return _of_parts(sample, lambda *parts: parts, marks)
    if isinstance(sample, Value):
        names = [field.name for field in fields(sample)]  # type: ignore[arg-type]
        kind = type(sample)
        return _of_parts(
            [getattr(sample, name) for name in names],
            lambda *parts: kind(**dict(zip(names, parts, strict=True))),
            marks,
        )
    return None


def _of_parts(
    parts: Sequence[Any], make: Callable[..., Any], marks: Mapping[tuple[type, object], Mark]
) -> Filler | None:
    fillers = [_filler(part, marks) for part in parts]
    if not any(fillers):
        return None
    steps = [fill or _constant(part) for fill, part in zip(fillers, parts, strict=True)]
    return lambda row: make(*[step(row) for step in steps])
