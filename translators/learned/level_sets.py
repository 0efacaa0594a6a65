"""Ship notices, written by learned forms: a frame of heading and summary, and a form for each level.

A level's form is learned under what stands above it: with an order above or without, in a package or
not. Levels that are not sent parents first, each right where it belongs, go to the translator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import itemgetter

from parsers.x12.hierarchy import MAX_DEPTH, HlNode
from parsers.x12.model import GroupHeader, InterchangeHeader, Separators, TransactionSet
from translators import totals
from translators.canonical.writing import json_text
from translators.learned.form import Form, Part, Read, learn
from translators.learned.frames import Framed, Frames, Needed
from translators.learned.levels import (
    FIELDS,
    OWN,
    PARENT,
    QUANTITY,
    SAMPLES,
    TOP,
    Level,
    LevelForm,
    Place,
    Summed,
    left,
    lists,
    named_levels,
    places_of,
    sent_place,
    standing_place,
)
from translators.learned.line_sets import NUMBERS
from translators.learned.names import named, names_of
from translators.learned.numbers import Numbers, column, numbers
from translators.learned.recording import RecordingReading
from translators.learned.stand_ins import ValueDecides
from translators.learned.store import Store, shape_of
from translators.learned.templates import Row, picker
from translators.learned.wholes import LONGEST_PATTERN, Layout, Whole, Wholes
from translators.translation import Prepared
from translators.x12_levels import Above, Levels, LevelSet, read_level
from translators.x12_reading import Node, opened
from translators.x12_shapes import Fields


@dataclass(frozen=True, slots=True)
class _WholeLevels:
    """A whole set of levels. count: of them.

    ids: takes HL01 of each from a row; parents: HL02 of those that have one; holders: HL01 of the
    levels that these stood in when the whole was made.
    """

    whole: Whole
    needed: Needed
    count: int
    quantities: Numbers
    ids: Callable[[Row], tuple[str, ...]]
    parents: Callable[[Row], tuple[str, ...]]
    holders: Callable[[Row], tuple[str, ...]]

    def stands(self, row: Row) -> bool:
        """True if no number is used twice, and each level stands where it stood."""
        return self.parents(row) == self.holders(row) and len(set(self.ids(row))) == self.count


def _whole_levels(whole: Whole, needed: Needed, layout: Layout, levels: Sequence[Level]) -> _WholeLevels:
    parts = list(zip(levels, layout.inner, strict=True))
    inside = [(level, laid) for level, laid in parts if level.parent]
    counted = [
        (laid.marks, level.form.form.sample[QUANTITY]) for level, laid in parts if level.form.quantities
    ]
    return _WholeLevels(
        whole,
        needed,
        len(levels),
        numbers(counted),
        picker([laid.indexes[OWN] for laid in layout.inner]),
        picker([laid.indexes[PARENT] for _, laid in inside]),
        picker([layout.inner[level.parent - 1].indexes[OWN] for level, _ in inside]),
    )


def _with_tokens(sent: Sequence[Level], layout: Layout) -> list[Level]:
    """The levels with tokens for their values."""
    levels: list[Level] = []
    for level, laid in zip(sent, layout.inner, strict=True):
        place = levels[level.parent - 1].below if level.parent else TOP
        levels.append(Level(level.form, laid.tokens(), level.number, level.parent, place))
    return levels


class LevelSetForms:
    """The forms of one set of levels, read by one definition and written with the same separators."""

    def __init__(self, shape: LevelSet, marks: Separators) -> None:
        self._shape = shape
        self._marks = marks
        self._frames: Frames[LevelSet, LevelForm] = Frames(shape, marks)
        self._store: Store[LevelForm] = Store()
        self._wholes: Wholes[_WholeLevels] = Wholes()

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return self._frames.size + self._store.size + self._wholes.size

    def write(self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Prepared | None:
        """The translation of a set, None if it has no form yet or does not fit one."""
        found: Prepared | None = self._wholes.write(
            read.segment_count, lambda whole: self._as_whole(whole, read, header, group)
        )
        if found is not None:
            return found
        framed = self._frames.of(read)
        if framed is None:
            return None
        levels = self._levels(framed)
        if levels is None or not framed.frame.form.passes([framed.row]):
            return None
        fields = self._frames.fields(framed)
        finished = self._finished(fields, levels)
        if finished is None:
            return None
        order = (framed.frame, *[(level.form, level.parent) for level in levels])
        self._wholes.met(read.segment_count, order, lambda: self._whole(framed.frame.form, levels))
        frames, row = self._frames, framed.row
        source, members = frames.source(read, header, group), frames.members(finished)
        names = frames.names(row, framed.frame.form)
        return Prepared(
            frames.json(framed.frame.form, row, source, members, left(levels), lists(levels)),
            *frames.of_document(fields),
            lambda: self._shape.read(read, header, group),
            find_keys=lambda: self._shape.keys(named(names, {**finished, **named_levels(levels)})),
        )

    def _as_whole(
        self, known: _WholeLevels, read: TransactionSet, header: InterchangeHeader, group: GroupHeader
    ) -> Prepared | None:
        """The translation of a set that has the forms of a whole, if nothing is to be remarked on it."""
        row = known.whole.row(read.text or "")
        if row is None or not known.stands(row):
            return None
        frames, fields = self._frames, known.needed(row)
        quantity = totals.summed(known.quantities(row))
        finished, remarks = self._shape.finish(fields, known.count, quantity)
        for _ in remarks:
            return None
        further = (frames.source(read, header, group), *frames.members(finished, self._shape.counted))
        return Prepared(
            known.whole.json(row, further),
            *frames.of_document(fields),
            lambda: self._shape.read(read, header, group),
            find_keys=known.whole.keys(row, further),
        )

    def _whole(self, frame: Form, sent: Sequence[Level]) -> _WholeLevels | None:
        """A whole of the forms of these levels, each standing where it stands."""
        frames, shape = self._frames, self._shape
        layout = frames.layout(frame, [level.form.form for level in sent])
        if len(layout.pattern) > LONGEST_PATTERN:
            return None
        levels = _with_tokens(sent, layout)
        row = layout.frame.tokens()
        try:
            picked = shape.summary(frames.standing_fields(frame, row), places_of(levels, standing_place))
        except ValueDecides:
            return None
        text = frames.whole_text(layout, left(levels), lists(levels), shape.counted, picked)
        keyed = named(frames.names(row, frame), {**picked, **named_levels(levels)})
        return _whole_levels(
            Whole(layout, text, shape.keys(keyed)), frames.needed(layout.frame), layout, levels
        )

    # Reading the levels.

    def _levels(self, framed: Framed[LevelForm]) -> list[Level] | None:
        """Every level in the order sent; None if one has no form or does not stand where it belongs."""
        levels: list[Level] = []
        ids: set[str] = set()
        branch: list[Level] = []
        alone = False
        at, expected = framed.start, next(iter(framed.frame.recent), None)
        while at < framed.end:
            level = self._expected(expected, framed, at, branch, len(levels) + 1)
            if level is None:
                level = self._other(framed, at, branch, len(levels) + 1)
            if level is None or level.row[OWN] in ids or len(branch) == MAX_DEPTH:
                return None
            if expected is not level.form:
                _expect(level.form, framed, levels)
            ids.add(level.row[OWN])
            levels.append(level)
            branch.append(level)
            at, expected = at + len(level.row[0]), level.form.next
            if expected is level.form and not alone:
                # Looked for once: a long notice of many orders is not searched again and again.
                alone = True
                run = self._run(framed, at, level, len(levels))
                levels += run
                ids.update(one.row[OWN] for one in run)
                at = framed.end if run else at
        return levels if len(ids) == len(levels) else None

    def _run(self, framed: Framed[LevelForm], at: int, level: Level, count: int) -> list[Level]:
        """All levels that are left, if each is like this one and stands beside it; else none."""
        form, place = level.form, level.place
        rows = form.form.patterns[0].findall(framed.text, at, framed.end)
        if not rows or sum(map(len, map(itemgetter(0), rows))) != framed.end - at:
            return []
        if form.has_parent and set(map(itemgetter(PARENT), rows)) != {level.row[PARENT]}:
            return []
        return [Level(form, row, n, level.parent, place) for n, row in enumerate(rows, start=count + 1)]

    def _expected(
        self, form: LevelForm | None, framed: Framed[LevelForm], at: int, branch: list[Level], number: int
    ) -> Level | None:
        """The level at a place of the text, if it has this form. `branch` is cut to what it stands in."""
        match = form.form.patterns[0].match(framed.text, at, framed.end) if form else None
        if form is None or match is None:
            return None
        groups = match.groups()
        place = _cut(branch, groups[PARENT] if form.has_parent else "")
        if place is None or place.told != form.told:
            return None
        return Level(form, groups, number, branch[-1].number if branch else 0, place)

    def _other(self, framed: Framed[LevelForm], at: int, branch: list[Level], number: int) -> Level | None:
        """The same with whatever form it has, or a new one."""
        part, node = self._frames.repetition(framed, at)
        _, own, parent, *_ = [*part.split(self._marks.segment)[0].split(self._marks.element), "", ""]
        place = _cut(branch, parent)
        if place is None or not own:
            return None
        told = "".join("01"[one] for one in place.told)
        name = f"{told}{self._frames.joint}{shape_of(part, self._marks)}"
        for form in self._store.of(name):
            level = self._expected(form, framed, at, branch, number)
            if level is not None:
                return level
        learned = self._store.learn(
            name, lambda: self._learn(place, framed.read, node()), at_once=framed.is_large
        )
        return self._expected(learned, framed, at, branch, number)

    def _learn(self, place: Place, read: TransactionSet, node: Node) -> LevelForm | None:
        samples = [sample for told, sample in zip(place.told, SAMPLES, strict=True) if told]

        def translated(reading: RecordingReading, placed: tuple[str, ...]) -> Read:
            given = iter(placed[1:])
            above = Above(*[next(given) if told else None for told in place.told])
            return _read_level(reading, above)

        part = Part(
            read,
            ([node],),
            (self._frames.loop_end,),
            self._shape.trigger,
            (NUMBERS, *samples),
            translated,
        )
        form = learn(part)
        if form is None:
            return None
        _, kind, has_parent, quantity, _, _ = form.sample
        return LevelForm(form, kind, place.told, has_parent, column(form.marks, quantity))

    # Writing the document.

    def _finished(self, fields: Fields, levels: Sequence[Level]) -> Fields | None:
        """The fields that need the levels, if each is as its form says and nothing is to be remarked on."""
        alike: dict[LevelForm, list[Row]] = {}
        for level in levels:
            alike.setdefault(level.form, []).append(level.row)
        quantities: list[Decimal] = []
        for form, rows in alike.items():
            if not form.form.passes(rows):
                return None
            if form.quantities:
                quantities += form.quantities(rows)
        finished, remarks = self._shape.finish(fields, len(levels), totals.summed(quantities))
        if next(iter(remarks), None) is not None:
            return None
        return finished | self._shape.summary(fields, places_of(levels, sent_place))


def _expect(form: LevelForm, framed: Framed[LevelForm], levels: list[Level]) -> None:
    """Remember that this form came next."""
    if levels:
        levels[-1].form.next = form
    else:
        framed.frame.saw(form)


def _cut(branch: list[Level], parent: str) -> Place | None:
    """Cut the branch to the level that is the parent; None if it is not on the branch."""
    if not parent:
        branch.clear()
        return TOP
    while branch and branch[-1].row[OWN] != parent:
        branch.pop()
    return branch[-1].below if branch else None


def _read_level(reading: RecordingReading, above: Above) -> Read:
    """What the translator makes of the only level of a reading."""
    loop = next(reading.tree.loops())
    segment, _ = opened(loop)
    if segment is None:
        raise ValueError("a level without its HL in a set without fault")
    own, parent = reading.look(segment, 1), reading.look(segment, 2)
    node = HlNode(str(own), str(parent) if parent else "", segment.get(3), loop)
    levels = Levels()
    below = read_level(reading, node, node.id, above, levels)
    kind, value = next(
        (one.name, found[0])
        for one in fields(Levels)
        if one.name != "holders" and (found := getattr(levels, one.name))
    )
    quantity = value.quantity.value if kind == "items" and value.quantity else None
    place = Summed.of(value) if kind in ("shipments", "orders") else None
    return Read(
        json_text(value),
        (
            tuple(getattr(below, name) for name in FIELDS),
            kind,
            parent is not None,
            quantity,
            place,
            names_of(lambda name: getattr(value, name, None)),
        ),
    )
