"""Control numbers: none is used twice, none beyond the counter, and every gap has a row that explains it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, select

from gateway.store.core import ACKNOWLEDGEMENT, CONTROL_NUMBER, CONTROL_RESERVATION, EVENT, INTERCHANGE
from gateway.store.numbers import group_series, interchange_series
from gateway.verify.report import Tally
from parsers.x12.model import PartyId

PAGE = 500
#: Numbers in one piece of a set of numbers.
PIECE = 1 << 15


class NumberSet:
    """Numbers, one bit each: a million takes an eighth of a megabyte."""

    def __init__(self) -> None:
        self._pieces: dict[int, int] = {}
        self.highest = 0

    def add(self, number: int) -> bool:
        """Note a number; False if it was there."""
        piece, place = divmod(number, PIECE)
        before = self._pieces.get(piece, 0)
        self._pieces[piece] = before | 1 << place
        self.highest = max(self.highest, number)
        return not before >> place & 1

    def __contains__(self, number: int) -> bool:
        piece, place = divmod(number, PIECE)
        return bool(self._pieces.get(piece, 0) >> place & 1)

    def missing(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The ranges from `first` to `last`, both included, of which no number is there."""
        begins: int | None = None
        for number in range(first, last + 1):
            if number in self:
                if begins is not None:
                    yield begins, number - 1
                begins = None
            elif begins is None:
                begins = number
        if begins is not None:
            yield begins, last


def check_numbers(view: Connection, tally: Tally) -> None:
    """Hold what our answers carry against counters, reservations and what people set."""
    used: dict[str, NumberSet] = {}
    for series, number, answer in _carried(view):
        tally.compared += 1
        if not used.setdefault(series, NumberSet()).add(number):
            tally.breach(answer, f"It carries {number} of the series “{series}”, which another answer has.")
    _check_reserved(view, tally, used)
    counters = {row.series: row.next for row in view.execute(select(CONTROL_NUMBER))}
    for series in used.keys() - counters.keys():
        tally.breach(series, "Answers carry its numbers, and it has no counter.")
    for series, following in counters.items():
        _check_counter(view, tally, series, following, used.get(series, NumberSet()))


def _carried(view: Connection) -> Iterator[tuple[str, int, str]]:
    """Each number that an answer of ours carries: series, number, answer."""
    query = (
        select(
            ACKNOWLEDGEMENT.c.id,
            ACKNOWLEDGEMENT.c.control_number,
            ACKNOWLEDGEMENT.c.detail,
            INTERCHANGE.c.sender_qualifier,
            INTERCHANGE.c.sender_id,
            INTERCHANGE.c.receiver_qualifier,
            INTERCHANGE.c.receiver_id,
        )
        .join(INTERCHANGE, ACKNOWLEDGEMENT.c.interchange_id == INTERCHANGE.c.id)
        .where(ACKNOWLEDGEMENT.c.direction == "out", ACKNOWLEDGEMENT.c.control_number != "")
    )
    for row in view.execution_options(stream_results=True, yield_per=PAGE).execute(query):
        ours = PartyId(row.receiver_qualifier, row.receiver_id)
        theirs = PartyId(row.sender_qualifier, row.sender_id)
        yield interchange_series(ours, theirs), int(row.control_number), row.id
        detail = json.loads(row.detail or "{}")
        groups = group_series(str(ours), str(theirs), detail.get("functional_id") or "FA")
        for number in detail.get("group_numbers", ()):
            yield groups, int(number), row.id


def _check_reserved(view: Connection, tally: Tally, used: dict[str, NumberSet]) -> None:
    """A reserved number that was used is carried; one that was not stands for its own gap."""
    rows = view.execution_options(stream_results=True, yield_per=PAGE).execute(select(CONTROL_RESERVATION))
    for row in rows:
        tally.compared += 1
        numbers = used.setdefault(row.series, NumberSet())
        if row.state == "used":
            if row.number not in numbers:
                tally.breach(
                    row.subject, f"It used {row.number} of “{row.series}”, and no answer carries it."
                )
        elif not numbers.add(row.number):
            says = f"{row.number} of “{row.series}” is {row.state}, and an answer carries it."
            tally.breach(row.subject, says)


def _check_counter(view: Connection, tally: Tally, series: str, following: int, used: NumberSet) -> None:
    if used.highest >= following:
        tally.breach(series, f"It would give {following} next, and {used.highest} is used already.")
    skipped = _skipped(view, series)
    for first, last in used.missing(1, following - 1):
        if not any(low <= first and last < high for low, high in skipped):
            tally.breach(series, f"Nothing explains why {first} to {last} were never used.")


def _skipped(view: Connection, series: str) -> list[tuple[int, int]]:
    """Ranges that people passed over on purpose: the first left out, and the first after them."""
    rows = view.execute(
        select(EVENT.c.before, EVENT.c.after).where(
            EVENT.c.subject_kind == "series", EVENT.c.subject == series, EVENT.c.action == "numbers.set"
        )
    )
    return [(int(row.before or 1), int(row.after)) for row in rows]
