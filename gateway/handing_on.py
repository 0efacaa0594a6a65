"""Handing on: what becomes of each document of a settled interchange, and what waits for a slot.

All functions run inside the caller's write transaction and do no other I/O.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from gateway import answering
from gateway.errors import Overtaken
from gateway.ports import Job
from gateway.store import deliveries, readings
from gateway.store.deliveries import Accepted, Waiting
from gateway.store.identity import business_identity, derived
from gateway.store.moves import Act, move_if, move_many
from gateway.store.readings import Settled, Staged
from gateway.store.rows import ENVIRONMENTS
from outbound.schedule import batches
from parsers.x12.model import PartyId
from partners.directory import Directory
from partners.profile import DocumentRule

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
MAX_NAME_CHARS = 40
SHORT_KEY_CHARS = 12


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a document. destination: None if it goes nowhere. version: of its business identity.

    takes_over: True if a replay gives it the version that the document it supersedes had.
    """

    document: Staged
    state: str
    reason: str | None = None
    destination: str | None = None
    rule: DocumentRule | None = None
    version: int = 1
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class Lot:
    """What consignments packed together have in common. size: the most documents in one."""

    partner: str | None
    destination: str
    form: str
    kind: str
    environment: str
    size: int


def hand_on_chunk(
    tx: Connection, act: Act, directory: Directory, settled: Settled, staged: Sequence[Staged]
) -> list[Job]:
    """Move each staged document on and create its deliveries; the jobs that follow."""
    identities = {document.id: _identity(tx, settled, document) for document in staged}
    seen = deliveries.accepted_versions(tx, list(identities.values()))
    fates: list[Fate] = []
    for document in staged:
        identity = identities[document.id]
        accepted = seen.get(identity, Accepted())
        fate = _fate(tx, directory, settled, document, identity, accepted)
        if fate.state == "ready":
            seen[identity] = Accepted(max(fate.version, accepted.version), in_force=True)
        if fate.state == "filed":
            _file(tx, act, settled, document)
        fates.append(fate)
    _apply(tx, act, fates)
    ready = [fate for fate in fates if fate.state == "ready"]
    _accept(tx, ready, identities)
    return dispatch(tx, act, directory, settled, ready, identities)


def _accept(tx: Connection, ready: Sequence[Fate], identities: dict[str, str]) -> None:
    """Note which document holds which version of its business identity."""
    rows = [
        {"identity": identities[fate.document.id], "version": fate.version, "document_id": fate.document.id}
        for fate in ready
    ]
    taken_over = [row for fate, row in zip(ready, rows, strict=True) if fate.takes_over]
    deliveries.accept_identities(tx, [row for row in rows if row not in taken_over])
    deliveries.take_over_identities(tx, taken_over)


def _file(tx: Connection, act: Act, settled: Settled, document: Staged) -> None:
    """An acknowledgement from the partner: match it to what we sent."""
    said = readings.canonical_of(tx, document.id)
    if document.kind == "acknowledgement" and said is not None and settled.partner is not None:
        answers = json.loads(said)
        is_advice = answers.get("kind") == "824"
        keep = answering.record_received_824 if is_advice else answering.record_received_997
        keep(tx, act, settled.partner, settled.transmission_id, document.id, answers)


def _identity(tx: Connection, settled: Settled, document: Staged) -> str:
    """The identity of a document; a replayed one without a number is what it was."""
    before = None
    if document.supersedes and not document.number:
        before = deliveries.identity_of_document(tx, document.supersedes)
    return before or identity_of(settled, document)


def identity_of(settled: Settled, document: Staged) -> str:
    """What makes this business document this document; one without a number is only itself."""
    if not document.number or document.kind is None:
        return business_identity(document.id)
    partner = settled.partner or ""
    return document_identity(settled.receiver, partner, settled.usage, document.kind, document.number)


def document_identity(receiver: PartyId | None, partner: str, usage: str, kind: str, number: str) -> str:
    """The identity of a document with a number, by who got it, from whom, and for what use (ISA15)."""
    return business_identity(str(receiver), partner, ENVIRONMENTS.get(usage, "production"), kind, number)


def _fate(
    tx: Connection,
    directory: Directory,
    settled: Settled,
    document: Staged,
    identity: str,
    accepted: Accepted,
) -> Fate:
    if document.disposition == "none":
        return Fate(document, "filed")
    if document.rejected_by_group or document.disposition == "reject":
        return Fate(document, "rejected")
    rule = rule_of(directory, settled, document)
    if document.disposition == "hold":
        return Fate(document, "held", document.hold)
    if not document.canonical or rule is None:
        return Fate(document, "held", "No rule of the partner's profile says what becomes of it.")
    replayed = document.supersedes and deliveries.version_of(tx, document.supersedes, identity)
    if accepted.in_force and rule.hold_repeats and not replayed:
        reason = f"{document.kind} {document.number} was received before."
        return Fate(document, "held", reason, None, rule)
    destination = destination_of(rule, settled.usage)
    if destination is None:
        return Fate(document, "kept", "The profile names no destination for it.", None, rule)
    return Fate(document, "ready", None, destination, rule, replayed or accepted.version + 1, bool(replayed))


def rule_of(directory: Directory, settled: Settled, document: Staged) -> DocumentRule | None:
    """The rule of the partner's profile for a document, None if there is none."""
    agreement = directory.by_partner(settled.partner or "")
    if agreement is None:
        return None
    if document.standard == "csv":
        return agreement.rule_for_file(settled.file_name)
    return agreement.rule_for(document.standard, document.set_id, document.version_of_set)


def destination_of(rule: DocumentRule, usage: str) -> str | None:
    """Where a document goes: test traffic never reaches a production destination."""
    return rule.test_destination if ENVIRONMENTS.get(usage) == "test" else rule.destination


def _apply(tx: Connection, act: Act, fates: Sequence[Fate]) -> None:
    """Move the documents, those of one fate together."""
    alike: dict[tuple[str, str | None, bool], list[str]] = {}
    for fate in fates:
        key = (fate.state, fate.reason, fate.document.rejected_by_group)
        alike.setdefault(key, []).append(fate.document.id)
    for (state, reason, by_group), documents in alike.items():
        values: dict[str, object] = {"settled_at": act.at}
        if state == "held":
            values["hold"] = reason
        if by_group:
            values["status"] = "rejected"
        reasoned = Act(act.actor, act.at, reason)
        if move_many(tx, reasoned, "document", documents, "staged", state, **values) != len(documents):
            raise Overtaken("documents of this chunk were handed on meanwhile")
    for fate in fates:
        if fate.document.supersedes is not None:
            move_if(tx, act, "document", fate.document.supersedes, "superseded")


def schedule_name(partner: str, rule: DocumentRule, destination: str) -> str:
    """The name under which a rule's slots fire; "" for at once."""
    if rule.schedule.kind == "at_once":
        return ""
    versions = f"@{'+'.join(rule.versions)}" if rule.versions else ""
    return f"{partner}/{rule.standard}/{rule.set or rule.layout}{versions}/{destination}"


def dispatch(
    tx: Connection,
    act: Act,
    directory: Directory,
    settled: Settled,
    fates: Sequence[Fate],
    identities: dict[str, str],
    generation: int = 0,
) -> list[Job]:
    """Create the deliveries of ready documents: packed at once, or waiting for their slot."""
    jobs: list[Job] = []
    for (destination, rule, kind), group in groupby(
        fates, key=lambda fate: (fate.destination, fate.rule, fate.document.kind)
    ):
        together = list(group)
        if destination is None or rule is None:
            continue
        schedule = schedule_name(settled.partner or "", rule, destination)
        rows = [
            _delivery(act, settled, fate, destination, schedule, identities[fate.document.id], generation)
            for fate in together
        ]
        if schedule:
            deliveries.insert_deliveries(tx, rows, [])
            continue
        lot = Lot(
            partner=settled.partner,
            destination=destination,
            form=directory.destinations[destination].format,
            kind=kind or "document",
            environment=ENVIRONMENTS.get(settled.usage, "production"),
            size=rule.schedule.batch_size,
        )
        numbers = {fate.document.id: fate.document.number for fate in together}
        for batch in batches(rows, lot.size):
            packed = _consignment(act, lot, batch, numbers[batch[0]["document_id"]])
            for row in batch:
                row.update(state="packed", consignment_id=packed["id"])
            deliveries.insert_deliveries(tx, list(batch), [packed])
            jobs.append(Job("deliver", packed["id"], partner=settled.partner))
    return jobs


def _delivery(
    act: Act,
    settled: Settled,
    fate: Fate,
    destination: str,
    schedule: str,
    identity: str,
    generation: int,
) -> dict[str, Any]:
    return {
        "id": derived("dl", fate.document.id, destination, generation),
        "document_id": fate.document.id,
        "destination": destination,
        "generation": generation,
        "partner": settled.partner,
        "schedule": schedule,
        "key": f"{identity[:32]}-{fate.version}",
        "consignment_id": None,
        "state": "waiting",
        "created_at": act.at,
    }


def _consignment(act: Act, lot: Lot, rows: Sequence[dict[str, Any]], number: str) -> dict[str, Any]:
    """A consignment of one or several deliveries. One document lends its key; a batch has its own.

    number: business number of the first document, for the file's name.
    """
    keys = [row["key"] for row in rows]
    key = keys[0] if len(keys) == 1 else business_identity(*keys)[:32]
    label = _UNSAFE.sub("-", number)[:MAX_NAME_CHARS].strip(".-") if len(keys) == 1 else f"batch-{len(keys)}"
    name = "_".join(part for part in (lot.kind, lot.partner or "", label, _short(key)) if part)
    return {
        "id": derived("cs", lot.destination, *[row["id"] for row in rows]),
        "partner": lot.partner,
        "destination": lot.destination,
        "kind": lot.kind,
        "environment": lot.environment,
        "key": f"{lot.destination}.{key}",
        "file_name": f"{name}.{lot.form}".rstrip("."),
        "is_batch": lot.size > 1,
        "state": "due",
        "attempts": 0,
        "created_at": act.at,
    }


def _short(key: str) -> str:
    """The beginning of a key and its version: a later version is another file."""
    identity, _, version = key.rpartition("-")
    return f"{identity[:SHORT_KEY_CHARS]}-{version}" if identity else key[:SHORT_KEY_CHARS]


def pack_chunk(
    tx: Connection, act: Act, directory: Directory, schedule: str, waiting: Sequence[Waiting]
) -> list[Job]:
    """Pack deliveries that waited for a slot, in batches of what their rule allows."""
    size = _batch_size(directory, schedule)
    jobs: list[Job] = []
    ordered = sorted(waiting, key=_together)
    for (destination, kind, environment), group in groupby(ordered, key=_together):
        for batch in batches(list(group), size):
            known = directory.destinations.get(destination)
            form = known.format if known else ""  # its delivery then ends as a dead letter that says so
            lot = Lot(batch[0].partner, destination, form, kind, environment, size)
            packed = _consignment(
                act, lot, [{"id": one.id, "key": one.key} for one in batch], batch[0].number
            )
            if deliveries.pack(tx, packed, [one.id for one in batch]) != len(batch):
                raise Overtaken(f"another slot of {schedule} has packed some of these")
            jobs.append(Job("deliver", packed["id"], partner=lot.partner))
    return jobs


def _together(one: Waiting) -> tuple[str, str, str]:
    return one.destination, one.kind, one.environment


def _batch_size(directory: Directory, schedule: str) -> int:
    for partner in directory.partners:
        for rule in partner.documents:
            for destination in (rule.destination, rule.test_destination):
                if destination and schedule_name(partner.partner, rule, destination) == schedule:
                    return rule.schedule.batch_size
    return 1
