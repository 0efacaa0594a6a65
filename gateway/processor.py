"""All threads of this process on one processor.

CPython runs one thread at a time. Where threads that take turns are spread over processors, each
turn is a signal across them, and the caches are cold; a gateway under load took up to 18 ms of
processor time a file so, and 10 ms on one processor. See docs/decisions/one-processor.md.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")


def given() -> frozenset[int]:
    """The processors that the calling thread may run on; none where the system does not tell."""
    return _allowed_to(0)


def keep_to_one() -> int | None:
    """Keep the calling thread, and all that it starts from now on, to one of them; its number.

    The one that fewest other processes keep to: two gateways on one machine take one each. None,
    and nothing is changed, where there is no choice or it is not allowed.
    """
    processors = given()
    if len(processors) < 2:
        return None
    one = _least_taken(processors)
    try:
        os.sched_setaffinity(0, {one})
    except OSError:  # a unit's filter of system calls
        return None
    return one


def release(processors: Collection[int]) -> None:
    """Let the calling thread, and all that it starts from now on, run on these again; nothing, if none."""
    if processors:
        os.sched_setaffinity(0, processors)


def _least_taken(processors: Collection[int]) -> int:
    taken = Counter(_kept_to())
    return min(processors, key=lambda number: (taken[number], -number))


def _kept_to() -> Iterator[int]:
    """The processor of each other process that keeps to one; the system's own threads do not count."""
    for place in PROCESSES.glob("[0-9]*"):
        number = int(place.name)
        if number == os.getpid():
            continue
        allowed = _allowed_to(number)
        with suppress(OSError):
            if len(allowed) == 1 and (place / "cmdline").read_bytes():
                yield from allowed


def _allowed_to(process: int) -> frozenset[int]:
    if not hasattr(os, "sched_getaffinity"):
        return frozenset()
    try:
        return frozenset(os.sched_getaffinity(process))
    except OSError:  # it has ended
        return frozenset()
