"""HL trees: which node lies below which, and what is said about the numbers."""

from __future__ import annotations

import time

import pytest

from parsers.finding import Severity
from parsers.x12.hierarchy import MAX_DEPTH, HlNode, build
from parsers.x12.model import Loop, Segment


def placed(*levels: str) -> Loop:
    """A set whose HL segments hold the given elements: "2*1*O"."""
    root, offset = Loop("", ""), 100
    for number, text in enumerate(levels, 3):
        segment = Segment("HL", text.split("*"), number, offset, len(text) + 3)
        root.children.append(Loop("HL", "HL", [segment]))
        offset += segment.size + 1
    return root


def drawn(nodes: tuple[HlNode, ...] | list[HlNode]) -> str:
    """The tree as text: "1(2 3(4))"."""
    return " ".join(node.id + (f"({drawn(node.children)})" if node.children else "") for node in nodes)


def told(*levels: str, bsn05: str | None = None) -> tuple[str, list[str]]:
    roots, findings = build(placed(*levels), bsn05)
    return drawn(roots), [f"{f.code} {f.location.segment_number} {f.location.element}" for f in findings]


def test_parents_make_a_tree() -> None:
    assert told("1**S", "2*1*O", "3*2*I", "4*2*I", "5*1*O") == ("1(2(3 4) 5)", [])


def test_a_set_without_levels_has_no_roots() -> None:
    assert told() == ("", [])


def test_numbers_need_only_be_unique() -> None:
    assert told("A**S", "B*A*O") == ("A(B)", [])


@pytest.mark.parametrize(
    ("levels", "tree", "findings"),
    [
        (("1**S", "2*1*O", "2*1*O"), "1(2 2)", ["X12-300 5 1"]),
        (("1**S", "2*7*O", "3*2*I"), "1 2(3)", ["X12-301 4 2"]),
        (("1**S", "2*3*O", "3*2*I"), "1 2(3)", ["X12-302 4 2"]),
        (("1*1*S",), "1", ["X12-302 3 2"]),
    ],
    ids=["number twice", "unknown parent", "circle", "own parent"],
)
def test_a_broken_tree_is_an_error_and_loses_no_level(
    levels: tuple[str, ...], tree: str, findings: list[str]
) -> None:
    drawing, codes = told(*levels)
    assert drawing == tree
    assert [code for code in codes if not code.startswith("X12-313")] == findings
    _, faults = build(placed(*levels), None)
    errors = [fault for fault in faults if fault.is_error]
    assert [(dict(fault.x12)["AK304"], dict(fault.x12)["AK403"]) for fault in errors] == [("8", "7")]


@pytest.mark.parametrize(
    ("levels", "bsn05", "findings"),
    [
        (("1**S", "3*1*O", "4*3*I"), None, ["X12-310 4 1"]),
        (("1**S*0", "2*1*O*0"), None, ["X12-311 3 4"]),
        (("1**S", "2*1*O*1"), None, ["X12-311 4 4"]),
        (("1**S", "2**S"), None, ["X12-314 4 2"]),
        (("1*2*O", "2**S"), None, ["X12-313 3 2", "X12-314 4 2"]),
        (("1**S", "2*1*I", "3*2*O"), "0004", ["X12-312 5 3"]),
        (("1**O", "2*1*I"), "0001", ["X12-312 3 3"]),
        (("1**S", "2*1*P"), "0004", []),
        (("1**S", "2*1*O", "3*2*P", "4*3*I"), "0001", []),
        (("1**S", "2*1*O", "3*2*I", "4*3*P"), "0002", []),
        (("1**S", "2*1*P", "3*2*O", "4*3*I"), "0003", []),
    ],
)
def test_what_is_only_custom_is_a_note(
    levels: tuple[str, ...], bsn05: str | None, findings: list[str]
) -> None:
    _, codes = told(*levels, bsn05=bsn05)
    assert codes == findings
    assert all(fault.severity is Severity.NOTE for fault in build(placed(*levels), bsn05)[1])


def test_a_place_points_at_the_element() -> None:
    _, (fault,) = build(placed("1**S", "2*9*O"), None)
    assert (fault.location.loop, fault.location.data_element, fault.value) == ("HL", "734", "9")
    assert fault.location.byte_offset == 100 + len("HL*1**S~") + len("HL*2*")


def test_a_tree_that_is_too_deep_is_cut_and_loses_no_level() -> None:
    levels = ["1**S"] + [f"{number}*{number - 1}*Q" for number in range(2, 2 * MAX_DEPTH + 2)]
    roots, findings = build(placed(*levels), None)
    assert [fault.code for fault in findings] == ["X12-303", "X12-303"]
    assert sum(1 for root in roots for _ in root.walk()) == 2 * MAX_DEPTH + 1


def test_a_hostile_chain_is_read_in_the_time_of_an_honest_one() -> None:
    count = 5_000
    backwards = [f"{number}*{number + 1}*Q" for number in range(1, count)] + [f"{count}*1*Q"]
    started = time.process_time()
    roots, _ = build(placed(*backwards), None)
    assert time.process_time() - started < 5
    assert sum(1 for root in roots for _ in root.walk()) == count
