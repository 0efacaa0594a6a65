"""Makes documents of any set from its tables, right in every element, and puts faults into them.

The same seed gives the same documents. They say nothing sensible: only their form is right.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from random import Random

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)
from parsers.x12.segment_check import broken_positions

Segment = list[str]
#: Of optional segments and loops, so many are there.
OPTIONAL = 0.25
#: Faulty values of any element, whatever its type.
ODD_VALUES = (
    "A",
    "ZZZ",
    "0",
    "-1",
    "1.5",
    "1.",
    "QQ",
    "99999999999999999999999",
    "20261399",
    "2575",
    "a",
    "X ",
    "  ",
)


class Author:
    """Writes documents of one set."""

    def __init__(self, definition: SetDefinition, random: Random) -> None:
        self._definition = definition
        self._random = random
        self._levels = 0

    def document(self) -> list[Segment]:
        """ST to SE; SE01 is right."""
        self._levels = 0
        segments = list(self._loop(self._definition.root))
        return recounted(segments)

    def _loop(self, loop: LoopDefinition) -> Iterator[Segment]:
        for place, child in enumerate(loop.children):
            most = child.repeat if isinstance(child, LoopDefinition) else child.max_use
            for _ in range(self._times(child.requirement == "M" or (place == 0 and bool(loop.id)), most)):
                if isinstance(child, LoopDefinition):
                    yield from self._loop(child)
                else:
                    yield self._segment(child)
                    if place == 0 and loop.id:
                        break

    def _times(self, required: bool, most: int | None) -> int:
        if not required and self._random.random() > OPTIONAL:
            return 0
        return self._random.randint(1, min(most or 2, 2))

    def _segment(self, use: SegmentUse) -> Segment:
        match use.id:
            case "ST":
                return ["ST", self._definition.set_id, "0001"]
            case "SE":
                return ["SE", "0", "0001"]
            case "HL":
                return self._level()
            case "LS" | "LE":
                return [use.id, "LDT"]
        for _ in range(50):
            values = self._values(use.segment)
            if not _broken(use.segment, values):
                break
        return _trimmed([use.id, *values])

    def _values(self, segment: SegmentDefinition) -> list[str]:
        """Elements as chance has it, then changed by each syntax note in turn."""
        values = [self._value(one) if self._wanted(one) else "" for one in segment.elements]
        if not any(values):
            values[0] = self._value(segment.elements[0])
        for _ in range(4):
            for note, position in _broken(segment, values):
                one = segment.elements[position - 1]
                values[position - 1] = "" if note.kind == "E" else self._value(one)
        return values

    def _level(self) -> Segment:
        """An HL below the one before it."""
        self._levels += 1
        parent = str(self._levels - 1) if self._levels > 1 else ""
        return ["HL", str(self._levels), parent, "I"]

    def _wanted(self, use: ElementUse) -> bool:
        return use.requirement == "M" or self._random.random() < OPTIONAL

    def _value(self, use: ElementUse) -> str:
        if use.type == COMPOSITE:
            return self._composite(use)
        random, low = self._random, use.min
        high = max(low, min(use.max, low + 4))
        length = random.randint(low, high)
        match use.type[0]:
            case "N" | "R":
                return "".join(random.choices(string.digits[1:], k=length))
            case "D":
                return "20261123"[-low:] if low < 8 else "20261123"
            case "T":
                return "1530"
        if use.codes:
            return random.choice(sorted(use.codes))
        return "".join(random.choices(string.ascii_uppercase, k=length))

    def _composite(self, use: ElementUse) -> str:
        values = [
            self._value(one) if one.requirement == "M" or not at else ""
            for at, one in enumerate(use.components)
        ]
        for note in use.notes:
            mask = sum(1 << index for index, value in enumerate(values) if value)
            for position in broken_positions(note, mask):
                values[position - 1] = self._value(use.components[position - 1])
        return ">".join(_trimmed(values))


def _broken(segment: SegmentDefinition, values: list[str]) -> list[tuple[SyntaxNote, int]]:
    """The notes that the values break, each with a position at fault."""
    mask = sum(1 << index for index, value in enumerate(values) if value)
    return [(note, position) for note in segment.notes for position in broken_positions(note, mask)]


def _trimmed(values: list[str]) -> list[str]:
    while values and not values[-1]:
        values.pop()
    return values


def recounted(segments: list[Segment]) -> list[Segment]:
    """The set with the right count in its SE."""
    return [["SE", str(len(segments)), *one[2:]] if one[0] == "SE" else one for one in segments]


def spoilt(segments: list[Segment], random: Random) -> list[Segment]:
    """The set with one fault, or what may be one, ST and SE left alone."""
    made = [list(one) for one in segments]
    at = random.randrange(1, len(made) - 1) if len(made) > 2 else 0
    match random.randrange(10):
        case 0:
            del made[at]
        case 1:
            made.insert(at, list(made[at]))
        case 2:
            made.insert(random.randrange(1, len(made)), made.pop(at))
        case 3:
            made.insert(at, [random.choice(["ZZZ", "REF", "N1", "TDS", "CTT", "ref"]), "1"])
        case 4:
            made[at] += [""] * random.randint(0, 3) + ["MORE"]
        case 5 if len(made[at]) > 1:
            made[at][random.randrange(1, len(made[at]))] = ""
        case 6 if len(made[at]) > 1:
            made[at].pop()
        case _:
            element = random.randrange(1, len(made[at]) + 1)
            made[at] += [""] * (element + 1 - len(made[at]))
            made[at][element] = _odd(made[at][element], random)
    return recounted(made)


def _odd(value: str, random: Random) -> str:
    match random.randrange(4):
        case 0:
            return value + random.choice("9A>.")
        case 1 if value:
            return value[:-1]
        case 2 if value:
            return value * 12
        case _:
            return random.choice(ODD_VALUES)


def interchange(definition: SetDefinition, segments: list[Segment]) -> bytes:
    """One set in an envelope without a fault."""
    control, standards = ("00501", "^") if definition.release >= "005010" else ("00401", "U")
    isa = (
        f"ISA*00*          *00*          *ZZ*ACMERETAIL     *ZZ*TRADEPOST      "
        f"*261123*0915*{standards}*{control}*000000007*0*P*>"
    )
    gs = f"GS*{definition.functional_id}*ACMERETAIL*TRADEPOST*20261123*0915*12*X*{definition.release}"
    body = ["*".join(one) for one in segments]
    return "~\n".join([isa, gs, *body, "GE*1*12", "IEA*1*000000007", ""]).encode()
