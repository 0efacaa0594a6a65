"""Every file that came in is in exactly one place, and whatever waits has a task that will do it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Exists, and_, case, exists, func, not_, or_, select

from gateway.store.core import (
    ACKNOWLEDGEMENT,
    CONSIGNMENT,
    DELIVERY,
    DOCUMENT,
    INTERCHANGE,
    TASK,
    TRANSMISSION,
)
from gateway.verify.report import Tally

#: The places, in the order in which a file is asked whether it is there.
PLACES = ("in_flight", "held", "quarantined", "duplicate", "rejected", "delivered")
LOST = "lost"

_OPEN = ("waiting", "running")
_UNDER_WAY = ("due", "sending", "retrying")


def _task(stages: tuple[str, ...], subject: ColumnElement[str], states: tuple[str, ...]) -> Exists:
    return exists().where(TASK.c.stage.in_(stages), TASK.c.subject == subject, TASK.c.state.in_(states))


def _interchange(*conditions: ColumnElement[bool]) -> Exists:
    mine = (INTERCHANGE.c.transmission_id == TRANSMISSION.c.id, INTERCHANGE.c.direction == "in")
    return exists().where(*mine, *conditions)


def _document(*states: str) -> Exists:
    return exists().where(DOCUMENT.c.transmission_id == TRANSMISSION.c.id, DOCUMENT.c.state.in_(states))


def _answer(*states: str) -> Exists:
    return exists().where(
        ACKNOWLEDGEMENT.c.interchange_id == INTERCHANGE.c.id,
        INTERCHANGE.c.transmission_id == TRANSMISSION.c.id,
        ACKNOWLEDGEMENT.c.direction == "out",
        ACKNOWLEDGEMENT.c.state.in_(states),
    )


def _carried(*states: str) -> Exists:
    """A consignment with a document of the file in one of these states."""
    return exists().where(
        DOCUMENT.c.transmission_id == TRANSMISSION.c.id,
        DOCUMENT.c.state == "ready",
        DELIVERY.c.document_id == DOCUMENT.c.id,
        CONSIGNMENT.c.id == DELIVERY.c.consignment_id,
        CONSIGNMENT.c.state.in_(states),
    )


def _stuck(*states: str) -> ColumnElement[bool]:
    """A task of the file itself, or of an interchange in it, in one of these states."""
    inside = exists().where(
        INTERCHANGE.c.transmission_id == TRANSMISSION.c.id,
        TASK.c.subject == INTERCHANGE.c.id,
        TASK.c.stage == "hand_on",
        TASK.c.state.in_(states),
    )
    return or_(_task(("parse", "replay"), TRANSMISSION.c.id, states), inside)


def _place() -> ColumnElement[str]:
    is_read = TRANSMISSION.c.state == "read"
    needs_a_person = or_(_stuck("failed"), _document("held"), _carried("dead", "cancelled"), _answer("dead"))
    goes_on = or_(_stuck(*_OPEN), _document("staged", "ready"), _answer("stored"))
    return case(
        (TRANSMISSION.c.state == "duplicate", "duplicate"),
        (TRANSMISSION.c.state.in_(("quarantined", "closed")), "quarantined"),
        (needs_a_person, "held"),
        (goes_on, "in_flight"),
        (and_(is_read, _document("delivered", "kept", "filed", "superseded")), "delivered"),
        (
            and_(is_read, or_(_document("rejected"), _interchange(INTERCHANGE.c.status == "rejected"))),
            "rejected",
        ),
        (and_(is_read, _interchange(INTERCHANGE.c.state == "duplicate")), "duplicate"),
        (and_(is_read, _interchange(INTERCHANGE.c.state == "handed_on")), "delivered"),
        else_=LOST,
    )


def count_places(view: Connection, tally: Tally) -> Mapping[str, int]:
    """How many files that came in are in each place; a file in none of them is a breach."""
    came_in = TRANSMISSION.c.direction == "in"
    placed = select(TRANSMISSION.c.id, _place().label("place")).where(came_in).subquery()
    counted = select(placed.c.place, func.count()).group_by(placed.c.place)
    found = {place: int(count) for place, count in view.execute(counted)}
    tally.compared = sum(found.values())
    if found.get(LOST):
        for transmission in view.execute(select(placed.c.id).where(placed.c.place == LOST)).scalars():
            tally.breach(transmission, "It came in, and it is in none of the places where a file may be.")
    return {place: found.get(place, 0) for place in PLACES}


def check_work(view: Connection, tally: Tally) -> None:
    """Whatever is in a state that goes on by itself has an open task, or a failed one that a person sees."""
    for name, subject, waiting, stages in (
        ("transmission", TRANSMISSION.c.id, TRANSMISSION.c.state == "received", ("parse", "replay")),
        ("interchange", INTERCHANGE.c.id, INTERCHANGE.c.state == "settled", ("hand_on",)),
        ("consignment", CONSIGNMENT.c.id, CONSIGNMENT.c.state.in_(_UNDER_WAY), ("deliver",)),
        ("acknowledgement", ACKNOWLEDGEMENT.c.id, ACKNOWLEDGEMENT.c.state == "stored", ("send",)),
    ):  # fmt: skip
        tally.compared += view.execute(select(func.count()).where(waiting)).scalar_one()
        for_ever = select(subject).where(waiting, not_(_task(stages, subject, (*_OPEN, "failed"))))
        for one in view.execute(for_ever).scalars():
            tally.breach(one, f"The {name} waits for the stage {stages[0]}, and no task will run it.")


def check_documents(view: Connection, tally: Tally) -> None:
    """A document's state is what its interchange and its deliveries say."""
    tally.compared = view.execute(select(func.count()).select_from(DOCUMENT)).scalar_one()
    for condition, says in (
        (_staged_for_ever(), "It is staged in an interchange that was handed on."),
        (and_(DOCUMENT.c.state == "ready", not_(_delivery_open())), "It is ready, and nothing delivers it."),
        (
            and_(
                DOCUMENT.c.state == "delivered",
                or_(not_(_carrier(CONSIGNMENT.c.state == "delivered")), _delivery_open()),
            ),
            "It is delivered, and not all of its consignments are.",
        ),
    ):
        for document in view.execute(select(DOCUMENT.c.id).where(condition)).scalars():
            tally.breach(document, says)


def _staged_for_ever() -> ColumnElement[bool]:
    going_on = exists().where(
        INTERCHANGE.c.id == DOCUMENT.c.interchange_id, INTERCHANGE.c.state.in_(("reading", "settled"))
    )
    return and_(DOCUMENT.c.state == "staged", not_(going_on))


def _carrier(condition: ColumnElement[bool]) -> Exists:
    return exists().where(
        DELIVERY.c.document_id == DOCUMENT.c.id, CONSIGNMENT.c.id == DELIVERY.c.consignment_id, condition
    )


def _delivery_open() -> ColumnElement[bool]:
    waiting = exists().where(DELIVERY.c.document_id == DOCUMENT.c.id, DELIVERY.c.state == "waiting")
    return or_(waiting, _carrier(CONSIGNMENT.c.state.not_in(("delivered", "cancelled"))))
