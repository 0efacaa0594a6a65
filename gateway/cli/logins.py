"""`tradepost logins`: who may log in at our SFTP server, and by which key it is known itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import show
from gateway.cli.common import Json, gateway_of

if TYPE_CHECKING:
    from partners.profile import PartnerProfile, SftpMailbox

app = typer.Typer(help="Logins at our SFTP server.", no_args_is_help=True)

COLUMNS = {
    "login": "Login",
    "partner": "Partner",
    "proof": "Key or password",
    "not_before": "From",
    "not_after": "Until",
    "comment": "Comment",
}
#: NIST SP 800-63B asks for eight, and for fifteen where nothing else is asked; we are in between.
MIN_PASSWORD_CHARS = 12


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List every login in force with its keys."""
    from partners.profile import SftpMailbox

    with gateway_of(context) as gateway:
        gateway.apply_profiles_once()
        rows = [
            row
            for profile, channel in gateway.book.current().directory.open_channels()
            if isinstance(channel, SftpMailbox)
            for row in _proofs(profile, channel)
        ]
    if json:
        show.emit_json(rows)
    else:
        show.emit_table(rows, COLUMNS, empty="Nobody can log in.")


def _proofs(profile: PartnerProfile, channel: SftpMailbox) -> Iterator[dict[str, str]]:
    from gateway.profiles import fingerprint

    who = {"login": channel.login, "partner": profile.partner}
    for entry in channel.public_keys:
        line = entry if isinstance(entry, str) else entry.key
        first, last = (None, None) if isinstance(entry, str) else (entry.not_before, entry.not_after)
        comment = (*line.split(" ", 2), "")[2]
        dates = {"not_before": str(first or ""), "not_after": str(last or "")}
        yield {**who, "proof": fingerprint(line), **dates, "comment": comment}
    if channel.password is not None:
        yield {**who, "proof": "password", "not_before": "", "not_after": "", "comment": channel.password}


@app.command("hash")
def hash_() -> None:
    """Read a password and print its argon2 hash, for the file that a profile's `password` names."""
    from gateway.errors import WrongUsage
    from gateway.sftp_server.passwords import hash_password

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if len(password) < MIN_PASSWORD_CHARS:
        raise WrongUsage(
            "GTW-114",
            f"The password has fewer than {MIN_PASSWORD_CHARS} characters.",
            "Use a longer one; a password manager makes good ones.",
        )
    typer.echo(hash_password(password))


@app.command("host-key")
def host_key(
    context: typer.Context,
    next_: Annotated[bool, typer.Option("--next", help="Make the next key, and tell clients of it.")] = False,
    change: Annotated[bool, typer.Option("--change", help="Put the next key in force.")] = False,
    json: Json = False,
) -> None:
    """Show the server's key, make the next one, or change over to it; a restart takes either up."""
    from gateway.errors import WrongUsage
    from gateway.settings import load_settings
    from gateway.sftp_server.host_key import change_host_key, ensure_host_key, host_keys, next_path

    path = load_settings(context.obj).host_key_file
    if next_:
        ensure_host_key(next_path(path))
    if change:
        try:
            change_host_key(path)
        except FileNotFoundError as missing:
            raise WrongUsage(
                "GTW-115",
                f"There is no next host key in {path.parent}.",
                "Run `tradepost logins host-key --next`, restart the gateway, wait some weeks, then change.",
            ) from missing
    rows = [
        {"state": state, "fingerprint": key.fingerprint, "key": f"{key.get_name()} {key.get_base64()}"}
        for state, key in zip(("in force", "next"), host_keys(path), strict=False)
    ]
    if json:
        show.emit_json(rows)
    else:
        show.emit_table(rows, {"state": "State", "fingerprint": "Fingerprint", "key": "Key"}, empty="")
    if next_ or change:
        show.talk().print("Restart the gateway, or the process with the role sftp, to take it up.")
