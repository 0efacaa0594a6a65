"""The lock files: every package pinned and hashed, nothing said of where it comes from."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
INPUTS = sorted((ROOT / "requirements").glob("*.in"))
PINNED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)(\[(?P<extras>[a-z0-9, ._-]+)\])?==(?P<version>[^ ;]+)( ; .+)?"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
WANTED = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?([<>=!~]=?[0-9.]+)?")


def entries(lock: Path) -> list[list[str]]:
    """Each requirement with its hashes, continuation lines joined."""
    joined = lock.read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [re.split(r"\s+(?=--hash)", line.strip()) for line in lines]


def names(lock: Path) -> set[str]:
    return {match["name"] for head, *_ in entries(lock) if (match := PINNED.fullmatch(head))}


def test_there_are_five_lock_files() -> None:
    assert [lock.name for lock in LOCKS] == ["mutants.txt", "peers.txt", "run.txt", "test.txt", "tryton.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    for head, *hashes in entries(lock):
        assert PINNED.fullmatch(head), head
        assert hashes, head
        assert all(HASH.fullmatch(one.strip()) for one in hashes), head


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_address_path_or_index_stands_in_a_lock_file(lock: Path) -> None:
    text = lock.read_text("utf-8")
    for sign in ("://", "--index", "--extra-index", "--find-links", "--trusted", "-e ", "file:", " @ "):
        assert sign not in text, sign
    assert set(re.findall(r"--[a-z-]+", text)) == {"--hash"}


@pytest.mark.parametrize("wanted", INPUTS, ids=lambda wanted: wanted.name)
def test_what_is_wanted_is_named_and_locked(wanted: Path) -> None:
    lines = [line for line in wanted.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    locked = names(wanted.with_suffix(".txt"))
    for line in lines:
        if not line.startswith("-r "):
            assert WANTED.fullmatch(line), line
            assert re.split(r"[\[<>=!~]", line)[0] in locked, line


def test_the_tests_use_the_versions_that_run() -> None:
    run, test, mutants = (
        {re.sub(r"\[.+\]", "", head) for head, *_ in entries(ROOT / "requirements" / f"{name}.txt")}
        for name in ("run", "test", "mutants")
    )
    assert run <= test <= mutants


def test_a_package_that_another_wants_with_extras_is_locked_with_them() -> None:
    """pip takes `coverage[toml]` for another package than a locked `coverage`: its newest version."""
    matches = [PINNED.fullmatch(head) for head, *_ in entries(ROOT / "requirements" / "test.txt")]
    locked = {match["name"]: set((match["extras"] or "").split(", ")) for match in matches if match}
    assert "toml" in locked["coverage"]
    for name in locked:
        for line in wanted_by(name):
            if line.name in locked:
                assert line.extras <= locked[line.name], f"{name} wants {line}"


def wanted_by(name: str) -> list[Requirement]:
    """What an installed package requires here; nothing of one that this platform does not need."""
    try:
        lines = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return []
    return [line for line in lines if not line.marker or line.marker.evaluate({"extra": ""})]
