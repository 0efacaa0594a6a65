"""The standard's tables as definitions: which segments, elements and codes a set may hold.

The tables are CSV files in `standard/`, one fact a row. Rows marked `unchecked` are kept but
take part in no check: an unchecked element position is not looked at, an unchecked note or
requirement is dropped. Everything is read when first asked for and checked while it is read.
A user's own tables, in the same form, lie over the standard's: see `own_tables`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    Requirement,
    SegmentContent,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)
from parsers.x12.table_files import DictionaryError, TableFolder
from parsers.x12.tables import Tables

__all__ = [
    "COMPOSITE", "Dictionary", "DictionaryError", "ElementUse", "LoopDefinition", "Requirement",
    "SegmentDefinition", "SegmentUse", "SetDefinition", "SyntaxNote", "functional_id", "has_short_dates",
    "is_functional_id", "known_segment", "loop_name", "nearest_release", "releases", "segment_definition",
    "segment_name", "set_definition", "set_ids", "set_name", "standard", "tables",
]  # fmt: skip

STANDARD = Path(__file__).parent / "standard"
#: DE 373 and its kin are YYMMDD in releases before this one.
FIRST_RELEASE_WITH_CENTURY = "004010"

_VERSION = re.compile(r"00[1-9]\d{3}", re.ASCII)


class Dictionary:
    """What a reader of X12 knows: the standard, and over it a user's own tables.

    version: SHA-256 of the user's own tables, lower-case hex, "" where there are none.
    Methods raise DictionaryError if a table that they need is malformed.
    """

    def __init__(self, source: Tables, version: str = "") -> None:
        self.version = version
        self._tables = source
        self._sets: dict[tuple[str, str, bool, bool], SetDefinition | None] = {}

    @property
    def tables(self) -> Tables:
        """Where all of it is read from."""
        return self._tables

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """The releases we carry, oldest first."""
        return self._tables.releases()

    def set_ids(self, release: str) -> tuple[str, ...]:
        """The sets we carry for a release, sorted."""
        return self._tables.sets(release)

    def set_definition(
        self, release: str, set_id: str, *, short_dates: bool = False, endless_loops: bool = False
    ) -> SetDefinition | None:
        """The set as its release has it, or None if we do not carry it. The same object every time.

        short_dates: read dates as YYMMDD, for a version before 004010 that borrows a younger release.
        endless_loops: let every loop repeat without end.
        """
        key = release, set_id, short_dates, endless_loops
        if key not in self._sets:
            definition = self._tables.set(release, set_id, self.functional_id(set_id) or "")
            if definition is not None and short_dates:
                definition = replace(
                    definition, root=_with_short_dates(definition.root, {}), short_dates=True
                )
            if definition is not None and endless_loops:
                definition = replace(definition, root=_with_endless_loops(definition.root))
            self._sets[key] = definition
        return self._sets[key]

    def segment_definition(self, release: str, segment_id: str) -> SegmentDefinition | None:
        """The segment, envelope segments included, or None if the release does not have it."""
        return self._tables.segment(release, segment_id)

    def known_segment(self, release: str, segment_id: str) -> bool:
        """True if any set we carry, or the envelope, has this segment in that release."""
        return self._tables.known(release, segment_id)

    def nearest_release(self, version: str) -> tuple[str | None, bool]:
        """The release whose tables read a version, and whether it is that very release.

        version: GS08 as sent, "004010VICS"; the first six characters count. A version is read by
        the last release before it that we carry, else by the oldest. (None, False) for text that
        is no version.
        """
        base = version[:6]
        if not _VERSION.fullmatch(base):
            return None, False
        earlier = [release for release in self.releases if release <= base]
        release = earlier[-1] if earlier else self.releases[0]
        return release, base == release

    def functional_id(self, set_id: str) -> str | None:
        """GS01 that a set belongs under, "PO" for "850"; None for a set we have not heard of."""
        known = self._tables.set_facts.get(set_id)
        return known.functional_id if known else None

    def is_functional_id(self, text: str) -> bool:
        """True if any release has this functional group code."""
        return text in self._functional_ids

    def segment_name(self, segment_id: str) -> str:
        """What a segment holds in a few plain words, "order line" for PO1; "" if it is unknown."""
        return self._tables.names.get(("segment", segment_id), "")

    def loop_name(self, path: str) -> str:
        """What a loop holds in a few plain words, from its path: "party of order line" for PO1/N1.

        The top of the set and a loop of an unknown segment give "".
        """
        parts = [
            self._tables.names.get(("loop", part)) or self.segment_name(part)
            for part in path.split("/")
            if part not in ("LS", "LX") or path.endswith(part)
        ]
        return " of ".join(reversed(parts)) if all(parts) else ""

    def set_name(self, set_id: str) -> str:
        """What a set is in a few plain words, "purchase order" for 850; "" if it is unknown."""
        known = self._tables.set_facts.get(set_id)
        return known.name if known else ""

    @cached_property
    def _functional_ids(self) -> frozenset[str]:
        lists = (self._tables.codes(release, "479") or frozenset() for release in self.releases)
        return frozenset(known.functional_id for known in self._tables.set_facts.values()).union(*lists)


@cache
def tables(folder: Path = STANDARD) -> Tables:
    """The tables of a folder that is complete in itself, shared by all who ask."""
    return Tables(TableFolder(folder), trusted=folder == STANDARD)


@cache
def standard() -> Dictionary:
    """The standard alone, shared by all who ask."""
    return Dictionary(tables())


def releases() -> tuple[str, ...]:
    """`Dictionary.releases` of the standard."""
    return standard().releases


def set_ids(release: str) -> tuple[str, ...]:
    """`Dictionary.set_ids` of the standard."""
    return standard().set_ids(release)


def set_definition(release: str, set_id: str, *, short_dates: bool = False) -> SetDefinition | None:
    """`Dictionary.set_definition` of the standard."""
    return standard().set_definition(release, set_id, short_dates=short_dates)


def segment_definition(release: str, segment_id: str) -> SegmentDefinition | None:
    """`Dictionary.segment_definition` of the standard."""
    return standard().segment_definition(release, segment_id)


def known_segment(release: str, segment_id: str) -> bool:
    """`Dictionary.known_segment` of the standard."""
    return standard().known_segment(release, segment_id)


def nearest_release(version: str) -> tuple[str | None, bool]:
    """`Dictionary.nearest_release` of the standard."""
    return standard().nearest_release(version)


def functional_id(set_id: str) -> str | None:
    """`Dictionary.functional_id` of the standard."""
    return standard().functional_id(set_id)


def is_functional_id(text: str) -> bool:
    """`Dictionary.is_functional_id` of the standard."""
    return standard().is_functional_id(text)


def segment_name(segment_id: str) -> str:
    """`Dictionary.segment_name` of the standard."""
    return standard().segment_name(segment_id)


def loop_name(path: str) -> str:
    """`Dictionary.loop_name` of the standard."""
    return standard().loop_name(path)


def set_name(set_id: str) -> str:
    """`Dictionary.set_name` of the standard."""
    return standard().set_name(set_id)


def has_short_dates(version: str) -> bool:
    """True if a version (GS08 as sent) is older than 004010, whose dates have six digits."""
    return version[:6] < FIRST_RELEASE_WITH_CENTURY


def _with_short_dates(
    loop: LoopDefinition, made: dict[SegmentDefinition, SegmentDefinition]
) -> LoopDefinition:
    """The loop with dates of six digits. made: segments made so far, so that each is one object."""
    children: list[SegmentUse | LoopDefinition] = []
    for child in loop.children:
        if isinstance(child, LoopDefinition):
            children.append(_with_short_dates(child, made))
            continue
        if child.segment not in made:
            made[child.segment] = _segment_with_short_dates(child.segment)
        children.append(replace(child, segment=made[child.segment]))
    return replace(loop, children=tuple(children))


def _with_endless_loops(loop: LoopDefinition) -> LoopDefinition:
    children = tuple(
        replace(_with_endless_loops(child), repeat=None) if isinstance(child, LoopDefinition) else child
        for child in loop.children
    )
    return replace(loop, children=children)


def _segment_with_short_dates(segment: SegmentDefinition) -> SegmentDefinition:
    def content() -> SegmentContent:
        uses = (
            replace(use, min=6, max=6) if use.type == "DT" and use.max == 8 else use
            for use in segment.elements
        )
        return SegmentContent(tuple(uses), segment.notes)

    return SegmentDefinition(segment.id, content)
