"""Watching a translator at work: which elements it reads, as what, and which it looks at.

A text or number that a translator only puts into the document may be any other one next time.
One that it compares, takes apart or counts with decides something: the form keeps it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from parsers.x12.model import Loop, Segment, TransactionSet, Walked
from translators.canonical.meanings import coded
from translators.canonical.values import Code, DatedEvent
from translators.learned.holes import Use
from translators.x12_reading import Reading

#: An element of the sets being watched: index of its segment, position in it.
Place = tuple[int, int]


@dataclass(slots=True)
class Observed:
    """What has been seen.

    uses: of each element. checks: every check of values, with the arguments (a place, or a constant
    where none is known) and what it said; replayed, the checks say the same again.
    """

    uses: dict[Place, set[Use]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    replaying: Iterator[bool] | None = None

    def note(self, place: Place, use: Use) -> None:
        """An element was used."""
        self.uses.setdefault(place, set()).add(use)


@dataclass(frozen=True, slots=True)
class Check:
    """A question about values that forms ask again of each new value. places: None for a constant."""

    ask: Callable[..., object]
    arguments: tuple[object, ...]
    places: tuple[Place | None, ...]
    answer: bool


class _Origin:
    """Where a watched value was read, and who wants to know if it is looked at."""

    def __init__(self, observed: Observed, place: Place) -> None:
        self.observed = observed
        self.place = place

    def looked(self) -> None:
        self.observed.note(self.place, Use.DECIDED)


#: Ways to look at a value; text and numbers put into a document are looked at in none of them.
_TEXT_LOOKS = (
    *(
        "__contains__",
        "__getitem__",
        "__iter__",
        "__hash__",
        "__len__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
    ),
    *("__add__", "__mod__"),
    *(name for name in dir(str) if not name.startswith("_") and name not in ("format", "format_map")),
)
_NUMBER_LOOKS = (
    *("__hash__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__add__", "__radd__", "__sub__"),
    *("__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__floordiv__", "__mod__"),
    *("__neg__", "__abs__", "__int__", "__round__"),
    *("as_tuple", "quantize", "normalize", "copy_abs", "copy_negate", "is_zero", "is_signed"),
)


def _watched(base: Any, looks: Sequence[str], also: Mapping[str, Any]) -> Any:
    """A subclass of `base` whose values tell when one of `looks` is called, or they are compared."""

    def telling(name: str) -> Callable[..., Any]:
        plain = getattr(base, name)

        def look(self: Any, *arguments: Any) -> Any:
            self.origin.looked()
            return plain(self, *arguments)

        return look

    def equal(self: Any, other: object) -> bool:
        if other is None or isinstance(other, tuple):
            return False
        self.origin.looked()
        if isinstance(other, base) and hasattr(other, "origin"):
            other.origin.looked()
        return bool(base.__eq__(self, other))

    members = {name: telling(name) for name in looks if hasattr(base, name)}
    members["__eq__"] = equal
    members["__ne__"] = lambda self, other: not equal(self, other)
    return type(f"Watched{base.__name__.title()}", (base,), {**members, **also})


_WatchedText = _watched(str, _TEXT_LOOKS, {"__bool__": lambda self: str.__len__(self) > 0})
_WatchedDecimal = _watched(Decimal, _NUMBER_LOOKS, {})
_WatchedInt = _watched(int, _NUMBER_LOOKS, {})


class _WatchedSegment(Segment):
    """A segment whose elements, read in any way but through the reading, decide something."""

    __slots__ = ("index", "reading")

    index: int
    reading: RecordingReading

    def get(self, position: int) -> str:
        """As any segment; the reading is told."""
        text = Segment.get(self, position)
        if text:
            self.reading.saw(self.index, position)
        return text


class RecordingReading(Reading):
    """A reading of a part of a set that writes down what is done with its elements.

    replacements: texts that stand for those of some elements. numbered: a loop whose number in paths
    another instead of its own: ("PO1", "7") for a line that is to be the seventh.
    """

    def __init__(
        self,
        transaction_set: TransactionSet,
        nodes: Sequence[Segment | Loop],
        observed: Observed,
        replacements: Mapping[Place, str],
        numbered: tuple[str, str] | None = None,
    ) -> None:
        self.observed = observed
        self.segments: list[_WatchedSegment] = []
        self._use: Mapping[int, Use] | Use = Use.PRESENT
        self._replacements = replacements
        tree = Loop("", "", [self._copied(node) for node in nodes])
        super().__init__(replace(transaction_set, content=Walked(list(self.segments), tree)))
        if numbered is not None:
            self._renumber(*numbered)
        self._use = Use.DECIDED

    def _copied(self, node: Segment | Loop) -> Segment | Loop:
        if isinstance(node, Loop):
            return Loop(node.id, node.path, [self._copied(child) for child in node.children])
        index = len(self.segments)
        elements = [
            self._replacements.get((index, position), text)
            for position, text in enumerate(node.elements, start=1)
        ]
        copy = _WatchedSegment(node.id, elements, node.number, node.offset, node.size)
        copy.index, copy.reading = index, self
        self.segments.append(copy)
        return copy

    def saw(self, index: int, position: int) -> None:
        """An element's text was handed out."""
        use = self._use if isinstance(self._use, Use) else self._use.get(position, Use.DECIDED)
        self.observed.note((index, position), use)

    @contextmanager
    def _as(self, use: Mapping[int, Use] | Use) -> Iterator[None]:
        before, self._use = self._use, use
        try:
            yield
        finally:
            self._use = before

    def _origin(self, segment: Segment, position: int) -> _Origin | None:
        if self.observed.replaying is not None or not isinstance(segment, _WatchedSegment):
            return None
        return _Origin(self.observed, (segment.index, position))

    def _watch(self, kind: Any, value: Any, segment: Segment, position: int) -> Any:
        origin = self._origin(segment, position)
        if value is None or origin is None:
            return value
        watched = kind(value)
        watched.origin = origin
        return watched

    # What translators call.

    def has(self, segment: Segment, *positions: int) -> bool:
        """As any reading; only the presence of the elements counts."""
        with self._as(Use.PRESENT):
            return super().has(segment, *positions)

    def take(self, segment: Segment, *positions: int) -> None:
        """As any reading; the elements were ticked off."""
        super().take(segment, *positions)
        if isinstance(segment, _WatchedSegment):
            for position in positions:
                self.observed.note((segment.index, position), Use.TAKEN)

    def look(self, segment: Segment, position: int) -> str | None:
        """As any reading; the text is watched."""
        with self._as(Use.TEXT):
            text = super().look(segment, position)
        watched: str | None = self._watch(_WatchedText, text, segment, position)
        return watched

    def text(self, segment: Segment, position: int) -> str | None:
        """As any reading; the text is watched."""
        text = self.look(segment, position)
        if text is not None:
            self.take(segment, position)
        return text

    def code(self, segment: Segment, position: int, element: str) -> Code | None:
        """As any reading; a code decides."""
        with self._as(Use.DECIDED):
            text = super().look(segment, position)
        if text is None:
            return None
        self.take(segment, position)
        return coded(element, text)

    def decimal(self, segment: Segment, position: int) -> Decimal | None:
        """As any reading; the number is watched."""
        with self._as(Use.DECIMAL):
            value = super().decimal(segment, position)
        watched: Decimal | None = self._watch(_WatchedDecimal, value, segment, position)
        return watched

    def whole(self, segment: Segment, position: int) -> int | None:
        """As any reading; the number is watched."""
        with self._as(Use.WHOLE):
            value = super().whole(segment, position)
        watched: int | None = self._watch(_WatchedInt, value, segment, position)
        return watched

    def hundredths(self, segment: Segment, position: int) -> Decimal | None:
        """As any reading; the number is watched."""
        with self._as(Use.HUNDREDTHS):
            value = super().hundredths(segment, position)
        watched: Decimal | None = self._watch(_WatchedDecimal, value, segment, position)
        return watched

    def date(self, segment: Segment, position: int) -> Any:
        """As any reading."""
        with self._as(Use.DATE):
            return super().date(segment, position)

    def event(
        self,
        segment: Segment,
        *,
        date: int,
        time: int,
        zone: int | None = None,
        qualifier: int | None = None,
    ) -> DatedEvent | None:
        """As any reading."""
        with self._as({date: Use.DATE, time: Use.TIME}):
            return super().event(segment, date=date, time=time, zone=zone, qualifier=qualifier)

    def period(self, segment: Segment) -> DatedEvent | None:
        """As any reading; its form decides."""
        with self._as({5: Use.PRESENT, 6: Use.PRESENT} if not self._has_period(segment) else Use.DECIDED):
            return super().period(segment)

    def _has_period(self, segment: Segment) -> bool:
        return all(Segment.get(segment, position).strip() for position in (5, 6))

    def components(self, segment: Segment, position: int) -> list[str]:
        """As any reading; composites decide."""
        with self._as(Use.DECIDED):
            return super().components(segment, position)

    def checked(self, ask: Callable[..., object], *values: object) -> bool:
        """As any reading; the question is kept with its answer, and replayed it has the same answer."""
        plain = tuple(_plain(value) for value in values)
        if self.observed.replaying is not None:
            return next(self.observed.replaying, False)
        places = tuple(value.origin.place if hasattr(value, "origin") else None for value in values)
        answer = bool(ask(*plain))
        self.observed.checks.append(Check(ask, plain, places, answer))
        return answer

    @contextmanager
    def amounts_in(self, currency: str | None) -> Iterator[None]:
        """As any reading; a currency decides."""
        if isinstance(currency, _WatchedText):
            currency.origin.looked()
            currency = str(currency)
        with super().amounts_in(currency):
            yield

    def _renumber(self, loop: str, number: str) -> None:
        first = f"{loop}[1]"
        for key, (segment, path, inside) in self._paths.items():
            self._paths[key] = (segment, f"{loop}[{number}]{path.removeprefix(first)}", inside)


def _plain(value: object) -> object:
    if isinstance(value, _WatchedText):
        return str(value)
    if isinstance(value, _WatchedDecimal):
        return Decimal(value)
    return int(value) if isinstance(value, _WatchedInt) else value
