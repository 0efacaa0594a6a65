"""Tells, without splitting it, that a transaction set is without fault.

One way of reading explains (`walker`), this one only says yes. Both go by the same dictionary;
what this one accepts has no finding there, not even a note, but for the segments that it names. What
it does not accept is read again by the walker, so that a refusal here costs time and nothing else.

There is a pattern of a set's structure, whatever the segments hold, and one of its content,
segment by segment in any order. Both grow with what is read: they begin empty and take in the
positions, the forms of segments and the codes that are met. What they do not know is judged by the
walker's own steps, `legal_place` and `SegmentCheck`. So a small file compiles nothing, lists of
thousands of codes cost what is used of them, and requirements and syntax notes, which those steps
have kept for every form known, need not be looked at again. Once the two know enough they are
joined to one, which tells most sets in one call into C; they judge what it does not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from parsers.x12.definition import LoopDefinition, SegmentUse, SetDefinition
from parsers.x12.grammar_content import LONGEST_PATTERN, Content
from parsers.x12.grammar_elements import COMPONENT, ELEMENT, REPETITION, SEGMENT
from parsers.x12.grammar_levels import Bounds, Levels
from parsers.x12.grammar_pieces import Pieces
from parsers.x12.grammar_structure import CHARACTERS_A_MISS, PATIENCE, SE, Structure
from parsers.x12.model import Separators
from parsers.x12.open_set import FIRST_RELEASE_WITH_CONVENTION
from parsers.x12.segment_check import WalkOptions
from parsers.x12.set_plan import compiled

#: False on CPython before 3.11.5, whose possessive repetitions go on behind a try that failed half way
#: (gh-106052). Nothing matches there: all is left to the walker.
ENGINE_IS_SOUND = re.fullmatch("(?:ab?c)*+", "aca") is None
#: A character that matches nothing.
_NOTHING = 0x7F
#: Segments that refer to others: a fault in one of them may be one of these too.
_LINKING = tuple(f"{segment_id}{ELEMENT}" for segment_id in ("HL", "BSN", "LS", "LE"))
_LINE_END = SEGMENT.encode() + b"\n"


class PlacedSet(NamedTuple):
    """A set whose segments all stand where they belong, as offsets in the text.

    start: of ST. body: of the segment after it. trailer: of SE. end: after SE, its terminator and the
    blanks that follow. segments: their number, ST and SE included.
    faulty: of the segments that hold faulty elements; without any the set has no fault.
    """

    control_number: str
    implementation: str
    start: int
    body: int
    trailer: int
    end: int
    segments: int
    faulty: tuple[int, ...] = ()


def normalise(data: bytes, separators: Separators) -> str | None:
    """The bytes as text to match: a character for each byte, the delimiters put into ours.

    Bytes beyond ASCII, and our delimiters where they delimit nothing, are in the text as
    characters that match nothing. None if a delimiter is more than one byte.
    """
    table = _table(separators)
    if table is None:
        return None
    if separators.segment + separators.suffix != "\r\n":
        return data.translate(table).decode("latin-1")
    # Neither byte alone ends a segment there. The table leaves both as they are.
    return data.translate(table).replace(b"\r\n", _LINE_END).decode("latin-1")


@lru_cache(maxsize=64)
def _table(separators: Separators) -> bytes | None:
    marks = {
        separators.segment: "\r" if separators.segment == "\r" and separators.suffix else SEGMENT,
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
        options = _with_our_delimiters(options)
        uses = list(_uses(definition.root))
        segments = {use.segment for use in uses if use.id not in {"ST", "SE"}}
        self._content = Content(segments, options, definition.release)
        self._root = compiled(definition, options).root
        convention = definition.release >= FIRST_RELEASE_WITH_CONVENTION
        self._structure = Structure(
            definition.set_id, compiled(definition, options).root, convention=convention
        )
        #: Both in one; what it was made of; and the sets since that it did not match.
        self._whole: re.Pattern[str] | None = None
        self._joined: tuple[re.Pattern[str] | None, Mapping[str, str]] = (None, {})
        self._whole_has_bounds = False
        self._halved = 0
        self._depth = options.tree_depth
        self._sound = ENGINE_IS_SOUND and _is_sound(definition.root)
        self._has_levels = any(child.id == "HL" for child in definition.root.children)
        self._has_bounds = any(use.id == "LE" for use in uses)

    def read(self, text: str, at: int) -> PlacedSet | None:
        """The set that begins at `at` with its ST, if nothing is wrong with it but elements.

        text: from `normalise`. Count, control number and HL tree agree too. What only the group
        can tell is left: whether ST02 is used twice, and whether GS01 goes with ST01.
        """
        match = self._whole.match(text, at) if self._whole else None
        faulty: tuple[int, ...] = ()
        if match is None:
            match, faulty = self._by_halves(text, at)
        if match is None:
            return None
        body, trailer, end = match.end(3), match.start(4) - len(SE), match.end()
        segments = text.count(SEGMENT, at, end)
        bounded = self._whole_has_bounds if match.re is self._whole else self._has_bounds
        if int(match[4]) != segments or not self._is_linked(text, body, trailer, bounded=bounded):
            return None
        return PlacedSet(match[1], match[2] or "", at, body, trailer, end, segments, faulty)

    def _by_halves(self, text: str, at: int) -> tuple[re.Match[str] | None, tuple[int, ...]]:
        """A match of the structure, groups as in `Structure.match`, and the faulty segments in it."""
        match = self._structure.match(text, at) if self._sound else None
        faulty = self._content.faulty(text, match.end(3), match.start(4) - len(SE)) if match else None
        if match is None or faulty is None or any(text.startswith(_LINKING, offset) for offset in faulty):
            return None, ()
        if not self._structure.holds(text, match):
            return None, ()
        self._halved += 1
        size = len(self._whole.pattern) if self._whole else 0
        if self._halved >= max(PATIENCE, size // CHARACTERS_A_MISS):
            self._halved = 0
            self._join()
        return match, tuple(faulty)

    def _join(self) -> None:
        """Make one pattern of both halves, unless they know no more than when that was done last."""
        structure, content = self._structure.pattern, self._content.written
        if structure is None or not content or (structure is self._joined[0] and content is self._joined[1]):
            return
        self._joined = structure, content
        joined = self._structure.joined(content)
        self._whole_has_bounds = "LE" in content
        self._whole = re.compile(joined) if len(joined) <= LONGEST_PATTERN else None

    def _is_linked(self, text: str, body: int, trailer: int, *, bounded: bool) -> bool:
        """True if HL segments, and LS and LE where there may be any, refer to each other as they should."""
        if self._has_levels:
            levels = Levels(self._depth)
            if not (levels.follow(text, body, trailer) and levels.agree()):
                return False
        return not bounded or Bounds().follow(text, body, trailer)

    def end_of(self, text: str, at: int) -> int:
        """`end` of the set that begins at `at`, or -1 if anything is wrong with it."""
        placed = self.read(text, at)
        return placed.end if placed and not placed.faulty else -1

    def pieces(self) -> Pieces | None:
        """What takes a set that is too long to be at hand; None if no set of this kind can match."""
        if not self._sound:
            return None
        levels = Levels(self._depth) if self._has_levels else None
        bounds = Bounds() if self._has_bounds else None
        return Pieces(self._root, self._content, levels=levels, bounds=bounds)


@lru_cache(maxsize=128)
def _matcher(definition: SetDefinition, options: WalkOptions) -> Matcher:
    return Matcher(definition, options)


def matcher_for(definition: SetDefinition, options: WalkOptions) -> Matcher:
    """The matcher of a set, made once for each way of reading it; what it learnt stays with it."""
    return _matcher(definition, _with_our_delimiters(options))


def _with_our_delimiters(options: WalkOptions) -> WalkOptions:
    """The options of normal text: all that is left of the sender's is whether there are repetitions."""
    repetition = REPETITION if options.separators.repetition is not None else None
    return replace(options, separators=Separators(ELEMENT, COMPONENT, SEGMENT, repetition))


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
    plain = framed and not {"BIN", "BDS"} & set(ids)
    return plain and len(definitions) == len(set(ids)) and _closes_its_own(root, open_loops=())


def _closes_its_own(loop: LoopDefinition, open_loops: tuple[str, ...]) -> bool:
    inner = (*open_loops, loop.id)
    return inner.count("LS") <= 1 and all(
        _closes_its_own(child, inner)
        if isinstance(child, LoopDefinition)
        else child.id != "LE" or loop.id == "LS"
        for child in loop.children
    )
