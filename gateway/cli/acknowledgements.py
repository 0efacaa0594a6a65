"""`tradepost acknowledgements`: answers, ours and theirs."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, PartnerOption, Reason, StateOption, act, gateway_of, known_state

app = typer.Typer(help="TA1, 997, 999, 824 and receipts, ours and theirs.", no_args_is_help=True)

COLUMNS = {
    "id": "Acknowledgement",
    "created_at": "Written (UTC)",
    "direction": "Dir",
    "partner": "Partner",
    "kind": "Kind",
    "control_number": "Number",
    "state": "State",
    "file_name": "File",
}


@app.command("list")
def list_(
    context: typer.Context,
    partner: PartnerOption = None,
    state: StateOption = None,
    direction: Annotated[str | None, typer.Option(help="in: theirs; out: ours.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List acknowledgements, newest first; `--state unmatched` and `contradicting` need a look."""
    from gateway import views

    known_state("acknowledgement", state)
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        page = views.Page(limit)
        found = views.acknowledgements(view, page, partner=partner, state=state, direction=direction)
    if json:
        show.emit_json(found)
    else:
        show.emit_table(found, COLUMNS, empty="No acknowledgements.")


@app.command("show")
def show_(context: typer.Context, acknowledgement: str, json: Json = False) -> None:
    """Show one acknowledgement, its text, and when and by which key it was fetched."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.acknowledgement(view, acknowledgement)
    if json:
        show.emit_json(found)
        return
    show.emit_facts(found, leave_out=["text", "mailbox", "events", "detail"])
    if found["text"]:
        show.heading("Text")
        show.out().print(show.cell(found["text"]), soft_wrap=True)
    if found["mailbox"]:
        show.heading("Mailbox")
        columns = {"name": "File", "modified_at": "Put", "fetched_at": "Fetched", "fetched_by": "By"}
        show.emit_table(found["mailbox"], {**columns, "removed_at": "Removed"}, empty="")


@app.command()
def resend(context: typer.Context, acknowledgement: str, reason: Reason = "") -> None:
    """Put the very same bytes out again."""
    with gateway_of(context) as gateway:
        gateway.operations.resend_acknowledgement(act(gateway, reason), acknowledgement)
    show.talk().print(f"{acknowledgement} goes out again, unchanged.")
