"""All threads of a gateway keep to one processor, each gateway to another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import processor

KEEPS = """
import json, threading
from gateway.processor import given, keep_to_one
kept = keep_to_one()
thread = threading.Thread(target=lambda: print(json.dumps([kept, sorted(given())])))
thread.start()
thread.join()
"""
GIVES_BACK = """
from gateway.processor import given, keep_to_one, release
before = given()
keep_to_one()
kept = given()
release(before)
release(())
print(len(kept) if len(before) > 1 else 1, given() == before)
"""


def _machine(folder: Path, monkeypatch: pytest.MonkeyPatch, **allowed: set[int]) -> list[set[int]]:
    """A made-up machine: processes by name with the processors that each may use; what is set is returned."""
    numbers = {os.getpid(): allowed.pop("we")}
    for number, (name, processors) in enumerate(allowed.items(), start=1_000_000):
        numbers[number] = processors
        place = folder / str(number)
        place.mkdir()
        (place / "cmdline").write_text("" if name.startswith("system") else name)
    (folder / str(os.getpid())).mkdir()
    (folder / "999999").mkdir()  # it has ended meanwhile

    def looked_up(number: int) -> set[int]:
        if number and number not in numbers:
            raise ProcessLookupError
        return numbers[number or os.getpid()]

    chosen: list[set[int]] = []
    monkeypatch.setattr(processor, "PROCESSES", folder)
    monkeypatch.setattr(os, "sched_getaffinity", looked_up)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, processors: chosen.append(set(processors)))
    return chosen


def test_the_processor_that_fewest_others_keep_to_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = _machine(tmp_path, monkeypatch, we={0, 1, 2}, one={2}, two={1}, three={1}, any={0, 1, 2, 3})
    assert processor.keep_to_one() == 0
    assert chosen == [{0}]


def test_threads_of_the_system_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(tmp_path, monkeypatch, we={0, 1}, system_one={1}, system_two={1}, gateway={0})
    assert processor.keep_to_one() == 1


def test_where_there_is_no_choice_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = _machine(tmp_path, monkeypatch, we={3})
    assert processor.keep_to_one() is None
    assert chosen == []


def test_where_it_is_not_allowed_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(tmp_path, monkeypatch, we={0, 1})

    def refused(_: int, processors: set[int]) -> None:
        raise PermissionError(1, f"not {processors}")

    monkeypatch.setattr(os, "sched_setaffinity", refused)
    assert processor.keep_to_one() is None


def test_where_the_system_has_no_such_thing_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processor.given() == frozenset()
    assert processor.keep_to_one() is None


def test_two_gateways_on_one_machine_take_one_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(tmp_path, monkeypatch, we={0, 1})
    first = processor.keep_to_one()
    assert first is not None
    (tmp_path / "second").mkdir()
    _machine(tmp_path / "second", monkeypatch, we={0, 1}, gateway={first})
    assert processor.keep_to_one() == 1 - first


def test_a_real_process_keeps_to_one_of_those_it_may_use() -> None:
    processors = os.sched_getaffinity(0)
    told = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    kept, others = json.loads(told.stdout)
    assert kept in processors if len(processors) > 1 else kept is None
    assert others == ([kept] if len(processors) > 1 else sorted(processors))


def test_a_process_apart_is_given_back_what_it_may_use() -> None:
    told = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "True"]
