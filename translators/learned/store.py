"""Where forms are kept: a bounded memory of what has been learned."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from parsers.x12.model import Separators
from translators.learned.form import Form

#: Shapes (segments, and which elements they hold) of one kind of part that are remembered.
MAX_SHAPES = 512
#: Forms of one shape: the same elements, with other codes.
MAX_FORMS = 32
#: Bytes that all forms of one kind of part may take.
MAX_BYTES = 3_000_000
#: A form is sought when a shape without one is met for the second time; after each search in vain only
#: when it has been met twice as often. A shape that has all the forms it may have gets another this seldom.
SECOND = 2
SELDOM = 64


class Learned(Protocol):
    """What is kept of a part: its form, and what is known beside it."""

    @property
    def form(self) -> Form:
        """The form."""


T = TypeVar("T", bound=Learned)


@dataclass(slots=True)
class _Shape(Generic[T]):
    """The forms of one shape. met: how often none of them fitted. due: how often until one is sought."""

    learned: list[T] = field(default_factory=list)
    met: int = 0
    due: int = SECOND


class Store(Generic[T]):
    """The forms of one kind of part. When it is full, the shapes learned first are forgotten."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[str, _Shape[T]] = OrderedDict()

    def of(self, shape: str) -> Iterator[T]:
        """What has been learned of a shape, the newest first."""
        known = self._shapes.get(shape)
        return iter(()) if known is None else reversed(known.learned)

    def learn(self, shape: str, find: Callable[[], T | None], *, at_once: bool = False) -> T | None:
        """What `find` gives for a part of this shape that no form fitted, if it is worth asking.

        at_once: True if it is worth it for a shape that was not met before.
        """
        known = self._shapes.get(shape)
        if known is None:
            known = self._shapes[shape] = _Shape()
            self._forget()
        known.met += 1
        if known.met < known.due and not (at_once and known.met == 1):
            return None
        found = find()
        if found is None:
            known.due = 2 * known.met
            return None
        known.due = known.met + (1 if len(known.learned) < MAX_FORMS else SELDOM)
        known.learned.append(found)
        del known.learned[:-MAX_FORMS]
        self._forget()
        return found

    def passes_over(self, shape: str) -> bool:
        """True if a part of this shape that no form fitted is not worth asking about; it is counted then."""
        known = self._shapes.get(shape)
        if known is None or known.met + 1 >= known.due:
            return False
        known.met += 1
        return True

    def _forget(self) -> None:
        """Forget what was learned first, while there is too much."""
        while len(self._shapes) > 1 and (len(self._shapes) > MAX_SHAPES or self.size > MAX_BYTES):
            self._shapes.popitem(last=False)

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return sum(
            len(name) + sum(one.form.size for one in shape.learned) for name, shape in self._shapes.items()
        )


@lru_cache(maxsize=64)
def _content(separators: Separators) -> re.Pattern[str]:
    element, segment = re.escape(separators.element), re.escape(separators.segment)
    return re.compile(f"(?<={element})[^{element}{segment}]+")


def shape_of(text: str, separators: Separators) -> str:
    """The shape of segments: their ids, and which elements hold something."""
    return _content(separators).sub(".", text)
