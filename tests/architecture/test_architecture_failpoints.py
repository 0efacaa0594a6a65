"""Failpoints: each name stands in the code once and on its page; a start refuses them outside of tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gateway import failpoints
from gateway.errors import TradepostError
from gateway.failpoints import FAILPOINTS, SWITCH, VARIABLE, arm, arm_from_environment, failpoint
from gateway.pages.failpoints import KINDS

ROOT = Path(__file__).parents[2]
A_NAME = "receive.kept"


@pytest.fixture(autouse=True)
def _disarmed() -> object:
    yield
    arm("")


def placed() -> Counter[str]:
    """How often each name is called in the code."""
    found: Counter[str] = Counter()
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{path}: a failpoint is named in its call"
                found[name.value] += 1
    return found


def test_every_failpoint_stands_in_the_code_exactly_once() -> None:
    assert placed() == Counter(dict.fromkeys(FAILPOINTS, 1))


def test_there_are_at_least_forty_five_failpoints_each_with_its_row_and_a_sentence() -> None:
    assert len(FAILPOINTS) >= 45
    for name, point in FAILPOINTS.items():
        assert name.partition(".")[0] in KINDS, name
        assert point.rows.startswith("FI-"), name
        assert point.stands.endswith("."), name


def test_a_failpoint_that_nobody_armed_does_nothing() -> None:
    failpoint(A_NAME)
    assert failpoints.passages() == {}


def test_an_error_is_raised_at_the_nth_passage_only() -> None:
    arm(f"{A_NAME}=raise:ENOSPC:2")
    failpoint(A_NAME)
    with pytest.raises(OSError, match="No space left on device"):
        failpoint(A_NAME)
    failpoint(A_NAME)
    assert failpoints.passages() == {A_NAME: 3}


def test_without_a_number_every_passage_is_hit() -> None:
    arm(f"{A_NAME}=raise:EIO")
    for _ in range(2):
        with pytest.raises(OSError, match="Input/output error"):
            failpoint(A_NAME)
    failpoint("receive.begin")


@pytest.mark.parametrize(
    "entry",
    [
        "receive.nowhere=kill",
        f"{A_NAME}",
        f"{A_NAME}=explode",
        f"{A_NAME}=raise",
        f"{A_NAME}=raise:EWHAT",
        f"{A_NAME}=sleep:long",
        f"{A_NAME}=kill:first",
        f"{A_NAME}=kill:-1",
        f"{A_NAME}=kill:1:2",
    ],
)
def test_an_entry_that_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(TradepostError) as refused:
        arm(entry)
    assert refused.value.code == "GTW-042"


def test_a_start_refuses_failpoints_unless_a_test_says_that_it_runs() -> None:
    with pytest.raises(TradepostError) as refused:
        arm_from_environment({VARIABLE: f"{A_NAME}=kill"})
    assert refused.value.code == "GTW-043"
    arm_from_environment({})
    assert failpoints.passages() == {}
    arm_from_environment({VARIABLE: f"{A_NAME}=sleep:0", SWITCH: "1"})
    assert failpoints.passages() == {A_NAME: 0}


@pytest.mark.slow
def test_a_production_start_with_failpoints_ends_with_a_sentence(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("tradepost")), "--home", str(tmp_path / "home")]
    environment = {"PATH": "/usr/bin:/bin", VARIABLE: f"{A_NAME}=kill"}
    subprocess.run([*command, "init"], env={}, check=True, capture_output=True, timeout=60)
    done = subprocess.run(
        [*command, "run", "--once"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "GTW-043" in done.stderr
    assert SWITCH in done.stderr
