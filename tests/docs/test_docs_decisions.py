"""docs/decisions: every library that runs is accounted for, in the version that is locked."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
#: The part of the page that names what is used.
USED = (DECISIONS / "libraries.md").read_text("utf-8").split("## Used", 1)[1].split("## Later", 1)[0].lower()


def wanted(name: str) -> list[str]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return [re.split(r"[\[<>=]", line)[0] for line in lines if line and not line.startswith(("#", "-"))]


def locked() -> dict[str, str]:
    text = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.+\])?==([^ ]+)", text, re.MULTILINE))


def test_every_library_that_running_needs_is_named_with_its_locked_version() -> None:
    versions = locked()
    for name in wanted("run.in"):
        assert name in USED, name
        assert versions[name] in USED, f"{name} is locked at {versions[name]}"


def test_what_comes_later_is_not_installed_yet() -> None:
    later = (DECISIONS / "libraries.md").read_text("utf-8").split("## Later", 1)[1].split("## Looked", 1)[0]
    names = re.findall(
        r"[a-z][a-z0-9-]+", " ".join(re.findall(r"^\| ([^|]+) \|", later, re.MULTILINE)).lower()
    )
    assert {"jinja2"} <= set(names)
    assert not set(names) & set(wanted("run.in"))


def test_every_decision_stands_in_the_index_and_says_what_was_chosen() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    for page in DECISIONS.glob("*.md"):
        if page.name != "README.md":
            assert f"({page.name})" in index
            assert page.read_text("utf-8").startswith("# ")
