"""When a file that somebody else writes counts as whole: once it has come to rest."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.watchers.memory import LIMIT, SweepMemory


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared from look to look. modified: the store's own time, in its own unit."""

    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class _Rest:
    look: Look
    since_s: float


class Stability:
    """Size and time unchanged for `stable_s` seconds and in two looks or more (FI-D09).

    A writer that pauses for longer deceives this rule; markers and renames do not have that fault.
    """

    def __init__(self, stable_s: float, limit: int = LIMIT) -> None:
        self._stable_s = stable_s
        self._seen: SweepMemory[_Rest] = SweepMemory(limit)
        self._restless = 0
        self.waiting = 0

    def is_at_rest(self, name: str, look: Look, now_s: float) -> bool:
        """Note a look at `name`; True if it may be taken. now_s: a clock that never goes back."""
        seen = self._seen.get(name)
        if seen is None or seen.look != look:
            self._seen.put(name, _Rest(look, now_s))
        elif now_s - seen.since_s >= self._stable_s:
            return True
        self._restless += 1
        return False

    def end_sweep(self) -> None:
        """All names were looked at. `waiting` says from now on how many of them are not at rest."""
        self._seen.end_sweep()
        self.waiting, self._restless = self._restless, 0
