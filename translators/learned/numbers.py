"""Numbers of many rows at once, or of one row that holds many parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from translators.learned.templates import Constant, Filler, Mark, Row, picker

#: Takes one number from each row.
Column = Callable[[Sequence[Row]], list[Decimal]]
#: Takes several numbers from a row.
Numbers = Callable[[Row], list[Decimal]]

#: Numbers that are remembered: prices and quantities come again and again.
MAX_KNOWN = 4096


class _Known(dict[str, Decimal]):
    """The numbers of texts met lately."""

    def __missing__(self, text: str) -> Decimal:
        if len(self) >= MAX_KNOWN:
            self.clear()
        value = self[text] = Decimal(text)
        return value


#: The number of a text.
decimal_of: Callable[[str], Decimal] = _Known().__getitem__


def column(marks: Sequence[Mark], sample: Decimal | None) -> Column | None:
    """What takes a number from rows, given the number that stands for it in the sample; None for none."""
    if sample is None:
        return None
    mark = _mark_of(marks, sample)
    if mark is None:
        return lambda rows: [sample] * len(rows)
    if mark.way.value is not Decimal:
        return lambda rows: [mark.of(row) for row in rows]
    at = mark.at
    return lambda rows: [decimal_of(row[at]) for row in rows]


def numbers(parts: Sequence[tuple[Sequence[Mark], Decimal]]) -> Numbers:
    """The same of one row, where each part has its number: given the marks of each, and its sample."""
    marks = [_mark_of(marks, sample) for marks, sample in parts]
    plain = [mark.at for mark in marks if mark is not None and mark.way.value is Decimal]
    if len(plain) == len(marks):
        pick = picker(plain)
        return lambda row: list(map(decimal_of, pick(row)))
    steps: list[Filler] = [
        Constant(sample) if mark is None else mark.filler
        for mark, (_, sample) in zip(marks, parts, strict=True)
    ]
    return lambda row: [step(row) for step in steps]


def _mark_of(marks: Sequence[Mark], sample: Decimal) -> Mark | None:
    return next((mark for mark in marks if mark.way.groups and mark.value == sample), None)
