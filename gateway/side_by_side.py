"""Two processes for one file, where it is large and a core is free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.second_process import SecondProcess

#: A smaller file is read before a second process would have started.
LARGE_BYTES = 4_000_000


def worth_it(size: int, least: int = LARGE_BYTES) -> bool:
    """True if a file of so many bytes is read faster by two processes, and there are cores for them."""
    return size >= least and _cores() > 1


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def second_process(size: int, least: int = LARGE_BYTES) -> Iterator[SecondProcess | None]:
    """Helps with a file of so many bytes; None if that is not worth it."""
    if not worth_it(size, least):
        yield None
        return
    from gateway.second_process import SecondProcess  # for large files alone

    helper = SecondProcess()
    try:
        yield helper
    finally:
        helper.close()
