"""`tradepost documents`: orders, ship notices, invoices and the others."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, PartnerOption, Reason, StateOption, act, gateway_of, known_state
from gateway.cli.replays import DryRun, Keys, KeysOption, ProfilesOption, replay_or_show

app = typer.Typer(help="Orders, ship notices, invoices and other documents.", no_args_is_help=True)

COLUMNS = {
    "id": "Document",
    "created_at": "Read (UTC)",
    "direction": "Dir",
    "partner": "Partner",
    "kind": "Kind",
    "number": "Number",
    "version": "V",
    "state": "State",
    "hold": "Why it waits",
}


@app.command("list")
def list_(
    context: typer.Context,
    partner: PartnerOption = None,
    state: StateOption = None,
    number: Annotated[
        str | None, typer.Option(help="Only what bears this business number, its own or the order's.")
    ] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List documents, newest first."""
    from gateway import views

    known_state("document", state)
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        page = views.Page(limit)
        found = views.documents(view, page, partner=partner, state=state, number=number)
    if json:
        show.emit_json(found)
    else:
        show.emit_table(found, COLUMNS, empty="No documents.")


@app.command("show")
def show_(context: typer.Context, document: str, json: Json = False) -> None:
    """Show one document: what it says, what is wrong with it, where it went."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.document(view, document)
    if json:
        show.emit_json(found)
        return
    show.emit_facts(found.document)
    sections = {
        "Numbers": (found.keys, ["kind", "value"]),
        "Findings": (found.findings, ["code", "severity", "message", "remedy"]),
        "Deliveries": (found.deliveries, ["id", "destination", "state", "schedule", "consignment_id"]),
        "History": (found.events, ["at", "actor", "action", "reason"]),
    }
    for title, (rows, keys) in sections.items():
        if rows:
            show.heading(title)
            show.emit_table(rows, {key: key.replace("_", " ") for key in keys}, empty="")
    if found.canonical is not None:
        show.heading("Content")
        show.emit_json(found.canonical)


@app.command()
def compare(context: typer.Context, document: str, json: Json = False) -> None:
    """Show what each destination was given of a document, and what it says it holds now."""
    from gateway import comparing

    with gateway_of(context) as gateway:
        found = comparing.compare(gateway.parts, document)
    if json:
        show.emit_json(found)
        return
    rows = [
        {
            "destination": one.destination,
            "state": one.state,
            "given": one.given.get("sha256", "")[:12] or None,
            "said": one.said,
            "holds": one.note or (one.holds.reference if one.holds else "nothing"),
            "facts": ", ".join(f"{k} {v[:16]}" for k, v in one.holds.facts.items()) if one.holds else None,
        }
        for one in found.held
    ]
    columns = {
        "destination": "Destination",
        "state": "State",
        "given": "Given (SHA-256)",
        "said": "Its id",
        "holds": "Holds now",
        "facts": "As it says",
    }
    show.emit_table(rows, columns, empty="It goes to no destination.")
    for fact, values in found.differences.items():
        told = ", ".join(f"{name}: {value}" for name, value in values.items())
        show.talk().print(f"They differ in {fact}: {told}", soft_wrap=True, markup=False)


@app.command()
def replay(
    context: typer.Context,
    document: str,
    profiles: ProfilesOption = "now",
    keys: KeysOption = Keys.same,
    dry_run: DryRun = False,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Read one document again from its file; it becomes a new version. Look with --dry-run first."""
    with gateway_of(context) as gateway:
        transmission = gateway.operations.transmission_of(document)
        chosen = gateway.operations.replay_choice(transmission, profiles, keys.value, document)
        replay_or_show(gateway, transmission, chosen, dry_run=dry_run, reason=reason, json=json)


@app.command()
def release(context: typer.Context, document: str, reason: Reason = "") -> None:
    """Send a held document on to its destination."""
    with gateway_of(context) as gateway:
        gateway.operations.release_document(act(gateway, reason), document)
    show.talk().print(f"{document} goes on to its destination.")


@app.command()
def reject(context: typer.Context, document: str, reason: Reason = "") -> None:
    """Refuse a held document. The 997 that was sent stays; an 824 follows if the profile has any."""
    with gateway_of(context) as gateway:
        gateway.operations.reject_document(act(gateway, reason), document)
    show.talk().print(f"{document} is rejected.")
