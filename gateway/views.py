"""What people see of the ledger: typed, read-only, paged by key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select

from gateway.states import no_such
from gateway.store.core import ACKNOWLEDGEMENT as ACK
from gateway.store.core import BUSINESS_KEY as KEY
from gateway.store.core import CONSIGNMENT as CS
from gateway.store.core import DELIVERY as DL
from gateway.store.core import DELIVERY_ATTEMPT as ATT
from gateway.store.core import DOCUMENT as DOC
from gateway.store.core import EVENT as EVT
from gateway.store.core import FINDING as FND
from gateway.store.core import INTERCHANGE as IX
from gateway.store.core import MAILBOX_ENTRY as MBX
from gateway.store.core import TASK as TSK
from gateway.store.core import TRANSMISSION as TX
from gateway.store.destinations import waits_for
from gateway.store.rows import CANONICAL

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list. before: the last id of the page before, None for the newest."""

    limit: int = 50
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Chips:
    """The three things a person asks of a file, each on its own."""

    understood: str
    delivered: str
    acknowledged: str


@dataclass(frozen=True, slots=True)
class TransmissionLine:
    """A transmission in a list."""

    id: str
    received_at: datetime
    direction: str
    partner: str | None
    name: str
    size: int
    state: str
    status: str | None
    note: str | None
    documents: int
    chips: Chips


def transmissions(
    view: Connection,
    page: Page,
    *,
    partner: str | None = None,
    state: str | None = None,
    direction: str | None = "in",
) -> list[TransmissionLine]:
    """Transmissions, newest first."""
    query = select(TX).order_by(TX.c.id.desc()).limit(page.limit)
    for column, wanted in ((TX.c.partner, partner), (TX.c.state, state), (TX.c.direction, direction)):
        if wanted is not None:
            query = query.where(column == wanted)
    if page.before is not None:
        query = query.where(TX.c.id < page.before)
    rows = view.execute(query).all()
    ids = [row.id for row in rows]
    documents = _counts(view, DOC.c.transmission_id, DOC.c.state, ids)
    answers = _answer_counts(view, ids)
    return [_line(row, documents.get(row.id, {}), answers.get(row.id, {})) for row in rows]


def _line(row: Any, documents: dict[str, int], answers: dict[str, int]) -> TransmissionLine:
    return TransmissionLine(
        id=row.id,
        received_at=row.received_at,
        direction=row.direction,
        partner=row.partner,
        name=row.name,
        size=row.size,
        state=row.state,
        status=row.status,
        note=row.note,
        documents=sum(documents.values()),
        chips=Chips(
            understood=_understood(row),
            delivered=_delivered(documents),
            acknowledged=_acknowledged(answers),
        ),
    )


def _understood(row: Any) -> str:
    if row.state in {"received", "quarantined", "duplicate", "closed"}:
        return str(row.state)
    return str(row.status or row.state).replace("_", " ")


def _delivered(documents: dict[str, int]) -> str:
    telling = {state: count for state, count in documents.items() if state not in {"filed", "staged"}}
    return ", ".join(f"{count} {state}" for state, count in sorted(telling.items())) or "-"


def _acknowledged(answers: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(answers.items())) or "-"


def _counts(
    view: Connection, group: ColumnElement[Any], state: ColumnElement[Any], ids: Sequence[str]
) -> dict[str, dict[str, int]]:
    rows = view.execute(select(group, state, func.count()).where(group.in_(ids)).group_by(group, state))
    counts: dict[str, dict[str, int]] = {}
    for owner, name, count in rows:
        counts.setdefault(owner, {})[name] = count
    return counts


def _answer_counts(view: Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    rows = view.execute(
        select(IX.c.transmission_id, ACK.c.kind, ACK.c.state, func.count())
        .select_from(ACK.join(IX, ACK.c.interchange_id == IX.c.id))
        .where(IX.c.transmission_id.in_(ids), ACK.c.direction == "out")
        .group_by(IX.c.transmission_id, ACK.c.kind, ACK.c.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for owner, kind, state, count in rows:
        counts.setdefault(owner, {})[f"{kind} {state}"] = count
    return counts


@dataclass(frozen=True, slots=True)
class TransmissionView:
    """A transmission with everything that hangs on it."""

    transmission: Item
    interchanges: list[Item]
    documents: list[Item]
    findings: list[Item]
    acknowledgements: list[Item]
    events: list[Item]
    tasks: list[Item] = field(default_factory=list)


def transmission(view: Connection, transmission_id: str) -> TransmissionView:
    """One transmission. Raises TradepostError GTW-001 if there is none."""
    row = _one(view, select(TX).where(TX.c.id == transmission_id), "transmission", transmission_id)
    interchanges = _items(
        view, select(IX).where(IX.c.transmission_id == transmission_id).order_by(IX.c.ordinal)
    )
    ids = [item["id"] for item in interchanges]
    return TransmissionView(
        transmission={**row, "facts": json.loads(row["facts"])},
        interchanges=interchanges,
        documents=[
            _without(item, "canonical")
            for item in _items(
                view,
                select(DOC).where(DOC.c.transmission_id == transmission_id).order_by(DOC.c.id).limit(1000),
            )
        ],
        findings=findings(view, FND.c.transmission_id == transmission_id),
        acknowledgements=_acknowledgements(view, ACK.c.interchange_id.in_(ids)),
        events=events(view, [transmission_id, *ids]),
        tasks=_items(view, select(TSK).where(TSK.c.subject.in_([transmission_id, *ids]))),
    )


def findings(view: Connection, condition: ColumnElement[bool], limit: int = 1000) -> list[Item]:
    """Findings as `inspect --json` shows them, in the order they were made."""
    rows = view.execute(select(FND.c.detail).where(condition).order_by(FND.c.id).limit(limit)).scalars()
    return [json.loads(detail) for detail in rows]


def events(view: Connection, subjects: Sequence[str]) -> list[Item]:
    """What happened to any of these, in order."""
    return _items(view, select(EVT).where(EVT.c.subject.in_(subjects)).order_by(EVT.c.id).limit(1000))


def documents(
    view: Connection,
    page: Page,
    *,
    partner: str | None = None,
    state: str | None = None,
    number: str | None = None,
) -> list[Item]:
    """Documents, newest first. number: their own, or one that they name, of an order mostly."""
    query = select(DOC).order_by(DOC.c.created_at.desc(), DOC.c.id.desc()).limit(page.limit)
    for column, wanted in ((DOC.c.partner, partner), (DOC.c.state, state)):
        if wanted is not None:
            query = query.where(column == wanted)
    if number is not None:
        own = select(DOC.c.id).where(DOC.c.number == number)
        query = query.where(DOC.c.id.in_(own.union(select(KEY.c.document_id).where(KEY.c.value == number))))
    return [_directed(_without(item, "canonical")) for item in _items(view, query)]


def _directed(document: Item) -> Item:
    """With its direction: "out" if our ERP wrote it for the partner, "in" if the partner sent it."""
    return {**document, "direction": "out" if document["standard"] == CANONICAL else "in"}


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with its canonical content, findings, keys, deliveries and history."""

    document: Item
    canonical: Any
    keys: list[Item]
    findings: list[Item]
    deliveries: list[Item]
    events: list[Item]


def document(view: Connection, document_id: str) -> DocumentView:
    """One document. Raises TradepostError GTW-001 if there is none."""
    row = _one(view, select(DOC).where(DOC.c.id == document_id), "document", document_id)
    canonical = row.pop("canonical")
    sent = _items(view, select(DL).where(DL.c.document_id == document_id).order_by(DL.c.id))
    consignments = [item["consignment_id"] for item in sent if item["consignment_id"]]
    return DocumentView(
        document=_directed(row),
        canonical=None if canonical is None else json.loads(canonical),
        keys=_items(view, select(KEY.c.kind, KEY.c.value).where(KEY.c.document_id == document_id)),
        findings=findings(view, FND.c.document_id == document_id),
        deliveries=sent,
        events=events(view, [document_id, *consignments]),
    )


def consignments(
    view: Connection, page: Page, *, state: str | None = None, destination: str | None = None
) -> list[Item]:
    """Consignments, newest first, with the numbers of their documents and what they wait for, if parked."""
    query = select(CS).order_by(CS.c.created_at.desc(), CS.c.id.desc()).limit(page.limit)
    for column, wanted in ((CS.c.state, state), (CS.c.destination, destination)):
        if wanted is not None:
            query = query.where(column == wanted)
    found = _items(view, query)
    ids = [item["id"] for item in found]
    numbers, parked = _document_numbers(view, ids), waits_for(view, ids)
    return [
        {**item, "waits_for": parked.get(item["id"]), "documents": numbers.get(item["id"], [])}
        for item in found
    ]


def waiting_deliveries(view: Connection, page: Page) -> list[Item]:
    """Deliveries that wait for a slot of their schedule."""
    return _items(view, select(DL).where(DL.c.state == "waiting").order_by(DL.c.id).limit(page.limit))


def consignment(view: Connection, consignment_id: str) -> Item:
    """One consignment with its attempts and history. Raises TradepostError GTW-001 if there is none."""
    row = _one(view, select(CS).where(CS.c.id == consignment_id), "consignment", consignment_id)
    attempts = _items(view, select(ATT).where(ATT.c.consignment_id == consignment_id).order_by(ATT.c.number))
    numbers = _document_numbers(view, [consignment_id]).get(consignment_id, [])
    return {**row, "documents": numbers, "attempts_made": attempts, "events": events(view, [consignment_id])}


def _document_numbers(view: Connection, ids: Sequence[str]) -> dict[str, list[Item]]:
    rows = view.execute(
        select(DL.c.consignment_id, DOC.c.id, DOC.c.kind, DOC.c.number)
        .select_from(DL.join(DOC, DL.c.document_id == DOC.c.id))
        .where(DL.c.consignment_id.in_(ids))
    )
    numbers: dict[str, list[Item]] = {}
    for owner, document_id, kind, number in rows:
        numbers.setdefault(owner, []).append({"id": document_id, "kind": kind, "number": number})
    return numbers


def acknowledgements(
    view: Connection,
    page: Page,
    *,
    partner: str | None = None,
    state: str | None = None,
    direction: str | None = None,
) -> list[Item]:
    """Acknowledgements of both directions, newest first."""
    wanted = [
        column == value
        for column, value in ((ACK.c.partner, partner), (ACK.c.state, state), (ACK.c.direction, direction))
        if value is not None
    ]
    return _acknowledgements(view, and_(*wanted) if wanted else None, page.limit)


def acknowledgement(view: Connection, acknowledgement_id: str) -> Item:
    """One acknowledgement with its text and who fetched it. Raises TradepostError GTW-001."""
    row = _one(view, select(ACK).where(ACK.c.id == acknowledgement_id), "acknowledgement", acknowledgement_id)
    payload = row.pop("payload")
    fetched = _items(
        view,
        select(
            MBX.c.name,
            MBX.c.modified_at,
            MBX.c.fetched_at,
            MBX.c.fetched_by,
            MBX.c.removed_at,
            MBX.c.removed_by,
        )
        .where(MBX.c.acknowledgement_id == acknowledgement_id)
        .order_by(MBX.c.modified_at),
    )
    return {
        **row,
        "detail": json.loads(row["detail"]) if row["detail"] else None,
        "text": payload.decode("utf-8", "replace") if payload else None,
        "mailbox": fetched,
        "events": events(view, [acknowledgement_id]),
    }


def _acknowledgements(
    view: Connection, condition: ColumnElement[bool] | None, limit: int = 1000
) -> list[Item]:
    query = select(*[column for column in ACK.c if column.name != "payload"])
    if condition is not None:
        query = query.where(condition)
    return _items(view, query.order_by(ACK.c.created_at.desc(), ACK.c.id).limit(limit))


def summary(view: Connection) -> Item:
    """Counts by state of everything that moves."""
    tables = {
        "transmissions": TX,
        "interchanges": IX,
        "documents": DOC,
        "consignments": CS,
        "deliveries": DL,
        "acknowledgements": ACK,
        "tasks": TSK,
    }
    return {
        name: {row.state: row.rows for row in view.execute(_rows_by_state(table))}
        for name, table in tables.items()
    }


def _rows_by_state(table: Table) -> Select[Any]:
    return select(table.c.state, func.count().label("rows")).group_by(table.c.state)


def failed_tasks(view: Connection) -> list[Item]:
    """Tasks that a bug has stopped, with the end of their traceback."""
    return _items(view, select(TSK).where(TSK.c.state == "failed").order_by(TSK.c.id).limit(100))


def is_idle(view: Connection) -> bool:
    """True if no task is waiting for now or running."""
    return (
        view.execute(select(TSK.c.id).where(TSK.c.state.in_(("waiting", "running"))).limit(1)).first() is None
    )


def plain(value: object) -> Any:
    """A view as JSON values: times in ISO 8601, UTC."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _items(view: Connection, query: Any) -> list[Item]:
    return [dict(row._mapping) for row in view.execute(query)]


def _one(view: Connection, query: Select[Any], kind: str, wanted: str) -> Item:
    row = view.execute(query).one_or_none()
    if row is None:
        raise no_such(kind, wanted)
    return dict(row._mapping)


def _without(item: Item, *names: str) -> Item:
    return {name: value for name, value in item.items() if name not in names}
