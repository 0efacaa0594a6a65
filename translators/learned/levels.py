"""The levels of a ship notice that were read by forms, and the texts and values that they give together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from translators.canonical.transport import Equipment, Lading, Routing
from translators.canonical.values import DatedEvent, Reference, Value
from translators.learned.form import Form
from translators.learned.names import named
from translators.learned.numbers import Column
from translators.learned.stand_ins import standing
from translators.learned.templates import Row, filler
from translators.x12_levels import Above, Levels

FIELDS = tuple(one.name for one in fields(Above))
PACKAGE = FIELDS.index("package")
#: Stand for what is above a level while its form is learned, in the order of the fields of `Above`.
SAMPLES = tuple((f"Ab{n:04}Qz", f"bA {n:05}.zq") for n in range(1, len(FIELDS) + 1))
#: Where a form keeps what stands above the levels in a level, and what follows it: see `_read_level`.
BELOW, QUANTITY, PLACE, NAMES = 0, 3, 4, 5
#: Where a row has HL01 and HL02: the first holes of every level.
OWN, PARENT = 1, 2


@dataclass(slots=True, eq=False)
class LevelForm:
    """The form of a level.

    kind: the list of `Levels` that it joins. told: which fields of `Above` it was learned under.
    has_parent: True if HL02 is sent. quantities: takes those of items from rows, None if they have none.
    next: the form of the level that came after one of this form.
    """

    form: Form
    kind: str
    told: tuple[bool, ...]
    has_parent: bool
    quantities: Column | None
    next: LevelForm | None = None


@dataclass(frozen=True, slots=True)
class Summed(Value):
    """What the summary of a notice looks at in a shipment or order."""

    dates: tuple[DatedEvent, ...] = ()
    references: tuple[Reference, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    lading: tuple[Lading, ...] = ()
    routings: tuple[Routing, ...] = ()

    @classmethod
    def of(cls, value: Any) -> Summed:
        """The same of a canonical shipment or order."""
        return cls(*[getattr(value, one.name) for one in fields(cls)])


class Place:
    """What stands above a level. values: as the fields of `Above`; told: which are; given: those that are."""

    __slots__ = ("given", "told", "values")

    def __init__(self, values: tuple[str | None, ...]) -> None:
        self.values = values
        self.told = tuple(value is not None for value in values)
        self.given = tuple(value for value in values if value is not None)


TOP = Place((None,) * len(FIELDS))


class Level:
    """A level that was read. parent: number of the level it stands in, 0 for none."""

    __slots__ = ("_below", "form", "number", "parent", "place", "row")

    def __init__(self, form: LevelForm, texts: Row, number: int, parent: int, place: Place) -> None:
        self.form = form
        self.row: Row = (*texts, str(number), *place.given)
        self.number = number
        self.parent = parent
        self.place = place
        self._below: Place | None = None

    @property
    def below(self) -> Place:
        """What stands above the levels in it."""
        if self._below is None:
            self._below = Place(self.form.form.kept[BELOW](self.row))
        return self._below


def places_of(levels: Sequence[Level], place: Callable[[Level], Any]) -> Levels:
    """The shipments and orders, as far as a summary looks at them. place: gives that of a level."""
    known = Levels()
    for level in levels:
        if level.form.form.sample[PLACE] is not None:
            getattr(known, level.form.kind).append(place(level))
    return known


def sent_place(level: Level) -> Any:
    """What the summary of a notice looks at in a shipment or order."""
    return level.form.form.kept[PLACE](level.row)


def standing_place(level: Level) -> Any:
    """The same of a level that holds tokens."""
    form = level.form.form
    return filler(form.sample[PLACE], list(map(standing, form.marks)))(level.row)


def named_levels(levels: Sequence[Level]) -> dict[str, list[Any]]:
    """The levels as far as keys are concerned, packages not nested: the order is the same."""
    found: dict[str, list[Any]] = {"shipments": [], "orders": [], "packages": [], "items": []}
    for level in levels:
        names = level.form.form.kept[NAMES](level.row)
        found[level.form.kind].append(named(names, {"packages": ()}))
    return found


def left(levels: Sequence[Level]) -> str:
    """What all levels leave unmapped."""
    forms = [(level.form.form.unmapped[0], level.row) for level in levels]
    return ",".join([unmapped.fill(row) for unmapped, row in forms if unmapped.size])


def lists(levels: list[Level]) -> dict[str, list[bytes]]:
    """The texts of all levels, list by list."""
    texts: dict[str, list[str]] = {"shipments": [], "orders": [], "items": []}
    packages: list[tuple[Level, str]] = []
    inside: dict[str, list[str]] = {}
    for level in levels:
        text, package = level.form.form.text.fill(level.row), level.place.values[PACKAGE]
        if level.form.kind == "packages":
            packages.append((level, text))
            continue
        texts[level.form.kind].append(text)
        if package is not None and level.form.kind == "items":
            inside.setdefault(package, []).append(f'"{level.row[OWN]}"')
    joined = {name: ",".join(some) for name, some in texts.items()}
    joined["packages"] = _nested(packages, inside)
    return {name: [text.encode()] if text else [] for name, text in joined.items()}


def _nested(packages: list[tuple[Level, str]], items: dict[str, list[str]]) -> str:
    """The packages as a tree, each with the ids of the items right in it. See `Levels.nested`."""
    within: dict[str | None, list[str]] = {}
    for level, text in reversed(packages):
        own, holder = level.row[OWN], level.place.values[PACKAGE]
        parts = [text[:-1]]
        if own in items:
            parts.append(f',"items":[{",".join(items[own])}]')
        if own in within:
            parts.append(f',"packages":[{",".join(reversed(within.pop(own)))}]')
        within.setdefault(holder, []).append("".join(parts) + "}")
    return ",".join(reversed(within.pop(None, [])))
