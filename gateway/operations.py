"""What people do: each takes who and why, checks that it may be done, and leaves one event or more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.delivery_operations import DeliveryOperations, must_be
from gateway.errors import TradepostError
from gateway.handing_on import Fate, identity_of, ready_of, routed_of, rule_of
from gateway.packing import dispatch
from gateway.ports import Job
from gateway.refusals import advise_refusal
from gateway.routing import destinations_of
from gateway.store import arrivals, deliveries, numbers, profile_versions, readings, replays, tasks
from gateway.store.moves import Act, move, record, refused, state_of
from gateway.store.replays import Chosen
from partners.directory import Directory

#: A replay as it is unless something else is chosen: all documents, the profiles in force, the same keys.
THE_USUAL = Chosen()


@dataclass(frozen=True, slots=True)
class Operations(DeliveryOperations):
    """Actions on the ledger. Every one may be repeated: what is done already is refused in words."""

    def release_document(self, act: Act, document: str) -> None:
        """Send a held document, or one that was kept for want of a destination, on its way.

        One whose delivery was taken back goes on under the key it had: nobody knows whether the far
        end has it already. Raises TradepostError GTW-002 for any other document.
        """
        directory = self.profiles.current().directory
        with self.ledger.write() as tx:
            must_be(tx, "document", document, "ready", "held", "kept")
            cancelled = deliveries.cancelled_consignments(tx, document)
            if cancelled:
                jobs = [job for one in cancelled for job in self._send_again(tx, act, one)]
            else:
                jobs = self._send_on(tx, act, directory, document)
            self.jobs.enqueue(tx, jobs)
            record(tx, act, "document.released", "document", document)
        self.jobs.ring()

    def reject_document(self, act: Act, document: str) -> None:
        """Refuse a held document; the 997 stays as it was, and an 824 follows if the profile has any."""
        directory = self.profiles.current().directory
        with self.ledger.write() as tx:
            must_be(tx, "document", document, "rejected", "held")
            move(tx, act, "document", document, "rejected", status="rejected")
            self.jobs.enqueue(tx, advise_refusal(tx, act, directory, document))
        self.jobs.ring()

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
            must_be(tx, "transmission", transmission, "received", "quarantined", "closed")
            move(tx, act, "transmission", transmission, "received", note=None)
            self._read_again(tx, "parse", transmission)
        self.jobs.ring()

    def close_quarantine(self, act: Act, transmission: str) -> None:
        """Say that nothing more is to be done with it; the bytes stay."""
        with self.ledger.write() as tx:
            move(tx, act, "transmission", transmission, "closed")

    def replay(self, act: Act, transmission: str, chosen: Chosen = THE_USUAL) -> None:
        """Read a transmission again, or one document of it; its documents become new versions.

        Nobody is answered again. Unless new keys are chosen, a document that was handed on before
        keeps its key, so that the far end can refuse the repeat. What was chosen is kept.
        """
        with self.ledger.write() as tx:
            move(tx, act, "transmission", transmission, "received", note=None)
            generation = self._read_again(tx, "replay", transmission)
            replays.ask(tx, act, transmission, generation, chosen)
            choice = f"keys {chosen.keys}, profiles {chosen.profile_version or 'in force'}"
            record(tx, act, "transmission.replayed", "transmission", transmission, after=choice)
        self.jobs.ring()

    def replay_choice(
        self, transmission: str, profiles: str, keys: str, document: str | None = None
    ) -> Chosen:
        """What a person asks for as a choice. profiles: "now", "then" or the id of a version.

        Raises TradepostError GTW-001 if there is no such transmission, GTW-048 if there are no such profiles.
        """
        with self.ledger.read() as view:
            if state_of(view, "transmission", transmission) is None:
                raise refused("transmission", transmission, None, "received")
            version = replays.first_profiles(view, transmission) if profiles == "then" else profiles
            known = version is not None and (profiles == "now" or profile_versions.exists(view, version))
        if not known:
            raise TradepostError(
                "GTW-048",
                f"There are no profiles {profiles} to read it with.",
                "Choose now, then or a version.",
            )
        return Chosen(None if profiles == "now" else version, document, keys)

    def transmission_of(self, document: str) -> str:
        """The transmission of a document that may be read anew.

        Raises TradepostError GTW-001 if there is none, GTW-002 if a later version stands in its place.
        """
        with self.ledger.read() as view:
            found = replays.transmission_of(view, document)
            is_newest = replays.successor(view, document) is None
        if found is None or not is_newest:
            raise refused("document", document, "superseded" if found else None, "read anew")
        return found

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

    def _read_again(self, tx: Connection, stage: str, transmission: str) -> int:
        """Generations are counted over both ways of reading, since document ids are made from them."""
        generations = [tasks.next_generation(tx, name, transmission) for name in ("parse", "replay")]
        kept = arrivals.kept(tx, transmission)
        partner = kept.partner if kept else None
        self.jobs.enqueue(tx, [Job(stage, transmission, max(generations), partner)])
        return max(generations)

    def _send_again(self, tx: Connection, act: Act, consignment: str) -> list[Job]:
        """Put a consignment that was taken back on its way again, with all that it holds."""
        for document in deliveries.documents_of(tx, consignment):
            if state_of(tx, "document", document) == "held":
                move(tx, act, "document", document, "ready", hold=None)
        return [self.deliver_again(tx, act, consignment)]

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
