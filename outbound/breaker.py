"""The circuit breaker of a destination: when it is left alone, and when one delivery tries it again.

Pure: a `Breaker` is a value, time comes in, and whoever keeps it (the ledger, for all nodes alike)
stores what these functions give back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

#: closed: deliveries go through. open: they wait. half_open: one at a time probes. paused: they wait
#: until the cause is mended or a person resumes.
State = Literal["closed", "open", "half_open", "paused"]


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """failures: in a row, after which it opens. first_s, max_s: wait before a probe, doubled by each that
    fails. probe_s: after which a probe that is not heard of any more is given up for lost.
    """

    failures: int = 5
    first_s: float = 15.0
    max_s: float = 300.0
    probe_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a destination is doing.

    failures: in a row while closed. openings: in a row, without a delivery between. last_failed: the
    consignment that failed last. probe: the consignment that probes. probe_at: when the next probe
    may go (open), or when the one under way is given up for lost (half_open).
    """

    state: State = "closed"
    failures: int = 0
    openings: int = 0
    last_failed: str | None = None
    probe: str | None = None
    probe_at: datetime | None = None

    @property
    def is_quiet(self) -> bool:
        """True if it is closed and nothing has failed since the last delivery."""
        return self.state == "closed" and not self.failures and not self.openings


def admitted(breaker: Breaker, who: str, now: datetime, policy: BreakerPolicy) -> Breaker | None:
    """The breaker once `who` has begun; None if it must wait.

    A probe that was begun and not heard of (its worker died) may go on, or another after `probe_s`.
    """
    if breaker.state == "closed":
        return breaker
    if breaker.state == "paused" or not (_is_time(breaker, now) or breaker.probe == who):
        return None
    lost_at = now + timedelta(seconds=policy.probe_s)
    return replace(breaker, state="half_open", probe=who, probe_at=lost_at)


def wants_probe(breaker: Breaker, now: datetime) -> bool:
    """True if one waiting delivery should be let go to see how the far end is."""
    return breaker.state in {"open", "half_open"} and _is_time(breaker, now)


def _is_time(breaker: Breaker, now: datetime) -> bool:
    return breaker.probe_at is None or breaker.probe_at <= now


def succeeded(breaker: Breaker, who: str) -> Breaker:
    """The breaker after the far end has dealt with a delivery, whatever it said of the document.

    Only the probe closes one that is not closed: what was begun before it opened or was paused, or
    a probe that was given up for lost, tells of a time before.
    """
    probes = breaker.state == "half_open" and breaker.probe == who
    return Breaker() if probes or breaker.state == "closed" else breaker


def failed(
    breaker: Breaker,
    who: str,
    now: datetime,
    policy: BreakerPolicy,
    *,
    endpoint_wide: bool,
    after_s: float = 0.0,
) -> Breaker:
    """The breaker after a delivery failed for now.

    after_s: the wait that the far end asked for; no probe goes before.
    endpoint_wide: True if any other would have fared alike. A document that fails by itself counts
    only if another failed before it: no single one closes the way for all.
    """
    if breaker.state == "paused":
        return breaker
    if breaker.state == "open":
        return breaker  # begun before it opened
    if breaker.state == "half_open":
        return _opened(breaker, who, now, policy, after_s) if breaker.probe == who else breaker
    if not endpoint_wide and breaker.last_failed == who:
        return breaker
    counted = replace(breaker, failures=breaker.failures + 1, last_failed=who)
    opens = counted.failures >= policy.failures
    return _opened(counted, who, now, policy, after_s) if opens else counted


def _opened(breaker: Breaker, who: str, now: datetime, policy: BreakerPolicy, after_s: float) -> Breaker:
    wait_s = max(policy.first_s * 2 ** min(breaker.openings, 30), after_s)
    due = now + timedelta(seconds=min(wait_s, policy.max_s))
    return Breaker("open", 0, breaker.openings + 1, last_failed=who, probe_at=due)
