"""What the stages work with: the seams of the gateway in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.ports import Archive, Clock, JobQueue, Notes
from gateway.store.ledger import Ledger
from gateway.store.moves import Act
from outbound.connector import Connector
from parsers.x12.limits import UTMOST_LIMITS, Limits
from partners.directory import Directory
from partners.profile import Destination


@dataclass(frozen=True, slots=True)
class Applied:
    """The partner profiles in force, and the id under which the ledger keeps them."""

    version: str
    directory: Directory


class Profiles(Protocol):
    """Where the stages get partner profiles from."""

    def current(self) -> Applied:
        """The profiles in force now."""
        ...

    def version(self, version: str) -> Applied:
        """The profiles as they were applied under that id."""
        ...


class Connects(Protocol):
    """Gives the connectors of destinations, and tells when one was changed."""

    def __call__(self, destination: Destination) -> Connector:
        """The connector, kept open between calls. Raises Refused or TryLater if there can be none now."""
        ...

    def mark(self, destination: Destination, salt: str, *, used: bool = False) -> str:
        """A mark that changes with the destination's settings and secrets; begins with `salt` and a $.

        used: of the secrets that this thread's last connector was made with, not of those there now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the stages work with.

    chance: a random number from 0 to 1, for the jitter of retries. x12_limits: the widest that a
    profile may set.
    """

    ledger: Ledger
    archive: Archive
    notes: Notes
    jobs: JobQueue
    clock: Clock
    profiles: Profiles
    connect: Connects
    chance: Callable[[], float]
    chunk_documents: int = 200
    x12_limits: Limits = UTMOST_LIMITS

    def act(self, actor: str, reason: str | None = None) -> Act:
        """Who does something now, and why."""
        return Act(actor, self.clock.now(), reason)
