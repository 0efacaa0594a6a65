"""The short way to commands that need no home: typer, the libraries it brings, and other commands stay out.

Only a plain call is taken, whose every word is known here; whatever else it is (a question for
help, a mistake, an abbreviation) goes to typer, which documents the commands and words the
complaints. A test holds these options equal to those that typer shows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence

from parsers.record import record

#: Objects made and not freed before garbage is looked for.
GARBAGE_OBJECTS = 100_000
#: Values of a call by the names of the command's parameters; a switch is a bool.
Values = Mapping[str, object]


@record
class Option:
    """name: the parameter it sets. value: what a switch sets it to; None if a word follows."""

    name: str
    value: bool | None = None


@record
class Command:
    """argument: name of the one positional parameter; needed: whether it must be given.

    defaults: what each option's parameter is if it is not named. run: takes all by name.
    """

    argument: str
    needed: bool
    options: Mapping[str, Option]
    defaults: Values
    run: Callable[[Values], int]


def _inspect(values: Values) -> int:
    from gateway.cli.inspecting import Call, run

    return run(Call.of(values))


def _errors(values: Values) -> int:
    from gateway.cli import explaining

    code = values["code"]
    return explaining.run(None if code is None else str(code), as_json=bool(values["json"]))


COMMANDS: Mapping[str, Command] = {
    "inspect": Command(
        "file",
        needed=True,
        options={
            "--partner": Option("partner"),
            "--profiles": Option("profiles"),
            "--tables": Option("tables"),
            "--canonical": Option("canonical", value=True),
            "--no-canonical": Option("canonical", value=False),
            "--at": Option("at"),
            "--second-opinion": Option("second_opinion", value=True),
            "--report": Option("report"),
            "--json": Option("json", value=True),
        },
        defaults={
            "partner": None,
            "profiles": None,
            "tables": None,
            "canonical": True,
            "at": None,
            "second_opinion": False,
            "report": None,
            "json": False,
        },
        run=_inspect,
    ),
    "errors": Command(
        "code",
        needed=False,
        options={"--json": Option("json", value=True)},
        defaults={"json": False},
        run=_errors,
    ),
}


def run(words: Sequence[str]) -> int | None:
    """Run the command that `words` name and give its exit status; None if typer should look at them."""
    command = COMMANDS.get(words[0]) if words else None
    values = _values(command, words[1:]) if command else None
    if command is None or values is None:
        return None
    # Starting makes many objects and no garbage; to look for some takes a tenth of the start.
    gc.set_threshold(GARBAGE_OBJECTS)
    return command.run(values)


def _values(command: Command, words: Sequence[str]) -> Values | None:
    """The values of a plain call, None if it is not plain."""
    values = dict(command.defaults)
    rest = iter(words)
    for word in rest:
        name, equals, told = word.partition("=")
        option = command.options.get(name)
        if option is not None:
            value = option.value if option.value is not None else told if equals else next(rest, None)
            if value is None or (equals and option.value is not None):
                return None
            values[option.name] = value
        elif word.startswith("-") or command.argument in values:
            return None
        else:
            values[command.argument] = word
    if command.argument not in values:
        if command.needed:
            return None
        values[command.argument] = None
    return values
