"""Gates: whether a consignment may begin now, and what goes on once one has ended.

Everything here is in the ledger, so that all nodes keep to it alike: the breaker and pause of a
destination, its limits, and the turns of its lanes. All functions run inside the caller's write
transaction and do no other I/O.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.ports import Job
from gateway.store import deliveries, destinations, turns
from gateway.store.destinations import FOR_DESTINATION, FOR_TURN
from gateway.store.moves import Act
from outbound.breaker import Breaker, BreakerPolicy, admitted, failed, succeeded
from partners.profile import Destination

#: Turns of a limited rate that may be made up for at once.
BURST = timedelta(seconds=1)
#: A probe is given up for lost after the destination's own time-out and this.
PROBE_GRACE_S = 60.0


def policy_of(destination: Destination) -> BreakerPolicy:
    """The breaker settings of a destination as its breaker needs them."""
    breaker = destination.breaker
    return BreakerPolicy(
        breaker.failures, breaker.first_s, breaker.max_s, destination.http.timeout_s + PROBE_GRACE_S
    )


def is_shut(packed: deliveries.Packed, destination: Destination, now: datetime) -> bool:
    """True if, by what was last read, the destination takes nothing: a look before work is done."""
    return admitted(packed.breaker, packed.id, now, policy_of(destination)) is None


def what_for(tx: Connection, act: Act, packed: deliveries.Packed, destination: Destination) -> str | Breaker:
    """What a consignment must wait for, or the breaker under which it begins, its turn then taken."""
    if destination.order != "none":
        turns.lock(tx, packed.id)
        if turns.must_wait(tx, packed.id, dead_counts=destination.after_dead_letter == "wait"):
            return FOR_TURN
    limits = destination.limits
    is_limited = limits.in_flight is not None or limits.per_s is not None
    if is_limited:
        destinations.locked(tx, destination.name, act.at)
    standing = destinations.standing(tx, destination.name)
    if standing.breaker.state != "closed":
        standing = destinations.locked(tx, destination.name, act.at)
    after = admitted(standing.breaker, packed.id, act.at, policy_of(destination))
    if after is None or not _limits_let(tx, act, packed, destination):
        return FOR_DESTINATION
    if after != standing.breaker:
        destinations.keep(tx, replace(act, reason=None), standing, after)
    return after


def _limits_let(tx: Connection, act: Act, packed: deliveries.Packed, destination: Destination) -> bool:
    limits = destination.limits
    most = limits.in_flight
    if most is not None and destinations.under_way(tx, destination.name, packed.id) >= most:
        return False
    return limits.per_s is None or _take_turn(tx, destination.name, limits.per_s, act.at)


def _take_turn(tx: Connection, name: str, per_s: float, now: datetime) -> bool:
    """Take a turn at a limited rate; what was not used of the last second may be used now."""
    before = destinations.standing(tx, name).turn_at
    from_ = max(before, now - BURST) if before is not None else now - BURST
    if from_ > now:
        return False
    destinations.set_turn(tx, name, from_ + timedelta(seconds=1 / per_s))
    return True


def park(tx: Connection, packed: deliveries.Packed, waits_for: str) -> None:
    """Let a consignment wait outside the task queue."""
    destinations.park(tx, packed.id, packed.destination, waits_for)
    deliveries.undate(tx, packed.id)


def went_well(tx: Connection, act: Act, packed: deliveries.Packed) -> None:
    """The far end has dealt with a consignment: whatever it said, it is there and lets us in.

    packed: as it was begun. One that began while nothing was amiss has nothing to mend.
    """
    if packed.breaker.is_quiet:
        return
    before = destinations.locked(tx, packed.destination, act.at)
    after = succeeded(before.breaker, packed.id)
    if after != before.breaker:
        destinations.keep(tx, act, before, after, cause=None, reason=None)


def went_badly(
    tx: Connection,
    act: Act,
    packed: deliveries.Packed,
    destination: Destination,
    cause: str,
    *,
    endpoint_wide: bool,
    after_s: float | None,
) -> Breaker:
    """Count a failure; the breaker as it is then."""
    before = destinations.locked(tx, destination.name, act.at)
    after = failed(
        before.breaker,
        packed.id,
        act.at,
        policy_of(destination),
        endpoint_wide=endpoint_wide,
        after_s=after_s or 0.0,
    )
    if after != before.breaker:
        destinations.keep(tx, act, before, after, cause=cause or None, reason=act.reason)
    return after


def pause(tx: Connection, act: Act, name: str, cause: str, mark: str | None) -> None:
    """Let nothing more go to a destination until it is resumed.

    mark: of the secrets that it refuses: other ones resume it. None if a person pauses it.
    """
    before = destinations.locked(tx, name, act.at)
    if before.breaker.state == "paused" and (mark is not None or before.by_person):
        return
    values = {"cause": cause or None, "reason": act.reason, "credentials": mark, "by_person": mark is None}
    destinations.keep(tx, act, before, Breaker("paused"), **values)


def resume(tx: Connection, act: Act, name: str) -> bool:
    """Let deliveries try a paused destination again, one at first; False if it was not paused."""
    before = destinations.locked(tx, name, act.at)
    if before.breaker.state != "paused":
        return False
    values = {"cause": None, "reason": None, "credentials": None, "by_person": False}
    destinations.keep(tx, act, before, Breaker("half_open"), **values)
    return True


def ended(tx: Connection, packed: deliveries.Packed, destination: Destination) -> list[Job]:
    """A consignment was delivered: what may go on now."""
    freed: list[destinations.Freed] = []
    if destination.order != "none":
        lanes = turns.lock(tx, packed.id)
        turns.leave(tx, packed.id)
        freed += turns.next_in(tx, lanes)
    if destination.limits.in_flight is not None:
        freed += destinations.free_oldest(tx, destination.name, 1)
    return [one.job for one in freed]


def passed_over(tx: Connection, consignment: str) -> list[Job]:
    """A consignment holds up nobody any more, though it was not delivered: what may go on now."""
    return [one.job for one in turns.next_in(tx, turns.lock(tx, consignment))]
