"""The life of a transmission, from the first byte to the last receipt. Read this page first.

    receive   keep the bytes, then record them, then answer the channel
    parse     read from the archive, stage documents, settle each interchange, write its answers
    hand_on   give every document of a settled interchange its state, and its deliveries
    send      put an acknowledgement where the partner finds it
    pack      put what waits for a slot into consignments
    deliver   hand a consignment to its destination and keep what it said
    adopt     give a row to bytes that a crash left in the archive only

Each stage reads and computes first and then writes briefly; a write transaction holds no other
I/O and checks the fence. Each may run twice, and says why that is safe.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from gateway.beside import beside
from gateway.delivering import (
    Attempt,
    Ready,
    begin,
    delivered,
    refused,
    render_consignment,
    shaped,
    strand,
    try_again,
    wait_outside,
)
from gateway.failpoints import failpoint
from gateway.gates import is_shut
from gateway.handing_on import Handed, hand_on_together
from gateway.life_lines import log_attempt, log_received
from gateway.noting import answer_note, arrival_note
from gateway.orphans import adopt_orphans, look_for_orphans
from gateway.packing import pack_chunk
from gateway.parse_task import ParseTask
from gateway.parts import Applied, Parts
from gateway.ports import Arrival, Claim, Job, Received, Sight, Stored
from gateway.routing import keeps_order
from gateway.sending import give_up, postpone, record_sent, ship
from gateway.settling import conclude, ended, repeats_a_file, settle_waiting
from gateway.staging import Staging
from gateway.store import answers, arrivals, bookmarks, deliveries, readings, replays, tasks
from gateway.store.answers import Answer
from gateway.store.arrivals import Kept
from gateway.store.identity import drawn
from gateway.store.mailboxes import Sent
from gateway.store.moves import Act, move, record
from gateway.store.rows import CANONICAL, Reading
from gateway.store.turns import earlier_at_work
from gateway.understanding import understand
from outbound.connector import Receipt, Refused, TryLater
from partners.profile import MAILBOX
from translators.report import (
    DocumentRead,
    FileEnded,
    FileOpened,
    GroupEnded,
    InterchangeEnded,
    InterchangeOpened,
)

#: How soon an interchange whose turn has not come looks again.
ORDER_POLL = timedelta(milliseconds=300)
#: Bytes of a file up to which it is written together with others.
SMALL_BYTES = 256 * 1024


class Pipeline:
    """The stages. One instance serves all threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._archive = parts.archive
        self._jobs = parts.jobs
        self._chunk = parts.chunk_documents

    @property
    def stages(self) -> Mapping[str, Callable[..., None]]:
        """Every stage by the name that tasks carry; it takes one claim, or several if TOGETHER has it."""
        return {
            "parse": self.parse,
            "replay": self.parse,
            "hand_on": self.hand_on,
            "send": self.send,
            "pack": self.pack,
            "deliver": self.deliver,
            "adopt": self.adopt,
        }

    # receive ---------------------------------------------------------------------------------

    def receive(self, arrival: Arrival, content: BinaryIO | Path) -> Received:
        """Keep, then record, then note. What it returns may be told to the sender.

        Twice: the bytes are found by their hash, and the arrival by channel and source key; a note
        may be there more than once.
        """
        failpoint("receive.begin")
        with self._ledger.expecting():
            stored = self._keep(arrival, content)
            failpoint("receive.kept")
            act = self._parts.act(f"channel {arrival.channel}")
            order_key = self._order_key(arrival.partner)
            with self._ledger.write() as tx:
                transmission, recorded, sight = self._record_arrival(tx, act, arrival, stored, order_key)
                failpoint("receive.in_transaction")
        failpoint("receive.committed")
        self._parts.notes.note(arrival_note(transmission, recorded, stored, act.at))
        self._jobs.ring()
        received = Received(transmission, stored.sha256, stored.size, sight)
        log_received(arrival, received)
        return received

    def _record_arrival(
        self, tx: Connection, act: Act, arrival: Arrival, stored: Stored, order_key: str | None
    ) -> tuple[str, Arrival, Sight]:
        """The arrival's transmission and the arrival as it stands there, recorded now or before, and which.

        A source key that comes back with other bytes is another arrival: inodes are used
        again, and senders set sizes and times as they please.
        """
        if arrival.heard is not None:
            bookmarks.note(tx, arrival.channel, [arrival.heard])
        transmission = drawn("tx", act.at)
        while not arrivals.insert_transmission(tx, transmission, arrival, stored, act.at):
            earlier = arrivals.by_arrival(tx, arrival.channel, arrival.source_key)
            if earlier is not None and earlier.sha256 == stored.sha256:
                return earlier.id, arrival, Sight.SAME
            arrival = replace(arrival, source_key=f"{arrival.source_key}#{stored.sha256}")
        record(tx, act, "transmission.received", "transmission", transmission, after="received")
        self._jobs.enqueue(tx, [Job("parse", transmission, partner=arrival.partner, order_key=order_key)])
        return transmission, arrival, Sight.NEW

    def _order_key(self, partner: str | None) -> str | None:
        """What keeps a partner's files in the order in which they came; None where nobody asks for it."""
        if partner is None or not keeps_order(self._parts.profiles.current().directory, partner):
            return None
        return partner

    def _keep(self, arrival: Arrival, content: BinaryIO | Path) -> Stored:
        if isinstance(content, Path):
            return self._archive.adopt(content, arrival.attributes.get("sha256"))
        return self._archive.put(content)

    # parse -----------------------------------------------------------------------------------

    def parse(self, *claims: Claim) -> None:
        """Read transmissions from the archive; stage, settle and answer each interchange in them.

        Small files come first, and what they come to is written together. Twice: ids are derived from
        place, unsettled rows of an older attempt are swept, settled interchanges are passed over.
        """
        failpoint("parse.begin")
        read: list[ParseTask] = []
        for claim, transmission in self._smallest_first(claims):
            if read and transmission.size > SMALL_BYTES:
                conclude(self._parts, read)
                read = []
            task = self._read(claim, transmission)
            if task is not None:
                read.append(task)
        conclude(self._parts, read)
        failpoint("parse.finished")
        self._jobs.ring()

    def _smallest_first(self, claims: Sequence[Claim]) -> list[tuple[Claim, Kept]]:
        with self._ledger.read() as view:
            known = arrivals.kept_all(view, [claim.subject for claim in claims])
        for claim in claims:
            if claim.subject not in known:
                raise LookupError(f"a task names transmission {claim.subject}, which is not in the ledger")
        return sorted(((claim, known[claim.subject]) for claim in claims), key=lambda one: one[1].size)

    def _read(self, claim: Claim, transmission: Kept) -> ParseTask | None:
        """Read one file to its end; None if it was a repeat and has its end already."""
        task = self._begin_parse(claim, transmission)
        with self._archive.open(transmission.sha256) as stream, closing(task.staging):
            for event in understand(self._parts, transmission, task.applied.directory, stream):
                match event:
                    case FileOpened(format=form):
                        if form in {"csv", CANONICAL} and repeats_a_file(self._parts, task):
                            return None
                        task.standard = form
                    case InterchangeOpened():
                        settle_waiting(self._parts, task)
                        task.staging.open(event)
                    case DocumentRead():
                        failpoint("parse.document_read")
                        task.staging.add(event)
                    case GroupEnded():
                        task.staging.end_group(event)
                    case InterchangeEnded(report=report):
                        ended(self._parts, task, report)
                    case FileEnded():
                        task.ended = event
        return task

    def _begin_parse(self, claim: Claim, transmission: Kept) -> ParseTask:
        if claim.generation:
            applied, reading = self._reading_anew(transmission, claim)
        else:
            applied = self._parts.profiles.current()
            reading = Reading(transmission.id, 0, claim.attempt, applied.version)
        staging = Staging(self._ledger, self._parts.clock, claim, reading, self._chunk)
        staging.begin()
        return ParseTask(claim, transmission, applied, reading, staging)

    def _reading_anew(self, transmission: Kept, claim: Claim) -> tuple[Applied, Reading]:
        with self._ledger.read() as view:
            before = replays.before(view, transmission.id, claim.generation)
            chosen = replays.chosen_for(view, transmission.id, claim.generation)
        version = chosen.profile_version
        applied = self._parts.profiles.version(version) if version else self._parts.profiles.current()
        return applied, Reading(
            transmission.id,
            claim.generation,
            claim.attempt,
            applied.version,
            before.version + 1,
            before.generation,
            before.successors,
            chosen.document,
        )

    # hand_on ---------------------------------------------------------------------------------

    def hand_on(self, claim: Claim) -> None:
        """Give each document of a settled interchange its state, its deliveries and their tasks.

        Twice: at most 200 documents a transaction, which moves the cursor in the interchange's row;
        a repeat goes on behind it. Where a destination keeps order, the partner's files are handed on
        in the order in which they came.
        """
        failpoint("hand_on.begin")
        with self._ledger.read() as view:
            settled = readings.interchange(view, claim.subject)
            directory = self._parts.profiles.version(settled.profile_version).directory
            follows = keeps_order(directory, settled.partner or "") and earlier_at_work(view, settled)
        if follows:
            self._let_earlier_ones_first(claim)
            return
        cursor = settled.cursor
        while True:
            with self._ledger.read() as view:
                staged = readings.next_staged(view, settled.id, cursor, self._chunk)
            if not staged:
                break
            act = self._parts.act("hand_on")
            with self._ledger.write() as tx:
                tasks.check_fence(tx, claim)
                jobs = hand_on_together(tx, act, [Handed(directory, settled, staged)])
                readings.advance_cursor(tx, settled.id, cursor, staged[-1].sequence)
                self._jobs.enqueue(tx, jobs)
                if len(staged) < self._chunk:
                    self._handed_on(tx, act, claim, settled)
            failpoint("hand_on.chunk_committed")
            self._jobs.ring()
            if len(staged) < self._chunk:
                return
            cursor = staged[-1].sequence
        with self._ledger.write() as tx:
            self._handed_on(tx, self._parts.act("hand_on"), claim, settled)

    def _let_earlier_ones_first(self, claim: Claim) -> None:
        due = self._parts.clock.now() + ORDER_POLL
        with self._ledger.write() as tx:
            self._jobs.postpone(tx, claim, due, "An earlier file of the partner is being read.")

    def _handed_on(self, tx: Connection, act: Act, claim: Claim, settled: readings.Settled) -> None:
        if settled.state == "settled":
            move(tx, act, "interchange", settled.id, "handed_on")
        self._jobs.finish(tx, claim)

    # send ------------------------------------------------------------------------------------

    def send(self, *claims: Claim) -> None:
        """Put acknowledgements where partners find them: in mailboxes, or stores of their own.

        Twice: one that is no longer `stored` has been sent. The bytes are those committed with the
        control number; a mailbox shows a name once, a store answers the same key with the same receipt.
        """
        with self._ledger.read() as view:
            known = answers.several(view, [claim.subject for claim in claims])
        wanted = [(claim, known[claim.subject]) for claim in claims]
        done = [claim for claim, answer in wanted if answer.state != "stored"]
        if done:
            self._finish(*done)
        failpoint("send.begin")
        kept = [
            (claim, Sent(answer, self._archive.put(io.BytesIO(answer.payload))))
            for claim, answer in wanted
            if answer.state == "stored"
        ]
        failpoint("send.kept")
        now = self._parts.clock.now()
        self._parts.notes.note(*(answer_note(one.answer, one.stored, now) for _, one in kept))
        record_sent(self._parts, [(claim, one) for claim, one in kept if one.answer.target == MAILBOX])
        for claim, one in kept:
            if one.answer.target != MAILBOX and self._shipped(claim, one.answer):
                record_sent(self._parts, [(claim, one)])

    def _shipped(self, claim: Claim, answer: Answer) -> bool:
        """Hand an answer to a store of the partner's; False if it did not take it, which is recorded."""
        try:
            ship(self._parts, answer)
            failpoint("send.shipped")
        except TryLater as wait:
            postpone(self._parts, claim, answer, wait)
        except Refused as refusal:
            give_up(self._parts, claim, answer, refusal)
        else:
            return True
        return False

    # pack ------------------------------------------------------------------------------------

    def pack(self, claim: Claim) -> None:
        """Put what waits for a schedule into consignments of at most its batch size.

        Twice: a delivery leaves `waiting` once; a repeat packs what is still waiting.
        """
        directory = self._parts.profiles.current().directory
        while True:
            with self._ledger.read() as view:
                waiting = deliveries.waiting_for(view, claim.subject, self._chunk)
            if not waiting:
                break
            with self._ledger.write() as tx:
                tasks.check_fence(tx, claim)
                self._jobs.enqueue(
                    tx, pack_chunk(tx, self._parts.act("pack"), directory, claim.subject, waiting)
                )
                failpoint("pack.in_transaction")
            failpoint("pack.chunk_committed")
        with self._ledger.write() as tx:
            self._jobs.finish(tx, claim)
        self._jobs.ring()

    # deliver ---------------------------------------------------------------------------------

    def deliver(self, *claims: Claim) -> None:
        """Hand consignments to their destinations, keep what those said, and decide what comes next.

        Each is handed over beside the others, and recorded as soon as it was. Twice: the key and the
        bytes are the same in every attempt, so that the far end can refuse a repeat; an outcome that
        nobody knows is asked again under the same key.
        """
        subjects = [claim.subject for claim in claims]
        with self._ledger.read() as view:
            packed = deliveries.consignments(view, subjects)
            documents = deliveries.documents_in(view, *subjects)
        attempts = [attempt for claim in claims if (attempt := self._attempt(claim, packed[claim.subject]))]
        ready = [self._rendered(attempt, documents[attempt.packed.id]) for attempt in attempts]
        if not ready:
            return
        failpoint("deliver.rendered")
        begun = begin(self._parts, ready)
        failpoint("deliver.begun")
        for taken in beside(self._hand_over, begun):
            receipts = [(one.attempt, receipt) for one, receipt in taken if receipt is not None]
            if receipts:
                delivered(self._parts, receipts)
            for one, receipt in taken:
                if receipt is not None:
                    log_attempt(one.consignment, one.attempt.number, receipt.outcome.value)

    def _attempt(self, claim: Claim, packed: deliveries.Packed) -> Attempt | None:
        """The next attempt at a consignment; None if it needs none, or can have none now, which is noted."""
        if packed.state not in {"due", "sending", "retrying"}:
            self._finish(claim)
            return None
        destination = self._parts.profiles.current().directory.destinations.get(packed.destination)
        if destination is None:
            strand(self._parts, claim, packed)
            return None
        destination = shaped(self._parts, packed, destination)
        attempt = Attempt(self._parts, claim, packed, destination)
        if is_shut(packed, destination, self._parts.clock.now()):
            wait_outside(attempt)
            return None
        return attempt

    def _rendered(self, attempt: Attempt, documents: Sequence[deliveries.Loaded]) -> Ready:
        consignment = render_consignment(self._parts, attempt.packed, attempt.destination, documents)
        return Ready(attempt, consignment, self._archive.put(io.BytesIO(consignment.payload)))

    def _hand_over(self, one: Ready) -> Receipt | None:
        """What the far end gave for it; None if it took nothing, which is recorded."""
        attempt = one.attempt
        try:
            receipt = self._parts.connect(attempt.destination).deliver(one.consignment)
            failpoint("deliver.after_answer")
        except TryLater as wait:
            try_again(attempt, wait)
            log_attempt(one.consignment, attempt.number, "try_later", wait.code)
        except Refused as refusal:
            refused(attempt, refusal)
            log_attempt(one.consignment, attempt.number, "refused", refusal.code)
        else:
            return receipt
        return None

    # adopt -----------------------------------------------------------------------------------

    def look_for_orphans(self) -> None:
        """For each start: ask for a look through the archive."""
        look_for_orphans(self._parts)

    def adopt(self, claim: Claim) -> None:
        """Give a row to bytes that a crash left in the archive only. Twice: see `adopt_orphans`."""
        adopt_orphans(self._parts, claim)

    # shared ----------------------------------------------------------------------------------

    def _finish(self, *claims: Claim) -> None:
        with self._ledger.write() as tx:
            self._jobs.finish(tx, *claims)
