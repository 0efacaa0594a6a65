"""Transaction sets without fault, made from the dictionary by chance, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)
from parsers.x12.model import Segment
from parsers.x12.segment_check import WalkOptions, broken_positions
from parsers.x12.walker import place

#: A segment: its id and its elements.
Row = list[str]

_LETTERS = "ABCXYZ019 -./&'"
_DATES = {8: ["20261123", "20240229", "20000229", "19991231"], 6: ["261123", "240229", "000229"]}
_TIMES = {4: "0915", 6: "235959", 7: "0915307", 8: "00000099"}
#: Optional positions of a loop that are filled, roughly.
_FILLED = 2.5
#: Elements of no requirement that are filled.
_OPTIONAL = 0.35
_ATTEMPTS = 200


class SetMaker:
    """Makes sets of one kind, as small as they come.

    options: with the separators to use. Everything else about them is left to chance.
    """

    def __init__(self, definition: SetDefinition, options: WalkOptions, seed: str) -> None:
        self._definition = definition
        self._options = options
        self._chance = Random(seed)
        self._codes: dict[frozenset[str], list[str]] = {}

    def clean_set(self) -> list[Row]:
        """A set that the walker finds nothing in, from ST to SE with their numbers."""
        for _ in range(_ATTEMPTS):
            rows = self._numbered(list(self._loop(self._definition.root.children)))
            segments = [Segment(row[0], row[1:], number, 0, 9) for number, row in enumerate(rows, 1)]
            if not place(self._definition, segments, self._options)[1]:
                return rows
        raise AssertionError(f"no clean {self._definition.set_id} came in {_ATTEMPTS} attempts")

    def segment(self, use: SegmentUse) -> Row:
        """One segment whose elements are right."""
        values = self._values(use.segment.elements, use.segment.notes)
        if self._options.trailing_separators == "mandatory":
            values += [""] * (len(use.segment.elements) - len(values))
        return [use.id, *values]

    def uses(self) -> list[SegmentUse]:
        """Every position that the set has for a segment."""
        return list(_uses(self._definition.root))

    def _loop(self, children: Sequence[SegmentUse | LoopDefinition]) -> Iterator[Row]:
        optional = sum(child.requirement != "M" for child in children)
        for child in children:
            if child.requirement != "M" and self._chance.random() * optional > _FILLED:
                continue
            most = child.repeat if isinstance(child, LoopDefinition) else child.max_use
            times = self._chance.choice((1, 1, 1, 2, 3)) if most is None or most > 2 else 1
            for _ in range(times):
                if isinstance(child, LoopDefinition):
                    first = child.children[0]
                    assert isinstance(first, SegmentUse)
                    yield self.segment(first)
                    yield from self._loop(child.children[1:])
                else:
                    yield self.segment(child)

    def _numbered(self, rows: list[Row]) -> list[Row]:
        """The rows with what must agree between them: control number, count, levels and bounded loops."""
        levels, opened = 0, ""
        for row in rows:
            match row[0]:
                case "ST":
                    row[1:] = [self._definition.set_id, "0001"]
                case "SE":
                    row[1:] = [str(len(rows)), "0001"]
                case "HL":
                    levels += 1
                    parent = str(self._chance.randrange(1, levels)) if levels > 1 else ""
                    row[1:] = [str(levels), parent, row[3], *self._idle(row[4:])]
                case "BSN":
                    row[5:] = self._idle(row[5:])
                case "LS":
                    opened = row[1]
                case "LE":
                    row[1] = opened
        return rows

    def _idle(self, values: list[str]) -> list[str]:
        """What is left at a segment's end when these values go."""
        return [""] * len(values) if self._options.trailing_separators == "mandatory" else []

    def _values(self, uses: Sequence[ElementUse], notes: Sequence[SyntaxNote]) -> list[str]:
        there = {use.position for use in uses if self._wanted(use)} or {1}
        for _ in uses:
            before = there.copy()
            for note in notes:
                there ^= set(broken_positions(note, sum(1 << position - 1 for position in there)))
            if there == before:
                break
        last = max(there, default=0)
        return [self.value(use) if use.position in there else "" for use in uses[:last]]

    def _wanted(self, use: ElementUse) -> bool:
        return use.requirement == "M" or self._chance.random() < _OPTIONAL

    def value(self, use: ElementUse) -> str:
        """A value for an element, repeated now and then where it may be."""
        separator = self._options.separators.repetition
        times = self._chance.randint(1, min(use.repeat, 3)) if separator else 1
        return (separator or "").join(self._once(use) for _ in range(times))

    def _once(self, use: ElementUse) -> str:
        if use.type == COMPOSITE:
            return self._options.separators.component.join(self._values(use.components, use.notes))
        if use.type == "ID" and use.codes is not None and self._options.check_codes:
            if use.codes not in self._codes:
                self._codes[use.codes] = sorted(use.codes)
            return self._chance.choice(self._codes[use.codes])
        match use.type[0]:
            case "N":
                return self._sign() + self._digits(use.min, use.max)
            case "R":
                return self._decimal(use)
            case "D":
                return self._chance.choice(
                    [date for size, dates in _DATES.items() if use.min <= size <= use.max for date in dates]
                )
            case "T":
                return self._chance.choice(
                    [time for size, time in _TIMES.items() if use.min <= size <= use.max]
                )
            case _:
                return self._text(use.min, use.max)

    def _sign(self) -> str:
        return self._chance.choice(("", "", "", "", "-"))

    def _digits(self, low: int, high: int) -> str:
        size = self._chance.choice((low, min(high, low + 3), high if high < 20 else low))
        return "".join(self._chance.choices("123456789", k=size))

    def _decimal(self, use: ElementUse) -> str:
        digits = self._digits(use.min, use.max)
        point = self._chance.randrange(len(digits) + 1) if self._chance.random() < 0.5 else len(digits)
        return self._sign() + (digits if point == len(digits) else f"{digits[:point]}.{digits[point:]}")

    def _text(self, low: int, high: int) -> str:
        size = self._chance.choice((low, min(high, low + 3), high if high < 40 else low))
        text = "".join(self._chance.choices(_LETTERS, k=size))
        return text if self._chance.random() < 0.02 else text.strip(" ").ljust(size, "Q")


def _uses(loop: LoopDefinition) -> Iterator[SegmentUse]:
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            yield from _uses(child)
        else:
            yield child
