"""A process that helps to read a large file: what it gives, and what happens when it does not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import typer
from x12_beside import copies, told

from gateway import side_by_side
from gateway.cli.translating import translate
from gateway.second_process import SecondProcess
from gateway.side_by_side import LARGE_BYTES, second_process, worth_it

SIMPLE = Path(__file__).parents[2] / "samples" / "x12" / "850" / "simple" / "input.edi"


@pytest.fixture
def helper() -> Iterator[SecondProcess]:
    process = SecondProcess()
    process.wait_until_ready()
    yield process
    process.close()


@pytest.fixture(scope="module")
def content() -> bytes:
    return copies(SIMPLE.read_bytes(), 1500)


@pytest.fixture(scope="module")
def alone(content: bytes) -> list[object]:
    return told(content, None)


def test_it_gives_what_reading_alone_gives(
    helper: SecondProcess, content: bytes, alone: list[object]
) -> None:
    assert told(content, helper) == alone
    assert told(content, helper) == alone, "and again"
    assert not helper.gone
    assert helper.peak_rss_bytes > 0


def test_if_it_is_killed_nothing_is_lost(helper: SecondProcess, content: bytes, alone: list[object]) -> None:
    os.kill(helper.pid, signal.SIGKILL)
    assert told(content, helper) == alone
    assert helper.gone


def test_if_it_stands_still_nothing_is_lost(
    helper: SecondProcess, content: bytes, alone: list[object]
) -> None:
    os.kill(helper.pid, signal.SIGSTOP)
    assert told(content, helper) == alone


def test_an_interrupt_at_the_keyboard_leaves_the_ending_to_who_started_it(
    helper: SecondProcess, content: bytes, alone: list[object]
) -> None:
    os.kill(helper.pid, signal.SIGINT)
    assert told(content, helper) == alone
    assert not helper.gone


def test_closing_ends_it() -> None:
    process = SecondProcess()
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_small_files_and_single_cores_start_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with second_process(LARGE_BYTES - 1) as process:
        assert process is None
    monkeypatch.setattr(side_by_side, "_cores", lambda: 1)
    assert not worth_it(LARGE_BYTES)
    monkeypatch.setattr(side_by_side, "_cores", lambda: 2)
    assert worth_it(LARGE_BYTES)


def test_translate_writes_the_same_with_it(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.edi"
    file.write_bytes(content)
    written = []
    for helped in (True, False):
        monkeypatch.setattr(side_by_side, "worth_it", lambda *_, helped=helped: helped)
        output = tmp_path / f"{helped}.ndjson"
        translate(cast("typer.Context", SimpleNamespace(obj=None)), file, output=output)
        written.append(output.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b"\n") == 1501
