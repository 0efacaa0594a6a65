"""Replays: readings anew that people asked for, what was chosen, and what they would replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gateway.store.core import (
    CONSIGNMENT,
    DELIVERY,
    DOCUMENT,
    FINDING,
    FUNCTIONAL_GROUP,
    INTERCHANGE,
    REPLAY,
    TRANSMISSION,
)
from gateway.store.moves import Act

SAME_KEYS = "same"
NEW_KEYS = "new"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for a replay.

    profile_version: the profiles to read with, None for those in force. document: the only one meant,
    None for all. keys: "same" or "new".
    """

    profile_version: str | None = None
    document: str | None = None
    keys: str = SAME_KEYS


def ask(tx: Connection, act: Act, transmission: str, generation: int, chosen: Chosen) -> None:
    """Keep what was chosen for a reading that is to come."""
    row = {
        "transmission_id": transmission,
        "generation": generation,
        "profile_version": chosen.profile_version,
        "document_id": chosen.document,
        "keys": chosen.keys,
        "asked_at": act.at,
        "asked_by": act.actor,
        "reason": act.reason or "",
    }
    tx.execute(insert(REPLAY), [row])


def chosen_for(view: Connection, transmission: str, generation: int) -> Chosen:
    """What was chosen for a reading; the defaults for one that nobody chose anything for."""
    row = view.execute(
        select(REPLAY.c.profile_version, REPLAY.c.document_id, REPLAY.c["keys"]).where(
            REPLAY.c.transmission_id == transmission, REPLAY.c.generation == generation
        )
    ).one_or_none()
    return Chosen() if row is None else Chosen(row[0], row[1], row[2])


@dataclass(frozen=True, slots=True)
class Before:
    """What a reading anew replaces.

    generation: the newest reading of the whole, None if there was none. version: the highest of any
    document. successors: documents of it that were read anew alone since, old id to new.
    """

    generation: int | None
    version: int
    successors: dict[str, str]


def before(view: Connection, transmission: str, generation: int) -> Before:
    """What reading `generation` of a transmission replaces."""
    alone = select(REPLAY.c.generation).where(
        REPLAY.c.transmission_id == transmission, REPLAY.c.document_id.is_not(None)
    )
    mine = (DOCUMENT.c.transmission_id == transmission, DOCUMENT.c.generation < generation)
    whole = view.execute(
        select(func.max(DOCUMENT.c.generation)).where(*mine, DOCUMENT.c.generation.not_in(alone))
    ).scalar_one()
    version = view.execute(select(func.max(DOCUMENT.c.version)).where(*mine)).scalar_one()
    rows = view.execute(
        select(DOCUMENT.c.supersedes, DOCUMENT.c.id).where(*mine, DOCUMENT.c.generation.in_(alone))
    )
    return Before(whole, version or 0, {row.supersedes: row.id for row in rows if row.supersedes})


def first_profiles(view: Connection, transmission: str) -> str | None:
    """The version of the profiles that first read a transmission, None if none has."""
    return (
        view.execute(
            select(INTERCHANGE.c.profile_version)
            .where(INTERCHANGE.c.transmission_id == transmission, INTERCHANGE.c.profile_version.is_not(None))
            .order_by(INTERCHANGE.c.generation)
            .limit(1)
        ).scalar_one_or_none()
        or view.execute(
            select(TRANSMISSION.c.profile_version).where(TRANSMISSION.c.id == transmission)
        ).scalar_one_or_none()
    )


def transmission_of(view: Connection, document: str) -> str | None:
    """The transmission that a document came in, None if there is no such document."""
    return view.execute(
        select(DOCUMENT.c.transmission_id).where(DOCUMENT.c.id == document)
    ).scalar_one_or_none()


def successor(view: Connection, document: str) -> str | None:
    """The later version that stands in a document's place, None if it is the newest."""
    own = select(DOCUMENT.c.transmission_id).where(DOCUMENT.c.id == document).scalar_subquery()
    later = select(DOCUMENT.c.id).where(DOCUMENT.c.transmission_id == own, DOCUMENT.c.supersedes == document)
    return view.execute(later.limit(1)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Was:
    """A document as it stands. findings: code and sentence. sent: destination and key, newest each."""

    id: str
    kind: str | None
    number: str
    state: str
    canonical: str | None
    findings: list[tuple[str, str]]
    sent: dict[str, str]


def documents(view: Connection, ids: Sequence[str]) -> dict[str, Was]:
    """Documents as they stand, by id; those that are not there are left out."""
    rows = view.execute(select(DOCUMENT).where(DOCUMENT.c.id.in_(ids)))
    found = {row.id: Was(row.id, row.kind, row.number, row.state, row.canonical, [], {}) for row in rows}
    said = view.execute(
        select(FINDING.c.document_id, FINDING.c.code, FINDING.c.detail)
        .where(FINDING.c.document_id.in_(list(found)))
        .order_by(FINDING.c.id)
    )
    for row in said:
        found[row.document_id].findings.append((row.code, row.detail))
    sent = view.execute(
        select(DELIVERY.c.document_id, DELIVERY.c.destination, DELIVERY.c.key)
        .join(CONSIGNMENT, DELIVERY.c.consignment_id == CONSIGNMENT.c.id, isouter=True)
        .where(DELIVERY.c.document_id.in_(list(found)), DELIVERY.c.state != "cancelled")
        .order_by(DELIVERY.c.generation)
    )
    for row in sent:
        found[row.document_id].sent[row.destination] = row.key
    return found


def verdicts(view: Connection, interchange: str) -> tuple[str | None, str, dict[int, str | None]]:
    """What an interchange was answered: its status, its TA1 in words, and the status of each group."""
    row: Any = view.execute(
        select(INTERCHANGE.c.status, INTERCHANGE.c.ta1_action, INTERCHANGE.c.ta1_note).where(
            INTERCHANGE.c.id == interchange
        )
    ).one_or_none()
    groups = view.execute(
        select(FUNCTIONAL_GROUP.c.ordinal, FUNCTIONAL_GROUP.c.status).where(
            FUNCTIONAL_GROUP.c.interchange_id == interchange
        )
    )
    if row is None:
        return None, "", {}
    ta1 = f"{row.ta1_action} {row.ta1_note}" if row.ta1_action else ""
    return row.status, ta1, {group.ordinal: group.status for group in groups}
