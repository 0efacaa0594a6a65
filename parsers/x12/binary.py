"""Binary segments, BIN and BDS: their length says where they end, and their data may hold any byte.

Source: X12.58 and X12.6, BIN01 and BDS02 count the bytes of the data that follows.
"""

from __future__ import annotations

import re

from parsers.x12.byte_window import ByteWindow
from parsers.x12.model import Form, Segment

#: Segments whose last element is binary, by the position of the element that counts its bytes.
COUNTED_BY = {b"BIN": 1, b"BDS": 2}
#: The longest beginning of such a segment, up to its data.
_LONGEST_HEAD = 64
_LATIN_1 = Form("latin-1")


class BinaryReader:
    """Finds and reads the binary segments of one interchange.

    element, terminator: its delimiters. blank: what may stand before a segment.
    """

    def __init__(self, element: bytes, terminator: bytes, blank: bytes) -> None:
        mark = re.escape(element)
        tags = b"BIN" + mark + b"|BDS" + mark + b"[^" + mark + b"]{1,10}" + mark
        self._head = re.compile(b"[" + blank + b"]*+(" + tags + b")([0-9]{1,15})" + mark)
        self._next = re.compile(re.escape(terminator) + b"[" + blank + b"]*+(?:" + tags + b")")
        self._tags = (b"BIN" + element, b"BDS" + element)
        self._element = element
        self._ends = (terminator, b"\r" + terminator) if terminator == b"\n" else (terminator,)
        self._searched: bytes | None = None
        self._any = False

    def next_at(self, data: bytes, begin: int) -> int:
        """Where in `data` the first binary segment after `begin` begins, behind a terminator; -1 if none."""
        if data is not self._searched:
            self._searched = data
            self._any = any(tag in data for tag in self._tags)
        found = self._next.search(data, begin) if self._any else None
        return found.start() + len(self._ends[0]) if found else -1

    def take(self, window: ByteWindow, longest: int) -> Segment | None:
        """The binary segment that comes next, used up with its terminator; None if none does.

        longest: most bytes of a segment that is kept; of a longer one only the id is given. One whose
        length is wrong, so that no terminator follows its data, is None: it is read like any other.
        """
        head = self._head.match(window.ahead(_LONGEST_HEAD))
        if head is None:
            return None
        start, data_bytes = len(head[0]) - len(head[0].lstrip(b" \t\r\n\x0b\x0c\x00\x1a")), int(head[2])
        offset, size = window.offset + start, len(head[0]) - start + data_bytes
        if size > longest:
            return self._passed_over(window, head[1][:3], offset, size)
        ending = self._ending(window.ahead(len(self._ends[-1]), skipped=start + size))
        if ending is None:
            return None
        text = window.ahead(size, skipped=start).decode("latin-1")
        window.drop(start + size + len(ending))
        parts = text.split(self._element.decode("latin-1"), COUNTED_BY[head[1][:3]] + 1)
        return Segment(parts.pop(0), parts, 0, offset, size, _LATIN_1)

    def _passed_over(self, window: ByteWindow, tag: bytes, offset: int, size: int) -> Segment:
        left = offset - window.offset + size
        while left > 0 and window.ahead(1):
            step = min(left, window.left)
            window.drop(step)
            left -= step
        ending = self._ending(window.ahead(len(self._ends[-1])))
        window.drop(len(ending or b""))
        return Segment(tag.decode("ascii"), [], 0, offset, size)

    def _ending(self, following: bytes) -> bytes | None:
        return next((end for end in self._ends if following.startswith(end)), None)
