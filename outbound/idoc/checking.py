"""Whether a tree of segments is a valid IDoc: each segment and field by the tables, nothing cut."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from outbound.idoc.definitions import Segment, segments
from outbound.idoc.tree import Node
from parsers.catalogue import found
from parsers.finding import Finding

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Table = Mapping[str, Segment]


def check(basic_type: str, roots: Sequence[Node]) -> tuple[Finding, ...]:
    """Everything that is wrong with an IDoc of `basic_type`; empty if it is valid.

    roots: its segments from EDI_DC40 on, each with the segments below it.
    """
    return tuple(_among(segments(basic_type), "", roots, basic_type))


def _among(table: Table, parent: str, nodes: Sequence[Node], place: str) -> Iterator[Finding]:
    """Segments under one parent: known here, in order, as often as they may be."""
    yield from _counts(table, parent, nodes, place)
    last = -1
    for number, node in enumerate(nodes, start=1):
        segment = table.get(node.name)
        where = f"{place}/{node.name}[{number}]"
        if segment is None or segment.parent != parent:
            yield found("OUT-086", path=where, reason="the segment has no place there")
            continue
        if segment.order < last:
            yield found("OUT-086", path=where, reason="it stands after segments that must follow it")
        last = max(last, segment.order)
        yield from _fields(segment, node, where)
        yield from _among(table, node.name, node.children, where)


def _counts(table: Table, parent: str, nodes: Sequence[Node], place: str) -> Iterator[Finding]:
    counts = Counter(node.name for node in nodes)
    for segment in table.values():
        count = counts[segment.name]
        if segment.parent == parent and not segment.least <= count <= segment.most:
            reason = f"{segment.name} stands there {count} times, {segment.least} to {segment.most} may"
            yield found("OUT-086", path=place, reason=reason)


def _fields(segment: Segment, node: Node, place: str) -> Iterator[Finding]:
    ranks = {name: rank for rank, name in enumerate(segment.fields)}
    written = [ranks[name] for name in node.fields if name in ranks]
    if written != sorted(written):
        yield found("OUT-086", path=place, reason="its fields are not in their order")
    for name, value in node.fields.items():
        most = segment.fields.get(name)
        if most is None:
            yield found("OUT-086", path=f"{place}/{name}", reason="the segment has no such field")
        elif len(value) > most:
            yield found("OUT-085", value=value, path=f"{place}/{name}", length=len(value), most=most)
        if _NOT_XML.search(value):
            yield found("OUT-088", value=value, path=f"{place}/{name}")
