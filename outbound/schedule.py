"""When collected documents go out, and how many at once. Pure: the time comes in.

A slot is the instant, in UTC, at which a schedule falls due. Every process computes the
same slots, so that a unique key of (schedule, slot) lets each fire once (FI-G04).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from typing import TypeVar
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from partners.profile import AtOnce, Every, Schedule

Item = TypeVar("Item")

#: Where the count of intervals starts on every machine.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Standard cron counts days from Sunday = 0, with 7 for Sunday again; APScheduler from Monday = 0.
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_DAY_RANGE = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9]))?")
_TICK = timedelta(microseconds=1)


class BadSchedule(ValueError):
    """The schedule means nothing; the text says why, for a person."""


def check_cron(expression: str) -> None:
    """Raises BadSchedule if the expression cannot be read.

    Standard cron, five fields: days of the week count from Sunday = 0 and may be named.
    Where both a day of the month and a day of the week are given, both must hold.
    """
    _cron_trigger(expression)


def slots_between(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """Slots later than `after` and not later than `until`, in order, in UTC.

    zone: the partner's; it matters to cron only. A local time that comes twice when clocks
    go back is one slot, the first; a local time that is skipped when clocks go forward is
    due at the first instant after the gap (FI-G02). An interval counts elapsed time and
    knows no wall clock. Raises BadSchedule if a cron expression cannot be read.
    """
    return list(takewhile(lambda slot: slot <= until, _slots(schedule, zone, after)))


def next_slot(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first slot later than `after`; None if none ever comes, or documents go at once."""
    return next(_slots(schedule, zone, after), None)


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """`items` in order, in parts of at most `size`, which is 1 or more. No items, no parts."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _slots(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    if isinstance(schedule, AtOnce):
        return iter(())
    if isinstance(schedule, Every):
        trigger = IntervalTrigger(minutes=schedule.minutes, start_date=EPOCH, timezone=UTC)
        return _fire_times(trigger, after.astimezone(UTC))
    return _cron_slots(schedule.expression, zone, after)


def _fire_times(trigger: BaseTrigger, after: datetime) -> Iterator[datetime]:
    while (fire := trigger.get_next_fire_time(None, after + _TICK)) is not None:
        yield fire
        after = fire


def _cron_slots(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The trigger runs over wall-clock times dressed as UTC; each becomes an instant here.

    Left to itself, APScheduler repeats or skips slots where the clock changes.
    """
    wall = after.astimezone(zone).replace(tzinfo=UTC, fold=0)
    instants = (_instant(time, zone) for time in _fire_times(_cron_trigger(expression), wall))
    return (slot for slot, _ in groupby(instants) if slot > after)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks in `zone` show `wall` or, if they never do, have passed it."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=UTC, fold=0) == wall:
        return early
    # In a gap, fold=0 counts with the offset before it and lands behind it; fold=1 lands ahead of it.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(before, early, zone)


def _change(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    """The instant, to the second, between two at which the zone's offset changes."""
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(behind.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _cron_trigger(expression: str) -> CronTrigger:
    fields = expression.split()
    if len(fields) != 5:
        raise BadSchedule(
            f"a cron expression has five fields (minute, hour, day, month, day of week); "
            f"{expression!r} has {len(fields)}"
        )
    minute, hour, day, month, days = fields
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=_days(days), timezone=UTC
        )
    except ValueError as fault:
        raise BadSchedule(f"cron expression {expression!r}: {fault}") from fault


def _days(field: str) -> str:
    """The day-of-week field with names for standard cron's numbers: "1-5" is "mon,tue,wed,thu,fri"."""
    return ",".join(name for part in field.split(",") for name in _day_names(part))


def _day_names(part: str) -> list[str]:
    match = _DAY_RANGE.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is no day of the week")
    step = int(match["step"] or 1)
    if match["first"] is None:
        return list(DAYS[::step])
    first = _day_number(match["first"])
    last = first if match["last"] is None else _day_number(match["last"])
    span = (last - first) % 7
    return [DAYS[(first + ahead) % 7] for ahead in range(0, span + 1, step)]


def _day_number(text: str) -> int:
    if text.isdecimal() and int(text) <= 7:
        return int(text) % 7
    if text.lower() in DAYS:
        return DAYS.index(text.lower())
    raise ValueError(f"{text!r} is no day of the week")
