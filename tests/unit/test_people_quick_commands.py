"""The quick way to a command takes what typer takes, and loads next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli import quick
from gateway.cli.app import app

SAMPLE = Path(__file__).parents[2] / "samples" / "x12" / "850" / "bad-date" / "input.edi"
#: Libraries that a look at a file has no use for; together they take seconds.
HEAVY = {
    "alembic", "apscheduler", "boto3", "botocore", "cryptography", "fastapi", "lxml", "paramiko", "pydantic",
    "pydantic_core", "pydantic_settings", "rich", "sqlalchemy", "sqlmodel", "structlog", "typer",
}  # fmt: skip
LOADED = """
import sys
from gateway.cli import main
sys.argv = ["tradepost", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(end.code, sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def parameters(command: str) -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return {
        parameter.name: parameter for parameter in group.commands[command].params if parameter.name != "help"
    }


def loaded(*words: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True, timeout=60
    )
    status, _, names = done.stderr.splitlines()[-1].partition(" ")
    return int(status), {name.strip("'") for name in names.strip()[1:-1].split(", ")}


@pytest.mark.parametrize("name", quick.COMMANDS)
def test_the_quick_options_are_those_that_typer_shows(name: str) -> None:
    command, shown = quick.COMMANDS[name], parameters(name)
    words = {}
    for parameter in shown.values():
        if parameter.param_type_name == "argument":
            assert (parameter.name, parameter.required) == (command.argument, command.needed)
            continue
        for word in parameter.opts:
            words[word] = quick.Option(parameter.name, True if parameter.is_flag else None)
        for word in parameter.secondary_opts:
            words[word] = quick.Option(parameter.name, value=False)
    assert dict(command.options) == words


@pytest.mark.parametrize("name", quick.COMMANDS)
def test_the_quick_defaults_are_those_of_typer(name: str) -> None:
    defaults = {
        parameter.name: parameter.default
        for parameter in parameters(name).values()
        if parameter.param_type_name != "argument"
    }
    assert dict(quick.COMMANDS[name].defaults) == defaults


@pytest.mark.parametrize(
    "words",
    [
        [], ["doctor"], ["inspect"], ["inspect", "--help"], ["inspect", "a", "b"],
        ["inspect", "a", "--partner"], ["inspect", "a", "--json=yes"], ["inspect", "a", "--part", "x"],
        ["--home", "x", "inspect", "a"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_not_a_plain_call_goes_to_typer(words: list[str]) -> None:
    assert quick.run(words) is None


def test_a_look_at_a_file_loads_no_heavy_library() -> None:
    status, names = loaded("inspect", str(SAMPLE))
    assert status == 1
    assert "parsers" in names
    assert names & HEAVY == set()


COUNTED = """
import collections, dataclasses, re._compiler, sys
made = collections.Counter()
def counted(name, work):
    def count(*arguments, **named):
        made[name] += 1
        return work(*arguments, **named)
    return count
compiler = re._compiler
compiler.compile = counted("patterns", compiler.compile)
if hasattr(dataclasses, "_create_fn"):  # 3.13 writes them in another way
    dataclasses._create_fn = counted("methods", dataclasses._create_fn)
from gateway.cli import main
try:
    main()
except SystemExit:
    print(len(sys.modules), made["patterns"], made["methods"], file=sys.stderr)
"""


def test_a_look_at_a_file_does_little_before_it_reads() -> None:
    """Milliseconds depend on the machine; what they go into can be counted. 150 are promised.

    Modules loaded, patterns compiled, and methods that the standard library writes for dataclasses.
    """
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, "inspect", str(SAMPLE)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    modules, patterns, methods = map(int, done.stderr.splitlines()[-1].split())
    assert modules <= 220, "something new is loaded; see docs/decisions/quick-start.md"
    assert patterns <= 100, "compile a pattern when it is first needed"
    assert methods <= 30, "define values with parsers.record"


def test_a_look_by_a_machine_loads_no_database_and_no_network() -> None:
    status, names = loaded("inspect", str(SAMPLE), "--json", "--at", "2026-11-23T09:30Z")
    assert status == 1
    assert names & HEAVY == set()


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    status, _ = loaded("inspect", "no/such/file.edi")
    assert status == 64


def test_an_explanation_loads_no_heavy_library() -> None:
    status, names = loaded("errors", "X12-227")
    assert status == 0
    assert names & HEAVY == set()
