"""Lots: stretches of a group that are read before it is their turn, here or by another process.

A lot is cut between two sets, by the looks of the bytes alone. Reading one gives what reading in
turn would give of each set that is clean, or nothing; whether the set counts, and whatever is not clean,
is left to the reader of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from typing import Any, NamedTuple

from parsers.finding import Finding, Level, Location, Severity
from parsers.record import mutable_record, record
from parsers.x12 import model
from parsers.x12.byte_window import ByteWindow
from parsers.x12.clean_sets import CleanSets, Matched
from parsers.x12.definition import SetDefinition
from parsers.x12.element import CharacterSet
from parsers.x12.limits import Limits
from parsers.x12.open_group import OpenGroup
from parsers.x12.options import ReadOptions
from parsers.x12.segment_check import WalkOptions
from translators import registry
from translators.canonical.values import Code
from translators.translation import Prepared, Translation

Translated = Translation | Prepared
#: How a set begins; as long as what begins any segment of an id of two letters.
ST = b"ST*"
#: What has been found of one set, as JSON can tell it; see `_row`.
Row = Sequence[Any]


@record
class Terms:
    """What all sets of a group have in common."""

    options: ReadOptions
    limits: Limits
    header: model.InterchangeHeader
    group: model.GroupHeader


class LotSet(NamedTuple):
    """A clean set of a lot. size: with the blanks that follow. translation: None if there is none."""

    read: model.TransactionSet
    size: int
    translation: Translated | None


@mutable_record
class Lot:
    """A stretch of a group.

    data: its bytes, from a set's ST to the next one's. offset: of the first in the file.
    ordinal: of its first set in the group. away: somebody else is reading it.
    sets: by offset in the file, None until it has been read.
    """

    terms: Terms
    data: bytes
    offset: int
    ordinal: int
    away: bool = False
    sets: Mapping[int, LotSet] | None = None

    @property
    def end(self) -> int:
        """Offset of the byte after it."""
        return self.offset + len(self.data)

    def read(self) -> None:
        """Read it here."""
        self.sets = {one.read.offset: one for one in clean_sets(self)}


def joint(separators: model.Separators, segment_id: str) -> bytes:
    """What stands between a segment and the one of that id, as most senders write it."""
    return f"{separators.segment}{separators.suffix}{segment_id}{separators.element}".encode()


def clean_sets(lot: Lot) -> Iterator[LotSet]:
    """The clean sets of a lot, in order."""
    terms = lot.terms
    group = OpenGroup(terms.group, [])
    group.sets = lot.ordinal - 1
    window = ByteWindow(BytesIO(lot.data), len(lot.data), offset=lot.offset)
    window.more()
    clean = CleanSets(window, terms.options, terms.limits)
    begin = joint(terms.options.walk.separators, "ST")
    while window.left:
        for read in clean.take(group):
            yield LotSet(read, window.offset - read.offset, _translated(read, terms))
        following = window.data.find(begin, window.at)
        if following < 0:
            return
        # What stands here is a set that is not clean.
        group.sets += 1
        window.at = following + len(begin) - len(ST)


def _translated(read: model.TransactionSet, terms: Terms) -> Translated | None:
    """The translation of a set without fault; one with faults is rare, and is translated in its turn."""
    if read.text is None:
        return None
    return registry.translate_x12(read, terms.header, terms.group)


# Between processes.


def told_terms(terms: Terms) -> dict[str, object]:
    """The terms as JSON can tell them; the dictionary is the standard's."""
    options = terms.options
    return {
        "walk": asdict(options.walk),
        "endless_loops": options.endless_loops,
        "limits": asdict(terms.limits),
        "header": asdict(terms.header),
        "group": asdict(terms.group),
    }


def terms_of(told: Mapping[str, Any]) -> Terms:
    """The terms again."""
    walk, header, group = told["walk"], told["header"], told["group"]
    separators = _separators(walk["separators"])
    charset = CharacterSet(walk["charset"])
    parties = {name: model.PartyId(**header[name]) for name in ("sender", "receiver")}
    starts = tuple(header["starts"])
    header = {**header, **parties, "starts": starts, "separators": _separators(header["separators"])}
    options = ReadOptions(
        walk=WalkOptions(**{**walk, "separators": separators, "charset": charset}),
        endless_loops=told["endless_loops"],
    )
    return Terms(
        options,
        Limits(**told["limits"]),
        model.InterchangeHeader(**header),
        model.GroupHeader(**{**group, "starts": tuple(group["starts"])}),
    )


def _separators(told: Mapping[str, Any]) -> model.Separators:
    return model.Separators(**told)


def told_sets(lot: Lot) -> tuple[list[Row], list[bytes]]:
    """What a lot holds: a row of each set without fault, and the documents one after the other."""
    rows: list[Row] = []
    documents: list[bytes] = []
    for one in clean_sets(lot):
        if one.read.text is not None:
            document = None if one.translation is None else one.translation.json
            rows.append(_row(one, lot, document))
            documents.append(document or b"")
    return rows, documents


def _row(one: LotSet, lot: Lot, document: bytes | None) -> Row:
    read, made = one.read, one.translation
    row = (
        read.offset - lot.offset,
        one.size,
        read.size,
        read.set_id,
        read.control_number,
        read.implementation,
        read.ordinal,
        read.segment_count,
    )
    if made is None or document is None:
        return row
    purpose = None if made.purpose is None else (made.purpose.code, made.purpose.meaning)
    return (*row, len(document), made.number, made.original, purpose, list(map(_told_finding, made.findings)))


def take_sets(lot: Lot, rows: Iterable[Row], documents: memoryview) -> None:
    """Fill a lot with what somebody else has told of its sets."""
    sets, at = {}, 0
    definitions: dict[str, SetDefinition] = {}
    for begin, size, own_size, set_id, number, implementation, ordinal, segments, *made in rows:
        read = model.TransactionSet(
            set_id=set_id,
            control_number=number,
            implementation=implementation,
            ordinal=ordinal,
            release=lot.terms.group.release,
            content=_content(lot, definitions, set_id, begin, own_size),
            findings=[],
            segment_count=segments,
            offset=lot.offset + begin,
            size=own_size,
            separators=lot.terms.options.walk.separators,
        )
        translation = None
        if made:
            document = bytes(documents[at : at + made[0]])
            at += made[0]
            translation = _prepared(read, lot.terms, document, made[1:])
        sets[read.offset] = LotSet(read, size, translation)
    lot.sets = sets


def _content(lot: Lot, definitions: dict[str, SetDefinition], set_id: str, begin: int, size: int) -> Matched:
    """The content of a clean set. definitions: those that were needed before, by set."""
    options = lot.terms.options
    definition = definitions.get(set_id) or options.definition_of(lot.terms.group, set_id)
    if definition is None:
        raise ValueError(f"a clean set {set_id} that the dictionary does not have")
    definitions[set_id] = definition
    text = lot.data[begin : begin + size].decode("ascii")
    return Matched(text, definition, options.walk, lot.offset + begin)


def _prepared(read: model.TransactionSet, terms: Terms, document: bytes, made: Sequence[Any]) -> Prepared:
    number, original, purpose, findings = made
    code = None if purpose is None else Code(*purpose)
    return Prepared(document, number, original, code, _whole(read, terms), tuple(map(_finding, findings)))


def _whole(read: model.TransactionSet, terms: Terms) -> Callable[[], Translation]:
    return lambda: registry.TRANSLATORS["x12", read.set_id].read(read, terms.header, terms.group)


def _told_finding(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "x12": dict(finding.x12)}


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(
        **{
            **told,
            "severity": Severity(told["severity"]),
            "level": Level(told["level"]),
            "location": Location(**told["location"]),
        }
    )
