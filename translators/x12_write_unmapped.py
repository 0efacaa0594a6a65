"""Puts back what the model has no field for, each element where its path says it was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from parsers.finding import NOWHERE
from parsers.x12.definition import COMPOSITE
from translators.canonical.document import Document
from translators.canonical.values import Unmapped
from translators.x12_write_places import PLAIN
from translators.x12_write_slots import Slot
from translators.x12_writing import Writing, Written

_ELEMENT = re.compile(r"-([0-9]{1,3})$")
_STEP = re.compile(r"([A-Z0-9]+)(?:\[([0-9]+)\])?")
#: Loops that a line, level or party of the document always makes: if it is gone, so is its loop.
_MADE_BY_VALUES = frozenset({"ENT", "HL", "IT1", "LIN", "N1", "PO1", "POC", "RMR"})
UNMAPPED = "unmapped"


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
    """Put the elements in; a composite by its components, as it was sent."""
    shape = writing.shape_of(path)
    mark = writing.form.sent.component
    for position, text in texts.items():
        uses = shape.uses if shape else ()
        composite = position <= len(uses) and uses[position - 1].type == COMPOSITE
        slot.put(position, tuple(text.split(mark)) if composite else text, UNMAPPED)


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

        positions: elements to fill. A slot that fills one of them already was read from elsewhere.
        """
        slot = self._slots.get(path)
        if slot is None:
            above, _, step = path.rpartition("/")
            match = _STEP.fullmatch(step)
            parent = self.slot(above) if match else None
            if match is None or parent is None or not parent.holds(match[1]):
                return None
            slot = self._under(parent, match[1], int(match[2] or "1") - 1, positions)
            if slot is not None:
                self._slots[path] = slot
        return slot

    def _under(self, parent: Slot, segment_id: str, index: int, positions: frozenset[int]) -> Slot | None:
        """The slot of that index among those of its id: one of unknown origin, else a new one."""
        slots = parent.children.get(segment_id, [])
        slot = slots[index] if index < len(slots) else None
        if slot is not None and slot.origin is None and not any(map(slot.get, positions)):
            return slot
        loops = parent.place.loops if parent.place else {}
        if segment_id in _MADE_BY_VALUES and segment_id in loops and id(parent) not in self._made:
            return None
        return self._new(parent, segment_id, index)

    def _new(self, parent: Slot, segment_id: str, index: int) -> Slot:
        loops = parent.place.loops if parent.place else {}
        slot = Slot([], place=loops.get(segment_id, PLAIN))
        parent.children.setdefault(segment_id, []).insert(index, slot)
        self._made.add(id(slot))
        return slot


def _all(slot: Slot) -> Iterator[Slot]:
    """Every slot under `slot`."""
    for slots in slot.children.values():
        for one in slots:
            yield one
            yield from _all(one)
