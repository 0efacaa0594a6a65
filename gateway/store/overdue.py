"""Questions about what should have come or gone by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.store.core import ACKNOWLEDGEMENT as ACK
from gateway.store.core import CONSIGNMENT as CS
from gateway.store.core import PROFILE_VERSION, TRANSMISSION


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a partner wait for a destination, and since when the oldest does."""

    partner: str | None
    destination: str
    count: int
    oldest: datetime


def last_arrival(view: Connection, partner: str, channel: str | None) -> datetime | None:
    """When the last file of a partner came, on one channel or on any."""
    tx = TRANSMISSION
    query = select(tx.c.received_at).where(tx.c.partner == partner, tx.c.direction == "in")
    if channel is not None:
        query = query.where(tx.c.channel == channel)
    # Ids are drawn in the order of time, and (partner, id) is an index.
    return view.execute(query.order_by(tx.c.id.desc()).limit(1)).scalar_one_or_none()


def first_applied(view: Connection, partner: str, now: datetime) -> datetime:
    """When profiles that name the partner's folder were applied first; `now` if never."""
    query = select(func.min(PROFILE_VERSION.c.applied_at)).where(
        PROFILE_VERSION.c.content.contains(f'"{partner}/profile.toml"', autoescape=True)
    )
    found: datetime | None = view.execute(query).scalar_one_or_none()
    return found or now


def undelivered(view: Connection, before: datetime) -> Sequence[Waiting]:
    """Consignments packed before that time and still on their way, by partner and destination."""
    query = (
        select(CS.c.partner, CS.c.destination, func.count(), func.min(CS.c.created_at))
        .where(CS.c.state.in_(("due", "sending", "retrying")), CS.c.created_at < before)
        .group_by(CS.c.partner, CS.c.destination)
        .order_by(func.min(CS.c.created_at))
    )
    return _waiting(view, query)


def unsent_answers(view: Connection, before: datetime) -> Sequence[Waiting]:
    """Answers of ours written before that time that are in no mailbox or store yet."""
    query = (
        select(ACK.c.partner, ACK.c.target, func.count(), func.min(ACK.c.created_at))
        .where(ACK.c.state == "stored", ACK.c.direction == "out", ACK.c.created_at < before)
        .group_by(ACK.c.partner, ACK.c.target)
        .order_by(func.min(ACK.c.created_at))
    )
    return _waiting(view, query)


def _waiting(view: Connection, query: Any) -> Sequence[Waiting]:
    return [Waiting(*row) for row in view.execute(query)]
