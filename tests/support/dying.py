"""Runs a piece of work in a process of its own that dies at its nth file operation.

    for n in deaths(work): ...   # after each, look at what a dead process left behind

Only a child process can die the way kill -9 does: no `finally`, no flush.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

_KILLED = 137
_OPERATIONS = ((os, "fsync"), (os, "link"), (os, "fchmod"), (Path, "unlink"), (Path, "mkdir"), (Path, "open"))


def deaths(work: Callable[[], object]) -> Iterator[int]:
    """Dies before the 1st, 2nd, 3rd … operation, yielding after each death, until `work` comes through.

    Raises AssertionError if `work` fails instead of dying.
    """
    for nth in count(1):
        pid = os.fork()
        if pid == 0:
            _die_or_finish(work, nth)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, _KILLED}, f"the work failed at operation {nth} instead of dying"
        yield nth
        if code == 0:
            return


def _die_or_finish(work: Callable[[], object], nth: int) -> None:
    seen = count(1)

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            if next(seen) == nth:
                os._exit(_KILLED)
            return real(*args, **options)

        return call

    code = 1
    try:
        for owner, name in _OPERATIONS:
            setattr(owner, name, dying(getattr(owner, name)))
        work()
        code = 0
    finally:
        os._exit(code)
