"""docs/second-opinion.md and inspect.md on it: kinds, keys and the example are those of the code."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from x12_faults import ORDER

from gateway import second_opinion
from gateway.screen import Screen
from gateway.second_opinion import Overheard, opinions
from parsers.x12.second_opinion.differences import kinds
from parsers.x12.second_opinion.fair_copy import MAX_BYTES
from parsers.x12.second_opinion.verdict import Scope

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "second-opinion.md").read_text("utf-8")
KEYS = (ROOT / "docs" / "inspect.md").read_text("utf-8").split("### Second opinion\n")[1].split("\n## ")[0]


def overheard(data: bytes) -> Overheard:
    task = Overheard(io.BytesIO(data), "file.edi", datetime(2026, 11, 23, tzinfo=UTC))
    list(task.events())
    return task


def test_the_kinds_are_those_of_the_code_in_its_words() -> None:
    rows = [
        line.split(" | ")[:4] for line in PAGE.splitlines() if re.match(r"\| `[a-z-]+` \|.*\| \d+ \|$", line)
    ]
    assert rows == [[f"| `{kind.name}`", kind.ours, kind.theirs, kind.why] for kind in kinds().values()]


def test_the_example_is_what_people_see() -> None:
    (file,) = re.findall(r"tradepost inspect (\S+) --second-opinion\n", PAGE)
    (example,) = re.findall(r"```\n(Second opinion.*?)```", PAGE, re.DOTALL)
    out = io.StringIO()
    second_opinion.show(opinions(overheard((ROOT / file).read_bytes())), Screen(out, width=100))
    assert out.getvalue().strip() == example.strip()


def test_the_largest_interchange_is_the_one_told() -> None:
    assert f"above {MAX_BYTES // 1_000_000} MB" in PAGE


@pytest.fixture(scope="module")
def interchange() -> Mapping[str, Any]:
    text = ORDER.replace("**20261123", "**20270229").replace("N3*1 MAIN ST", "N3*1 MAIN ST*")
    value: Any = second_opinion.as_json(opinions(overheard(text.encode())))
    assert set(re.findall(r"`(\w+)`", KEYS.split("|")[0])) >= set(value)
    (found,) = value["interchanges"]
    assert isinstance(found, dict)
    return found


def test_the_keys_are_those_that_are_written(interchange: Mapping[str, Any]) -> None:
    assert re.findall(r"^\| `(\w+)` \|", KEYS, re.MULTILINE) == list(interchange)
    for key in ("sets", "agreed", "differences"):
        (one,) = interchange[key]
        assert "{" + ", ".join(f'"{name}"' for name in one) + "}" in KEYS, key
    (agreed,) = interchange["agreed"]
    assert "{" + ", ".join(f'"{name}"' for name in agreed["pyx12"]) + "}" in KEYS
    assert all(f"`{scope.value}`" in KEYS for scope in Scope)
