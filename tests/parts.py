"""Runs what CI runs, part by part, and fails if a part fails or takes longer than its budget.

Run by `make test` with any Python; the parts themselves run in the project's environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKE = ["make", "--no-print-directory"]
PYTEST = [".venv/bin/pytest", "-q", "-p", "no:cacheprovider"]
COUNTS = re.compile(r"(\d+) (passed|failed|error|errors|skipped)")


@dataclass
class Part:
    """One part: its commands, and the seconds it may take on two cores."""

    name: str
    budget_s: float
    commands: list[list[str]]
    took_s: float = 0.0
    status: str = "not run"
    counts: dict[str, int] = field(default_factory=dict)

    def run(self) -> bool:
        """Run all commands; True if all succeeded in time."""
        print(f"\n=== {self.name} (budget {self.budget_s:.0f} s)", flush=True)
        start = time.monotonic()
        succeeded = all(list(map(self._run_one, self.commands)))
        self.took_s = time.monotonic() - start
        in_time = self.took_s <= self.budget_s
        self.status = "failed" if not succeeded else "ok" if in_time else "over budget"
        return succeeded and in_time

    def _run_one(self, command: list[str]) -> bool:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        last = ""
        for line in process.stdout or ():
            print(line, end="", flush=True)
            last = line if COUNTS.search(line) else last
        for count, what in COUNTS.findall(last):
            self.counts[what] = self.counts.get(what, 0) + int(count)
        return process.wait() == 0


def parts() -> list[Part]:
    """The parts in order; budgets are those of the house rules."""
    return [
        Part("install", 120, [[*MAKE, "system"], [*MAKE, "-j", "2", "install"]]),
        Part("lint and types", 90, [[*MAKE, "lint"]]),
        Part(
            "unit, golden, docs",
            120,
            [[*PYTEST, "-n", "2", "tests/unit", "tests/golden", "tests/docs", "tests/architecture"]],
        ),
        Part("databases and stores", 240, [[*PYTEST, "-n", "2", "tests/contract"]]),
        Part("journeys", 240, [[*PYTEST, "-n", "2", "tests/journey"], [*MAKE, "demo"]]),
        Part("crash", 420, [[*PYTEST, "-n", "2", "tests/crash"]]),
        Part("fuzz and corpus", 180, [[*PYTEST, "-n", "2", "tests/property"]]),
    ]


def main() -> int:
    """Run all parts, show a table, and give the exit status."""
    os.environ.setdefault("COLUMNS", "120")
    ran = parts()
    results = []
    for part in ran:
        results.append(part.run())
        if part.name == "install" and not results[-1] and part.status == "failed":
            break
    print("\npart                      took     budget   result")
    for part in ran:
        counts = ", ".join(f"{count} {what}" for what, count in part.counts.items())
        print(f"{part.name:24}  {part.took_s:6.1f} s {part.budget_s:6.0f} s   {part.status}  {counts}")
    passed = sum(part.counts.get("passed", 0) for part in ran)
    failed = sum(sum(part.counts.get(k, 0) for k in ("failed", "error", "errors")) for part in ran)
    corpus = Path(os.environ.get("TRADEPOST_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not corpus.is_dir():
        print(f"\nWithout the corpus ({corpus}) the tests over real files were not run.")
    good = len(results) == len(ran) and all(results)
    print(f"\n{passed} passed, {failed if good or failed else 1} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
