"""Writes our dictionary as maps for pyx12: XML files in its form, made from our tables alone.

A folder holds the maps of one release: one for each functional group code, whose sets are told
apart by ST01, beside the elements (`dataele.xml`), the code lists (`codes.xml`), the envelope
(`x12.control.*.xml`) and the index (`maps.xml`) that pyx12 looks for by those names.

What our reading does not check is left open here too: unchecked elements take any text, an
element without an enforced list takes any code. Code lists stand in `codes.xml`, not in the maps:
a list in a map would tell pyx12 to choose the segment's place by the code, as health-care guides do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lxml import etree

from parsers.x12.definition import (
    COMPOSITE,
    ElementUse,
    LoopDefinition,
    SegmentContent,
    SegmentDefinition,
    SegmentUse,
    SetDefinition,
)
from parsers.x12.dictionary import Dictionary, standard

#: The values of ISA12 that pyx12 takes, with a file of envelope segments for each.
CONTROL_VERSIONS = ("00401", "00501")
#: What an element that is not checked may hold: so many components of so many bytes.
_ANY_LENGTH = 10_000_000
_ANY_COMPONENTS = 30
_ANYTHING = "any"
#: Components that a composite must not have, so that pyx12 finds one too many where there are more:
#: it fails on a composite that is longer than its map.
_BEYOND = 8
_USAGES = {"M": "R", "X": "S", "O": "S"}
_STEP = 10

Lists = dict[str, frozenset[str]]


def map_name(functional_id: str) -> str:
    """The file of a functional group's map in a folder of maps."""
    return f"group.{functional_id}.xml"


def write_maps(
    folder: Path,
    release: str,
    *,
    dictionary: Dictionary | None = None,
    functional_ids: Iterable[str] | None = None,
    short_dates: bool = False,
    with_codes: bool = True,
) -> Lists:
    """Write all that pyx12 needs to judge groups of a release into an existing folder.

    dictionary: whose tables; None for the standard's alone.
    functional_ids: of the groups wanted, codes without a set of ours passed over; None for all.
    short_dates: dates of six digits, as in versions before 004010.
    with_codes: False leaves `codes.xml` empty, for who gives pyx12 the lists without reading it.
    Returns the code lists that the maps name.
    """
    known = dictionary or standard()
    wanted = None if functional_ids is None else set(functional_ids)
    groups: dict[str, list[SetDefinition]] = {}
    for set_id in known.set_ids(release):
        definition = known.set_definition(release, set_id, short_dates=short_dates)
        if definition is not None and (wanted is None or definition.functional_id in wanted):
            groups.setdefault(definition.functional_id, []).append(definition)
    book = _Book(release, known)
    for functional_id, definitions in groups.items():
        _save(folder / map_name(functional_id), book.group_map(functional_id, definitions))
    for version in CONTROL_VERSIONS:
        _save(folder / f"x12.control.{version}.xml", book.envelope_map(version))
    _save(folder / "maps.xml", _index(release, groups))
    _save(folder / "dataele.xml", book.elements())
    _save(folder / "codes.xml", _code_lists(book.lists if with_codes else {}))
    return book.lists


def write_map(definition: SetDefinition, path: Path) -> None:
    """Write the map of one set. pyx12 reads it only beside the elements and codes of `write_maps`."""
    _save(path, _Book(definition.release, standard()).group_map(definition.functional_id, [definition]))


def write_index(path: Path, entries: Mapping[tuple[str, str, str], str]) -> None:
    """Write an index (`maps.xml`): which map reads a group, by ISA12, GS08 and GS01 as sent."""
    _save(path, _index_of(entries))


def _index(release: str, groups: Iterable[str]) -> etree._Element:
    entries = {(icvn, release, group): map_name(group) for icvn in CONTROL_VERSIONS for group in groups}
    return _index_of(entries)


def _index_of(entries: Mapping[tuple[str, str, str], str]) -> etree._Element:
    root = etree.Element("maps")
    for icvn in CONTROL_VERSIONS:
        version = etree.SubElement(root, "version", icvn=icvn)
        for (control, release, group), name in entries.items():
            if control == icvn:
                etree.SubElement(version, "map", vriic=release, fic=group, abbr=group).text = name
    return root


def _code_lists(lists: Lists) -> etree._Element:
    root = etree.Element("codesets")
    for key, codes in lists.items():
        codeset = etree.SubElement(root, "codeset")
        for tag, text in (("id", key), ("name", key), ("data_ele", key)):
            etree.SubElement(codeset, tag).text = text
        version = etree.SubElement(codeset, "version")
        for code in sorted(codes):
            etree.SubElement(version, "code").text = code
    return root


def _save(path: Path, root: etree._Element) -> None:
    path.write_bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


class _Book:
    """The maps of a release, and the elements and code lists that they have come to use."""

    def __init__(self, release: str, dictionary: Dictionary) -> None:
        self._release = release
        self._dictionary = dictionary
        self._elements: dict[str, ElementUse] = {}
        #: The code lists that the maps name, by the numbers of their elements.
        self.lists: Lists = {}

    def group_map(self, functional_id: str, definitions: list[SetDefinition]) -> etree._Element:
        """The map of one functional group: the envelope, and each set as a loop of its own."""
        root, group = self._envelope(functional_id, None)
        for definition in definitions:
            name = self._dictionary.set_name(definition.set_id) or definition.set_id
            transaction = _loop(group, f"ST_LOOP_{definition.set_id}", name, 2, "S", None)
            self._children(transaction, definition.root, definition.set_id)
        self._segment(group, self._control("GE"), 3, "R", "1")
        return root

    def envelope_map(self, version: str) -> etree._Element:
        """The map of the envelope alone, for one value of ISA12."""
        root, group = self._envelope("X12", version)
        self._segment(group, self._control("GE"), 3, "R", "1")
        return root

    def elements(self) -> etree._Element:
        """Every element that the maps use, with type and length."""
        root = etree.Element("data_elements")
        for key, use in self._elements.items():
            _data_element(root, key, use.type, use.min, use.max, use.name)
        _data_element(root, _ANYTHING, "B", 0, _ANY_LENGTH, "not checked")
        return root

    def _envelope(self, name: str, version: str | None) -> tuple[etree._Element, etree._Element]:
        """A map with ISA, TA1 and IEA around an open group with its GS. version: the only ISA12, or any."""
        root = etree.Element("transaction", xid=name)
        etree.SubElement(root, "name").text = name
        interchange = _loop(root, "ISA_LOOP", "Interchange", 1, "R", None)
        header = self._segment(interchange, self._control("ISA"), 1, "R", "1")
        if version is not None:
            _inline_code(header, "ISA12", version)
        group = _loop(interchange, "GS_LOOP", "Functional group", 2, "S", None)
        self._segment(group, self._control("GS"), 1, "R", "1")
        # At the position of the group: it may stand before or behind it.
        self._segment(interchange, self._control("TA1"), 2, "S", ">1")
        self._segment(interchange, self._control("IEA"), 3, "R", "1")
        return root, group

    def _control(self, segment_id: str) -> SegmentDefinition:
        definition = self._dictionary.segment_definition(self._release, segment_id)
        if definition is None:
            raise LookupError(f"the tables of {self._release} have no {segment_id}")
        content = SegmentContent(tuple(map(_as_envelope, definition.elements)), definition.notes)
        return SegmentDefinition(segment_id, lambda: content)

    def _children(self, parent: etree._Element, loop: LoopDefinition, set_id: str) -> None:
        names: dict[str, int] = {}
        for place, child in enumerate(loop.children, 1):
            if isinstance(child, SegmentUse):
                limit = ">1" if child.max_use is None else str(child.max_use)
                made = self._segment(parent, child.segment, place, _USAGES[child.requirement], limit)
                if child.id == "ST":
                    _inline_code(made, "ST01", set_id)
                continue
            names[child.id] = names.get(child.id, 0) + 1
            # pyx12 counts by name: two loops of one name in one loop must not share it.
            xid = f"{child.id}_LOOP" + (f"_{names[child.id]}" if names[child.id] > 1 else "")
            name = self._dictionary.loop_name(child.path) or child.id
            inner = _loop(parent, xid, name, place, _USAGES[child.requirement], child.repeat)
            self._children(inner, child, set_id)

    def _segment(
        self, parent: etree._Element, definition: SegmentDefinition, place: int, usage: str, limit: str
    ) -> etree._Element:
        segment = etree.SubElement(
            parent,
            "segment",
            xid=definition.id,
            name=self._dictionary.segment_name(definition.id) or definition.id,
            usage=usage,
            pos=str(place * _STEP),
            max_use=limit,
        )
        for note in definition.notes:
            text = "".join(f"{position:02}" for position in note.positions)
            etree.SubElement(segment, "syntax").text = f"{note.kind}{text}"
        for use in definition.elements:
            self._element(segment, f"{definition.id}{use.position:02}", use)
        return segment

    def _element(self, parent: etree._Element, xid: str, use: ElementUse) -> None:
        usage = _USAGES[use.requirement] if use.checked else "S"
        place = {"xid": xid, "name": use.name, "usage": usage, "seq": f"{use.position:02}"}
        if not use.checked:
            self._unchecked(parent, place)
            return
        if use.type != COMPOSITE:
            element = etree.SubElement(parent, "element", {**place, "data_ele": self._key(use)})
            if use.type == "ID" and use.codes is not None:
                self.lists[self._key(use)] = use.codes
                etree.SubElement(element, "valid_codes", external=self._key(use))
            return
        composite = etree.SubElement(parent, "composite", {**place, "data_ele": use.element})
        for component in use.components:
            self._element(composite, f"{xid}-{component.position:02}", component)
        last = len(use.components)
        for position in range(last + 1, last + 1 + _BEYOND):
            beyond = {"xid": f"{xid}-{position:02}", "name": "none", "usage": "N", "seq": f"{position:02}"}
            etree.SubElement(composite, "element", {**beyond, "data_ele": self._key(use.components[0])})

    def _unchecked(self, parent: etree._Element, place: dict[str, str]) -> None:
        """An element that may hold anything: as a composite, since components are refused elsewhere."""
        if parent.tag == "composite":
            etree.SubElement(parent, "element", {**place, "data_ele": _ANYTHING})
            return
        composite = etree.SubElement(parent, "composite", {**place, "data_ele": _ANYTHING})
        for position in range(1, _ANY_COMPONENTS + 1):
            xid = f"{place['xid']}-{position:02}"
            inner = {"xid": xid, "name": place["name"], "usage": "S", "seq": f"{position:02}"}
            etree.SubElement(composite, "element", {**inner, "data_ele": _ANYTHING})

    def _key(self, use: ElementUse) -> str:
        """The number under which the element is kept: the standard's, if it has one form in all sets."""
        key, other = use.element, 0
        while key in self._elements and _form(self._elements[key]) != _form(use):
            other += 1
            key = f"{use.element}.{other}"
        self._elements.setdefault(key, use)
        return key


def _data_element(root: etree._Element, key: str, kind: str, low: int, high: int, name: str) -> None:
    lengths = {"min_len": str(low), "max_len": str(high)}
    etree.SubElement(root, "data_ele", {"ele_num": key, "data_type": kind, **lengths, "name": name})


def _as_envelope(use: ElementUse) -> ElementUse:
    """The element as we read it in an envelope: any code of its length, dates with or without century."""
    low = 6 if use.type == "DT" else use.min
    return replace(use, element=f"{use.element}.envelope", min=low, codes=None)


def _form(use: ElementUse) -> tuple[object, ...]:
    return (use.type, use.min, use.max, use.codes)


def _loop(
    parent: etree._Element, xid: str, name: str, place: int, usage: str, repeat: int | None
) -> etree._Element:
    limit = ">1" if repeat is None else str(repeat)
    pos = str(place * _STEP)
    return etree.SubElement(
        parent, "loop", xid=xid, name=name, type="explicit", pos=pos, usage=usage, repeat=limit
    )


def _inline_code(segment: etree._Element, xid: str, code: str) -> None:
    """Let pyx12 know a segment by one value of an element."""
    for element in segment.iterchildren("element"):
        if element.get("xid") == xid:
            for codes in element.findall("valid_codes"):
                element.remove(codes)
            etree.SubElement(etree.SubElement(element, "valid_codes"), "code").text = code
