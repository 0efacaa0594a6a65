"""`tradepost numbers`: control numbers of what we send."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, Reason, act, gateway_of

app = typer.Typer(help="Control numbers of what we send.", no_args_is_help=True)


@app.command("show")
def show_(context: typer.Context, json: Json = False) -> None:
    """Show every series and its next number."""
    from gateway.store import numbers

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        rows = [asdict(one) for one in numbers.every(view)]
    if json:
        show.emit_json(rows)
    else:
        show.emit_table(rows, {"series": "Series", "next": "Next"}, empty="No number was ever drawn.")


@app.command("set")
def set_(
    context: typer.Context,
    series: Annotated[str, typer.Argument(help="The series as `numbers show` names it.")],
    number: Annotated[int, typer.Argument(help="The next number to use.")],
    reason: Reason = "",
) -> None:
    """Set the next number of a series, when taking over from another translator."""
    with gateway_of(context) as gateway:
        gateway.operations.set_number(act(gateway, reason), series, number)
    show.talk().print(f"The next number of “{series}” is {number}.")
