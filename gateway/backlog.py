"""Whether a partner's files wait faster than they are read: then no more are taken until some are.

What waits lies on disk, in the archive and the ledger, and never in memory. The limit is for each
partner, so that one partner's flood turns only that partner away.
"""

from __future__ import annotations

import threading
import time

from gateway.store import tasks
from gateway.store.ledger import Ledger

#: Seconds that an answer stands: a partner may exceed its limit by what it sends meanwhile.
STANDS_S = 2.0


class Backlog:
    """Counts what waits for each partner. most: stages that may wait; 0: any number. Safe for threads."""

    def __init__(self, ledger: Ledger, most: int) -> None:
        self._ledger = ledger
        self._most = most
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, bool]] = {}

    def is_full(self, partner: str) -> bool:
        """True while so much of the partner waits that no more is taken; at most two seconds old."""
        if not self._most:
            return False
        now = time.monotonic()
        with self._lock:
            asked_at, full = self._found.get(partner, (-STANDS_S, False))
            if now - asked_at < STANDS_S:
                return full
            self._found[partner] = (now, full)
        with self._ledger.read() as view:
            full = tasks.waiting(view, partner, self._most) >= self._most
        with self._lock:
            self._found[partner] = (now, full)
        return full
