"""Mailboxes in the ledger: what partners may fetch, what they have sent, and uploads that wait."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from gateway.ports import Stored
from gateway.store.answers import Answer
from gateway.store.arrivals import insert_blobs
from gateway.store.core import HELD_UPLOAD as HELD
from gateway.store.core import MAILBOX_ENTRY as ENTRY
from gateway.store.core import TRANSMISSION, insert_absent
from gateway.store.identity import derived
from gateway.store.moves import Act, move_many, record
from gateway.store.rows import ENVIRONMENTS

Row = Any


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer of ours that goes out, and its bytes in the archive."""

    answer: Answer
    stored: Stored

    @property
    def transmission(self) -> str:
        """The transmission that it goes out as. The same answer is the same transmission."""
        return derived("tx", self.answer.id)


def record_sent(tx: Connection, act: Act, sent: Sequence[Sent]) -> None:
    """Record answers of ours as transmissions out; those that are recorded already stay as they are."""
    insert_blobs(tx, [one.stored for one in sent], act.at)
    rows = [
        {
            "id": one.transmission,
            "direction": "out",
            "channel": one.answer.target,
            "source_key": one.answer.id,
            "partner": one.answer.partner,
            "name": one.answer.file_name,
            "sha256": one.stored.sha256,
            "size": one.stored.size,
            "standard": "csv" if one.answer.kind == "CSV" else "x12",
            "environment": ENVIRONMENTS.get(one.answer.usage),
            "state": "sent",
            "facts": json.dumps({"kind": one.answer.kind}),
            "received_at": act.at,
        }
        for one in sent
    ]
    insert_absent(tx, TRANSMISSION, rows)


def put(tx: Connection, act: Act, sent: Sequence[Sent]) -> None:
    """List answers in their partners' outboxes; one that is listed already is as new again.

    A name that another answer has is no reason to hide this one: it gets a name of its own.
    """
    ids = [one.answer.id for one in sent]
    listed = set(tx.execute(_LISTED_ALREADY, {"acknowledgements": ids}).scalars())
    if listed:
        tx.execute(_AGAIN, [{"acknowledgement": one, "now": act.at} for one in sorted(listed)])
    fresh = [one for one in sent if one.answer.id not in listed]
    taken = _names_taken(tx, fresh)
    rows: list[dict[str, Any]] = []
    for one in fresh:
        place = (one.answer.partner, one.answer.file_name)
        name = _name_apart(one.answer) if place in taken else one.answer.file_name
        taken.add(place)
        rows.append(
            {
                "id": derived("mb", one.answer.id, act.at.isoformat()),
                "partner": one.answer.partner,
                "name": name,
                "size": one.stored.size,
                "sha256": one.stored.sha256,
                "transmission_id": one.transmission,
                "acknowledgement_id": one.answer.id,
                "modified_at": act.at,
            }
        )
    if rows:
        tx.execute(_LISTED, rows)


_AGAIN = (  # here and below: what every file asks is built once, which costs more than asking
    update(ENTRY)
    .where(ENTRY.c.acknowledgement_id == bindparam("acknowledgement"), ENTRY.c.removed_at.is_(None))
    .values(modified_at=bindparam("now"), fetched_at=None, fetched_by=None)
)
_LISTED = insert(ENTRY)
_LISTED_ALREADY = select(ENTRY.c.acknowledgement_id).where(
    ENTRY.c.acknowledgement_id.in_(bindparam("acknowledgements", expanding=True)),
    ENTRY.c.removed_at.is_(None),
)
_UNDER_NAMES = select(ENTRY.c.partner, ENTRY.c.name).where(
    ENTRY.c.partner.in_(bindparam("of_partners", expanding=True)),
    ENTRY.c.name.in_(bindparam("wanted", expanding=True)),
    ENTRY.c.removed_at.is_(None),
)


def _names_taken(tx: Connection, sent: Sequence[Sent]) -> set[tuple[str | None, str]]:
    """The names of these answers, each with its partner, under which others are listed."""
    partners = sorted({one.answer.partner or "" for one in sent})
    names = sorted({one.answer.file_name for one in sent})
    if not names:
        return set()
    rows = tx.execute(_UNDER_NAMES, {"of_partners": partners, "wanted": names})
    return {(row.partner, row.name) for row in rows}


def _name_apart(answer: Answer) -> str:
    """A name beside the answer's own, which another answer of the partner has."""
    path = PurePosixPath(answer.file_name)
    return f"{path.stem}~{derived('n', answer.id)[2:10]}{path.suffix}"


_IN_OUTBOX = select(
    ENTRY.c.id, ENTRY.c.name, ENTRY.c.size, ENTRY.c.modified_at.label("modified"), ENTRY.c.sha256
).where(ENTRY.c.partner == bindparam("of_partner"), ENTRY.c.removed_at.is_(None))
_OUTBOX = _IN_OUTBOX.order_by(ENTRY.c.name)
_OUTBOX_NAME = _IN_OUTBOX.where(ENTRY.c.name == bindparam("wanted"))


def outbox(view: Connection, partner: str, name: str | None) -> Sequence[Row]:
    """What a partner may fetch: id, name, size, modified, sha256."""
    if name is not None:
        return view.execute(_OUTBOX_NAME, {"of_partner": partner, "wanted": name}).all()
    return view.execute(_OUTBOX, {"of_partner": partner}).all()


_SENT_IN = (
    TRANSMISSION.c.id,
    TRANSMISSION.c.name,
    TRANSMISSION.c.size,
    TRANSMISSION.c.received_at.label("modified"),
    TRANSMISSION.c.sha256,
)


_IN_INBOX = select(*_SENT_IN).where(
    TRANSMISSION.c.partner == bindparam("of_partner"),
    TRANSMISSION.c.direction == "in",
    TRANSMISSION.c.received_at >= bindparam("since"),
    TRANSMISSION.c.unlisted_at.is_(None),
)
_INBOX = _IN_INBOX.order_by(TRANSMISSION.c.id.desc())
_INBOX_NAME = _IN_INBOX.where(TRANSMISSION.c.name == bindparam("wanted")).order_by(TRANSMISSION.c.id.desc())


def inbox(view: Connection, partner: str, name: str | None, since: datetime) -> Sequence[Row]:
    """What a partner uploaded since `since` and did not take out of its inbox, newest first."""
    bound = {"of_partner": partner, "since": since}
    if name is not None:
        return view.execute(_INBOX_NAME, bound | {"wanted": name}).all()
    return view.execute(_INBOX, bound).all()


def _day(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def archive_of_day(view: Connection, partner: str, day: date) -> Sequence[Row]:
    """What a partner sent and was sent on a day (UTC), oldest first."""
    start, end = _day(day)
    query = select(*_SENT_IN).where(
        TRANSMISSION.c.partner == partner,
        TRANSMISSION.c.received_at >= start,
        TRANSMISSION.c.received_at < end,
    )
    return view.execute(query.order_by(TRANSMISSION.c.received_at, TRANSMISSION.c.id)).all()


def archive_days(view: Connection, partner: str) -> list[date]:
    """Days (UTC) on which a partner's archive has files, ascending. One look a day that has any."""
    days: list[date] = []
    after = datetime.min.replace(tzinfo=UTC)
    while True:
        first = view.execute(
            select(TRANSMISSION.c.received_at)
            .where(TRANSMISSION.c.partner == partner, TRANSMISSION.c.received_at >= after)
            .order_by(TRANSMISSION.c.received_at)
            .limit(1)
        ).scalar_one_or_none()
        if first is None:
            return days
        days.append(first.date())
        after = _day(first.date())[1]


def fetched(tx: Connection, act: Act, entry: str, by: str) -> None:
    """Note that an outbox entry was read to its end; the first time is kept, each is an event."""
    row = tx.execute(
        update(ENTRY)
        .where(ENTRY.c.id == entry, ENTRY.c.fetched_at.is_(None))
        .values(fetched_at=act.at, fetched_by=by)
        .returning(ENTRY.c.acknowledgement_id)
    ).one_or_none()
    record(tx, act, "mailbox.fetched", "mailbox_entry", entry)
    if row is not None and row.acknowledgement_id is not None:
        move_many(tx, act, "acknowledgement", [row.acknowledgement_id], "sent", "fetched", fetched_at=act.at)


def remove_from_outbox(tx: Connection, act: Act, entry: str, by: str) -> None:
    """Take an entry off the list; its bytes and its row stay."""
    removed = tx.execute(
        update(ENTRY)
        .where(ENTRY.c.id == entry, ENTRY.c.removed_at.is_(None))
        .values(removed_at=act.at, removed_by=by)
    )
    if removed.rowcount:
        record(tx, act, "mailbox.removed", "mailbox_entry", entry)


def remove_from_inbox(tx: Connection, act: Act, transmission: str) -> None:
    """Take an upload's name out of the inbox; bytes and work stay."""
    removed = tx.execute(
        update(TRANSMISSION)
        .where(TRANSMISSION.c.id == transmission, TRANSMISSION.c.unlisted_at.is_(None))
        .values(unlisted_at=act.at)
    )
    if removed.rowcount:
        record(tx, act, "transmission.unlisted", "transmission", transmission)


_HELD_NAME = select(HELD).where(HELD.c.partner == bindparam("of_partner"), HELD.c.name == bindparam("wanted"))


def held(view: Connection, partner: str | None, name: str | None) -> Sequence[Row]:
    """Uploads that wait."""
    if partner is not None and name is not None:
        return view.execute(_HELD_NAME, {"of_partner": partner, "wanted": name}).all()
    query = select(HELD)
    if partner is not None:
        query = query.where(HELD.c.partner == partner)
    return view.execute(query.order_by(HELD.c.partner, HELD.c.name)).all()


def hold(tx: Connection, row: dict[str, Any]) -> Row | None:
    """Keep an upload that waits, in place of another of that name, which is returned."""
    same = and_(HELD.c.partner == row["partner"], HELD.c.name == row["name"])
    before = tx.execute(select(HELD).where(same)).one_or_none()
    tx.execute(delete(HELD).where(same))
    tx.execute(insert(HELD), [row])
    return before


def drop(tx: Connection, partner: str, name: str, upload: str) -> bool:
    """Forget an upload that waits; False if it is not there."""
    gone = tx.execute(
        delete(HELD).where(HELD.c.partner == partner, HELD.c.name == name, HELD.c.upload == upload)
    )
    return gone.rowcount == 1
