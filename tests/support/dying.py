"""Runs a piece of work in a process of its own that dies at its nth file operation.

    for n in deaths(work): ...   # after each, look at what a dead process left behind

Only a child process can die the way kill -9 does: no `finally`, no flush.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from sqlalchemy.engine.default import DefaultDialect

_KILLED = 137
Operations = tuple[tuple[object, str], ...]
_OPERATIONS: Operations = (
    (os, "fsync"),
    (os, "link"),
    (os, "fchmod"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (Path, "open"),
)


#: What a connector does to the world outside: files, sockets of every kind, a customer's database.
FAR_OPERATIONS: Operations = (
    *_OPERATIONS,
    *((socket.socket, name) for name in ("connect", "send", "sendall", "recv", "recv_into")),
    *((DefaultDialect, name) for name in ("do_execute", "do_commit")),
)


def deaths(
    work: Callable[[], object], operations: Operations = _OPERATIONS, steps: Iterable[int] | None = None
) -> Iterator[int]:
    """Dies before the 1st, 2nd, 3rd … operation, yielding after each death, until `work` comes through.

    steps: other operations to die before, rising. Raises AssertionError if `work` fails instead of dying.
    """
    for nth in count(1) if steps is None else steps:
        pid = os.fork()
        if pid == 0:
            _die_or_finish(work, nth, operations)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, _KILLED}, f"the work failed at operation {nth} instead of dying"
        yield nth
        if code == 0:
            return


def _die_or_finish(work: Callable[[], object], nth: int, operations: Operations) -> None:
    seen = count(1)

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            if next(seen) == nth:
                os._exit(_KILLED)
            return real(*args, **options)

        return call

    code = 1
    try:
        for owner, name in operations:
            setattr(owner, name, dying(getattr(owner, name)))
        work()
        code = 0
    finally:
        os._exit(code)
