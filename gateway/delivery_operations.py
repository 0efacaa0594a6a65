"""What people do with deliveries and destinations: retry, take back, pause, resume; singly and in bulk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway import gates
from gateway.errors import TradepostError
from gateway.parts import Profiles
from gateway.ports import Clock, Job, JobQueue
from gateway.store import deliveries, destinations, tasks
from gateway.store.deliveries import Chosen
from gateway.store.ledger import Ledger
from gateway.store.moves import Act, move, move_many, refused, state_of

#: Dead letters that one transaction decides about.
LOT = 200


@dataclass(frozen=True, slots=True)
class DeliveryOperations:
    """Actions on deliveries and destinations. What is done already is refused in words."""

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

    def retry_delivery(self, act: Act, consignment: str) -> None:
        """Try a dead consignment again: the same bytes under the same key."""
        with self.ledger.write() as tx:
            must_be(tx, "consignment", consignment, "due", "dead")
            self.jobs.enqueue(tx, [self.deliver_again(tx, act, consignment)])
        self.jobs.ring()

    def cancel_delivery(self, act: Act, consignment: str) -> None:
        """Take back what has not been delivered, or close a dead letter.

        Its documents are delivered if another destination has them, held if none has; one that is
        still under way to another goes on. What waited behind it goes on too.
        """
        with self.ledger.write() as tx:
            self.jobs.enqueue(tx, self._cancel(tx, act, consignment))
        self.jobs.ring()

    def close_dead_letter(self, act: Act, consignment: str) -> None:
        """Close one dead letter; see `cancel_delivery`. Raises TradepostError GTW-002 for any other."""
        with self.ledger.write() as tx:
            must_be(tx, "consignment", consignment, "cancelled", "dead")
            self.jobs.enqueue(tx, self._cancel(tx, act, consignment))
        self.jobs.ring()

    def retry_dead_letters(self, act: Act, chosen: Chosen) -> int:
        """Try all these again; how many. Repeated after a break it takes those that are left."""
        return self._each(chosen, lambda tx, one: [self.deliver_again(tx, act, one)])

    def close_dead_letters(self, act: Act, chosen: Chosen) -> int:
        """Close all these; how many. Repeated after a break it takes those that are left."""
        return self._each(chosen, lambda tx, one: self._cancel(tx, act, one))

    def pause_destination(self, act: Act, name: str) -> None:
        """Let nothing more begin at a destination. Raises TradepostError GTW-045 for an unknown one."""
        self._check_known(name)
        with self.ledger.write() as tx:
            gates.pause(tx, act, name, "", None)

    def resume_destination(self, act: Act, name: str) -> None:
        """Let deliveries try a destination again, one first, then the others in their order.

        Raises TradepostError GTW-047 if it is not paused.
        """
        self._check_known(name)
        with self.ledger.write() as tx:
            if not gates.resume(tx, act, name):
                raise TradepostError(
                    "GTW-047", f"The destination {name} is not paused.", "See: tradepost destinations list"
                )
        self.jobs.ring()

    def deliver_again(self, tx: Connection, act: Act, consignment: str) -> Job:
        """Put a consignment that ended without delivery on its way again, its attempts counted anew."""
        packed = deliveries.consignment(tx, consignment)
        values = {"error": None, "cause": None, "attempts_before": packed.attempts}
        move(tx, act, "consignment", consignment, "due", **values)
        return Job("deliver", consignment, tasks.next_generation(tx, "deliver", consignment), packed.partner)

    def _cancel(self, tx: Connection, act: Act, consignment: str) -> list[Job]:
        move(tx, act, "consignment", consignment, "cancelled", next_at=None)
        destinations.unpark(tx, [consignment])
        ended = deliveries.undelivered_documents(tx, consignment)
        elsewhere = deliveries.delivered_somewhere(tx, ended)
        move_many(tx, act, "document", sorted(elsewhere), "ready", "delivered")
        nowhere = [document for document in ended if document not in elsewhere]
        move_many(tx, act, "document", nowhere, "ready", "held", hold=act.reason)
        return gates.passed_over(tx, consignment)

    def _each(self, chosen: Chosen, decide: Callable[[Connection, str], list[Job]]) -> int:
        count, after = 0, ""
        while True:
            with self.ledger.write() as tx:
                lot = deliveries.dead_letters(tx, chosen, LOT, after)
                self.jobs.enqueue(tx, [job for one in lot for job in decide(tx, one)])
            self.jobs.ring()
            count += len(lot)
            if len(lot) < LOT:
                return count
            after = lot[-1]

    def _check_known(self, name: str) -> None:
        if name not in self.profiles.current().directory.destinations:
            raise unknown_destination(name)


def unknown_destination(name: str) -> TradepostError:
    """That no destination has this name."""
    return TradepostError("GTW-045", f"There is no destination {name}.", "See: tradepost destinations list")


def must_be(tx: Connection, kind: str, subject: str, target: str, *states: str) -> None:
    """Refuse an action on a row that is in none of `states`, whatever the stages may do with it."""
    state = state_of(tx, kind, subject)
    if state not in states:
        raise refused(kind, subject, state, target)
