"""The life of a transmission, from the first byte to the last receipt. Read this page first.

    receive   keep the bytes, then record them, then answer the channel
    parse     read from the archive, stage documents, settle each interchange, write its answers
    hand_on   give every document of a settled interchange its state, and its deliveries
    send      put an acknowledgement where the partner finds it
    pack      put what waits for a slot into consignments
    deliver   hand a consignment to its destination and keep what it said

Each stage reads and computes first and then writes briefly; a write transaction holds no other
I/O and checks the fence. Each may run twice, and says why that is safe.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy import Connection

from gateway.answering import (
    is_large,
    record_answers,
    record_received_ta1,
    record_sent_interchange,
    write_large,
)
from gateway.handing_on import hand_on_chunk, pack_chunk
from gateway.ports import Archive, Arrival, Claim, Clock, Job, JobQueue, Received, Sight, Stored
from gateway.staging import Staging
from gateway.store import answers, arrivals, deliveries, mailboxes, readings, tasks
from gateway.store.arrivals import Kept
from gateway.store.identity import drawn
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move, move_if, move_many, record
from gateway.store.readings import Occupant
from gateway.store.rows import ENVIRONMENTS, Reading
from outbound.connector import Connector, Consignment, Receipt, Refused, TryLater
from outbound.render import render
from outbound.retry import RetryPolicy
from parsers.catalogue import found
from partners.directory import Directory
from partners.profile import MAILBOX, Destination
from translators.acknowledgements.decision import rolled_up
from translators.reading import read_file
from translators.report import (
    DocumentRead,
    FileEnded,
    FileOpened,
    GroupEnded,
    InterchangeEnded,
    InterchangeOpened,
    InterchangeReport,
    ReportEvent,
    Status,
    Ta1,
)

HASH_CHUNK_BYTES = 1 << 20
MAX_ERROR_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Applied:
    """The partner profiles in force, and the id under which the ledger keeps them."""

    version: str
    directory: Directory


class Profiles(Protocol):
    """Where the stages get partner profiles from."""

    def current(self) -> Applied:
        """The profiles in force now."""
        ...

    def version(self, version: str) -> Applied:
        """The profiles as they were applied under that id."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline works with. connect: the connector of a destination, kept open between calls.

    chance: a random number from 0 to 1, for the jitter of retries.
    """

    ledger: Ledger
    archive: Archive
    jobs: JobQueue
    clock: Clock
    profiles: Profiles
    connect: Callable[[Destination], Connector]
    chance: Callable[[], float]
    chunk_documents: int = 200


class Pipeline:
    """The stages. One instance serves all threads."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._archive = parts.archive
        self._jobs = parts.jobs
        self._clock = parts.clock
        self._profiles = parts.profiles
        self._connect = parts.connect
        self._chance = parts.chance
        self._chunk = parts.chunk_documents

    @property
    def stages(self) -> Mapping[str, Callable[[Claim], None]]:
        """Every stage by the name that tasks carry."""
        return {
            "parse": self.parse,
            "replay": self.parse,
            "hand_on": self.hand_on,
            "send": self.send,
            "pack": self.pack,
            "deliver": self.deliver,
        }

    # receive ---------------------------------------------------------------------------------

    def receive(self, arrival: Arrival, content: BinaryIO | Path) -> Received:
        """Keep, then record. What it returns may be told to the sender.

        Twice: the bytes are found by their hash, and the arrival by channel and source key.
        """
        stored = self._keep(arrival, content)
        act = self._act(f"channel {arrival.channel}")
        transmission = drawn("tx", act.at)
        with self._ledger.write() as tx:
            new = arrivals.insert_transmission(tx, transmission, arrival, stored, act.at)
            if new:
                record(tx, act, "transmission.received", "transmission", transmission, after="received")
                self._jobs.enqueue(tx, [Job("parse", transmission, partner=arrival.partner)])
            else:
                transmission = arrivals.by_arrival(tx, arrival.channel, arrival.source_key) or transmission
        self._jobs.ring()
        return Received(transmission, stored.sha256, stored.size, Sight.NEW if new else Sight.SAME)

    def _keep(self, arrival: Arrival, content: BinaryIO | Path) -> Stored:
        if isinstance(content, Path):
            return self._archive.adopt(content, arrival.attributes.get("sha256"))
        return self._archive.put(content)

    # parse -----------------------------------------------------------------------------------

    def parse(self, claim: Claim) -> None:
        """Read a transmission from the archive; stage, settle and answer each interchange in it.

        Twice: ids are derived from place, unsettled rows of an older attempt are swept, settled
        interchanges are passed over.
        """
        task = self._begin_parse(claim)
        with self._archive.open(task.transmission.sha256) as stream:
            for event in self._understand(task, stream):
                match event:
                    case FileOpened(format=form):
                        if form == "csv" and self._repeats_a_file(task):
                            return
                        task.standard = form
                    case InterchangeOpened():
                        task.staging.open(event)
                    case DocumentRead():
                        task.staging.add(event)
                    case GroupEnded():
                        task.staging.end_group(event)
                    case InterchangeEnded(report=report):
                        task.note(report)
                        self._settle(task, report)
                    case FileEnded():
                        self._finish_parse(task, event)
        self._jobs.ring()

    def _begin_parse(self, claim: Claim) -> _Parse:
        transmission = self._transmission(claim.subject)
        reading = self._reading(transmission, claim)
        staging = Staging(self._ledger, self._clock, claim, reading, self._chunk)
        applied = self._profiles.current()
        staging.begin(applied.version)
        return _Parse(claim, transmission, applied, reading, staging)

    def _reading(self, transmission: Kept, claim: Claim) -> Reading:
        with self._ledger.read() as view:
            before = readings.newest_reading(view, transmission.id, claim.generation)
        generation, version = before or (None, 0)
        return Reading(transmission.id, claim.generation, claim.attempt, version + 1, generation)

    def _understand(self, task: _Parse, stream: BinaryIO) -> Iterator[ReportEvent]:
        """The file as `inspect` would see it, with what its channel adds: who may send, and for what use."""
        transmission, directory = task.transmission, task.applied.directory
        channel = directory.channel(transmission.channel)
        return read_file(
            stream,
            name=transmission.name,
            directory=directory,
            sender=transmission.partner,
            senders=channel[1].senders if channel else None,
            usage=channel[1].usage if channel else "production",
        )

    def _repeats_a_file(self, task: _Parse) -> bool:
        """True if these bytes came before and the layout counts them as a duplicate."""
        transmission = task.transmission
        agreement = task.applied.directory.by_partner(transmission.partner or "")
        rule = agreement.rule_for_file(transmission.name) if agreement else None
        if task.is_replay or rule is None or rule.same_bytes == "accept":
            return False
        with self._ledger.read() as view:
            earlier = arrivals.earlier_with_same_bytes(view, transmission, transmission.partner)
            if earlier is None:
                return False
            repeated = answers.answers_to_file(view, earlier)
        finding = found("GTW-010", earlier=earlier, name=transmission.name)
        act = self._act("parse", finding.message)
        with self._ledger.write() as tx:
            readings.insert_findings(tx, [readings.finding_row(finding, transmission.id)])
            move(tx, act, "transmission", transmission.id, "duplicate", same_as=earlier, read_at=act.at)
            self._put_out_again(tx, act, task, repeated)
            self._jobs.finish(tx, task.claim)
        self._jobs.ring()
        return True

    def _settle(self, task: _Parse, report: InterchangeReport) -> None:
        """All or nothing: one short transaction makes the interchange count, with its answers."""
        if task.staging.passed_over:
            return
        sha256 = self._digest(task.transmission.sha256, report)
        earlier = self._occupied_by(task, report)
        if earlier is not None and earlier.sha256 == sha256 and _answers_repeat(report):
            self._settle_repeat(task, report, sha256, earlier)
            return
        note = None if report.partner else _first_error(report)
        if earlier is not None:
            finding = found("GTW-011", number=_number(report), earlier=earlier.id)
            report.findings.append(finding)
            report.ta1, report.ta1_due, report.rejected = Ta1("R", "025"), True, True
            report.status = Status.REJECTED
            note = finding.message
        self._settle_new(task, report, sha256, note)

    def _settle_new(self, task: _Parse, report: InterchangeReport, sha256: str, note: str | None) -> None:
        interchange = task.reading.interchange_id(report.ordinal)
        act = self._act("parse", note)
        target = "refused" if report.rejected or report.partner is None else "settled"
        written = None
        if is_large(report) and not task.is_replay:
            written = write_large(self._ledger, report, interchange, act.at)
        with self._ledger.write() as tx:
            tasks.check_fence(tx, task.claim)
            task.staging.settle_into(tx, report)
            move(tx, act, "interchange", interchange, target, **_verdict(report, sha256, act.at), note=note)
            if target == "refused":
                readings.drop_documents(tx, interchange)
            else:
                self._jobs.enqueue(tx, [Job("hand_on", interchange, partner=report.partner)])
            if not task.is_replay:
                stored = record_answers(tx, report, interchange, task.transmission, act.at, written)
                self._jobs.enqueue(tx, [Job("send", answer, partner=report.partner) for answer in stored])
            record_received_ta1(tx, act, report, task.transmission, interchange)

    def _settle_repeat(self, task: _Parse, report: InterchangeReport, sha256: str, earlier: Occupant) -> None:
        """The very same interchange again: nothing is processed, its first answers go out unchanged."""
        interchange = task.reading.interchange_id(report.ordinal)
        finding = found("GTW-012", number=_number(report), earlier=earlier.id)
        report.findings.append(finding)
        act = self._act("parse", finding.message)
        with self._ledger.write() as tx:
            tasks.check_fence(tx, task.claim)
            task.staging.settle_into(tx, report)
            readings.drop_documents(tx, interchange)
            values = _verdict(report, sha256, act.at)
            move(tx, act, "interchange", interchange, "duplicate", **values, repeats=earlier.id)
            self._put_out_again(tx, act, task, answers.answers_to(tx, earlier.id))

    def _put_out_again(self, tx: Connection, act: Act, task: _Parse, repeated: Sequence[str]) -> None:
        """Send the same bytes anew; the task's id makes the repeat of a repeat another one."""
        for answer in repeated:
            move_if(tx, act, "acknowledgement", answer, "stored")
            self._jobs.enqueue(tx, [Job("send", answer, task.claim.task_id, task.transmission.partner)])

    def _finish_parse(self, task: _Parse, event: FileEnded) -> None:
        """The transmission's own state: read, a duplicate, or in quarantine with the reason."""
        transmission = task.transmission.id
        with self._ledger.read() as view:
            outcomes = readings.outcomes(view, transmission, task.interchanges)
        state, note = _resting_place(event, outcomes)
        statuses = [Status(outcome.status) for outcome in outcomes]
        act = self._act("parse", note)
        with self._ledger.write() as tx:
            readings.insert_findings(tx, [readings.finding_row(f, transmission) for f in event.findings])
            move(
                tx,
                act,
                "transmission",
                transmission,
                state,
                status=(rolled_up(statuses) if statuses else event.status).value,
                standard=task.standard,
                partner=task.transmission.partner or task.partner,
                environment=task.environment,
                note=note,
                read_at=act.at,
            )
            self._jobs.finish(tx, task.claim)

    # hand_on ---------------------------------------------------------------------------------

    def hand_on(self, claim: Claim) -> None:
        """Give each document of a settled interchange its state, its deliveries and their tasks.

        Twice: at most 200 documents a transaction, which moves the cursor in the interchange's row;
        a repeat goes on behind it.
        """
        with self._ledger.read() as view:
            settled = readings.interchange(view, claim.subject)
            version = arrivals.profile_version(view, settled.transmission_id)
        directory = (self._profiles.version(version) if version else self._profiles.current()).directory
        cursor = settled.cursor
        while True:
            with self._ledger.read() as view:
                staged = readings.next_staged(view, settled.id, cursor, self._chunk)
            if not staged:
                break
            act = self._act("hand_on")
            with self._ledger.write() as tx:
                tasks.check_fence(tx, claim)
                jobs = hand_on_chunk(tx, act, directory, settled, staged)
                readings.advance_cursor(tx, settled.id, cursor, staged[-1].sequence)
                self._jobs.enqueue(tx, jobs)
                if len(staged) < self._chunk:
                    self._handed_on(tx, act, claim, settled)
            self._jobs.ring()
            if len(staged) < self._chunk:
                return
            cursor = staged[-1].sequence
        with self._ledger.write() as tx:
            self._handed_on(tx, self._act("hand_on"), claim, settled)

    def _handed_on(self, tx: Connection, act: Act, claim: Claim, settled: readings.Settled) -> None:
        if settled.state == "settled":
            move(tx, act, "interchange", settled.id, "handed_on")
        self._jobs.finish(tx, claim)

    # send ------------------------------------------------------------------------------------

    def send(self, claim: Claim) -> None:
        """Put an acknowledgement where the partner finds it: its mailbox, or a store of its own.

        Twice: one that is no longer `stored` has been sent. The bytes are those committed with the
        control number; a mailbox shows a name once, a store answers the same key with the same receipt.
        """
        with self._ledger.read() as view:
            answer = answers.answer(view, claim.subject)
        if answer.state != "stored":
            self._finish(claim)
            return
        stored = self._archive.put(io.BytesIO(answer.payload))
        try:
            if answer.target != MAILBOX:
                self._ship_answer(answer)
        except TryLater as wait:
            self._postpone_answer(claim, answer, wait)
            return
        except Refused as refusal:
            self._give_up_answer(claim, answer, refusal)
            return
        act = self._act("send")
        with self._ledger.write() as tx:
            transmission = mailboxes.record_sent(tx, act, answer, stored)
            record_sent_interchange(tx, answer, transmission)
            if answer.target == MAILBOX and answer.partner is not None:
                mailboxes.put(tx, act, answer, stored, transmission)
            move(tx, act, "acknowledgement", answer.id, "sent", sent_at=act.at, transmission_id=transmission)
            self._jobs.finish(tx, claim)

    def _ship_answer(self, answer: answers.Answer) -> None:
        destination = self._profiles.current().directory.destinations[answer.target]
        attributes = {"partner": answer.partner or "", "kind": answer.kind}
        self._connect(destination).deliver(
            Consignment(
                key=answer.id,
                file_name=answer.file_name,
                content_type="text/csv" if answer.kind == "CSV" else "application/edi-x12",
                payload=answer.payload,
                attributes=attributes,
            )
        )

    def _postpone_answer(self, claim: Claim, answer: answers.Answer, wait: TryLater) -> None:
        destination = self._profiles.current().directory.destinations[answer.target]
        act = self._act("send", wait.reason)
        due = _retry_policy(destination).next_due(claim.attempt, act.at, wait.after_s, self._chance())
        if due is None:
            self._give_up_answer(claim, answer, Refused(wait.reason))
            return
        with self._ledger.write() as tx:
            self._jobs.postpone(tx, claim, due, wait.reason)

    def _give_up_answer(self, claim: Claim, answer: answers.Answer, refusal: Refused) -> None:
        with self._ledger.write() as tx:
            move(tx, self._act("send", refusal.reason), "acknowledgement", answer.id, "dead")
            self._jobs.finish(tx, claim)

    # pack ------------------------------------------------------------------------------------

    def pack(self, claim: Claim) -> None:
        """Put what waits for a schedule into consignments of at most its batch size.

        Twice: a delivery leaves `waiting` once; a repeat packs what is still waiting.
        """
        directory = self._profiles.current().directory
        while True:
            with self._ledger.read() as view:
                waiting = deliveries.waiting_for(view, claim.subject, self._chunk)
            if not waiting:
                break
            with self._ledger.write() as tx:
                tasks.check_fence(tx, claim)
                self._jobs.enqueue(tx, pack_chunk(tx, self._act("pack"), directory, claim.subject, waiting))
        with self._ledger.write() as tx:
            self._jobs.finish(tx, claim)
        self._jobs.ring()

    # deliver ---------------------------------------------------------------------------------

    def deliver(self, claim: Claim) -> None:
        """Hand a consignment to its destination, keep what it said, and decide what comes next.

        Twice: the key and the bytes are the same in every attempt, so that the far end can refuse
        a repeat; an outcome that nobody knows is asked again under the same key.
        """
        with self._ledger.read() as view:
            packed = deliveries.consignment(view, claim.subject)
            documents = deliveries.documents_in(view, claim.subject)
        if packed.state not in {"due", "sending", "retrying"}:
            self._finish(claim)
            return
        destination = self._profiles.current().directory.destinations.get(packed.destination)
        if destination is None:
            self._strand(claim, packed)
            return
        consignment, stored = self._render(packed, destination, documents)
        number = packed.attempts + 1
        begun = self._act("deliver")
        with self._ledger.write() as tx:
            tasks.check_fence(tx, claim)
            arrivals.insert_blob(tx, stored, begun.at)
            move(tx, begun, "consignment", packed.id, "sending", attempts=number, sha256=stored.sha256)
            deliveries.begin_attempt(tx, packed.id, number, begun.at)
        try:
            receipt = self._connect(destination).deliver(consignment)
        except TryLater as wait:
            self._try_again(claim, packed, destination, number, wait)
        except Refused as refusal:
            if refusal.endpoint_wide:  # it refuses us, not the document, which waits
                later = TryLater(refusal.reason, response=refusal.response)
                self._try_again(claim, packed, destination, number, later)
            else:
                self._to_dead_letter(claim, packed, number, refusal.reason, refusal.response, "refused")
        else:
            self._delivered(claim, packed, number, receipt)

    def _strand(self, claim: Claim, packed: deliveries.Packed) -> None:
        """The profiles no longer name its destination: a person decides."""
        act = self._act("deliver", f"The profiles name no destination {packed.destination} any more.")
        with self._ledger.write() as tx:
            tasks.check_fence(tx, claim)
            if packed.state != "sending":
                move(tx, act, "consignment", packed.id, "sending")
            move(tx, act, "consignment", packed.id, "dead", error=act.reason)
            self._jobs.finish(tx, claim)

    def _render(
        self, packed: deliveries.Packed, destination: Destination, documents: list[tuple[str, str]]
    ) -> tuple[Consignment, Stored]:
        """The bytes of the consignment: those of an earlier attempt if there was one."""
        values = [json.loads(canonical) for _, canonical in documents]
        rendered = render(values, destination.format, kind=packed.kind, batch=packed.is_batch)
        payload = rendered.payload
        if packed.sha256 is not None and self._archive.holds(packed.sha256):
            with self._archive.open(packed.sha256) as kept:
                payload = kept.read()
        stored = self._archive.put(io.BytesIO(payload))
        attributes = {
            "partner": packed.partner or "",
            "kind": packed.kind,
            "environment": packed.environment,
            "documents": ",".join(document for document, _ in documents),
        }
        consignment = Consignment(
            packed.key, packed.file_name, rendered.content_type, payload, values, attributes
        )
        return consignment, stored

    def _delivered(self, claim: Claim, packed: deliveries.Packed, number: int, receipt: Receipt) -> None:
        said = self._keep_response(receipt.response)
        act = self._act("deliver")
        with self._ledger.write() as tx:
            deliveries.end_attempt(
                tx,
                packed.id,
                number,
                ended_at=act.at,
                outcome=receipt.outcome.value,
                detail=receipt.reference or None,
                response_sha256=_note_blob(tx, said, act.at),
            )
            whole = deliveries.undelivered_documents(tx, packed.id)
            move(
                tx,
                act,
                "consignment",
                packed.id,
                "delivered",
                reference=receipt.reference or None,
                delivered_at=act.at,
                error=None,
                next_at=None,
            )
            move_many(tx, act, "document", whole, "ready", "delivered")
            self._jobs.finish(tx, claim)

    def _try_again(
        self, claim: Claim, packed: deliveries.Packed, destination: Destination, number: int, wait: TryLater
    ) -> None:
        act = self._act("deliver", wait.reason)
        due = _retry_policy(destination).next_due(number, act.at, wait.after_s, self._chance())
        if due is None:
            self._to_dead_letter(claim, packed, number, wait.reason, wait.response, "try_later")
            return
        said = self._keep_response(wait.response)
        with self._ledger.write() as tx:
            deliveries.end_attempt(
                tx,
                packed.id,
                number,
                ended_at=act.at,
                outcome="try_later",
                detail=wait.reason[:MAX_ERROR_CHARS],
                response_sha256=_note_blob(tx, said, act.at),
            )
            error = wait.reason[:MAX_ERROR_CHARS]
            move(tx, act, "consignment", packed.id, "retrying", next_at=due, error=error)
            self._jobs.postpone(tx, claim, due, wait.reason)

    def _to_dead_letter(
        self,
        claim: Claim,
        packed: deliveries.Packed,
        number: int,
        reason: str,
        response: bytes,
        outcome: str,
    ) -> None:
        said = self._keep_response(response)
        act = self._act("deliver", reason)
        with self._ledger.write() as tx:
            deliveries.end_attempt(
                tx,
                packed.id,
                number,
                ended_at=act.at,
                outcome=outcome,
                detail=reason[:MAX_ERROR_CHARS],
                response_sha256=_note_blob(tx, said, act.at),
            )
            error = reason[:MAX_ERROR_CHARS]
            move(tx, act, "consignment", packed.id, "dead", next_at=None, error=error)
            self._jobs.finish(tx, claim)

    # shared ----------------------------------------------------------------------------------

    def _finish(self, claim: Claim) -> None:
        with self._ledger.write() as tx:
            self._jobs.finish(tx, claim)

    def _act(self, actor: str, reason: str | None = None) -> Act:
        return Act(actor, self._clock.now(), reason)

    def _transmission(self, transmission: str) -> Kept:
        with self._ledger.read() as view:
            kept = arrivals.kept(view, transmission)
        if kept is None:
            raise LookupError(f"a task names transmission {transmission}, which is not in the ledger")
        return kept

    def _occupied_by(self, task: _Parse, report: InterchangeReport) -> Occupant | None:
        """The accepted interchange that has this control number already; a replay passes the check."""
        header, agreement = report.header, report.agreement
        if task.is_replay or header is None or agreement is None or agreement.x12 is None or report.rejected:
            return None
        since = readings.look_back(self._clock.now(), agreement.x12.duplicate_window_days)
        besides = task.reading.interchange_id(report.ordinal)
        with self._ledger.read() as view:
            return readings.accepted_before(
                view, header.sender, header.receiver, header.control_number, since, besides
            )

    def _digest(self, sha256: str, report: InterchangeReport) -> str:
        """SHA-256 of the interchange's own bytes."""
        digest = hashlib.sha256()
        left = report.end - report.offset
        with self._archive.open(sha256) as stream:
            stream.seek(report.offset)
            while left > 0 and (piece := stream.read(min(left, HASH_CHUNK_BYTES))):
                digest.update(piece)
                left -= len(piece)
        return digest.hexdigest()

    def _keep_response(self, response: bytes) -> Stored | None:
        return self._archive.put(io.BytesIO(response)) if response else None


@dataclass(slots=True)
class _Parse:
    """One run of the parse stage. What its interchanges tell of it is filled in as they end."""

    claim: Claim
    transmission: Kept
    applied: Applied
    reading: Reading
    staging: Staging
    standard: str | None = None
    partner: str | None = None
    environment: str | None = None
    interchanges: list[str] = field(default_factory=list)

    @property
    def is_replay(self) -> bool:
        """True if a person asked for it: duplicates are no matter, and nobody is answered again."""
        return self.claim.stage == "replay"

    def note(self, report: InterchangeReport) -> None:
        """Remember whose interchange it was, and for what use."""
        self.interchanges.append(self.reading.interchange_id(report.ordinal))
        self.partner = self.partner or report.partner
        self.environment = self.environment or ENVIRONMENTS.get(report.usage)


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


def _retry_policy(destination: Destination) -> RetryPolicy:
    retry = destination.retry
    return RetryPolicy(retry.first_s, retry.factor, retry.max_wait_s, retry.max_attempts)


def _note_blob(tx: Connection, stored: Stored | None, now: datetime) -> str | None:
    if stored is None:
        return None
    arrivals.insert_blob(tx, stored, now)
    return stored.sha256
