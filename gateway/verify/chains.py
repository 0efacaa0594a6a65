"""Each row's state is where its events lead, step by step, by moves that the table of states allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, exists, select

from gateway.states import TABLES, beginnings
from gateway.store.core import EVENT, table_of
from gateway.store.moves import MOVABLE
from gateway.verify.report import Tally

#: Events fetched, and rows asked for, at a time.
PAGE = 1000


#: States in which rows begin besides those of the table: a delivery goes where its consignment goes,
#: whose events tell of both.
BEGIN_ALSO = {"delivery": ("packed",)}


#: The end of a pause, whatever the destination is tried as then.
RESUMED = "destination.resumed"
#: The events that tell of a state; others tell of what people looked at or chose.
MOVES = [*(f"{kind}.{state}" for kind in MOVABLE for state in TABLES[kind]), RESUMED]


@dataclass(frozen=True, slots=True)
class _Chain:
    """The events of one row: where they lead, None if they break off."""

    kind: str
    subject: str
    leads_to: str | None


def check_chains(view: Connection, tally: Tally) -> None:
    """Read every event once, in the order of rows; then look for rows that have none and need some."""
    pending: list[_Chain] = []
    for chain in _chains(view, tally):
        pending.append(chain)
        if len(pending) >= PAGE:
            _compare(view, tally, pending)
            pending.clear()
    _compare(view, tally, pending)
    _check_silent(view, tally)


def _chains(view: Connection, tally: Tally) -> Iterator[_Chain]:
    query = (
        select(EVENT.c.subject_kind, EVENT.c.subject, EVENT.c.action, EVENT.c.before, EVENT.c.after)
        .where(EVENT.c.action.in_(MOVES))
        .order_by(EVENT.c.subject, EVENT.c.id)
    )
    rows = view.execution_options(stream_results=True, yield_per=PAGE).execute(query)
    for (kind, subject), events in groupby(rows, key=lambda row: (row.subject_kind, row.subject)):
        steps = list(events)
        tally.compared += len(steps)
        yield _Chain(kind, subject, _walk(kind, subject, steps, tally))


def _walk(kind: str, subject: str, steps: Sequence[Any], tally: Tally) -> str | None:
    """Where the events lead; None, and a breach, if one does not follow from the one before it."""
    table = TABLES[kind]
    first = _first(kind)
    state: str | None = None
    for step in steps:
        if step.action not in {f"{kind}.{step.after}", RESUMED}:
            tally.breach(subject, f"An event named {step.action} says that the {kind} became {step.after}.")
            return None
        if step.before is None:
            allowed = state is None and step.after in first
        elif state is None:
            allowed = step.before in first and step.after in table[step.before].next
        else:
            allowed = step.before == state and step.after in table[state].next
        if not allowed:
            came = f"from {state} " if state else ""
            tally.breach(
                subject, f"An event moves the {kind} {came}as if from {step.before} to {step.after}."
            )
            return None
        state = step.after
    return state


def _first(kind: str) -> tuple[str, ...]:
    """The states in which rows of a kind may begin."""
    return (*beginnings(TABLES[kind]), *BEGIN_ALSO.get(kind, ()))


def _compare(view: Connection, tally: Tally, chains: Sequence[_Chain]) -> None:
    """Hold where the events lead against the rows."""
    for kind in {chain.kind for chain in chains}:
        mine = {chain.subject: chain for chain in chains if chain.kind == kind}
        found = _states(view, kind, list(mine))
        for subject, chain in mine.items():
            if subject not in found:
                tally.breach(subject, f"There are events of a {kind} that is not there.")
            elif chain.leads_to is not None and found[subject] != chain.leads_to:
                says = f"The {kind} is {found[subject]}; its events lead to {chain.leads_to}."
                tally.breach(subject, says)


def _states(view: Connection, kind: str, subjects: Sequence[str]) -> Mapping[str, str]:
    table = table_of(MOVABLE[kind])
    rows = view.execute(select(table.c.id, table.c.state).where(table.c.id.in_(subjects)))
    return {row.id: row.state for row in rows}


def _check_silent(view: Connection, tally: Tally) -> None:
    """A row without events is where rows of its kind begin."""
    for kind, model in MOVABLE.items():
        table = table_of(model)
        told = exists().where(EVENT.c.subject == table.c.id, EVENT.c.action.in_(MOVES))
        silent = select(table.c.id, table.c.state).where(table.c.state.not_in(_first(kind)), ~told)
        for row in view.execute(silent):
            tally.breach(row.id, f"The {kind} is {row.state}, and no event says how it came there.")
