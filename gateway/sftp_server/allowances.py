"""How much each partner has taken, over all its logins and sessions: sessions, requests, files, bytes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.refusal import Status, refusal


class Places:
    """Counts sessions, in all and for each partner."""

    def __init__(self, per_partner: int) -> None:
        self.per_partner = per_partner
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def take(self, partner: str, most: int | None = None) -> bool:
        """Take a place; False if the partner has all that it may have: `most`, else as everybody."""
        with self._changed:
            if self._taken[partner] >= (most or self.per_partner):
                return False
            self._taken[partner] += 1
            return True

    def give_back(self, partner: str) -> None:
        """Give a place back."""
        with self._changed:
            self._taken[partner] -= 1
            self._changed.notify_all()

    def wait_empty(self, timeout_s: float) -> bool:
        """Wait until no session is left; False if some are after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(self._taken.values()), timeout_s)


class Pace:
    """Spreads a partner's requests over time, so that its flood takes only its own share."""

    def __init__(self, per_s: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._now = now
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def delay_s(self, partner: str, per_s: int | None = None) -> float:
        """Count one request; seconds to wait before it is served, 0 within a second's burst."""
        with self._lock:
            now = self._now()
            due = max(now - 1.0, self._next.get(partner, 0.0)) + 1 / (per_s or self._per_s)
            self._next[partner] = due
        return max(0.0, due - now)


def _today() -> date:
    return datetime.now(UTC).date()


class Today:
    """Counts the files and bytes that partners upload in a day (UTC). A restart begins anew."""

    def __init__(self, files: int, size: int, today: Callable[[], date] = _today) -> None:
        self._files = files
        self._bytes = size
        self._today = today
        self._day = today()
        self._files_of: Counter[str] = Counter()
        self._bytes_of: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count_file(self, partner: str, most: int | None = None) -> None:
        """One more file. Raises Refusal (GTW-113) past the limit: `most`, else as everybody."""
        limit = most or self._files
        with self._lock:
            self._turn()
            if self._files_of[partner] >= limit:
                raise refusal("GTW-113", Status.FAILURE, limit=f"{limit} files")
            self._files_of[partner] += 1

    def count_bytes(self, partner: str, size: int, most: int | None = None) -> None:
        """`size` more bytes. Raises Refusal (GTW-113) past the limit: `most`, else as everybody."""
        limit = most or self._bytes
        with self._lock:
            self._turn()
            if self._bytes_of[partner] + size > limit:
                raise refusal("GTW-113", Status.FAILURE, limit=f"{limit} bytes")
            self._bytes_of[partner] += size

    def _turn(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._files_of.clear()
            self._bytes_of.clear()


class Allowances:
    """All that is counted for partners."""

    def __init__(self, limits: SftpLimits) -> None:
        self.places = Places(limits.sessions_per_partner)
        self.pace = Pace(limits.requests_per_s)
        self.today = Today(limits.files_per_day, limits.bytes_per_day)
