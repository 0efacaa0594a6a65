"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("parsers", "partners", "translators")
PACKAGES = ("gateway", "outbound", *PURE)

#: Seconds to wait, read from an HTTP header: the one text that becomes a float.
FLOATS = {"gateway/meters.py", "outbound/http_answers.py"}
#: What asks the machine for the time; the pure packages get theirs as a parameter.
CLOCKS = {"now", "utcnow", "today"}
#: Writes the `__init__` of our own classes from the names of their fields, as `dataclasses` does.
RUNS_OWN_TEXT = ["parsers/record.py", "translators/canonical/writing.py"]
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
READS_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml"}


@cache
def parsed(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module in the folders, with its place."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in parsed(path):
                yield f"{name}:{getattr(node, 'lineno', 1)}", node


def calls(*folders: str) -> Iterator[tuple[str, str, ast.Call]]:
    """Every call with its place and the name it is called by: `sleep` of time.sleep(1)."""
    for place, node in nodes(*folders):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield place, node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield place, node.func.attr, node


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_no_test_sleeps() -> None:
    assert not [place for place, name, _ in calls("tests") if name == "sleep"]


@pytest.mark.slow
def test_only_the_worker_catches_every_exception() -> None:
    """Elsewhere who catches all tidies up and raises it again."""
    found = {
        place.partition(":")[0]
        for place, node in nodes(*PACKAGES)
        if isinstance(node, ast.ExceptHandler) and catches_all(node.type) and not raises_again(node)
    }
    assert found == {"gateway/worker.py"}


def test_nothing_suppresses_every_exception() -> None:
    assert not [
        place
        for place, name, call in calls(*PACKAGES)
        if name == "suppress" and any(catches_all(argument) for argument in call.args)
    ]


def catches_all(kind: ast.expr | None) -> bool:
    names = {node.id for node in ast.walk(kind) if isinstance(node, ast.Name)} if kind else {"Exception"}
    return bool(names & {"Exception", "BaseException"})


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_no_value_of_a_document_passes_through_float() -> None:
    found = {place.partition(":")[0] for place, name, _ in calls(*PACKAGES) if name == "float"}
    assert found <= FLOATS


def test_no_text_is_ever_run() -> None:
    found = [
        place.partition(":")[0]
        for place, name, call in calls(*PACKAGES)
        if name in RUNS_TEXT and isinstance(call.func, ast.Name)
    ]
    assert found == RUNS_OWN_TEXT


@pytest.mark.parametrize("module", sorted(READS_OBJECTS))
def test_nothing_reads_objects_from_bytes(module: str) -> None:
    assert not [
        place for place, node in nodes(*PACKAGES) for name in imported(node) if name.split(".")[0] == module
    ]


def test_no_shell_is_ever_started() -> None:
    for place, _, call in calls(*PACKAGES, "tests"):
        for keyword in call.keywords:
            shell = keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            )
            assert not shell, place
    assert not [p for p, name, _ in calls(*PACKAGES) if name in {"system", "popen"}]


def test_the_pure_packages_never_ask_what_time_it_is() -> None:
    assert not [place for place, name, _ in calls(*PURE) if name in CLOCKS]


def test_the_pure_packages_take_of_urllib_only_the_parsing() -> None:
    names = [name for _, node in nodes(*PURE) for name in imported(node) if name.split(".")[0] == "urllib"]
    assert all(name.startswith("urllib.parse") for name in names)


def test_the_rules_see_what_they_forbid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk finds a call in a file it is shown, by name and by attribute."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "one.py").write_text("import time\ntime.sleep(1)\nx = float('1')\n", "utf-8")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert [(place, name) for place, name, _ in calls("bad")] == [
        ("bad/one.py:2", "sleep"),
        ("bad/one.py:3", "float"),
    ]
