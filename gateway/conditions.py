"""What is the matter now, whatever happened before: overdue traffic, a full disk, an archive that is away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from socket import gethostname

from gateway import expected
from gateway.errors import TradepostError
from gateway.parts import Profiles
from gateway.ports import Archive
from gateway.settings import Settings
from gateway.store.alerts import Cause
from gateway.store.ledger import Ledger

#: A disk is low before its reserve is touched and new files are refused: at so many times that.
LOW_DISK = 2
#: Time between looks: each asks the archive and runs a few queries.
EVERY = timedelta(seconds=30)


class Conditions:
    """Looks at the state of things, at most every half minute; between that it says the same."""

    def __init__(self, ledger: Ledger, archive: Archive, profiles: Profiles, settings: Settings) -> None:
        self._ledger = ledger
        self._archive = archive
        self._profiles = profiles
        self._settings = settings
        self._found: Sequence[Cause] = ()
        self._looked_at: datetime | None = None

    def __call__(self, now: datetime) -> Sequence[Cause]:
        """What is the matter, one cause each."""
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < EVERY:
            self._found = [*self._overdue(now), *self._archive_away(), *self._disk()]
            self._looked_at = now
        return self._found

    def _overdue(self, now: datetime) -> list[Cause]:
        directory = self._profiles.current().directory
        with self._ledger.read() as view:
            return list(expected.causes(view, directory, now, self._settings.overdue_documents_s))

    def _archive_away(self) -> Iterator[Cause]:
        try:
            self._archive.check()
        except TradepostError as fault:
            yield Cause("archive_away", fault.code, f"{gethostname()}: {fault.code}")

    def _disk(self) -> Iterator[Cause]:
        """A disk belongs to a machine: each tells of its own."""
        home, host = self._settings.home, gethostname()
        free = shutil.disk_usage(home).free
        if free < LOW_DISK * self._settings.disk_reserve_bytes:
            yield Cause("disk_low", host, f"{host}: {free // 1024**2} MiB free at {home}")
