"""What people do: each takes who and why, checks that it may be done, and leaves one event or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from gateway.errors import TradepostError
from gateway.handing_on import Fate, destination_of, dispatch, identity_of, rule_of
from gateway.parts import Profiles
from gateway.ports import Clock, Job, JobQueue
from gateway.store import arrivals, deliveries, numbers, readings
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move, record
from gateway.store.tables import Acknowledgement, Consignment, Delivery, Document, Task, Transmission

DOCUMENT = Document.__table__  # type: ignore[attr-defined]
CONSIGNMENT = Consignment.__table__  # type: ignore[attr-defined]
DELIVERY = Delivery.__table__  # type: ignore[attr-defined]
ACKNOWLEDGEMENT = Acknowledgement.__table__  # type: ignore[attr-defined]
TRANSMISSION = Transmission.__table__  # type: ignore[attr-defined]
TASK = Task.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Operations:
    """Actions on the ledger. Every one may be repeated: what is done already is refused in words."""

    ledger: Ledger
    jobs: JobQueue
    clock: Clock
    profiles: Profiles

    def act(self, actor: str, reason: str) -> Act:
        """Who does it, when and why. Raises TradepostError GTW-030 without a reason."""
        if not reason.strip():
            raise TradepostError(
                "GTW-030", "This needs a reason.", 'Add --reason "…"; it is kept with the event.'
            )
        return Act(actor, self.clock.now(), reason.strip())

    def release_document(self, act: Act, document: str) -> None:
        """Send a held document on to its destination."""
        self._send_on(act, document, "document.released")

    def reject_document(self, act: Act, document: str) -> None:
        """Refuse a held document; the partner's acknowledgement stays as it was."""
        with self.ledger.write() as tx:
            move(tx, act, "document", document, "rejected", status="rejected")

    def retry_delivery(self, act: Act, consignment: str) -> None:
        """Try a dead consignment again: the same bytes under the same key."""
        with self.ledger.write() as tx:
            move(tx, act, "consignment", consignment, "due", error=None)
            generation = self._next_generation(tx, "deliver", consignment)
            partner = tx.execute(
                select(CONSIGNMENT.c.partner).where(CONSIGNMENT.c.id == consignment)
            ).scalar_one()
            self.jobs.enqueue(tx, [Job("deliver", consignment, generation, partner)])
        self.jobs.ring()

    def cancel_delivery(self, act: Act, consignment: str) -> None:
        """Take back what has not been delivered; its documents are held again."""
        with self.ledger.write() as tx:
            move(tx, act, "consignment", consignment, "cancelled")
            for document in deliveries.documents_of(tx, consignment):
                move(tx, act, "document", document, "held", hold=act.reason)

    def resend_acknowledgement(self, act: Act, acknowledgement: str) -> None:
        """Put the very same bytes out again."""
        with self.ledger.write() as tx:
            move(tx, act, "acknowledgement", acknowledgement, "stored")
            generation = self._next_generation(tx, "send", acknowledgement)
            self.jobs.enqueue(tx, [Job("send", acknowledgement, generation)])
        self.jobs.ring()

    def release_quarantine(self, act: Act, transmission: str) -> None:
        """Read a quarantined transmission again, with the profiles now in force, and answer it."""
        with self.ledger.write() as tx:
            move(tx, act, "transmission", transmission, "received", note=None)
            self._read_again(tx, "parse", transmission)
        self.jobs.ring()

    def close_quarantine(self, act: Act, transmission: str) -> None:
        """Say that nothing more is to be done with it; the bytes stay."""
        with self.ledger.write() as tx:
            move(tx, act, "transmission", transmission, "closed")

    def replay(self, act: Act, transmission: str) -> None:
        """Read a transmission again with the profiles now in force; its documents become new versions.

        Nobody is answered again. A document that was handed on before keeps its key, so that the
        far end can refuse the repeat.
        """
        with self.ledger.write() as tx:
            move(tx, act, "transmission", transmission, "received", note=None)
            self._read_again(tx, "replay", transmission)
        self.jobs.ring()

    def set_number(self, act: Act, series: str, number: int) -> None:
        """Make `number` the next one of a series, when taking over from another translator."""
        with self.ledger.write() as tx:
            before = numbers.set_next(tx, series, number)
            shown = None if before is None else str(before)
            record(tx, act, "numbers.set", "series", series, before=shown, after=str(number))

    def retry_task(self, act: Act, task: int) -> None:
        """Run a task again that a bug had stopped."""
        with self.ledger.write() as tx:
            moved = tx.execute(
                update(TASK)
                .where(TASK.c.id == task, TASK.c.state == "failed")
                .values(state="waiting", not_before=act.at)
            )
            if moved.rowcount != 1:
                raise TradepostError("GTW-001", f"There is no failed task {task}.", "See: tradepost doctor")
            record(tx, act, "task.waiting", "task", str(task), before="failed", after="waiting")
        self.jobs.ring()

    def _read_again(self, tx: Connection, stage: str, transmission: str) -> None:
        """Generations are counted over both ways of reading, since document ids are made from them."""
        generations = [self._next_generation(tx, name, transmission) for name in ("parse", "replay")]
        kept = arrivals.kept(tx, transmission)
        partner = kept.partner if kept else None
        self.jobs.enqueue(tx, [Job(stage, transmission, max(generations), partner)])

    def _next_generation(self, tx: Connection, stage: str, subject: str) -> int:
        used: Sequence[int] = (
            tx.execute(select(TASK.c.generation).where(TASK.c.stage == stage, TASK.c.subject == subject))
            .scalars()
            .all()
        )
        return max(used, default=-1) + 1

    def _send_on(self, act: Act, document: str, action: str) -> None:
        """Give a held document its deliveries, as the next version of its business identity."""
        with self.ledger.write() as tx:
            row = tx.execute(select(DOCUMENT.c.interchange_id).where(DOCUMENT.c.id == document)).one_or_none()
            if row is None:
                raise TradepostError(
                    "GTW-001", f"There is no document {document}.", "See: tradepost documents list"
                )
            settled = readings.interchange(tx, row.interchange_id)
            staged = readings.staged(tx, document)
            directory = self.profiles.current().directory
            rule = rule_of(directory, settled, staged)
            destination = destination_of(rule, settled.usage) if rule else None
            if rule is None or destination is None:
                raise TradepostError(
                    "GTW-031",
                    f"The profile of {settled.partner} names no destination for document {document}.",
                    "Name one in the partner's profile, apply it, and release the document again.",
                )
            identity = identity_of(settled, staged)
            version = deliveries.accepted_versions(tx, [identity]).get(identity, 0) + 1
            generation = deliveries.next_generation(tx, document)
            move(tx, act, "document", document, "ready", hold=None)
            deliveries.accept_identities(
                tx, [{"identity": identity, "version": version, "document_id": document}]
            )
            fate = Fate(staged, "ready", None, destination, rule, version)
            self.jobs.enqueue(
                tx, dispatch(tx, act, directory, settled, [fate], {document: identity}, generation)
            )
            record(tx, act, action, "document", document)
        self.jobs.ring()
