"""Mailboxes in the ledger: what partners may fetch, what they have sent, and uploads that wait."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from gateway.ports import Stored
from gateway.store.answers import Answer
from gateway.store.arrivals import insert_blob
from gateway.store.core import HELD_UPLOAD as HELD
from gateway.store.core import MAILBOX_ENTRY as ENTRY
from gateway.store.core import TRANSMISSION, insert_absent
from gateway.store.identity import derived
from gateway.store.moves import Act, move_many, record
from gateway.store.rows import ENVIRONMENTS

Row = Any


def record_sent(tx: Connection, act: Act, answer: Answer, stored: Stored) -> str:
    """Record an answer of ours as a transmission out; its id. The same answer is the same transmission."""
    insert_blob(tx, stored, act.at)
    transmission = derived("tx", answer.id)
    row = {
        "id": transmission,
        "direction": "out",
        "channel": answer.target,
        "source_key": answer.id,
        "partner": answer.partner,
        "name": answer.file_name,
        "sha256": stored.sha256,
        "size": stored.size,
        "standard": "csv" if answer.kind == "CSV" else "x12",
        "environment": ENVIRONMENTS.get(answer.usage),
        "state": "sent",
        "facts": json.dumps({"kind": answer.kind}),
        "received_at": act.at,
    }
    insert_absent(tx, TRANSMISSION, [row])
    return transmission


def put(tx: Connection, act: Act, answer: Answer, stored: Stored, transmission: str) -> None:
    """List an answer in the partner's outbox; one that is listed already is as new again.

    A name that another answer has is no reason to hide this one: it gets a name of its own.
    """
    if tx.execute(_AGAIN, {"acknowledgement": answer.id, "now": act.at}).rowcount:
        return
    row = {
        "id": derived("mb", answer.id, act.at.isoformat()),
        "partner": answer.partner,
        "name": _free_name(tx, answer),
        "size": stored.size,
        "sha256": stored.sha256,
        "transmission_id": transmission,
        "acknowledgement_id": answer.id,
        "modified_at": act.at,
    }
    tx.execute(_LISTED, [row])


_AGAIN = (  # here and below: what every file asks is built once, which costs more than asking
    update(ENTRY)
    .where(ENTRY.c.acknowledgement_id == bindparam("acknowledgement"), ENTRY.c.removed_at.is_(None))
    .values(modified_at=bindparam("now"), fetched_at=None, fetched_by=None)
)
_LISTED = insert(ENTRY)
_UNDER_NAME = select(ENTRY.c.acknowledgement_id).where(
    ENTRY.c.partner == bindparam("of_partner"),
    ENTRY.c.name == bindparam("wanted"),
    ENTRY.c.removed_at.is_(None),
)


def _free_name(tx: Connection, answer: Answer) -> str:
    """The answer's name, or one beside it while another answer of the partner is listed under it."""
    bound = {"of_partner": answer.partner, "wanted": answer.file_name}
    listed = tx.execute(_UNDER_NAME, bound).scalar_one_or_none()
    if listed in {None, answer.id}:
        return answer.file_name
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
