"""The breaker by itself: what opens it, what it lets through, what a probe may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outbound.breaker import Breaker, BreakerPolicy, admitted, failed, succeeded, wants_probe

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = BreakerPolicy(failures=3, first_s=10.0, max_s=60.0, probe_s=30.0)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened(now: datetime = NOW) -> Breaker:
    breaker = Breaker()
    for who in ("a", "b", "c"):
        breaker = failed(breaker, who, now, POLICY, endpoint_wide=True)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker()
    for who in ("a", "b"):
        breaker = failed(breaker, who, NOW, POLICY, endpoint_wide=True)
        assert breaker.state == "closed"
    assert failed(breaker, "c", NOW, POLICY, endpoint_wide=True).state == "open"
    assert failed(succeeded(breaker, "b"), "c", NOW, POLICY, endpoint_wide=True).state == "closed"


def test_one_document_that_fails_by_itself_counts_once_and_several_count() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker = failed(breaker, "poison", NOW, POLICY, endpoint_wide=False)
    assert (breaker.state, breaker.failures) == ("closed", 1)
    for who in ("b", "c"):
        breaker = failed(breaker, who, NOW, POLICY, endpoint_wide=False)
    assert breaker.state == "open"


def test_while_open_nobody_begins_and_then_one() -> None:
    breaker = opened()
    assert admitted(breaker, "a", later(9), POLICY) is None
    assert not wants_probe(breaker, later(9))
    assert wants_probe(breaker, later(10))
    probing = admitted(breaker, "a", later(10), POLICY)
    assert probing is not None
    assert probing.state == "half_open"
    assert admitted(probing, "b", later(11), POLICY) is None
    assert admitted(probing, "a", later(11), POLICY) is not None, "its worker died; it goes on"
    assert admitted(probing, "b", later(41), POLICY) is not None, "it is given up for lost"


def test_each_failed_probe_doubles_the_wait_up_to_the_longest() -> None:
    breaker, now, waits = opened(), NOW, []
    for _ in range(5):
        assert breaker.probe_at is not None
        waits.append((breaker.probe_at - now).total_seconds())
        now = breaker.probe_at
        probing = admitted(breaker, "a", now, POLICY)
        assert probing is not None
        breaker = failed(probing, "a", now, POLICY, endpoint_wide=True)
    assert waits == [10, 20, 40, 60, 60]


def test_an_answer_to_a_delivery_begun_before_does_not_move_a_breaker_that_is_open_or_paused() -> None:
    breaker = opened()
    assert failed(breaker, "d", NOW, POLICY, endpoint_wide=True) == breaker
    paused = Breaker("paused")
    assert succeeded(breaker, "d") == breaker
    assert succeeded(paused, "d") == paused
    assert failed(paused, "d", NOW, POLICY, endpoint_wide=True) == paused
    assert admitted(paused, "d", later(1e9), POLICY) is None


def test_only_the_probe_closes_it_and_not_one_that_was_given_up_for_lost() -> None:
    """FI-G06."""
    first = admitted(opened(), "a", later(10), POLICY)
    assert first is not None
    second = admitted(first, "b", later(41), POLICY)
    assert second is not None
    assert succeeded(second, "a") == second
    assert succeeded(second, "b") == Breaker()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.booleans(), st.integers(0, 100))))
def test_whatever_happens_at_most_one_probes_at_a_time(
    steps: list[tuple[str, bool, bool, int]],
) -> None:
    breaker, now, probing = Breaker(), NOW, {}
    for who, goes_well, endpoint_wide, passed_s in steps:
        now += timedelta(seconds=passed_s)
        after = admitted(breaker, who, now, POLICY)
        if after is None:
            continue
        if after.state == "half_open":
            others = {
                one: at for one, at in probing.items() if one != who and now - at < timedelta(seconds=30)
            }
            assert not others
            probing[who] = now
        breaker = (
            succeeded(after, who)
            if goes_well
            else failed(after, who, now, POLICY, endpoint_wide=endpoint_wide)
        )
        probing = {} if breaker.state != "half_open" else probing
        assert breaker.state != "paused"
