"""A rate with as many at once as it allows in a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Bucket:
    """Safe for threads. per_s: how many a second; as many may come at once, at least one."""

    def __init__(self, per_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s)
        self._left = self._most
        self._now_s = now_s
        self._at_s = now_s()
        self._lock = threading.Lock()

    def take(self) -> float:
        """0 if one more may go now; else the seconds until one may."""
        with self._lock:
            now_s = self._now_s()
            self._left = min(self._most, self._left + (now_s - self._at_s) * self._per_s)
            self._at_s = now_s
            if self._left < 1:
                return (1 - self._left) / self._per_s
            self._left -= 1
            return 0.0
