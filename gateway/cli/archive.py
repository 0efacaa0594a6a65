"""`tradepost archive`: find a file again, and get its bytes."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from gateway.cli import show
from gateway.cli.common import Json, Limit, PartnerOption, gateway_of
from gateway.errors import TradepostError, WrongUsage

app = typer.Typer(help="Every file that came in or went out, by what it says.", no_args_is_help=True)

COLUMNS = {
    "id": "Transmission",
    "received_at": "Time (UTC)",
    "direction": "Dir",
    "partner": "Partner",
    "name": "File",
    "size": "Bytes",
    "state": "State",
}


@app.command()
def find(
    context: typer.Context,
    number: Annotated[str | None, typer.Argument(help="Any business number: PO, invoice, shipment.")] = None,
    po: Annotated[str | None, typer.Option(help="Purchase order number.")] = None,
    invoice: Annotated[str | None, typer.Option(help="Invoice number.")] = None,
    shipment: Annotated[str | None, typer.Option(help="Shipment number.")] = None,
    control_number: Annotated[str | None, typer.Option(help="ISA13, GS06 or ST02.")] = None,
    name: Annotated[str | None, typer.Option(help="File name, with * and ?.")] = None,
    partner: PartnerOption = None,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day (UTC).")] = None,
    sha256: Annotated[str | None, typer.Option(help="Hash, or its beginning.")] = None,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """Find files by number, control number, name, partner, date or hash; all that is given must fit."""
    from gateway import search

    kinds = {None: number, "purchase_order": po, "invoice": invoice, "shipment": shipment}
    numbers = tuple((kind, value) for kind, value in kinds.items() if value is not None)
    wanted = search.Wanted(numbers, control_number, name, partner, date.date() if date else None, sha256)
    if wanted == search.Wanted():
        raise WrongUsage("usage", "Say what to look for.", "For example: tradepost archive find --po 4711")
    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = search.find(view, wanted, limit)
    if json:
        show.emit_json(found)
    else:
        show.emit_table(found, COLUMNS, empty="Nothing in the archive matches.")


@app.command("show")
def show_(context: typer.Context, transmission: str, json: Json = False) -> None:
    """Show what the ledger knows of one file."""
    from gateway.cli.transmissions import show_ as show_transmission

    show_transmission(context, transmission, json)


@app.command()
def get(
    context: typer.Context,
    transmission: Annotated[str, typer.Argument(help="A transmission's id, or a whole SHA-256.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else stdout.")] = None,
) -> None:
    """Get the bytes of a file, exactly as they came or went; their hash is checked on the way."""
    from gateway import search

    with gateway_of(context) as gateway:
        with gateway.ledger.read() as view:
            blob = search.blob_of(view, transmission)
        with gateway.archive.open(blob["sha256"]) as stream:
            if output is None:
                shutil.copyfileobj(stream, sys.stdout.buffer)
                return
            _write_new(output, stream)
    show.talk().print(f"{output}: {blob['size']} bytes, sha256 {blob['sha256']}")


def _write_new(path: Path, stream: BinaryIO) -> None:
    try:
        with path.open("xb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as fault:
        raise TradepostError(
            "GTW-028", f"{path} cannot be written: {fault.strerror}.", "Name a new file; none is overwritten."
        ) from fault
