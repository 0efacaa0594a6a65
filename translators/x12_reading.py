"""Reading the values of one transaction set, and keeping count of what was read.

A translator takes elements through `Reading`; each one taken is ticked off. Whatever is left
unticked at the end (no field for it, or not readable as its type) is `unmapped`, so that
nothing a partner sends can disappear by being forgotten.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.x12.element import ValueFault, decode_date, decode_decimal, decode_numeric, decode_time
from parsers.x12.model import Loop, Segment, TransactionSet
from translators.canonical.meanings import coded
from translators.canonical.values import (
    UNKNOWN_ZONE,
    Code,
    DatedEvent,
    Money,
    Quantity,
    Unmapped,
)

Node = Segment | Loop
#: Numbers longer than this are no numbers of X12 (18 digits at most): kept as text.
MAX_NUMBER_CHARS = 40
#: A fault that repeats on every line is told this often.
MAX_SAME_FINDINGS = 20
#: What a year of two digits lies near, where GS04 does not tell (before 004010).
DEFAULT_YEAR = 2000

_YEAR_FIRST = re.compile(r"[12][0-9]{7}")
_PERIOD = re.compile(r"([0-9]{8})-([0-9]{8})")


def _number(text: str, decode: Callable[[str], Decimal | ValueFault]) -> Decimal | None:
    value = decode(text) if 0 < len(text) <= MAX_NUMBER_CHARS else None
    return value if isinstance(value, Decimal) else None


def decimal_of(text: str) -> Decimal | None:
    """The exact value of an R element, None if it is no number."""
    return _number(text, decode_decimal)


def hundredths_of(text: str) -> Decimal | None:
    """The exact value of an N2 element: "1250" is 12.50. None if it is no whole number."""
    return _number(text, lambda digits: decode_numeric(digits, 2))


def whole_of(text: str) -> int | None:
    """The value of an N0 element, None if it is no whole number."""
    value = _number(text, lambda digits: decode_numeric(digits, 0))
    return None if value is None else int(value)


def _clock(text: str) -> datetime.time | None:
    time = decode_time(text.strip())
    return None if isinstance(time, ValueFault) else time


class Reading:
    """One transaction set being read. Nothing here raises, whatever the segments hold.

    group_date: GS04 as sent; its year decides the century of two-digit years.
    currency: the one that amounts read next are in; None until one is known.
    findings: business findings so far, each code at most MAX_SAME_FINDINGS times.
    before: where only a part of a set is read, how many loops at its top came before, by id.
    """

    def __init__(
        self,
        transaction_set: TransactionSet,
        group_date: str = "",
        *,
        before: Mapping[str, int] | None = None,
    ) -> None:
        self.set = transaction_set
        self.reference_year = int(group_date[:4]) if _YEAR_FIRST.fullmatch(group_date) else DEFAULT_YEAR
        self.tree = transaction_set.tree or Loop("", "", list(transaction_set.segments))
        self.currency: str | None = None
        self.findings: list[Finding] = []
        #: Bit n of a segment's number is set if its element n was taken.
        self._taken: defaultdict[int, int] = defaultdict(int)
        self._told: Counter[str] = Counter()
        self._paths: dict[int, tuple[Segment, str, str]] = {}
        _note_paths(self.tree, "", self._paths, before)

    # Elements: each method gives None for what is absent or unreadable, and ticks off what it gives.

    def has(self, segment: Segment, *positions: int) -> bool:
        """True if all these elements hold something."""
        for position in positions:
            text = segment.get(position)
            if not text or text.isspace():
                return False
        return True

    def take(self, segment: Segment, *positions: int) -> None:
        """Tick elements off whose content now stands in the document."""
        for position in positions:
            self._taken[id(segment)] |= 1 << position

    def look(self, segment: Segment, position: int) -> str | None:
        """The text, without trailing spaces: these are padding in X12. It is not ticked off."""
        return segment.get(position).rstrip() or None

    def text(self, segment: Segment, position: int) -> str | None:
        """The text, ticked off."""
        elements = segment.elements
        text = elements[position - 1].rstrip() if position <= len(elements) else ""
        if not text:
            return None
        self._taken[id(segment)] |= 1 << position
        return text

    def code(self, segment: Segment, position: int, element: str) -> Code | None:
        """The code with its meaning in the list of data element `element`."""
        text = self.text(segment, position)
        return None if text is None else coded(element, text)

    def decimal(self, segment: Segment, position: int) -> Decimal | None:
        """An R element."""
        text = segment.get(position)
        value = decimal_of(text.strip()) if text else None
        if value is not None:
            self.take(segment, position)
        return value

    def whole(self, segment: Segment, position: int) -> int | None:
        """An N0 element."""
        text = segment.get(position)
        value = whole_of(text.strip()) if text else None
        if value is not None:
            self.take(segment, position)
        return value

    def money(self, segment: Segment, position: int) -> Money | None:
        """An amount in an R element, whose point is written."""
        value = self.decimal(segment, position)
        return None if value is None else Money(value, self.currency)

    def hundredths(self, segment: Segment, position: int) -> Decimal | None:
        """An N2 element."""
        text = segment.get(position)
        value = hundredths_of(text.strip()) if text else None
        if value is not None:
            self.take(segment, position)
        return value

    def money_n2(self, segment: Segment, position: int) -> Money | None:
        """An amount in an N2 element, whose point is implied.

        A point all the same leaves open what was meant, a factor of a hundred apart: the
        document holds, and the amount is left out.
        """
        value = self.hundredths(segment, position)
        if value is not None:
            return Money(value, self.currency)
        text = segment.get(position).strip()
        if "." in text and decimal_of(text) is not None:
            self.tell("TRN-010", segment, position, value=text)
        return None

    def checked(self, ask: Callable[..., object], *values: object) -> bool:
        """What a pure function says of values that were read, as true or false.

        Translators ask this way about values that differ from document to document, such as check
        digits and sums: a learned form asks the same again of each new value.
        """
        return bool(ask(*values))

    def quantity(self, segment: Segment, value: int, unit: int) -> Quantity | None:
        """A quantity and its unit code (element 355)."""
        amount = self.decimal(segment, value)
        return None if amount is None else Quantity(amount, self.unit(segment, unit))

    def unit(self, segment: Segment, position: int) -> Code | None:
        """A unit of measure; CS is remarked on, which many partners send for case."""
        unit = self.code(segment, position, "355")
        if unit is not None and unit.code == "CS" and not self._told["TRN-011"]:
            self.tell("TRN-011", segment, position, value=unit.code)
        return unit

    def measured(self, segment: Segment, value: int, composite: int) -> Quantity | None:
        """A quantity whose unit is a composite (C001): only a unit of one plain code is read."""
        amount = self.decimal(segment, value)
        return None if amount is None else Quantity(amount, self.plain_unit(segment, composite))

    def plain_unit(self, segment: Segment, position: int) -> Code | None:
        """The unit of a C001 of one component; a product of units stays unmapped."""
        if len(self.components(segment, position)) > 1:
            return None
        return self.unit(segment, position)

    def components(self, segment: Segment, position: int) -> list[str]:
        """The components of a composite; nothing is ticked off."""
        return segment.get(position).split(self.set.separators.component)

    def date(self, segment: Segment, position: int) -> datetime.date | None:
        """A DT element."""
        text = segment.get(position)
        value = self._day(text) if text else None
        if value is not None:
            self.take(segment, position)
        return value

    def _day(self, text: str) -> datetime.date | None:
        day = decode_date(text.strip(), self.reference_year)
        return None if isinstance(day, ValueFault) else day

    def event(
        self,
        segment: Segment,
        *,
        date: int,
        time: int,
        zone: int | None = None,
        qualifier: int | None = None,
    ) -> DatedEvent | None:
        """A date, a time or both with their qualifier; None, and nothing taken, if neither is readable."""
        day, clock = self._day(segment.get(date)), _clock(segment.get(time))
        if day is None and clock is None:
            return None
        self.take(segment, *([date] if day else []), *([time] if clock is not None else []))
        zone_code = self.text(segment, zone) if zone else None
        return DatedEvent(
            qualifier=self.code(segment, qualifier, "374") if qualifier else None,
            date=day,
            time=clock,
            zone=zone_code or UNKNOWN_ZONE,
            origin=self.path(segment),
        )

    def period(self, segment: Segment) -> DatedEvent | None:
        """The period of DTM05 and DTM06: two dates, one date, or text."""
        if not self.has(segment, 5, 6):
            return None
        form, text = segment.get(5).strip(), segment.get(6).strip()
        dates = _PERIOD.fullmatch(text) if form == "RD8" else None
        first = self._day(dates[1] if dates else text) if form in ("D8", "RD8") else None
        last = self._day(dates[2]) if dates else None
        self.take(segment, 6, *([5] if first else []))
        return DatedEvent(
            qualifier=self.code(segment, 1, "374"),
            date=first,
            until=last,
            zone=UNKNOWN_ZONE,
            text=None if first and (last or not dates) else text,
            origin=self.path(segment),
        )

    # Places.

    def path(self, segment: Segment) -> str:
        """The segment's path, "PO1[2]/N1[1]/REF"; the trigger segment of a loop has the loop's."""
        known = self._paths.get(id(segment))
        return known[1] if known else f"segment[{segment.number}]/{segment.id}"

    def location(self, segment: Segment, element: int | None = None) -> Location:
        """The segment's place as findings name it."""
        known = self._paths.get(id(segment))
        return Location(
            segment=segment.id,
            segment_number=segment.number or None,
            loop=known[2] if known else None,
            element=element,
            byte_offset=segment.offset if element is None else segment.offset_of(element),
        )

    def tell(
        self,
        code: str,
        segment: Segment,
        element: int,
        *,
        value: str,
        expected: str | None = None,
        kind: str | None = None,
        total: str | None = None,
    ) -> None:
        """Note a business finding at an element, unless it has been told often enough."""
        self._told[code] += 1
        if self._told[code] <= MAX_SAME_FINDINGS:
            place = self.location(segment, element)
            self.findings.append(found(code, place, value=value, expected=expected, kind=kind, total=total))

    @contextmanager
    def amounts_in(self, currency: str | None) -> Iterator[None]:
        """Amounts read inside are in `currency`; None leaves the currency as it is."""
        before = self.currency
        self.currency = currency or before
        try:
            yield
        finally:
            self.currency = before

    def unmapped(self) -> tuple[Unmapped, ...]:
        """Every element that holds something and was not taken, in the order sent.

        Segments that found no place in the tree come last, by their number in the set.
        """
        placed = [(path, segment) for segment, path, _ in self._paths.values()]
        strays = [
            (self.path(segment), segment) for segment in self.set.segments if id(segment) not in self._paths
        ]
        return tuple(
            Unmapped(f"{path}-{position:02}", text)
            for path, segment in [*placed, *strays]
            for position, text in enumerate(segment.elements, start=1)
            if text and not self._taken.get(id(segment), 0) >> position & 1
        )


def _note_paths(
    loop: Loop,
    where: str,
    paths: dict[int, tuple[Segment, str, str]],
    before: Mapping[str, int] | None = None,
) -> None:
    """Note path and loop path of every segment in the loop, in the order sent. where: the loop's path.

    The first segment of an inner loop has the loop's path. before: loops that came before, by id.
    """
    loops: dict[str, int] = dict(before or {})
    segments: dict[str, int] = {}
    inside = f"{where}/" if where else ""
    own = loop.path
    for at, child in enumerate(loop.children):
        name = child.id
        if isinstance(child, Loop):
            loops[name] = nth = loops.get(name, 0) + 1
            _note_paths(child, f"{inside}{name}[{nth}]", paths)
        elif at == 0 and where:
            paths[id(child)] = (child, where, own)
        else:
            segments[name] = nth = segments.get(name, 0) + 1
            path = f"{inside}{name}[{nth}]" if nth > 1 else f"{inside}{name}"
            paths[id(child)] = (child, path, own)


def opened(node: Node) -> tuple[Segment | None, Sequence[Node]]:
    """A loop as its trigger segment and the rest; a segment as itself and nothing."""
    if isinstance(node, Segment):
        return node, ()
    if node.children and isinstance(node.children[0], Segment):
        return node.children[0], node.children[1:]
    return None, node.children


def of(nodes: Sequence[Node], segment_id: str) -> Iterator[tuple[Segment, Sequence[Node]]]:
    """The segments and loops of that id among `nodes`, each as its segment and the rest of its loop.

    The same segment is a loop of its own in one set and a plain segment in the next; translators
    need not know.
    """
    for node in nodes:
        if node.id == segment_id:
            trigger, rest = opened(node)
            if trigger is not None:
                yield trigger, rest
