"""The tables of `make coverage` and `make mutants`: what counts, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from coverage_table import AREAS, FULL, dropped, modules_of, table
from mutants_run import CENTRAL, TESTS, scores
from mutants_run import table as score_table

ROOT = Path(__file__).parents[2]


def measured(lines: list[int], branches: list[list[int]]) -> dict[str, Any]:
    summary = {"num_branches": 10, "covered_branches": 10 - len(branches)}
    return {"summary": summary, "missing_lines": lines, "missing_branches": branches}


def test_a_module_is_full_when_every_line_and_branch_was_run() -> None:
    report = {
        "files": {
            "gateway/store/tasks.py": measured([], []),
            "gateway/store/moves.py": measured([], [[3, -1]]),
            "gateway/screen.py": measured([1], []),
        }
    }
    moves, tasks = modules_of(report)
    assert (moves.path, moves.is_full, moves.missed) == ("gateway/store/moves.py", False, "3→end")
    assert (tasks.path, tasks.is_full) == ("gateway/store/tasks.py", True)
    assert dropped([moves, tasks], ["gateway/store/tasks.py"]) == []
    assert dropped([moves, tasks], ["gateway/store/moves.py"]) == [
        "gateway/store/moves.py was run in full before; not run now: 3→end"
    ]
    assert "95.0 %" in table([moves, tasks])


def test_a_full_module_that_is_gone_must_leave_the_list() -> None:
    assert dropped([], ["gateway/old.py"]) == [
        "gateway/old.py is not there any more: take it out of covered.txt."
    ]


def test_a_line_that_was_not_run_is_told_once_not_with_its_branches_too() -> None:
    report = {"files": {"gateway/gates.py": measured([7], [[6, 7], [7, 8]])}}
    assert [module.missed for module in modules_of(report)] == ["7 6→7"]


def test_what_is_named_is_there_and_in_order() -> None:
    full = FULL.read_text("utf-8").split()
    assert full == sorted(set(full))
    for name in (*full, *CENTRAL, *TESTS):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("area", AREAS)
def test_every_pattern_of_an_area_finds_a_module(area: str) -> None:
    for pattern in AREAS[area]:
        assert list(ROOT.glob(pattern)), pattern


def test_mutants_are_counted_by_module_and_an_untested_one_counts_against_it() -> None:
    counted = scores(
        [
            "    gateway.gates.x_pause__mutmut_1: killed",
            "    gateway.gates.x_pause__mutmut_2: survived",
            "    gateway.gates.x_pause__mutmut_3: no tests",
            "    gateway.gates.x_pause__mutmut_4: timeout",
            "    gateway.gates.x_pause__mutmut_5: not checked",
            "and a line of something else",
        ]
    )
    assert {module: sum(ended.values()) for module, ended in counted.items()} == {"gateway.gates": 5}
    assert score_table(counted).splitlines()[-1].split() == ["gateway.gates", "2", "1", "1", "1", "50", "%"]
