"""Sets of lines, written by learned forms: a frame of heading and summary, and a form for each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Separators, TransactionSet
from translators import totals
from translators import x12_line_sets as line_sets
from translators.canonical.commerce import AllowanceOrCharge, Tax
from translators.canonical.order import Line
from translators.canonical.values import Code
from translators.canonical.writing import json_text
from translators.learned.form import Form, Part, Read, learn
from translators.learned.frames import Facts, Frame, Framed, Frames, Needed
from translators.learned.names import Names, named, names_of
from translators.learned.numbers import Column, Numbers, column, numbers
from translators.learned.recording import RecordingReading
from translators.learned.store import Store, shape_of
from translators.learned.templates import Mark, Row, filler
from translators.learned.wholes import LONGEST_PATTERN, Laid, Whole, Wholes
from translators.report import BusinessKey
from translators.translation import Prepared
from translators.x12_checks import tell_all
from translators.x12_line_sets import LineSet
from translators.x12_reading import Node, opened

#: Lines are read this much text at a time, so that a long set is not held in rows.
STRETCH_CHARS = 64 * 1024
#: Stand for the number of a line while its form is learned.
NUMBERS = ("7654321", "86420975")


@dataclass(slots=True, eq=False)
class LineForm:
    """The form of a line, and where its rows hold what the sums of lines need."""

    form: Form
    quantities: Column | None
    prices: Column | None
    per: Decimal | None
    is_charged: bool
    is_keyed: bool
    said: tuple[Code, ...]

    def sums(self, rows: Sequence[Row]) -> totals.LineSums:
        """What lines of this form come to."""
        charged: Iterable[Charged] = ()
        if self.is_charged:
            charges, taxes = self.form.kept[_CHARGES], self.form.kept[_TAXES]
            charged = [(charges(row), taxes(row)) for row in rows]
        return self.come_to(
            len(rows),
            self.quantities(rows) if self.quantities else None,
            self.prices(rows) if self.prices else None,
            charged,
        )

    def come_to(
        self,
        count: int,
        quantities: Sequence[Decimal] | None,
        prices: Sequence[Decimal] | None,
        charged: Iterable[Charged],
    ) -> totals.LineSums:
        """What so many lines come to that have these quantities, prices, charges and taxes."""
        goods = None
        if quantities is not None and prices is not None and self.per is not None:
            goods = totals.goods_of(quantities, prices, self.per)
        taxes = Decimal(0)
        for charges, line_taxes in charged:
            own = totals.charged(charges)
            goods = None if goods is None or own is None else totals.EXACT.add(goods, own)
            taxes = totals.EXACT.add(taxes, totals.taxed(line_taxes))
        quantity = None if quantities is None else totals.summed(quantities)
        return totals.LineSums(count, quantity, goods, taxes, self.said)


class _Alike:
    """Lines of a whole that have the same form."""

    def __init__(self, form: LineForm, lines: Sequence[Laid]) -> None:
        self._form = form
        self._count = len(lines)
        _, quantity, price, _, charges, taxes, _ = form.form.sample
        marks = [line.marks for line in lines]
        self._quantities = _numbers_of(marks, quantity)
        self._prices = _numbers_of(marks, price)
        self._charged = [(filler(charges, some), filler(taxes, some)) for some in marks if form.is_charged]

    def sums(self, row: Row) -> totals.LineSums:
        """What they come to."""
        return self._form.come_to(
            self._count,
            self._quantities(row) if self._quantities else None,
            self._prices(row) if self._prices else None,
            [(charges(row), taxes(row)) for charges, taxes in self._charged],
        )


def _numbers_of(marks: Sequence[Sequence[Mark]], sample: Decimal | None) -> Numbers | None:
    return None if sample is None else numbers([(some, sample) for some in marks])


@dataclass(frozen=True, slots=True)
class _WholeLines:
    """A whole set of lines. currency: of the set. needed: finds the fields to finish it with."""

    whole: Whole
    currency: str | None
    needed: Needed
    alike: Sequence[_Alike]

    def sums(self, row: Row) -> totals.LineSums:
        """What its lines come to."""
        sums = [some.sums(row) for some in self.alike]
        return sums[0] if len(sums) == 1 else totals.together(sums)


#: Where a form keeps what a line says, and what follows it: see `_kept_of`.
_SAID, _QUANTITY, _PRICE, _PER, _CHARGES, _TAXES, _NAMES = range(7)
#: Charges and taxes of a line.
Charged = tuple[Sequence[AllowanceOrCharge], Sequence[Tax]]
#: Lines that follow one another and have the same form: its rows.
Run = tuple[LineForm, list[Row]]


@dataclass(frozen=True, slots=True)
class _Lines:
    """What all lines of a set give: their sums, JSON in pieces, and JSON of what they leave unmapped.

    forms: of each line, in order; empty if the set is large. named: lines that hold what keys are made of.
    """

    sums: totals.LineSums
    texts: list[bytes]
    unmapped: str
    forms: list[LineForm]
    named: list[Names]


class LineSetForms:
    """The forms of one set of lines, read by one definition and written with the same separators."""

    def __init__(self, shape: LineSet, marks: Separators) -> None:
        self._shape = shape
        self._frames: Frames[LineSet, LineForm] = Frames(shape, marks)
        self._store: Store[LineForm] = Store()
        self._wholes: Wholes[_WholeLines] = Wholes()

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
        if framed is not None and framed.frame.form.passes([framed.row]):
            lines = self._lines(framed)
            if lines is None:
                return None
            facts = self._facts(framed, lines, header, group)
            if facts is not None:
                self._count(framed, lines)
                names = self._frames.names(framed.row, framed.frame.form)
                return Prepared(
                    *facts,
                    lambda: line_sets.read(self._shape, read, header, group),
                    find_keys=lambda: self._keys(names, lines),
                )
        return self._with_lines(read, header, group)

    def _as_whole(
        self, known: _WholeLines, read: TransactionSet, header: InterchangeHeader, group: GroupHeader
    ) -> Prepared | None:
        """The translation of a set that has the forms of a whole, if nothing is to be remarked on it."""
        row = known.whole.row(read.text or "")
        if row is None:
            return None
        frames, fields = self._frames, known.needed(row)
        finished, remarks = self._shape.finish(fields, known.sums(row), known.currency)
        for _ in remarks:
            return None
        further = (frames.source(read, header, group), *frames.members(finished))
        return Prepared(
            known.whole.json(row, further),
            *frames.of_document(fields),
            lambda: line_sets.read(self._shape, read, header, group),
            find_keys=known.whole.keys(row, further),
        )

    def _count(self, framed: Framed[LineForm], lines: _Lines) -> None:
        """Count sets whose forms are those of this one; in time they have a whole."""
        if lines.forms:
            order = (framed.frame, *lines.forms)
            self._wholes.met(framed.read.segment_count, order, lambda: self._whole(framed.frame, lines.forms))

    def _whole(self, frame: Frame[LineForm], lines: Sequence[LineForm]) -> _WholeLines | None:
        layout = self._frames.layout(frame.form, [line.form for line in lines])
        if len(layout.pattern) > LONGEST_PATTERN:
            return None
        placed = list(zip(lines, layout.inner, strict=True))
        rows = [(*laid.tokens(), str(n)) for n, laid in enumerate(layout.inner, start=1)]
        texts = [line.form.text.fill(row) for line, row in zip(lines, rows, strict=True)]
        left = [
            line.form.unmapped[0].fill(row)
            for line, row in zip(lines, rows, strict=True)
            if line.form.unmapped[0].size
        ]
        name = self._shape.lists[0]
        lists = {name: [",".join(texts).encode()]}
        text = self._frames.whole_text(layout, ",".join(left), lists, self._shape.finished, {})
        names = [named(line.form.kept[_NAMES](row)) for line, row in zip(lines, rows, strict=True)]
        own = self._frames.names(layout.frame.tokens(), frame.form)
        alike = [
            _Alike(form, [laid for line, laid in placed if line is form]) for form in dict.fromkeys(lines)
        ]
        return _WholeLines(
            Whole(layout, text, self._shape.keys(named(own, {name: names}))),
            frame.currency,
            self._frames.needed(layout.frame),
            alike,
        )

    def _facts(
        self, framed: Framed[LineForm], lines: _Lines, header: InterchangeHeader, group: GroupHeader
    ) -> Facts | None:
        """The document, if nothing is to be remarked on it."""
        fields = self._frames.fields(framed)
        finished, remarks = self._shape.finish(fields, lines.sums, framed.frame.currency)
        if next(iter(remarks), None) is not None:
            return None
        frames, lists = self._frames, {self._shape.lists[0]: lines.texts}
        source, members = frames.source(framed.read, header, group), frames.members(finished)
        json = frames.json(framed.frame.form, framed.row, source, members, lines.unmapped, lists)
        return json, *frames.of_document(fields)

    def _with_lines(
        self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader
    ) -> Prepared | None:
        """The translation of a set of which only the lines have forms, with its findings."""
        unframed = self._frames.read_slowly(read, header, group)
        lines = self._lines(unframed.framed) if unframed else None
        if unframed is None or lines is None:
            return None
        own = unframed.framed.frame.currency
        finished, remarks = self._shape.finish(unframed.fields, lines.sums, own)
        tell_all(unframed.reading, remarks)
        unframed.fields.update(finished)
        facts = self._frames.slow_facts(unframed, lines.unmapped, {self._shape.lists[0]: lines.texts})
        names = names_of(unframed.fields.get)
        return Prepared(
            *facts,
            lambda: line_sets.read(self._shape, read, header, group),
            tuple(unframed.reading.findings),
            find_keys=lambda: self._keys(names, lines),
        )

    def _keys(self, names: Names, lines: _Lines) -> tuple[BusinessKey, ...]:
        """The keys of a set. names: of its heading and summary."""
        return self._shape.keys(named(names, {self._shape.lists[0]: list(map(named, lines.named))}))

    def _lines(self, framed: Framed[LineForm]) -> _Lines | None:
        """What all lines give; None if one has no form."""
        sums: list[totals.LineSums] = []
        texts: list[bytes] = []
        unmapped: list[str] = []
        forms: list[LineForm] = []
        keyed: list[Names] = []
        for run in self._runs(framed):
            if run is None or not run[0].form.passes(run[1]):
                return None
            form, rows = run
            sums.append(form.sums(rows))
            texts += (b",", form.form.text.fill_all(rows).encode())
            if form.form.unmapped[0].size:
                unmapped.append(form.form.unmapped[0].fill_all(rows))
            if form.is_keyed:
                keyed += map(form.form.kept[_NAMES], rows)
            if not framed.is_large:
                forms += [form] * len(rows)
        both = sums[0] if len(sums) == 1 else totals.together(sums)
        return _Lines(both, texts[1:], ",".join(unmapped), forms, keyed)

    def _runs(self, framed: Framed[LineForm]) -> Iterator[Run | None]:
        """The lines in runs of one form, no longer than a stretch of text; None for one without form."""
        text, at, number = framed.text, framed.start, 1
        while at < framed.end:
            after = text.find(self._frames.trigger, at + STRETCH_CHARS, framed.end)
            end = after + len(self._frames.joint) if after >= 0 else framed.end
            run = self._uniform(framed, at, end, number)
            for some in (run,) if run else self._mixed(framed, at, end, number):
                yield some
                if some is None:
                    return
                number += len(some[1])
            at = end

    def _uniform(self, framed: Framed[LineForm], at: int, end: int, number: int) -> Run | None:
        """The lines of a stretch, if all of them have the form seen last."""
        if not framed.frame.recent:
            return None
        form = framed.frame.recent[0]
        rows = form.form.patterns[0].findall(framed.text, at, end)
        if sum(map(len, map(itemgetter(0), rows))) != end - at:
            return None
        return form, [(*row, str(n)) for n, row in enumerate(rows, start=number)]

    def _mixed(self, framed: Framed[LineForm], at: int, end: int, number: int) -> Iterator[Run | None]:
        run: Run | None = None
        while at < end:
            found = self._line(framed, at, end, number)
            if found is None:
                yield None
                return
            form, row = found
            if run is None or run[0] is not form:
                if run:
                    yield run
                run = (form, [])
            run[1].append(row)
            at, number = at + len(row[0]), number + 1
        yield run

    def _line(self, framed: Framed[LineForm], at: int, end: int, number: int) -> tuple[LineForm, Row] | None:
        frame, text = framed.frame, framed.text
        for form in frame.recent:
            match = form.form.patterns[0].match(text, at, end)
            if match:
                return form, (*match.groups(), str(number))
        part, node = self._frames.repetition(framed, at)
        name = f"{frame.currency}{self._frames.joint}{shape_of(part, self._frames.marks)}"
        for form in self._store.of(name):
            match = form.form.patterns[0].match(text, at, end)
            if match:
                frame.saw(form)
                return form, (*match.groups(), str(number))
        learned = self._store.learn(
            name, lambda: self._learn(frame.currency, framed.read, node()), at_once=framed.is_large
        )
        match = learned.form.patterns[0].match(text, at, end) if learned else None
        if learned is None or match is None:
            return None
        frame.saw(learned)
        return learned, (*match.groups(), str(number))

    def _learn(self, own: str | None, read: TransactionSet, node: Node) -> LineForm | None:
        def translated(reading: RecordingReading, placed: tuple[str, ...]) -> Read:
            segment, rest = opened(reading.tree.children[0])
            if segment is None:
                raise ValueError("a loop without its first segment in a set without fault")
            with reading.amounts_in(own):
                line = self._shape.line(reading, segment, rest, int(placed[0]))
            return Read(json_text(line), _kept_of(line, self._shape.said(line)))

        ends = (self._frames.loop_end,)
        form = learn(Part(read, ([node],), ends, self._shape.trigger, (NUMBERS,), translated))
        return None if form is None else _line_form(form)


def _kept_of(line: Any, said: tuple[Code, ...]) -> tuple[Any, ...]:
    """What the sums of lines and the keys of a document need of one."""
    # The number of a line is none that people search by.
    names = names_of(lambda name: None if name == "number" else getattr(line, name, None))
    if not isinstance(line, Line):
        return said, None, None, None, (), (), names
    return (
        said,
        line.quantity.value if line.quantity else None,
        line.price.amount.amount if line.price else None,
        line.price.per if line.price else None,
        tuple(_bare_charge(charge) for charge in line.charges),
        tuple(map(_bare_tax, line.taxes)),
        names,
    )


def _bare_charge(charge: AllowanceOrCharge) -> AllowanceOrCharge:
    """What counts in a sum."""
    return AllowanceOrCharge(
        kind=charge.kind,
        handling=charge.handling,
        amount=charge.amount,
        taxes=tuple(map(_bare_tax, charge.taxes)),
    )


def _bare_tax(tax: Tax) -> Tax:
    return Tax(amount=tax.amount, relation=tax.relation)


def _line_form(form: Form) -> LineForm:
    said, quantity, price, per, charges, taxes, names = form.sample
    quantities, prices = column(form.marks, quantity), column(form.marks, price)
    return LineForm(
        form, quantities, prices, per, is_charged=bool(charges or taxes), is_keyed=any(names), said=said
    )
