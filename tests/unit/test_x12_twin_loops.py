"""Loops side by side that begin with the same segment are told apart by what follows it."""

from __future__ import annotations

import pytest

from parsers.x12.dictionary import set_definition
from parsers.x12.model import Segment
from parsers.x12.walker import WalkOptions, place

CODES, STORES = ["LS*LM", "LM*AB", "LQ*A*B", "LE*LM"], ["LS*N1", "N1*ST*Depot", "N3*1 Dock Rd", "LE*N1"]


def _catalog(*lines: str) -> tuple[list[list[str]], list[str]]:
    """The LS loops of an 832, each as the ids of what it holds, and the codes found."""
    texts = ["ST*832*0001", "BCT*PC*1", "LIN*1*VP*X", "CTP*AA*RES*1", *lines, "SE*1*0001"]
    parts = [text.split("*") for text in texts]
    segments = [Segment(part[0], part[1:], number, 0, 1) for number, part in enumerate(parts, 1)]
    definition = set_definition("005010", "832")
    assert definition is not None
    root, findings = place(definition, segments, WalkOptions())
    price = next(next(root.loops("LIN")).loops("CTP"))
    return [[child.id for child in loop.children] for loop in price.loops("LS")], [f.code for f in findings]


@pytest.mark.parametrize(
    ("lines", "loops"),
    [
        (CODES, [["LS", "LM", "LE"]]),
        (STORES, [["LS", "N1", "LE"]]),
        ([*CODES, *STORES], [["LS", "LM", "LE"], ["LS", "N1", "LE"]]),
        ([*STORES, "CTP*AA*RES*2", *CODES], [["LS", "N1", "LE"]]),
    ],
    ids=["codes", "stores", "both", "stores, then another price with codes"],
)
def test_either_loop_may_come_alone(lines: list[str], loops: list[list[str]]) -> None:
    assert _catalog(*lines) == (loops, [])


def test_the_earlier_loop_after_the_later_one_is_out_of_order() -> None:
    assert _catalog(*STORES, *CODES)[1] == ["X12-206"]


def test_a_segment_of_neither_loop_is_a_fault_of_its_own() -> None:
    assert _catalog("LS*LM", "PID*F****text", "LE*LM")[1] != []
