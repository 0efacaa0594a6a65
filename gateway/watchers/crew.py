"""The watchers at work: one thread a channel, opened and closed as the profiles in force say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.jobs.local import Bell
from gateway.parts import Profiles
from gateway.ports import Bookmarks, Receive, Watcher
from gateway.watchers.registry import ErpAccess, open_watcher
from gateway.watchers.watch import watch
from partners.directory import Directory
from partners.profile import Channel, ErpChannel

#: Seconds between looks whether other profiles have come into force.
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Post:
    """A watcher at work for a channel of a partner, as it was configured."""

    partner: str
    channel: Channel
    watcher: Watcher
    thread: threading.Thread
    relieved: threading.Event


class WatcherCrew:
    """Keeps a watcher at each open channel. A channel that changes gets a new one.

    has_room: whether the disks have room for new files; asked before each file, like is_backed_up:
    whether so much of a partner waits that no more is taken. bookmarks: without them no ERP is read.
    """

    def __init__(
        self,
        profiles: Profiles,
        home: Path,
        receive: Receive,
        has_room: Callable[[], bool] = lambda: True,
        is_backed_up: Callable[[str], bool] = lambda _partner: False,
        bookmarks: Bookmarks | None = None,
    ) -> None:
        self._profiles = profiles
        self._home = home
        self._receive = receive
        self._has_room = has_room
        self._is_backed_up = is_backed_up
        self._bookmarks = bookmarks
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
                    self._man(applied.directory)
                pause.wait(LOOK_S)
        finally:
            self._relieve(list(self._posts.values()))

    def _man(self, directory: Directory) -> None:
        open_now = directory.open_channels()
        wanted = {channel.name: (profile.partner, channel) for profile, channel in open_now}
        self._relieve([post for name, post in self._posts.items() if not _may_stay(post, wanted.get(name))])
        erp = None if self._bookmarks is None else ErpAccess(directory, self._bookmarks)
        for name, (partner, channel) in wanted.items():
            if name not in self._posts:
                self._open(partner, channel, erp)

    def _relieve(self, changed: Sequence[_Post]) -> None:
        for post in changed:
            post.relieved.set()
            post.watcher.bell.ring()
        for post in changed:
            post.thread.join()
            post.watcher.close()
            del self._posts[post.channel.name]

    def _open(self, partner: str, channel: Channel, erp: ErpAccess | None) -> None:
        watcher = open_watcher(channel, partner, self._home, erp)
        if watcher is None:
            return
        relieved = threading.Event()

        def may_take() -> bool:
            return self._has_room() and not self._is_backed_up(partner)

        orders = (watcher, self._receive, relieved.is_set, may_take)
        thread = threading.Thread(target=watch, args=orders, name=f"watch {channel.name}")
        self._posts[channel.name] = _Post(partner, channel, watcher, thread, relieved)
        thread.start()


def _may_stay(post: _Post, wanted: tuple[str, Channel] | None) -> bool:
    """Whether a watcher serves its channel as it is now; an ERP's also depends on what stands elsewhere."""
    return wanted == (post.partner, post.channel) and not isinstance(post.channel, ErpChannel)
