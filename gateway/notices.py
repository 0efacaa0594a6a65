"""What is told of an alert, in plain words and for programs. Pure, but for the rows that are written.

No payload and no text of a partner or a far end is part of a notice: it says what happened, how
often, where to look and what to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from gateway.alert_kinds import KINDS, AlertKind
from gateway.states import COMMANDS
from gateway.store import alerts
from gateway.store.alerts import Alert, Subject
from gateway.store.identity import derived
from parsers.catalogue import entries

WEBHOOK = "webhook"
MAIL = "mail:"
#: Subjects of an alert that a notice names.
NAMED = 10


class Occasion(StrEnum):
    """Why a notice is written: it has begun, it goes on, it is over, or somebody tries the way."""

    BEGUN = "begun"
    SUMMARY = "summary"
    OVER = "over"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who is told. default: mail addresses for what no partner's own people look after.

    of_partners: mail addresses of those who do. of_destinations: of a destination's owner, where that
    is one. webhook: whether one is told of everything.
    names: partners as people say them. gateway: by what name this gateway is known.
    """

    default: tuple[str, ...] = ()
    of_partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_destinations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    webhook: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    gateway: str = "tradepost"

    def of(self, partner: str | None, destination: str | None) -> tuple[str, ...]:
        """Where a notice goes: to the destination's owner, else to those of the partner, else to all."""
        owner = self.of_destinations.get(destination or "")
        people = owner or self.of_partners.get(partner or "") or self.default
        hooks = (WEBHOOK,) if self.webhook else ()
        return (*(f"{MAIL}{address}" for address in people), *hooks)


def write_notices(
    tx: Connection, alert: Alert, occasion: Occasion, now: datetime, addresses: Addresses
) -> int:
    """Put a notice for each address into the queue; how many.

    Twice: the id is made from the alert, the occasion, its count and the address.
    """
    subjects = alerts.subjects(tx, alert.id, NAMED)
    content = json.dumps(compose(alert, occasion, subjects, addresses), ensure_ascii=False)
    rows = [
        {
            "id": derived("no", alert.id, occasion.value, alert.count, address),
            "alert_id": alert.id,
            "address": address,
            "content": content,
            "state": "waiting",
            "attempts": 0,
            "not_before": now,
            "created_at": now,
        }
        for address in addresses.of(alert.partner, alert.destination)
    ]
    alerts.insert_notices(tx, rows)
    return len(rows)


def trial(address: str, notice: str, now: datetime, gateway: str) -> dict[str, object]:
    """The row of a notice that tries an address."""
    text = (
        f"This is a test from {gateway}.\n\n"
        "If you read this, notices of this gateway reach you. There is nothing to do.\n"
    )
    content = {"occasion": Occasion.TEST.value, "subject": "A test; nothing is the matter", "text": text}
    return {
        "id": notice,
        "alert_id": None,
        "address": address,
        "content": json.dumps({**content, "gateway": gateway}, ensure_ascii=False),
        "state": "waiting",
        "attempts": 0,
        "not_before": now,
        "created_at": now,
    }


def compose(
    alert: Alert, occasion: Occasion, subjects: Sequence[Subject], addresses: Addresses
) -> dict[str, object]:
    """Subject and text for people, and the same as facts for programs."""
    kind = KINDS[alert.kind]
    return {
        "occasion": occasion.value,
        "subject": _subject(alert, kind, occasion),
        "text": _text(alert, kind, occasion, subjects, addresses),
        "gateway": addresses.gateway,
        "alert": alert.id,
        "kind": alert.kind,
        "partner": alert.partner,
        "destination": alert.destination,
        "says": alert.says,
        "count": alert.count,
        "first_at": alert.first_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "subjects": [one._asdict() for one in subjects],
        "look": kind.look,
        "remedy": remedy_of(alert),
    }


def remedy_of(alert: Alert) -> str:
    """What to do, after the catalogue's words on the cause where it has any."""
    row = entries().get(alert.cause.rpartition(" ")[2])
    remedy = KINDS[alert.kind].remedy
    return f"{row.cause} {remedy}" if row else remedy


def _subject(alert: Alert, kind: AlertKind, occasion: Occasion) -> str:
    beginning = {Occasion.SUMMARY: "Still: ", Occasion.OVER: "Over: "}.get(occasion, "")
    often = f" ({alert.count})" if alert.count > 1 else ""
    return f"{beginning}{kind.title}{often}: {alert.says}"


def _text(
    alert: Alert, kind: AlertKind, occasion: Occasion, subjects: Sequence[Subject], addresses: Addresses
) -> str:
    lines = [f"{kind.title} at {addresses.gateway}.", "", f"What happened: {alert.says}"]
    if alert.destination:
        lines.append(f"Destination:   {alert.destination}")
    if alert.partner:
        lines.append(f"Partner:       {addresses.names.get(alert.partner, alert.partner)} ({alert.partner})")
    lines.append(f"How often:     {_often(alert, occasion)}")
    lines.append(f"First:         {_when(alert.first_at)}")
    lines.append(f"Last:          {_when(alert.last_at)}")
    if occasion is Occasion.OVER:
        lines += ["", "It is over; there is nothing more to do."]
    else:
        lines += ["", f"What to do:    {remedy_of(alert)}", f"Where to look: {kind.look}"]
        lines += [f"               {_show(one)}" for one in subjects]
        if alert.count > len(subjects) > 0:
            lines.append(f"               and {alert.count - len(subjects)} more")
        lines += [
            "",
            f"You are told again if more comes, and when it is over: {kind.over}.",
            f'To hear no more of it until then: tradepost alerts acknowledge {alert.id} --reason "…"',
        ]
    return "\n".join(lines) + "\n"


def _often(alert: Alert, occasion: Occasion) -> str:
    if occasion is Occasion.SUMMARY:
        return f"{alert.count} in all, {alert.count - alert.told} since you were last told"
    return str(alert.count)


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _show(subject: Subject) -> str:
    """The command that shows a subject; of what has none of its own, its kind and id."""
    if subject.kind not in COMMANDS:
        return f"{subject.kind} {subject.id}"
    _, command = COMMANDS[subject.kind]
    return f"tradepost {command} show {subject.id}"
