"""Asking far ends: whether they are well, and what each of them holds of a document."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.delivering import render_consignment, shaped
from gateway.delivery_operations import unknown_destination
from gateway.parts import Parts
from gateway.states import no_such
from gateway.store import deliveries
from gateway.store.moves import state_of
from outbound.connector import Holding, Preview, Refused, Searchable, TryLater
from partners.profile import Destination

_FRACTION = re.compile(r"-?\d+\.\d+", re.ASCII)
#: Documents that are listed at once.
PAGE_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Health:
    """What a destination said of itself."""

    name: str
    well: bool
    says: str


def check_destinations(parts: Parts, names: Sequence[str]) -> list[Health]:
    """Ask these destinations, all if none is named. Raises TradepostError GTW-045 for an unknown one."""
    known = parts.profiles.current().directory.destinations
    for name in names:
        if name not in known:
            raise unknown_destination(name)
    return [_health(parts, known[name]) for name in names or known]


def _health(parts: Parts, destination: Destination) -> Health:
    try:
        return Health(destination.name, well=True, says=parts.connect(destination).check())
    except (Refused, TryLater) as fault:
        return Health(destination.name, well=False, says=fault.reason)


def preview_delivery(parts: Parts, consignment: str) -> Preview:
    """What the next attempt at a delivery would send. Nothing is sent.

    Raises TradepostError GTW-001 if there is no such delivery, GTW-045 if its destination is gone,
    Refused or TryLater if it is known beforehand that the destination would not take it.
    """
    with parts.ledger.read() as view:
        if state_of(view, "consignment", consignment) is None:
            raise no_such("consignment", consignment)
        packed = deliveries.consignment(view, consignment)
        documents = deliveries.documents_in(view, consignment)[consignment]
    destination = parts.profiles.current().directory.destinations.get(packed.destination)
    if destination is None:
        raise unknown_destination(packed.destination)
    destination = shaped(parts, packed, destination)
    return parts.connect(destination).dry_run(render_consignment(parts, packed, destination, documents))


@dataclass(frozen=True, slots=True)
class Held:
    """A document at one destination.

    state: of the delivery's consignment. given: facts of what was or will be given: key, sha256, bytes.
    said: the far end's id when it took it. holds: what it says it holds now, None if nothing or not
    known; note: why not known, "" if it was asked.
    """

    destination: str
    state: str
    given: Mapping[str, str]
    said: str | None
    delivered_at: datetime | None
    holds: Holding | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document at all its destinations. differences: facts in which they disagree, by name."""

    document: str
    held: list[Held]
    differences: dict[str, dict[str, str | None]] = field(default_factory=dict)


def compare(parts: Parts, document: str) -> Comparison:
    """What each destination was given of a document, and what it says it holds. Changes nothing.

    Raises TradepostError GTW-001 if there is no such document.
    """
    with parts.ledger.read() as view:
        if state_of(view, "document", document) is None:
            raise no_such("document", document)
        carriers = deliveries.carriers_of(view, document)
    held = [_held(parts, carrier) for carrier in carriers]
    return Comparison(document, held, dict(_differences(held)))


def compare_destinations(
    parts: Parts, one: str, other: str, looked_at: Callable[[int], None] = lambda _count: None
) -> Iterator[Comparison]:
    """Every document that either of two destinations was given, compared as by `compare`.

    looked_at: called with 1 for each. A document that one of them was never given differs in "given".
    Raises TradepostError GTW-045 for an unknown destination.
    """
    known = parts.profiles.current().directory.destinations
    for name in (one, other):
        if name not in known:
            raise unknown_destination(name)
    after = ""
    while True:
        with parts.ledger.read() as view:
            documents = deliveries.documents_at(view, (one, other), after, PAGE_DOCUMENTS)
        for document in documents:
            held = [held for held in compare(parts, document).held if held.destination in {one, other}]
            given = {
                name: "yes" if any(at.destination == name for at in held) else "no" for name in (one, other)
            }
            lacking: dict[str, dict[str, str | None]] = {}
            if "no" in given.values():
                lacking["given"] = dict(given)
            looked_at(1)
            yield Comparison(document, held, {**lacking, **dict(_differences(held))})
        if len(documents) < PAGE_DOCUMENTS:
            return
        after = documents[-1]


def _held(parts: Parts, carrier: deliveries.Carrier) -> Held:
    destination = parts.profiles.current().directory.destinations.get(carrier.destination)
    with parts.ledger.read() as view:
        packed = deliveries.consignment(view, carrier.id)
        documents = deliveries.documents_in(view, carrier.id)[carrier.id]
    if destination is None:
        note = "The profiles name it no more."
        return Held(
            carrier.destination, packed.state, {"key": packed.key}, carrier.reference, None, None, note
        )
    destination = shaped(parts, packed, destination)
    consignment = render_consignment(parts, packed, destination, documents)
    given = {
        "key": consignment.key,
        "sha256": hashlib.sha256(consignment.payload).hexdigest(),
        "bytes": str(len(consignment.payload)),
    }
    holds, note = None, ""
    try:
        connector = parts.connect(destination)
        if isinstance(connector, Searchable):
            holds = connector.look_up(consignment)
        else:
            note = "It cannot be asked."
    except (Refused, TryLater) as fault:
        note = fault.reason
    return Held(
        carrier.destination, packed.state, given, carrier.reference, carrier.delivered_at, holds, note
    )


def _differences(held: Sequence[Held]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Facts that those who could be asked do not agree on; that one holds nothing is the first of them."""
    asked = {one.destination: one.holds for one in held if not one.note}
    is_held = {name: "yes" if holds else "no" for name, holds in asked.items()}
    if len(set(is_held.values())) > 1:
        yield "held", dict(is_held)
    facts = {name: holds.facts for name, holds in asked.items() if holds is not None}
    common = set.intersection(*(set(one) for one in facts.values())) if facts else set()
    for fact in sorted(common):
        values = {name: one[fact] for name, one in facts.items()}
        if len({_comparable(value) for value in values.values()}) > 1:
            yield fact, dict(values)


def _comparable(text: str) -> str:
    """A fraction without the zeros at its end: 5.00 and 5 are no difference, 0042 and 42 are one."""
    return text.rstrip("0").rstrip(".") if _FRACTION.fullmatch(text) else text
