"""Tells at a hundred megabytes a second that a transaction set is without fault.

One way of reading explains (`walker`), this one only says yes. Both go by the same dictionary;
what this one accepts has no finding there, not even a note. Whatever it does not accept is read
again by the walker, so that a refusal here costs time and nothing else.

A set is matched twice, each time in one call into C: its content, segment by segment in any
order, and its structure, whatever the segments hold. One pattern for both would repeat the
elements and codes of each segment wherever the set may have it, a hundred times over.

The pattern of the content grows with what is read: it begins empty and takes in the segments
and codes that are met. A segment that it stops at is judged by `segment_check`. So a small file
compiles nothing, and lists of thousands of codes cost what is used of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from parsers.x12.definition import LoopDefinition, SegmentUse, SetDefinition
from parsers.x12.grammar_content import Content
from parsers.x12.grammar_elements import COMPONENT, ELEMENT, END, REPETITION, SEGMENT
from parsers.x12.grammar_levels import levels_agree
from parsers.x12.grammar_structure import structure
from parsers.x12.model import Separators
from parsers.x12.segment_check import WalkOptions

_HEADER = re.compile(
    f"ST{ELEMENT}([A-Z0-9]{{3}}){ELEMENT}([A-Za-z0-9]{{4,9}})(?:{ELEMENT}([ -~]{{0,99}}+)|){ELEMENT}?+{END}"
)
_TRAILER = re.compile(f"SE{ELEMENT}([0-9]{{1,10}}+){ELEMENT}([A-Za-z0-9]{{4,9}}){ELEMENT}?+{END}")
_SE = f"SE{ELEMENT}"
_BOUNDS = re.compile(f"{END}(L[SE]){ELEMENT}([^{SEGMENT}{ELEMENT}]*+)")
#: A character that matches nothing.
_NOTHING = 0x7F


class CleanSet(NamedTuple):
    """A set without fault.

    end: offset after SE's terminator and the line breaks that follow it. body: offset after ST's.
    trailer: offset of SE. segments: their number, ST and SE included.
    """

    control_number: str
    implementation: str
    body: int
    trailer: int
    end: int
    segments: int


def normalise(data: bytes, separators: Separators) -> str | None:
    """The bytes as text to match: a character for each byte, the delimiters put into ours.

    data: whole segments. Bytes beyond ASCII, and our delimiters where they delimit nothing, are in
    the text as characters that match nothing. None if the delimiters cannot be told byte by byte.
    """
    table = _table(separators)
    if table is None:
        return None
    if separators.segment + separators.suffix == "\r\n":
        lines = data.count(b"\r\n")
        if data.count(b"\r") != lines or data.count(b"\n") != lines:
            return None
    return data.translate(table).decode("latin-1")


@lru_cache(maxsize=64)
def _table(separators: Separators) -> bytes | None:
    marks = {
        separators.segment: SEGMENT,
        separators.element: ELEMENT,
        separators.component: COMPONENT,
    }
    if separators.repetition is not None:
        marks[separators.repetition] = REPETITION
    if not all(mark.isascii() and len(mark) == 1 for mark in marks):
        return None
    table = bytearray(range(256))
    for delimiter in (SEGMENT, ELEMENT, REPETITION, COMPONENT):
        table[ord(delimiter)] = _NOTHING
    for mark, delimiter in marks.items():
        table[ord(mark)] = ord(delimiter)
    return bytes(table)


class Matcher:
    """The grammar of one set under given options. Matching teaches it; no text makes it raise."""

    def __init__(self, definition: SetDefinition, options: WalkOptions) -> None:
        self._definition = definition
        segments = {use.segment for use in _uses(definition.root) if use.id not in {"ST", "SE"}}
        self._content = Content(segments, options, definition.release)
        self._depth = options.tree_depth
        self._sound = _is_sound(definition.root)
        self._has_levels = any(child.id == "HL" for child in definition.root.children)
        self._has_bounds = any(use.id == "LE" for use in _uses(definition.root))

    def read(self, text: str, at: int) -> CleanSet | None:
        """The set that begins at `at` with its ST, if nothing at all is wrong with it.

        text: from `normalise`. Count, control number and HL tree agree too. What only the group
        can tell is left: whether ST02 is used twice, and whether GS01 goes with ST01.
        """
        header = _HEADER.match(text, at)
        if header is None or header[1] != self._definition.set_id:
            return None
        body = header.end()
        se = self.body_end(text, body)
        trailer = _TRAILER.match(text, se) if se >= 0 else None
        if trailer is None or trailer[2] != header[2]:
            return None
        segments = text.count(SEGMENT, at, trailer.end())
        if int(trailer[1]) != segments or (self._has_levels and not levels_agree(text, at, se, self._depth)):
            return None
        return CleanSet(header[2], header[3] or "", body, se, trailer.end(), segments)

    def end_of(self, text: str, at: int) -> int:
        """`end` of the set at `at`, or -1 if it does not match."""
        clean = self.read(text, at)
        return clean.end if clean else -1

    def body_end(self, text: str, at: int) -> int:
        """Offset of SE if all from `at`, the end of ST, up to there is without fault, else -1.

        HL numbers and parents are not looked at.
        """
        se = self._content.end(text, at)
        if se < 0 or not self._sound or not text.startswith(_SE, se):
            return -1
        match = self._structure.match(text, at, se + len(_SE))
        if match is None or match.end() != se + len(_SE):
            return -1
        return se if not self._has_bounds or _bounds_agree(text, at, se) else -1

    @cached_property
    def _structure(self) -> re.Pattern[str]:
        return re.compile(structure(self._definition.root.children[1:-1]) + _SE)


@lru_cache(maxsize=128)
def _matcher(definition: SetDefinition, options: WalkOptions) -> Matcher:
    return Matcher(definition, options)


def matcher_for(definition: SetDefinition, options: WalkOptions) -> Matcher:
    """The matcher of a set, made once for each way of reading it; what it learnt stays with it.

    Which characters delimit does not matter, only whether one of them separates repetitions.
    """
    repetition = REPETITION if options.separators.repetition is not None else None
    return _matcher(
        definition, replace(options, separators=Separators(ELEMENT, COMPONENT, SEGMENT, repetition))
    )


def _uses(loop: LoopDefinition) -> Iterator[SegmentUse]:
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            yield from _uses(child)
        else:
            yield child


def _is_sound(root: LoopDefinition) -> bool:
    """True if the set is of the form that matching relies on, as all sets of the standard are.

    It runs from ST to SE, a segment is the same wherever the set has it, and LE closes the LS whose
    loop it stands in.
    """
    ids = [use.id for use in _uses(root)]
    definitions = {(use.id, use.segment) for use in _uses(root)}
    framed = ids[:1] == ["ST"] and ids[-1:] == ["SE"] and ids.count("ST") == ids.count("SE") == 1
    return framed and len(definitions) == len(set(ids)) and _closes_its_own(root, open_loops=())


def _closes_its_own(loop: LoopDefinition, open_loops: tuple[str, ...]) -> bool:
    inner = (*open_loops, loop.id)
    return inner.count("LS") <= 1 and all(
        _closes_its_own(child, inner)
        if isinstance(child, LoopDefinition)
        else child.id != "LE" or loop.id == "LS"
        for child in loop.children
    )


def _bounds_agree(text: str, at: int, end: int) -> bool:
    """True if every LE names the loop that the LS before it opened."""
    opened = ""
    for mark, name in _BOUNDS.findall(text, at, end):
        if mark == "LS":
            opened = name
        elif name != opened:
            return False
    return True
