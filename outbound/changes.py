"""The contract of what reads an ERP: which of its records changed, and what they say to a partner now.

A new ERP is one module that keeps this contract and one line in `outbound.registry.READERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from parsers.record import record

#: A canonical document as JSON: "schema" and its fields.
Canonical = dict[str, Any]


@record
class Position:
    """A place in the order in which an ERP's records changed. It sorts as the changes do.

    version: the ERP's own mark of a change, which sorts as text, a time for the most part. number: of
    the record, which tells those of one version apart.
    """

    version: str
    number: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What positions are compared by."""
        return self.version, self.number


@record
class Change:
    """A record that changed. source: its kind as the ERP calls it: "sale.sale". at: its place in the order."""

    source: str
    at: Position

    @property
    def name(self) -> str:
        """The record as the ERP calls it: "sale.sale,12"."""
        return f"{self.source},{self.at.number}"

    @property
    def key(self) -> str:
        """This state of the record and no other: "sale.sale,12@2026-11-23T10:00:00.000000"."""
        return f"{self.name}@{self.at.version}"


class ChangeReader(Protocol):
    """Reads one partner's side of an ERP. Every method may be called again and changes nothing there.

    All raise TryLater while the ERP is away or busy, and Refused if it does not let us in.
    """

    @property
    def sources(self) -> Sequence[str]:
        """The kinds of record that are read, each with a cursor of its own."""
        ...

    def start(self, source: str) -> Position:
        """Where reading begins when nothing was read yet."""
        ...

    def overlapping(self, position: Position) -> Position:
        """A place before `position`, from which on is read again.

        What an ERP marks as changed now may be seen only when its transaction ends.
        """
        ...

    def changes(self, source: str, after: Position, limit: int) -> list[Change]:
        """The next records behind `after` that have something to say, in order, at most `limit`."""
        ...

    def documents(self, changes: Sequence[Change]) -> Iterator[tuple[Change, Canonical]]:
        """What each of these, all of one source, says now. One that has gone meanwhile is left out.

        A record that changed again since is given as the change it has now.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
