"""Control numbers: a counter a series, drawn in the transaction that stores what carries them.

None is used twice. Series are named by what the numbers must be unique in: an interchange number
by the pair of ids, a group number by the pair and the functional id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.errors import TradepostError
from gateway.store.core import CONTROL_NUMBER as NUMBER
from gateway.store.core import CONTROL_RESERVATION as RESERVATION
from gateway.store.core import insert_absent, upsert
from parsers.x12.model import PartyId

#: ISA13 and GS06 have at most nine digits; after the highest comes 1 again.
HIGHEST = 999_999_999


def interchange_series(ours: PartyId, theirs: PartyId) -> str:
    """The series of ISA13 from us to them."""
    return f"interchange {ours} {theirs}"


def group_series(ours: str, theirs: str, functional_id: str) -> str:
    """The series of GS06 from us to them for one kind of group."""
    return f"group {ours} {theirs} {functional_id}"


def draw(tx: Connection, series: str) -> int:
    """The next number of `series`, from 1; it is used with the caller's commit or not at all."""
    following = tx.execute(_DRAW, {"of_series": series}).scalar_one_or_none()
    if following is None:
        insert_absent(tx, NUMBER, [{"series": series, "next": 1}])
        following = tx.execute(_DRAW, {"of_series": series}).scalar_one()
    return int(following) - 1 or HIGHEST


_DRAW = (  # built once, which costs more than running it
    update(NUMBER)
    .where(NUMBER.c.series == bindparam("of_series"))
    .values(next=NUMBER.c.next % HIGHEST + 1)
    .returning(NUMBER.c.next)
)


def reserve(tx: Connection, series: str, subject: str, count: int) -> list[int]:
    """`count` numbers of `series` for a payload that is written after this transaction.

    Numbers that `subject` has reserved before and not used come first: a repeat after a crash
    leaves no gap.
    """
    mine = [RESERVATION.c.series == series, RESERVATION.c.subject == subject]
    found = tx.execute(
        select(RESERVATION.c.number)
        .where(*mine, RESERVATION.c.state == "reserved")
        .order_by(RESERVATION.c.number)
    )
    numbers = list(found.scalars())[:count]
    fresh = [draw(tx, series) for _ in range(count - len(numbers))]
    rows = [{"series": series, "number": n, "subject": subject, "state": "reserved"} for n in fresh]
    if rows:
        tx.execute(insert(RESERVATION), rows)
    return numbers + fresh


def close_reservations(
    tx: Connection, subject: str, used: Mapping[str, Collection[int]], reason: str
) -> None:
    """Mark what `subject` reserved as used, series by series, and the rest void with the reason."""
    for series, taken in used.items():
        mine = [RESERVATION.c.series == series, RESERVATION.c.subject == subject]
        tx.execute(update(RESERVATION).where(*mine, RESERVATION.c.number.in_(taken)).values(state="used"))
    rest = [RESERVATION.c.subject == subject, RESERVATION.c.state == "reserved"]
    tx.execute(update(RESERVATION).where(*rest).values(state="void", reason=reason))


def raise_to(tx: Connection, series: str, number: int) -> None:
    """Make `number` the next one of `series` unless the next one is as high already.

    Numbers that have begun anew at 1 are not lower than those before: then a person uses `set_next`.
    """
    insert_absent(tx, NUMBER, [{"series": series, "next": 1}])
    lower = [NUMBER.c.series == series, NUMBER.c.next < number]
    tx.execute(update(NUMBER).where(*lower).values(next=number))


@dataclass(frozen=True, slots=True)
class Series:
    """A series and the number it will give next."""

    series: str
    next: int


def every(view: Connection) -> list[Series]:
    """All series, by name."""
    return [Series(*row) for row in view.execute(select(NUMBER.c.series, NUMBER.c.next).order_by("series"))]


def set_next(tx: Connection, series: str, number: int) -> int | None:
    """Make `number` the next one of `series`, for a cut-over; the number it would have been.

    Raises TradepostError GTW-003 if that would use a number twice.
    """
    if not 1 <= number <= HIGHEST:
        raise TradepostError("GTW-003", f"{number} is no control number.", f"Choose 1 to {HIGHEST}.")
    before = tx.execute(select(func.max(NUMBER.c.next)).where(NUMBER.c.series == series)).scalar_one_or_none()
    if before is not None and number < before:
        raise TradepostError(
            "GTW-003",
            f"The series “{series}” has used numbers up to {before - 1} already.",
            f"Choose {before} or more; no control number is ever used twice.",
        )
    upsert(tx, NUMBER, {"series": series, "next": number}, replacing=["next"])
    return before
