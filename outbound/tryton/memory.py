"""What Tryton has said of parties, addresses, products and units, for a short while.

Orders of one partner ask for the same few records again and again, and each question costs Tryton
a fifth of what making a sale does. Whoever cannot book a document with what is remembered forgets it
and asks again, so that what a person has just added is found at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable, Sequence

from outbound.tryton.client import Record, Tryton

#: How long an answer is used, in seconds: so long may a changed address still be taken for the old one.
LIFE_S = 60.0
#: Answers kept at most; beyond that all are forgotten.
MOST = 20_000


class Memory:
    """Answers by question. Safe for threads. clock: seconds that only ever grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Hashable, tuple[float, Sequence[Record]]] = {}

    def recall(self, question: Hashable) -> Sequence[Record] | None:
        """The records that answered it, which may be none; None if no answer is remembered any more."""
        with self._lock:
            known = self._known.get(question)
        return known[1] if known is not None and known[0] > self._clock() else None

    def keep(self, question: Hashable, found: Sequence[Record]) -> None:
        """Remember an answer."""
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[question] = (self._clock() + LIFE_S, tuple(found))

    def forget(self) -> None:
        """Ask for everything again."""
        with self._lock:
            self._known.clear()


class Asking:
    """What one attempt asks for. recalled: True once memory has answered anything."""

    def __init__(self, tryton: Tryton, memory: Memory) -> None:
        self.tryton = tryton
        self.recalled = False
        self._memory = memory

    def search(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> Sequence[Record]:
        """As `Tryton.search`. What found nothing is not remembered: it decides whose a document is."""
        question = (model, repr(domain), *fields)
        found = self._recall(question)
        if found is None:
            found = self.tryton.search(model, domain, fields)
            if found:
                self._memory.keep(question, found)
        return found

    def by_value(
        self,
        model: str,
        field: str,
        values: Collection[str],
        fields: Sequence[str],
        also: Sequence[object] = (),
    ) -> list[Record]:
        """The records whose `field` is one of these values; Tryton is asked for unknown values only."""
        about = (model, field, repr(also), *fields)
        known = {value: self._recall((*about, value)) for value in sorted(values)}
        unknown = [value for value, records in known.items() if records is None]
        told: list[Record] = []
        if unknown:
            told = self.tryton.search(model, [[field, "in", unknown], *also], [field, *fields])
        for value in unknown:
            self._memory.keep((*about, value), [record for record in told if record[field] == value])
        return [record for records in known.values() for record in records or ()] + told

    def _recall(self, question: Hashable) -> Sequence[Record] | None:
        known = self._memory.recall(question)
        self.recalled = self.recalled or known is not None
        return known
