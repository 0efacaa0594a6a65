"""`tradepost quarantine`: files that wait for a person."""

from __future__ import annotations

from dataclasses import asdict

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, Reason, act, gateway_of

app = typer.Typer(help="Files that were kept and not processed.", no_args_is_help=True)

COLUMNS = {
    "id": "Transmission",
    "received_at": "Received (UTC)",
    "partner": "Partner",
    "name": "File",
    "note": "Why",
}


@app.command("list")
def list_(context: typer.Context, limit: Limit = 50, json: Json = False) -> None:
    """List what waits in quarantine."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.transmissions(view, views.Page(limit), state="quarantined")
    if json:
        show.emit_json(found)
    else:
        show.emit_table([asdict(one) for one in found], COLUMNS, empty="The quarantine is empty.")


@app.command()
def release(context: typer.Context, transmission: str, reason: Reason = "") -> None:
    """Read it again with the profiles now in force, and answer it."""
    with gateway_of(context) as gateway:
        gateway.operations.release_quarantine(act(gateway, reason), transmission)
    show.talk().print(f"{transmission} is read again with the profiles now in force.")


@app.command()
def close(context: typer.Context, transmission: str, reason: Reason = "") -> None:
    """Want nothing more done with it; the bytes stay in the archive."""
    with gateway_of(context) as gateway:
        gateway.operations.close_quarantine(act(gateway, reason), transmission)
    show.talk().print(f"{transmission} is closed; its bytes stay.")
