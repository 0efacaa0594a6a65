"""`tradepost transmissions`: files in and out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, PartnerOption, Reason, StateOption, gateway_of, known_state
from gateway.cli.replays import DryRun, Keys, KeysOption, ProfilesOption, replay_or_show

app = typer.Typer(help="Files that came in and went out.", no_args_is_help=True)

COLUMNS = {
    "id": "Transmission",
    "received_at": "Received (UTC)",
    "partner": "Partner",
    "name": "File",
    "understood": "Understood",
    "delivered": "Delivered",
    "acknowledged": "Acknowledged",
}


@app.command("list")
def list_(
    context: typer.Context,
    partner: PartnerOption = None,
    state: StateOption = None,
    direction: Annotated[str, typer.Option(help="in, out or both.")] = "in",
    before: Annotated[str | None, typer.Option(help="Older than this id: the next page.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List transmissions, newest first."""
    from gateway import views

    known_state("transmission", state)
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        page = views.Page(limit, before)
        wanted = None if direction == "both" else direction
        lines = views.transmissions(view, page, partner=partner, state=state, direction=wanted)
    if json:
        show.emit_json(lines)
        return
    rows = [{**asdict(line), **asdict(line.chips)} for line in lines]
    show.emit_table(rows, COLUMNS, empty="No transmissions.")


@app.command("show")
def show_(context: typer.Context, transmission: str, json: Json = False) -> None:
    """Show one transmission with all that hangs on it."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.transmission(view, transmission)
    if json:
        show.emit_json(found)
        return
    show.emit_facts(found.transmission, leave_out=["facts"])
    sections = {
        "Interchanges": (found.interchanges, ["ordinal", "control_number", "usage", "state", "status"]),
        "Documents": (
            found.documents,
            ["id", "set_id", "control_number", "number", "state", "status", "hold"],
        ),
        "Findings": (found.findings, ["code", "severity", "message", "remedy"]),
        "Acknowledgements": (found.acknowledgements, ["id", "kind", "control_number", "state", "file_name"]),
        "History": (found.events, ["at", "actor", "action", "reason"]),
    }
    for title, (rows, keys) in sections.items():
        if rows:
            show.heading(title)
            show.emit_table(rows, {key: key.replace("_", " ") for key in keys}, empty="")


@app.command()
def replay(
    context: typer.Context,
    transmission: str,
    profiles: ProfilesOption = "now",
    keys: KeysOption = Keys.same,
    dry_run: DryRun = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Read a transmission again; its documents become new versions. Look with --dry-run first."""
    with gateway_of(context) as gateway:
        chosen = gateway.operations.replay_choice(transmission, profiles, keys.value)
        replay_or_show(gateway, transmission, chosen, dry_run=dry_run, reason=reason, json=json)
