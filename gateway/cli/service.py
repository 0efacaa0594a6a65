"""The commands without a noun: run, init, demo, receive, inspect, errors, doctor."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, gateway_of
from gateway.cli.inspecting import UNREADABLE_FILE
from gateway.errors import TradepostError

if TYPE_CHECKING:
    from gateway.running import Role


def init(
    context: typer.Context,
    samples: Annotated[bool, typer.Option(help="With the sample partners.")] = True,
) -> None:
    """Prepare a home: folders, host key, settings, partner profiles."""
    from gateway.home import prepare
    from gateway.settings import load_settings

    settings = load_settings(context.obj)
    made = prepare(settings, samples=samples)
    show.talk().print(f"{settings.home} is {'ready' if made else 'a home already; nothing was changed'}.")


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run what is due, then end.")] = False,
    samples: Annotated[
        bool, typer.Option("--samples", help="On the first start, load the sample partners and drop samples.")
    ] = False,
    role: Annotated[
        list[str] | None,
        typer.Option(help="sftp, watch, work, deliver, schedule or web; may be repeated; else all."),
    ] = None,
    sftp_port: Annotated[int | None, typer.Option(help="Port of the SFTP server; 0 for any.")] = None,
) -> None:
    """Run the gateway until it is stopped."""
    from gateway import home as homes
    from gateway.processor import keep_to_one
    from gateway.running import drain, reload_profiles, running
    from gateway.settings import load_settings
    from gateway.wiring import opened

    settings = load_settings(context.obj)
    first = homes.prepare(settings, samples=samples)
    if sftp_port is not None:
        settings = settings.model_copy(update={"sftp_port": sftp_port})
    with opened(settings) as gateway:
        gateway.apply_profiles_once()
        if once:
            count = drain(gateway)
            show.talk().print(f"{count} stages were run; nothing is due now.")
            return
        if settings.one_processor:
            keep_to_one()
        with running(gateway, _roles(role)) as at_work:
            at_work.heed_signals()
            server = at_work.server
            if first and samples:
                from gateway.demo import drop_samples, show_outcome

                show_outcome(gateway, drop_samples(gateway, server))
            _say_where(settings.home, server.port if server else None, settings.sftp_host)
            if at_work.push is not None and at_work.push.url:
                show.out().print(f"Our ERP pushes documents to {at_work.push.url}CHANNEL.", soft_wrap=True)
            at_work.wait(partial(reload_profiles, gateway))
            show.talk().print("Stopping: finishing what is in hand …")
        if at_work.overdue:
            show.talk().print("Some work did not finish in time; the next start goes on with it.")
            os._exit(1)


def _roles(names: list[str] | None) -> tuple[Role, ...]:
    from gateway.running import Role

    try:
        return tuple(Role(name) for name in names or Role)
    except ValueError as fault:
        raise typer.BadParameter(f"{fault}; choose from {', '.join(Role)}") from fault


def _say_where(home: Path, port: int | None, host: str) -> None:
    from gateway.home import known_hosts

    console = show.out()
    show.heading("Where everything is")
    places = {
        "ERP folder": home / "erp",
        "archive": home / "archive",
        "log": home / "log" / "tradepost.log",
        "profiles": home / "partners",
    }
    show.emit_facts(dict(places))
    if port is None:
        return
    clients = home / "keys" / "clients"
    if clients.is_dir():
        key = next((clients / name for name in ("acme-retail",) if (clients / name).exists()), None)
        if key is not None:
            options = f"-o UserKnownHostsFile={known_hosts(home, host, port)}"
            console.print("\nLog in as the sample partner Acme Retail:")
            console.print(f"  sftp -P {port} -i {key} {options} acme@{host}", soft_wrap=True)
    console.print(f"\nThe SFTP server listens on {host}:{port}. Stop with Ctrl-C.")


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary home.")] = False,
) -> int:
    """Run all samples in a temporary home; exit status 0 only if each ended where it should."""
    from gateway.demo import run_demo

    return run_demo(context.obj, keep=keep)


def receive(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file.")],
    partner: Annotated[str, typer.Option(help="Whose file it is.")],
    name: Annotated[str | None, typer.Option(help="Name to record instead of the file's own.")] = None,
    json: Json = False,
) -> None:
    """Receive a file by hand, as if the partner had sent it."""
    from uuid import uuid4

    from gateway.ports import Arrival

    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        if gateway.book.current().directory.by_partner(partner) is None:
            raise TradepostError("GTW-032", f"There is no partner {partner}.", "See: tradepost partners list")
        arrival = Arrival("hand", uuid4().hex, name or file.name, partner)
        try:
            with file.open("rb") as stream:
                received = gateway.pipeline.receive(arrival, stream)
        except OSError as fault:
            raise TradepostError(
                UNREADABLE_FILE,
                f"{file} cannot be read: {fault.strerror}.",
                "Check its name and permissions.",
            ) from fault
    if json:
        show.emit_json(
            {"transmission": received.transmission, "sha256": received.sha256, "size": received.size}
        )
    else:
        show.talk().print(f"Kept and recorded as {received.transmission}; a running gateway reads it now.")


def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file.")],
    partner: Annotated[str | None, typer.Option(help="Read it as this partner's.")] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="Profile folder; else the home's, else the samples.")
    ] = None,
    tables: Annotated[
        Path | None, typer.Option(help="Folder of X12 tables to lay over the standard's.")
    ] = None,
    canonical: Annotated[bool, typer.Option(help="With the documents' content.")] = True,
    at: Annotated[str | None, typer.Option(help="Time of the previewed answers, ISO 8601; else now.")] = None,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="With pyx12's verdict beside ours.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the second opinion there, as a page of HTML.")
    ] = None,
    json: Json = False,
) -> int:
    """Say what is in a file and what is wrong with it; needs no home and no database."""
    from gateway.cli.inspecting import Call, run

    home = context.obj
    return run(Call(file, partner, profiles, tables, canonical, at, json, home, second_opinion, report))


def errors(
    code: Annotated[
        str | None, typer.Argument(help="A code such as X12-227, or words to look for; else all are listed.")
    ] = None,
    json: Json = False,
) -> int:
    """Explain a finding's code: what it means, what to do, what the partner is told, an example."""
    from gateway.cli import explaining

    return explaining.run(code, as_json=json)


def doctor(context: typer.Context, json: Json = False) -> int:
    """Look whether everything is well, and say what to do where it is not; exit status 1 if not."""
    from gateway.doctor import examine

    with gateway_of(context) as gateway:
        checks = examine(gateway)
    if json:
        show.emit_json(checks)
    else:
        rows = [{"check": c.name, "state": c.state, "says": c.says, "advice": c.advice} for c in checks]
        columns = {"check": "Check", "state": "State", "says": "What it found", "advice": "What to do"}
        show.emit_table(rows, columns, empty="")
    return 1 if any(check.state == "failed" for check in checks) else 0
