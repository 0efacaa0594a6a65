"""Finds the delimiters of an interchange from its ISA, by position.

With `read_segments` the only code that sees delimiters. An ISA is 106 characters with every
separator in its place; real ones are also hard-wrapped, trimmed by an editor, or end early.
Each way of reading is tried in that order, and what had to be guessed is a finding.
Source: X12.5, interchange control header; BI-003 to BI-007.
"""

from __future__ import annotations

import re
from itertools import pairwise

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import record
from parsers.x12.model import Separators

#: Bytes that must be at hand, or the end of the file, before an ISA is judged.
ISA_WINDOW_BYTES = 1024
#: Bytes of an ISA by position, terminator included.
ISA_BYTES = 106
#: Width of ISA01 to ISA16.
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
#: The first control version that reads ISA11 as the repetition separator.
FIRST_VERSION_WITH_REPETITION = "00402"
#: An ISA with more padding than this between two separators is not an ISA.
_LONGEST_ISA_BYTES = 400
#: The segment after an ISA without ISA16 shows its terminator within so many bytes.
_LONGEST_GS_BYTES = 200
_SEPARATOR_OFFSETS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_NEXT_UTF8 = b"\xc2\x85"
_NEWLINES = b"\r\n"


@record
class Isa:
    """An ISA with its delimiters.

    elements: ISA01 to ISA16 as sent, decoded as Latin-1; ISA16 is "" if it was missing.
    terminator: the bytes that end a segment; "\\n" also where lines end with "\\r\\n", so that
        a file that mixes both still falls into its segments.
    offset: byte offset of the "I". size: bytes up to the first segment after it.
    starts: byte offsets of ISA01 to ISA16.
    findings: what is wrong with the delimiters and the form of the header.
    """

    elements: tuple[str, ...]
    separators: Separators
    terminator: bytes
    offset: int
    size: int
    starts: tuple[int, ...]
    findings: tuple[Finding, ...]

    def offset_of(self, position: int) -> int:
        """Byte offset of the element at `position` (from 1)."""
        return self.starts[position - 1]


@record
class Unreadable:
    """An ISA whose delimiters cannot be told. size: bytes that are surely part of it.

    isa: its elements, where their places tell them, with separators to answer with; else None.
    """

    offset: int
    size: int
    findings: tuple[Finding, ...]
    isa: Isa | None = None


@record
class _Shape:
    """Where an ISA ends. elements and raw size as in `Isa`, the two last delimiters as found.

    starts: places of the elements in the window.
    """

    elements: tuple[str, ...]
    component: bytes
    terminator: bytes
    size: int
    starts: tuple[int, ...]
    wrapped: bool = False


def looks_like_isa(data: bytes) -> bool:
    """True if `data` begins with "ISA" and what may be an element separator, or is in its sixteen places."""
    if data[:3] != b"ISA" or len(data) < 4:
        return False
    usable = not chr(data[3]).isalnum() and data[3:4] not in b" \r\n"
    return usable or _is_aligned(data)


def _is_aligned(data: bytes) -> bool:
    """True if one character, whatever it is, stands in all places of separators, and ISA12 in its own."""
    marks = {data[at : at + 1] for at in _SEPARATOR_OFFSETS}
    return len(data) >= ISA_BYTES and marks == {data[3:4]} and data[84:86] == b"00"


def read_isa(window: bytes, offset: int) -> Isa | Unreadable:
    """The ISA at the head of `window`, which holds ISA_WINDOW_BYTES or all that the file has.

    offset: byte offset of the window in the file. Never raises.
    """
    element = window[3:4]
    if not element:
        return _unreadable("X12-004", window, offset)
    if not _is_delimiter(element) or element in _NEWLINES:
        return _wrongly_separated(window, element, offset)
    shape = _by_position(window, element) or _unwrapped(window, element) or _by_count(window, element)
    if shape is None and not _ends_early(window, element):
        return _unreadable("X12-006", window, offset, str(_elements_seen(window, element)))
    if shape is None or not shape.terminator:
        return _unreadable("X12-004", window, offset)
    return _judged(shape, element, window, offset)


def _ends_early(window: bytes, element: bytes) -> bool:
    """True if the file may have been cut inside the ISA: too few elements and nothing after them."""
    short = len(window) < _LONGEST_ISA_BYTES and window.count(element) < len(ISA_WIDTHS)
    return short and not _next_segment_inside(window, element)


def _unreadable(code: str, window: bytes, offset: int, value: str | None = None) -> Unreadable:
    place = Location(segment="ISA", byte_offset=offset)
    return Unreadable(offset, min(len(window), 3), (found(code, place, value=value),))


def _wrongly_separated(window: bytes, element: bytes, offset: int) -> Unreadable:
    """An ISA whose separator cannot be one; with its elements if they are in their places."""
    isa = None
    if _is_aligned(window):
        texts = tuple(window[a + 1 : b].decode("latin-1") for a, b in pairwise((*_SEPARATOR_OFFSETS, 105)))
        starts = tuple(offset + at + 1 for at in _SEPARATOR_OFFSETS)
        isa = Isa(texts, Separators(), b"~", offset, ISA_BYTES, starts, ())
    place = Location(segment="ISA", byte_offset=offset + 3)
    finding = found("X12-005", place, value=element.decode("latin-1"))
    return Unreadable(offset, min(len(window), 3), (finding,), isa)


def _elements_seen(window: bytes, element: bytes) -> int:
    """How many elements stand before the first line break or segment that follows."""
    head = re.split(rb"[\r\n]|GS" + re.escape(element), window, maxsplit=1)[0]
    return head.count(element)


def _by_position(window: bytes, element: bytes) -> _Shape | None:
    """The shape of an ISA with every separator where the standard puts it."""
    inside = window[: ISA_BYTES - 2]
    in_place = all(inside[at : at + 1] == element for at in _SEPARATOR_OFFSETS)
    if len(window) < ISA_BYTES - 1 or not in_place or inside.count(element) != len(_SEPARATOR_OFFSETS):
        return None
    return _ended(window, element, _SEPARATOR_OFFSETS)


def _unwrapped(window: bytes, element: bytes) -> _Shape | None:
    """The shape of an ISA by position once the line breaks that fall inside it are taken out."""
    kept = [at for at in range(min(len(window), 2 * ISA_BYTES)) if window[at] not in _NEWLINES]
    plain = bytes(window[at] for at in kept[:ISA_BYTES])
    shape = _by_position(plain, element)
    if shape is None or len(kept) < ISA_BYTES:
        return None
    starts = tuple(kept[start] for start in shape.starts)
    size = kept[ISA_BYTES - 1] + 1
    return _Shape(shape.elements, shape.component, shape.terminator, size, starts, wrapped=True)


def _by_count(window: bytes, element: bytes) -> _Shape | None:
    """The shape of an ISA found by counting sixteen separators, its padding lost."""
    places = [match.start() for match in re.finditer(re.escape(element), window[:_LONGEST_ISA_BYTES])]
    places = places[: len(ISA_WIDTHS)]
    if len(places) < len(ISA_WIDTHS) or _next_segment_inside(window[: places[-1] + 1], element):
        return None
    return _ended(window, element, tuple(places))


def _next_segment_inside(isa: bytes, element: bytes) -> bool:
    """True if GS or TA1 begins before the sixteen separators are over: elements are missing."""
    return re.search(rb"[^A-Za-z0-9 ](GS|TA1)" + re.escape(element), isa) is not None


def _ended(window: bytes, element: bytes, places: tuple[int, ...]) -> _Shape | None:
    """The shape with its two last characters read, given the sixteen separators' places."""
    last = places[-1]
    ends = (*places, last + 2)
    parts = [window[a + 1 : b] for a, b in pairwise(ends)]
    wrapped = any(mark in part for part in parts[:-1] for mark in (b"\r", b"\n"))
    elements = [part.translate(None, _NEWLINES).decode("latin-1") for part in parts]
    starts = tuple(place + 1 for place in places)
    component, rest = window[last + 1 : last + 2], window[last + 2 :]
    if _component_missing(component, rest, element):
        return _Shape((*elements[:-1], ""), b"", component, last + 2, starts, wrapped)
    terminator = _NEXT_UTF8 if rest.startswith(_NEXT_UTF8) else rest[:1]
    return _Shape(tuple(elements), component, terminator, last + 2 + len(terminator), starts, wrapped)


def _component_missing(component: bytes, rest: bytes, element: bytes) -> bool:
    """True if what stands in ISA16's place is the segment terminator.

    Seen where ISA16 was left out: the next segment follows, in the same line or the next, and
    ends with that same character.
    """
    following = rest.lstrip(_NEWLINES)
    if not following.startswith((b"GS" + element, b"TA1" + element)):
        return False
    if following == rest:
        return component not in (b"", element) and component in rest[:_LONGEST_GS_BYTES]
    first_line = following.splitlines()[0]
    return component not in (b"", element) and first_line.endswith(component)


def _judged(shape: _Shape, element: bytes, window: bytes, offset: int) -> Isa | Unreadable:
    place = Location(segment="ISA", byte_offset=offset)
    findings: list[Finding] = []
    starts = tuple(offset + start for start in shape.starts)
    if shape.wrapped:
        findings.append(found("X12-007", place))
    terminator, suffix, size = _terminator(shape, window)
    if not _is_delimiter(terminator) or terminator == element:
        shown = terminator.decode("latin-1") or "nothing"
        findings.append(found("X12-008", Location("ISA", byte_offset=offset + shape.size - 1), value=shown))
        terminator, suffix, size = _line_ends(window, shape.size, element)
        if not terminator:
            stand_in = Separators(element=element.decode("latin-1"))
            isa = Isa(shape.elements, stand_in, b"~", offset, shape.size, starts, ())
            return Unreadable(offset, shape.size, tuple(findings), isa)
    clashes = {element, terminator[:1]}
    component = _component(shape, clashes, starts, findings)
    repetition = _repetition(shape.elements, clashes | {component}, starts, findings)
    separators = Separators(
        element=element.decode("latin-1"),
        component=component.decode("latin-1"),
        segment="\r" if suffix == "\n" and terminator == b"\n" else terminator.decode("latin-1")[-1],
        repetition=repetition,
        suffix=suffix,
    )
    return Isa(shape.elements, separators, terminator, offset, size, starts, tuple(findings))


def _is_delimiter(mark: bytes) -> bool:
    """True if the standard lets `mark` separate anything: one character, no letter, digit or space."""
    return mark == _NEXT_UTF8 or (len(mark) == 1 and not mark.isalnum() and mark != b" ")


def _terminator(shape: _Shape, window: bytes) -> tuple[bytes, str, int]:
    """Terminator, the suffix after it, and the bytes up to the next segment."""
    following = window[shape.size : shape.size + 2]
    suffix = b"\r\n" if following == b"\r\n" else following[:1] if following[:1] in (b"\r", b"\n") else b""
    if shape.terminator == b"\r" and suffix == b"\n":
        return b"\n", "\n", shape.size + 1
    if shape.terminator in (b"\r", b"\n"):
        return shape.terminator, "", shape.size
    return shape.terminator, suffix.decode("ascii"), shape.size + len(suffix)


def _line_ends(window: bytes, size: int, element: bytes) -> tuple[bytes, str, int]:
    """How lines end where the ISA names no usable terminator; empty if no line ends there.

    The next line shows it: the mark it ends with, else the line break.
    """
    match = re.compile(rb"[ \t]*(\r\n|\r|\n)").match(window, size)
    if match is None:
        return b"", "", size
    ending = match[1]
    line = re.compile(rb"(?:GS|TA1)[^\r\n]*([^\r\n])" + ending).match(window, match.end())
    if line is not None and _is_delimiter(line[1]) and line[1] != element:
        return line[1], ending.decode("ascii"), match.end()
    return (b"\n", "\n", match.end()) if ending == b"\r\n" else (ending, "", match.end())


def _component(shape: _Shape, clashes: set[bytes], starts: tuple[int, ...], findings: list[Finding]) -> bytes:
    """ISA16, or a stand-in that separates nothing in this interchange, with a finding."""
    if _is_delimiter(shape.component) and shape.component not in clashes:
        return shape.component
    shown = shape.component.decode("latin-1")
    findings.append(found("X12-009", Location("ISA", element=16, byte_offset=starts[15]), value=shown))
    return next(mark for mark in (b">", b":", b"<", b"\x1f") if mark not in clashes)


def _repetition(
    elements: tuple[str, ...], clashes: set[bytes], starts: tuple[int, ...], findings: list[Finding]
) -> str | None:
    """ISA11 as repetition separator, or None: before 00402, and where it separates nothing."""
    mark, version = elements[10], elements[11]
    if len(version) != 5 or not version.isdigit() or version < FIRST_VERSION_WITH_REPETITION:
        return None
    at = Location("ISA", element=11, byte_offset=starts[10])
    if not _is_delimiter(mark.encode("latin-1")):
        findings.append(found("X12-010", at, value=mark))
        return None
    if mark.encode("latin-1") in clashes:
        findings.append(found("X12-011", at, value=mark))
        return None
    return mark
