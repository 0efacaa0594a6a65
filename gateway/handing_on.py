"""Handing on: what becomes of each document of a settled interchange.

All functions run inside the caller's write transaction and do no other I/O.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway import answering
from gateway.errors import Overtaken
from gateway.failpoints import failpoint
from gateway.packing import Plan, Ready, plan_deliveries
from gateway.ports import Job
from gateway.routing import Routed, asks_for_parties, destinations_of, parties_of
from gateway.store import deliveries, readings
from gateway.store.deliveries import Accepted
from gateway.store.identity import business_identity
from gateway.store.moves import Act, move_if, move_many
from gateway.store.readings import Settled, Staged
from gateway.store.rows import CANONICAL, ENVIRONMENTS
from parsers.x12.model import PartyId
from partners.directory import Directory
from partners.profile import DocumentRule

#: Why a document of our ERP rests.
FOR_THE_PARTNER = "Our ERP wrote it for the partner; it is kept until it is sent."
#: Why a document waits of which reading said nothing.
NO_RULE = "No rule of the partner's profile says what becomes of it."


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a document. destinations: empty if it goes nowhere. version: of its business identity.

    takes_over: True if a replay gives it the version that the document it supersedes had.
    """

    document: Staged
    state: str
    reason: str | None = None
    destinations: tuple[str, ...] = ()
    rule: DocumentRule | None = None
    version: int = 1
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """Documents of one settled interchange, and the profiles that say what becomes of them."""

    directory: Directory
    settled: Settled
    staged: Sequence[Staged]


def hand_on_together(tx: Connection, act: Act, lots: Sequence[Handed]) -> list[Job]:
    """Move each staged document on and create its deliveries; the jobs that follow.

    Raises an integrity error if one business document came in two of the lots: each by itself tells
    which came first.
    """
    everyone: list[Fate] = []
    known: dict[str, str] = {}
    plan = Plan()
    for lot in lots:
        asked = [document.id for document in lot.staged] if asks_for_parties(lot.directory) else []
        canonical = readings.canonicals_of(tx, asked) if asked else {}
        fates, identities = fates_of(tx, lot.directory, lot.settled, lot.staged, canonical)
        for fate in fates:
            if fate.state == "filed":
                _file(tx, act, lot.settled, fate.document)
        going = [ready_of(fate, identities) for fate in fates if fate.state == "ready"]
        plan_deliveries(tx, plan, act, lot.directory, lot.settled, going)
        everyone += fates
        known |= identities
    _apply(tx, act, everyone)
    _accept(tx, [fate for fate in everyone if fate.state == "ready"], known)
    failpoint("hand_on.in_transaction")
    return plan.write(tx)


def fates_of(
    view: Connection,
    directory: Directory,
    settled: Settled,
    staged: Sequence[Staged],
    canonical: Mapping[str, str],
) -> tuple[list[Fate], dict[str, str]]:
    """What becomes of documents, and their business identities by id. Writes nothing.

    canonical: of the documents by id; needed only where a destination asks for warehouses or companies.
    """
    identities = {document.id: _identity(view, settled, document) for document in staged}
    seen = deliveries.accepted_versions(view, list(identities.values()))
    fates: list[Fate] = []
    for document in staged:
        identity = identities[document.id]
        accepted = seen.get(identity, Accepted())
        routed = routed_of(settled, document, canonical)
        fate = _fate(view, directory, settled, document, identity, accepted, routed)
        if fate.state == "ready":
            seen[identity] = Accepted(max(fate.version, accepted.version), in_force=True)
        fates.append(fate)
    return fates, identities


def ready_of(fate: Fate, identities: Mapping[str, str]) -> Ready:
    """A document that goes on, as packing needs it. identities: of documents, by id."""
    if fate.rule is None:
        raise ValueError(f"document {fate.document.id} goes on by no rule")
    key = f"{identities[fate.document.id][:32]}-{fate.version}"
    document = fate.document
    return Ready(document.id, document.kind or "document", document.number, key, fate.rule, fate.destinations)


def routed_of(settled: Settled, document: Staged, canonical: Mapping[str, str]) -> Routed:
    """What routing asks of a document. canonical: of documents by id; needed where parties are asked for."""
    text = canonical.get(document.id)
    return Routed(
        settled.partner or "",
        document.kind or "",
        ENVIRONMENTS.get(settled.usage, "production"),
        str(settled.receiver),
        *(parties_of(text) if text else ()),
    )


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
    """An acknowledgement from the partner: match it to what we sent. Only those go nowhere else."""
    answers = json.loads(readings.canonicals_of(tx, [document.id])[document.id])
    is_advice = answers.get("kind") == "824"
    keep = answering.record_received_824 if is_advice else answering.record_received_997
    keep(tx, act, settled.partner or "", settled.transmission_id, document.id, answers)


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
    routed: Routed,
) -> Fate:
    if document.disposition == "none":
        return Fate(document, "filed")
    if document.rejected_by_group or document.disposition == "reject":
        return Fate(document, "rejected")
    if document.standard == CANONICAL:
        return Fate(document, "kept", FOR_THE_PARTNER)
    rule = rule_of(directory, settled, document)
    if document.disposition == "hold" or rule is None or not document.canonical:
        return Fate(document, "held", document.hold or NO_RULE)
    replayed = document.supersedes and deliveries.version_of(tx, document.supersedes, identity)
    if accepted.in_force and rule.hold_repeats and not replayed:
        reason = f"{document.kind} {document.number} was received before."
        return Fate(document, "held", reason, (), rule)
    destinations = destinations_of(directory, rule, routed)
    if not destinations:
        return Fate(document, "kept", "The profile names no destination for it.", (), rule)
    keeps = bool(replayed) and not settled.new_keys
    version = replayed if replayed and keeps else accepted.version + 1
    return Fate(document, "ready", None, destinations, rule, version, keeps)


def rule_of(directory: Directory, settled: Settled, document: Staged) -> DocumentRule | None:
    """The rule of the partner's profile for a document, None if there is none."""
    agreement = directory.by_partner(settled.partner or "")
    if agreement is None:
        return None
    if document.standard == "csv":
        return agreement.rule_for_file(settled.file_name)
    return agreement.rule_for(document.standard, document.set_id, document.version_of_set)


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
