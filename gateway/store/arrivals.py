"""What arrives and what is kept: blobs and transmissions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from gateway.ports import Arrival, Stored
from gateway.store.core import BLOB, INTERCHANGE, TRANSMISSION, insert_absent, insert_first


@dataclass(frozen=True, slots=True)
class Kept:
    """A transmission as the stages need it. facts: what its channel noted."""

    id: str
    direction: str
    channel: str
    partner: str | None
    name: str
    sha256: str
    size: int
    state: str
    received_at: datetime
    facts: Mapping[str, str]
    same_as: str | None


#: Statements of the way that every file takes are built once: building costs more than running.
_ALL_KEPT = select(
    TRANSMISSION.c.id,
    TRANSMISSION.c.direction,
    TRANSMISSION.c.channel,
    TRANSMISSION.c.partner,
    TRANSMISSION.c.name,
    TRANSMISSION.c.sha256,
    TRANSMISSION.c.size,
    TRANSMISSION.c.state,
    TRANSMISSION.c.received_at,
    TRANSMISSION.c.facts,
    TRANSMISSION.c.same_as,
)
_KEPT = _ALL_KEPT.where(TRANSMISSION.c.id == bindparam("transmission"))
_KEPT_ALL = _ALL_KEPT.where(TRANSMISSION.c.id.in_(bindparam("transmissions", expanding=True)))
_BY_ARRIVAL = _ALL_KEPT.where(
    TRANSMISSION.c.channel == bindparam("of_channel"), TRANSMISSION.c.source_key == bindparam("key")
)


def insert_blob(tx: Connection, stored: Stored, now: datetime) -> None:
    """Note that the archive holds these bytes; noting it again changes nothing."""
    insert_absent(tx, BLOB, [{"sha256": stored.sha256, "size": stored.size, "created_at": now}])


def insert_blobs(tx: Connection, those: Iterable[Stored], now: datetime) -> None:
    """Note that the archive holds these; some may be named more than once."""
    sizes = {stored.sha256: stored.size for stored in those}
    rows = [{"sha256": sha256, "size": size, "created_at": now} for sha256, size in sizes.items()]
    insert_absent(tx, BLOB, rows)


def insert_transmission(
    tx: Connection,
    transmission_id: str,
    arrival: Arrival,
    stored: Stored,
    now: datetime,
    *,
    direction: str = "in",
    state: str = "received",
    standard: str | None = None,
    environment: str | None = None,
) -> bool:
    """Record a file; False if this arrival was recorded before (channel and source key)."""
    insert_blob(tx, stored, now)
    row = {
        "id": transmission_id,
        "direction": direction,
        "channel": arrival.channel,
        "source_key": arrival.source_key,
        "partner": arrival.partner,
        "name": arrival.name.encode("utf-8", "replace").decode().replace("\0", "\ufffd"),
        "sha256": stored.sha256,
        "size": stored.size,
        "standard": standard,
        "environment": environment,
        "state": state,
        "facts": json.dumps(dict(arrival.attributes), sort_keys=True),
        "received_at": now,
    }
    return insert_first(tx, TRANSMISSION, row)


def by_arrival(view: Connection, channel: str, source_key: str) -> Kept | None:
    """The transmission that this arrival became, None if it was never recorded."""
    row = view.execute(_BY_ARRIVAL, {"of_channel": channel, "key": source_key}).one_or_none()
    return None if row is None else _kept(row)


def known(view: Connection, transmissions: Collection[str]) -> set[str]:
    """Those of the ids that are in the ledger."""
    return set(view.execute(select(TRANSMISSION.c.id).where(TRANSMISSION.c.id.in_(transmissions))).scalars())


def kept(view: Connection, transmission_id: str) -> Kept | None:
    """One transmission, None if there is none of that id."""
    row = view.execute(_KEPT, {"transmission": transmission_id}).one_or_none()
    return None if row is None else _kept(row)


def kept_all(view: Connection, transmissions: Sequence[str]) -> dict[str, Kept]:
    """Transmissions by id; ids that there are not are left out."""
    rows = view.execute(_KEPT_ALL, {"transmissions": list(transmissions)})
    return {row.id: _kept(row) for row in rows}


def _kept(row: Any) -> Kept:
    return Kept(**{**row._mapping, "facts": json.loads(row.facts)})


def settled_with_same_bytes(view: Connection, transmission: Kept, profiles: str) -> str | None:
    """The oldest other transmission of the same partner with the same bytes that was answered, or None.

    One that was refused counts while the profiles are what they were: anew they may let it pass.
    """
    answered_alike = or_(INTERCHANGE.c.status != "rejected", INTERCHANGE.c.profile_version == profiles)
    return view.execute(
        select(TRANSMISSION.c.id)
        .join(INTERCHANGE, INTERCHANGE.c.transmission_id == TRANSMISSION.c.id)
        .where(
            TRANSMISSION.c.sha256 == transmission.sha256,
            TRANSMISSION.c.direction == "in",
            TRANSMISSION.c.partner == transmission.partner,
            TRANSMISSION.c.id != transmission.id,
            INTERCHANGE.c.state.in_(("settled", "handed_on", "refused")),
            answered_alike,
        )
        .order_by(TRANSMISSION.c.id)
        .limit(1)
    ).scalar_one_or_none()
