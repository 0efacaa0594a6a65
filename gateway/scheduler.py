"""Turns the clock into jobs: APScheduler ticks, slots fire once, waiting deliveries are packed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from gateway.failpoints import failpoint
from gateway.packing import slots
from gateway.parts import Parts
from gateway.ports import Job
from gateway.store import deliveries
from gateway.store.moves import Act, record
from gateway.tending import Tender
from outbound.schedule import next_slot, slots_between
from partners.directory import Directory
from partners.profile import Schedule

#: Seconds between looks at the clock; a slot fires at most this late.
TICK_S = 1.0
#: How far back a start looks slot by slot; before that it asks only whether there was any.
CATCH_UP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Timetable:
    """A schedule by name, with when it falls due and the zone its clock hangs in."""

    name: str
    partner: str | None
    schedule: Schedule
    zone: ZoneInfo


class Scheduler:
    """Fires slots. Any number of them may run: the unique (schedule, slot) lets each fire once.

    A slot missed while nothing ran fires at the start, the newest of each schedule only: what
    waits is packed all the same.
    """

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._jobs = parts.jobs
        self._clock = parts.clock
        self._profiles = parts.profiles
        self._tender = Tender(parts)
        self._ticker = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(1)}, daemon=True
        )

    def start(self) -> None:
        """Begin to tick."""
        self._ticker.add_job(
            self.tick, IntervalTrigger(seconds=TICK_S, timezone=UTC), coalesce=True, max_instances=1
        )
        self._ticker.start()

    def stop(self) -> None:
        """Tick no more; a tick in hand is finished."""
        if self._ticker.running:
            self._ticker.shutdown(wait=True)

    def tick(self) -> int:
        """Fire what is due, and let go what waited for a destination; how many schedules fired."""
        now = self._clock.now()
        tables = {table.name: table for table in timetables(self._profiles.current().directory)}
        fired = sum(self._fire_if_due(table, now) for table in tables.values())
        self._tender.tend()
        return fired + self._pack_orphans(set(tables), now)

    def _fire_if_due(self, table: Timetable, now: datetime) -> bool:
        with self._ledger.read() as view:
            last = deliveries.last_slot(view, table.name)
        if last is None:
            self._begin(table.name, now)
            return False
        slot = _newest_slot(table, last, now)
        return slot is not None and self._fire(table.name, table.partner, slot, now)

    def _begin(self, schedule: str, now: datetime) -> None:
        """A schedule that is new starts now: slots of the time before it was applied are not its own."""
        with self._ledger.write() as tx:
            if deliveries.fire(tx, schedule, now, now):
                record(tx, Act("scheduler", now), "schedule.begun", "schedule", schedule)

    def _fire(self, schedule: str, partner: str | None, slot: datetime, now: datetime) -> bool:
        act = Act("scheduler", now)
        with self._ledger.write() as tx:
            if not deliveries.fire(tx, schedule, slot, now):
                return False
            record(tx, act, "schedule.fired", "schedule", schedule, after=slot.isoformat())
            self._jobs.enqueue(tx, [Job("pack", schedule, int(slot.timestamp()), partner)])
            failpoint("schedule.in_transaction")
        failpoint("schedule.fired")
        self._jobs.ring()
        return True

    def _pack_orphans(self, known: set[str], now: datetime) -> int:
        """Deliveries whose schedule is in no profile any more go now: nothing waits for ever."""
        with self._ledger.read() as view:
            orphans = deliveries.waiting_schedules(view) - known
        slot = now.replace(microsecond=0)
        return sum(self._fire(schedule, None, slot, now) for schedule in orphans)


def _newest_slot(table: Timetable, last: datetime, now: datetime) -> datetime | None:
    """The newest slot after `last` that is due; of a long time away, one slot stands for all."""
    recent = slots_between(table.schedule, table.zone, max(last, now - CATCH_UP), now)
    if recent:
        return recent[-1]
    earliest = next_slot(table.schedule, table.zone, last)
    return earliest if earliest is not None and earliest <= now else None


def timetables(directory: Directory) -> Iterator[Timetable]:
    """Every schedule that profiles and destinations name; a destination's own runs in UTC."""
    zones = {partner.partner: partner.time_zone for partner in directory.partners}
    for one in slots(directory):
        zone = zones[one.partner] if one.partner is not None else "UTC"
        yield Timetable(one.name, one.partner, one.schedule, ZoneInfo(zone))
