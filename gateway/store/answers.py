"""Acknowledgements, ours and theirs, and the outgoing interchanges they are or answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    DOCUMENT,
    FINDING,
    INTERCHANGE,
    TRANSMISSION,
    insert_absent,
    inserting,
)
from gateway.store.core import BUSINESS_KEY as KEY
from gateway.store.core import FUNCTIONAL_GROUP as GROUP
from parsers.x12.model import PartyId


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement of ours as the send stage needs it."""

    id: str
    kind: str
    partner: str | None
    interchange_id: str | None
    state: str
    file_name: str
    target: str
    payload: bytes
    usage: str
    #: Its own ISA13, "" for a delimited file, and its own GS06.
    control_number: str
    group_numbers: tuple[int, ...]
    #: GS01 of its own groups.
    functional_id: str = "FA"
    #: The transmission that it answers.
    answers_file: str = ""
    #: Who sent the interchange that it answers, to whom, and its ISA12; None if it answers none.
    answered: tuple[PartyId, PartyId, str] | None = None


def insert_answers(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store acknowledgements with their payload."""
    if rows:
        tx.execute(inserting(ACKNOWLEDGEMENT), list(rows))


_ANSWER = (  # what every file asks is built once, which costs more than asking
    select(
        ACKNOWLEDGEMENT,
        INTERCHANGE.c.usage,
        INTERCHANGE.c.transmission_id.label("answers_file"),
        INTERCHANGE.c.sender_qualifier,
        INTERCHANGE.c.sender_id,
        INTERCHANGE.c.receiver_qualifier,
        INTERCHANGE.c.receiver_id,
        INTERCHANGE.c.version,
    )
    .select_from(ACKNOWLEDGEMENT.outerjoin(INTERCHANGE, ACKNOWLEDGEMENT.c.interchange_id == INTERCHANGE.c.id))
    .where(ACKNOWLEDGEMENT.c.id.in_(bindparam("acknowledgements", expanding=True)))
)


def answer(view: Connection, acknowledgement: str) -> Answer:
    """One acknowledgement of ours."""
    return several(view, [acknowledgement])[acknowledgement]


def several(view: Connection, acknowledgements: Sequence[str]) -> dict[str, Answer]:
    """Acknowledgements of ours, by id. Raises KeyError if there is none of one of these ids."""
    rows = view.execute(_ANSWER, {"acknowledgements": list(acknowledgements)})
    known = {row.id: _answer(row) for row in rows}
    return {one: known[one] for one in acknowledgements}


def _answer(row: Row[Any]) -> Answer:
    detail = json.loads(row.detail or "{}")
    answered = None
    if row.interchange_id is not None:
        theirs = PartyId(row.sender_qualifier, row.sender_id)
        answered = theirs, PartyId(row.receiver_qualifier, row.receiver_id), row.version
    return Answer(
        id=row.id,
        kind=row.kind,
        partner=row.partner,
        interchange_id=row.interchange_id,
        state=row.state,
        file_name=row.file_name,
        target=row.target,
        payload=row.payload,
        usage=row.usage or "",
        control_number=row.control_number,
        group_numbers=tuple(detail.get("group_numbers", ())),
        functional_id=detail.get("functional_id") or "FA",
        answers_file=row.answers_file or "",
        answered=answered,
    )


def known(view: Connection, acknowledgements: Collection[str]) -> set[str]:
    """Those of the ids that are in the ledger."""
    wanted = ACKNOWLEDGEMENT.c.id.in_(acknowledgements)
    return set(view.execute(select(ACKNOWLEDGEMENT.c.id).where(wanted)).scalars())


def answers_to(view: Connection, interchange: str) -> list[str]:
    """Ids of our acknowledgements that answer an interchange, oldest first."""
    return list(
        view.execute(
            select(ACKNOWLEDGEMENT.c.id)
            .where(ACKNOWLEDGEMENT.c.interchange_id == interchange, ACKNOWLEDGEMENT.c.direction == "out")
            .order_by(ACKNOWLEDGEMENT.c.created_at, ACKNOWLEDGEMENT.c.id)
        ).scalars()
    )


def answers_to_file(view: Connection, transmission: str) -> list[str]:
    """Ids of our acknowledgements that answer what a transmission held, oldest first."""
    return list(
        view.execute(
            select(ACKNOWLEDGEMENT.c.id)
            .select_from(
                ACKNOWLEDGEMENT.join(INTERCHANGE, ACKNOWLEDGEMENT.c.interchange_id == INTERCHANGE.c.id)
            )
            .where(INTERCHANGE.c.transmission_id == transmission, ACKNOWLEDGEMENT.c.direction == "out")
            .order_by(ACKNOWLEDGEMENT.c.created_at, ACKNOWLEDGEMENT.c.id)
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class SentGroup:
    """A group of ours that a partner may answer. answered: AK901 it got already, None if open."""

    id: str
    interchange_id: str
    answered: str | None


def sent_group(view: Connection, partner: str, functional_id: str, control_number: str) -> SentGroup | None:
    """The group that a 997 speaks of (partner, GS01, GS06): the newest open one, else the newest."""
    row = view.execute(
        select(GROUP.c.id, GROUP.c.interchange_id, GROUP.c.answered)
        .join(INTERCHANGE, GROUP.c.interchange_id == INTERCHANGE.c.id)
        .join(TRANSMISSION, INTERCHANGE.c.transmission_id == TRANSMISSION.c.id)
        .where(
            GROUP.c.direction == "out",
            GROUP.c.partner == partner,
            GROUP.c.functional_id == functional_id,
            GROUP.c.control_number == control_number,
        )
        .order_by(GROUP.c.answered.is_not(None), TRANSMISSION.c.received_at.desc(), GROUP.c.ordinal)
        .limit(1)
    ).one_or_none()
    return None if row is None else SentGroup(*row)


def sent_interchange(
    view: Connection, partner: str, ours: PartyId, theirs: PartyId, control_number: str
) -> SentGroup | None:
    """The interchange from us to them that a TA1 speaks of, newest open first."""
    row = view.execute(
        select(INTERCHANGE.c.id, INTERCHANGE.c.id.label("interchange_id"), INTERCHANGE.c.answered)
        .join(TRANSMISSION, INTERCHANGE.c.transmission_id == TRANSMISSION.c.id)
        .where(
            INTERCHANGE.c.sender_qualifier == ours.qualifier,
            INTERCHANGE.c.sender_id == ours.id,
            INTERCHANGE.c.receiver_qualifier == theirs.qualifier,
            INTERCHANGE.c.receiver_id == theirs.id,
            INTERCHANGE.c.direction == "out",
            INTERCHANGE.c.partner == partner,
            INTERCHANGE.c.control_number == control_number,
        )
        .order_by(INTERCHANGE.c.answered.is_not(None), TRANSMISSION.c.received_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else SentGroup(*row)


def note_answered_group(tx: Connection, group: str, verdict: str, now: datetime) -> None:
    """Remember what the partner's 997 said of a group of ours."""
    tx.execute(update(GROUP).where(GROUP.c.id == group).values(answered=verdict, answered_at=now))


def note_answered_interchange(tx: Connection, interchange: str, verdict: str) -> None:
    """Remember what the partner's TA1 said of an interchange of ours."""
    tx.execute(update(INTERCHANGE).where(INTERCHANGE.c.id == interchange).values(answered=verdict))


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An X12 document with the envelope it came in, as an 824 speaks of it.

    interchange, group, document: rows. keys: (kind, value). findings: as `inspect --json` shows them.
    """

    interchange: Row[Any]
    group: Row[Any]
    document: Row[Any]
    keys: tuple[tuple[str, str], ...]
    findings: tuple[dict[str, Any], ...]


def enveloped(view: Connection, document: str) -> Enveloped | None:
    """The document with its envelope; None for one of a delimited file, which has none."""
    row = view.execute(select(DOCUMENT).where(DOCUMENT.c.id == document)).one_or_none()
    if row is None or row.standard != "x12" or row.group_id is None:
        return None
    interchange = view.execute(select(INTERCHANGE).where(INTERCHANGE.c.id == row.interchange_id)).one()
    group = view.execute(select(GROUP).where(GROUP.c.id == row.group_id)).one()
    keys = view.execute(select(KEY.c.kind, KEY.c.value).where(KEY.c.document_id == document))
    findings = view.execute(
        select(FINDING.c.detail).where(FINDING.c.document_id == document).order_by(FINDING.c.id)
    )
    return Enveloped(
        interchange,
        group,
        row,
        tuple((kind, value) for kind, value in keys),
        tuple(json.loads(detail) for detail in findings.scalars()),
    )


def insert_sent_interchanges(
    tx: Connection, rows: Sequence[dict[str, Any]], groups: Sequence[dict[str, Any]]
) -> None:
    """Record interchanges of ours with their groups, so that their answers find them; each once."""
    insert_absent(tx, INTERCHANGE, rows)
    insert_absent(tx, GROUP, groups)


_ADDRESSED = select(
    INTERCHANGE.c.sender_qualifier,
    INTERCHANGE.c.sender_id,
    INTERCHANGE.c.receiver_qualifier,
    INTERCHANGE.c.receiver_id,
    INTERCHANGE.c.version,
).where(INTERCHANGE.c.id == bindparam("interchange"))


def addressed(view: Connection, interchange: str) -> tuple[PartyId, PartyId, str] | None:
    """Who sent an interchange, to whom, and its ISA12; None if there is none."""
    row = view.execute(_ADDRESSED, {"interchange": interchange}).one_or_none()
    if row is None:
        return None
    sender = PartyId(row.sender_qualifier, row.sender_id)
    return sender, PartyId(row.receiver_qualifier, row.receiver_id), row.version
