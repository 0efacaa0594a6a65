"""Stages with somebody who looks at what happened and somebody who sends notices, in a test's hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stages import Stages

from gateway.alerting import Alerting, Rules
from gateway.notices import Addresses
from gateway.notifying import Notifier
from gateway.store import alerts
from gateway.store.alerts import Alert, Cause
from gateway.telling import Letter

WINDOW_S = 3600.0
QUIET_S = 86_400.0


@dataclass
class Post:
    """Ways that keep what they are given. says: what to do instead of taking, once each."""

    taken: list[Letter] = field(default_factory=list)
    says: list[Exception] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        """Take it, or say what the test wants."""
        if self.says:
            raise self.says.pop(0)
        self.taken.append(letter)

    @property
    def subjects(self) -> list[str]:
        """The subjects of what was taken, in order."""
        return [letter.content["subject"] for letter in self.taken]


class Alerted:
    """What tells people about `stages`. conditions: what is the matter, as the test says."""

    def __init__(self, stages: Stages, addresses: Addresses | None = None) -> None:
        self.stages = stages
        self.post = Post()
        self.conditions: Sequence[Cause] = ()
        self.addresses = addresses or Addresses(default=("edi@us.example",), gateway="test")
        self.alerting = self.another()
        self.notifier = Notifier(stages.ledger, stages.clock, self.post, lambda: 1.0)

    def another(self) -> Alerting:
        """One more process that looks."""
        stages = self.stages
        return Alerting(
            stages.ledger, stages.clock, Rules(WINDOW_S, QUIET_S), lambda: self.addresses, self._now
        )

    def look(self) -> list[str]:
        """Look, send, and give the subjects of what was sent by that."""
        before = len(self.post.taken)
        self.alerting.look()
        self.notifier.send_due()
        return self.post.subjects[before:]

    def listed(self, state: str | None = None) -> list[Alert]:
        """Alerts, newest first."""
        with self.stages.view() as view:
            return alerts.listed(view, state=state, partner=None, limit=100)

    def _now(self, now: datetime) -> Sequence[Cause]:
        del now
        return self.conditions
