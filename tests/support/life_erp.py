"""Our ERP's side of a day, for `life.py`: it pushes until it is answered, and is asked for what it posted.

What it posted stands still: four records in pages of two, the last of them changed at the same moment
as the one before. It is asked twice, each time from a little before the place that was reached.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

from gateway.push.desk import Desk, Pusher
from gateway.store.bookmarks import LedgerBookmarks
from gateway.watchers.erp import ErpWatcher
from gateway.wiring import Gateway
from outbound.changes import Change, Position, Told

PARTNER, TOKEN = "acme-retail", "0123456789abcdef" * 2
POSTED, PUSHED = ("E-1", "E-2", "E-3", "E-4"), ("P-1", "P-2")
CHANGED = ("2026-11-23T10:00:00", "2026-11-23T10:01:00", "2026-11-23T10:02:00", "2026-11-23T10:02:00")
CHANNELS = """
[[channels]]
kind = "http"
name = "acme-push"
tokens = ["file:push-token"]

[[channels]]
kind = "erp"
name = "acme-erp"
destination = "tryton"
party = "ACME"
since = 2026-11-01
page = 2
"""
DESTINATION = """
[tryton]
url = "tryton+https://erp.example/db"
allow_hosts = ["erp.example"]
[tryton.tryton]
application_key = "file:push-token"
"""
TRIES = 6


def furnish(home: Path) -> None:
    """The channels of the ERP, in a home that was never started."""
    for path, text in (
        (home / "partners" / PARTNER / "profile.toml", CHANNELS),
        (home / "partners" / "destinations.toml", DESTINATION),
    ):
        path.write_text(path.read_text("utf-8") + text, "utf-8")
    token = home / "push-token"
    token.write_text(TOKEN)
    token.chmod(0o600)


class _Posted:
    """A `ChangeReader` over what does not change."""

    sources = ("sale.sale",)

    def start(self) -> Position:
        return Position("2026-11-01T00:00:00")

    def overlapping(self, source: str, position: Position) -> Position:
        return Position(CHANGED[1])

    def changes(self, source: str, after: Position, limit: int) -> list[Change]:
        posted = [Change(source, Position(at, number)) for number, at in enumerate(CHANGED, 1)]
        return [change for change in posted if change.at.key > after.key][:limit]

    def tell(self, changes: Sequence[Change]) -> Iterator[Told]:
        for change in changes:
            content = confirmation(POSTED[change.at.number - 1])
            yield Told(change, content, hashlib.sha256(content).hexdigest())

    def close(self) -> None:
        """Nothing is open."""


def confirmation(number: str) -> bytes:
    """An order confirmed, as canonical JSON."""
    return json.dumps(
        {
            "schema": "order_response-1.0.0",
            "order_number": number,
            "seller_order_number": f"SO-{number}",
            "usage": "production",
            "source": {"standard": "erp", "set": "sale"},
        }
    ).encode()


def hear(gateway: Gateway) -> None:
    """All that the ERP says in a day. Twice: nothing of it is new."""
    home, receive = gateway.settings.home, gateway.pipeline.receive
    desk = Desk(gateway.book, gateway.ledger, home, receive)
    for number in PUSHED:
        _push(desk, confirmation(number))
    directory = gateway.book.current().directory
    (channel,) = (one for _, one in directory.open_channels() if one.kind == "erp")
    bookmarks = LedgerBookmarks(gateway.ledger, gateway.clock)
    with closing(ErpWatcher(channel, PARTNER, _Posted, bookmarks)) as watcher:
        for _ in range(2):
            watcher.sweep(receive, lambda: False)


def _push(desk: Desk, body: bytes) -> None:
    """As a client does that repeats what was not accepted."""
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    for _ in range(TRIES):
        pusher = desk.admit("acme-push", "127.0.0.1", headers)
        assert isinstance(pusher, Pusher), pusher
        if desk.take(pusher, headers, body).status == HTTPStatus.ACCEPTED:
            return
    raise AssertionError("it was never accepted")
