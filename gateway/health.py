"""Whether a process is alive and ready: each part looked at, none of them waited for long."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import TradepostError
from gateway.parts import Profiles
from gateway.ports import Archive
from gateway.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Part:
    """How one part is. state: ready, degraded (some things are refused) or down (nothing can be done)."""

    name: str
    state: str
    says: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """How all parts are; the worst of them counts."""

    state: str
    parts: tuple[Part, ...]

    @property
    def is_ready(self) -> bool:
        """True if this process can serve, be it not in all."""
        return self.state != "down"


class Health:
    """Looks at what a process needs. Safe for threads; nothing is changed by a look."""

    def __init__(
        self,
        ledger: Ledger,
        archive: Archive,
        profiles: Profiles,
        home: Path,
        is_stopping: Callable[[], bool],
        reserve_bytes: int = 0,
    ) -> None:
        self._ledger = ledger
        self._archive = archive
        self._profiles = profiles
        self._home = home
        self._is_stopping = is_stopping
        self._reserve_bytes = reserve_bytes

    def readiness(self) -> Readiness:
        """Every part, and what they come to."""
        parts = tuple(self._look())
        states = {part.state for part in parts}
        worst = "down" if "down" in states else "degraded" if "degraded" in states else "ready"
        return Readiness(worst, parts)

    def _look(self) -> Iterator[Part]:
        if self._is_stopping():
            yield Part("process", "down", "It is told to stop.")
        ledger = self._ledger_part()
        yield ledger
        if ledger.state == "ready":
            yield self._profiles_part()
        yield self._archive_part()
        yield disk_part(self._home, self._reserve_bytes)

    def _ledger_part(self) -> Part:
        try:
            with self._ledger.read() as view:
                view.execute(text("SELECT 1"))
        except SQLAlchemyError as fault:
            return Part("ledger", "down", type(fault).__name__)
        return Part("ledger", "ready", self._ledger.engine.dialect.name)

    def _profiles_part(self) -> Part:
        try:
            applied = self._profiles.current()
        except TradepostError as fault:
            return Part("profiles", "down", f"{fault.code} {fault.message}")
        return Part("profiles", "ready", f"{len(applied.directory.partners)} partners")

    def _archive_part(self) -> Part:
        """Without it nothing is accepted; what is kept can still be seen."""
        try:
            return Part("archive", "ready", self._archive.check())
        except TradepostError as fault:
            said = "storage read-only" if fault.code == "GTW-203" else fault.message
            return Part("archive", "degraded", f"{fault.code} {said}")


def disk_part(home: Path, reserve_bytes: int) -> Part:
    """Whether the home's disk takes writes, and new files (FI-B04, FI-B06)."""
    if os.statvfs(home).f_flag & os.ST_RDONLY:
        return Part("disk", "degraded", "storage read-only")
    free = shutil.disk_usage(home).free
    if free < reserve_bytes:
        return Part("disk", "degraded", f"{free // 1024**2} MiB free: new files are refused")
    return Part("disk", "ready", f"{free / 1024**3:.1f} GiB free")
