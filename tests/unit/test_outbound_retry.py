"""Back-off of failed deliveries (FI-F03)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbound.retry import RetryPolicy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = RetryPolicy(base_s=5, factor=2, cap_s=3600, attempts=12)


def pause_s(attempt: int, after_s: float | None = None, jitter: float = 1.0) -> float:
    due = POLICY.next_due(attempt, NOW, after_s, jitter)
    assert due is not None
    return (due - NOW).total_seconds()


def test_the_longest_pause_doubles_from_five_seconds_to_an_hour() -> None:
    assert [pause_s(attempt) for attempt in range(1, 12)] == [
        5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600,
    ]  # fmt: skip


def test_jitter_may_take_any_part_of_the_pause() -> None:
    assert [pause_s(3, jitter=jitter) for jitter in (0.0, 0.25, 1.0)] == [0, 5, 20]


def test_the_last_attempt_is_followed_by_none() -> None:
    assert POLICY.next_due(11, NOW, None, 1.0) is not None
    assert POLICY.next_due(12, NOW, None, 1.0) is None
    assert POLICY.next_due(13, NOW, 1.0, 1.0) is None


def test_the_far_ends_wait_is_kept_even_if_chance_would_come_sooner() -> None:
    assert pause_s(1, after_s=120, jitter=0.0) == 120


def test_the_far_ends_wait_never_shortens_a_pause() -> None:
    assert pause_s(5, after_s=1, jitter=1.0) == 80
    assert pause_s(5, after_s=-9, jitter=1.0) == 80


def test_the_far_end_cannot_ask_for_more_than_the_cap() -> None:
    assert pause_s(1, after_s=10**9) == 3600


def test_the_default_policy_lasts_about_a_day() -> None:
    policy = RetryPolicy()
    due: datetime | None = NOW
    for attempt in range(1, policy.attempts):
        assert due is not None
        due = policy.next_due(attempt, due, None, 0.5)
    assert due is not None
    assert timedelta(hours=20) < due - NOW < timedelta(hours=28)


def test_a_thousand_attempts_do_not_overflow() -> None:
    policy = RetryPolicy(factor=1e9, attempts=10_000)
    assert policy.next_due(9_999, NOW, None, 1.0) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "figures", [{"base_s": 0}, {"base_s": 10, "cap_s": 5}, {"factor": 0.5}, {"attempts": 0}]
)
def test_figures_that_make_no_sense_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not a retry policy"):
        RetryPolicy(**figures)  # type: ignore[arg-type]


@settings(derandomize=True, max_examples=200)
@given(
    attempt=st.integers(1, 11),
    after_s=st.none() | st.floats(-10, 1e9, allow_nan=False),
    jitter=st.floats(0, 1),
)
def test_a_pause_is_never_negative_and_never_above_the_cap(
    attempt: int, after_s: float | None, jitter: float
) -> None:
    assert 0 <= pause_s(attempt, after_s, jitter) <= POLICY.cap_s
