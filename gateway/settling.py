"""Settling: what reading a transmission comes to, all or nothing, interchange by interchange.

Each function reads and computes first and ends in one short write transaction that checks the fence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.answering import is_large, record_answers, record_received_ta1, write_large
from gateway.errors import Overtaken
from gateway.failpoints import failpoint
from gateway.life_lines import log_read
from gateway.noting import RECONCILED
from gateway.parts import Applied, Parts
from gateway.ports import Claim, Job
from gateway.repeats import note_repeats
from gateway.routing import keeps_order
from gateway.staging import Staging
from gateway.store import answers, arrivals, readings, tasks
from gateway.store.arrivals import Kept
from gateway.store.moves import Act, move, move_if
from gateway.store.readings import Occupant
from gateway.store.rows import ENVIRONMENTS, Reading
from parsers.catalogue import found
from translators.acknowledgements.decision import rolled_up
from translators.report import FileEnded, InterchangeReport, Status, Ta1

HASH_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class ParseTask:
    """One run of the parse stage. What its interchanges tell of it is filled in as they end."""

    claim: Claim
    transmission: Kept
    applied: Applied
    reading: Reading
    staging: Staging
    standard: str | None = None
    partner: str | None = None
    environment: str | None = None

    @property
    def is_replay(self) -> bool:
        """True if a person asked for it: duplicates are no matter, and nobody is answered again."""
        return self.claim.stage == "replay"

    @property
    def from_erp(self) -> bool:
        """True if our own ERP wrote it."""
        channel = self.applied.directory.channel(self.transmission.channel)
        return channel is not None and channel[1].from_erp

    def note(self, report: InterchangeReport) -> None:
        """Remember whose interchange it was, and for what use."""
        self.partner = self.partner or report.partner
        self.environment = self.environment or ENVIRONMENTS.get(report.usage)


def repeats_a_file(parts: Parts, task: ParseTask) -> bool:
    """True if these bytes came before and the layout counts them as a duplicate."""
    transmission = task.transmission
    with parts.ledger.read() as view:
        earlier = _same_file(view, task)
        if earlier is None:
            return False
        repeated = answers.answers_to_file(view, earlier)
    finding = found("GTW-010", earlier=earlier, name=transmission.name)
    act = parts.act("parse", finding.message)
    with parts.ledger.write() as tx:
        readings.insert_findings(tx, [readings.finding_row(finding, transmission.id)])
        move(tx, act, "transmission", transmission.id, "duplicate", same_as=earlier, read_at=act.at)
        _put_out_again(parts, tx, act, task, repeated)
        parts.jobs.finish(tx, task.claim)
    parts.jobs.ring()
    return True


def settle(parts: Parts, task: ParseTask, report: InterchangeReport) -> None:
    """All or nothing: one short transaction makes the interchange count, with its answers."""
    if task.staging.passed_over:
        return
    failpoint("parse.before_settled")
    sha256 = _digest(parts, task.transmission.sha256, report)
    with parts.ledger.read() as view:
        earlier = _came_before(parts, view, task, report, sha256)
        if earlier is None and not task.is_replay:
            note_repeats(view, report, task.applied.directory)
    if earlier is not None and _is_repeat(task, report, sha256, earlier):
        _settle_repeat(parts, task, report, sha256, earlier)
        return
    note = None if report.partner else _first_error(report)
    if earlier is not None:
        finding = found("GTW-011", number=_number(report), earlier=earlier.id)
        report.findings.append(finding)
        report.ta1, report.ta1_due, report.rejected = Ta1("R", "025"), True, True
        report.status = Status.REJECTED
        note = finding.message
    _settle_new(parts, task, report, sha256, note)


def _settle_new(
    parts: Parts, task: ParseTask, report: InterchangeReport, sha256: str, note: str | None
) -> None:
    interchange = task.reading.interchange_id(report.ordinal)
    act = parts.act("parse", note)
    target = "refused" if report.rejected or report.partner is None else "settled"
    written = None
    if (is_large(report) or RECONCILED in task.transmission.facts) and not task.is_replay:
        written = write_large(parts.ledger, report, interchange, act.at)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, task.claim)
        _check_first(parts, tx, task, report, sha256)
        task.staging.settle_into(tx, report)
        move(tx, act, "interchange", interchange, target, **_verdict(report, sha256, act.at), note=note)
        if target == "refused":
            readings.drop_documents(tx, interchange)
        else:
            ordered = keeps_order(task.applied.directory, report.partner or "")
            order_key = f"{report.partner} hand_on" if ordered else None
            parts.jobs.enqueue(tx, [Job("hand_on", interchange, partner=report.partner, order_key=order_key)])
        if not task.is_replay:
            stored = record_answers(tx, report, interchange, task.transmission, act.at, written)
            parts.jobs.enqueue(tx, [Job("send", answer, partner=report.partner) for answer in stored])
        if target != "refused":
            record_received_ta1(tx, act, report, task.transmission, interchange)
    failpoint("parse.settled")


def _settle_repeat(
    parts: Parts, task: ParseTask, report: InterchangeReport, sha256: str, earlier: Occupant
) -> None:
    """The very same interchange again: nothing is processed, its first answers go out unchanged.

    A file that is read anew meets what it held itself; that was answered when it was first read.
    """
    interchange = task.reading.interchange_id(report.ordinal)
    finding = found("GTW-012", number=_number(report), earlier=earlier.id)
    report.findings.append(finding)
    act = parts.act("parse", finding.message)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, task.claim)
        task.staging.settle_into(tx, report)
        readings.drop_documents(tx, interchange)
        values = _verdict(report, sha256, act.at)
        move(tx, act, "interchange", interchange, "duplicate", **values, repeats=earlier.id)
        if earlier.transmission_id != task.transmission.id:
            _put_out_again(parts, tx, act, task, answers.answers_to(tx, earlier.id))


def _put_out_again(parts: Parts, tx: Connection, act: Act, task: ParseTask, repeated: Sequence[str]) -> None:
    """Send the same bytes anew, each answer that is not on its way already."""
    for answer in repeated:
        if move_if(tx, act, "acknowledgement", answer, "stored"):
            generation = tasks.next_generation(tx, "send", answer)
            parts.jobs.enqueue(tx, [Job("send", answer, generation, task.transmission.partner)])


def finish_parse(parts: Parts, task: ParseTask, event: FileEnded) -> None:
    """The transmission's own state: read, a duplicate, or in quarantine with the reason."""
    transmission = task.transmission.id
    with parts.ledger.read() as view:
        outcomes = readings.outcomes(view, transmission, task.reading.generation)
    state, note = _resting_place(event, outcomes)
    statuses = [Status(outcome.status) for outcome in outcomes]
    status = rolled_up(statuses) if statuses else event.status
    partner = task.transmission.partner or task.partner
    act = parts.act("parse", note)
    with parts.ledger.write() as tx:
        readings.insert_findings(tx, [readings.finding_row(f, transmission) for f in event.findings])
        move(
            tx,
            act,
            "transmission",
            transmission,
            state,
            status=status.value,
            standard=task.standard,
            partner=partner,
            environment=task.environment,
            profile_version=task.applied.version,
            note=note,
            read_at=act.at,
        )
        parts.jobs.finish(tx, task.claim)
    log_read(transmission, partner, state, status.value, len(outcomes))


def _check_first(
    parts: Parts, tx: Connection, task: ParseTask, report: InterchangeReport, sha256: str
) -> None:
    """Raise Overtaken if another worker has settled the same number or file since we looked."""
    readings.take_turns(tx, report.partner or "", _number(report) or task.transmission.sha256)
    is_file = report.header is None and not report.rejected
    if _came_before(parts, tx, task, report, sha256) or (is_file and _same_file(tx, task)):
        raise Overtaken(f"transmission {task.transmission.id} interchange {report.ordinal}")


def _came_before(
    parts: Parts, view: Connection, task: ParseTask, report: InterchangeReport, sha256: str
) -> Occupant | None:
    """The interchange that this one repeats or whose number it takes, if any; a replay passes the check.

    An accepted one occupies its number. A refused one leaves it free, but the same bytes under the
    same profiles can only be refused again: a client that was never told sends them twice.
    """
    header, agreement = report.header, report.agreement
    if task.is_replay or header is None or agreement is None or agreement.x12 is None:
        return None
    since = readings.look_back(parts.clock.now(), agreement.x12.duplicate_window_days)
    besides = task.reading.interchange_id(report.ordinal)
    if not report.rejected:
        return readings.accepted_before(
            view, header.sender, header.receiver, header.control_number, since, besides
        )
    if not _answers_repeat(report):
        return None
    partner = agreement.partner.partner
    return readings.refused_alike(view, partner, sha256, task.applied.version, since, besides)


def _same_file(view: Connection, task: ParseTask) -> str | None:
    """The answered transmission with these bytes, if that counts as a duplicate: a layout's rule says so,
    and what our ERP wrote always does."""
    transmission = task.transmission
    agreement = task.applied.directory.by_partner(transmission.partner or "")
    rule = agreement.rule_for_file(transmission.name) if agreement else None
    accepts = not task.from_erp and (rule is None or rule.same_bytes == "accept")
    if task.is_replay or accepts:
        return None
    return arrivals.settled_with_same_bytes(view, transmission, task.applied.version)


def _digest(parts: Parts, sha256: str, report: InterchangeReport) -> str:
    """SHA-256 of the interchange's own bytes."""
    digest = hashlib.sha256()
    left = report.end - report.offset
    with parts.archive.open(sha256) as stream:
        stream.seek(report.offset)
        while left > 0 and (piece := stream.read(min(left, HASH_CHUNK_BYTES))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


def _resting_place(event: FileEnded, outcomes: Sequence[readings.Outcome]) -> tuple[str, str | None]:
    """The state of a transmission that has been read, and why a person must look at it."""
    if not event.readable:
        reason = event.findings[0].message if event.findings else "Nothing in it could be read."
        return "quarantined", reason
    note = next((outcome.note for outcome in outcomes if outcome.note is not None), None)
    if note is not None:
        return "quarantined", note
    if outcomes and all(outcome.state == "duplicate" for outcome in outcomes):
        return "duplicate", None
    return "read", None


def _first_error(report: InterchangeReport) -> str | None:
    return next((finding.message for finding in report.findings if finding.is_error), None)


def _is_repeat(task: ParseTask, report: InterchangeReport, sha256: str, earlier: Occupant) -> bool:
    """True if it is the same interchange again, and not one that policy refuses."""
    own = earlier.transmission_id == task.transmission.id
    return earlier.sha256 == sha256 and (own or _answers_repeat(report))


def _answers_repeat(report: InterchangeReport) -> bool:
    agreement = report.agreement
    return bool(agreement and agreement.x12 and agreement.x12.duplicate_same_bytes == "repeat_answers")


def _number(report: InterchangeReport) -> str:
    return report.header.control_number if report.header else ""


def _verdict(report: InterchangeReport, sha256: str, now: datetime) -> dict[str, object]:
    return {
        "status": report.status.value,
        "sha256": sha256,
        "ta1_action": report.ta1.action if report.ta1 else None,
        "ta1_note": report.ta1.note if report.ta1 else None,
        "partner": report.partner,
        "settled_at": now,
    }
