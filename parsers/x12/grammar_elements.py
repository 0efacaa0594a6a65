"""Writes patterns of segments: what a segment looks like that is right beyond doubt.

In the text matched every delimiter is one of four control characters, so that one pattern serves
all interchanges. A pattern says yes only to what `segment_check` passes. It need not say yes to
all of that: what is right and rare (leading blanks, repetitions, the leap day of a century) is
left to that check itself.

Speed decides the form. A condition stands where the first element it binds is read, so that only
the unusual branch looks further; alternatives begin with a character or a class, which the engine
tests before it enters one; no two alternatives match the same text, so that a failure costs no
more than a pass over the segment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from parsers.x12.definition import COMPOSITE, ElementUse, SegmentDefinition
from parsers.x12.element import character_class
from parsers.x12.grammar_chain import NEVER, Chain
from parsers.x12.segment_check import WalkOptions

#: The delimiters of the text matched.
SEGMENT, ELEMENT, REPETITION, COMPONENT = "\x1c", "\x1d", "\x1e", "\x1f"
#: Blanks and line breaks, which mean nothing between a terminator and the next segment.
BLANK = "[ \\x00\\t-\\r\\x1a]"
#: A segment's end.
END = f"{SEGMENT}{BLANK}*+"
#: Code lists up to this size stand in a pattern in full.
SMALL_LIST = 24
#: The longest value, and the most separators at a segment's end, that a pattern accepts.
LONGEST_VALUE = 1000
MOST_SEPARATORS = 100

_DAY = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    # The leap day, except in a year that ends in 00.
    "|02(?:0[1-9]|1[0-9]|2[0-8]|29(?<=[02468][48]0229|[2468]00229|[13579][26]0229)))"
)

Codes = frozenset[str]


def is_large(use: ElementUse) -> bool:
    """True if a pattern holds only those codes of the element that have been met."""
    return use.codes is not None and len(use.codes) > SMALL_LIST


@dataclass(frozen=True, slots=True)
class SegmentPatterns:
    """Writes the patterns of segments under given options.

    known: of each large code list, the codes that patterns are to accept.
    """

    options: WalkOptions
    release: str
    known: Mapping[Codes, Collection[str]]

    def of(self, segment: SegmentDefinition) -> str:
        """The pattern of a segment after its id, up to and with its terminator."""
        trailing = self.options.trailing_separators
        values = [self._value(use) for use in segment.elements]
        reach = len(values) if trailing == "mandatory" else 0
        chain = Chain(
            segment.elements, segment.notes, values, separator=ELEMENT, barred=SEGMENT + ELEMENT, reach=reach
        )
        if trailing == "forbidden":
            return f"{chain.pattern('')}(?<!{ELEMENT}){END}"
        return chain.pattern(f"{ELEMENT}{{0,{MOST_SEPARATORS}}}+") + END

    def _value(self, use: ElementUse, *, inside: bool = False) -> str:
        """A value that is present, as alternatives without brackets. inside: of a composite."""
        if not use.checked:
            return _text(" -~" if inside else f" -~{REPETITION}{COMPONENT}", 1, LONGEST_VALUE)
        if use.type == COMPOSITE:
            return NEVER if inside else self._composite(use)
        if use.type == "ID" and use.codes is not None and self.options.check_codes:
            return trie(self.known.get(use.codes, ()) if is_large(use) else use.codes)
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

    def _composite(self, use: ElementUse) -> str:
        """A composite whose first component is present; others are left to the check."""
        values = [self._value(part, inside=True) for part in use.components]
        chain = Chain(use.components, use.notes, values, separator=COMPONENT, barred=f"{SEGMENT}-{COMPONENT}")
        return chain.from_first(f"{COMPONENT}{{0,{MOST_SEPARATORS}}}+")


def trie(words: Collection[str]) -> str:
    """A pattern of exactly these words, as alternatives without brackets."""
    tails: dict[str, set[str]] = {}
    for word in words:
        if word:
            tails.setdefault(word[0], set()).add(word[1:])
    heads: dict[str, str] = {}
    for head, rest in sorted(tails.items()):
        heads.setdefault(_tail(rest), "")
        heads[_tail(rest)] += head
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
    return f"[{characters}]" + _run(f"[{characters} ]", low - 1, min(high, LONGEST_VALUE) - 1)


def _run(item: str, low: int, high: int) -> str:
    """As many as there are of a character or class, at least `low`, at most `high`."""
    return f"{item}{{{low},{high}}}+" if high > 0 else ""


def _digits(low: int, high: int) -> str:
    return "[0-9]" + _run("[0-9]", low - 1, min(high, LONGEST_VALUE) - 1)


def _numeric(low: int, high: int) -> str:
    """Nn; there is no negative zero."""
    digits = _digits(low, high)
    return f"{digits}|-(?=0*+[1-9]){digits}"


def _decimal(low: int, high: int) -> str:
    """R. The point counts for nothing, so a number with one is measured after it is read."""
    few = f"(?<=[0-9.]{{{low + 1}}})" if low > 1 else ""
    fraction = f"\\.[0-9]++(?<![0-9.]{{{high + 2}}}){few}"
    whole = f"(?<=[0-9]{{{low}}})" if low > 1 else ""
    number = f"{_digits(1, high)}(?:{fraction}|{whole})"
    return f"{number}|-{number}|\\.[0-9]{{{low},{high}}}+"


def _date(low: int, high: int) -> str:
    """CCYYMMDD from the year 1000, or YYMMDD."""
    years = [
        f"{year}{_DAY}" for year, digits in (("[1-9][0-9]{3}", 8), ("[0-9][0-9]", 6)) if low <= digits <= high
    ]
    # Six digits may begin eight: what follows tells which.
    return "|".join(f"{date}(?![0-9])" for date in years) or NEVER


def _time(low: int, high: int) -> str:
    """HHMM, HHMMSS, HHMMSSD or HHMMSSDD."""
    longer = [digits - 6 for digits in (6, 7, 8) if low <= digits <= high]
    seconds = f"[0-5][0-9][0-9]{{{longer[0]},{longer[-1]}}}+" if longer else ""
    if low <= 4 <= high:
        seconds = f"(?:{seconds}|)" if seconds else ""
    elif not longer:
        return NEVER
    return f"[01][0-9][0-5][0-9]{seconds}|2[0-3][0-5][0-9]{seconds}"
