"""`tradepost deliveries`: what goes to the ERP and other destinations."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, Reason, StateOption, act, gateway_of, known_state

app = typer.Typer(help="What goes to the ERP and other destinations.", no_args_is_help=True)

COLUMNS = {
    "id": "Delivery",
    "created_at": "Packed (UTC)",
    "destination": "To",
    "kind": "Kind",
    "numbers": "Numbers",
    "state": "State",
    "waits_for": "Waits for",
    "attempts": "Tries",
    "next_at": "Next try (UTC)",
    "error": "Last refusal",
}


@app.command("list")
def list_(
    context: typer.Context,
    state: StateOption = None,
    destination: Annotated[str | None, typer.Option(help="Only this destination.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Those that wait for a slot.")] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List deliveries, newest first."""
    from gateway import views

    known_state("consignment", state)
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        page = views.Page(limit)
        if waiting:
            found = views.waiting_deliveries(view, page)
        else:
            found = views.consignments(view, page, state=state, destination=destination)
    if json:
        show.emit_json(found)
        return
    if waiting:
        columns = {"id": "Delivery", "document_id": "Document", "destination": "To", "schedule": "Schedule"}
        show.emit_table(found, columns, empty="Nothing waits for a slot.")
        return
    rows = [{**item, "numbers": ", ".join(d["number"] for d in item["documents"])} for item in found]
    show.emit_table(rows, COLUMNS, empty="No deliveries.")


@app.command("show")
def show_(context: typer.Context, delivery: str, json: Json = False) -> None:
    """Show one delivery with every attempt and what the far end said."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.consignment(view, delivery)
    if json:
        show.emit_json(found)
        return
    show.emit_facts(found, leave_out=["documents", "attempts_made", "events"])
    for title, key, columns in (
        ("Documents", "documents", ["id", "kind", "number"]),
        ("Attempts", "attempts_made", ["number", "begun_at", "ended_at", "outcome", "detail"]),
        ("History", "events", ["at", "actor", "action", "reason"]),
    ):
        show.heading(title)
        show.emit_table(found[key], {name: name.replace("_", " ") for name in columns}, empty="None.")


@app.command()
def preview(context: typer.Context, delivery: str, json: Json = False) -> None:
    """Show what the next attempt would send, and send nothing; exit 1 if it would be refused."""
    from gateway.comparing import preview_delivery
    from outbound.connector import Refused, TryLater

    with gateway_of(context) as gateway:
        try:
            found = preview_delivery(gateway.parts, delivery)
        except (Refused, TryLater) as fault:
            show.complain(fault.code or "refused", fault.reason, "")
            raise typer.Exit(1) from fault
    text = found.content.decode("utf-8", "replace")
    if json:
        facts = {"action": found.action, "headers": found.headers, "content_type": found.content_type}
        show.emit_json({**facts, "content": text})
        return
    show.emit_facts({"action": found.action, **found.headers, "content type": found.content_type})
    show.heading("Content")
    show.out().print(show.cell(text), soft_wrap=True)


@app.command()
def retry(context: typer.Context, delivery: str, reason: Reason = "") -> None:
    """Try a dead delivery again: the same bytes under the same key."""
    with gateway_of(context) as gateway:
        gateway.operations.retry_delivery(act(gateway, reason), delivery)
    show.talk().print(f"{delivery} is tried again.")


@app.command()
def cancel(context: typer.Context, delivery: str, reason: Reason = "") -> None:
    """Take back a delivery that has not been made; its documents are held."""
    with gateway_of(context) as gateway:
        gateway.operations.cancel_delivery(act(gateway, reason), delivery)
    show.talk().print(f"{delivery} is cancelled; its documents are held.")
