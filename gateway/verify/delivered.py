"""Deliveries: each key is delivered once, and every attempt is accounted for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from gateway.store.core import CONSIGNMENT, DELIVERY, DELIVERY_ATTEMPT, DOCUMENT
from gateway.verify.report import Tally

TAKEN = ("accepted", "duplicate")


def check_deliveries(view: Connection, tally: Tally) -> None:
    """Hold consignments against their attempts, and against each other."""
    tally.compared = view.execute(select(func.count()).select_from(CONSIGNMENT)).scalar_one()
    for condition, says in (
        (
            and_(CONSIGNMENT.c.state == "delivered", _taken() != 1),
            "It is delivered, and not exactly one attempt was taken.",
        ),
        (
            and_(CONSIGNMENT.c.state != "delivered", _taken() != 0),
            "An attempt was taken, and it is not delivered.",
        ),
        (CONSIGNMENT.c.attempts != _attempts(), "It counts more or fewer attempts than there are."),
        (
            and_(CONSIGNMENT.c.state == "delivered", CONSIGNMENT.c.sha256.is_(None)),
            "It is delivered, and the ledger does not know what bytes were.",
        ),
    ):
        for consignment in view.execute(select(CONSIGNMENT.c.id).where(condition)).scalars():
            tally.breach(consignment, says)
    _check_keys(view, tally)


def _check_keys(view: Connection, tally: Tally) -> None:
    """A key that two consignments carry is one that a person had sent again."""
    again = exists().where(
        DELIVERY.c.consignment_id == CONSIGNMENT.c.id,
        DOCUMENT.c.id == DELIVERY.c.document_id,
        or_(DELIVERY.c.generation > 0, DOCUMENT.c.supersedes.is_not(None)),
    )
    twice = (
        select(CONSIGNMENT.c.key, func.count().label("times"))
        .where(CONSIGNMENT.c.state == "delivered", ~again)
        .group_by(CONSIGNMENT.c.destination, CONSIGNMENT.c.key)
        .having(func.count() > 1)
    )
    for row in view.execute(twice):
        tally.breach(row.key, f"{row.times} consignments were delivered under this key.")


def _attempts() -> ColumnElement[int]:
    mine = DELIVERY_ATTEMPT.c.consignment_id == CONSIGNMENT.c.id
    return select(func.count()).select_from(DELIVERY_ATTEMPT).where(mine).scalar_subquery()


def _taken() -> ColumnElement[int]:
    mine = (DELIVERY_ATTEMPT.c.consignment_id == CONSIGNMENT.c.id, DELIVERY_ATTEMPT.c.outcome.in_(TAKEN))
    return select(func.count()).select_from(DELIVERY_ATTEMPT).where(*mine).scalar_subquery()
