"""Splits a stream of bytes into segments: with `separators` the only code that sees delimiters.

Bytes are read in chunks and split in bulk. Plain text, its segments one a line or all in
one line, is cut by two calls into C. Anything else (text beyond ASCII, indented or
hard-wrapped lines, blank lines) takes a careful path, which gives the same for plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parsers.record import record
from parsers.x12.binary import BinaryReader
from parsers.x12.byte_window import DEFAULT_CHUNK_BYTES, ByteSource, ByteWindow
from parsers.x12.limits import Limits
from parsers.x12.model import Form, Segment, Separators
from parsers.x12.separators import ISA_WINDOW_BYTES, Isa, Unreadable, looks_like_isa, read_isa

#: What may stand before a segment and is no part of it: white space, NUL, and DOS's end of file.
BLANK = b" \t\r\n\x0b\x0c\x00\x1a"
_BLANKS = re.compile(rb"(?:[ \t\r\n\x0b\x0c\x00\x1a]++|\xef\xbb\xbf)++")
_UTF8 = frozenset({"utf-8", "ascii"})
#: Bytes shown of what lies outside any interchange, at most.
_OUTSIDE_BYTES = 200
#: An ISA that lost more than its last elements is none.
_FEWEST_ISA_ELEMENTS = 8
#: Bytes that are looked at for the id of the next segment.
_GLANCE_BYTES = 32
#: Bytes that are looked at, less first, for the next control segment.
_LOOKS_BYTES = (512, 8 * 1024, 64 * 1024)
#: Characters kept of the id of a segment that is too long to hold.
_LONGEST_ID = 8


@record
class Remark:
    """Something odd about the segment just given, or just before it.

    code: of the catalogue. element: position of the element meant, or None.
    """

    code: str
    offset: int
    element: int | None = None


@record
class Outside:
    """Bytes outside any interchange.

    text: their beginning as Latin-1, as it may be shown. head: their first bytes, to tell what they are.
    """

    text: str
    offset: int
    size: int
    head: bytes


class SegmentReader:
    """Reads one stream: find a header, take the segments of its interchange, find the next header.

    stream: binary, read in chunks of `chunk_bytes`; any chunk size gives the same.
    Memory: a chunk and the longest segment allowed.
    """

    def __init__(self, stream: ByteSource, limits: Limits, chunk_bytes: int = DEFAULT_CHUNK_BYTES) -> None:
        #: About the segment just given; whoever reads them empties the list.
        self.remarks: list[Remark] = []
        self.window = ByteWindow(stream, chunk_bytes)
        self._limits = limits

    @property
    def offset(self) -> int:
        """Byte offset of what is read next."""
        return self.window.offset

    @property
    def received(self) -> int:
        """How many bytes of the file have been read from the stream."""
        return self.window.offset + self.window.left

    @property
    def at_end(self) -> bool:
        """True if nothing is left to read."""
        return not self.window.ahead(1)

    def tag_at(self, offset: int, element: str) -> str:
        """Id of the segment at an offset that is yet to be passed, "" if it cannot be told at a glance."""
        text = self.window.ahead(_GLANCE_BYTES, max(0, offset - self.window.offset)).lstrip(BLANK)
        tag, mark, _ = text.partition(element.encode())
        return tag.decode("ascii") if mark and tag.isascii() and tag.isalnum() else ""

    def control_after(self, offset: int, separators: Separators) -> str | None:
        """Id of the next control segment behind the one at an offset; "" at the end, None if it is far."""
        begin = rb"%b\s*(ISA|GS|ST|SE|GE|IEA)%b" % tuple(
            re.escape(one.encode()) for one in (separators.segment, separators.element)
        )
        skipped = max(0, offset - self.window.offset)
        for size in _LOOKS_BYTES:
            text = self.window.ahead(size, skipped)
            control = re.search(begin, text)
            if control is not None:
                return control[1].decode("ascii")
            if len(text) < size:
                return ""
        return None

    def next_header(self) -> Isa | Unreadable | Outside | None:
        """The next interchange header, or what stands before it, or None at the end of the file.

        Blank bytes and byte order marks are passed over. After an Isa come its segments.
        """
        self.window.skip(_BLANKS)
        head = self.window.ahead(ISA_WINDOW_BYTES)
        if not head:
            return None
        if not looks_like_isa(head):
            return self._outside()
        isa = read_isa(head, self.offset)
        self.window.drop(isa.size)
        return isa

    def segments(self, isa: Isa, encoding: str) -> Iterator[Segment]:
        """The segments after `isa`: up to and with IEA, else to the next ISA or the end of the file.

        encoding: of the text; a segment that it cannot decode is read as Latin-1, with a remark.
        Segment numbers are 0: the caller counts. Empty segments are left out, with a remark.
        """
        for stretch in self.stretches(isa, encoding).each():
            yield from stretch

    def stretches(self, isa: Isa, encoding: str, limits: Limits | None = None) -> Stretches:
        """The same segments in stretches, between which the caller may take bytes off `window` himself.

        limits: of this interchange, if they are not those of the file.
        """
        return Stretches(self.window, limits or self._limits, self.remarks, isa, encoding)

    def skip_to_header(self) -> int:
        """Pass over everything up to the next readable ISA that begins a word, or to the end of the file.

        Returns the byte offset reached.
        """
        window = self.window
        while True:
            at = window.data.find(b"ISA", window.at)
            if at < 0:
                window.drop(max(0, window.left - 3))
                if window.more():
                    continue
                window.drop_all()
                return self.offset
            begins_word = at == 0 or not window.data[at - 1 : at].isalnum()
            window.drop(at - window.at)
            if begins_word and self._at_isa():
                return self.offset
            window.drop(1)

    def _at_isa(self) -> bool:
        """True if a readable ISA comes next. ISA01 of two characters is the cheap sign of one."""
        head = self.window.ahead(ISA_WINDOW_BYTES)
        if not looks_like_isa(head) or head[6:7] != head[3:4]:
            return False
        return isinstance(read_isa(head, 0), Isa)

    def _outside(self) -> Outside:
        window, start = self.window.ahead(ISA_WINDOW_BYTES), self.offset
        size = self.skip_to_header() - start
        head = window[:size]
        # Nothing from a header on is shown: its ISA02 and ISA04 may be passwords.
        text = head[:_OUTSIDE_BYTES].split(b"ISA")[0].rstrip(BLANK).decode("latin-1")
        return Outside(text, start, size, head)


class Stretches:
    """The segments of one interchange, stretch by stretch: a stretch ends with a GS or SE, if it can.

    The set behind it may be read in another way.
    """

    def __init__(
        self, window: ByteWindow, limits: Limits, remarks: list[Remark], isa: Isa, encoding: str
    ) -> None:
        marks = isa.separators
        self._window = window
        self._limits = limits
        self._remarks = remarks
        self._encoding = encoding
        self._element = marks.element
        self._terminator = isa.terminator
        self._by_lines = isa.terminator in (b"\r", b"\n")
        self._crlf = marks.segment + marks.suffix == "\r\n"
        #: What stands between two segments of plain text, and after the last one of a stretch.
        self._joint = marks.segment + marks.suffix
        self._tail = b"\r\n" if self._crlf else self._terminator
        self._breaks = self._joint.count("\r") + self._joint.count("\n")
        blank, element = b"[" + BLANK + b"]*+", re.escape(self._element.encode())
        self._group_header = re.compile(blank + b"GS" + element)
        self._set_trailer = re.compile(re.escape(isa.terminator) + blank + b"(?:SE|GS)" + element)
        self._binary = BinaryReader(self._element.encode("latin-1"), isa.terminator, BLANK)
        self._ended = False
        self._searched: bytes | None = None
        self._next_envelope = -1

    def each(self) -> Iterator[Iterator[Segment]]:
        """The stretches; each is to be read to its end before the next is taken."""
        window = self._window
        while not self._ended:
            binary = self._binary.take(window, self._limits.segment_bytes)
            if binary is not None:
                yield iter((self._checked_binary(binary),))
                continue
            size = self._stretch_size()
            if size > 0:
                yield self._up_to(size)
            elif window.left > self._limits.segment_bytes:
                window.skip(_BLANKS)
                if looks_like_isa(window.ahead(4)):
                    return
                if window.left > self._limits.segment_bytes:
                    yield iter((self._skipped(),))
            elif not window.more():
                yield self._unterminated()
                return

    def go_on(self) -> None:
        """Go on behind the IEA just given: it ends nothing."""
        self._ended = False

    def _stretch_size(self) -> int:
        """Bytes up to and with a GS or SE, or the last terminator at hand, 0 if there is none.

        Or up to the first one after what may be an IEA or ISA: small interchanges are not
        split again and again with all that follows them.
        """
        data, begin = self._window.data, self._window.at
        bound = self._envelope(data, begin)
        trailer = self._group_header.match(data, begin) or self._set_trailer.search(
            data, begin, len(data) if bound < 0 else bound
        )
        if trailer is not None:
            bound = trailer.end()
        end = data.find(self._terminator, bound) if bound >= 0 else -1
        if end < 0:
            end = data.rfind(self._terminator, begin)
        size = end + len(self._terminator) - begin if end >= 0 else 0
        binary = self._binary.next_at(data, begin)
        return min(size, binary - begin) if binary >= 0 else size

    def _checked_binary(self, segment: Segment) -> Segment:
        if not segment.elements:
            self._remark("X12-100", segment.offset)
        return segment

    def _envelope(self, data: bytes, begin: int) -> int:
        """Where the next IEA or ISA may begin, -1 if none is at hand; looked for once in the same bytes."""
        if data is not self._searched or 0 <= self._next_envelope < begin:
            trailer = data.find(b"IEA", begin)
            header = data.find(b"ISA", begin, trailer if trailer >= 0 else len(data))
            self._searched, self._next_envelope = data, header if header >= 0 else trailer
        return self._next_envelope

    def _up_to(self, size: int) -> Iterator[Segment]:
        """The segments of the next `size` bytes, to the end of the interchange if it is among them."""
        window, base = self._window, self._window.offset
        data = window.ahead(size)
        parts = self._plain_parts(data)
        segments = self._carefully(data, base) if parts is None else self._plainly(parts, data, base)
        if parts is not None and b"IEA" not in data and b"ISA" not in data:
            yield from segments
            window.drop(size)
            return
        for segment in segments:
            self._ended = _is_header(segment) or segment.id == "IEA"
            if _is_header(segment):
                window.drop(segment.offset - base)
                return
            if segment.id == "IEA":
                window.drop(data.index(self._terminator, segment.offset - base) + len(self._terminator))
                yield segment
                return
            yield segment
        window.drop(size)

    def _plain_parts(self, data: bytes) -> list[str] | None:
        """The texts of the segments in `data`, which ends with a terminator; None if it needs care.

        Care is due unless cutting at the joint alone gives what the careful path gives.
        """
        body = data.lstrip(b"\r\n")
        if not body.isascii() or not body.endswith(self._tail):
            return None
        text = body[: -len(self._tail)].decode("ascii")
        parts = text.split(self._joint)
        joints = len(parts) - 1
        plain = (
            text.count(self._joint[0]) == joints
            and text.count("\r") + text.count("\n") == joints * self._breaks
            and not any(mark in text for mark in "\x00\x0b\x0c\x1a")
            # The least of all texts shows whether any begins with a blank, or is empty.
            and min(parts) >= "0"
            and len(max(parts, key=len)) <= min(self._limits.element_bytes, self._limits.segment_bytes)
        )
        return parts if plain else None

    def _plainly(self, parts: list[str], data: bytes, base: int) -> Iterator[Segment]:
        step, element = len(self._joint), self._element
        offset = base + len(data) - len(data.lstrip(b"\r\n"))
        for part in parts:
            elements = part.split(element)
            size = len(part)
            yield Segment(elements.pop(0), elements, 0, offset, size)
            offset += size + step

    def _carefully(self, data: bytes, offset: int) -> Iterator[Segment]:
        for part in data.split(self._terminator)[:-1]:
            segment = self._segment(part, offset)
            if segment is not None:
                yield segment
            offset += len(part) + len(self._terminator)

    def _segment(self, raw: bytes, offset: int, *, terminated: bool = True) -> Segment | None:
        """The segment in `raw`, which lies between two terminators; None if it is empty."""
        text = raw.lstrip(BLANK)
        offset += len(raw) - len(text)
        if len(text) > self._limits.segment_bytes:
            self._remark("X12-100", offset)
            return Segment(self._tag(text), [], 0, offset, len(text))
        if self._by_lines and terminated:
            text = self._without_return(text, offset)
        size = len(text)
        if not text:
            if not self._by_lines:
                self._remark("X12-037", offset)
            return None
        breaks: tuple[int, ...] = ()
        if b"\n" in text or b"\r" in text:
            self._remark("X12-007", offset)
            breaks = tuple(at for at, byte in enumerate(text) if byte in b"\r\n")
            text = text.translate(None, b"\r\n")
        decoded, encoding = self._decoded(text, offset)
        plain = not breaks and (encoding in _UTF8 or text.isascii())
        elements = decoded.split(self._element)
        self._measure(elements, offset, size)
        form = None if plain else Form(encoding, breaks)
        return Segment(elements.pop(0), elements, 0, offset, size, form)

    def _without_return(self, text: bytes, offset: int) -> bytes:
        """`text` of a line without the CR before its LF. Lines that end both ways are remarked on."""
        line = text.removesuffix(b"\r")
        if text and (len(line) < len(text)) is not self._crlf:
            self._remark("X12-036", offset)
        return line

    def _decoded(self, text: bytes, offset: int) -> tuple[str, str]:
        """The text, and the encoding it was read in."""
        try:
            return text.decode(self._encoding), self._encoding
        except UnicodeDecodeError:
            self._remark("X12-035", offset)
            return text.decode("latin-1"), "latin-1"

    def _measure(self, elements: list[str], offset: int, size: int) -> None:
        if size <= self._limits.element_bytes:
            return
        for position, element in enumerate(elements):
            if len(element) > self._limits.element_bytes:
                self._remark("X12-101", offset, position or None)

    def _skipped(self) -> Segment:
        """The segment at hand, longer than allowed: its bytes are passed over, not kept."""
        window, start = self._window, self._window.offset
        tag = self._tag(window.ahead(_LONGEST_ID + 1))
        while (at := window.data.find(self._terminator, window.at)) < 0:
            window.drop(window.left - len(self._terminator) + 1)
            if not window.more():
                window.drop_all()
                break
        if at >= 0:
            window.drop(at - window.at)
        size = window.offset - start
        if at >= 0:
            window.drop(len(self._terminator))
        self._remark("X12-100", start)
        return Segment(tag, [], 0, start, size)

    def _unterminated(self) -> Iterator[Segment]:
        """The trailer, if it stands after the last terminator of the file.

        Anything else there is torn: it is not given, since nobody knows what it was to be.
        """
        window = self._window
        window.skip(_BLANKS)
        if looks_like_isa(window.ahead(4)):
            return
        text = window.data[window.at :].rstrip(BLANK)
        segment = self._segment(text, window.offset, terminated=False) if text else None
        window.drop_all()
        if segment is not None and segment.id == "IEA":
            self._remark("X12-034", segment.offset)
            yield segment

    def _tag(self, text: bytes) -> str:
        head = text[: _LONGEST_ID + 1].translate(None, b"\r\n").decode("latin-1")
        return head.split(self._element)[0][:_LONGEST_ID]

    def _remark(self, code: str, offset: int, element: int | None = None) -> None:
        # Of empty segments, which may be millions in a row, the first is enough.
        if code != "X12-037" or not self._remarks or self._remarks[-1].code != code:
            self._remarks.append(Remark(code, offset, element))


def _is_header(segment: Segment) -> bool:
    """True if the segment begins another interchange, whose separators may be others.

    A short segment that is merely called ISA is data of the set it stands in.
    """
    if segment.id == "ISA":
        return len(segment.elements) > _FEWEST_ISA_ELEMENTS
    return segment.id[:3] == "ISA" and not segment.id[3:4].isalnum()
