"""What lies behind events that people are told of: whose they are, and the code that explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    CONSIGNMENT,
    DESTINATION,
    DOCUMENT,
    FINDING,
    INTERCHANGE,
    TASK,
    TRANSMISSION,
)


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a subject. code: the catalogue's row that explains it, "" if none does.

    stage: of a task. quiet: another event tells of it.
    """

    partner: str | None = None
    code: str = ""
    destination: str | None = None
    stage: str = ""
    quiet: bool = False


def backgrounds(view: Connection, kind: str, ids: Sequence[str]) -> dict[str, Background]:
    """What is known of these subjects of one kind; those that the ledger does not have are left out."""
    if kind == "transmission":
        return _with_findings(view, TRANSMISSION, "transmission_id", ids)
    if kind == "document":
        return _documents(view, ids)
    if kind == "interchange":
        return _interchanges(view, ids)
    if kind == "consignment":
        return _consignments(view, ids)
    if kind == "acknowledgement":
        return _answers(view, ids)
    if kind == "destination":
        return _destinations(view, ids)
    return _tasks(view, ids) if kind == "task" else {}


def _with_findings(view: Connection, table: Table, column: str, ids: Sequence[str]) -> dict[str, Background]:
    codes = _first_errors(view, column, ids)
    rows = view.execute(select(table.c.id, table.c.partner).where(table.c.id.in_(ids)))
    return {row.id: Background(row.partner, codes.get(row.id, "")) for row in rows}


def _documents(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    """A document without a fault of its own was refused for its interchange's."""
    found = _with_findings(view, DOCUMENT, "document_id", ids)
    bare = [one for one, background in found.items() if not background.code]
    if not bare:
        return found
    query = select(DOCUMENT.c.id, DOCUMENT.c.interchange_id).where(DOCUMENT.c.id.in_(bare))
    held_in = {row.id: row.interchange_id for row in view.execute(query)}
    codes = _first_errors(view, "interchange_id", sorted(set(held_in.values())))
    for document in bare:
        found[document] = Background(found[document].partner, codes.get(held_in[document], ""))
    return found


def _interchanges(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    """One with a note has its file in quarantine, which is told already."""
    found = _with_findings(view, INTERCHANGE, "interchange_id", ids)
    noted = view.execute(
        select(INTERCHANGE.c.id).where(INTERCHANGE.c.id.in_(ids), INTERCHANGE.c.note.is_not(None))
    ).scalars()
    for interchange in noted:
        found[interchange] = Background(found[interchange].partner, quiet=True)
    return found


def _consignments(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    rows = view.execute(
        select(CONSIGNMENT.c.id, CONSIGNMENT.c.partner, CONSIGNMENT.c.destination, CONSIGNMENT.c.cause).where(
            CONSIGNMENT.c.id.in_(ids)
        )
    )
    return {row.id: Background(row.partner, row.cause or "", row.destination) for row in rows}


def _answers(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    table = ACKNOWLEDGEMENT
    rows = view.execute(select(table.c.id, table.c.partner, table.c.target).where(table.c.id.in_(ids)))
    return {row.id: Background(row.partner, destination=row.target) for row in rows}


def _destinations(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    table = DESTINATION
    rows = view.execute(select(table.c.id, table.c.cause).where(table.c.id.in_(ids)))
    return {row.id: Background(code=row.cause or "", destination=row.id) for row in rows}


def _tasks(view: Connection, ids: Sequence[str]) -> dict[str, Background]:
    rows = view.execute(select(TASK.c.id, TASK.c.stage).where(TASK.c.id.in_([int(one) for one in ids])))
    return {str(row.id): Background(stage=row.stage) for row in rows}


def _first_errors(view: Connection, column: str, ids: Sequence[str]) -> dict[str, str]:
    """The code of the first error that was found in each."""
    subject = FINDING.c[column]
    first = (
        select(func.min(FINDING.c.id).label("id"))
        .where(subject.in_(ids), FINDING.c.severity == "error")
        .group_by(subject)
        .subquery()
    )
    rows = view.execute(select(subject, FINDING.c.code).join(first, FINDING.c.id == first.c.id))
    return {row[0]: row[1] for row in rows}
