"""Reads the standard's tables, and those a user lays over them, and checks them while reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property, partial

from parsers.record import record
from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    SegmentContent,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)
from parsers.x12.table_files import (
    DictionaryError,
    LayeredTable,
    Row,
    Rows,
    TableFile,
    TableFolder,
    Where,
    bound,
    is_checked,
    number,
    requirement,
)

__all__ = ["CODE_COLUMNS", "COLUMNS", "EXTERNAL", "SET_COLUMNS", "DictionaryError", "SetFacts", "Tables"]

#: A code list with this entry is kept by somebody else and cannot be checked here.
EXTERNAL = "*"
_AREAS = frozenset({"heading", "detail", "summary"})
#: Loops inside loops; the standard has no more than five.
DEEPEST_LOOP = 20

#: Columns of the tables that hold all releases, of a set's table and of a code list.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "elements.csv": ("release", "element", "name", "type", "min", "max", "checked"),
    "segments.csv": ("release", "segment", "position", "element", "requirement", "repeat", "checked"),
    "composites.csv": ("release", "composite", "name", "position", "element", "requirement", "checked"),
    "syntax_notes.csv": ("release", "segment", "note", "checked"),
    "sets.csv": ("set", "functional_id", "name"),
    "names.csv": ("kind", "id", "name"),
}
SET_COLUMNS = (
    "order", "area", "segment", "requirement", "max_use",
    "loop", "loop_requirement", "loop_repeat", "checked",
)  # fmt: skip
CODE_COLUMNS = ("release", "code", "meaning", "checked")

_TYPE = re.compile(r"AN|ID|N[0-9]|R|DT|TM|B")
_NOTE = re.compile(r"[PRECL](?:[0-9]{2}){2,}")


@record
class SetFacts:
    """What is known of a set in every release: GS01 of its groups, and our plain name for it."""

    functional_id: str
    name: str


class Tables:
    """The tables of one folder, or of some folders one over the other, each read when first needed.

    folder: complete in itself. over: folders whose rows come before those of `folder`, the first
    of them before all. A segment, composite, element, code list or set that a folder holds for a
    release is taken from it whole; the notes of a segment come from the folder that has the segment,
    or from one above it. A release that `folder` lacks takes what its own files do not hold from the
    last release before it in `folder`, else from the oldest. trusted: what segments are made of is
    read when it is first looked at, and a fault in it told only then.
    """

    def __init__(self, folder: TableFolder, *over: TableFolder, trusted: bool = False) -> None:
        #: All folders, the one that speaks first before the others.
        self.folders = (*over, folder)
        self._base = folder
        self._trusted = trusted
        self._elements = self._table("elements.csv")
        self._segments = self._table("segments.csv")
        self._composites = self._table("composites.csv")
        self._syntax_notes = self._table("syntax_notes.csv")
        self._made_segments: dict[tuple[str, str], SegmentDefinition] = {}
        self._made_elements: dict[tuple[str, str], ElementUse] = {}
        self._known: dict[str, frozenset[str]] = {}

    def _table(self, name: str) -> LayeredTable:
        return LayeredTable(self.folders, name, COLUMNS[name])

    def releases(self) -> tuple[str, ...]:
        """The releases that any folder has, oldest first."""
        return tuple(sorted({name for folder in self.folders for name in folder.releases()}))

    @cached_property
    def _base_releases(self) -> tuple[str, ...]:
        return tuple(sorted(self._base.releases()))

    def _lineage(self, release: str) -> tuple[str, ...]:
        """The release, and the one that fills its gaps."""
        if release in self._base_releases or not self._base_releases:
            return (release,)
        earlier = [name for name in self._base_releases if name < release]
        return release, earlier[-1] if earlier else self._base_releases[0]

    def sets(self, release: str) -> tuple[str, ...]:
        """Ids of the sets that we have for a release, sorted."""
        found = (folder.sets(name) for name in self._lineage(release) for folder in self.folders)
        return tuple(sorted(frozenset().union(*found)))

    def set(self, release: str, set_id: str, functional_id: str) -> SetDefinition | None:
        """The set, or None if there is no table for it. Raises DictionaryError.

        Its `release` is the one whose table it is.
        """
        for name in self._lineage(release):
            for folder in self.folders:
                if set_id in folder.sets(name):
                    file = TableFile(folder, f"{name}/{set_id}.csv", SET_COLUMNS)
                    root = _SetReader(file, lambda segment: self.segment(release, segment)).root()
                    return SetDefinition(set_id, name, functional_id, root, known=self.segments(release))
        return None

    @cached_property
    def set_facts(self) -> Mapping[str, SetFacts]:
        """What sets.csv says, by set id. Raises DictionaryError."""
        facts: dict[str, SetFacts] = {}
        for folder in reversed(self.folders):
            for where, row in TableFile(folder, "sets.csv", COLUMNS["sets.csv"]).rows():
                if not re.fullmatch(r"[A-Z0-9]{2}", row["functional_id"]):
                    raise where.fault("functional_id must be two letters or digits", "functional_id")
                facts[row["set"]] = SetFacts(row["functional_id"], row["name"])
        return facts

    @cached_property
    def names(self) -> Mapping[tuple[str, str], str]:
        """What names.csv says, by kind ("segment" or "loop") and id. Raises DictionaryError."""
        names: dict[tuple[str, str], str] = {}
        for folder in reversed(self.folders):
            for where, row in TableFile(folder, "names.csv", COLUMNS["names.csv"]).rows():
                if row["kind"] not in ("segment", "loop"):
                    raise where.fault("kind must be segment or loop", "kind")
                names[row["kind"], row["id"]] = row["name"]
        return names

    def segments(self, release: str) -> frozenset[str]:
        """Ids of all segments of the release, those of the envelope among them."""
        if release not in self._known:
            self._known[release] = self._segments.keys(self._lineage(release))
        return self._known[release]

    def known(self, release: str, segment_id: str) -> bool:
        """True if the release has the segment."""
        return segment_id in self.segments(release)

    def segment(self, release: str, segment_id: str) -> SegmentDefinition | None:
        """The segment, or None if the release does not have it. Raises DictionaryError."""
        key = release, segment_id
        if key not in self._made_segments:
            rows = self._segments.find(self._lineage(release), segment_id)
            if rows is None:
                return None
            content = partial(self._content, release, segment_id, rows)
            self._made_segments[key] = segment = SegmentDefinition(segment_id, content)
            if not self._trusted:
                _ = segment.content
        return self._made_segments[key]

    def _content(self, release: str, segment_id: str, rows: Rows) -> SegmentContent:
        uses = self._uses(release, rows)
        return SegmentContent(uses, self._notes(release, segment_id, len(uses), rows.rank))

    def _uses(self, release: str, rows: Iterable[tuple[Where, Row]]) -> tuple[ElementUse, ...]:
        return tuple(self._use(release, row, where, at) for at, (where, row) in enumerate(rows, 1))

    def _use(self, release: str, row: Row, where: Where, at: int) -> ElementUse:
        if number(row, "position", where) != at:
            raise where.fault(f"position {row['position']} instead of {at:02}", "position")
        base = self.element(release, row["element"], where)
        return replace(
            base,
            position=at,
            requirement=requirement(row, "requirement", where),
            repeat=number(row, "repeat", where) if "repeat" in row else 1,
            checked=base.checked and is_checked(row),
        )

    def element(self, release: str, element: str, where: Where) -> ElementUse:
        """An element or composite, at no position yet. where: who needs it. Raises DictionaryError."""
        key = release, element
        if key not in self._made_elements:
            rows = self._composites.find(self._lineage(release), element)
            self._made_elements[key] = (
                self._simple(release, element, where)
                if rows is None
                else self._composite(release, element, rows)
            )
        return self._made_elements[key]

    def _composite(self, release: str, element: str, rows: Rows) -> ElementUse:
        taken = list(rows)
        for place, row in taken:
            if self._composites.find(self._lineage(release), row["element"]) is not None:
                raise place.fault(f"composite {element} holds composite {row['element']}", "element")
        parts = self._uses(release, taken)
        notes = self._notes(release, element, len(parts), rows.rank)
        return ElementUse(0, element, taken[0][1]["name"], "O", 1, COMPOSITE, 0, 0, None, parts, notes)

    def _simple(self, release: str, element: str, where: Where) -> ElementUse:
        rows = list(self._elements.find(self._lineage(release), element) or ())
        if len(rows) != 1:
            raise where.fault(f"element {element} has {len(rows)} rows in elements.csv, not one", "element")
        place, row = rows[0]
        low, high = number(row, "min", place), number(row, "max", place)
        if not _TYPE.fullmatch(row["type"]) or not 1 <= low <= high:
            column = "min" if _TYPE.fullmatch(row["type"]) else "type"
            raise place.fault(f"type {row['type']} with length {low} to {high}", column)
        codes = self.codes(release, element) if row["type"] == "ID" else None
        trusted = is_checked(row)
        return ElementUse(0, element, row["name"], "O", 1, row["type"], low, high, codes, checked=trusted)

    def _notes(self, release: str, segment_id: str, positions: int, rank: int) -> tuple[SyntaxNote, ...]:
        notes: list[SyntaxNote] = []
        for where, row in self._syntax_notes.find(self._lineage(release), segment_id, within=rank) or ():
            text = row["note"]
            bound_by = (
                tuple(int(text[at : at + 2]) for at in range(1, len(text), 2))
                if _NOTE.fullmatch(text)
                else ()
            )
            if not bound_by or min(bound_by) < 1 or max(bound_by) > positions:
                reason = f"note {text!r} does not fit {segment_id} with {positions} elements"
                raise where.fault(reason, "note")
            if is_checked(row):
                notes.append(SyntaxNote(text[0], bound_by))
        return tuple(notes)

    def codes(self, release: str, element: str) -> frozenset[str] | None:
        """The values an ID element may have, or None if its list is not enforced. Raises DictionaryError.

        A list is enforced if most of its codes are checked. Its unchecked codes are then accepted too,
        since a list that is too long refuses nothing.
        """
        for name in self._lineage(release):
            for folder in self.folders:
                codes = _read_codes(TableFile(folder, f"codes/{element}.csv", CODE_COLUMNS), name)
                if codes:
                    trusted = EXTERNAL not in codes and 2 * list(codes.values()).count("yes") > len(codes)
                    return frozenset(codes) if trusted else None
        return None


def _read_codes(file: TableFile, release: str) -> dict[str, str]:
    """The codes of one release, each with "yes" or "unchecked"; empty if the file has none for it."""
    text = file.text or ""
    rows = _code_row(release).findall(text)
    codes = dict(rows)
    if len(codes) == text.count(f"\n{release},"):
        return codes
    return _read_codes_with_care(file, release)


@cache
def _code_row(release: str) -> re.Pattern[str]:
    """A row of a code list in its usual form. To read all with care would take most of a start."""
    return re.compile(rf'\n{release},([^,"\n]++),(?:[^,"\n]*+|"[^"\n]*+"),(yes|unchecked)(?=\r?\n)')


def _read_codes_with_care(file: TableFile, release: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    for where, row in file.rows():
        if row["release"] != release:
            continue
        if not row["code"] or row["code"] in codes:
            raise where.fault(f"code {row['code']!r} is empty or stands twice", "code")
        codes[row["code"]] = row["checked"]
    return codes


class _SetReader:
    """Builds the loop tree of one set from its rows, which stand in the order of the standard."""

    def __init__(self, file: TableFile, segment: Callable[[str], SegmentDefinition | None]) -> None:
        self._rows = list(file.rows())
        self._segment = segment
        self._at = 0

    def root(self) -> LoopDefinition:
        """The whole set. Raises DictionaryError if a row stands outside its loop."""
        children = self._children("")
        if self._at < len(self._rows):
            where, row = self._rows[self._at]
            raise where.fault(f"loop {row['loop']} has no first row where it stands", "loop")
        return LoopDefinition("", "", "M", 1, children)

    def _children(self, path: str) -> tuple[SegmentUse | LoopDefinition, ...]:
        children: list[SegmentUse | LoopDefinition] = []
        while self._at < len(self._rows):
            where, row = self._rows[self._at]
            trigger = row["segment"]
            starts = row["loop"] == (f"{path}/{trigger}" if path else trigger)
            if starts:
                children.append(self._loop(row["loop"]))
            elif row["loop"] == path and trigger != path.rpartition("/")[2]:
                children.append(self._use(where, row))
                self._at += 1
            else:
                break
        return tuple(children)

    def _loop(self, path: str) -> LoopDefinition:
        where, row = self._rows[self._at]
        if path.count("/") >= DEEPEST_LOOP:
            raise where.fault(f"loops lie more than {DEEPEST_LOOP} deep", "loop")
        trigger = self._use(where, row)
        self._at += 1
        return LoopDefinition(
            row["segment"],
            path,
            requirement(row, "loop_requirement", where) if is_checked(row) else "O",
            bound(row, "loop_repeat", where),
            (trigger, *self._children(path)),
        )

    def _use(self, where: Where, row: Row) -> SegmentUse:
        definition = self._segment(row["segment"])
        if definition is None:
            raise where.fault(f"segment {row['segment']} is not in segments.csv", "segment")
        if number(row, "order", where) != self._at + 1:
            raise where.fault(f"order {row['order']} instead of {self._at + 1}", "order")
        trusted = is_checked(row) or row["loop"].rpartition("/")[2] == row["segment"]
        if row["area"] not in _AREAS:
            raise where.fault(f"area must be heading, detail or summary, not {row['area']!r}", "area")
        letter = requirement(row, "requirement", where) if trusted else "O"
        return SegmentUse(definition, letter, bound(row, "max_use", where), row["area"])
