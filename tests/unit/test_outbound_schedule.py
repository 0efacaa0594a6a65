"""Slots of schedules, above all where the clock changes (FI-G02)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbound.schedule import BadSchedule, batches, check_cron, next_slot, slots_between
from partners.profile import AtOnce, Cron, Every

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
UTC_ZONE = ZoneInfo("UTC")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(expression: str) -> Cron:
    return Cron(kind="cron", expression=expression)


def every(minutes: int) -> Every:
    return Every(kind="every", minutes=minutes)


def local_slots(expression: str, zone: ZoneInfo, first_day: str, days: int) -> list[str]:
    after = datetime.fromisoformat(first_day).replace(tzinfo=zone) - timedelta(seconds=1)
    slots = slots_between(cron(expression), zone, after, after + timedelta(days=days))
    return [slot.astimezone(zone).strftime("%d %H:%M %z") for slot in slots]


def test_at_once_has_no_slots() -> None:
    assert next_slot(AtOnce(), UTC_ZONE, utc("2026-01-01")) is None
    assert slots_between(AtOnce(), UTC_ZONE, utc("2026-01-01"), utc("2027-01-01")) == []


def test_intervals_have_the_same_phase_whenever_and_wherever_asked() -> None:
    first = slots_between(every(15), NEW_YORK, utc("2026-03-01 10:07"), utc("2026-03-01 11:00"))
    second = slots_between(every(15), UTC_ZONE, utc("2026-03-01 10:14:59"), utc("2026-03-01 11:00"))
    assert first == second == [utc(f"2026-03-01 {t}") for t in ("10:15", "10:30", "10:45", "11:00")]


def test_the_start_of_a_range_is_left_out_and_its_end_is_in() -> None:
    slots = slots_between(every(60), UTC_ZONE, utc("2026-03-01 10:00"), utc("2026-03-01 12:00"))
    assert slots == [utc("2026-03-01 11:00"), utc("2026-03-01 12:00")]


def test_cron_is_read_on_the_partners_clock_in_winter_and_summer() -> None:
    assert next_slot(cron("30 6 * * *"), NEW_YORK, utc("2026-01-10 00:00")) == utc("2026-01-10 11:30")
    assert next_slot(cron("30 6 * * *"), NEW_YORK, utc("2026-07-10 00:00")) == utc("2026-07-10 10:30")


def test_a_local_time_skipped_in_spring_is_due_right_after_the_gap() -> None:
    assert local_slots("30 2 * * *", NEW_YORK, "2026-03-07", 3) == [
        "07 02:30 -0500", "08 03:00 -0400", "09 02:30 -0400",
    ]  # fmt: skip


def test_several_skipped_times_are_one_slot() -> None:
    assert local_slots("*/20 1-3 * * *", NEW_YORK, "2026-03-08", 1) == [
        "08 01:00 -0500", "08 01:20 -0500", "08 01:40 -0500",
        "08 03:00 -0400", "08 03:20 -0400", "08 03:40 -0400",
    ]  # fmt: skip


def test_a_local_time_that_comes_twice_in_autumn_is_one_slot_the_first() -> None:
    assert local_slots("30 1 * * *", NEW_YORK, "2026-10-31", 3) == [
        "31 01:30 -0400", "01 01:30 -0400", "02 01:30 -0500",
    ]  # fmt: skip


def test_asked_within_the_repeated_hour_a_slot_does_not_come_again() -> None:
    second_half_past_one = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1)
    assert next_slot(cron("30 1 * * *"), NEW_YORK, second_half_past_one) == utc("2026-11-02 06:30")


def test_a_gap_of_half_an_hour_ends_at_the_half_hour() -> None:
    assert local_slots("10 2 * * *", LORD_HOWE, "2026-10-04", 1) == ["04 02:30 +1100"]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("1-5", "Mon Tue Wed Thu Fri"), ("mon-fri", "Mon Tue Wed Thu Fri"), ("0", "Sun"), ("7", "Sun"),
        ("6-1", "Mon Sat Sun"), ("*/3", "Wed Sat Sun"), ("SAT,2", "Tue Sat"), ("1-5/2", "Mon Wed Fri"),
    ],
)  # fmt: skip
def test_days_of_the_week_count_as_in_standard_cron(field: str, days: str) -> None:
    monday = utc("2026-06-01 00:00") - timedelta(seconds=1)
    slots = slots_between(cron(f"0 0 * * {field}"), UTC_ZONE, monday, monday + timedelta(days=7))
    assert " ".join(slot.strftime("%a") for slot in slots) == days


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "61 * * * *", "* * * * 8", "* * * * noday", "x * * * *", "* * * * 1-5/0"]
)
def test_a_cron_expression_that_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(BadSchedule):
        check_cron(expression)


def test_a_date_that_never_comes_has_no_slot() -> None:
    assert next_slot(cron("0 0 30 2 *"), UTC_ZONE, utc("2026-01-01")) is None


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    start=st.integers(0, 365 * 24 * 60),
    cuts=st.lists(st.integers(0, 72 * 60), max_size=5),
    expression=st.sampled_from(["30 1,2 * * *", "*/7 * * * *", "0 0 * * 0"]),
    zone=st.sampled_from([NEW_YORK, LORD_HOWE, UTC_ZONE]),
)
def test_however_a_span_is_cut_every_slot_comes_exactly_once(
    start: int, cuts: list[int], expression: str, zone: ZoneInfo
) -> None:
    begin = utc("2026-01-01") + timedelta(minutes=start)
    edges = [begin, *(begin + timedelta(minutes=cut) for cut in sorted(cuts)), begin + timedelta(hours=72)]
    plan = cron(expression)
    parts = [slots_between(plan, zone, a, b) for a, b in pairwise(edges)]
    whole = slots_between(plan, zone, edges[0], edges[-1])
    assert [slot for part in parts for slot in part] == whole == sorted(set(whole))


def test_documents_are_split_into_consignments_of_at_most_the_size() -> None:
    assert batches([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert batches((1,), 10) == [(1,)]
    assert batches([], 3) == []
