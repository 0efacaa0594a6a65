"""How far an ERP was read, and what its records said when they were read last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from gateway.ports import Clock, Heard
from gateway.store.core import ERP_CURSOR as CURSOR
from gateway.store.core import ERP_RECORD as RECORD
from gateway.store.core import insert_absent, upsert
from gateway.store.ledger import Ledger
from outbound.changes import Position

_POSITION = select(CURSOR.c.version, CURSOR.c.record).where(
    CURSOR.c.channel == bindparam("of_channel"), CURSOR.c.source == bindparam("of_source")
)


class LedgerBookmarks:
    """`Bookmarks` (gateway/ports.py) in the ledger, shared by all nodes."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def position(self, channel: str, source: str) -> Position | None:
        """See `Bookmarks`."""
        with self._ledger.read() as view:
            row = view.execute(_POSITION, {"of_channel": channel, "of_source": source}).one_or_none()
        return None if row is None else Position(row.version, row.record)

    def heard(self, channel: str, records: Sequence[str]) -> Mapping[str, Heard]:
        """See `Bookmarks`."""
        named = select(RECORD).where(RECORD.c.channel == channel, RECORD.c.record.in_(records))
        with self._ledger.read() as view:
            return {row.record: _heard(row) for row in view.execute(named)}

    def advance(
        self, channel: str, source: str, position: Position, same: Sequence[Heard], *, at_end: bool
    ) -> None:
        """See `Bookmarks`. Twice: a cursor that is there or further already stays."""
        now = self._clock.now()
        row = {"channel": channel, "source": source}
        place = {"version": position.version, "record": position.number}
        behind = or_(
            CURSOR.c.version < position.version,
            (CURSOR.c.version == position.version) & (CURSOR.c.record < position.number),
        )
        own = (CURSOR.c.channel == channel) & (CURSOR.c.source == source)
        with self._ledger.write() as tx:
            insert_absent(tx, CURSOR, [{**row, **place, "read_at": None}])
            tx.execute(update(CURSOR).where(own, behind).values(**place))
            if at_end:
                tx.execute(update(CURSOR).where(own).values(read_at=now))
            note(tx, channel, same)


def read_to_their_ends(view: Connection) -> dict[str, datetime | None]:
    """When each channel of an ERP was last read to its end, every kind of record; None for not yet."""
    asked: dict[str, datetime | None] = {}
    for row in view.execute(select(CURSOR.c.channel, CURSOR.c.read_at)):
        earlier = asked.get(row.channel, row.read_at)
        asked[row.channel] = min(earlier, row.read_at) if earlier and row.read_at else None
    return asked


def note(tx: Connection, channel: str, heard: Sequence[Heard]) -> None:
    """Note what records say now."""
    for one in heard:
        row = {"channel": channel, "record": one.record, "version": one.version, "digest": one.digest}
        upsert(tx, RECORD, row, replacing=("version", "digest"))


def _heard(row: Row[Any]) -> Heard:
    return Heard(row.record, row.version, row.digest)
