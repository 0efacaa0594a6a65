"""Two readings of the same tables agree on every mutant of every set.

One matches patterns and says only yes (`grammar`), the other walks and explains (`walker`). Sets
are made from the dictionary, and changed by chance, the same in every run. TRADEPOST_MUTANTS says
how many mutants of each set there are; `make fuzz` runs millions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from parsers.x12.definition import SetDefinition
from parsers.x12.dictionary import releases, set_definition, set_ids
from parsers.x12.element import CharacterSet
from parsers.x12.grammar import ENGINE_IS_SOUND, matcher_for, normalise
from parsers.x12.model import Separators
from parsers.x12.segment_check import WalkOptions
from tests.support.x12_generated import SetMaker
from tests.support.x12_mutants import Mutator, is_faultless

pytestmark = pytest.mark.skipif(not ENGINE_IS_SOUND, reason="this Python's patterns cannot be relied on")
KINDS = [(release, set_id) for release in releases() for set_id in set_ids(release)]
#: Of each kind of set: 53 kinds make 212,000.
MUTANTS = int(os.environ.get("TRADEPOST_MUTANTS", "4000"))
#: The walker is asked about every mutant that matches, and about one in so many of the others.
ASKED = 4
#: Readings after which a matcher surely knows a set of a few segments.
READINGS = 200


@dataclass(frozen=True)
class Way:
    """One way of reading sets of a kind."""

    separators: Separators
    charset: CharacterSet = CharacterSet.UTF8
    trailing: str = "allowed"
    check_codes: bool = True
    short_dates: bool = False


WAYS = (
    Way(Separators("*", ">", "~", "^")),
    Way(Separators("|", ":", "\n", None), CharacterSet.BASIC, "forbidden"),
    Way(Separators("\x1d", "\x1f", "\x1c", "\x1e", "\r\n"), CharacterSet.EXTENDED, "mandatory"),
    Way(Separators("*", "<", "\r", "^", "\n"), check_codes=False, short_dates=True),
)


@dataclass(frozen=True)
class Reading:
    """A set to change, and what two ways of reading say of a text.

    is_plain: whether its values are printable ASCII, and ST03 has no parts; the matcher may
        leave other texts to the walker.
    """

    matches: Callable[[str], bool]
    is_faultless: Callable[[str], bool]
    is_plain: Callable[[str], bool]
    mutant: Callable[[], str]
    original: str

    def disagrees(self, text: str) -> bool:
        return self._differ(text, matches=self.matches(text))

    def misjudges(self, text: str, *, ask: bool) -> bool:
        """True if the two disagree. ask: whether to look also at what does not match."""
        matches = self.matches(text)
        return (matches or ask) and self._differ(text, matches=matches)

    def _differ(self, text: str, *, matches: bool) -> bool:
        return matches != self.is_faultless(text) and (matches or self.is_plain(text))


def readings(release: str, set_id: str) -> Iterator[Reading]:
    for number, way in enumerate(WAYS):
        definition = set_definition(release, set_id, short_dates=way.short_dates)
        assert definition is not None
        yield _reading(definition, way, f"{release} {set_id} {number}")


def _reading(definition: SetDefinition, way: Way, seed: str) -> Reading:
    separators = way.separators
    options = WalkOptions(separators, way.charset, way.trailing, way.check_codes)  # type: ignore[arg-type]
    matcher = matcher_for(definition, options)
    maker = SetMaker(definition, options, seed)
    mutator = Mutator(maker, separators, seed)
    rows = min((maker.clean_set() for _ in range(2)), key=len)

    def matches(text: str) -> bool:
        normal = normalise(text.encode(), separators)
        return normal is not None and matcher.end_of(normal, 0) > 0

    delimiters = (separators.segment, separators.element, separators.component, separators.repetition or "^")
    blank = str.maketrans(dict.fromkeys((*delimiters, *separators.suffix), " "))

    def is_plain(text: str) -> bool:
        values, header = text.translate(blank), text.partition(separators.segment)[0]
        parts = any(
            mark in header for mark in (separators.component, separators.repetition or separators.component)
        )
        return values.isascii() and values.isprintable() and not parts

    return Reading(
        matches=matches,
        is_faultless=lambda text: is_faultless(text, definition, options),
        is_plain=is_plain,
        mutant=lambda: mutator.mutant(rows),
        original=mutator.text(rows),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("release", "set_id"), KINDS)
def test_what_matches_has_no_fault_and_what_has_none_matches(release: str, set_id: str) -> None:
    for reading in readings(release, set_id):
        assert not reading.disagrees(reading.original)
        for _ in range(READINGS):
            reading.matches(reading.original)
        for number in range(MUTANTS // len(WAYS)):
            mutant = reading.mutant()
            if reading.misjudges(mutant, ask=number % ASKED == 0):
                pytest.fail(
                    f"the matcher says {reading.matches(mutant)} to {_smallest(mutant, reading.disagrees)!r}"
                )


def _smallest(text: str, disagrees: Callable[[str], bool]) -> str:
    """The text with all cut away that can be, as long as the two still disagree."""
    size = len(text) // 2
    while size:
        at = 0
        while at < len(text):
            shorter = text[:at] + text[at + size :]
            if disagrees(shorter):
                text = shorter
            else:
                at += size
        size //= 2
    return text
