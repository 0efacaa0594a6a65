"""Whatever a row of the ledger names is there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Table, exists, func, select

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    BLOB,
    CONSIGNMENT,
    DELIVERY_ATTEMPT,
    DOCUMENT,
    FINDING,
    INTERCHANGE,
    MAILBOX_ENTRY,
    TRANSMISSION,
)
from gateway.verify.report import Tally

#: Columns that name a row of another table without the database knowing of it.
NAMED = (
    (TRANSMISSION.c.same_as, TRANSMISSION.c.id),
    (INTERCHANGE.c.repeats, INTERCHANGE.c.id),
    (DOCUMENT.c.supersedes, DOCUMENT.c.id),
    (FINDING.c.interchange_id, INTERCHANGE.c.id),
    (ACKNOWLEDGEMENT.c.interchange_id, INTERCHANGE.c.id),
    (ACKNOWLEDGEMENT.c.transmission_id, TRANSMISSION.c.id),
    (MAILBOX_ENTRY.c.acknowledgement_id, ACKNOWLEDGEMENT.c.id),
    (CONSIGNMENT.c.sha256, BLOB.c.sha256),
    (DELIVERY_ATTEMPT.c.response_sha256, BLOB.c.sha256),
)


def check_links(view: Connection, tally: Tally) -> None:
    """Every row that is named is there: by foreign keys, and by names that are none."""
    for child, parent in _links():
        tally.compared += view.execute(select(func.count(child))).scalar_one()
        named = child.table.alias()
        column = named.c[child.name]
        missing = select(*named.primary_key, column.label("named")).where(
            column.is_not(None), ~exists().where(parent == column)
        )
        for row in view.execute(missing):
            *key, name = row
            subject = f"{child.table.name} {' '.join(map(str, key))}"
            tally.breach(subject, f"It names the {parent.table.name} {name}, which is not there.")


def _links() -> Iterator[tuple[Column[str], Column[str]]]:
    tables: set[Table] = {BLOB, *BLOB.metadata.tables.values()}
    for table in sorted(tables, key=lambda table: table.name):
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            yield key.parent, key.column
    yield from NAMED
