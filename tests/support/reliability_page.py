"""docs/reliability.md: every fault of the catalogue, what must come of it, and the tests that show it.

    python tests/support/reliability_page.py docs     # writes docs/reliability.md; part of `make docs`

The faults are rows of tests/reliability.csv. A test covers a row by naming its id, FI-B01, in its
name, docstring or body; an id in the head of a file stands for all tests in it.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = TESTS / "reliability.csv"
PAGE = "reliability.md"
CITED = re.compile(r"\bFI-[A-H]\d\d\b")

BEGINNING = """\
# Reliability

Made from `tests/reliability.csv` and from what the tests cite by `make docs`; change those, not this page.

What may go wrong around the gateway, what must come of it, and the tests that show it. All of them
run in `make test`. *Not shown* says what no test tries, and why. Through all of it the same holds:
nothing is told before it is kept, nothing ends without a trace, nothing has an effect twice.
"""

SECTIONS = {
    "A": "Killed, or without power",
    "B": "Disks",
    "C": "Databases",
    "D": "Stores and folders that are watched",
    "E": "The SFTP server and its clients",
    "F": "Delivering to an ERP",
    "G": "Time, and several at once",
    "H": "Profiles, stopping, upgrades",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A row. id: "FI-B01". left_out: what no test shows and why, "" if nothing."""

    id: str
    fault: str
    outcome: str
    left_out: str


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """Where an id is named. file: path below tests/. test: the function's name, "" for the whole file."""

    file: str
    test: str


def faults() -> list[Fault]:
    """The catalogue, in order."""
    with ROWS.open(encoding="utf-8", newline="") as lines:
        return [Fault(**row) for row in csv.DictReader(lines, strict=True)]


@cache
def citations() -> Mapping[str, Sequence[Citation]]:
    """The tests by the id that they cite, in order of files; a whole file only if none of its tests does."""
    found: dict[str, set[Citation]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for fault, citation in _cited_in(path):
            found.setdefault(fault, set()).add(citation)
    return {fault: sorted(_closest(cited)) for fault, cited in found.items()}


def _cited_in(path: Path) -> Iterator[tuple[str, Citation]]:
    text = path.read_text("utf-8")
    if not CITED.search(text):
        return
    file = path.relative_to(TESTS).as_posix()
    lines = text.splitlines()
    tests = {number: function.name for function in _tests(ast.parse(text)) for number in _lines_of(function)}
    for number, line in enumerate(lines, start=1):
        for fault in CITED.findall(line):
            yield fault, Citation(file, tests.get(number, ""))


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _lines_of(function: ast.FunctionDef) -> range:
    """Its lines with its decorators."""
    first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return range(first, (function.end_lineno or function.lineno) + 1)


def _closest(cited: set[Citation]) -> Iterator[Citation]:
    named = {citation.file for citation in cited if citation.test}
    return (citation for citation in cited if citation.test or citation.file not in named)


def page() -> str:
    """The whole page."""
    rows = faults()
    covered = sum(fault.id in citations() for fault in rows)
    lines = [BEGINNING, f"{covered} of {len(rows)} faults have tests.\n"]
    for letter, title in SECTIONS.items():
        lines += [f"## {letter}: {title}\n", "| id | fault | must come of it | tests |", "|---|---|---|---|"]
        lines += [_line(fault) for fault in rows if fault.id.startswith(f"FI-{letter}")]
        lines.append("")
    return "\n".join(lines)


def _line(fault: Fault) -> str:
    shown = [_link(citation) for citation in citations().get(fault.id, ())]
    if fault.left_out:
        shown.append(f"*Not shown:* {fault.left_out}.")
    anchor = f'<a id="{fault.id.lower()}"></a>`{fault.id}`'
    return f"| {anchor} | {fault.fault} | {fault.outcome} | {'<br>'.join(shown) or '*not covered yet*'} |"


def _link(citation: Citation) -> str:
    words = citation.test.removeprefix("test_").replace("_", " ") or f"all of {Path(citation.file).name}"
    return f"[{words}](../tests/{citation.file})"


if __name__ == "__main__":
    Path(sys.argv[1], PAGE).write_text(page(), encoding="utf-8")
