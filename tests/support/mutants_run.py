"""Changes the code in small ways and asks the tests whether they notice; prints a score by module.

Run by `make mutants` in an environment of its own. mutmut works in a copy of the tree, so that
nobody meets a mutant; what it found stays there: `cd .build/mutants`, then
`../../.venv-mutants/bin/mutmut show NAME`. A run ends after its time; the next one goes on there.

    python tests/support/mutants_run.py --minutes 30 [gateway/store/tasks.py …]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".build" / "mutants"
COPIED = ("gateway", "outbound", "translators", "partners", "parsers", "samples", "docs", "tests")
FILES = ("pyproject.toml", "README.md", "Makefile")
#: The modules on which a lost or doubled document depends most.
CENTRAL = (
    "gateway/store/tasks.py",
    "gateway/delivering.py",
    "gateway/archive/local.py",
    "translators/acknowledgements/decision.py",
)
#: In-process tests that need no server: each mutant runs those that reach it.
TESTS = (
    *("tests/unit/test_ack_decision.py", "tests/unit/test_ack_outcomes.py", "tests/unit/test_ack_corners.py"),
    *("tests/golden/test_ack_999.py", "tests/golden/test_ack_texts.py", "tests/golden/test_ack_824.py"),
    "tests/unit/test_deliver_together.py",
    *("tests/contract/test_archive.py", "tests/crash/test_archive_local_faults.py"),
    *("tests/crash/test_job_queue.py", "tests/contract/test_ledger.py"),
    *("tests/contract/test_deliver_once.py", "tests/contract/test_deliver_order.py"),
    *("tests/contract/test_deliver_breaker.py", "tests/contract/test_pipeline_breaks.py"),
)
WITHOUT = "not postgresql and not real and not tryton"
NOTICED = ("killed", "timeout", "segfault", "suspicious")


def copy_tree(modules: Sequence[str]) -> None:
    """A copy with mutmut's settings; what an earlier run found there is kept."""
    COPY.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        shutil.copytree(
            ROOT / name, COPY / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in FILES:
        shutil.copy2(ROOT / name, COPY / name)
    settings = {
        "source_paths": list(COPIED[:5]),
        "only_mutate": list(modules),
        "also_copy": ["samples", "docs", *FILES],
        "pytest_add_cli_args_test_selection": [*TESTS, "-k", WITHOUT],
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
        "timeout_multiplier": 4.0,
        "timeout_constant": 5.0,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[tool.mutmut]", *lines, "use_git_change_detection = false", ""]))


def run(minutes: float, children: int) -> None:
    """Let mutmut work until it is done or the time is up."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children)]
    try:
        subprocess.run(command, cwd=COPY, timeout=60 * minutes, check=False)
    except subprocess.TimeoutExpired:
        print(f"\nStopped after {minutes:g} minutes; the next run goes on here.")


def scores(results: Iterable[str]) -> dict[str, Counter[str]]:
    """How many mutants of each module ended how, from the lines of `mutmut results`."""
    counted: dict[str, Counter[str]] = {}
    for line in results:
        name, _, status = line.strip().rpartition(": ")
        if "__mutmut_" in name:
            counted.setdefault(name.rpartition(".")[0], Counter())[status] += 1
    return counted


def table(counted: dict[str, Counter[str]]) -> str:
    """A line for each module; its score is the share noticed of those that were tried."""
    lines = [f"{'module':45} {'noticed':>8} {'survived':>9} {'no test':>8} {'not tried':>10} {'score':>7}"]
    for module, ended in sorted(counted.items()):
        noticed = sum(ended[status] for status in NOTICED)
        missed, untested = ended["survived"], ended["no tests"]
        tried = noticed + missed + untested
        score = f"{100 * noticed / tried:.0f} %" if tried else "-"
        rest = ended["not checked"]
        lines.append(f"{module:45} {noticed:8} {missed:9} {untested:8} {rest:10} {score:>7}")
    return "\n".join(lines)


def main() -> int:
    """Copy, run, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--children", type=int, default=2)
    options.add_argument("modules", nargs="*", default=list(CENTRAL))
    asked = options.parse_args()
    copy_tree(asked.modules)
    run(asked.minutes, asked.children)
    command = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    told = subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True)
    print(table(scores(told.stdout.splitlines())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
