"""The loop that every watcher runs in: sweep, then wait for the bell or the poll interval."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import OperationalError

from gateway.errors import ArchiveUnavailable, ChannelUnavailable
from gateway.ports import Receive, Watcher

log = structlog.get_logger()

#: Longest wait before a look whether to stop.
STEP_S = 0.5


def watch(
    watcher: Watcher, receive: Receive, should_stop: Callable[[], bool], may_take: Callable[[], bool]
) -> None:
    """Sweep until told to stop. A store or ledger that is away is tried again at the next poll.

    While nothing may be taken, for want of room or since too much waits, files stay where they are.
    """

    def should_end() -> bool:
        return should_stop() or not may_take()

    while not should_stop():
        try:
            count = watcher.sweep(receive, should_end)
        except (ChannelUnavailable, ArchiveUnavailable) as fault:
            log.warning("channel.unavailable", channel=watcher.channel, code=fault.code, reason=fault.message)
        except OperationalError as fault:
            log.warning("ledger.unavailable", channel=watcher.channel, reason=str(fault.orig))
        else:
            if count:
                log.info("channel.swept", channel=watcher.channel, files=count)
        _rest(watcher, should_stop)


def _rest(watcher: Watcher, should_stop: Callable[[], bool]) -> None:
    end = time.monotonic() + watcher.poll_s
    while not should_stop() and (left := end - time.monotonic()) > 0:
        if watcher.bell.wait(min(left, STEP_S)):
            return
