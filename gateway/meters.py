"""Figures for Prometheus: counted from the ledger when they are asked for, timed in the process where not.

Counters begin at 0 when this process starts and count what all nodes do, each event once; so every
node of one ledger shows the same growth: take the greatest over nodes, not the sum. What only one
process knows (its own times and sessions, its disk) is its own.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection

from gateway.errors import TradepostError
from gateway.parts import Profiles
from gateway.ports import Archive, Arrival, Clock, Receive, Received
from gateway.store import event_reading, measured, nodes
from gateway.store.ledger import Ledger
from gateway.store.measured import Span, Standing, Tally

#: Events that one query goes over.
STRIDE = 20_000
#: Seconds; to tell 250 ms from 5 s from a minute.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 14_400.0)
#: Seconds after which a node that gives no sign of life does not count.
UNSEEN_S = 30.0
#: What stands for a partner or destination that the profiles in force do not name.
OTHER = "other"
BREAKER = ("closed", "open", "half_open", "paused")


class Meters:
    """All figures of one process.

    sessions: how many SFTP sessions this process holds.
    """

    def __init__(
        self, ledger: Ledger, archive: Archive, profiles: Profiles, clock: Clock, home: Path
    ) -> None:
        self.registry = CollectorRegistry()
        self.sessions: Callable[[], int] = lambda: 0
        self._ledger = ledger
        self._archive = archive
        self._profiles = profiles
        self._clock = clock
        self._home = home
        self._lock = threading.Lock()
        self._front = event_reading.Front()
        self._position = self._findings = 0
        self._counters = {
            name: Counter(f"tradepost_{name}", words, labels, registry=self.registry)
            for name, words, labels in COUNTERS
        }
        self._kept = _histogram(self.registry, "keep_seconds", KEEP_WORDS, ())
        self._answered = _histogram(self.registry, "answer_seconds", ANSWER_WORDS, ("partner",))
        self._delivered = _histogram(self.registry, "delivery_seconds", DELIVERY_WORDS, ("partner",))
        self.registry.register(_Now(self))
        with ledger.read() as view:
            self._position = event_reading.mark(view).position
            self._findings = measured.newest_finding(view)

    def timed(self, receive: Receive) -> Receive:
        """`receive`, whose time is taken: from a file's close to its being kept and recorded."""

        def timing(arrival: Arrival, content: BinaryIO | Path) -> Received:
            begun = time.perf_counter()
            received = receive(arrival, content)
            self._kept.observe(time.perf_counter() - begun)
            return received

        return timing

    def exposed(self) -> bytes:
        """Every figure as it is now, in Prometheus' text format."""
        self.catch_up()
        return generate_latest(self.registry)

    def catch_up(self) -> None:
        """Count what has happened since the last call, by any node, each event once."""
        with self._lock, self._ledger.read() as view:
            safe = self._front.reached(view, self._position)
            known = self._known()
            while self._position < safe:
                span = Span(self._position, min(self._position + STRIDE, safe))
                self._count(view, span, known)
                self._position = span.until
            newest = measured.newest_finding(view)
            self._add("findings", measured.findings(view, self._findings, newest), None)
            self._findings = newest

    def standing(self) -> Iterator[Metric]:
        """How things stand now."""
        now = self._clock.now()
        begun = time.perf_counter()
        with self._ledger.read() as view:
            yield from _standing(view, now, self._known())
            alive = nodes.listed(view)
        yield _gauge(
            "ledger_read_seconds", "Time that reading these figures took.", time.perf_counter() - begun
        )
        here = [node for node in alive if node.stopped_at is None and node.unseen_s <= UNSEEN_S]
        roles = [role for node in here for role in node.roles]
        counts = [Standing((role,), roles.count(role)) for role in sorted(set(roles))]
        yield _family("nodes", "Processes at work on this ledger, by role.", ("role",), counts)
        yield from self._own()

    def _own(self) -> Iterator[Metric]:
        """What only this process knows."""
        yield _gauge("sftp_sessions", "SFTP sessions that this process holds.", self.sessions())
        free = shutil.disk_usage(self._home).free
        yield _gauge("disk_free_bytes", "Free bytes on the disk of the home.", free)
        begun = time.perf_counter()
        try:
            self._archive.check()
        except TradepostError:
            yield _gauge("archive_up", "1 if the archive can be used.", 0)
        else:
            yield _gauge("archive_up", "1 if the archive can be used.", 1)
            took = time.perf_counter() - begun
            yield _gauge("archive_check_seconds", "Time that a look at the archive took.", took)

    def _count(self, view: Connection, span: Span, known: Collection[str]) -> None:
        arrived = measured.arrivals(view, span)
        self._add("arrivals", arrived, known)
        self._add("arrival_bytes", [Tally(one.labels, one.size) for one in arrived], known)
        self._add("files", measured.outcomes_of_files(view, span), known)
        self._add("documents", measured.documents(view, span), known)
        self._add("answers", measured.answers(view, span), known)
        self._add("delivery_attempts", measured.attempts(view, span), known)
        for partner, seconds in measured.answer_times(view, span):
            self._answered.labels(_named(partner, known)).observe(seconds)
        for partner, seconds in measured.delivery_times(view, span):
            self._delivered.labels(_named(partner, known)).observe(seconds)

    def _add(self, name: str, tallies: Iterable[Tally], known: Collection[str] | None) -> None:
        for tally in tallies:
            first, *rest = tally.labels
            labels = (first if known is None else _named(first, known), *rest)
            self._counters[name].labels(*labels).inc(tally.count)

    def _known(self) -> frozenset[str]:
        """Partners and destinations in force: labels are bounded by the profiles, not by what comes."""
        try:
            directory = self._profiles.current().directory
        except TradepostError:
            return frozenset()
        return frozenset({one.partner for one in directory.partners} | set(directory.destinations))


class _Now:
    """Asked by the registry at each scrape: catches up, then says how things stand."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked for at registration."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The gauges."""
        return self._meters.standing()


#: Counters: name, what they count, labels.
COUNTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("arrivals", "Files received.", ("partner",)),
    ("arrival_bytes", "Bytes received.", ("partner",)),
    ("files", "Files that were read, by what became of them.", ("partner", "state")),
    ("documents", "Documents that came into a state.", ("partner", "kind", "state")),
    ("findings", "Findings that were made.", ("code", "severity")),
    ("answers", "Answers put where the partner finds them.", ("partner", "kind")),
    ("delivery_attempts", "Attempts that ended, by what they came to.", ("destination", "outcome")),
)
KEEP_WORDS = "From a file's close to its being archived and recorded, in this process."
ANSWER_WORDS = "From a file's arrival to each answer in its place."
DELIVERY_WORDS = "From a file's arrival to each document's delivery."


def _standing(view: Connection, now: datetime, known: Collection[str]) -> Iterator[Metric]:
    queue = measured.queue(view)
    yield _family("tasks", "Stages to run.", ("stage", "state"), queue)
    yield _ages("task_oldest_seconds", "Age of the oldest that is due.", ("stage", "state"), queue, now)
    backlog = [Standing((_named(one.labels[0], known),), one.count) for one in measured.backlog(view)]
    yield _family("backlog_tasks", "Stages to run, by partner.", ("partner",), _summed(backlog))
    documents = measured.held_documents(view)
    yield _family("documents_open", "Documents held or on their way.", ("state",), documents)
    yield _ages("document_oldest_seconds", "Age of the oldest of them.", ("state",), documents, now)
    consignments = [
        Standing((_named(one.labels[0], known), one.labels[1]), one.count, one.oldest)
        for one in measured.open_consignments(view)
    ]
    labels = ("destination", "state")
    yield _family("consignments_open", "Deliveries not made.", labels, _summed(consignments))
    yield _ages("consignment_oldest_seconds", "Age of the oldest of them.", labels, consignments, now)
    yield _gauge("quarantined_files", "Files in quarantine.", measured.quarantined(view))
    yield _breakers(measured.destinations(view), known)
    yield _family("alerts_open", "Alerts that are not over.", ("kind",), measured.open_alerts(view))
    yield _gauge("notices_waiting", "Notices not sent yet.", measured.waiting_notices(view))


def _breakers(states: dict[str, str], known: Collection[str]) -> Metric:
    family = GaugeMetricFamily(
        "tradepost_destination_state",
        "1 for the state that a destination is in.",
        labels=("destination", "state"),
    )
    for name in sorted(set(states) & set(known)):
        for state in BREAKER:
            family.add_metric((name, state), int(states[name] == state))
    return family


def _histogram(registry: CollectorRegistry, name: str, words: str, labels: Sequence[str]) -> Histogram:
    return Histogram(f"tradepost_{name}", words, labels, buckets=BUCKETS, registry=registry)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tradepost_{name}", words, value=value)


def _family(name: str, words: str, labels: Sequence[str], rows: Iterable[Standing]) -> Metric:
    family = GaugeMetricFamily(f"tradepost_{name}", words, labels=labels)
    for row in rows:
        family.add_metric(row.labels, row.count)
    return family


def _ages(name: str, words: str, labels: Sequence[str], rows: Iterable[Standing], now: datetime) -> Metric:
    family = GaugeMetricFamily(f"tradepost_{name}", words, labels=labels)
    oldest: dict[tuple[str, ...], datetime] = {}
    for row in rows:
        if row.oldest is not None:
            oldest[row.labels] = min(oldest.get(row.labels, row.oldest), row.oldest)
    for key, since in oldest.items():
        family.add_metric(key, max(0.0, (now - since).total_seconds()))
    return family


def _summed(rows: Iterable[Standing]) -> list[Standing]:
    """Rows whose labels became the same are one."""
    counts: dict[tuple[str, ...], int] = {}
    for row in rows:
        counts[row.labels] = counts.get(row.labels, 0) + row.count
    return [Standing(labels, count) for labels, count in counts.items()]


def _named(name: str, known: Collection[str]) -> str:
    return name if name in known else OTHER
