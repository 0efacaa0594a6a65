"""`python -m gateway.alone`: runs one claim under limits, for `Isolation`, which see.

Twice: the claim's fence is checked as in any worker, so that a process which outlives its parent
writes nothing that counts.
"""

from __future__ import annotations

import json
import resource
import sys

from gateway.ports import Claim
from gateway.processor import release
from gateway.settings import Settings
from gateway.wiring import opened
from gateway.worker import Worker

#: Reading takes 256 MB at most, whatever the size of the file; addresses are more than memory.
MEMORY_BYTES = 4 * 1024**3
#: At the slowest, 1 MB/s, enough for the largest file.
CPU_S = 5 * 3600


def main() -> None:
    """Read settings and claim from stdin, and run it."""
    wanted = json.load(sys.stdin)
    release(wanted["processors"])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with opened(Settings(**wanted["settings"])) as gateway:
        worker = Worker(gateway.pipeline.stages, gateway.ledger, gateway.jobs, gateway.clock)
        worker.run(Claim(**wanted["claim"]))


if __name__ == "__main__":
    main()
