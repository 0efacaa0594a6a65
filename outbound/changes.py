"""The contract of what reads an ERP: which of its records changed, and what they say to a partner now.

A new ERP is one module that keeps this contract and one line in `outbound.registry.READERS`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Protocol

from parsers.record import keyword_record, record
from partners.crosswalk import Crosswalk
from partners.schedules import Schedule


@record
class Position:
    """A place in the order in which an ERP's records changed.

    version: the ERP's own mark of a change, which sorts as text; a time for the most part. number: of
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
    """A record that changed. source: its kind, "sale.sale" as the ERP says. at: its place in the order.

    withdrawn: whether it was taken back, which concerns only those who were told of it.
    """

    source: str
    at: Position
    withdrawn: bool = False

    @property
    def name(self) -> str:
        """The record as the ERP calls it: "sale.sale,12"."""
        return f"{self.source},{self.at.number}"

    @property
    def key(self) -> str:
        """This state of the record and no other: "sale.sale,12@2026-11-23T10:00:00.000000"."""
        return f"{self.name}@{self.at.version}"


@record
class Told:
    """What a record says to the partner: canonical JSON in UTF-8, to be validated like any that comes.

    digest: SHA-256 of what it says, the same as long as that does not change, whatever else does.
    """

    change: Change
    content: bytes
    digest: str


@keyword_record
class Side:
    """A partner's side of an ERP, and how it is read.

    party: the partner as the ERP calls it. reads: the kinds of document. since: the day from which on
    changes count. overlap_s: see `ChangeReader.overlapping`. per_s: most requests in a second.
    stock: when stock levels are told, in the time zone `zone`. warehouses: whose; empty for all.
    """

    partner: str
    party: str
    reads: tuple[str, ...]
    since: datetime.date
    usage: str
    overlap_s: float
    per_s: float
    crosswalk: Crosswalk
    zone: str
    stock: Schedule | None = None
    warehouses: tuple[str, ...] = ()


class ChangeReader(Protocol):
    """Reads one partner's side of an ERP. Every method may be called again and changes nothing there.

    All raise TryLater while the ERP is away or busy, and Refused if it does not let us in.
    """

    @property
    def sources(self) -> Sequence[str]:
        """The kinds of record that are read, each with a cursor of its own."""
        ...

    def start(self) -> Position:
        """Where reading begins when nothing was read yet."""
        ...

    def overlapping(self, source: str, position: Position) -> Position:
        """A place at or before `position`, from which on is read again.

        What an ERP marks as changed now may be seen only when its transaction ends.
        """
        ...

    def changes(self, source: str, after: Position, limit: int) -> list[Change]:
        """The next records behind `after` that have something to say, in order, at most `limit`."""
        ...

    def tell(self, changes: Sequence[Change]) -> Iterator[Told]:
        """What each of these, all of one source, says now. One that has gone meanwhile is left out."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
