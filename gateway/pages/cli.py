"""docs/cli.md, made from the typer app."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from gateway.cli.app import app
from gateway.pages.markdown import notice, plain, table

BEGINNING = f"""\
# Command line

{notice("`gateway/cli/`")}

Data goes to stdout, talk to stderr. People get tables and sentences; `--json` gives one JSON
document instead. What fails says its code, what is wrong and what to do, on stderr; the codes are
in [findings.md](findings.md). What changes something by hand takes `--reason`, which is kept with
who did it.

| exit status | meaning |
|---|---|
| 0 | done; for `inspect`, accepted |
| 1 | refused or faulty: the code is on stderr; for `inspect`, accepted with errors or rejected |
| 2 | `inspect`: not readable as anything we know; `verify`: something does not fit |
| 64 | wrong usage |
| 130 | broken off (Ctrl-C) |

Every command takes `--home FOLDER` before its name: the folder that holds all state; else
`TRADEPOST_HOME`, else `~/.tradepost`. `tradepost --version` says which release it is.
"""

#: What typer offers by itself.
OWN = {"--help", "--install-completion", "--show-completion"}
TYPES = {"Path": "PATH", "int": "NUMBER", "str": "TEXT", "datetime": "DATE"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command. words: "archive find". parameters: typer's own, as `typer.main` makes them."""

    words: str
    help: str
    parameters: tuple[Any, ...]


def commands() -> list[Command]:
    """Every command, in the order of --help."""
    return list(_below(typer.main.get_command(app), ""))


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *(line for command in commands() for line in _section(command))])


def _below(group: Any, words: str) -> Iterator[Command]:
    for name, command in group.commands.items():
        path = f"{words} {name}".strip()
        if hasattr(command, "commands"):
            yield from _below(command, path)
        else:
            yield Command(path, inspect.cleandoc(command.help or ""), tuple(command.params))


def _section(command: Command) -> Iterator[str]:
    shown = [parameter for parameter in command.parameters if not OWN & set(parameter.opts)]
    arguments = [parameter for parameter in shown if not _is_option(parameter)]
    usage = " ".join(["tradepost", command.words, *map(_argument, arguments)])
    yield f"## {command.words}\n"
    yield f"```\n{usage}\n```\n"
    yield f"{plain(command.help)}\n"
    rows = [(f"`{_name(parameter)}`", _says(parameter)) for parameter in shown if parameter.help]
    if rows:
        yield from table(("", ""), rows)
        yield ""


def _is_option(parameter: Any) -> bool:
    return str(parameter.opts[0]).startswith("-")


def _argument(parameter: Any) -> str:
    name = parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _name(parameter: Any) -> str:
    if not _is_option(parameter):
        return _argument(parameter)
    if parameter.is_flag:
        return " / ".join([*parameter.opts, *parameter.secondary_opts])
    kind = getattr(parameter.type_descriptor.annotation, "__name__", "str")
    return f"{', '.join(parameter.opts)} {TYPES.get(kind, 'TEXT')}"


def _says(parameter: Any) -> str:
    told = plain(parameter.help)
    default = parameter.default
    if _is_option(parameter) and parameter.required:
        return f"{told} Required."
    if parameter.secondary_opts:
        return f"{told} Default: `{(parameter.opts if default else parameter.secondary_opts)[0]}`."
    if default is None or default is False or default == "":
        return told
    return f"{told} Default: `{default}`."
