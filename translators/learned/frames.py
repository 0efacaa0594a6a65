"""Heading and summary of a set, written by a learned form that leaves room for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

from parsers.x12.clean_sets import split
from parsers.x12.model import (
    GroupHeader,
    InterchangeHeader,
    Loop,
    Segment,
    Separators,
    TransactionSet,
    Walked,
)
from parsers.x12.segment_check import WalkOptions
from parsers.x12.walker import place
from translators.canonical.kinds import KINDS
from translators.canonical.values import Code
from translators.canonical.writing import document_text, json_text
from translators.learned.form import Form, Part, Read, joint, learn, unmapped_text
from translators.learned.names import Names, names_of
from translators.learned.recording import RecordingReading
from translators.learned.sources import SourceTexts
from translators.learned.stand_ins import standing
from translators.learned.store import Store, shape_of
from translators.learned.templates import Constant, Row, filler
from translators.learned.wholes import Laid, Layout, token
from translators.x12_details import account_for_envelope, envelope
from translators.x12_parts import currency
from translators.x12_reading import Node, Reading
from translators.x12_shapes import Fields, SetShape

#: Forms that are tried before the shape of a part is looked at.
MAX_RECENT = 4
#: A set of this size is worth forms, even if it is the first of its kind.
LARGE_BYTES = 64 * 1024
#: Ids that a summary may begin with.
MAX_TAILS = 8

Inner = TypeVar("Inner")
S = TypeVar("S", bound=SetShape)
#: JSON, number, originality and purpose of a document.
Facts = tuple[bytes, str, bool, Code | None]
#: Finds the fields that are needed to finish a document.
Needed = Callable[[Row], Fields]
#: Where a form keeps what keys are made of, and the currency: behind the fields needed.
_NAMES, _CURRENCY = -2, -1


@dataclass(slots=True, eq=False)
class Frame(Generic[Inner]):
    """The form of a heading and a summary.

    tail: how the summary begins, with the joint before it. currency: of the set.
    recent: forms seen last in the loop between the two, the last one first.
    """

    form: Form
    tail: str
    currency: str | None
    recent: list[Inner] = field(default_factory=list)

    def saw(self, form: Inner) -> None:
        """Something in the loop had this form."""
        _move_up(self.recent, form)


T = TypeVar("T")


def _move_up(recent: list[T], one: T) -> None:
    if one in recent:
        recent.remove(one)
    recent.insert(0, one)
    del recent[MAX_RECENT:]


@dataclass(frozen=True, slots=True)
class Framed(Generic[Inner]):
    """A set whose frame is known. start, end: where in its text the loop begins and ends."""

    frame: Frame[Inner]
    row: Row
    text: str
    start: int
    end: int
    read: TransactionSet

    @property
    def is_large(self) -> bool:
        """True if a form is worth it, even if its shape is met for the first time."""
        return self.read.size >= LARGE_BYTES


@dataclass(frozen=True, slots=True)
class Unframed(Generic[Inner]):
    """A set whose heading and summary fit no form, and were read by the translator. heading: its segments."""

    framed: Framed[Inner]
    reading: Reading
    fields: Fields
    heading: Sequence[Segment]


class Frames(Generic[S, Inner]):
    """The frames of one set, read by one definition and written with the same separators."""

    def __init__(self, shape: S, marks: Separators) -> None:
        self.shape = shape
        self.marks = marks
        self.joint = joint(marks)
        #: How each repetition of the loop begins, with the joint before it.
        self.trigger = f"{self.joint}{shape.trigger}{marks.element}"
        again, last = re.escape(shape.trigger + marks.element), r"\Z"
        #: Pattern of what ends a repetition.
        self.loop_end = f"{re.escape(self.joint)}(?={again}|{last})"
        self._set_end = f"{re.escape(marks.segment)}(?:{re.escape(marks.suffix)})?"
        self._store: Store[Frame[Inner]] = Store()
        self._recent: list[Frame[Inner]] = []
        self._tails: list[str] = []
        self._sources = SourceTexts()
        #: Members whose texts are made anew for each set; `usage` brings `source` with it.
        self._slots = ("usage", *shape.finished, "unmapped", *shape.lists)
        self._needed = (*shape.needs, "purpose")
        self._kept = (*self._needed, *shape.picked)
        self._schema = next(kind.schema for kind in KINDS.values() if kind.type is shape.document)

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return self._store.size

    def of(self, read: TransactionSet) -> Framed[Inner] | None:
        """The set in its frame; None if it has none yet."""
        text = read.text
        start = text.find(self.trigger) + len(self.joint) if text else 0
        if not text or start < len(self.joint):
            return None
        for frame in self._recent:
            framed = self._fitting(frame, text, start, read)
            if framed is not None:
                return framed
        return self._known(text, start, read) or self._new(text, start, read)

    def _fitting(
        self, frame: Frame[Inner], text: str, start: int, read: TransactionSet
    ) -> Framed[Inner] | None:
        end = text.find(frame.tail, start) + len(self.joint)
        heading, summary = frame.form.patterns
        before = heading.fullmatch(text, 0, start)
        after = summary.fullmatch(text, end) if before else None
        if before is None or after is None:
            return None
        return Framed(frame, (*before.groups(), *after.groups()), text, start, end, read)

    def _known(self, text: str, start: int, read: TransactionSet) -> Framed[Inner] | None:
        for tail in self._tails:
            end = text.find(tail, start) + len(self.joint)
            for frame in self._store.of(shape_of(text[:start] + text[end:], self.marks)):
                framed = self._fitting(frame, text, start, read)
                if framed is not None:
                    _move_up(self._recent, frame)
                    return framed
        return None

    def _new(self, text: str, start: int, read: TransactionSet) -> Framed[Inner] | None:
        for tail in self._tails:
            end = text.find(tail, start) + len(self.joint)
            if self._store.passes_over(shape_of(text[:start] + text[end:], self.marks)):
                return None
        last = text.rfind(self.trigger) + len(self.joint)
        pieces = self._around_loop(self.tree(read, text[:start] + text[last:]))
        if pieces is None:
            return None
        tail = f"{self.joint}{pieces[1][0].id}{self.marks.element}"
        end = text.find(tail, start) + len(self.joint)
        name = shape_of(text[:start] + text[end:], self.marks)
        at_once = read.size >= LARGE_BYTES
        frame = self._store.learn(name, lambda: self._learn(read, pieces, tail), at_once=at_once)
        framed = self._fitting(frame, text, start, read) if frame else None
        if frame is None or framed is None:
            return None
        if tail not in self._tails:
            self._tails.append(tail)
            del self._tails[:-MAX_TAILS]
        _move_up(self._recent, frame)
        return framed

    def tree(self, read: TransactionSet, text: str) -> Loop:
        """The tree of a set of which only some repetitions of the loop are left in the text."""
        if read.content.definition is None:
            raise ValueError("a set without fault has no definition")
        options = WalkOptions(separators=self.marks)
        return place(read.content.definition, list(split(text, self.marks, read.offset)), options)[0]

    def _around_loop(self, tree: Loop) -> tuple[Sequence[Node], Sequence[Node]] | None:
        """What stands before and after the loop, once in the tree; None if nothing follows it."""
        nodes = tree.children
        at = [index for index, node in enumerate(nodes) if node.id == self.shape.trigger]
        if len(at) != 1 or at[0] + 1 == len(nodes):
            return None
        return nodes[: at[0]], nodes[at[0] + 1 :]

    def repetition(self, framed: Framed[Inner], start: int) -> tuple[str, Callable[[], Node]]:
        """The repetition that begins at a place of the text: its text, and what gives its segments."""
        text = framed.text
        following = text.find(self.trigger, start, framed.end) + len(self.joint)
        end = following if following > start else framed.end

        def node() -> Node:
            left = text[: framed.start] + text[start:end] + text[framed.end :]
            return next(
                node for node in self.tree(framed.read, left).children if node.id == self.shape.trigger
            )

        return text[start:end], node

    def _learn(
        self, read: TransactionSet, pieces: tuple[Sequence[Node], Sequence[Node]], tail: str
    ) -> Frame[Inner] | None:
        ends = (re.escape(self.joint), self._set_end)
        slots = tuple((_slot(name), _slot(name)) for name in self._slots)
        form = learn(Part(read, pieces, ends, None, slots, self._read))
        return None if form is None else Frame(form, tail, form.sample[_CURRENCY])

    def _read(self, reading: RecordingReading, _: tuple[str, ...]) -> Read:
        shape = self.shape
        account_for_envelope(reading)
        own = currency(reading, reading.tree.children)
        code = own.code if own else None
        with reading.amounts_in(code):
            found = shape.heading(reading)
            found |= shape.ending(reading, found)
        texts = {}
        for one in fields(shape.document):
            value = found.get(one.name)
            if one.name in self._slots:
                texts[one.name] = _slot(one.name)
            elif value is not None and value != ():
                texts[one.name] = f'"{one.name}":{json_text(value)}'
        text = document_text(self._schema, texts)
        for name in self._slots:
            # A slot brings its own comma, since it may be empty.
            text = text.replace(f",{_slot(name)}", _slot(name))
        return Read(text, (*map(found.get, self._kept), names_of(found.get), code))

    def read_slowly(
        self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader
    ) -> Unframed[Inner] | None:
        """The set with heading and summary read by the translator; None if no set like it is known."""
        text, marks = read.text or "", self.marks
        start = text.find(self.trigger) + len(self.joint)
        known = next((frame for frame in self._recent if text.find(frame.tail, start) >= 0), None)
        if known is None or start < len(self.joint) or read.content.definition is None:
            return None
        end = text.find(known.tail, start) + len(self.joint)
        last = text.rfind(self.trigger, 0, end) + len(self.joint)
        segments = list(split(text, marks, read.offset))
        before, after = text.count(marks.segment, 0, start), text.count(marks.segment, 0, last)
        options = WalkOptions(separators=marks)
        tree, _ = place(read.content.definition, [*segments[:before], *segments[after:]], options)
        nodes = [node for node in tree.children if node.id != self.shape.trigger]
        if len(nodes) + 1 != len(tree.children):
            return None
        left = [*segments[:before], *segments[text.count(marks.segment, 0, end) :]]
        reading = Reading(replace(read, content=Walked(left, Loop("", "", nodes))), group.date)
        found = envelope(reading, header, group)
        own = currency(reading, nodes)
        code = own.code if own else None
        with reading.amounts_in(code):
            found |= self.shape.heading(reading)
            found |= self.shape.ending(reading, found)
        frame = Frame(known.form, known.tail, code, known.recent if known.currency == code else [])
        framed = Framed(frame, (), text, start, end, read)
        return Unframed(framed, reading, found, segments[:before])

    def slow_facts(
        self, unframed: Unframed[Inner], unmapped: str, lists: Mapping[str, Sequence[bytes]]
    ) -> Facts:
        """The document, like `facts`, of a set whose heading and summary the translator has read."""
        found, reading = unframed.fields, unframed.reading
        paths = {reading.path(segment) for segment in unframed.heading}
        left = reading.unmapped()
        before = [one for one in left if one.path.rpartition("-")[0] in paths]
        every = ",".join(filter(None, (unmapped_text(before), unmapped, unmapped_text(left[len(before) :]))))
        texts = {}
        for one in fields(self.shape.document):
            value = found.get(one.name)
            if one.name in lists:
                texts[one.name] = f'"{one.name}":[{_GAP}]'
            elif one.name == "unmapped" and every:
                texts[one.name] = f'"unmapped":[{every}]'
            elif value is not None and value != ():
                texts[one.name] = f'"{one.name}":{json_text(value)}'
        json = _filled(document_text(self._schema, texts), [lists[name] for name in self.shape.lists])
        return json, *self.of_document(found)

    def fields(self, framed: Framed[Inner]) -> Fields:
        """The fields that are needed to finish the document, those that have a value, and its purpose."""
        row, kept = framed.row, framed.frame.form.kept
        return {
            name: one for name, fill in zip(self._kept, kept, strict=False) if (one := fill(row)) is not None
        }

    def needed(self, laid: Laid) -> Needed:
        """What finds the same fields in rows of a whole, but for those that others are only picked from."""
        fillers = [filler(sample, laid.marks) for sample in laid.form.sample]
        named = list(zip(self._needed, fillers, strict=False))
        same = {name: one.value for name, one in named if isinstance(one, Constant) and one.value is not None}
        steps = [(name, fill) for name, fill in named if not isinstance(fill, Constant)]
        return lambda row: {**same, **{name: fill(row) for name, fill in steps}}

    def standing_fields(self, form: Form, row: Row) -> Fields:
        """The fields of a heading and summary that hold tokens, as far as others are picked from them."""
        marks = list(map(standing, form.marks))
        named = zip(self._kept, form.sample, strict=False)
        return {
            name: filler(sample, marks)(row)
            for name, sample in named
            if name in self.shape.picked and sample is not None
        }

    def names(self, row: Row, form: Form) -> Names:
        """What keys are made of in the heading and summary."""
        names: Names = form.kept[_NAMES](row)
        return names

    def source(self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> str:
        """The members that say where a document came from."""
        return self._sources.text(read, header, group)

    def members(self, finished: Fields, names: Sequence[str] = ()) -> list[str]:
        """The members that are finished last, or those named, each with its comma, "" where there is none."""
        return [_member(name, finished.get(name)) for name in names or self.shape.finished]

    def of_document(self, fields: Fields) -> tuple[str, bool, Code | None]:
        """Number, originality and purpose of a document."""
        purpose = fields.get("purpose")
        return self.shape.number(fields), self.shape.original(purpose), purpose

    def json(
        self,
        form: Form,
        row: Row,
        source: str,
        members: Sequence[str],
        unmapped: str,
        lists: Mapping[str, Sequence[bytes]],
    ) -> bytes:
        """The document. unmapped: from the loop, JSON without brackets. lists: pieces of JSON of each.

        Long lists are put together once, and as bytes.
        """
        before, after = form.unmapped
        if before.size or after.size:
            unmapped = ",".join(filter(None, (before.fill(row), unmapped, after.fill(row))))
        text = form.text.fill(
            (
                *row,
                source,
                *members,
                f',"unmapped":[{unmapped}]' if unmapped else "",
                *[f',"{name}":[{_GAP}]' if lists[name] else "" for name in self.shape.lists],
            )
        )
        return _filled(text, [lists[name] for name in self.shape.lists if lists[name]])

    def layout(self, form: Form, inner: Sequence[Form]) -> Layout:
        """How sets are laid out that have these forms."""
        return Layout(form, inner, self.joint, self._set_end)

    def whole_text(
        self,
        layout: Layout,
        unmapped: str,
        lists: Mapping[str, Sequence[bytes]],
        counted: Sequence[str],
        picked: Fields,
    ) -> str:
        """The document with tokens for its values: of the set, its source, and the finished fields `counted`.

        picked: the other finished fields, which hold tokens.
        """
        source, *further = map(token, range(layout.size, layout.size + 1 + len(counted)))
        tokens = dict(zip(counted, further, strict=True))
        members = [tokens.get(name) or _member(name, picked.get(name)) for name in self.shape.finished]
        row = layout.frame.tokens()
        return self.json(layout.frame.form, row, source, members, unmapped, lists).decode()


#: Where a list goes; JSON escapes the character everywhere else.
_GAP = "\0"


def _filled(text: str, lists: Sequence[Sequence[bytes]]) -> bytes:
    """The text with a list in each gap."""
    first, *others = text.encode().split(_GAP.encode())
    pieces = [first]
    for some, other in zip(lists, others, strict=True):
        pieces += [*some, other]
    return b"".join(pieces)


def _slot(name: str) -> str:
    return f"@@{name}@@"


def _member(name: str, value: Any) -> str:
    is_none = value is None or (value.__class__ is tuple and not value)
    return "" if is_none else f',"{name}":{json_text(value)}'
