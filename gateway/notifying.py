"""Sends what is to be told, from a queue of its own: while mail is down only notices wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from gateway.ports import Clock
from gateway.store import alerts
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move_if
from gateway.telling import Letter, Ways
from outbound.connector import Refused, TryLater
from outbound.retry import RetryPolicy

log = structlog.get_logger()

#: Notices in one go.
CHUNK = 20
#: Seconds after which a try whose process was killed is made again.
LEASE_S = 300.0
#: First pauses of seconds, then a quarter of an hour: about three days in all.
RETRY = RetryPolicy(5.0, 2.0, 900.0, 300)
ACTOR = "notifier"


class Notifier:
    """Takes notices from the ledger and sends them. Any number may run; one try of a notice at a time."""

    def __init__(self, ledger: Ledger, clock: Clock, ways: Ways, chance: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ways = ways
        self._chance = chance

    def send_due(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, until told to stop; how many were sent.

        Twice: a notice is claimed before it is sent. One that was sent by a process that died before
        it could say so is sent again under the same id.
        """
        with self._ledger.read() as view:
            due = alerts.due_notices(view, self._clock.now(), CHUNK)
        return sum(self._send(row) for row in due if not should_stop())

    def send_these(self, notices: Sequence[str]) -> int:
        """Try these once, now; how many were sent."""
        with self._ledger.read() as view:
            due = alerts.due_notices(view, self._clock.now(), len(notices), notices)
        return sum(self._send(row) for row in due)

    def _send(self, row: alerts.Due) -> bool:
        attempt = row.attempts + 1
        until = self._clock.now() + timedelta(seconds=LEASE_S)
        with self._ledger.write() as tx:
            if not alerts.claim_notice(tx, row.id, row.attempts, until):
                return False
        letter = Letter(row.id, row.alert_id, row.address, json.loads(row.content), row.created_at)
        try:
            self._ways.send(letter)
        except TryLater as wait:
            self._postpone(row.id, attempt, wait)
        except Refused as refusal:
            self._give_up(row.id, refusal.reason)
        else:
            act = Act(ACTOR, self._clock.now())
            with self._ledger.write() as tx:
                move_if(tx, act, "notice", row.id, "sent", sent_at=act.at, error=None)
            log.info("notice.sent", notice=row.id, alert=row.alert_id, attempt=attempt)
            return True
        return False

    def _postpone(self, notice: str, attempt: int, wait: TryLater) -> None:
        due = RETRY.next_due(attempt, self._clock.now(), wait.after_s, self._chance())
        if due is None:
            self._give_up(notice, wait.reason)
            return
        with self._ledger.write() as tx:
            alerts.postpone_notice(tx, notice, attempt, due, wait.reason)
        log.warning("notice.postponed", notice=notice, attempt=attempt, reason=wait.reason)

    def _give_up(self, notice: str, reason: str) -> None:
        act = Act(ACTOR, self._clock.now(), reason)
        with self._ledger.write() as tx:
            move_if(tx, act, "notice", notice, "dead", error=reason)
        log.warning("notice.dead", notice=notice, reason=reason)
