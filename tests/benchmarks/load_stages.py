"""What a small file costs, stage by stage, in processor time: `load_stages.py [FILES]` prints a table.

One thread does everything, so that each stage's time is its own; only requests to the ERP are made beside.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from load_files import order_file, partner
from load_gateway import PARTNERS, Bench, bench

from gateway.jobs import local
from gateway.ports import Arrival, Claim
from gateway.wiring import Gateway, opened


def measured(files: int) -> dict[str, float]:
    """Milliseconds of processor time a file, by stage and beside the stages."""
    local.DRAIN_CLAIMS = local.SERVE_CLAIMS  # as a gateway at work claims
    with bench() as load, opened(load.gateway.settings) as gateway:
        gateway.apply_profiles_once()
        paths = [_written(load, number) for number in range(files)]
        spent: Counter[str] = Counter()
        began = time.process_time()
        for number, path in enumerate(paths):
            sender = partner(number % PARTNERS + 1)
            gateway.pipeline.receive(Arrival(sender, path.name, path.name, sender), path)
        spent["receive"] = time.process_time() - began
        began = time.process_time()
        _drain(gateway, spent)
        stages = sum(spent.values()) - spent["receive"]
        spent["claims and requests"] = time.process_time() - began - stages
    return {stage: seconds / files * 1e3 for stage, seconds in spent.items()}


def _written(load: Bench, number: int) -> Path:
    path = load.folder / f"po{number}.edi"
    path.write_bytes(order_file(number, number % PARTNERS + 1))
    return path


def _drain(gateway: Gateway, spent: Counter[str]) -> None:
    def run(*claims: Claim) -> None:
        began = time.thread_time()
        gateway.worker.run(*claims)
        spent[claims[0].stage] += time.thread_time() - began

    gateway.jobs.drain(run)


if __name__ == "__main__":
    figures = measured(int(sys.argv[1]) if len(sys.argv) > 1 else 800)
    for stage, cost_ms in figures.items():
        print(f"{stage:20} {cost_ms:6.2f} ms")
    print(f"{'in all':20} {sum(figures.values()):6.2f} ms")
