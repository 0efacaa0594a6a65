"""Finding files again: by business numbers, control numbers, names, partners, days and hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, or_, select

from gateway.errors import TradepostError
from gateway.store.core import ACKNOWLEDGEMENT as ACK
from gateway.store.core import BUSINESS_KEY as KEY
from gateway.store.core import DOCUMENT as DOC
from gateway.store.core import FUNCTIONAL_GROUP as GR
from gateway.store.core import INTERCHANGE as IX
from gateway.store.core import TRANSMISSION as TX

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for in the archive; what is None does not matter, all else must fit.

    numbers: business numbers with the kind of key each must be, None for any. name may hold * and ?.
    """

    numbers: tuple[tuple[str | None, str], ...] = ()
    control_number: str | None = None
    name: str | None = None
    partner: str | None = None
    day: date | None = None
    sha256: str | None = None


def find(view: Connection, wanted: Wanted, limit: int = 200) -> list[Item]:
    """Transmissions, in and out, that fit everything that is wanted; newest first."""
    conditions = list(_conditions(wanted))
    query = select(
        TX.c.id,
        TX.c.received_at,
        TX.c.direction,
        TX.c.partner,
        TX.c.name,
        TX.c.size,
        TX.c.state,
        TX.c.status,
        TX.c.sha256,
    ).where(*conditions)
    rows = view.execute(query.order_by(TX.c.received_at.desc(), TX.c.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.partner is not None:
        conditions.append(TX.c.partner == wanted.partner)
    if wanted.sha256 is not None:
        conditions.append(TX.c.sha256.startswith(wanted.sha256.lower(), autoescape=True))
    if wanted.name is not None:
        conditions.append(_like(TX.c.name, wanted.name))
    if wanted.day is not None:
        start = datetime.combine(wanted.day, time(), UTC)
        conditions += [TX.c.received_at >= start, TX.c.received_at < start + timedelta(days=1)]
    if wanted.control_number is not None:
        conditions.append(TX.c.id.in_(_with_control_number(wanted.control_number)))
    conditions += [TX.c.id.in_(_with_number(number, kind)) for kind, number in wanted.numbers]
    return conditions


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(escaped.replace("*", "%").replace("?", "_"), escape="\\")


def _with_control_number(number: str) -> CompoundSelect[Any]:
    """ISA13, GS06 or ST02, with or without leading zeros, of what we received or sent."""
    bare = number.lstrip("0") or "0"
    forms = {number, *(bare.zfill(digits) for digits in range(1, 10))}
    through_document = select(DOC.c.transmission_id).where(DOC.c.control_number.in_(forms))
    through_group = (
        select(IX.c.transmission_id)
        .select_from(IX.join(GR, GR.c.interchange_id == IX.c.id))
        .where(GR.c.control_number.in_(forms))
    )
    through_interchange = select(IX.c.transmission_id).where(IX.c.control_number.in_(forms))
    through_answer = select(ACK.c.transmission_id).where(
        ACK.c.control_number.in_(forms), ACK.c.transmission_id.is_not(None)
    )
    return through_interchange.union(through_group, through_document, through_answer)


def _with_number(number: str, kind: str | None) -> CompoundSelect[Any]:
    """A purchase order, invoice or shipment number, in documents and in what answers them."""
    named = select(KEY.c.document_id).where(KEY.c.value == number)
    if kind is not None:
        named = named.where(KEY.c.kind == kind)
    own = DOC.c.number == number if kind is None else DOC.c.id.is_(None)
    found = (
        select(DOC.c.transmission_id, DOC.c.interchange_id).where(or_(DOC.c.id.in_(named), own)).subquery()
    )
    answers = select(ACK.c.transmission_id).where(
        ACK.c.interchange_id.in_(select(found.c.interchange_id)), ACK.c.transmission_id.is_not(None)
    )
    return select(found.c.transmission_id).union(answers)


def blob_of(view: Connection, transmission_or_hash: str) -> Item:
    """Name, size and hash of the bytes under a transmission's id or a whole hash. Raises GTW-034."""
    row = view.execute(
        select(TX.c.sha256, TX.c.name, TX.c.size)
        .where(or_(TX.c.id == transmission_or_hash, TX.c.sha256 == transmission_or_hash.lower()))
        .limit(1)
    ).one_or_none()
    if row is None:
        raise TradepostError(
            "GTW-034",
            f"The archive knows no {transmission_or_hash}.",
            "Find its id with: tradepost archive find",
        )
    return dict(row._mapping)
