"""Says what the tests run of the parts that may lose or double something; a full module stays full.

Run by `make coverage` after the tests, on the JSON report of coverage.py. A module that stands in
`tests/covered.txt` was run in full, lines and branches: it stays so. One that has become full is
named, to be added there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

FULL = Path(__file__).parents[1] / "covered.txt"
#: What belongs to each area, as patterns of paths; the first that fits counts.
AREAS: Mapping[str, Sequence[str]] = {
    "intake": (
        *("gateway/pipeline.py", "gateway/parse_task.py", "gateway/staging.py"),
        *("gateway/push/*", "gateway/sftp_server/*", "gateway/watchers/*"),
    ),
    "ledger": ("gateway/store/*",),
    "archive": ("gateway/archive/*", "gateway/noting.py"),
    "delivery": (
        *("gateway/delivering.py", "gateway/handing_on.py", "gateway/sending.py", "gateway/gates.py"),
        *("gateway/routing.py", "gateway/tending.py", "gateway/packing.py", "gateway/dividing.py"),
        *("gateway/far_ends.py", "outbound/*"),
    ),
    "acknowledgement": (
        *("gateway/answering.py", "gateway/repeats.py", "gateway/settling.py"),
        "translators/acknowledgements/*",
    ),
}


@dataclass(frozen=True, slots=True)
class Module:
    """What was run of one module. missed: branches and lines that were not, as text for people."""

    path: str
    area: str
    branches: int
    branches_run: int
    missed: str

    @property
    def is_full(self) -> bool:
        """True if every line and every branch was run."""
        return not self.missed


def modules_of(report: Mapping[str, Mapping[str, Mapping[str, object]]]) -> list[Module]:
    """The modules of our areas in a report of `coverage json`, by path."""
    found = []
    for path, measured in sorted(report["files"].items()):
        area = next((a for a, patterns in AREAS.items() if any(fnmatch(path, p) for p in patterns)), None)
        if area is not None:
            found.append(_module(path, area, measured))
    return found


def _module(path: str, area: str, measured: Mapping[str, object]) -> Module:
    summary, lines, branches = measured["summary"], measured["missing_lines"], measured["missing_branches"]
    assert isinstance(summary, dict)
    assert isinstance(lines, list)
    assert isinstance(branches, list)
    jumps = [f"{start}→{end if end > 0 else 'end'}" for start, end in branches if start not in lines]
    missed = " ".join([*(str(line) for line in lines), *jumps])
    return Module(path, area, summary["num_branches"], summary["covered_branches"], missed)


def dropped(modules: Iterable[Module], full: Iterable[str]) -> list[str]:
    """Sentences about modules that were run in full and are not any more, or are gone."""
    now = {module.path: module for module in modules}
    gone = [f"{path} is not there any more: take it out of {FULL.name}." for path in full if path not in now]
    return gone + [
        f"{path} was run in full before; not run now: {now[path].missed}"
        for path in full
        if path in now and not now[path].is_full
    ]


def table(modules: Sequence[Module]) -> str:
    """What was run by area, then what was not, by module."""
    lines = [f"{'area':16} {'modules':>8} {'in full':>8} {'branches':>9} {'run':>8}"]
    for area in AREAS:
        ours = [module for module in modules if module.area == area]
        branches, run = sum(m.branches for m in ours), sum(m.branches_run for m in ours)
        percent = f"{100 * run / branches:.1f} %" if branches else "-"
        full = sum(m.is_full for m in ours)
        lines.append(f"{area:16} {len(ours):8} {full:8} {branches:9} {percent:>8}")
    missing = [f"{module.path}: {module.missed}" for module in modules if not module.is_full]
    return "\n".join([*lines, "", "Not run (lines, and branches as from→to):", *missing])


def main(report: str) -> int:
    """Print the table; the exit status is 1 if a module has dropped."""
    modules = modules_of(json.loads(Path(report).read_text("utf-8")))
    full = FULL.read_text("utf-8").split()
    print(table(modules))
    for path in sorted({module.path for module in modules if module.is_full} - set(full)):
        print(f"{path} is run in full now: add it to {FULL.name}.")
    faults = dropped(modules, full)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
