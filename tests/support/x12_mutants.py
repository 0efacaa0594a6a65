"""Mutants of transaction sets, and what the explaining way of reading says of them."""

from __future__ import annotations

from random import Random

from parsers.x12.definition import SetDefinition
from parsers.x12.limits import DEFAULT_LIMITS
from parsers.x12.model import GroupHeader, Segment, Separators
from parsers.x12.open_set import OpenSet
from parsers.x12.options import ReadOptions
from parsers.x12.segment_check import WalkOptions
from tests.support.x12_generated import Row, SetMaker

#: Values that are right in some places and wrong in others; > and ^ stand for the separators in use.
_VALUES = [
    "", "", " ", "  ", "0", "1", "-1", "-0", "-00", "+1", "1.", ".5", "1.5", "-.5", "1..5", "1E5", "1,000",
    "007", "9" * 9, "9" * 10, "9" * 18, "9" * 19, "99999999.99", "20240229", "20230229", "20000229",
    "19000229", "00000229", "99991231", "20260230", "20261301", "240229", "230229", "261123", "0000",
    "2400", "2359", "235960", "2359599", "23595999", "235959999", "A", "ZZ", "EA", "ea", "UP", "001", "ST",
    "SE", "LE", "X" * 31, "X" * 81, " A", "A ", "EA ", "EA" + " " * 90, "A B", ">", "A>", ">A", "A>B",
    "A>>B", "^", "A^", "A^B", "é", "\x01", "\x1d", "\x1e", "\x1f", "\x7f", "1\n2",
]  # fmt: skip
_CHARACTERS = "*~>^|:+ \n\r\t\x00\x1a\x1c\x1d\x1e\x1f\x7fAZaz019.-é"
_BLANKS = " \t\r\n\x0b\x0c\x00\x1a"
#: How often more than one thing is changed, the count of SE is left wrong, or bytes are changed blindly.
_SELDOM = 0.15


class Mutator:
    """Changes one thing, or now and then a few, in a set."""

    def __init__(self, maker: SetMaker, separators: Separators, seed: str) -> None:
        self._maker = maker
        self._uses = maker.uses()
        self._separators = separators
        self._chance = Random(seed)
        marks = str.maketrans({">": separators.component, "^": separators.repetition or "^"})
        self._values = [value.translate(marks) for value in _VALUES]
        self._ways = (
            *[self._set_value] * 6, *[self._make_value] * 2, *[self._change_character] * 2,
            self._move_value, self._add_elements, self._drop_segment, self._repeat_segment,
            self._move_segment, *[self._insert_segment] * 2, self._rename_segment,
        )  # fmt: skip

    def mutant(self, rows: list[Row]) -> str:
        """The text of the set with something changed; its count stays right, as a rule."""
        if self._chance.random() < _SELDOM:
            return self._scarred(self.text(rows))
        changed = [row.copy() for row in rows]
        self._chance.choice(self._ways)(changed)
        while self._chance.random() < _SELDOM:
            self._chance.choice(self._ways)(changed)
        if len(changed) != len(rows) and self._chance.random() > _SELDOM and changed[-1][0] == "SE":
            changed[-1][1:2] = [str(len(changed))]
        return self.text(changed)

    def text(self, rows: list[Row]) -> str:
        """The set as sent."""
        marks = self._separators
        return "".join(marks.element.join(row) + marks.segment + marks.suffix for row in rows)

    def _number(self, rows: list[Row]) -> int:
        """Where a segment stands; hardly ever ST or SE."""
        if self._chance.random() < 0.05:
            return self._chance.randrange(len(rows))
        return min(self._chance.randrange(1, max(2, len(rows) - 1)), len(rows) - 1)

    def _spot(self, rows: list[Row]) -> tuple[Row, int]:
        """A segment and a place in it, perhaps one behind its last element, which is then added."""
        row = rows[self._number(rows)]
        at = self._chance.randrange(1, len(row) + 1)
        if at == len(row):
            row.append("")
        return row, at

    def _set_value(self, rows: list[Row]) -> None:
        row, at = self._spot(rows)
        row[at] = self._chance.choice(self._values)

    def _make_value(self, rows: list[Row]) -> None:
        """A value that is right there, whatever else is."""
        row, at = self._spot(rows)
        uses = next((use.segment.elements for use in self._uses if use.id == row[0]), ())
        row[at] = self._maker.value(self._chance.choice(uses[at - 1 : at] or uses)) if uses else ""

    def _move_value(self, rows: list[Row]) -> None:
        (row, at), (other, to) = self._spot(rows), self._spot(rows)
        row[at], other[to] = other[to], row[at]

    def _change_character(self, rows: list[Row]) -> None:
        row, at = self._spot(rows)
        place = self._chance.randrange(len(row[at]) + 1)
        rest = row[at][place + self._chance.randrange(2) :]
        row[at] = row[at][:place] + self._chance.choice(("", *_CHARACTERS)) + rest

    def _add_elements(self, rows: list[Row]) -> None:
        row, _ = self._spot(rows)
        row += [""] * self._chance.randrange(1, 4) + self._chance.choice(([], [], ["1"]))

    def _drop_segment(self, rows: list[Row]) -> None:
        if len(rows) > 2:
            del rows[self._number(rows)]

    def _repeat_segment(self, rows: list[Row]) -> None:
        at = self._number(rows)
        rows[at:at] = [rows[at].copy() for _ in range(self._chance.choice((1, 1, 2, 5, 12, 30)))]

    def _move_segment(self, rows: list[Row]) -> None:
        rows.insert(self._number(rows), rows.pop(self._number(rows)))

    def _insert_segment(self, rows: list[Row]) -> None:
        rows.insert(self._number(rows), self._maker.segment(self._chance.choice(self._uses)))

    def _rename_segment(self, rows: list[Row]) -> None:
        row, _ = self._spot(rows)
        row[0] = self._chance.choice((*(use.id for use in self._uses), "", "ZZZ", "n1", "GE"))

    def _scarred(self, text: str) -> str:
        """The text with some characters gone, changed or doubled."""
        at = self._chance.randrange(len(text))
        end = at + self._chance.choice((0, 1, 1, 1, 2, 30))
        new = self._chance.choice((self._chance.choice(_CHARACTERS), "", text[at:end] * 2))
        return text[:at] + new + text[end:]


def is_faultless(text: str, definition: SetDefinition, options: WalkOptions) -> bool:
    """True if walker and envelope find nothing in the set that `text` begins with.

    A line break inside a segment, and a segment without anything, are for the reader to tell: False.
    """
    marks = options.separators
    end = "\r\n" if marks.segment == "\r" else marks.segment
    rows = [row.lstrip(_BLANKS).split(marks.element) for row in text.split(end)[:-1]]
    last = next((number for number, row in enumerate(rows) if row[0] == "SE"), 0)
    header, body, trailer = rows[0], rows[1:last], rows[last]
    if not last or header[0] != "ST" or not text.startswith("ST"):
        return False
    broken = any("\n" in value or "\r" in value for row in rows[: last + 1] for value in row)
    if broken or any(row in ([""], ["ST"]) or row[0] == "ST" for row in body):
        return False
    release = definition.release
    kind = definition.functional_id
    group = GroupHeader(
        kind, "", "", "", "", "1", "X", "003060" if definition.short_dates else release, release, 0
    )
    read = OpenSet(
        _segment(header), group, ordinal=1, options=ReadOptions(walk=options), limits=DEFAULT_LIMITS
    )
    for row in body:
        read.add(_segment(row))
    closed = read.close(_segment(trailer), len(text))
    return read.set_id == definition.set_id and not read.nameless and not closed.findings


def _segment(row: Row) -> Segment:
    return Segment(row[0], row[1:], 0, 0, 9)
