"""The 999 in its own language, side by side with what it answers (X12-FACTS 5)."""

from __future__ import annotations

import pytest
from acknowledged import (
    AT,
    FA,
    GOOD_LINES,
    agreed,
    envelope,
    group,
    judged,
    purchase_order,
    segments,
    written,
)

from partners.profile import AckPolicy
from translators.acknowledgements.answer import PreviewNumbers
from translators.acknowledgements.answers import needs, write_answers

NINES = AckPolicy(functional="999")
FA_5010 = FA.replace("004010", "005010")


def newer(*sets: str, number: str = "12", version: str = "005010") -> str:
    return group(*sets, number=number, version=version)


CASES = {
    "two accepted sets": (
        (purchase_order("0001"), purchase_order("0002")),
        """
        ST*999*0001
        AK1*PO*12*005010
        AK2*850*0001
        IK5*A
        AK2*850*0002
        IK5*A
        AK9*A*2*2*2
        SE*8*0001
        """,
    ),
    "what is faulty is named by order or by line": (
        (
            purchase_order(
                "0001",
                "BEG*00*SA*PO-1**20261399",
                "PO1*10*1*EA*9.95**UP",
                "ZZX*1",
                "PO1*20*x*EA",
                "PO1**x*EA",
            ),
        ),
        """
        ST*999*0001
        AK1*PO*12*005010
        AK2*850*0001
        IK3*BEG*2**8
        CTX*BEG03>PO-1
        IK4*5*373*8*20261399
        IK3*PO1*3**8
        CTX*PO101>10
        IK4*7*234*2
        IK3*ZZX*4**1
        CTX*PO101>10
        IK3*PO1*5**8
        CTX*PO101>20
        IK4*2*380*6
        IK3*PO1*6**8
        CTX*BEG03>PO-1
        IK4*2*380*6
        IK5*R*5
        AK9*R*1*1*0
        SE*20*0001
        """,
    ),
    "a missing segment belongs to what came before it": (
        (purchase_order("0001", "BEG*00*SA*PO-1**20261123"),),
        """
        ST*999*0001
        AK1*PO*12*005010
        AK2*850*0001
        IK3*PO1*3**3
        CTX*BEG03>PO-1
        IK5*R*5
        AK9*R*1*1*0
        SE*8*0001
        """,
    ),
}


@pytest.mark.parametrize(("sets", "answer"), CASES.values(), ids=CASES)
def test_a_999_says_exactly_this(sets: tuple[str, ...], answer: str) -> None:
    (only,) = written(envelope(newer(*sets)), agreed(acknowledge=NINES))
    assert (only.kind, only.functional_id) == ("999", "FA")
    assert segments(only) == [FA_5010, *answer.split("\n        ")[1:-1], "GE*1*1"]


def test_a_group_of_an_older_release_is_answered_with_a_997_in_a_file_of_its_own() -> None:
    text = envelope(
        newer(purchase_order("0001"), number="1"),
        group(purchase_order("0001"), number="2"),
        newer(purchase_order("0001"), number="3", version="005010VICS"),
    )
    report = judged(text, agreed(acknowledge=NINES))
    answers = write_answers(report, PreviewNumbers(), AT)
    told = [[line for line in segments(answer) if line[:3] in ("GS*", "ST*", "AK1")] for answer in answers]
    assert [answer.kind for answer in answers] == ["997", "999"]
    assert told == [
        ["GS*FA*TRADEPOST*ACMERETAIL*20261123*0930*1*X*004010", "ST*997*0001", "AK1*PO*2"],
        [
            "GS*FA*TRADEPOST*ACMERETAIL*20261123*0930*2*X*005010",
            "ST*999*0002",
            "AK1*PO*1*005010",
            "ST*999*0003",
            "AK1*PO*3*005010VICS",
        ],
    ]
    wanted = needs(report, AT)
    assert (wanted.interchanges, wanted.groups, wanted.sets) == (2, {"FA": 2}, 3)


def test_a_fixed_version_answers_older_groups_too_and_names_its_guide() -> None:
    policy = AckPolicy(functional="999", version="005010X231A1")
    (only,) = written(envelope(group(purchase_order("0001"))), agreed(acknowledge=policy))
    assert segments(only)[:3] == [
        FA.replace("004010", "005010X231A1"),
        "ST*999*0001*005010X231A1",
        "AK1*PO*12*004010",
    ]


def test_accepted_sets_are_left_out_of_a_999_too() -> None:
    policy = AckPolicy(functional="999", accepted_sets=False)
    text = envelope(newer(purchase_order("0001"), purchase_order("0002", "BEG*00*SA*PO-1**20261123")))
    (only,) = written(text, agreed(acknowledge=policy))
    assert [line for line in segments(only) if line[:3] in ("AK2", "IK5", "AK9")] == [
        "AK2*850*0002",
        "IK5*R*5",
        "AK9*P*2*2*1",
    ]


def test_a_business_number_that_cannot_be_repeated_is_not_told() -> None:
    text = envelope(newer(purchase_order("0001", "BEG*00*SA*PÖ-1**20261399", GOOD_LINES[1])))
    (only,) = written(text, agreed(acknowledge=NINES))
    assert not [line for line in segments(only) if line.startswith("CTX")]


def test_a_long_business_number_is_cut_to_what_the_999_can_hold() -> None:
    number = "X" * 40
    text = envelope(newer(purchase_order("0001", "BEG*00*SA*PO-1**20261123", f"PO1*{number}*x*EA")))
    (only,) = written(text, agreed(acknowledge=NINES))
    assert f"CTX*PO101>{'X' * 35}" in segments(only)
