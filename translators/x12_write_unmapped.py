"""Puts back what the model has no field for, each element where its path says it was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from parsers.finding import NOWHERE
from parsers.x12.definition import COMPOSITE, ElementUse
from parsers.x12.writer import Joined
from translators.canonical.document import Document
from translators.canonical.values import Unmapped
from translators.x12_write_places import PLAIN, Shape
from translators.x12_write_slots import UNMAPPED, Slot
from translators.x12_writing import Writing, Written

_ELEMENT = re.compile(r"-([0-9]{1,3})$")
_STEP = re.compile(r"([A-Z0-9]+)(?:\[([0-9]+)\])?")
#: Loops that a line, level or party of the document always makes: if it is gone, so is its loop.
_MADE_BY_VALUES = frozenset({"ENT", "HL", "IT1", "LIN", "N1", "PO1", "POC", "RMR"})
_LINES = frozenset({"PO1", "POC"})
#: First and last element of the pairs that a segment holds, which values fill without gaps; None for
#: pairs up to its end.
PAIRS: Mapping[str, tuple[int, int | None]] = {
    "ACK": (7, 26), "IT1": (6, None), "IT8": (8, None), "LIN": (2, None), "PER": (3, 8), "PO1": (6, None),
    "POC": (8, None), "SDQ": (3, 22), "SLN": (9, None), "TAX": (2, 11),
}  # fmt: skip


def finished(writing: Writing, document: Document) -> Written:
    """The set, with what was unmapped back in its places."""
    if document.unmapped:
        restore(writing, document.unmapped)
    return writing.written()


def restore(writing: Writing, unmapped: Sequence[Unmapped]) -> None:
    """Fill elements of the set's slots, and make the segments that nothing else fills.

    What has no place (a row of a delimited file, a line that is gone, a segment that the release
    does not have) is told.
    """
    segments: dict[str, list[Unmapped]] = {}
    for one in unmapped:
        segments.setdefault(one.path.rpartition("-")[0], []).append(one)
    known = _Known(writing.root)
    for path, elements in segments.items():
        texts = {position: one.value for one in elements if (position := _position(one.path))}
        slot = known.slot(path, frozenset(texts)) if len(texts) == len(elements) else None
        if slot is None or slot is writing.root:
            for one in elements:
                writing.tell("TRN-364", NOWHERE, value=one.value, path=one.path)
        else:
            _fill(writing, slot, path, texts)


def _position(path: str) -> int | None:
    """The element that a path ends in, None if it is no path of X12."""
    match = _ELEMENT.search(path)
    return int(match[1]) if match else None


def _fill(writing: Writing, slot: Slot, path: str, texts: Mapping[int, str]) -> None:
    """Put the elements in; composites and repetitions taken apart as they were sent."""
    shape = writing.shape_of(path)
    for position, text in texts.items():
        use = shape.uses[position - 1] if shape and position <= len(shape.uses) else None
        if slot.get(position) is not None and not _made_room(slot, _zone(path, shape), position):
            writing.tell("TRN-364", NOWHERE, value=text, path=f"{path}-{position:02}")
        else:
            slot.put(position, text if use is None else _taken_apart(writing, use, text), UNMAPPED)


def _taken_apart(writing: Writing, use: ElementUse, text: str) -> object:
    """The element by its components and repetitions, joined anew; the text, where it has none."""
    sent, own = writing.form.sent, writing.form.separators
    parts = text.split(sent.repetition) if use.repeat > 1 and sent.repetition and own.repetition else [text]
    composite = use.type == COMPOSITE
    pieces = [part.split(sent.component) if composite else [part] for part in parts]
    if len(parts) == 1:
        return tuple(pieces[0]) if composite else text
    if own.repetition is None or any(writing.delimiter.search("".join(piece)) for piece in pieces):
        return text
    return Joined(own.repetition.join(own.component.join(piece) for piece in pieces))


def _zone(path: str, shape: Shape | None) -> tuple[int, int]:
    """First and last element of the pairs in the segment at a path; (0, 0) if it has none."""
    match = _STEP.fullmatch(path.rpartition("/")[2])
    first, last = PAIRS.get(match[1] if match else "", (0, 0))
    if last is None:
        size = len(shape.uses) if shape else 0
        last = size - (size - first + 1) % 2
    return first, last


def _made_room(slot: Slot, zone: tuple[int, int], position: int) -> bool:
    """Move pairs of qualifier and value on, as they stood: half a pair stood at `position` before them."""
    first, last = zone
    if not first <= position <= last:
        return False
    start = position - (position - first) % 2
    slot.values += [None] * (last - len(slot.values))
    slot.names += ("",) * (last - len(slot.names))
    if slot.get(last - 1) is not None or slot.get(last) is not None:
        return False
    slot.values[start - 1 : last] = [None, None, *slot.values[start - 1 : last - 2]]
    slot.names = (*slot.names[: start - 1], "", "", *slot.names[start - 1 : last - 2], *slot.names[last:])
    return True


class _Known:
    """The slots of a set by the path that each was read from."""

    def __init__(self, root: Slot) -> None:
        self._slots: dict[str, Slot] = {}
        for slot in _all(root):
            if slot.origin is not None:
                self._slots.setdefault(slot.origin, slot)
        self._slots[""] = root
        self._made: set[int] = set()

    def slot(self, path: str, positions: frozenset[int] = frozenset()) -> Slot | None:
        """The slot that was read from `path`, made if need be; None if its loop is not there.

        positions: elements to fill.
        """
        slot = self._slots.get(path)
        if slot is None:
            above, _, step = path.rpartition("/")
            match = _STEP.fullmatch(step)
            parent = self.slot(above) if match else None
            if match is None or parent is None or not parent.holds(match[1]):
                return None
            slot = self._under(parent, match[1], max(int(match[2] or "1"), 1) - 1, positions)
            if slot is not None:
                self._slots[path] = slot
        return slot

    def _under(self, parent: Slot, segment_id: str, index: int, positions: frozenset[int]) -> Slot | None:
        """The slot of that index among those of its id: one of unknown origin, else a new one."""
        slots, place = parent.children.get(segment_id, []), parent.place or PLAIN
        slot = slots[index] if index < len(slots) else None
        if slot is not None and slot.origin is None:
            shape = place.shapes[segment_id]
            first, last = _zone(segment_id, shape)
            single = [at for at in positions if not first <= at <= last]
            if place.most[segment_id] == 1 or not _would_fill(slot, shape, single):
                return slot
        if _is_gone(parent, segment_id) and id(parent) not in self._made:
            return None
        slot = Slot([], place=place.loops.get(segment_id, PLAIN))
        parent.children.setdefault(segment_id, []).insert(index, slot)
        self._made.add(id(slot))
        return slot


def _would_fill(slot: Slot, shape: Shape, positions: Iterable[int]) -> bool:
    """True if a value would have filled one of the positions: the segment they come from gave no value.

    Parts of a value (a unit without its quantity) and composites may stay behind.
    """
    names = {at: name for at, name in enumerate(slot.names, start=1) if name and "." not in name}
    return any(at in names and shape.uses[at - 1].type != COMPOSITE for at in positions)


def _is_gone(parent: Slot, segment_id: str) -> bool:
    """True if such a segment comes from a value of the document alone, and none is there.

    The numbers of a LIN stand with those of the line's own segment.
    """
    place = parent.place or PLAIN
    if place.path in _LINES and segment_id == "LIN":
        return True
    return segment_id in _MADE_BY_VALUES and segment_id in place.loops and not place.path.endswith("N9")


def _all(slot: Slot) -> Iterator[Slot]:
    """Every slot under `slot`."""
    for slots in slot.children.values():
        for one in slots:
            yield one
            yield from _all(one)
