"""When a failed delivery is tried again, and when it is given up. Pure: time and chance come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter, which spreads the retries of many deliveries (FI-F03).

    base_s: longest pause after the first attempt. factor: how much longer each next may be.
    cap_s: longest pause ever, also where the far end asks for more.
    attempts: how many in all, the first included. The default lasts about a day on average.
    Raises ValueError if a figure makes no sense.
    """

    base_s: float = 5.0
    factor: float = 2.0
    cap_s: float = 3600.0
    attempts: int = 60

    def __post_init__(self) -> None:
        if not (0 < self.base_s <= self.cap_s and self.factor >= 1 and self.attempts >= 1):
            raise ValueError(f"not a retry policy: {self}")

    def next_due(self, attempt: int, now: datetime, after_s: float | None, jitter: float) -> datetime | None:
        """The time before which the next attempt must not start; None if there is none any more.

        attempt: the number of the attempt that just failed, from 1. now: aware.
        after_s: the wait the far end asked for (`TryLater.after_s`); it lengthens a pause,
        up to the cap, and never shortens one. jitter: a random number from 0 to 1.
        """
        if attempt >= self.attempts:
            return None
        asked_s = min(max(after_s or 0.0, 0.0), self.cap_s)
        return now + timedelta(seconds=max(jitter * self._ceiling_s(attempt), asked_s))

    def _ceiling_s(self, attempt: int) -> float:
        try:
            return min(self.cap_s, self.base_s * self.factor ** (attempt - 1))
        except OverflowError:
            return self.cap_s
