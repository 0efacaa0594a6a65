"""Writes the pattern of elements in a row: separators, requirements, and the notes that bind them."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.x12.definition import ElementUse, SyntaxNote

#: A pattern that matches nothing.
NEVER = "(?!)"


class Chain:
    """The positions of a segment, or the components of a composite.

    values: the pattern of each position's value, as alternatives without brackets.
    separator: stands before each position, and before each component but the first.
    barred: what an element of the chain cannot hold, as the inside of a class.
    reach: positions that must be there at least, empty or not.
    """

    def __init__(
        self,
        uses: Sequence[ElementUse],
        notes: Sequence[SyntaxNote],
        values: Sequence[str],
        *,
        separator: str,
        barred: str,
        reach: int = 0,
    ) -> None:
        self._values = values
        self._separator = separator
        self._barred = barred
        self._required = {use.position for use in uses if use.requirement == "M" and use.checked}
        self._reach = max(reach, *self._required, 0)
        #: Conditions without width, by the position after which they stand: held if it is there, or is not.
        self._if_present: dict[int, str] = {}
        self._if_absent: dict[int, str] = {}
        pairs = [note for note in notes if _is_pair(note)]
        for note in notes:
            if note not in pairs:
                self._bind(note)
        if not self._required and not any(note.kind == "R" for note in notes):
            self._want_anything()
        self._pairs = set(self._tight(pairs))

    def pattern(self, tail: str) -> str:
        """All positions, each after its separator. tail: what may follow the last one."""
        return self._after(0, tail)

    def from_first(self, tail: str) -> str:
        """The first component, which must be present, and all that follow it."""
        return f"(?:{self._values[0]}){self._if_present.get(1, '')}{self._after(1, tail)}"

    def _after(self, position: int, tail: str) -> str:
        """The pattern of what follows a position."""
        if position == len(self._values):
            return tail
        following = position + 1
        if following in self._pairs:
            pattern = self._pair(following) + self._after(following + 1, tail)
        else:
            pattern = self._separator + self._one(following) + self._after(following, tail)
        return pattern if following <= self._reach else f"(?:{pattern}|)"

    def _one(self, position: int) -> str:
        value, there = self._values[position - 1], self._if_present.get(position, "")
        if position in self._required:
            return f"(?:{value}){there}"
        absent = self._if_absent.get(position, "")
        if value == NEVER:
            return absent
        return f"(?:(?:{value}){there}|{absent})" if there else f"(?:{value}|{absent})"

    def _pair(self, position: int) -> str:
        """Two positions of which both are there or neither."""
        first, second = self._values[position - 1 : position + 1]
        idle = self._separator + ("" if position < self._reach else "?+")
        return f"{self._separator}(?:(?:{first}){self._separator}(?:{second})|{idle})"

    # --- conditions

    def _tight(self, pairs: list[SyntaxNote]) -> list[int]:
        """First positions of the pairs that nothing else binds; the others are bound by conditions."""
        tight: list[int] = []
        bound = self._if_present.keys() | self._if_absent.keys() | self._required
        for note in sorted(pairs):
            first, second = min(note.positions), max(note.positions)
            if {first, second} & bound or first - 1 in tight or first in tight:
                self._bind(note)
            else:
                tight.append(first)
        return tight

    def _bind(self, note: SyntaxNote) -> None:
        first, *others = note.positions if note.kind in "CL" else sorted(note.positions)
        match note.kind:
            case "P":
                self._when_present(first, "".join(f"(?={self._there(first, other)})" for other in others))
                self._when_absent(first, "".join(f"(?!{self._there(first, other)})" for other in others))
            case "R":
                self._reach = max(self._reach, first)
                self._when_absent(first, self._any_there(first, others))
            case "E":
                self._exclude([first, *others])
            case "C":
                for other in others:
                    self._imply(first, other)
            case "L":
                self._imply_any(first, others)

    def _exclude(self, positions: list[int]) -> None:
        for number, position in enumerate(positions):
            rest = positions[number + 1 :]
            self._when_present(position, "".join(f"(?!{self._there(position, other)})" for other in rest))

    def _imply(self, position: int, needed: int) -> None:
        if needed > position:
            self._when_present(position, f"(?={self._there(position, needed)})")
        else:
            self._when_absent(needed, f"(?!{self._there(needed, position)})")

    def _imply_any(self, position: int, needed: list[int]) -> None:
        start = min(position, *needed)
        later = sorted(set(needed) - {start})
        if start == position:
            self._when_present(start, self._any_there(start, later))
        else:
            others = "".join(f"|{self._there(start, other)}" for other in later)
            self._when_absent(start, f"(?=(?!{self._there(start, position)}){others})")

    def _want_anything(self) -> None:
        """A segment without any value is none."""
        self._reach = max(self._reach, 1)
        self._when_absent(1, f"(?={self._separator}*+[^{self._barred}])")

    def _when_present(self, position: int, condition: str) -> None:
        self._if_present[position] = self._if_present.get(position, "") + condition

    def _when_absent(self, position: int, condition: str) -> None:
        self._if_absent[position] = self._if_absent.get(position, "") + condition

    def _any_there(self, start: int, positions: Sequence[int]) -> str:
        return f"(?={'|'.join(self._there(start, position) for position in positions)})"

    def _there(self, start: int, position: int) -> str:
        """The pattern, from behind position `start`, of a later position that is not empty."""
        skipped = f"{self._separator}[^{self._barred}]*+" * (position - start - 1)
        return f"{skipped}{self._separator}[^{self._barred}]"


def _is_pair(note: SyntaxNote) -> bool:
    first, *others = sorted(note.positions)
    return note.kind == "P" and others == [first + 1]
