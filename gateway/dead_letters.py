"""Dead letters and destinations as people see them: causes, owners, next actions; far ends, their state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from gateway.store import destinations
from gateway.store.core import CONSIGNMENT as CS
from gateway.store.deliveries import Chosen
from gateway.store.destinations import Standing
from parsers.catalogue import entries
from partners.directory import Directory
from partners.profile import Destination

#: Who acts where no destination names an owner.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Dead letters of one cause at one destination.

    cause: the catalogue's code, "" for none. title, next_action: of the catalogue. owner: who acts.
    partners: whose documents they carry. says: what the far end said of the newest, without next_action.
    """

    cause: str
    title: str
    destination: str
    owner: str
    count: int
    partners: list[str]
    oldest: datetime
    newest: datetime
    says: str
    next_action: str


def dead_letters(view: Connection, directory: Directory, chosen: Chosen) -> list[DeadLetters]:
    """Dead letters by cause and destination, the most frequent first."""
    cause = func.coalesce(CS.c.cause, "").label("cause")
    rows = view.execute(
        _chosen(
            select(
                cause,
                CS.c.destination,
                func.count().label("letters"),
                func.min(CS.c.created_at).label("oldest"),
                func.max(CS.c.created_at).label("newest"),
                func.max(CS.c.id).label("example"),
            ),
            chosen,
        ).group_by(cause, CS.c.destination)
    ).all()
    owners = {name: one.owner for name, one in directory.destinations.items()}
    groups = [
        DeadLetters(
            cause=row.cause,
            title=entries()[row.cause].title if row.cause in entries() else "Not explained",
            destination=row.destination,
            owner=owners.get(row.destination) or OPERATOR,
            count=row.letters,
            partners=_partners(view, row.cause, row.destination),
            oldest=row.oldest,
            newest=row.newest,
            says=_says(view, row.example).removesuffix(_next_action(row.cause)).rstrip(),
            next_action=_next_action(row.cause),
        )
        for row in rows
    ]
    return sorted(groups, key=lambda group: (-group.count, group.destination, group.cause))


def count(view: Connection, chosen: Chosen) -> int:
    """How many dead letters are meant."""
    return int(view.execute(_chosen(select(func.count()).select_from(CS), chosen)).scalar_one())


def _chosen(query: Select[Any], chosen: Chosen) -> Select[Any]:
    query = query.where(CS.c.state == "dead")
    if chosen.cause is not None:
        query = query.where(func.coalesce(CS.c.cause, "") == chosen.cause)
    if chosen.destination is not None:
        query = query.where(CS.c.destination == chosen.destination)
    return query if chosen.partner is None else query.where(CS.c.partner == chosen.partner)


def _partners(view: Connection, cause: str, destination: str) -> list[str]:
    query = _chosen(select(CS.c.partner).distinct(), Chosen(cause, destination))
    return sorted(partner for partner in view.execute(query).scalars() if partner)


def _says(view: Connection, consignment: str) -> str:
    return view.execute(select(CS.c.error).where(CS.c.id == consignment)).scalar_one() or ""


def _next_action(cause: str) -> str:
    if cause in entries():
        return entries()[cause].remedy
    return "Read what the far end said, mend it, then retry them; or close them."


@dataclass(frozen=True, slots=True)
class DestinationLine:
    """A destination in a list.

    state: closed (taking), open (left alone), half_open (being tried), paused. waiting: consignments
    that wait for it; waiting_for_turn: for the one before them. dead: dead letters. cause, reason:
    why it is not closed. since: in this state, None if it never was in another. next_probe: when it
    is tried again. gone: True if the profiles name it no more.
    """

    name: str
    url: str
    environment: str
    state: str
    waiting: int
    waiting_for_turn: int
    dead: int
    order: str
    owner: str
    cause: str | None
    reason: str | None
    since: datetime | None
    next_probe: datetime | None
    gone: bool


def destination_lines(view: Connection, directory: Directory) -> list[DestinationLine]:
    """Every destination of the profiles, and those of before that something is left of, by name."""
    standings, parked = destinations.standings(view), destinations.parked(view)
    dead: Mapping[str, int] = {
        row.destination: row.letters
        for row in view.execute(
            select(CS.c.destination, func.count().label("letters"))
            .where(CS.c.state == "dead")
            .group_by(CS.c.destination)
        )
    }
    left = {name for name, _ in parked} | set(dead)
    names = sorted(set(directory.destinations) | left)
    return [
        _line(directory.destinations.get(name), standings.get(name, Standing(name)), parked, dead)
        for name in names
    ]


def _line(
    destination: Destination | None,
    standing: Standing,
    parked: Mapping[tuple[str, str], int],
    dead: Mapping[str, int],
) -> DestinationLine:
    name, breaker = standing.name, standing.breaker
    return DestinationLine(
        name=name,
        url=destination.url if destination else "",
        environment=destination.environment if destination else "",
        state=breaker.state,
        waiting=parked.get((name, destinations.FOR_DESTINATION), 0),
        waiting_for_turn=parked.get((name, destinations.FOR_TURN), 0),
        dead=dead.get(name, 0),
        order=destination.order if destination else "none",
        owner=destination.owner if destination else "",
        cause=standing.cause,
        reason=standing.reason,
        since=standing.since,
        next_probe=breaker.probe_at if breaker.state == "open" else None,
        gone=destination is None,
    )
