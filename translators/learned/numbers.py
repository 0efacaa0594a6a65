"""Numbers of many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter

from translators.learned.form import Form
from translators.learned.templates import Row

#: Takes one number from each row.
Column = Callable[[Sequence[Row]], list[Decimal]]


def column(form: Form, sample: Decimal | None) -> Column | None:
    """What takes a number from rows, given the number that stands for it in the sample; None for none."""
    if sample is None:
        return None
    mark = next((mark for mark in form.marks if mark.way.groups and mark.value == sample), None)
    if mark is None:
        return lambda rows: [sample] * len(rows)
    if mark.way.value is not Decimal:
        return lambda rows: [mark.of(row) for row in rows]
    take = itemgetter(mark.at)
    return lambda rows: list(map(Decimal, map(take, rows)))
