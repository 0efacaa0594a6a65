"""What people do: each takes who and why, checks that it may be done, and leaves one event or more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.errors import TradepostError
from gateway.handing_on import Fate, identity_of, ready_of, routed_of, rule_of
from gateway.packing import dispatch
from gateway.parts import Profiles
from gateway.ports import Clock, Job, JobQueue
from gateway.refusals import advise_refusal
from gateway.routing import destinations_of
from gateway.store import arrivals, deliveries, numbers, readings, tasks
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move, record, refused, state_of
from partners.directory import Directory


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
        """Send a held document, or one that was kept for want of a destination, on its way.

        One whose delivery was taken back goes on under the key it had: nobody knows whether the far
        end has it already. Raises TradepostError GTW-002 for any other document.
        """
        directory = self.profiles.current().directory
        with self.ledger.write() as tx:
            self._must_be(tx, "document", document, "ready", "held", "kept")
            cancelled = deliveries.cancelled_consignment(tx, document)
            if cancelled is None:
                jobs = self._send_on(tx, act, directory, document)
            else:
                jobs = self._send_again(tx, act, cancelled)
            self.jobs.enqueue(tx, jobs)
            record(tx, act, "document.released", "document", document)
        self.jobs.ring()

    def reject_document(self, act: Act, document: str) -> None:
        """Refuse a held document; the 997 stays as it was, and an 824 follows if the profile has any."""
        directory = self.profiles.current().directory
        with self.ledger.write() as tx:
            self._must_be(tx, "document", document, "rejected", "held")
            move(tx, act, "document", document, "rejected", status="rejected")
            self.jobs.enqueue(tx, advise_refusal(tx, act, directory, document))
        self.jobs.ring()

    def retry_delivery(self, act: Act, consignment: str) -> None:
        """Try a dead consignment again: the same bytes under the same key."""
        with self.ledger.write() as tx:
            self._must_be(tx, "consignment", consignment, "due", "dead")
            self.jobs.enqueue(tx, [self._deliver_again(tx, act, consignment)])
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
            generation = tasks.next_generation(tx, "send", acknowledgement)
            self.jobs.enqueue(tx, [Job("send", acknowledgement, generation)])
        self.jobs.ring()

    def release_quarantine(self, act: Act, transmission: str) -> None:
        """Read a quarantined transmission again, with the profiles now in force, and answer it."""
        with self.ledger.write() as tx:
            self._must_be(tx, "transmission", transmission, "received", "quarantined", "closed")
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

    def acknowledge_alert(self, act: Act, alert: str) -> None:
        """Say that somebody looks after it: nothing more is told of it until it is over."""
        with self.ledger.write() as tx:
            move(tx, act, "alert", alert, "acknowledged")

    def set_number(self, act: Act, series: str, number: int) -> None:
        """Make `number` the next one of a series, when taking over from another translator.

        Raises TradepostError GTW-041 for a series that no pair of known ids can ever draw from.
        """
        self._check_series(series)
        with self.ledger.write() as tx:
            before = numbers.set_next(tx, series, number)
            shown = None if before is None else str(before)
            record(tx, act, "numbers.set", "series", series, before=shown, after=str(number))

    def _check_series(self, series: str) -> None:
        directory = self.profiles.current().directory
        ours = [known.party for known in directory.ours.isa]
        theirs = [known.party for partner in directory.partners if partner.x12 for known in partner.x12.isa]
        pairs = [(our, their) for our in ours for their in theirs]
        possible = {numbers.interchange_series(*pair) for pair in pairs}
        possible |= {numbers.group_series(str(our), str(their), "FA") for our, their in pairs}
        if series not in possible:
            raise TradepostError(
                "GTW-041",
                f"No answer of ours draws from a series “{series}”.",
                "It reads “interchange OURS THEIRS” or “group OURS THEIRS FA”, ids as ZZ:ID.",
            )

    def retry_task(self, act: Act, task: int) -> None:
        """Run a task again that a bug had stopped."""
        with self.ledger.write() as tx:
            if not self.jobs.wake(tx, task):
                raise TradepostError(
                    "GTW-001", f"There is no failed task {task}.", "See: tradepost tasks list"
                )
            record(tx, act, "task.waiting", "task", str(task), before="failed", after="waiting")
        self.jobs.ring()

    def _must_be(self, tx: Connection, kind: str, subject: str, target: str, *states: str) -> None:
        """Refuse an action on a row that is in none of `states`, whatever the stages may do with it."""
        state = state_of(tx, kind, subject)
        if state not in states:
            raise refused(kind, subject, state, target)

    def _read_again(self, tx: Connection, stage: str, transmission: str) -> None:
        """Generations are counted over both ways of reading, since document ids are made from them."""
        generations = [tasks.next_generation(tx, name, transmission) for name in ("parse", "replay")]
        kept = arrivals.kept(tx, transmission)
        partner = kept.partner if kept else None
        self.jobs.enqueue(tx, [Job(stage, transmission, max(generations), partner)])

    def _deliver_again(self, tx: Connection, act: Act, consignment: str) -> Job:
        packed = deliveries.consignment(tx, consignment)
        move(tx, act, "consignment", consignment, "due", error=None, attempts_before=packed.attempts)
        return Job("deliver", consignment, tasks.next_generation(tx, "deliver", consignment), packed.partner)

    def _send_again(self, tx: Connection, act: Act, consignment: str) -> list[Job]:
        """Put a consignment that was taken back on its way again, with all that it holds."""
        for document in deliveries.documents_of(tx, consignment):
            move(tx, act, "document", document, "ready", hold=None)
        return [self._deliver_again(tx, act, consignment)]

    def _send_on(self, tx: Connection, act: Act, directory: Directory, document: str) -> list[Job]:
        """Give a held document its deliveries, as the next version of its business identity."""
        staged = readings.staged(tx, document)
        settled = readings.interchange_of(tx, document)
        rule = rule_of(directory, settled, staged)
        routed = routed_of(settled, staged, readings.canonicals_of(tx, [document]))
        destinations = destinations_of(directory, rule, routed) if rule else ()
        if rule is None or not destinations:
            raise TradepostError(
                "GTW-031",
                f"The profile of {settled.partner} names no destination for document {document}.",
                "Name one in the partner's profile, apply it, and release the document again.",
            )
        identity = identity_of(settled, staged)
        accepted = deliveries.accepted_versions(tx, [identity]).get(identity, deliveries.Accepted())
        fate = Fate(staged, "ready", None, destinations, rule, accepted.version + 1)
        move(tx, act, "document", document, "ready", hold=None)
        claimed = {"identity": identity, "version": fate.version, "document_id": document}
        deliveries.accept_identities(tx, [claimed])
        generation = deliveries.next_generation(tx, document)
        return dispatch(tx, act, directory, settled, [ready_of(fate, {document: identity})], generation)
