"""A fault fells its own level only; reading after a fault loses no later one and invents none.

The faults are those of tests/support/x12_faults.py. BI-011, BI-043.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from inspecting import answered, errors, findings, inspected
from x12_faults import BASES, ELEMENTS, ISA, ORDER, SEGMENTS, Case, recounted

INSIDE = {**SEGMENTS, **{f"element {name}": case for name, case in ELEMENTS.items()}}


def kinds(text: str) -> list[tuple[str, ...]]:
    """The faults of a text by code, segment and element, in any order: numbers move with what is put in."""
    told = errors(inspected(text.encode()))
    return sorted(tuple(str(f[key]) for key in ("code", "segment", "element", "component")) for f in told)


def lines(case: Case) -> range:
    """The lines of the base that a case changes, those it ends or begins in included."""
    base = BASES[case.base]
    first = base.count("\n", 0, base.index(case.old))
    return range(first, first + case.old.count("\n") + 1)


def both(one: Case, other: Case) -> str:
    """The base with both faults put in, the later one first."""
    text = BASES[one.base]
    for case in sorted((one, other), key=lambda case: lines(case).start, reverse=True):
        at = text.index(case.old)
        text = text[:at] + case.new + text[at + len(case.old) :]
    return recounted(text)


@pytest.mark.slow
@pytest.mark.parametrize("base", ["850", "856", "810"])
def test_two_faults_in_different_places_are_told_like_each_alone(base: str) -> None:
    cases = {name: case for name, case in INSIDE.items() if case.base == base}
    alone = {name: kinds(case.text) for name, case in cases.items()}
    apart = [
        (one, other)
        for one, other in combinations(cases, 2)
        if not set(lines(cases[one])) & set(lines(cases[other]))
    ]
    assert apart
    told = {pair: kinds(both(cases[pair[0]], cases[pair[1]])) for pair in apart}
    expected = {(one, other): sorted(alone[one] + alone[other]) for one, other in apart}
    assert told == expected


def bodies(text: str) -> str:
    """The sets of a text, ST to SE."""
    return text[text.index("ST*850") : text.index("GE*1*")]


def file_of(*groups: tuple[str, ...]) -> str:
    """An interchange of groups of orders; every set and group numbered in order."""
    parts = [ISA, "\n"]
    for number, sets in enumerate(groups, start=1):
        parts.append(f"GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*{number}*X*004010~\n")
        for ordinal, body in enumerate(sets, start=1):
            head, trailer = body.rsplit("*0001~\n", 1)
            parts.append(f"{head.replace('ST*850*0001', f'ST*850*{ordinal:04}', 1)}*{ordinal:04}~\n{trailer}")
        parts.append(f"GE*{len(sets)}*{number}~\n")
    return "".join((*parts, f"IEA*{len(groups)}*000000007~\n"))


def statuses(report: dict[str, Any]) -> list[list[str]]:
    """AK901 of each group and AK501 of its sets."""
    (interchange,) = report["interchanges"]
    return [
        [group["ak9"]["AK901"], *(document["ak5"]["AK501"] for document in group["documents"])]
        for group in interchange["groups"]
    ]


GOOD = bodies(ORDER)


@pytest.mark.parametrize(
    "case", [case for case in INSIDE.values() if case.base == "850"], ids=lambda c: c.finding
)
def test_a_bad_set_leaves_the_sets_beside_it_accepted(case: Case) -> None:
    report = inspected(file_of((bodies(case.text), GOOD), (GOOD,)).encode())
    assert statuses(report) == [["P", "R", "A"], ["A", "A"]]
    assert len(errors(report)) == 1
    assert report["status"] == report["interchanges"][0]["status"] == "partially_accepted"
    assert answered(report).endswith("AK5*R*5 AK5*A AK9*P*2*2*1 AK5*A AK9*A*1*1*1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("GE*2*1", "GE*3*1"),
        ("GE*2*1", "GE*2*9"),
        ("GE*2*1~\n", ""),
        ("*1*X*004010", "*1*X*999999"),
        ("*1*X*004010", "*0*X*004010"),
        ("GS*PO", "GS*ZZ"),
        ("ST*850*0001", "ST**0001"),
        ("GE*2*1", "NTE*X~\nGE*2*1"),
    ],
)
def test_a_bad_group_leaves_the_group_beside_it_accepted(old: str, new: str) -> None:
    text = file_of((GOOD, GOOD), (GOOD,))
    report = inspected(text.replace(old, new, 1).encode())
    assert statuses(report) == [["R", "R", "R"], ["A", "A"]]
    assert len(errors(report)) == 1
    assert report["interchanges"][0]["ta1"] == {"TA104": "A", "TA105": "000"}


@pytest.mark.slow
def test_a_file_cut_at_any_byte_is_refused_as_a_whole_with_one_finding() -> None:
    whole = file_of((GOOD,), (GOOD,)).encode()
    header, last = len(ISA), whole.rindex(b"~")
    for length in range(header, last):
        report = inspected(whole[:length])
        (interchange,) = report["interchanges"]
        (error,) = errors(report)
        assert interchange["ta1"] == {"TA104": "R", "TA105": "023"}, whole[:length][-20:]
        assert error["x12"]["TA105"] == "023"
        assert {
            document["disposition"] for group in interchange["groups"] for document in group["documents"]
        } <= {"reject"}
        assert [answer["kind"] for answer in report["acknowledgements"]] == ["TA1"]
    assert statuses(inspected(whole[:last])) == [["A", "A"], ["A", "A"]]


@pytest.mark.parametrize("length", range(4, len(ISA)))
def test_a_file_cut_inside_its_header_is_refused_too(length: int) -> None:
    report = inspected(ISA[:length].encode())
    (interchange,) = report["interchanges"]
    assert interchange["ta1"] == {"TA104": "R", "TA105": "023"}
    assert len(findings(report)) == 1
    assert report["exit"] == 1
