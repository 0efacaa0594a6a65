"""Segments to be written, as a tree: each knows the canonical fields that fill it."""

from __future__ import annotations

from translators.x12_write_places import Place

#: The field of the document that holds what no other does.
UNMAPPED = "unmapped"


class Slot:
    """One segment to be written, and what its loop holds.

    values: of its elements, from 01 on. names: the canonical fields of the elements, under `field`,
    which is "" at the top of the document. origin: path that it was read from, None if unknown.
    place: what it opens, `PLAIN` for no loop; None if it has no place itself and is not written.
    children: slots by segment id.
    """

    __slots__ = ("children", "field", "names", "origin", "place", "values")

    def __init__(
        self,
        values: list[object],
        names: tuple[str, ...] = (),
        field: str = "",
        origin: str | None = None,
        place: Place | None = None,
    ) -> None:
        self.values = values
        self.names = names
        self.field = field
        self.origin = origin
        self.place = place
        self.children: dict[str, list[Slot]] = {}

    def put(self, position: int, value: object, name: str = "") -> None:
        """Fill the element at `position`, from 1; it comes from the canonical field `name`."""
        self.values += [None] * (position - len(self.values))
        self.values[position - 1] = value
        if name:
            names = [*self.names, *[""] * (position - len(self.names))]
            names[position - 1] = name
            self.names = tuple(names)

    def get(self, position: int) -> object:
        """What the element at `position` is to hold, None for nothing."""
        return self.values[position - 1] if position <= len(self.values) else None

    def field_of(self, position: int | None) -> str:
        """The canonical field that fills an element, with its way from the top; else the slot's own."""
        name = self.names[position - 1] if position and position <= len(self.names) else ""
        if name == UNMAPPED:
            return name
        return under(self.field, name) if name else self.field

    def holds(self, segment_id: str) -> bool:
        """True if the loop that this slot opens has a place for such segments."""
        return self.place is not None and segment_id in self.place.shapes


def under(field: str, name: str, index: int | None = None) -> str:
    """The way to a field: under("lines[0]", "charges", 2) is "lines[0].charges[2]"."""
    way = f"{field}.{name}" if field else name
    return way if index is None else f"{way}[{index}]"
