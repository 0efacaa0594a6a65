"""The watchers at work: one thread a channel, opened and closed as the profiles in force say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.errors import TradepostError
from gateway.jobs.local import Bell
from gateway.pipeline import Profiles
from gateway.ports import Receive, Watcher
from gateway.watchers.registry import OPENERS
from gateway.watchers.watch import watch
from partners.profile import Channel

log = structlog.get_logger()

#: Seconds between looks whether other profiles have come into force.
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Post:
    """A watcher at work for a channel as it was configured."""

    channel: Channel
    watcher: Watcher
    thread: threading.Thread
    relieved: threading.Event


class WatcherCrew:
    """Keeps a watcher at each open channel. A channel that changes gets a new one."""

    def __init__(self, profiles: Profiles, home: Path, receive: Receive) -> None:
        self._profiles = profiles
        self._home = home
        self._receive = receive
        self._posts: dict[str, _Post] = {}

    def serve(self, should_stop: Callable[[], bool]) -> None:
        """Keep the posts manned until told to stop; then let sweeps in hand finish."""
        pause = Bell()
        version = None
        try:
            while not should_stop():
                applied = self._profiles.current()
                if applied.version != version:
                    version = applied.version
                    wanted = {channel.name: channel for _, channel in applied.directory.open_channels()}
                    self._man(wanted)
                pause.wait(LOOK_S)
        finally:
            self._man({})

    def _man(self, wanted: dict[str, Channel]) -> None:
        changed = [post for name, post in self._posts.items() if wanted.get(name) != post.channel]
        for post in changed:
            post.relieved.set()
            post.watcher.bell.ring()
        for post in changed:
            post.thread.join()
            post.watcher.close()
            del self._posts[post.channel.name]
        for name, channel in wanted.items():
            if channel.kind in OPENERS and name not in self._posts:
                self._open(channel)

    def _open(self, channel: Channel) -> None:
        try:
            watcher = OPENERS[channel.kind](channel, self._home)
        except TradepostError as fault:
            log.warning("channel.closed", channel=channel.name, code=fault.code, reason=fault.message)
            return
        relieved = threading.Event()
        thread = threading.Thread(
            target=watch, args=(watcher, self._receive, relieved.is_set), name=f"watch {channel.name}"
        )
        self._posts[channel.name] = _Post(channel, watcher, thread, relieved)
        thread.start()
