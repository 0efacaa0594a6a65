"""What failed logins cost their source. SEC-08."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sftp_server.penalties import Fault, Penalties, PenaltyRules, source_of

ADDRESS = "192.0.2.7"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _made(**rules: int | float | tuple[str, ...]) -> tuple[Penalties, Clock]:
    clock = Clock()
    return Penalties(PenaltyRules(**rules), clock), clock  # type: ignore[arg-type]


def test_penalties_double_with_each_failure_up_to_the_most() -> None:
    penalties, clock = _made(free=2, first_s=10, most_s=35)
    served = []
    for _ in range(6):
        served.append(penalties.failed(ADDRESS, Fault.REFUSED))
        clock.now += served[-1]
    assert served == [0, 0, 10, 20, 35, 35]


def test_a_source_is_shut_out_for_its_penalty_and_no_other_source_is() -> None:
    penalties, clock = _made(free=0, first_s=10)
    assert penalties.failed(ADDRESS, Fault.REFUSED) == 10
    assert penalties.is_shut_out(ADDRESS)
    assert not penalties.is_shut_out("192.0.2.8")
    clock.now += 10
    assert not penalties.is_shut_out(ADDRESS)


def test_failures_are_forgotten_one_by_one_and_not_while_a_penalty_runs() -> None:
    penalties, clock = _made(free=1, first_s=100, most_s=1000, forget_s=60)
    assert [penalties.failed(ADDRESS, Fault.REFUSED) for _ in range(2)] == [0, 100]
    clock.now += 100  # nothing is forgotten yet
    assert penalties.failed(ADDRESS, Fault.REFUSED) == 200
    clock.now += 200 + 2 * 60  # two of three
    assert penalties.failed(ADDRESS, Fault.REFUSED) == 100
    clock.now += 100 + 10 * 60
    assert penalties.failed(ADDRESS, Fault.REFUSED) == 0


def test_connections_that_try_nothing_weigh_a_tenth() -> None:
    penalties, _ = _made(free=1, first_s=10)
    served = [penalties.failed(ADDRESS, Fault.NOTHING_TRIED) for _ in range(11)]
    assert served == [0.0] * 10 + [10]


def test_a_network_that_is_exempt_is_never_shut_out() -> None:
    penalties, _ = _made(free=0, exempt=("127.0.0.0/8", "::1/128", "192.0.2.0/28"))
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", ADDRESS):
        assert penalties.failed(address, Fault.REFUSED) == 0
        assert not penalties.is_shut_out(address)
    assert penalties.failed("192.0.2.16", Fault.REFUSED) > 0
    assert len(penalties) == 1


def test_an_ipv6_source_is_its_64_and_an_ipv4_address_may_come_in_ipv6_dress() -> None:
    assert source_of("2001:db8:1:2:3::4") == source_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert source_of("2001:db8:1:3::4") != source_of("2001:db8:1:2::4")
    assert source_of("fe80::1%eth0") == "fe80::/64"
    assert source_of("::ffff:192.0.2.7") == source_of(ADDRESS) == ADDRESS


def test_so_many_sources_are_remembered_and_the_longest_quiet_is_forgotten_first() -> None:
    penalties, _ = _made(free=0, sources=3)
    for last in (1, 2, 3, 1, 4):
        penalties.failed(f"192.0.2.{last}", Fault.REFUSED)
    assert len(penalties) == 3
    shut_out = [last for last in range(1, 5) if penalties.is_shut_out(f"192.0.2.{last}")]
    assert shut_out == [1, 3, 4]


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(list(Fault)), st.sampled_from(["192.0.2.1", "::2"])),
        max_size=60,
    )
)
def test_no_history_makes_a_penalty_longer_than_the_most_or_lasting(
    history: list[tuple[int, Fault, str]],
) -> None:
    penalties, clock = _made(free=1, first_s=15, most_s=600, forget_s=60, exempt=())
    for wait, fault, address in history:
        clock.now += wait
        assert 0 <= penalties.failed(address, fault) <= 600
    clock.now += 600
    assert not penalties.is_shut_out("192.0.2.1")
    clock.now += 61 * 60
    assert penalties.failed("192.0.2.1", Fault.REFUSED) == pytest.approx(0)
