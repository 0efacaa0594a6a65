"""No more requests in a second than a far end is asked to bear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets one caller after another go, `per_s` in a second; the first goes at once. Safe for threads."""

    def __init__(
        self,
        per_s: float,
        now_s: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart_s = 1.0 / per_s
        self._now_s = now_s
        self._wait = wait
        self._lock = threading.Lock()
        self._next_s = 0.0

    def turn(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now_s = self._now_s()
            turn_s = max(self._next_s, now_s)
            self._next_s = turn_s + self._apart_s
        if turn_s > now_s:
            self._wait(turn_s - now_s)
