"""`tradepost nodes`: the processes that work on this ledger."""

from __future__ import annotations

import typer

from gateway.cli import show
from gateway.cli.common import Json, gateway_of

COLUMNS = {
    "name": "Node",
    "state": "State",
    "roles": "Roles",
    "address": "SFTP at",
    "last_seen": "Last seen (UTC)",
    "version": "Version",
    "doing": "Does now",
}


def nodes(context: typer.Context, json: Json = False) -> None:
    """List the processes that work on this ledger: their roles, when each was last seen, what it does."""
    from gateway.nodes import list_nodes, unplayed
    from gateway.running import Role

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = list_nodes(view, gateway.settings.node_dead_s)
    if json:
        show.emit_json(found)
        return
    rows = [
        {
            **{name: getattr(node, name) for name in COLUMNS},
            "roles": ", ".join(node.roles),
            "doing": ", ".join(node.doing),
        }
        for node in found
    ]
    show.emit_table(rows, COLUMNS, empty="No gateway has worked on this ledger today.")
    missing = unplayed(found, list(Role))
    if missing:
        show.talk().print(f"Nobody plays: {', '.join(missing)}.")
