"""What a watcher remembers from one sweep to the next: bounded, and never the truth."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")

#: Most entries that one memory holds; some 30 MB.
LIMIT = 200_000


class SweepMemory(Generic[Value]):
    """Values by key, forgotten when a whole sweep has passed without them.

    A full memory takes nothing new: what is left out is looked at again in the next sweep,
    which costs time and nothing else. Losing all of it does too.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._earlier: dict[str, Value] = {}
        self._now: dict[str, Value] = {}

    def __len__(self) -> int:
        return len(self._earlier) + len(self._now)

    def get(self, key: str) -> Value | None:
        """The value under `key`, which counts as seen in this sweep; None if there is none."""
        if key in self._earlier:
            self._now[key] = self._earlier.pop(key)
        return self._now.get(key)

    def put(self, key: str, value: Value) -> None:
        """Remember `value` in place of an earlier one, if there is room."""
        self._earlier.pop(key, None)
        if key in self._now or len(self) < self._limit:
            self._now[key] = value

    def drop(self, key: str) -> None:
        """Forget `key`."""
        self._earlier.pop(key, None)
        self._now.pop(key, None)

    def end_sweep(self) -> None:
        """A whole sweep is done: forget what it did not see. Not to be called after one that was cut off."""
        self._earlier, self._now = self._now, {}


class Notes:
    """Says of each subject once that a person may want to look; again if it was away for a sweep."""

    def __init__(self) -> None:
        self._noted: SweepMemory[str] = SweepMemory()

    def is_new(self, subject: str, code: str) -> bool:
        """True the first time that `code` is said of `subject`."""
        if self._noted.get(subject) == code:
            return False
        self._noted.put(subject, code)
        return True

    def keep(self, subject: str) -> None:
        """The subject is still there, though nothing was said of it in this sweep."""
        self._noted.get(subject)

    def end_sweep(self) -> None:
        """See `SweepMemory.end_sweep`."""
        self._noted.end_sweep()
