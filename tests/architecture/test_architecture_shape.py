"""How the code is cut: sizes of functions and files, and a docstring for whatever is public."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "outbound", "translators", "partners", "parsers")

HALF_BELOW, NINE_IN_TEN_BELOW, NONE_ABOVE = 8, 30, 60
MAX_FILE_LINES = 450
#: Files that were longer when this was written may shrink, and grow no further.
LONGER = {"gateway/store/tables.py": 480}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file, parsed. name: relative to the project."""

    name: str
    text: str
    tree: ast.Module


@cache
def sources() -> list[Source]:
    """Every module of the five packages but the migrations, which alembic writes."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    texts = {path: path.read_text("utf-8") for path in paths if "versions" not in path.parts}
    return [Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text)) for path, text in texts.items()]


def functions(source: Source) -> Iterator[tuple[int, str]]:
    """Lines of each function, its docstring included, with its place."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function) and node.end_lineno is not None:
            yield node.end_lineno - node.lineno + 1, f"{source.name}:{node.lineno} {node.name}"


def test_functions_are_small() -> None:
    sizes = sorted(size for source in sources() for size in functions(source))
    lines = [size for size, _ in sizes]
    median, ninth, longest = lines[len(lines) // 2], lines[len(lines) * 9 // 10], sizes[-1]
    measured = f"{len(lines)} functions: median {median}, nine in ten up to {ninth}, longest {longest}"
    assert median < HALF_BELOW, measured
    assert ninth < NINE_IN_TEN_BELOW, measured
    assert longest[0] <= NONE_ABOVE, measured


def test_files_are_short() -> None:
    counts = {source.name: source.text.count("\n") for source in sources()}
    too_long = {name: lines for name, lines in counts.items() if lines > LONGER.get(name, MAX_FILE_LINES)}
    measured = f"{len(counts)} files, {sum(counts.values())} lines, longest {max(counts.values())}"
    assert not too_long, f"{too_long} ({measured})"


def undocumented(source: Source) -> Iterator[str]:
    """Public classes, functions and methods of a module that no docstring introduces, the module first."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield source.name
    yield from _undocumented_in(source.tree, source.name)


def _undocumented_in(node: ast.Module | ast.ClassDef, place: str) -> Iterator[str]:
    for child in node.body:
        if not isinstance(child, (Function, ast.ClassDef)) or child.name.startswith("_"):
            continue
        if not ast.get_docstring(child) and not _overrides(child):
            yield f"{place} {child.name}"
        if isinstance(child, ast.ClassDef):
            yield from _undocumented_in(child, f"{place} {child.name}")


def _overrides(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "override" for mark in node.decorator_list)


@pytest.mark.slow
def test_whatever_is_public_has_a_docstring() -> None:
    assert not [name for source in sources() for name in undocumented(source)]
