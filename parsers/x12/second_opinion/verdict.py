"""Lets pyx12 judge a fair copy of an interchange by our maps, and reads off what it says.

pyx12's reader, walker and segment checks are asked segment by segment, as its own main program asks
them, so that each remark has a place and a failure of pyx12 itself costs one segment.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pyx12 import errors as pyx12_errors
from pyx12.map_if import load_map_file
from pyx12.map_walker import walk_tree
from pyx12.params import ParamsBase
from pyx12.x12file import X12Reader

from parsers.x12.dictionary import Dictionary, has_short_dates, standard
from parsers.x12.second_opinion.fair_copy import FairCopy
from parsers.x12.second_opinion.maps import CONTROL_VERSIONS, map_name, write_maps

#: What pyx12 raises where data is stranger than it expects.
FAILURES = (
    pyx12_errors.EngineError,
    pyx12_errors.X12Error,
    pyx12_errors.X12PathError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
#: Characters kept of what pyx12 says: it repeats whole values.
MAX_TEXT = 300
#: The release whose envelope segments are used.
ANY_RELEASE = {"00401": "004010", "00501": "005010"}


class Scope(StrEnum):
    """What a remark is about; its code is of TA105, AK905, AK502, AK304 or AK403, in this order."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    SET = "set"
    SEGMENT = "segment"
    ELEMENT = "element"
    #: pyx12 failed and judged no further here; the code is the kind of failure.
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Remark:
    """One complaint of pyx12.

    code: the standard's, or one of pyx12's own (HL1, HL2, SEG1). line: of the copy, from 1.
    segment: id, as sent or as missing. element, component: position, None if not said.
    value: the offending text, None if pyx12 quotes none. text: pyx12's words, partner text among them.
    """

    scope: Scope
    code: str
    line: int
    segment: str
    element: int | None
    component: int | None
    value: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What pyx12 says of one interchange.

    unread: sets without tables of ours, as "204 004010", or of no version. unread_sets: their ordinals.
    """

    copy: FairCopy
    remarks: tuple[Remark, ...]
    unread: tuple[str, ...]
    unread_sets: frozenset[int]


class _Maps(NamedTuple):
    """A map loaded by pyx12, and the node where its group begins."""

    root: Any
    group: Any


def opinion(copy: FairCopy, dictionary: Dictionary | None = None) -> Opinion:
    """pyx12's verdict on one interchange; never raises for data.

    dictionary: the tables that it is to judge by; None for the standard's alone.
    """
    judge = _Judge(copy, dictionary or standard())
    remarks = tuple(judge.remarks())
    return Opinion(copy, remarks, tuple(dict.fromkeys(judge.unread.values())), frozenset(judge.unread))


def release_for(version: str, copy: FairCopy, dictionary: Dictionary) -> tuple[str, bool] | None:
    """The release whose maps read a group, and whether its dates have six digits; None as in our reading.

    version: GS08. Where it is a word, ISA12 speaks.
    """
    version = version.strip()
    release, _ = dictionary.nearest_release(version)
    if release is not None:
        return release, has_short_dates(version)
    release, _ = dictionary.nearest_release(f"{copy.version}0") if version.isalpha() else (None, False)
    return None if release is None else (release, False)


@lru_cache(maxsize=64)
def _loaded(dictionary: Dictionary, release: str, group: str, *, short_dates: bool) -> _Maps:
    """The map of a functional group, which has a set of ours."""
    with TemporaryDirectory(prefix="tradepost-pyx12-") as name:
        folder = Path(name)
        lists = write_maps(
            folder,
            release,
            dictionary=dictionary,
            functional_ids=[group],
            short_dates=short_dates,
            with_codes=False,
        )
        root = load_map_file(map_name(group), ParamsBase(), name)
    for key, codes in lists.items():
        # Handed over, since pyx12 takes three quarters of its time to read them from a file.
        root.ext_codes.codes[key] = {"name": key, "dataele": key, "codes": codes}
    return _Maps(root, root.getnodebypath("/ISA_LOOP/GS_LOOP/GS"))


@lru_cache(maxsize=len(CONTROL_VERSIONS))
def _envelope(icvn: str) -> _Maps:
    with TemporaryDirectory(prefix="tradepost-pyx12-") as name:
        write_maps(Path(name), ANY_RELEASE[icvn], functional_ids=())
        root = load_map_file(f"x12.control.{icvn}.xml", ParamsBase(), name)
    return _Maps(root, root.getnodebypath("/ISA_LOOP/GS_LOOP/GS"))


class _Judge:
    """One interchange being judged."""

    def __init__(self, copy: FairCopy, dictionary: Dictionary) -> None:
        #: Sets that no map reads, by their ordinals.
        self.unread: dict[int, str] = {}
        self._copy = copy
        self._dictionary = dictionary
        self._reader = X12Reader(io.StringIO(copy.text))
        self._walker = walk_tree()
        self._envelope = _envelope(copy.icvn)
        self._node: Any = self._envelope.root.getnodebypath("/ISA_LOOP/ISA")
        self._maps = self._envelope
        #: GS08 of the group at hand; None outside groups.
        self._version: str | None = None
        #: False inside a set that no map reads.
        self._readable = True
        self._expected = True

    def remarks(self) -> Iterator[Remark]:
        """All that pyx12 says, in the order of the file."""
        segments = iter(self._reader)
        for line, _ in enumerate(self._copy.segments, 1):
            try:
                segment = next(segments)
            except FAILURES as failure:
                yield self._failure(line, failure)
                self._pass_over(line)
                segments = iter(self._reader)
                continue
            yield from self._said_by_reader(segment.get_seg_id())
            yield from self._judged(segment)
        self._reader.cleanup()
        yield from self._said_by_reader("")

    def _judged(self, segment: Any) -> Iterator[Remark]:
        line = self._reader.get_cur_line()
        try:
            found = self._placed(segment, line)
            if self._readable:
                yield from found
                yield from self._checked(segment, line)
        except FAILURES as failure:
            yield self._failure(line, failure)

    def _placed(self, segment: Any, line: int) -> list[Remark]:
        """Move to the segment's place in the map. Returns what the walker says of the way there."""
        self._expected = True
        match segment.get_seg_id():
            case "ISA":
                self._walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
                return []
            case "GS":
                self._open_group(segment)
                return []
            case "ST" if self._version is not None:
                self._choose_map(segment.get_value("ST01") or "", self._version)
            case "GE" | "IEA":
                self._readable, self._version = True, None
        if not self._readable:
            return []
        before = self._reader.get_seg_count(), line, self._reader.get_ls_id()
        node, _, _, errors = self._walker.walk_errors(self._node, segment, *before)
        self._expected = node is not None
        if node is not None:
            self._node = node
        return [
            Remark(
                Scope.SEGMENT,
                error.err_cde,
                line,
                error.seg_data.get_seg_id() if error.seg_data else segment.get_seg_id(),
                None,
                None,
                None,
                error.err_str[:MAX_TEXT],
            )
            for error in errors
        ]

    def _open_group(self, segment: Any) -> None:
        self._version = segment.get_value("GS08") or ""
        self._readable = True
        self._maps = self._envelope
        self._node = self._maps.group
        self._walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")

    def _choose_map(self, set_id: str, version: str) -> None:
        """Take the map that has the set, whatever group it stands in; pyx12 itself goes by the group."""
        known = self._dictionary
        told = release_for(version, self._copy, known)
        release, short_dates = told or ("", False)
        group = known.functional_id(set_id) if told and set_id in known.set_ids(release) else None
        maps = _loaded(known, release, group, short_dates=short_dates) if group else None
        self._readable = maps is not None
        if maps is None:
            ordinal = self._copy.places[self._reader.get_cur_line() - 1].set_ordinal
            self.unread[ordinal or 0] = f"{set_id} {release or version}"
        if (maps or self._envelope) is not self._maps:
            self._maps = maps or self._envelope
            self._node = self._maps.group

    def _checked(self, segment: Any, line: int) -> Iterator[Remark]:
        """What is wrong with the elements of a segment, if the map knows the segment."""
        if not self._expected:
            return
        _, errors = self._node.is_valid_errors(segment)
        for error in errors:
            node = error.map_node
            inner = node is not None and node.parent.is_composite()
            # A node without children is false: nodes have a length.
            whole = node.parent if inner else node
            element = _position(error.refdes) if whole is None else whole.seq
            component = node.seq if inner else None
            yield Remark(
                Scope.ELEMENT,
                error.err_cde,
                line,
                segment.get_seg_id(),
                element,
                component,
                error.err_val,
                error.err_str[:MAX_TEXT],
            )

    def _said_by_reader(self, segment_id: str) -> Iterator[Remark]:
        """What the reader says of counts, control numbers and the form of segments."""
        scopes = {
            "isa": Scope.INTERCHANGE,
            "gs": Scope.GROUP,
            "st": Scope.SET,
            "seg": Scope.SEGMENT,
        }
        line = self._reader.get_cur_line()
        for kind, code, text, *_ in self._reader.pop_errors():
            yield Remark(scopes[kind], code, line, segment_id, None, None, None, text[:MAX_TEXT])

    def _pass_over(self, line: int) -> None:
        """Count a segment that the reader failed on, if it did so before it counted it."""
        if self._reader.get_cur_line() < line:
            self._reader.cur_line = line
            self._reader.seg_count += 1

    def _failure(self, line: int, failure: Exception) -> Remark:
        segment = self._copy.places[line - 1].segment
        return Remark(
            Scope.FAILURE, type(failure).__name__, line, segment, None, None, None, str(failure)[:MAX_TEXT]
        )


def _position(refdes: object) -> int | None:
    """The element that pyx12 names without its map: 3, "03" or "REF03"; None if there is none."""
    digits = str(refdes or "")[-2:].strip()
    return int(digits) if digits.isdecimal() else None
