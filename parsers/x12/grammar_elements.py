"""Writes patterns of values and segments: what is right beyond doubt.

In the text matched every delimiter is one of four control characters, so that one pattern serves
all interchanges. A pattern says yes only to what `segment_check` passes. It need not say yes to
all of that: what is right and rare (leading blanks, the leap day of a century) is left to the
check itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache

from parsers.record import record
from parsers.x12.definition import COMPOSITE, ElementUse, SegmentDefinition
from parsers.x12.element import character_class
from parsers.x12.segment_check import WalkOptions

#: The delimiters of the text matched.
SEGMENT, ELEMENT, REPETITION, COMPONENT = "\x1c", "\x1d", "\x1e", "\x1f"
#: A segment's end, and the blanks and line breaks that mean nothing before the next one.
END = f"{SEGMENT}[ \\x00\\t-\\r\\x1a]*+"
#: Code lists up to this size stand in a pattern in full.
SMALL_LIST = 24
#: The longest value that a pattern accepts.
LONGEST_VALUE = 1000
#: A pattern that matches nothing.
NEVER = "(?!)"
#: Stands for a value in a form.
VALUE = "v"

_VALUES = re.compile(f"[^{ELEMENT}-{COMPONENT}]+")
_DAY = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    # The leap day, except in a year that ends in 00.
    "|02(?:0[1-9]|1[0-9]|2[0-8]|29(?<=[02468][48]0229|[2468]00229|[13579][26]0229)))"
)
_YEARS = {8: "[1-9][0-9]{3}", 6: "[0-9][0-9]"}

Codes = frozenset[str]


def form_of(elements: str) -> str:
    """Which positions of a segment are filled: its elements as in the text, each value a VALUE."""
    return _VALUES.sub(VALUE, elements)


def is_large(use: ElementUse) -> bool:
    """True if a pattern holds only those codes of the element that have been met."""
    return use.codes is not None and len(use.codes) > SMALL_LIST


@record
class SegmentPatterns:
    """Writes the patterns of segments under given options.

    known: of each large code list, the codes that patterns are to accept.
    """

    options: WalkOptions
    release: str
    known: Mapping[Codes, Collection[str]]

    def of(self, segment: SegmentDefinition, forms: Iterable[str]) -> str:
        """The pattern of a segment after its id, up to and with its terminator.

        forms: those that the segment may have; requirements and syntax notes are kept by them.
        """
        return self._tails(segment.elements, [form + SEGMENT for form in forms], 0, 1)

    def _tails(self, uses: tuple[ElementUse, ...], tails: list[str], element: int, component: int) -> str:
        """The pattern of what may follow at a place: the rest of all forms that are alike so far."""
        by_first: dict[str, list[str]] = {}
        for tail in tails:
            by_first.setdefault(tail[0], []).append(tail[1:])
        alternatives = []
        # No two alternatives begin alike, so that a failure costs no more than a pass over the segment.
        for first in sorted(by_first, reverse=True):
            rest = by_first[first]
            match first:
                case "\x1c":
                    alternatives.append(END)
                case "\x1d":
                    alternatives.append(ELEMENT + self._tails(uses, rest, element + 1, 1))
                case "\x1e":
                    alternatives.append(REPETITION + self._tails(uses, rest, element, 1))
                case "\x1f":
                    alternatives.append(COMPONENT + self._tails(uses, rest, element, component + 1))
                case _:
                    value = self._value(uses[element - 1], component)
                    alternatives.append(value + self._tails(uses, rest, element, component))
        return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"

    def _value(self, use: ElementUse, component: int) -> str:
        """A value that is present, as one item of a pattern."""
        if not use.checked:
            return _text("!-~", 1, LONGEST_VALUE)
        if use.type == COMPOSITE:
            return self._value(use.components[component - 1], 1)
        if use.type == "ID" and use.codes is not None and self.options.check_codes:
            return f"(?:{trie(self.known.get(use.codes, ()) if is_large(use) else use.codes)})"
        match use.type[0]:
            case "R":
                return _decimal(use.min, use.max)
            case "N":
                return _numeric(use.min, use.max)
            case "D":
                return _date(use.min, use.max)
            case "T":
                return _time(use.min, use.max)
            case _:
                characters = _characters(character_class(self.options.charset, self.release))
                return _text(characters, use.min, use.max)


def trie(words: Collection[str]) -> str:
    """A pattern of exactly these words, as alternatives without brackets."""
    tails: dict[str, set[str]] = {}
    for word in words:
        if word:
            tails.setdefault(word[0], set()).add(word[1:])
    heads: dict[str, str] = {}
    for head, rest in sorted(tails.items()):
        tail = _tail(rest)
        heads[tail] = heads.get(tail, "") + head
    return "|".join(_any_of(letters) + tail for tail, letters in heads.items()) or NEVER


def _tail(words: set[str]) -> str:
    """The pattern of what follows a first letter; "" may be among the words."""
    if words == {""}:
        return ""
    return f"(?:{trie(words)}{'|' if '' in words else ''})"


def _any_of(letters: str) -> str:
    return re.escape(letters) if len(letters) == 1 else f"[{re.escape(letters)}]"


@cache
def _characters(allowed: str) -> str:
    """The ASCII characters of a class, without the blank, as the inside of a class of ranges."""
    pattern = re.compile(allowed)
    codes = [code for code in range(0x21, 0x7F) if pattern.fullmatch(chr(code))]
    first = [code for code in codes if code - 1 not in codes]
    last = [code for code in codes if code + 1 not in codes]
    return "".join(f"\\x{a:02x}-\\x{b:02x}" for a, b in zip(first, last, strict=True))


def _text(characters: str, low: int, high: int) -> str:
    """Text that begins with no blank. characters: inside of a class, without the blank."""
    return f"[{characters}]" + _run(f"[{characters} ]", low - 1, high - 1)


def _run(item: str, low: int, high: int) -> str:
    """As many as there are of a character or class, at least `low`, at most `high`."""
    return f"{item}{{{low},{min(high, LONGEST_VALUE)}}}+" if high > 0 else ""


def _numeric(low: int, high: int) -> str:
    """Nn; there is no negative zero."""
    return f"(?:-(?=0*+[1-9])|){_run('[0-9]', low, high)}"


def _decimal(low: int, high: int) -> str:
    """R. The point is not counted, so a number with one is measured once it is read."""
    few = f"(?<=[0-9.]{{{low + 1}}})" if low > 1 else ""
    fraction = f"\\.[0-9]++(?<![0-9.]{{{high + 2}}}){few}"
    whole = f"(?<=[0-9]{{{low}}})" if low > 1 else ""
    return f"-?+(?:{_run('[0-9]', 1, high)}(?:{fraction}|{whole})|\\.{_run('[0-9]', low, high)})"


def _date(low: int, high: int) -> str:
    """CCYYMMDD from the year 1000, or YYMMDD. What follows tells six digits from eight."""
    dates = [f"{year}{_DAY}(?![0-9])" for digits, year in _YEARS.items() if low <= digits <= high]
    return f"(?:{'|'.join(dates) or NEVER})"


def _time(low: int, high: int) -> str:
    """HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""
    longer = [digits - 6 for digits in (6, 7, 8) if low <= digits <= high]
    seconds = f"[0-5][0-9][0-9]{{{longer[0]},{longer[-1]}}}+" if longer else NEVER
    if low <= 4 <= high:
        seconds = f"(?:{seconds}|)"
    return f"(?:[01][0-9]|2[0-3])[0-5][0-9]{seconds}"
