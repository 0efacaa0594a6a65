"""A second process that reads lots of sets while this one reads others."""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
from collections import deque
from contextlib import suppress
from io import FileIO
from typing import Any, cast

from gateway.side_work import LENGTHS, message
from translators.lots import Lot, Terms, take_sets, told_terms

#: Lots that the second process has, at most: one in hand, the others waiting.
MOST_LOTS = 4
#: Asked for each pipe, so that answers find room and the second process need not wait for us.
PIPE_BYTES = 1024 * 1024
#: Seconds that a lot is waited for when nothing else is left to do; it takes a free core a tenth of that.
PATIENCE_S = 0.02
#: Seconds after which a process that does not even listen is taken for gone.
DEAF_S = 30.0


class SecondProcess:
    """A helper of `translators.beside`: a process of its own, which ends with `close`.

    Never a fork: it starts anew and loads only what reading needs. If it dies, what it owes comes back
    unread, and it takes nothing more: the file is read as without it.
    peak_rss_bytes: the most memory that it has held, as it said last. gone: True once it is no help.
    """

    def __init__(self) -> None:
        self.peak_rss_bytes = 0
        self.gone = False
        command = [sys.executable, "-P", "-m", "gateway.side_work"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._to = cast(FileIO, self._process.stdin)
        self._from = cast(FileIO, self._process.stdout)
        for pipe in (self._to, self._from):
            _widen(pipe)
        os.set_blocking(self._to.fileno(), False)
        self._owed: deque[Lot] = deque()
        self._terms: Terms | None = None
        self._is_ready = False
        #: Used again and again, since fresh memory costs as much as reading; and how much of it is heard.
        self._buffer = bytearray(PIPE_BYTES)
        self._heard = 0

    @property
    def pid(self) -> int:
        """Its number at the operating system."""
        return self._process.pid

    def has_room(self) -> bool:
        """See `translators.beside.Helper`."""
        while not self.gone and self._says_more(0):
            self._hear()
        return self._is_ready and not self.gone and len(self._owed) < MOST_LOTS

    def hand_over(self, lot: Lot) -> None:
        """See `translators.beside.Helper`."""
        terms = None if lot.terms is self._terms else told_terms(lot.terms)
        self._terms = lot.terms
        self._owed.append(lot)
        self._send(message({"terms": terms, "offset": lot.offset, "ordinal": lot.ordinal}, (lot.data,)))

    def wait_for(self, lot: Lot) -> None:
        """See `translators.beside.Helper`."""
        while lot.sets is None and not self.gone and self._says_more(PATIENCE_S):
            self._hear()
        lot.away = False

    def wait_until_ready(self) -> None:
        """Return once it has loaded what it needs, or is gone."""
        while not self.gone and not self._is_ready:
            self._hear()

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._give_up()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def _send(self, content: bytes) -> None:
        """Write a message; while there is no room for it, hear what it says."""
        left = memoryview(content)
        while left and not self.gone:
            heard, room, _ = select.select([self._from], [self._to], [], DEAF_S)
            if heard:
                self._hear()
            elif room:
                try:
                    left = left[os.write(self._to.fileno(), left) :]
                except BrokenPipeError:
                    self._give_up()
            else:
                self._give_up()

    def _says_more(self, patience_s: float) -> bool:
        return bool(select.select([self._from], [], [], patience_s)[0])

    def _hear(self) -> None:
        """Take what it says, waiting for it."""
        with memoryview(self._buffer) as buffer:
            heard = self._from.readinto(buffer[self._heard :])
        if not heard:
            self._give_up()
            return
        self._heard += heard
        begin = needed = 0
        with memoryview(self._buffer)[: self._heard] as said:
            while len(said) - begin >= LENGTHS.size and not needed:
                size, others = LENGTHS.unpack_from(said, begin)
                told = begin + LENGTHS.size
                end = told + size + others
                if end > len(said):
                    needed = end - begin
                else:
                    self._take(json.loads(bytes(said[told : told + size])), said[told + size : end])
                    begin = end
        if begin:
            left = self._heard - begin
            self._buffer[:left] = self._buffer[begin : self._heard]
            self._heard = left
        if needed > len(self._buffer):
            self._buffer.extend(bytes(needed - len(self._buffer)))

    def _take(self, told: Any, content: memoryview) -> None:
        """That it is ready at first, then an answer for each lot."""
        if not self._is_ready:
            self._is_ready, self.peak_rss_bytes = True, told
            return
        lot = self._owed.popleft()
        if lot.sets is None:
            take_sets(lot, told["sets"], content)
        self.peak_rss_bytes = told["peak"]

    def _give_up(self) -> None:
        self.gone = True
        self._process.kill()
        for lot in self._owed:
            lot.away = False
        self._owed.clear()


def _widen(pipe: FileIO) -> None:
    """Ask for a pipe that holds much; where that cannot be, it is as wide as it is."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
