"""Asks an ERP for what has changed since it was last asked, and hands each record's document over.

How far was read is kept in the ledger, and moves only once everything before it is recorded. What
changes while it is asked for, or becomes visible late, is found by beginning a little before it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from gateway.failpoints import failpoint
from gateway.jobs.local import Bell
from gateway.ports import Arrival, Bookmarks, Doorbell, Heard, Receive
from gateway.watchers.faults import unavailable
from outbound.changes import Change, ChangeReader, Told
from outbound.connector import Refused, TryLater
from partners.channels import ErpChannel

AWAY = "GTW-280"
REFUSED = "GTW-281"


class ErpWatcher:
    """A `Watcher` (gateway/ports.py) over a partner's side of an ERP.

    Source key: the record and the ERP's mark of its change. What a record said is noted in the
    transaction that records the arrival; one that was touched and says the same is no arrival. A
    record that was taken back is told only if it was told before.
    """

    def __init__(
        self,
        channel: ErpChannel,
        partner: str,
        open_reader: Callable[[], ChangeReader],
        bookmarks: Bookmarks,
    ) -> None:
        self._settings = channel
        self._partner = partner
        self._open_reader = open_reader
        self._bookmarks = bookmarks
        self._reader: ChangeReader | None = None
        self._bell = Bell()

    @property
    def channel(self) -> str:
        """See `Watcher`."""
        return self._settings.name

    @property
    def poll_s(self) -> float:
        """See `Watcher`."""
        return self._settings.poll_s

    @property
    def bell(self) -> Doorbell:
        """See `Watcher`; no ERP rings it."""
        return self._bell

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        """See `Watcher`. Twice: what was recorded is known by its record and change."""
        count = 0
        with self._speaking():
            reader = self._connected()
            for source in reader.sources:
                count += self._read(reader, source, receive, should_stop)
        return count

    def close(self) -> None:
        """See `Watcher`; a later sweep connects anew."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _connected(self) -> ChangeReader:
        """The reader, made at the first sweep whose secrets can be read."""
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """What the ERP says instead of an answer, as ChannelUnavailable; the next sweep tries again."""
        place = self._settings.destination
        try:
            yield
        except TryLater as wait:
            raise unavailable(AWAY, place=place, reason=wait.reason) from wait
        except Refused as refusal:
            self.close()  # the next sweep reads the secrets anew: they may have been put right
            raise unavailable(REFUSED, place=place, reason=refusal.reason) from refusal

    def _read(
        self, reader: ChangeReader, source: str, receive: Receive, should_stop: Callable[[], bool]
    ) -> int:
        """Read one kind of record to its end, page by page; how many documents were handed over."""
        count = 0
        reached = self._bookmarks.position(self.channel, source)
        after = reader.start() if reached is None else reader.overlapping(source, reached)
        while not should_stop():
            page = reader.changes(source, after, self._settings.page)
            same, handed_over, is_whole = self._take(reader, page, receive, should_stop)
            count += handed_over
            if not is_whole:
                break
            at_end = len(page) < self._settings.page
            after = page[-1].at if page else after
            failpoint("erp.page_recorded")
            self._bookmarks.advance(self.channel, source, after, same, at_end=at_end)
            failpoint("erp.cursor_moved")
            if at_end:
                break
        return count

    def _take(
        self,
        reader: ChangeReader,
        page: Sequence[Change],
        receive: Receive,
        should_stop: Callable[[], bool],
    ) -> tuple[list[Heard], int, bool]:
        """Hand over what a page has to say.

        Returns records that say the same as before, how many were handed over, and False if told to
        stop in between: the cursor then stays where it is.
        """
        known = self._bookmarks.heard(self.channel, [change.name for change in page])
        fresh = [change for change in page if _is_news(change, known)]
        same: list[Heard] = []
        count = 0
        for told in reader.tell(fresh) if fresh else ():
            if should_stop():
                return same, count, False
            heard = Heard(told.change.name, told.change.at.version, told.digest)
            before = known.get(heard.record)
            if before is not None and before.digest == heard.digest:
                same.append(heard)
            elif before is not None or not told.change.withdrawn:
                self._hand_over(told, heard, receive)
                count += 1
        return same, count, True

    def _hand_over(self, told: Told, heard: Heard, receive: Receive) -> None:
        change = told.change
        arrival = Arrival(
            channel=self.channel,
            source_key=change.key,
            name=f"{change.source}-{change.at.number}.json",
            partner=self._partner,
            attributes={
                "destination": self._settings.destination,
                "record": change.name,
                "changed": change.at.version,
            },
            heard=heard,
        )
        receive(arrival, io.BytesIO(told.content))
        failpoint("erp.received")


def _is_news(change: Change, known: Mapping[str, Heard]) -> bool:
    """False for a change that was read before, and for the withdrawal of what was never told."""
    before = known.get(change.name)
    if before is None:
        return not change.withdrawn
    return before.version < change.at.version
