"""How long it takes from the command to the last line, with nothing loaded before.

Reports; asserts only what a busy machine keeps too. What a start may load is held by
tests/unit/test_people_quick_commands.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples" / "x12" / "850"
STARTS = 15
#: On a quiet machine 0.15 s are promised.
BUSY_LIMIT_S = 0.6
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "tradepost inspect, a good order": ["-c", "from gateway.cli import main; main()", "inspect", "simple"],
    "tradepost inspect, a bad order": ["-c", "from gateway.cli import main; main()", "inspect", "bad-date"],
    "tradepost errors X12-227": ["-c", "from gateway.cli import main; main()", "errors", "X12-227"],
}


def best_s(words: list[str], environment: dict[str, str]) -> float:
    """The quickest of some starts; the first ones may have to compile."""
    took = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=False, capture_output=True, env=environment)
        took.append(time.perf_counter() - start)
    return min(took)


@pytest.mark.slow
def test_a_cold_look_at_a_small_file(tmp_path: Path) -> None:
    # Compiled files are kept, as they are where the program is installed.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    print()
    for name, words in COMMANDS.items():
        filled = [str(SAMPLES / word / "input.edi") if (SAMPLES / word).is_dir() else word for word in words]
        took = best_s(filled, environment)
        print(f"  {took * 1000:6.0f} ms  {name}")
        assert took < BUSY_LIMIT_S
