"""`tradepost bench`: how fast this machine reads one file, and what memory that takes.

Each figure comes from a process of its own that does nothing else, on the gateway's own way:
`read_file`, with every acknowledgement written; where the file is large and two cores may be used, a
second process helps, as it does in `tradepost translate`. 1 MB is 1,000,000 bytes.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import TradepostError, fault

SCHEMA = "bench-1.0.0"
#: What is measured, in this order. The last two are limits: what splitting alone takes.
KINDS = ("validate", "canonical", "split", "finditer")
MB = 1_000_000

#: Told how far a measurement is: its kind, bytes read, bytes in all.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. size: bytes read in one reading. first_s, best_s: of the readings, wall clock.

    start_rss_bytes: held when all was loaded and nothing read; peak_rss_bytes: the most ever.
    processes: that shared the reading; memory is that of all of them.
    """

    size: int
    documents: int
    readings: int
    first_s: float
    best_s: float
    start_rss_bytes: int
    peak_rss_bytes: int
    processes: int = 1

    @property
    def mb_s(self) -> float:
        """Megabytes a second, by the best reading."""
        return round(self.size / MB / self.best_s, 3)

    @property
    def documents_s(self) -> float:
        """Documents a second, by the best reading."""
        return round(self.documents / self.best_s, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure.

    seconds: at least so long each; a file is read three times, however long that takes, unless it takes
    very long.
    """

    file: Path
    partner: str | None = None
    profiles: Path | None = None
    home: Path | None = None
    seconds: float = 1.0


def measure(asked: Asked, progress: Progress) -> dict[str, Measured]:
    """Every kind's measurement, one process after the other.

    Raises TradepostError GTW-050 if a measuring process ends without a result.
    """
    return {kind: _measure(kind, asked, progress) for kind in KINDS}


def _measure(kind: str, asked: Asked, progress: Progress) -> Measured:
    options = {"--partner": asked.partner, "--profiles": asked.profiles, "--home": asked.home}
    named = [str(word) for name, value in options.items() if value is not None for word in (name, value)]
    command = [sys.executable, "-m", "gateway.bench_work", kind, str(asked.file), *named]
    size = asked.file.stat().st_size
    result: dict[str, object] | None = None
    with subprocess.Popen(
        [*command, "--seconds", str(asked.seconds)], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            told = json.loads(line)
            if "at" in told:
                progress(kind, told["at"], size)
            else:
                result = told
    if result is None or process.returncode:
        raise fault(TradepostError, "GTW-050", measured=kind, status=str(process.returncode))
    progress(kind, size, size)
    return Measured(**result)  # type: ignore[arg-type]


def as_json(asked: Asked, measured: Mapping[str, Measured]) -> dict[str, object]:
    """The figures by name; keys may be added, none is changed.

    documents_s: to canonical JSON. peak_rss_mb: of the processes that made
    canonical JSON, together. readings: of which the best counts.
    """
    validate, canonical = measured["validate"], measured["canonical"]
    return {
        "schema": SCHEMA,
        "file": asked.file.name,
        "bytes": asked.file.stat().st_size,
        "documents": canonical.documents,
        "partner": asked.partner,
        "validate_mb_s": validate.mb_s,
        "canonical_mb_s": canonical.mb_s,
        "validate_documents_s": validate.documents_s,
        "documents_s": canonical.documents_s,
        "peak_rss_mb": _mb(canonical.peak_rss_bytes),
        "validate_peak_rss_mb": _mb(validate.peak_rss_bytes),
        "start_rss_mb": _mb(canonical.start_rss_bytes),
        "validate_first_s": round(validate.first_s, 4),
        "canonical_first_s": round(canonical.first_s, 4),
        "readings": canonical.readings,
        "processes": canonical.processes,
        "split_mb_s": measured["split"].mb_s,
        "finditer_mb_s": measured["finditer"].mb_s,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


def _mb(size: int) -> float:
    return round(size / MB, 1)
