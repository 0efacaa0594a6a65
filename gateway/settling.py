"""Settling: what reading a transmission comes to, all or nothing, interchange by interchange.

Each function reads and computes first and ends in one short write transaction that checks the fence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.answering import is_large, record_answers, record_received_ta1, write_large
from gateway.errors import Overtaken
from gateway.failpoints import failpoint
from gateway.handing_on import Handed, hand_on_together
from gateway.life_lines import log_read
from gateway.noting import RECONCILED
from gateway.parse_task import ParseTask, came_before, is_repeat, number_of, same_file
from gateway.parts import Parts
from gateway.ports import Job
from gateway.repeats import note_repeats
from gateway.routing import keeps_order
from gateway.store import answers, readings, tasks
from gateway.store.arrivals import Kept
from gateway.store.moves import Act, Move, move, move_all, move_if
from gateway.store.readings import Chunk, Occupant, settled_in, staged_in
from parsers.catalogue import found
from parsers.finding import Finding
from translators.acknowledgements.answer import Answer
from translators.acknowledgements.decision import rolled_up
from translators.report import FileEnded, InterchangeReport, Status, Ta1

HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Settlement:
    """An interchange that is about to count. written: its answers if they are large, None otherwise.

    note: why a person must look at it, None if nobody must.
    """

    task: ParseTask
    report: InterchangeReport
    sha256: str
    note: str | None
    act: Act
    written: Sequence[Answer] | None = None

    @property
    def id(self) -> str:
        """The interchange."""
        return self.task.reading.interchange_id(self.report.ordinal)

    @property
    def target(self) -> str:
        """The state that it comes to."""
        return "refused" if self.report.rejected or self.report.partner is None else "settled"


@dataclass(frozen=True, slots=True)
class _Ending:
    """What reading a file came to. note: why it is in quarantine."""

    task: ParseTask
    state: str
    status: str
    note: str | None
    act: Act
    interchanges: int
    findings: Sequence[Finding]


def repeats_a_file(parts: Parts, task: ParseTask) -> bool:
    """True if these bytes came before and the layout counts them as a duplicate."""
    transmission = task.transmission
    with parts.ledger.read() as view:
        earlier = same_file(view, task)
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


def ended(parts: Parts, task: ParseTask, report: InterchangeReport) -> None:
    """An interchange was read to its end: a small one waits for the file's, another is settled now."""
    task.note(report)
    if task.staging.passed_over:
        return
    failpoint("parse.before_settled")
    if task.staging.is_whole and not _is_answered_apart(task, report):
        task.waiting = report
    else:
        settle(parts, task, report)


def settle_waiting(parts: Parts, task: ParseTask) -> None:
    """Settle the interchange that waits, if one does: another one follows it in the file."""
    report, task.waiting = task.waiting, None
    if report is not None:
        settle(parts, task, report)


def settle(parts: Parts, task: ParseTask, report: InterchangeReport) -> None:
    """All or nothing: one short transaction makes the interchange count, with its answers."""
    sha256 = _digest(parts, task.transmission, report)
    task.staging.catch_up()
    with parts.ledger.read() as view:
        earlier = _look_back(parts, view, task, report, sha256)
    if earlier is not None and is_repeat(task, report, sha256, earlier):
        _settle_repeat(parts, task, report, sha256, earlier)
        return
    note = None if report.partner else _first_error(report)
    if earlier is not None:
        finding = found("GTW-011", number=number_of(report), earlier=earlier.id)
        report.findings.append(finding)
        report.ta1, report.ta1_due, report.rejected = Ta1("R", "025"), True, True
        report.status = Status.REJECTED
        note = finding.message
    act = parts.act("parse", note)
    written = None
    if _is_answered_apart(task, report):
        interchange = task.reading.interchange_id(report.ordinal)
        written = write_large(parts.ledger, report, interchange, act.at)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, task.claim)
        _settle_together(parts, tx, [_Settlement(task, report, sha256, note, act, written)])
    failpoint("parse.settled")


def conclude(parts: Parts, those: Sequence[ParseTask]) -> None:
    """The ends of files that were read: one transaction for all, with the interchanges that waited for it.

    Of several that take the same place each but the first is concluded by itself, after it.
    """
    first: dict[tuple[str, str], ParseTask] = {}
    later = [task for task in those if task.waiting and first.setdefault(task.place, task) is not task]
    _conclude(parts, [task for task in those if task not in later])
    for task in later:
        _conclude(parts, [task])


def _conclude(parts: Parts, those: Sequence[ParseTask]) -> None:
    settlements = _settlements(parts, those)
    endings = _endings(parts, those, {one.task.transmission.id: one for one in settlements})
    with parts.ledger.write() as tx:
        parts.jobs.finish(tx, *(task.claim for task in those))
        _settle_together(parts, tx, settlements)
        _end_together(tx, endings)
    for one in endings:
        log_read(one.task.transmission.id, _partner(one.task), one.state, one.status, one.interchanges)


def _settlements(parts: Parts, those: Sequence[ParseTask]) -> list[_Settlement]:
    """What makes those count that wait; one that came before, or whose number did, is settled here."""
    waiting = [(task, task.waiting) for task in those if task.waiting is not None]
    if not waiting:
        return []
    hashed = [(task, report, _digest(parts, task.transmission, report)) for task, report in waiting]
    with parts.ledger.read() as view:
        looked = [(*one, _look_back(parts, view, *one)) for one in hashed]
    settlements: list[_Settlement] = []
    for task, report, sha256, earlier in looked:
        if earlier is None:
            note = None if report.partner else _first_error(report)
            settlements.append(_Settlement(task, report, sha256, note, parts.act("parse", note)))
        else:
            settle_waiting(parts, task)
    return settlements


def _look_back(
    parts: Parts, view: Connection, task: ParseTask, report: InterchangeReport, sha256: str
) -> Occupant | None:
    """What came before, as `came_before`; if nothing did, business numbers that came are noted."""
    earlier = came_before(parts, view, task, report, sha256)
    if earlier is None and not task.is_replay:
        note_repeats(view, report, task.applied.directory)
    return earlier


def _settle_together(parts: Parts, tx: Connection, settlements: Sequence[_Settlement]) -> None:
    """Write what was staged of interchanges, their verdicts and answers, and what goes on from there."""
    if not settlements:
        return
    for one in settlements:
        _check_first(parts, tx, one.task, one.report, one.sha256)
    rest = [one.task.staging.rest(one.report) for one in settlements]
    everything = Chunk()
    for chunk in rest:
        everything.extend(chunk)
    readings.stage(tx, everything)
    move_all(
        tx,
        [
            Move(
                one.act,
                "interchange",
                one.id,
                one.target,
                {**_verdict(one.report, one.sha256, one.act.at), "note": one.note},
            )
            for one in settlements
        ],
    )
    jobs: list[Job] = []
    for one in settlements:
        jobs += _answer(tx, one)
    jobs += _go_on(parts, tx, list(zip(settlements, rest, strict=True)))
    parts.jobs.enqueue(tx, jobs)


def _answer(tx: Connection, one: _Settlement) -> list[Job]:
    """Store what is answered to an interchange, and keep what it answers itself; the jobs that send."""
    if one.target == "refused":
        readings.drop_documents(tx, one.id)
    jobs: list[Job] = []
    report, transmission = one.report, one.task.transmission
    if not one.task.is_replay:
        stored = record_answers(tx, report, one.id, transmission, one.act.at, one.written)
        jobs = [Job("send", answer, partner=report.partner) for answer in stored]
    if one.target != "refused":
        record_received_ta1(tx, one.act, report, transmission, one.id)
    return jobs


def _go_on(parts: Parts, tx: Connection, settled: Sequence[tuple[_Settlement, Chunk]]) -> list[Job]:
    """Hand on small interchanges at once; large ones, those of a replay and those in order by a stage."""
    jobs: list[Job] = []
    handed: list[Handed] = []
    for one, rest in settled:
        if one.target == "refused":
            continue
        directory, partner = one.task.applied.directory, one.report.partner
        ordered = keeps_order(directory, partner or "")
        if ordered or one.task.is_replay or not rest.interchanges:
            order_key = f"{partner} hand_on" if ordered else None
            jobs.append(Job("hand_on", one.id, partner=partner, order_key=order_key))
        else:
            name = one.task.transmission.name
            handed.append(Handed(directory, settled_in(rest, name), staged_in(rest)))
    act = parts.act("hand_on")
    jobs += hand_on_together(tx, act, handed)
    move_all(
        tx,
        [
            Move(act, "interchange", one.settled.id, "handed_on", {"cursor": len(one.staged)})
            for one in handed
        ],
    )
    return jobs


def _settle_repeat(
    parts: Parts, task: ParseTask, report: InterchangeReport, sha256: str, earlier: Occupant
) -> None:
    """The very same interchange again: nothing is processed, its first answers go out unchanged.

    A file that is read anew meets what it held itself; that was answered when it was first read.
    """
    interchange = task.reading.interchange_id(report.ordinal)
    finding = found("GTW-012", number=number_of(report), earlier=earlier.id)
    report.findings.append(finding)
    act = parts.act("parse", finding.message)
    with parts.ledger.write() as tx:
        tasks.check_fence(tx, task.claim)
        readings.stage(tx, task.staging.rest(report))
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


def _endings(parts: Parts, those: Sequence[ParseTask], settled: Mapping[str, _Settlement]) -> list[_Ending]:
    """What reading each file came to. settled: the interchanges that are settled with it, by transmission."""
    endings: list[_Ending] = []
    for task in those:
        last = settled.get(task.transmission.id)
        outcomes: list[readings.Outcome] = []
        if last is None or last.report.ordinal > 1:
            with parts.ledger.read() as view:
                outcomes = readings.outcomes(view, task.transmission.id, task.reading.generation)
        if last is not None:
            outcomes.append(readings.Outcome(last.target, last.report.status.value, last.note))
        endings.append(_ending(parts, task, outcomes))
    return endings


def _ending(parts: Parts, task: ParseTask, outcomes: Sequence[readings.Outcome]) -> _Ending:
    if task.ended is None:
        raise ValueError(f"transmission {task.transmission.id} was not read to its end")
    state, note = _resting_place(task.ended, outcomes)
    statuses = [Status(outcome.status) for outcome in outcomes]
    status = rolled_up(statuses) if statuses else task.ended.status
    act = parts.act("parse", note)
    return _Ending(task, state, status.value, note, act, len(outcomes), task.ended.findings)


def _end_together(tx: Connection, endings: Sequence[_Ending]) -> None:
    """Give each transmission its own state: read, a duplicate, or in quarantine with the reason."""
    findings = [
        readings.finding_row(finding, one.task.transmission.id) for one in endings for finding in one.findings
    ]
    readings.insert_findings(tx, findings)
    move_all(
        tx,
        [
            Move(
                one.act,
                "transmission",
                one.task.transmission.id,
                one.state,
                {
                    "status": one.status,
                    "standard": one.task.standard,
                    "partner": _partner(one.task),
                    "environment": one.task.environment,
                    "profile_version": one.task.applied.version,
                    "note": one.note,
                    "read_at": one.act.at,
                },
            )
            for one in endings
        ],
    )


def _partner(task: ParseTask) -> str | None:
    return task.transmission.partner or task.partner


def _is_answered_apart(task: ParseTask, report: InterchangeReport) -> bool:
    """True if its answers are written outside of the transaction that settles it."""
    if task.is_replay:
        return False
    return is_large(report) or RECONCILED in task.transmission.facts


def _check_first(
    parts: Parts, tx: Connection, task: ParseTask, report: InterchangeReport, sha256: str
) -> None:
    """Raise Overtaken if another worker has settled the same number or file since we looked."""
    readings.take_turns(tx, report.partner or "", number_of(report) or task.transmission.sha256)
    is_file = report.header is None and not report.rejected
    if came_before(parts, tx, task, report, sha256) or (is_file and same_file(tx, task)):
        raise Overtaken(f"transmission {task.transmission.id} interchange {report.ordinal}")


def _digest(parts: Parts, transmission: Kept, report: InterchangeReport) -> str:
    """SHA-256 of the interchange's own bytes; mostly they are all of the file's."""
    left = report.end - report.offset
    if left == transmission.size:
        return transmission.sha256
    digest = hashlib.sha256()
    with parts.archive.open(transmission.sha256) as stream:
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


def _verdict(report: InterchangeReport, sha256: str, now: datetime) -> dict[str, object]:
    return {
        "status": report.status.value,
        "sha256": sha256,
        "ta1_action": report.ta1.action if report.ta1 else None,
        "ta1_note": report.ta1.note if report.ta1 else None,
        "partner": report.partner,
        "settled_at": now,
    }
