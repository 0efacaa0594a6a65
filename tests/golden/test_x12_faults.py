"""One fault at a time in a good order, ship notice or invoice: what is found, and what is answered.

The faults stand as a table in tests/support/x12_faults.py.
"""

from __future__ import annotations

import pytest
from inspecting import answered, errors, findings, inspected, place
from x12_faults import ACCEPTED, BASES, CASES, Case

#: A TA1 repeats ISA13, ISA09 and ISA10 and goes to ISA05 and ISA06 turned round: without them there is none.
NO_TA1 = (
    "TA105 005",
    "TA105 006",
    "TA105 007",
    "TA105 008",
    "TA105 018: control number with",
    "TA105 022: an",
)


@pytest.mark.parametrize("base", BASES)
def test_what_the_faults_are_put_into_is_good(base: str) -> None:
    report = inspected(BASES[base].encode())
    assert findings(report) == []
    assert (report["status"], report["exit"], answered(report)) == ("accepted", 0, ACCEPTED)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_fault_is_one_finding_at_its_very_byte(case: Case) -> None:
    report = inspected(case.text.encode())
    (finding,) = errors(report)
    assert place(finding) == case.finding
    assert case.text.encode()[finding["byte_offset"] :].startswith(case.at.encode())
    assert all(finding[key] for key in ("title", "message", "remedy"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_value_of_a_finding_stands_at_its_byte(case: Case) -> None:
    (finding,) = errors(inspected(case.text.encode()))
    value = finding["value"]
    if finding["element"] is None or value is None or "\\x" in value:
        return
    assert case.text.encode()[finding["byte_offset"] :].startswith(value.encode())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_answers_say_exactly_this(case: Case) -> None:
    report = inspected(case.text.encode())
    (interchange,) = report["interchanges"]
    assert " ".join(interchange["ta1"].values()) == case.ta1
    assert answered(report) == case.answer
    rejected = case.ta1.startswith("R") or "AK5*R" in case.answer or "AK9*R" in case.answer
    assert interchange["status"] == ("rejected" if rejected else "accepted_with_errors")
    assert report["exit"] == 1


@pytest.mark.parametrize("name", CASES)
def test_a_ta1_is_sent_for_every_fault_of_an_interchange_that_can_be_answered(name: str) -> None:
    case = CASES[name]
    kinds = [answer["kind"] for answer in inspected(case.text.encode())["acknowledgements"]]
    expected = ["TA1"] if case.ta1 != "A 000" and not name.startswith(NO_TA1) else []
    assert kinds == [*expected, *(["997"] if case.answer else [])]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_verdicts_of_all_levels_agree(case: Case) -> None:
    """AK501 of a set, AK901 of its group and the statuses say the same, and nothing faulty is delivered."""
    for interchange in inspected(case.text.encode())["interchanges"]:
        for group in interchange["groups"]:
            assert (group["ak9"]["AK901"] == "R") == (group["status"] == "rejected")
            assert group["ak9"]["AK903"] == str(len(group["documents"]))
            for document in group["documents"]:
                rejected = document["ak5"]["AK501"] == "R"
                assert rejected == (document["status"] == "rejected") == (group["status"] == "rejected")
                assert document["disposition"] == ("reject" if rejected else "deliver")
