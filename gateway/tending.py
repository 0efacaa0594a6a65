"""Tending: what happens to destinations because time passes.

    parked consignments go on     once their destination takes deliveries again, at a limited rate
    a probe is let go             when an open breaker's time has come
    a pause ends                  when the settings or secrets that were refused have changed
    who waits for a turn goes on  when nobody is before it any more, whatever ended that

Whoever keeps the schedules calls it every second. Any number of processes may: a lot is claimed in
the ledger, and a consignment that is let go too early only parks again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway import gates
from gateway.parts import Parts
from gateway.store import deliveries, destinations, turns
from gateway.store.destinations import FOR_TURN, Standing
from outbound.breaker import wants_probe
from partners.profile import Destination

#: Most consignments let go in one transaction.
MOST = 500
#: Time between two looks at the secrets of a paused destination; a look costs 30 ms.
LOOK = timedelta(seconds=10)


class Tender:
    """Looks after destinations that something waits for, or that are paused."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._looked: dict[str, datetime] = {}
        self._looked_for_turns: dict[str, datetime] = {}

    def tend(self) -> int:
        """Look once; how many consignments were let go."""
        now = self._parts.clock.now()
        with self._parts.ledger.read() as view:
            waiting = destinations.waiting_places(view)
            standings = destinations.standings(view)
        known = self._parts.profiles.current().directory.destinations
        self._resume_changed(standings, known, now)
        freed = 0
        for name, waits_for in waiting:
            standing = standings.get(name, Standing(name))
            destination = known.get(name)
            most = _most(standing, destination, waits_for, now)
            freed += self._let_go(name, waits_for, most, now) if most else 0
            if waits_for == FOR_TURN and destination is not None and destination.order != "none":
                freed += self._let_overlooked_go(destination, now)
        if freed:
            self._parts.jobs.ring()
        return freed

    def _let_go(self, name: str, waits_for: str, most: int, now: datetime) -> int:
        """Let a lot go; one lot a second, however many processes look."""
        slot = now.replace(microsecond=0)
        with self._parts.ledger.write() as tx:
            if not deliveries.fire_only(tx, f"let-go/{name}/{waits_for}", slot, now):
                return 0
            freed = destinations.free_oldest(tx, name, most, waits_for)
            self._parts.jobs.enqueue(tx, [one.job for one in freed])
        return len(freed)

    def _let_overlooked_go(self, destination: Destination, now: datetime) -> int:
        """Let those go whom nobody lets go: rare, so a look every ten seconds is soon enough."""
        name, dead_counts = destination.name, destination.after_dead_letter == "wait"
        if now - self._looked_for_turns.get(name, now - LOOK) < LOOK:
            return 0
        self._looked_for_turns[name] = now
        with self._parts.ledger.write() as tx:
            freed = turns.overlooked(tx, name, MOST, dead_counts=dead_counts)
            self._parts.jobs.enqueue(tx, [one.job for one in freed])
        return len(freed)

    def _resume_changed(
        self, standings: Mapping[str, Standing], known: Mapping[str, Destination], now: datetime
    ) -> None:
        """End pauses whose cause may be gone: settings or secrets have another mark."""
        for name, standing in standings.items():
            destination, mark = known.get(name), standing.credentials
            if standing.breaker.state != "paused" or mark is None or destination is None:
                continue
            if now - self._looked.get(name, now - LOOK) < LOOK:
                continue
            self._looked[name] = now
            if self._parts.connect.mark(destination, mark.partition("$")[0]) != mark:
                act = self._parts.act("tend", "Its settings or secrets have changed.")
                with self._parts.ledger.write() as tx:
                    gates.resume(tx, act, name)


def _most(standing: Standing, destination: Destination | None, waits_for: str, now: datetime) -> int:
    """How many of those that wait may be let go now."""
    if destination is None:  # the profiles name it no more: they end as dead letters that say so
        return MOST
    if waits_for == FOR_TURN:  # who ends lets the next go; nobody does once order is not asked for
        return MOST if destination.order == "none" else 0
    if standing.breaker.state != "closed":
        return 1 if wants_probe(standing.breaker, now) else 0
    limits = destination.limits
    rate = min(limits.drain_per_s, limits.per_s or limits.drain_per_s)
    lot = min(MOST, math.ceil(rate))
    return lot if limits.in_flight is None else min(lot, limits.in_flight)
