"""`tradepost bench` measures a user's own file in fresh processes, on the gateway's own way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import bench
from gateway.errors import TradepostError

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "x12" / "850" / "simple" / "input.edi"
TRADEPOST = str(Path(sys.executable).with_name("tradepost"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """As a user does who has no home here: partners are those of the samples."""
    around = {**os.environ, "COLUMNS": "160", "TRADEPOST_HOME": "/nonexistent"}
    command = [TRADEPOST, "bench", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=around)


@pytest.mark.slow
def test_its_json_has_the_promised_figures() -> None:
    done = run(str(SAMPLE), "--seconds", "0", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["bytes"] == SAMPLE.stat().st_size
    assert figures["documents"] == 1
    for name in ("validate_mb_s", "canonical_mb_s", "documents_s", "split_mb_s", "finditer_mb_s"):
        assert figures[name] > 0, name
    assert 5 < figures["peak_rss_mb"] < 200
    assert figures["start_rss_mb"] <= figures["peak_rss_mb"]
    assert figures["processes"] == 1


@pytest.mark.slow
def test_people_get_a_table_with_the_limits_beside() -> None:
    done = run(str(SAMPLE), "--seconds", "0", "--partner", "acme-retail")
    assert done.returncode == 0, done.stderr
    assert "validated and acknowledged" in done.stdout
    assert "limit: split at the separators" in done.stdout


def test_the_memory_of_who_asks_is_not_counted(tmp_path: Path) -> None:
    """Linux hands the peak of the parent on to `getrusage` of the child."""
    held = b"x" * 300_000_000
    measured = bench.measure(bench.Asked(SAMPLE, seconds=0), lambda *_: None)
    assert measured["canonical"].peak_rss_bytes < len(held) / 2
    assert measured["canonical"].documents == 1
    assert measured["split"].size == SAMPLE.stat().st_size


def test_progress_is_told_up_to_the_end() -> None:
    told: dict[str, tuple[int, int]] = {}
    bench.measure(bench.Asked(SAMPLE, seconds=0), lambda kind, at, size: told.update({kind: (at, size)}))
    assert told == dict.fromkeys(bench.KINDS, (SAMPLE.stat().st_size,) * 2)


def test_a_process_without_a_result_is_a_fault_with_a_remedy() -> None:
    with pytest.raises(TradepostError) as caught:
        bench.measure(bench.Asked(SAMPLE, partner="nobody-at-all", seconds=0), lambda *_: None)
    assert caught.value.code == "GTW-050"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["no/such/file"], 64, "GTW-033"),
        ([str(SAMPLE), "--partner", "nobody-at-all"], 1, "GTW-032"),
        (["/dev/null"], 64, "GTW-052"),
    ],
)
def test_what_cannot_be_measured_is_said_before_measuring(words: list[str], status: int, code: str) -> None:
    done = run(*words)
    assert done.returncode == status
    assert done.stderr.startswith(code)
    assert done.stdout == ""
