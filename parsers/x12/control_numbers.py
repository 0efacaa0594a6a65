"""Remembers control numbers, so that one used twice is noticed."""

from __future__ import annotations

from bisect import bisect_right

#: Longest number that is taken for one: the standard's have nine digits at most, a count ten.
MAX_DIGITS = 18


def whole_number(text: str) -> int | None:
    """The number that a trailer's count or a control number spells in digits; None if it is none.

    Thousands of digits are none: to read them as a number costs their square.
    """
    return int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit() else None


class SeenNumbers:
    """The control numbers seen so far. Numbers that follow one another cost no memory.

    "0001" and "1" are two numbers: control numbers are compared character for character.
    """

    def __init__(self) -> None:
        self._runs: dict[int, _Runs] = {}
        self._others: set[str] = set()

    def add(self, number: str) -> bool:
        """Remember `number`; False if it was there before."""
        value = whole_number(number)
        if value is not None:
            runs = self._runs.get(len(number))
            if runs is None:
                runs = self._runs[len(number)] = _Runs()
            return runs.add(value)
        if number in self._others:
            return False
        self._others.add(number)
        return True


class _Runs:
    """A set of whole numbers kept as runs, first to last of each in order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, number: int) -> bool:
        if self._lasts and number == self._lasts[-1] + 1:
            self._lasts[-1] = number
            return True
        after = bisect_right(self._firsts, number)
        if after and number <= self._lasts[after - 1]:
            return False
        extends = bool(after) and self._lasts[after - 1] == number - 1
        precedes = after < len(self._firsts) and self._firsts[after] == number + 1
        if extends and precedes:
            self._lasts[after - 1] = self._lasts.pop(after)
            self._firsts.pop(after)
        elif extends:
            self._lasts[after - 1] = number
        elif precedes:
            self._firsts[after] = number
        else:
            self._firsts.insert(after, number)
            self._lasts.insert(after, number)
        return True
