"""What is read from a transmission: interchanges, groups, documents, findings, staged then settled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, false, func, select, update

from gateway.errors import Fenced
from gateway.store.core import BUSINESS_KEY as KEY
from gateway.store.core import DOCUMENT, FINDING, INTERCHANGE, REPLAY, TRANSMISSION, insert_many
from gateway.store.core import FUNCTIONAL_GROUP as GROUP
from parsers.finding import Finding
from parsers.x12.model import PartyId

Row = dict[str, Any]


@dataclass(slots=True)
class Chunk:
    """Rows to be written in one transaction.

    verdicts: of groups written by an earlier chunk, by id. chars: of canonical documents.
    """

    interchanges: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    findings: list[Row] = field(default_factory=list)
    verdicts: list[tuple[str, Row]] = field(default_factory=list)
    chars: int = 0

    def add(self, document: Row) -> None:
        """Add the row of a document."""
        self.documents.append(document)
        self.chars += len(document["canonical"] or "")

    def extend(self, other: Chunk) -> None:
        """Add the rows of another chunk."""
        self.interchanges += other.interchanges
        self.groups += other.groups
        self.documents += other.documents
        self.keys += other.keys
        self.findings += other.findings
        self.verdicts += other.verdicts
        self.chars += other.chars


def finding_row(
    finding: Finding, transmission: str, interchange: str | None = None, document: str | None = None
) -> Row:
    """A finding as a row."""
    return {
        "transmission_id": transmission,
        "interchange_id": interchange,
        "document_id": document,
        "code": finding.code,
        "severity": finding.severity.value,
        "level": finding.level.value,
        "detail": json.dumps(finding.as_json(), ensure_ascii=False),
    }


def insert_findings(tx: Connection, rows: Sequence[Row]) -> None:
    """Keep findings."""
    insert_many(tx, FINDING, rows)


def sweep_unsettled(tx: Connection, transmission: str) -> None:
    """Remove what an earlier attempt staged and did not settle; settled interchanges stay.

    Findings of the whole file are written together with its end, so that no attempt leaves any behind.
    """
    unsettled = select(INTERCHANGE.c.id).where(
        INTERCHANGE.c.transmission_id == transmission, INTERCHANGE.c.state == "reading"
    )
    staged = select(DOCUMENT.c.id).where(DOCUMENT.c.interchange_id.in_(unsettled))
    tx.execute(delete(KEY).where(KEY.c.document_id.in_(staged)))
    tx.execute(delete(FINDING).where(FINDING.c.interchange_id.in_(unsettled)))
    tx.execute(delete(DOCUMENT).where(DOCUMENT.c.interchange_id.in_(unsettled)))
    tx.execute(delete(GROUP).where(GROUP.c.interchange_id.in_(unsettled)))
    tx.execute(delete(INTERCHANGE).where(INTERCHANGE.c.id.in_(unsettled)))


def stage(tx: Connection, chunk: Chunk) -> None:
    """Write staged rows; parents first."""
    for table, rows in (
        (INTERCHANGE, chunk.interchanges),
        (GROUP, chunk.groups),
        (DOCUMENT, chunk.documents),
        (KEY, chunk.keys),
        (FINDING, chunk.findings),
    ):
        insert_many(tx, table, rows)
    for group, verdict in chunk.verdicts:
        tx.execute(update(GROUP).where(GROUP.c.id == group).values(**verdict))


def is_settled(view: Connection, interchange: str) -> bool:
    """True if an earlier attempt read this interchange to its end."""
    state = view.execute(
        select(INTERCHANGE.c.state).where(INTERCHANGE.c.id == interchange)
    ).scalar_one_or_none()
    return state not in {None, "reading"}


@dataclass(frozen=True, slots=True)
class Occupant:
    """The accepted interchange that occupies a control number. sha256: of its own bytes."""

    id: str
    sha256: str
    transmission_id: str


def accepted_before(
    view: Connection,
    sender: PartyId,
    receiver: PartyId,
    control_number: str,
    since: datetime,
    besides: str,
) -> Occupant | None:
    """The accepted interchange that occupies this ISA13, or None.

    Keys: ISA05 to ISA08 and ISA13, within the look-back (X12-FACTS, control number rules).
    """
    bound = {
        "from_qualifier": sender.qualifier,
        "from_id": sender.id,
        "to_qualifier": receiver.qualifier,
        "to_id": receiver.id,
        "number": control_number,
        "since": since,
        "besides": besides,
    }
    row = view.execute(_ACCEPTED_BEFORE, bound).one_or_none()
    return None if row is None else Occupant(row.id, row.sha256, row.transmission_id)


_ACCEPTED_BEFORE = (
    select(INTERCHANGE.c.id, INTERCHANGE.c.sha256, INTERCHANGE.c.transmission_id)
    .where(
        INTERCHANGE.c.sender_qualifier == bindparam("from_qualifier"),
        INTERCHANGE.c.sender_id == bindparam("from_id"),
        INTERCHANGE.c.receiver_qualifier == bindparam("to_qualifier"),
        INTERCHANGE.c.receiver_id == bindparam("to_id"),
        INTERCHANGE.c.control_number == bindparam("number"),
        INTERCHANGE.c.direction == "in",
        INTERCHANGE.c.state.in_(("settled", "handed_on")),
        INTERCHANGE.c.settled_at >= bindparam("since"),
        INTERCHANGE.c.id != bindparam("besides"),
    )
    .order_by(INTERCHANGE.c.settled_at)
    .limit(1)
)


def refused_alike(
    view: Connection, partner: str, sha256: str, profiles: str, since: datetime, besides: str
) -> Occupant | None:
    """The interchange of the same partner and bytes that these profiles have refused already, or None."""
    row = view.execute(
        select(INTERCHANGE.c.id, INTERCHANGE.c.sha256, INTERCHANGE.c.transmission_id)
        .where(
            INTERCHANGE.c.partner == partner,
            INTERCHANGE.c.sha256 == sha256,
            INTERCHANGE.c.profile_version == profiles,
            INTERCHANGE.c.direction == "in",
            INTERCHANGE.c.state == "refused",
            INTERCHANGE.c.settled_at >= since,
            INTERCHANGE.c.id != besides,
        )
        .order_by(INTERCHANGE.c.settled_at)
        .limit(1)
    ).one_or_none()
    return None if row is None else Occupant(row.id, row.sha256, row.transmission_id)


def take_turns(tx: Connection, *place: str) -> None:
    """Until this transaction ends, let no other one decide who is first at `place`.

    SQLite has one writer at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        digest = hashlib.sha256("\x1f".join(place).encode()).digest()
        tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))


def look_back(now: datetime, days: int) -> datetime:
    """The start of the window in which a control number may not repeat."""
    return now - timedelta(days=days)


def drop_documents(tx: Connection, interchange: str) -> None:
    """Remove what was staged of an interchange that is refused or a repeat; its bytes stay."""
    staged = select(DOCUMENT.c.id).where(DOCUMENT.c.interchange_id == interchange)
    tx.execute(delete(KEY).where(KEY.c.document_id.in_(staged)))
    tx.execute(delete(FINDING).where(FINDING.c.document_id.in_(staged)))
    tx.execute(delete(DOCUMENT).where(DOCUMENT.c.interchange_id == interchange))
    tx.execute(
        update(GROUP).where(GROUP.c.interchange_id == interchange).values(status="rejected", rejects_all=True)
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one interchange of a transmission ended. note: why a person must look, None if none must."""

    state: str
    status: str
    note: str | None


def outcomes(view: Connection, transmission: str, generation: int) -> list[Outcome]:
    """How the interchanges of one reading ended, in order."""
    rows = view.execute(_OUTCOMES, {"transmission": transmission, "reading": generation})
    return [Outcome(*row) for row in rows]


_OUTCOMES = (
    select(INTERCHANGE.c.state, INTERCHANGE.c.status, INTERCHANGE.c.note)
    .where(
        INTERCHANGE.c.transmission_id == bindparam("transmission"),
        INTERCHANGE.c.generation == bindparam("reading"),
    )
    .order_by(INTERCHANGE.c.ordinal)
)


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged document as the fan-out needs it. rejected_by_group: its group was refused as a whole."""

    id: str
    sequence: int
    kind: str | None
    number: str
    standard: str
    set_id: str
    version_of_set: str
    disposition: str
    hold: str | None
    canonical: bool
    rejected_by_group: bool
    supersedes: str | None


_STAGED = select(
    DOCUMENT.c.id,
    DOCUMENT.c.sequence,
    DOCUMENT.c.kind,
    DOCUMENT.c.number,
    DOCUMENT.c.standard,
    DOCUMENT.c.set_id,
    func.coalesce(GROUP.c.version, "").label("version_of_set"),
    DOCUMENT.c.disposition,
    DOCUMENT.c.hold,
    DOCUMENT.c.canonical.is_not(None).label("canonical"),
    func.coalesce(GROUP.c.rejects_all, false()).label("rejected_by_group"),
    DOCUMENT.c.supersedes,
).select_from(DOCUMENT.outerjoin(GROUP, DOCUMENT.c.group_id == GROUP.c.id))


_NEXT_STAGED = (
    _STAGED.where(
        DOCUMENT.c.interchange_id == bindparam("interchange"), DOCUMENT.c.sequence > bindparam("cursor")
    )
    .order_by(DOCUMENT.c.sequence)
    .limit(bindparam("most"))
)


def next_staged(view: Connection, interchange: str, cursor: int, limit: int) -> list[Staged]:
    """The next documents of a settled interchange after `cursor`, in order."""
    bound = {"interchange": interchange, "cursor": cursor, "most": limit}
    return [Staged(**row._mapping) for row in view.execute(_NEXT_STAGED, bound)]


def staged_in(chunk: Chunk) -> list[Staged]:
    """The documents of a chunk that holds its interchange whole, as `next_staged` would give them."""
    groups = {row["id"]: row for row in chunk.groups}
    return [
        Staged(
            row["id"],
            row["sequence"],
            row["kind"],
            row["number"],
            row["standard"],
            row["set_id"],
            groups[row["group_id"]]["version"],
            row["disposition"],
            row["hold"],
            row["canonical"] is not None,
            groups[row["group_id"]]["rejects_all"],
            row["supersedes"],
        )
        for row in chunk.documents
    ]


def staged(view: Connection, document: str) -> Staged:
    """One document, as the fan-out sees it."""
    return Staged(**view.execute(_STAGED.where(DOCUMENT.c.id == document)).one()._mapping)


def canonicals_of(view: Connection, documents: Sequence[str]) -> dict[str, str]:
    """The canonical JSON of documents by id, of an acknowledgement what it says; others are left out."""
    rows = view.execute(
        select(DOCUMENT.c.id, DOCUMENT.c.canonical).where(
            DOCUMENT.c.id.in_(documents), DOCUMENT.c.canonical.is_not(None)
        )
    )
    return {row.id: row.canonical for row in rows}


def order_numbers(view: Connection, documents: Sequence[str]) -> dict[str, set[str]]:
    """The purchase orders that documents are about, by document id."""
    rows = view.execute(
        select(KEY.c.document_id, KEY.c.value).where(
            KEY.c.document_id.in_(documents), KEY.c.kind == "purchase_order"
        )
    )
    numbers: dict[str, set[str]] = {}
    for document, number in rows:
        numbers.setdefault(document, set()).add(number)
    return numbers


@dataclass(frozen=True, slots=True)
class Settled:
    """An interchange as the later stages need it.

    generation: of the reading it comes from. new_keys: True if a replay was asked to give every document
    a key that the far ends have not seen. as_then: True if it was asked to take the profiles of then.
    """

    id: str
    transmission_id: str
    file_name: str
    partner: str | None
    usage: str
    state: str
    cursor: int
    profile_version: str
    sender: PartyId
    receiver: PartyId
    generation: int = 0
    new_keys: bool = False
    as_then: bool = False
    ordinal: int = 1


_SETTLED = (
    select(INTERCHANGE, TRANSMISSION.c.name, REPLAY.c["keys"], REPLAY.c.profile_version.label("chosen"))
    .join(TRANSMISSION, INTERCHANGE.c.transmission_id == TRANSMISSION.c.id)
    .outerjoin(
        REPLAY,
        and_(
            REPLAY.c.transmission_id == INTERCHANGE.c.transmission_id,
            REPLAY.c.generation == INTERCHANGE.c.generation,
        ),
    )
    .where(INTERCHANGE.c.id == bindparam("interchange"))
)


def interchange(view: Connection, interchange_id: str) -> Settled:
    """One interchange."""
    row = view.execute(_SETTLED, {"interchange": interchange_id}).one()
    return Settled(
        row.id,
        row.transmission_id,
        row.name,
        row.partner,
        row.usage,
        row.state,
        row.cursor,
        row.profile_version,
        PartyId(row.sender_qualifier, row.sender_id),
        PartyId(row.receiver_qualifier, row.receiver_id),
        row.generation,
        new_keys=row._mapping["keys"] == "new",
        as_then=row.chosen is not None,
        ordinal=row.ordinal,
    )


def settled_in(chunk: Chunk, file_name: str) -> Settled:
    """The one interchange that a chunk holds whole, as `interchange` would give it once it is settled."""
    (row,) = chunk.interchanges
    return Settled(
        row["id"],
        row["transmission_id"],
        file_name,
        row["partner"],
        row["usage"],
        "settled",
        row["cursor"],
        row["profile_version"],
        PartyId(row["sender_qualifier"], row["sender_id"]),
        PartyId(row["receiver_qualifier"], row["receiver_id"]),
        row["generation"],
        ordinal=row["ordinal"],
    )


def interchange_of(view: Connection, document: str) -> Settled:
    """The interchange that a document came in."""
    found = select(DOCUMENT.c.interchange_id).where(DOCUMENT.c.id == document)
    return interchange(view, view.execute(found).scalar_one())


_ADVANCED = (
    update(INTERCHANGE)
    .where(INTERCHANGE.c.id == bindparam("interchange"), INTERCHANGE.c.cursor == bindparam("before"))
    .values(cursor=bindparam("after"))
)


def advance_cursor(tx: Connection, interchange_id: str, before: int, after: int) -> None:
    """Move the fan-out's cursor. Raises Fenced if another attempt has moved it."""
    bound = {"interchange": interchange_id, "before": before, "after": after}
    if tx.execute(_ADVANCED, bound).rowcount != 1:
        raise Fenced(f"interchange {interchange_id} cursor {before}")
