"""Reading ahead: lots of sets that are read before their turn, some of them by a helper.

A helper is whoever has a core to spare, another process most likely. While it reads lots we read the
next ones, so that neither waits; in their turn the sets are counted and judged as all others are. A lot
that a helper owes and cannot give is read here.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from parsers.x12 import model
from parsers.x12.byte_window import ByteSource
from parsers.x12.clean_sets import Taken
from parsers.x12.dictionary import standard
from parsers.x12.limits import Limits
from parsers.x12.open_group import OpenGroup
from parsers.x12.options import ReadOptions
from translators import registry
from translators.lots import ST, Lot, LotSet, Terms, Translated, joint

#: Bytes of a lot, and the next set to its end.
LOT_BYTES = 32 * 1024
#: Bytes read at once, and how far lots may be ahead of the set whose turn it is.
BLOCK_BYTES = 128 * 1024
MOST_AHEAD_BYTES = 256 * 1024
#: A group, or what is left of it, of fewer sets is read as it comes.
FEWEST_SETS = 4


class Helper(Protocol):
    """Somebody who reads lots, one after the other."""

    def has_room(self) -> bool:
        """True if another lot would be taken; what has been read by now is filled in. Does not wait."""

    def hand_over(self, lot: Lot) -> None:
        """Take a lot to read; it is away until its sets are filled in."""

    def wait_for(self, lot: Lot) -> None:
        """Wait until a lot that is away has come back, read or, if that takes long, not."""


class Blocks:
    """A stream that is read in blocks, some of them before they are asked for."""

    def __init__(self, stream: ByteSource) -> None:
        self._stream = stream
        self.data = b""
        #: Offset of the first byte of `data`, and of the next byte that is asked for.
        self.base = 0
        self._given = 0
        self.ended = False

    @property
    def end(self) -> int:
        """Offset of the byte after those at hand."""
        return self.base + len(self.data)

    def read(self, size: int, /) -> bytes:
        """See `ByteSource`."""
        pieces, left = [], size
        while left and (self._given < self.end or self._more(0)):
            begin = self._given - self.base
            piece = self.data[begin : begin + left]
            self._given += len(piece)
            left -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def seek(self, offset: int, whence: int, /) -> int:
        """See `ByteSource`; from where it stands."""
        if whence != io.SEEK_CUR:
            raise ValueError("a place is told from where the reader stands")
        self._given += offset
        self._stream.seek(self._given - self.end, io.SEEK_CUR)
        self.data, self.base, self.ended = b"", self._given, False
        return self._given

    def has(self, begin: int, end: int) -> bool:
        """True if the bytes from `begin` on are at hand, to `end` or the end of the stream."""
        while self.end < end and self._more(begin):
            pass
        return self.base <= begin < self.end

    def _more(self, needed: int) -> bool:
        """Read a block; False at the end. needed: offset of the first byte that is to stay."""
        block = self._stream.read(BLOCK_BYTES)
        self.ended = not block
        if block:
            keep = min(max(min(self._given, needed), self._given - BLOCK_BYTES, self.base), self.end)
            self.data = self.data[keep - self.base :] + block
            self.base = keep
        return not self.ended


class Ahead:
    """The lots of one file; see `parsers.x12.clean_sets.Ahead`. `source` is what it is then read from."""

    def __init__(self, stream: ByteSource, helper: Helper) -> None:
        self.source = Blocks(stream)
        #: Of the interchange that is being read; None if it could not be read.
        self.header: model.InterchangeHeader | None = None
        self._helper = helper
        self._group: OpenGroup | None = None
        self._terms: Terms | None = None
        self._lots: deque[Lot] = deque()
        self._sets: Mapping[int, LotSet] = {}
        #: Where the next lot begins, and the ordinal of its first set.
        self._next_offset = 0
        self._next_ordinal = 1
        self._last: LotSet | None = None

    def taken(self, options: ReadOptions, limits: Limits, group: OpenGroup, offset: int) -> Taken | None:
        """See `parsers.x12.clean_sets.Ahead`."""
        if group is not self._group:
            self._begin(options, limits, group, offset)
        known = self._sets.get(offset)
        if known is None:
            if self._lots and self._lots[0].sets is not None and offset < self._lots[0].end:
                return None
            known = self._sought(group, offset)
        if known is None or known.read.ordinal != group.sets + 1:
            return None
        self._last = known
        return Taken(known.read, known.size)

    def translation(
        self, read: model.TransactionSet, header: model.InterchangeHeader, group: model.GroupHeader
    ) -> Translated | None:
        """What our business sees of a set, as `registry.translate_x12` gives it."""
        last = self._last
        if last is not None and last.read is read and last.translation is not None:
            return last.translation
        return registry.translate_x12(read, header, group)

    def _begin(self, options: ReadOptions, limits: Limits, group: OpenGroup, offset: int) -> None:
        """Begin anew with another group; lots that are away are forgotten."""
        self._group = group
        self._lots.clear()
        self._sets = {}
        self._next_offset, self._next_ordinal = offset, group.sets + 1
        reads_all = self.header is not None and options.dictionary is standard()
        self._terms = None
        if self.header is not None and reads_all:
            self._terms = Terms(options, limits, self.header, group.header)

    def _sought(self, group: OpenGroup, offset: int) -> LotSet | None:
        """The set at an offset that lies beyond the lot whose turn it was."""
        lots = self._lots
        while lots and lots[0].end <= offset:
            lots.popleft()
        self._sets = {}
        if not lots:
            if self._next_offset <= offset:
                self._next_offset, self._next_ordinal = offset, group.sets + 1
            first = self._cut(offset)
            if first is None:
                return None
        self._share(offset)
        self._sets = self._read(lots[0], offset)
        return self._sets.get(offset)

    def _read(self, lot: Lot, offset: int) -> Mapping[int, LotSet]:
        """The sets of a lot; while somebody else reads it, further ones are read here."""
        while lot.sets is None:
            if not lot.away:
                lot.read()
                continue
            other = self._cut(offset)
            if other is None:
                self._helper.wait_for(lot)
            else:
                other.read()
                self._share(offset)
        return lot.sets

    def _share(self, offset: int) -> None:
        """Give the helper what it has time for."""
        while self._helper.has_room() and (lot := self._cut(offset)) is not None:
            lot.away = True
            self._helper.hand_over(lot)

    def _cut(self, offset: int) -> Lot | None:
        """The next lot; None if there is none before the group ends, or enough ahead of `offset`."""
        begin, terms, source = self._next_offset, self._terms, self.source
        if terms is None or begin - offset >= MOST_AHEAD_BYTES:
            return None
        if not source.has(begin, begin + 2 * LOT_BYTES):
            return None
        data, at = source.data, begin - source.base
        following = joint(terms.options.walk.separators, "ST")
        end = self._end_of_lot(data, at, following, joint(terms.options.walk.separators, "GE"))
        sets = 1 + data.count(following, at, end)
        if sets < FEWEST_SETS or not data.startswith(following[-len(ST) :], at):
            return None
        lot = Lot(terms, data[at:end], begin, self._next_ordinal)
        self._next_offset, self._next_ordinal = lot.end, self._next_ordinal + sets
        self._lots.append(lot)
        return lot

    def _end_of_lot(self, data: bytes, at: int, following: bytes, ending: bytes) -> int:
        """Index after the lot that begins at `at`: where a set or the end of its group follows."""
        end = data.find(following, at + LOT_BYTES)
        last = data.find(ending, at, len(data) if end < 0 else end)
        if last >= 0:
            return last + len(ending) - len(ST)
        if end >= 0:
            return end + len(following) - len(ST)
        return len(data) if self.source.ended else at
