"""Sets of lines, written by learned forms: a frame of heading and summary, and a form for each line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from operator import itemgetter
from typing import Any

from parsers.x12.model import GroupHeader, InterchangeHeader, Separators, TransactionSet
from translators import totals
from translators import x12_line_sets as line_sets
from translators.canonical.commerce import AllowanceOrCharge, Tax
from translators.canonical.kinds import KINDS
from translators.canonical.values import Code
from translators.canonical.writing import document_text, json_text
from translators.learned.form import Form, Part, Read, joint, learn
from translators.learned.recording import RecordingReading
from translators.learned.sources import SourceTexts
from translators.learned.store import Store, shape_of
from translators.learned.templates import Row
from translators.translation import Prepared
from translators.x12_details import account_for_envelope
from translators.x12_line_sets import LineSet
from translators.x12_parts import currency
from translators.x12_reading import Node, opened

#: Forms of lines that are tried before the shape of a line is looked at.
MAX_RECENT = 4
#: Ids that a summary may begin with.
MAX_TAILS = 8
#: Stand for the number of a line while its form is learned.
NUMBERS = ("7654321", "86420975")


@dataclass(slots=True, eq=False)
class LineForm:
    """The form of a line, and where its rows hold what the sums of lines need."""

    form: Form
    quantities: Callable[[Sequence[Row]], list[Decimal]] | None
    prices: Callable[[Sequence[Row]], list[Decimal]] | None
    per: Decimal | None
    is_charged: bool

    def sums(self, rows: Sequence[Row]) -> totals.LineSums:
        """What lines of this form come to."""
        quantities = self.quantities(rows) if self.quantities else None
        goods = None
        if quantities is not None and self.prices and self.per is not None:
            goods = totals.goods_of(quantities, self.prices(rows), self.per)
        taxes = Decimal(0)
        if self.is_charged:
            for row in rows:
                *_, charges, line_taxes = self.form.kept(row)
                own = totals.charged(charges)
                goods = None if goods is None or own is None else totals.EXACT.add(goods, own)
                taxes = totals.EXACT.add(taxes, totals.taxed(line_taxes))
        quantity = None if quantities is None else totals.summed(quantities)
        return totals.LineSums(len(rows), quantity, goods, taxes)


@dataclass(slots=True, eq=False)
class Frame:
    """The form of a heading and a summary.

    tail: how the summary begins, with the joint before it. currency: of the set.
    recent: forms of the lines seen last in this frame, the last one first.
    """

    form: Form
    tail: str
    currency: str | None
    recent: list[LineForm] = field(default_factory=list)

    def saw(self, form: LineForm) -> None:
        """A line had this form."""
        if form in self.recent:
            self.recent.remove(form)
        self.recent.insert(0, form)
        del self.recent[MAX_RECENT:]


#: The lines of a set: runs of the same form, each with its rows, in the order sent.
Lines = list[tuple[LineForm, list[Row]]]


class LineSetForms:
    """The forms of one set, read by one definition and written with the same separators."""

    def __init__(self, shape: LineSet, marks: Separators) -> None:
        self._shape = shape
        self._marks = marks
        self._joint = joint(marks)
        self._trigger = f"{self._joint}{shape.trigger}{marks.element}"
        self._frames: Store[Frame] = Store()
        self._lines: Store[LineForm] = Store()
        self._recent: list[Frame] = []
        self._tails: list[str] = []
        self._sources = SourceTexts()
        self._schema = next(kind.schema for kind in KINDS.values() if kind.type is shape.document)

    @property
    def characters(self) -> int:
        """About how many characters are held."""
        return self._frames.characters + self._lines.characters

    def write(self, read: TransactionSet, header: InterchangeHeader, group: GroupHeader) -> Prepared | None:
        """The translation of a set, None if it has no form yet or does not fit one."""
        text = read.text
        start = text.find(self._trigger) + len(self._joint) if text else 0
        if not text or start < len(self._joint):
            return None
        found = self._frame(text, start, read)
        if found is None:
            return None
        frame, row, end = found
        lines = self._all_lines(frame, text, start, end, read)
        if lines is None or not frame.form.passes([row]):
            return None
        facts = self._written(frame, row, lines, self._sources.text(read, header, group))
        if facts is None:
            return None
        return Prepared(*facts, lambda: line_sets.read(self._shape, read, header, group))

    # Heading and summary.

    def _frame(self, text: str, start: int, read: TransactionSet) -> tuple[Frame, Row, int] | None:
        for frame in self._recent:
            end = text.find(frame.tail, start) + len(self._joint)
            row = _row(frame.form, text, start, end)
            if row is not None:
                return frame, row, end
        return self._other_frame(text, start) or self._new_frame(text, start, read)

    def _other_frame(self, text: str, start: int) -> tuple[Frame, Row, int] | None:
        for tail in self._tails:
            end = text.find(tail, start) + len(self._joint)
            for frame in self._frames.of(shape_of(text[:start] + text[end:], self._marks)):
                row = _row(frame.form, text, start, end)
                if row is not None:
                    return self._now(frame), row, end
        return None

    def _now(self, frame: Frame) -> Frame:
        if frame in self._recent:
            self._recent.remove(frame)
        self._recent.insert(0, frame)
        del self._recent[MAX_RECENT:]
        return frame

    def _new_frame(self, text: str, start: int, read: TransactionSet) -> tuple[Frame, Row, int] | None:
        pieces = self._around_lines(read)
        if pieces is None:
            return None
        tail = f"{self._joint}{pieces[1][0].id}{self._marks.element}"
        end = text.find(tail, start) + len(self._joint)
        name = shape_of(text[:start] + text[end:], self._marks)
        frame = self._frames.learn(name, lambda: self._learn_frame(read, pieces, tail))
        row = _row(frame.form, text, start, end) if frame else None
        if frame is None or row is None:
            return None
        if tail not in self._tails:
            self._tails.append(tail)
            del self._tails[:-MAX_TAILS]
        return self._now(frame), row, end

    def _around_lines(self, read: TransactionSet) -> tuple[Sequence[Node], Sequence[Node]] | None:
        """What stands before and after the lines; None if anything stands between them."""
        nodes = read.tree.children if read.tree else []
        at = [index for index, node in enumerate(nodes) if node.id == self._shape.trigger]
        if not at or at[-1] - at[0] + 1 != len(at) or at[-1] + 1 == len(nodes):
            return None
        return nodes[: at[0]], nodes[at[-1] + 1 :]

    def _learn_frame(
        self, read: TransactionSet, pieces: tuple[Sequence[Node], Sequence[Node]], tail: str
    ) -> Frame | None:
        suffix = re.escape(self._marks.suffix)
        ends = (re.escape(self._joint), f"{re.escape(self._marks.segment)}(?:{suffix})?")
        slots = tuple((_slot(name), _slot(name)) for name in self._slots)
        form = learn(Part(read, pieces, ends, None, slots, self._read_frame))
        return None if form is None else Frame(form, tail, form.sample[-1])

    @property
    def _slots(self) -> tuple[str, ...]:
        """Fields whose texts are made anew for each set; `usage` brings `source` with it."""
        return ("usage", *self._shape.finished, "unmapped", "lines")

    def _read_frame(self, reading: RecordingReading, _: tuple[str, ...]) -> Read:
        shape = self._shape
        account_for_envelope(reading)
        own = currency(reading, reading.tree.children)
        code = own.code if own else None
        with reading.amounts_in(code):
            fields = shape.heading(reading)
            fields |= shape.ending(reading, fields)
        texts = {}
        for one in dataclass_fields(shape.document):
            value = fields.get(one.name)
            if one.name in self._slots:
                texts[one.name] = _slot(one.name)
            elif value is not None and value != ():
                texts[one.name] = f'"{one.name}":{json_text(value)}'
        text = document_text(self._schema, texts)
        for name in self._slots:
            # A slot brings its own comma, since it may be empty.
            text = text.replace(f",{_slot(name)}", _slot(name))
        return Read(text, (*(fields.get(name) for name in shape.needs), fields.get("purpose"), code))

    # Lines.

    def _all_lines(self, frame: Frame, text: str, start: int, end: int, read: TransactionSet) -> Lines | None:
        if frame.recent:
            form = frame.recent[0]
            rows = form.form.patterns[0].findall(text, start, end)
            if sum(map(len, map(itemgetter(0), rows))) == end - start:
                return [(form, [(*row, number) for number, row in enumerate(rows, start=1)])]
        lines: Lines = []
        at, number = start, 1
        while at < end:
            found = self._line(frame, text, at, end, number, read)
            if found is None:
                return None
            form, row = found
            if not lines or lines[-1][0] is not form:
                lines.append((form, []))
            lines[-1][1].append(row)
            at, number = at + len(row[0]), number + 1
        return lines

    def _line(
        self, frame: Frame, text: str, at: int, end: int, number: int, read: TransactionSet
    ) -> tuple[LineForm, Row] | None:
        for form in frame.recent:
            match = form.form.patterns[0].match(text, at, end)
            if match:
                return form, (*match.groups(), number)
        next_at = text.find(self._trigger, at, end) + len(self._joint)
        until = next_at if next_at > at else end
        name = f"{frame.currency}{self._joint}{shape_of(text[at:until], self._marks)}"
        for form in self._lines.of(name):
            match = form.form.patterns[0].match(text, at, end)
            if match:
                frame.saw(form)
                return form, (*match.groups(), number)
        learned = self._lines.learn(name, lambda: self._learn_line(frame.currency, number, read))
        match = learned.form.patterns[0].match(text, at, end) if learned else None
        if learned is None or match is None:
            return None
        frame.saw(learned)
        return learned, (*match.groups(), number)

    def _learn_line(self, own: str | None, number: int, read: TransactionSet) -> LineForm | None:
        shape = self._shape
        nodes = [node for node in read.tree.children if node.id == shape.trigger] if read.tree else []

        def translated(reading: RecordingReading, placed: tuple[str, ...]) -> Read:
            segment, rest = opened(reading.tree.children[0])
            if segment is None:
                raise ValueError("a loop without its first segment in a set without fault")
            with reading.amounts_in(own):
                line = shape.line(reading, segment, rest, int(placed[0]))
            return Read(json_text(line), _numbers(line))

        trigger, last = re.escape(f"{shape.trigger}{self._marks.element}"), r"\Z"
        ends = (f"{re.escape(self._joint)}(?={trigger}|{last})",)
        form = learn(Part(read, ([nodes[number - 1]],), ends, shape.trigger, (NUMBERS,), translated))
        return None if form is None else _line_form(form)

    # The document.

    def _written(
        self, frame: Frame, row: Row, lines: Lines, came_from: str
    ) -> tuple[bytes, str, bool, Code | None] | None:
        """JSON, number, originality and purpose."""
        kept = frame.form.kept(row)
        fields = {name: one for name, one in zip(self._shape.needs, kept, strict=False) if one is not None}
        sums = []
        for form, rows in lines:
            if not form.form.passes(rows):
                return None
            sums.append(form.sums(rows))
        both = sums[0] if len(sums) == 1 else totals.together(sums)
        finished, remarks = self._shape.finish(fields, both, frame.currency)
        if next(iter(remarks), None) is not None:
            return None
        slots = [_member(name, finished.get(name)) for name in self._shape.finished]
        texts = ",".join([",".join(form.form.text.fill_all(rows)) for form, rows in lines])
        unmapped = _unmapped(frame, row, lines)
        text = frame.form.text.fill((*row, came_from, *slots, unmapped, f',"lines":[{texts}]'))
        *_, purpose, _ = kept
        return text.encode(), self._shape.number(fields), self._shape.original(purpose), purpose


def _slot(name: str) -> str:
    return f"@@{name}@@"


def _member(name: str, value: object) -> str:
    return "" if value is None or value == () else f',"{name}":{json_text(value)}'


def _row(form: Form, text: str, start: int, end: int) -> Row | None:
    """The row of a frame whose lines lie from `start` to `end`; None if it is another."""
    before = form.patterns[0].fullmatch(text, 0, start)
    after = form.patterns[1].fullmatch(text, end) if before else None
    return (*before.groups(), *after.groups()) if before and after else None


def _unmapped(frame: Frame, row: Row, lines: Lines) -> str:
    """The member `unmapped`, empty if nothing is."""
    before, after = frame.form.unmapped
    texts = [before.fill(row)]
    for form, rows in lines:
        if form.form.unmapped[0].size:
            texts += form.form.unmapped[0].fill_all(rows)
    texts.append(after.fill(row))
    listed = ",".join(filter(None, texts))
    return f',"unmapped":[{listed}]' if listed else ""


def _numbers(line: Any) -> tuple[Any, ...]:
    """What the sums of lines need of one."""
    return (
        line.quantity.value if line.quantity else None,
        line.price.amount.amount if line.price else None,
        line.price.per if line.price else None,
        tuple(_bare_charge(charge) for charge in line.charges),
        tuple(map(_bare_tax, line.taxes)),
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
    quantity, price, per, charges, taxes = form.sample
    return LineForm(
        form, _column(form, quantity), _column(form, price), per, is_charged=bool(charges or taxes)
    )


def _column(form: Form, sample: Decimal | None) -> Callable[[Sequence[Row]], list[Decimal]] | None:
    """What takes a number from each row, given its sample."""
    if sample is None:
        return None
    mark = next((mark for mark in form.marks if mark.way.groups and mark.value == sample), None)
    if mark is None:
        return lambda rows: [sample] * len(rows)
    if mark.way.value is Decimal:
        take = itemgetter(mark.at)
        return lambda rows: list(map(Decimal, map(take, rows)))
    return lambda rows: [mark.of(row) for row in rows]
