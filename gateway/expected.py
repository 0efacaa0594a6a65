"""What should have happened by now and has not: files that did not come, documents that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.store import overdue
from gateway.store.alerts import Cause
from outbound.schedule import slots_between
from partners.directory import Directory
from partners.expectations import Expectation
from partners.profile import Cron, PartnerProfile

#: How far back the last two slots of an expectation are looked for: a year and a day, in steps.
LOOK_BACK = (timedelta(days=9), timedelta(days=70), timedelta(days=366))


@dataclass(frozen=True, slots=True)
class Late:
    """Something overdue. what: "files", "documents" or "answers". since: when it was due.

    partner, destination: whose, or where to; None where that is no matter. count: how many, 0 of
    files, which are not there to be counted. last: when the last one came, if any ever did.
    """

    what: str
    partner: str | None
    destination: str | None
    since: datetime
    count: int = 0
    last: datetime | None = None
    channel: str | None = None


def late(view: Connection, directory: Directory, now: datetime, documents_s: float) -> list[Late]:
    """Everything overdue, the files first. documents_s: how long a document may take to be delivered."""
    due = now - timedelta(seconds=documents_s)
    grace = timedelta(seconds=documents_s)
    undelivered = [
        Late("documents", one.partner, one.destination, one.oldest + grace, one.count)
        for one in overdue.undelivered(view, due)
    ]
    unsent = [
        Late("answers", one.partner, one.destination, one.oldest + grace, one.count)
        for one in overdue.unsent_answers(view, due)
    ]
    return [*silent(view, directory, now), *undelivered, *unsent]


def silent(view: Connection, directory: Directory, now: datetime) -> Iterator[Late]:
    """Partners from whom a file should have come."""
    for profile in directory.partners:
        if profile.enabled:
            for expectation in profile.expects:
                found = _silence(view, profile, expectation, now)
                if found is not None:
                    yield found


def causes(view: Connection, directory: Directory, now: datetime, documents_s: float) -> Iterator[Cause]:
    """What is overdue, as causes of alerts: one a partner, and one a destination."""
    for one in late(view, directory, now, documents_s):
        since = one.since.strftime("%Y-%m-%d %H:%M UTC")
        if one.what == "files":
            last = f"the last came {one.last:%Y-%m-%d %H:%M} UTC" if one.last else "none has ever come"
            place = f"{one.partner} {one.channel or ''}".rstrip()
            yield Cause("partner_silent", place, f"{place}: due {since}, {last}", one.partner)
        else:
            place = f"{one.what} {one.destination} {one.partner}"
            says = f"{one.destination}: {one.what} of {one.partner or 'unknown'} due since {since}"
            yield Cause("documents_overdue", place, says, one.partner, one.destination)


def _silence(
    view: Connection, profile: PartnerProfile, expectation: Expectation, now: datetime
) -> Late | None:
    last = overdue.last_arrival(view, profile.partner, expectation.channel)
    window = _window(profile, expectation, now, last or overdue.first_applied(view, profile.partner, now))
    if window is None:
        return None
    opened, due = window
    if due > now or (last is not None and last > opened):
        return None
    return Late("files", profile.partner, None, due, last=last, channel=expectation.channel)


def _window(
    profile: PartnerProfile, expectation: Expectation, now: datetime, since: datetime
) -> tuple[datetime, datetime] | None:
    """From when to when a file was to come; None if nothing was due yet."""
    if expectation.every_minutes is not None:
        return since, since + timedelta(minutes=expectation.every_minutes)
    schedule = Cron(kind="cron", expression=expectation.by or "")
    zone = ZoneInfo(profile.time_zone)
    for back in LOOK_BACK:
        slots = slots_between(schedule, zone, now - back, now)
        if len(slots) > 1:
            # What began to be expected in the middle of a window is expected from the next one on.
            return (slots[-2], slots[-1]) if since < slots[-1] else None
    return None
