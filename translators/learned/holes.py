"""The places of a form that hold a value of their own each time, and how each stands in JSON.

A hole takes only the plainest way of writing its value: a number without leading zeros, a day of
the calendar, printable ASCII that needs no escape. Whatever else is sent does not fit, and is
translated the slow way; so a hole never has to decide anything.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from translators import gs1


class Use(StrEnum):
    """What a translator did with an element.

    PRESENT: looked whether it holds something. TAKEN: ticked it off. DECIDED: looked at its value.
    The others: read it as a value of that type.
    """

    PRESENT = "present"
    TAKEN = "taken"
    DECIDED = "decided"
    TEXT = "text"
    DECIMAL = "decimal"
    WHOLE = "whole"
    HUNDREDTHS = "hundredths"
    DATE = "date"
    TIME = "time"


VALUES = frozenset({Use.TEXT, Use.DECIMAL, Use.WHOLE, Use.HUNDREDTHS, Use.DATE, Use.TIME})


#: In a pattern: one character of text that is no separator and stands in JSON as it is.
TEXT = "\0"


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """The pattern by itself, whatever the separators."""
    return re.compile(pattern.replace(TEXT, " !#-\\[\\]-~"))


@dataclass(frozen=True, slots=True)
class Way:
    """One way of writing a value.

    pattern: with a group for each part that stands in JSON; TEXT stands for characters of text.
    shown: the parts in JSON, a "%s" for each group. groups: how many.
    sample: an unlikely value written this way; n tells holes apart, turn (0 or 1) two samplings.
    value: what the translator reads from the groups, for sums and checks.
    """

    pattern: str
    shown: str
    sample: Callable[[int, int], str]
    value: Callable[..., Any] = str

    @property
    def groups(self) -> int:
        """Groups of the pattern."""
        return self.shown.count("%s")

    def parts(self, text: str) -> tuple[str, ...]:
        """The groups of a text that is written this way. Raises ValueError for any other."""
        found = _matcher(self.pattern).fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not written as {self.pattern}")
        return found.groups()


_DAY = (
    "0[1-9]|1[0-9]|2[0-8]|(?<!02)(?:29|30)|(?<=0[13578]|1[02])31"
    "|(?<=[0-9]{2}(?:0[48]|[2468][048]|[13579][26])02)29|(?<=200002)29"
)
_FIRST_DAY = datetime.date(1901, 1, 1)


def _word(n: int, turn: int) -> str:
    return f"Zq{n:04}Kx" if turn == 0 else f"wV {n:05}.jy"


def digits_sample(length: int) -> Callable[[int, int], str]:
    """Samples of all digits; the last one is the check digit of GS1, the same for every length."""

    def sample(n: int, turn: int) -> str:
        body = "78"[turn] + str(n).zfill(length - 2)
        return body + gs1.check_digit(body)

    return sample


def _day_sample(n: int, turn: int) -> str:
    return f"{_FIRST_DAY + datetime.timedelta(days=n * 37 + turn * 20_011):%Y%m%d}"


def _hundredths(whole: str, cents: str) -> Decimal:
    return Decimal(f"{whole}.{cents}")


def _clock(hour: str, minute: str, second: str = "0") -> datetime.time:
    return datetime.time(int(hour), int(minute), int(second))


WORD = Way(rf"([{TEXT}]++(?<! ))", "%s", _word)
#: Text that nobody has read, and stands as sent among what is unmapped.
RAW = Way(rf"([{TEXT}]+)", "%s", _word)
#: What the place of a part gives, ready for JSON.
PLACED = RAW
#: Text that stands nowhere.
ANY = Way(rf"[{TEXT}]+", "", _word)
#: A container code with its application identifier; the canonical one stands without it.
LONG_SSCC = Way(
    "00([0-9]{18})", "%s", lambda n, turn: "00" + digits_sample(18)(n, turn), lambda code: f"00{code}"
)

_WAYS: Mapping[Use, tuple[Way, ...]] = {
    Use.DECIMAL: (
        Way(
            r"(-?(?:0|[1-9][0-9]{0,17}+)(?:\.[0-9]{1,18}+)?)",
            "%s",
            lambda n, turn: f"{61_000_000 + n * 13}.25" if turn == 0 else f"-{5_200_000 + n * 17}.125",
            Decimal,
        ),
        Way(r"(\.[0-9]{1,18}+)", "0%s", lambda n, turn: f".{900_000 + n * 7 + turn * 13_003}", Decimal),
        # Filled with zeros to a width. The translator reads no number of more than forty characters.
        Way(
            r"0{1,8}+([1-9][0-9]{0,17}+(?:\.[0-9]{1,10}+)?)",
            "%s",
            lambda n, turn: f"00{6_300_000 + n * 13}.{'75' if turn else '7'}",
            Decimal,
        ),
        Way(
            r"0{2,8}+(\.[0-9]{1,18}+)",
            "0%s",
            lambda n, turn: f"000.{800_000 + n * 7 + turn * 13_003}",
            Decimal,
        ),
    ),
    Use.WHOLE: (
        Way(r"(0|-?[1-9][0-9]{0,17}+)", "%s", lambda n, turn: str(41_000_000 + n * 13 + turn * 777_777), int),
        Way(
            r"0{1,8}+([1-9][0-9]{0,17}+)",
            "%s",
            lambda n, turn: f"000{43_000_000 + n * 13 + turn * 777_777}",
            int,
        ),
    ),
    Use.HUNDREDTHS: (
        Way(
            r"(-?[1-9][0-9]{0,15})([0-9]{2})",
            "%s.%s",
            lambda n, turn: str(3_100_000_007 + n * 1_307 + turn * 777_777),
            _hundredths,
        ),
        Way(
            "([1-9][0-9])",
            "0.%s",
            lambda n, turn: str(10 + (n * 7 + turn * 31) % 90),
            lambda c: _hundredths("0", c),
        ),
        Way(
            "([0-9])",
            "0.0%s",
            lambda n, turn: str((n * 3 + turn * 5) % 10),
            lambda c: _hundredths("0", f"0{c}"),
        ),
    ),
    Use.DATE: (
        Way(
            rf"((?:19|20)[0-9]{{2}})(0[1-9]|1[0-2])({_DAY})",
            "%s-%s-%s",
            _day_sample,
            lambda year, month, day: datetime.date(int(year), int(month), int(day)),
        ),
    ),
    Use.TIME: (
        Way(
            "([01][0-9]|2[0-3])([0-5][0-9])",
            "%s:%s:00",
            lambda n, turn: f"{(n * 5 + turn * 7) % 24:02}{(n * 11 + turn * 13) % 60:02}",
            _clock,
        ),
        Way(
            "([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])",
            "%s:%s:%s",
            lambda n, turn: (
                f"{(n * 5 + turn * 7) % 24:02}{(n * 11 + turn * 13) % 60:02}{(n * 17 + turn) % 60:02}"
            ),
            _clock,
        ),
    ),
}
#: Text that stands in JSON as it is.
_PLAIN = re.compile(r"[ !#-\[\]-~]*[!#-\[\]-~]")


def way_of(use: Use, text: str) -> Way | None:
    """How a value of that type is written in `text`; None if it is written in no plain way."""
    if use is not Use.TEXT:
        return next((way for way in _WAYS[use] if _matcher(way.pattern).fullmatch(text)), None)
    if not _PLAIN.fullmatch(text):
        return None
    if len(text) == 20 and gs1.sscc_of(text):
        return LONG_SSCC
    if text.isdigit() and len(text) >= 8:
        return Way(WORD.pattern, WORD.shown, digits_sample(len(text)))
    return WORD
