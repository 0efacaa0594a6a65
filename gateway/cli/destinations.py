"""`tradepost destinations`: far ends, how they are doing, and what waits for them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Reason, act, gateway_of

app = typer.Typer(help="ERPs and other far ends: state, check, pause, resume.", no_args_is_help=True)

COLUMNS = {
    "name": "Destination",
    "url": "Address",
    "state": "State",
    "since": "Since (UTC)",
    "waiting": "Waiting",
    "waiting_for_turn": "For their turn",
    "dead": "Dead letters",
    "reason": "Why",
}

Name = Annotated[str, typer.Argument(help="The destination's name in destinations.toml.")]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List destinations with the state of their breaker and what waits for them."""
    from gateway.dead_letters import destination_lines

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        lines = destination_lines(view, gateway.book.current().directory)
    if json:
        show.emit_json(lines)
    else:
        show.emit_table([asdict(line) for line in lines], COLUMNS, empty="No destinations.")


@app.command()
def check(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Only these; all if none is named.")] = None,
    json: Json = False,
) -> None:
    """Ask far ends whether they are well. Sends no document and changes no state; exit 1 if one is not."""
    from gateway.comparing import check_destinations

    with gateway_of(context) as gateway:
        found = check_destinations(gateway.parts, names or [])
    if json:
        show.emit_json(found)
    else:
        columns = {"name": "Destination", "well": "Well", "says": "Says"}
        show.emit_table([asdict(one) for one in found], columns, empty="No destinations.")
    if not all(one.well for one in found):
        raise typer.Exit(1)


@app.command()
def compare(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="A destination, such as the ERP of today.")],
    other: Annotated[str, typer.Argument(help="Another, such as the ERP to come.")],
    json: Json = False,
) -> None:
    """Compare what two destinations hold of every document that either was given; exit 1 if they differ."""
    from gateway.comparing import compare_destinations

    looked = 0
    differing: dict[str, dict[str, dict[str, str | None]]] = {}
    with gateway_of(context) as gateway, show.counting("documents", shown=not json) as counted:
        for found in compare_destinations(gateway.parts, one, other, counted):
            looked += 1
            if found.differences:
                differing[found.document] = found.differences
    if json:
        listed = [{"document": id_, "differences": facts} for id_, facts in differing.items()]
        show.emit_json({"documents": looked, "differing": listed})
    else:
        rows = [
            {"document": id_, "fact": fact, one: values.get(one), other: values.get(other)}
            for id_, facts in differing.items()
            for fact, values in facts.items()
        ]
        columns = {"document": "Document", "fact": "Fact", one: one, other: other}
        show.emit_table(rows, columns, empty=f"{looked} documents, no difference.")
    if differing:
        raise typer.Exit(1)


@app.command()
def pause(context: typer.Context, name: Name, reason: Reason = "") -> None:
    """Let nothing more begin there; what is under way ends, the rest waits in order."""
    with gateway_of(context) as gateway:
        gateway.operations.pause_destination(act(gateway, reason), name)
    show.talk().print(f"{name} is paused. To go on: tradepost destinations resume {name}")


@app.command()
def resume(context: typer.Context, name: Name, reason: Reason = "") -> None:
    """Try a paused destination again: one delivery first, then what waits, at a limited rate."""
    with gateway_of(context) as gateway:
        gateway.operations.resume_destination(act(gateway, reason), name)
    show.talk().print(f"{name} is tried with one delivery, then takes what waits.")
