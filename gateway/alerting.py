"""From what happened to what people are told: one alert a cause, and notices that do not repeat themselves.

Nothing in the stages calls this. It reads the events behind a cursor, looks at the state of
things, and writes alerts and notices; `notifying` sends them. Any number of processes may look:
the cursor's row lets one at a time count, and an event counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.alert_kinds import BEGINNINGS, CONDITIONS, KINDS, QUIET, WHOLE
from gateway.notices import Addresses, Occasion, write_notices
from gateway.ports import Clock
from gateway.store import alerts, event_reading
from gateway.store.alert_causes import Background, backgrounds
from gateway.store.alerts import Alert, Cause
from gateway.store.event_reading import Happened
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move
from parsers.catalogue import entries

CURSOR = "alerts"
#: Events read in one go; each is a few short queries.
CHUNK = 500
#: Events after which the cursor moves: fewer are read again rather than a commit be spent on them.
STRIDE = 1_000
ACTOR = "alerts"
#: A process that stood still for longer between seeing and writing looks again.
STALE = timedelta(seconds=10)
#: Exceptions that say that kept bytes are not what they were.
_DAMAGE = ("ArchiveDamaged", "ArchiveMissing")


@dataclass(frozen=True, slots=True)
class Rules:
    """When people are told. window_s: least time between notices of one cause that goes on.

    quiet_s: how long after the last reject its alert ends.
    """

    window_s: float
    quiet_s: float


class Alerting:
    """Looks at what happened and writes what is to be told."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        rules: Rules,
        addresses: Callable[[], Addresses],
        conditions: Callable[[datetime], Sequence[Cause]],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._rules = rules
        self._addresses = addresses
        self._conditions = conditions
        self._front = event_reading.Front()

    def look(self) -> int:
        """One look at everything; how many notices were written.

        Twice: an event counts once, a notice's id is made from its alert and what it tells. Beside
        other processes: only what stood before this look can be over by it, and what was seen too
        long ago tells nothing of now.
        """
        self._count_events()
        now = self._clock.now()
        with self._ledger.read() as view:
            standing = alerts.unresolved(view)
        wanted = self._conditions(now)
        with self._ledger.read() as view:
            over = self._over(view, standing, wanted, now)
            begun = [cause for cause in wanted if alerts.of_cause(view, cause) is None]
            due = [alert for alert in alerts.unresolved(view) if _is_due(alert, now)]
        if not (over or begun or due):
            return 0
        addresses = self._addresses()
        act = Act(ACTOR, now)
        with self._ledger.write() as tx:
            event_reading.lock(tx, CURSOR)
            if abs(self._clock.now() - now) > STALE:
                return 0
            written = sum(self._resolve(tx, act, alert, addresses) for alert in over)
            for cause in begun:
                self._begin(tx, act, cause)
            return written + self._tell(tx, now, addresses)

    # events ----------------------------------------------------------------------------------

    def _count_events(self) -> None:
        with self._ledger.read() as view:
            start = after = event_reading.position(view, CURSOR)
            safe = self._front.reached(view, start)
        while True:
            with self._ledger.read() as view:
                chunk = event_reading.happened(view, after, BEGINNINGS, CHUNK)
                fresh = _uncounted(view, chunk)
                causes = _causes(view, fresh)
            if fresh:
                self._count(fresh, causes)
            if len(chunk) < CHUNK:
                break
            after = chunk[-1].id
        if safe - start >= STRIDE:
            with self._ledger.write() as tx:
                event_reading.advance(tx, CURSOR, safe)

    def _count(self, events: Sequence[Happened], causes: Mapping[int, Cause]) -> None:
        with self._ledger.write() as tx:
            event_reading.lock(tx, CURSOR)
            done = alerts.counted(tx, [event.id for event in events])
            left = [event for event in events if event.id in causes and event.id not in done]
            together: dict[str, list[Happened]] = {}
            for event in left:
                together.setdefault(causes[event.id].key, []).append(event)
            for same in together.values():
                self._add(tx, same, causes[same[-1].id])

    def _add(self, tx: Connection, events: Sequence[Happened], cause: Cause) -> None:
        last = events[-1].at
        alert = alerts.of_cause(tx, cause) or alerts.open_alert(tx, Act(ACTOR, last), cause)
        rows = [
            {
                "event_id": event.id,
                "alert_id": alert.id,
                "subject_kind": event.subject_kind,
                "subject": event.subject,
            }
            for event in events
        ]
        alerts.insert_subjects(tx, rows)
        alerts.count(tx, alert.id, len(rows), last, cause.says)

    # state -----------------------------------------------------------------------------------

    def _over(
        self, view: Connection, standing: Sequence[Alert], wanted: Sequence[Cause], now: datetime
    ) -> list[Alert]:
        still = {cause.key for cause in wanted}
        return [alert for alert in standing if self._is_over(view, alert, still, now)]

    def _is_over(self, view: Connection, alert: Alert, still: set[str], now: datetime) -> bool:
        kind = KINDS.get(alert.kind)
        if kind is None:  # written by a newer version
            return False
        if kind.name in CONDITIONS:
            return alert.cause not in still
        if kind.name in QUIET:
            everything_told = alert.told == alert.count or alert.state == "acknowledged"
            return everything_told and now - alert.last_at >= timedelta(seconds=self._rules.quiet_s)
        return bool(kind.states) and not alerts.goes_on(view, alert.id, kind.states)

    def _begin(self, tx: Connection, act: Act, cause: Cause) -> None:
        if alerts.of_cause(tx, cause) is None:
            alert = alerts.open_alert(tx, act, cause)
            alerts.count(tx, alert.id, 1, act.at, cause.says)

    # telling ---------------------------------------------------------------------------------

    def _tell(self, tx: Connection, now: datetime, addresses: Addresses) -> int:
        """At once the first time, then summed up when the window has passed."""
        written = 0
        for alert in alerts.unresolved(tx):
            if _is_due(alert, now):
                occasion = Occasion.SUMMARY if alert.told else Occasion.BEGUN
                written += write_notices(tx, alert, occasion, now, addresses)
                alerts.told(tx, alert.id, alert.count, now + timedelta(seconds=self._rules.window_s))
        return written

    def _resolve(self, tx: Connection, act: Act, alert: Alert, addresses: Addresses) -> int:
        """It is over; those who were told of it are told so too."""
        current = alerts.alert(tx, alert.id)
        if current.resolved_at is not None or current.count != alert.count:
            return 0
        move(tx, act, "alert", alert.id, "resolved", resolved_at=act.at)
        return write_notices(tx, current, Occasion.OVER, act.at, addresses) if current.told else 0


def _is_due(alert: Alert, now: datetime) -> bool:
    return alert.state == "open" and alert.count > alert.told and alert.tell_at <= now


def _uncounted(view: Connection, chunk: Sequence[Happened]) -> list[Happened]:
    done = alerts.counted(view, [event.id for event in chunk])
    return [event for event in chunk if event.id not in done and not _is_by_a_person(event)]


def _is_by_a_person(event: Happened) -> bool:
    """What somebody does on purpose, nobody needs to be told of."""
    return event.actor.startswith("user ")


def _causes(view: Connection, events: Sequence[Happened]) -> dict[int, Cause]:
    """The cause of each event; those that another event tells of are left out."""
    ids: dict[str, list[str]] = {}
    for event in events:
        ids.setdefault(event.subject_kind, []).append(event.subject)
    known = {kind: backgrounds(view, kind, sorted(set(subjects))) for kind, subjects in ids.items()}
    found = {}
    for event in events:
        background = known[event.subject_kind].get(event.subject, Background())
        if not background.quiet:
            found[event.id] = _cause(event, background)
    return found


def _cause(event: Happened, background: Background) -> Cause:
    kind = BEGINNINGS[event.action]
    if kind == "failed_task":
        return _bug(event, background)
    partner, destination = background.partner, background.destination
    code = "" if kind in WHOLE else background.code
    whose = [part for part in (destination, partner) if part] or ["unknown"]
    return Cause(kind, " ".join([*whose, code]).rstrip(), _explained(code, whose), partner, destination)


def _bug(event: Happened, background: Background) -> Cause:
    name = (event.reason or "").partition(":")[0].rpartition(".")[2] or "unknown"
    kind = "archive_damaged" if name in _DAMAGE else "failed_task"
    return Cause(kind, f"{background.stage} {name}", f"{name} in stage {background.stage}")


def _explained(code: str, whose: Sequence[str]) -> str:
    """Whose it is, and the catalogue's words; never the partner's or the far end's own."""
    row = entries().get(code)
    return f"{', '.join(whose)}: {code} {row.title}" if row else ", ".join(whose)
