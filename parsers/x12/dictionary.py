"""The standard's tables as definitions: which segments, elements and codes a set may hold.

The tables are CSV files in `standard/`, one fact a row. Rows marked `unchecked` are kept but
take part in no check: an unchecked element position is not looked at, an unchecked note or
requirement is dropped. Everything is read when first asked for and checked while it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    Requirement,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
    SyntaxNote,
)
from parsers.x12.tables import DictionaryError, Tables

__all__ = [
    "COMPOSITE", "DictionaryError", "ElementUse", "LoopDefinition", "Requirement", "SegmentDefinition",
    "SegmentUse", "SetDefinition", "SyntaxNote", "functional_id", "has_short_dates", "is_functional_id",
    "known_segment", "nearest_release", "releases", "segment_definition", "set_definition", "set_ids",
    "tables",
]  # fmt: skip

STANDARD = Path(__file__).parent / "standard"
#: Releases we carry, oldest first.
RELEASES = ("004010", "005010")
#: DE 373 and its kin are YYMMDD in releases before this one.
FIRST_RELEASE_WITH_CENTURY = "004010"
#: GS01 by ST01. Source: DE 479.
FUNCTIONAL_IDS: Mapping[str, str] = {
    "180": "AN", "204": "SM", "210": "IM", "214": "QM", "753": "RF", "754": "RG", "810": "IN",
    "811": "CI", "812": "CD", "816": "OR", "820": "RA", "824": "AG", "830": "PS", "832": "SC",
    "835": "HP", "837": "HC", "840": "RQ", "843": "RR", "845": "PA", "846": "IB", "850": "PO",
    "852": "PD", "855": "PR", "856": "SH", "857": "BS", "860": "PC", "861": "RC", "862": "SS",
    "864": "TX", "865": "CA", "867": "PT", "869": "RS", "870": "RS", "875": "OG", "876": "OG",
    "880": "GP", "940": "OW", "943": "AR", "944": "RE", "945": "SW", "947": "AW", "990": "GF",
    "997": "FA", "999": "FA",
}  # fmt: skip

_VERSION = re.compile(r"00[1-9]\d{3}")


@cache
def tables(folder: Path = STANDARD) -> Tables:
    """The tables of a folder, shared by all who ask."""
    return Tables(folder)


def releases() -> tuple[str, ...]:
    """The releases we carry, oldest first."""
    return RELEASES


def set_ids(release: str) -> tuple[str, ...]:
    """The sets we carry for a release, sorted."""
    return tables().sets(release)


@cache
def set_definition(release: str, set_id: str, *, short_dates: bool = False) -> SetDefinition | None:
    """The set as the standard has it, or None if we do not carry it.

    short_dates: read dates as YYMMDD, for a version before 004010 that borrows a younger release.
    Raises DictionaryError if a table is malformed.
    """
    definition = tables().set(release, set_id, FUNCTIONAL_IDS.get(set_id, ""))
    if definition is None or not short_dates:
        return definition
    return replace(definition, root=_with_short_dates(definition.root), short_dates=True)


def segment_definition(release: str, segment_id: str) -> SegmentDefinition | None:
    """The segment, envelope segments included, or None if the release does not have it."""
    return tables().segment(release, segment_id)


def known_segment(release: str, segment_id: str) -> bool:
    """True if any set we carry, or the envelope, has this segment in that release."""
    return tables().known(release, segment_id)


def nearest_release(version: str) -> tuple[str | None, bool]:
    """The release whose tables read a version, and whether it is that very release.

    version: GS08 as sent, "004010VICS"; the first six characters count. Versions before 005010
    borrow 004010, later ones 005010. (None, False) for text that is no version.
    """
    base = version[:6]
    if not _VERSION.fullmatch(base):
        return None, False
    release = RELEASES[0] if base < RELEASES[1] else RELEASES[1]
    return release, base == release


def has_short_dates(version: str) -> bool:
    """True if a version (GS08 as sent) is older than 004010, whose dates have six digits."""
    return version[:6] < FIRST_RELEASE_WITH_CENTURY


def functional_id(set_id: str) -> str | None:
    """GS01 that a set belongs under, "PO" for "850"; None for a set we have not heard of."""
    return FUNCTIONAL_IDS.get(set_id)


@cache
def _functional_ids() -> frozenset[str]:
    lists = (tables().codes(release, "479") or frozenset() for release in RELEASES)
    return frozenset(FUNCTIONAL_IDS.values()).union(*lists)


def is_functional_id(text: str) -> bool:
    """True if any release has this functional group code."""
    return text in _functional_ids()


def _with_short_dates(loop: LoopDefinition) -> LoopDefinition:
    children = tuple(
        _with_short_dates(child)
        if isinstance(child, LoopDefinition)
        else replace(child, segment=_segment_with_short_dates(child.segment))
        for child in loop.children
    )
    return replace(loop, children=children)


def _segment_with_short_dates(segment: SegmentDefinition) -> SegmentDefinition:
    uses = tuple(
        replace(use, min=6, max=6) if use.type == "DT" and use.max == 8 else use for use in segment.elements
    )
    return replace(segment, elements=uses)
