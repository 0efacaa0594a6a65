"""Puts together what tells people: who is told, the look at what happened, and the sending of notices."""

from __future__ import annotations

import random
from collections.abc import Callable

from gateway.alerting import Alerting, Rules
from gateway.conditions import Conditions
from gateway.notices import Addresses, trial
from gateway.notifying import Notifier
from gateway.store import alerts
from gateway.store.identity import drawn
from gateway.telling import OutsideWays
from gateway.wiring import Gateway
from gateway.worker import keep_doing

#: Seconds between looks at the events, and between looks at the queue of notices.
LOOK_S = 2.0


def addresses(gateway: Gateway) -> Addresses:
    """Who is told, by the settings and the profiles in force."""
    settings, directory = gateway.settings, gateway.book.current().directory
    owners = {name: one.owner for name, one in directory.destinations.items()}
    return Addresses(
        default=settings.alert_mails if settings.mail_host else (),
        of_partners={
            one.partner: one.alerts.mail
            for one in directory.partners
            if one.alerts.mail and settings.mail_host
        },
        of_destinations={
            name: (owner,)
            for name, owner in owners.items()
            if "@" in owner and " " not in owner and settings.mail_host
        },
        webhook=bool(settings.alert_webhook_url),
        names={one.partner: one.name for one in directory.partners},
        gateway=settings.gateway_name,
    )


def alerting(gateway: Gateway) -> Alerting:
    """The look at what happened."""
    settings = gateway.settings
    return Alerting(
        gateway.ledger,
        gateway.clock,
        Rules(settings.alert_window_s, settings.alert_quiet_s),
        lambda: addresses(gateway),
        Conditions(gateway.ledger, gateway.archive, gateway.book, settings),
    )


def notifier(gateway: Gateway) -> Notifier:
    """The sending of notices."""
    ways = OutsideWays(gateway.settings)
    return Notifier(gateway.ledger, gateway.clock, ways, random.SystemRandom().random)


def keep_looking(gateway: Gateway, should_stop: Callable[[], bool]) -> None:
    """Look at what happened until told to stop."""
    keep_doing("alerts", alerting(gateway).look, LOOK_S, should_stop)


def keep_sending(gateway: Gateway, should_stop: Callable[[], bool]) -> None:
    """Send notices until told to stop; the one under way is finished."""
    sender = notifier(gateway)
    keep_doing("notices", lambda: sender.send_due(should_stop), LOOK_S, should_stop)


def write_tests(gateway: Gateway) -> dict[str, str]:
    """Put a test notice for every address into the queue; addresses by notice."""
    now = gateway.clock.now()
    every = addresses(gateway)
    people = {*every.default}.union(*every.of_partners.values(), *every.of_destinations.values())
    ways = sorted(address for one in people for address in Addresses(default=(one,)).of(None, None))
    ways += Addresses(webhook=every.webhook).of(None, None)
    queued = {drawn("no", now): address for address in ways}
    rows = [trial(address, notice, now, every.gateway) for notice, address in queued.items()]
    with gateway.ledger.write() as tx:
        alerts.insert_notices(tx, rows)
    return queued
