"""The tree that HL segments describe: on the wire it is flat, and only HL02 tells the parent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.record import mutable_record
from parsers.x12.model import Loop, Segment

#: Levels that a tree may have; the deepest document known needs six.
MAX_DEPTH = 32

#: Order of levels by BSN05. Tare and pack may follow each other, and levels may be left out.
STRUCTURES: Mapping[str, str] = {"0001": "SOTPI", "0002": "SOITP", "0003": "STPOI", "0004": "SOI"}

_DATA_ELEMENTS = {1: "628", 2: "734", 3: "735", 4: "736"}


@mutable_record
class HlNode:
    """One HL loop in the tree.

    id, parent_id, level: HL01, HL02 ("" for a root) and HL03 as sent.
    loop: the HL loop as placed. children: in the order sent.
    """

    id: str
    parent_id: str
    level: str
    loop: Loop
    children: list[HlNode] = field(default_factory=list)

    @property
    def segment(self) -> Segment:
        """The HL segment itself."""
        return next(self.loop.segments("HL"))

    def walk(self) -> Iterator[HlNode]:
        """This node and all below it, in the order of the tree, parents first."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def build(
    loop: Loop, bsn05: str | None, max_depth: int = MAX_DEPTH
) -> tuple[tuple[HlNode, ...], list[Finding]]:
    """The HL trees of a placed set, and what is wrong with them.

    loop: the root of an 856, 869, 870 or another set with one HL loop at its top.
    bsn05: structure code of an 856, or None if it has none; unknown codes are not checked.
    max_depth: most levels below one another.
    Returns the roots in the order sent. A node whose number is taken, or whose parent is
    unknown or lies below itself, becomes a root of its own, so that nothing is lost.
    Findings stand in the order of the file.
    """
    nodes = [_node(inner) for inner in loop.loops("HL") if inner.first("HL")]
    by_id: dict[str, HlNode] = {}
    findings: list[Finding] = []
    for node in nodes:
        findings += _register(node, by_id)
    circular = {id(node) for node in _circular(nodes, by_id)}
    roots: list[HlNode] = []
    seen: set[int] = set()
    for node in nodes:
        seen.add(id(node))
        parent = None if id(node) in circular else by_id.get(node.parent_id)
        (parent.children if parent else roots).append(node)
        findings += _parent_faults(node, parent, circular=id(node) in circular, first=len(seen) == 1)
        if parent and id(parent) not in seen:
            findings.append(found("X12-313", _location(node, 2), value=node.parent_id))
    findings += _cut_depth(roots, max_depth)
    findings += _child_code_notes(nodes)
    findings += _structure_notes(roots, bsn05)
    return tuple(roots), sorted(findings, key=lambda finding: finding.location.segment_number or 0)


def _node(loop: Loop) -> HlNode:
    segment = next(loop.segments("HL"))
    return HlNode(segment.get(1).rstrip(" "), segment.get(2).rstrip(" "), segment.get(3), loop)


def _register(node: HlNode, by_id: dict[str, HlNode]) -> Iterator[Finding]:
    if not node.id:
        return
    if node.id in by_id:
        yield found("X12-300", _location(node, 1), value=node.id)
        return
    by_id[node.id] = node
    expected = str(len(by_id))
    if node.id.isdecimal() and node.id.lstrip("0") != expected and _first_gap(by_id):
        yield found("X12-310", _location(node, 1), value=node.id, expected=expected)


def _first_gap(by_id: Mapping[str, HlNode]) -> bool:
    """True if the numbers before the newest counted up by one: a gap is told once, not on every line."""
    before = list(by_id)[:-1]
    return all(text.lstrip("0") == str(number) for number, text in enumerate(before, 1))


def _circular(nodes: list[HlNode], by_id: Mapping[str, HlNode]) -> Iterator[HlNode]:
    """One node of each circle: the one sent first, whose parent is then left out."""
    order = {id(node): number for number, node in enumerate(nodes)}
    done: set[int] = set()
    for start in nodes:
        path: dict[int, HlNode] = {}
        node: HlNode | None = start
        while node and id(node) not in done and id(node) not in path:
            path[id(node)] = node
            node = by_id.get(node.parent_id)
        if node and id(node) in path:
            circle = list(path.values())[list(path).index(id(node)) :]
            yield min(circle, key=lambda member: order[id(member)])
        done.update(path)


def _parent_faults(node: HlNode, parent: HlNode | None, *, circular: bool, first: bool) -> Iterator[Finding]:
    if circular:
        yield found("X12-302", _location(node, 2), value=node.parent_id)
    elif node.parent_id and parent is None:
        yield found("X12-301", _location(node, 2), value=node.parent_id)
    elif not node.parent_id and not first:
        yield found("X12-314", _location(node, 2))


def _cut_depth(roots: list[HlNode], max_depth: int) -> Iterator[Finding]:
    """Nodes below the deepest level allowed become roots of their own."""
    level, depth = list(roots), 1
    while level:
        below = [child for node in level for child in node.children]
        if depth == max_depth:
            for node in level:
                node.children.clear()
            for child in below:
                yield found("X12-303", _location(child, 2), value=child.parent_id, expected=str(max_depth))
            roots += below
            depth = 0
        level, depth = below, depth + 1


def _child_code_notes(nodes: list[HlNode]) -> Iterator[Finding]:
    for node in nodes:
        code = node.segment.get(4)
        if code in {"0", "1"} and (code == "1") != bool(node.children):
            children = "others below it" if node.children else "none below it"
            yield found("X12-311", _location(node, 4), value=code, children=children)


def _structure_notes(roots: list[HlNode], bsn05: str | None) -> Iterator[Finding]:
    order = STRUCTURES.get(bsn05 or "")
    if bsn05 is None or order is None:
        return
    waiting: list[tuple[HlNode, HlNode | None]] = [(root, None) for root in roots]
    while waiting:
        node, parent = waiting.pop()
        waiting += [(child, node) for child in node.children]
        further_root = parent is None and node is not roots[0]
        if not further_root and not _fits(order, node, parent):
            above = f'level "{parent.level}"' if parent else "nothing"
            yield found("X12-312", _location(node, 3), value=node.level, parent=above, structure=bsn05)


def _fits(order: str, node: HlNode, parent: HlNode | None) -> bool:
    """True if the structure has the node's level below that of its parent. Other levels go anywhere."""
    if len(node.level) != 1 or node.level not in order:
        return True
    if parent is None:
        return node.level == order[0]
    return parent.level not in order or order.index(parent.level) < order.index(node.level)


def _location(node: HlNode, element: int) -> Location:
    segment = node.segment
    return Location(
        segment="HL",
        segment_number=segment.number,
        loop=node.loop.path,
        element=element,
        data_element=_DATA_ELEMENTS[element],
        byte_offset=segment.offset_of(element),
    )
