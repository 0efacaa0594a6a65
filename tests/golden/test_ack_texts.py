"""Answers in their own language, side by side with what they answer."""

from __future__ import annotations

import io

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

from parsers.x12 import interchange
from parsers.x12.model import Separators
from parsers.x12.options import DEFAULT_OPTIONS
from partners.profile import AckPolicy, AckSeparators
from translators.acknowledgements.answer import PreviewNumbers, release_of, separators_of_answer
from translators.acknowledgements.answers import needs, write_answers

CASES = {
    "two accepted sets": (
        envelope(group(purchase_order("0001"), purchase_order("0002"))),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK5*A
        AK2*850*0002
        AK5*A
        AK9*A*2*2*2
        SE*8*0001
        """,
    ),
    "faults of segments and elements in one of two sets": (
        envelope(
            group(
                purchase_order("0001"),
                purchase_order(
                    "0002", "BEG*00*SA*PO-2**20261399", "PO1*1*10*EA*9.95**UP", "ZZX*1", "PO1*2*x*EA"
                ),
            )
        ),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK5*A
        AK2*850*0002
        AK3*BEG*2**8
        AK4*5*373*8*20261399
        AK3*PO1*3**8
        AK4*7*234*2
        AK3*ZZX*4**1
        AK3*PO1*5**8
        AK4*2*330*6
        AK5*R*5
        AK9*P*2*2*1
        SE*15*0001
        """,
    ),
    "a missing segment is named where its absence was noticed": (
        envelope(group(purchase_order("0001", "BEG*00*SA*PO-1**20261123"))),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK3*PO1*3**3
        AK5*R*5
        AK9*R*1*1*0
        SE*7*0001
        """,
    ),
    "a wrong number of sets rejects the group and every set in it": (
        envelope(group(purchase_order("0001"), purchase_order("0002"), trailer="GE*3*12~")),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK5*R
        AK2*850*0002
        AK5*R
        AK9*R*3*2*0*5
        SE*8*0001
        """,
    ),
    "a wrong number of segments": (
        envelope(group(purchase_order("0001").replace("SE*4", "SE*9"))),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK5*R*4
        AK9*R*1*1*0
        SE*6*0001
        """,
    ),
    "a set that we do not know": (
        envelope(group(purchase_order("0001"), "ST*888*0002~G53*1~SE*3*0002~")),
        """
        ST*997*0001
        AK1*PO*12
        AK2*850*0001
        AK5*A
        AK2*888*0002
        AK5*R*1
        AK9*P*2*2*1
        SE*8*0001
        """,
    ),
}


@pytest.mark.parametrize(("text", "answer"), CASES.values(), ids=CASES)
def test_a_997_says_exactly_this(text: str, answer: str) -> None:
    (only,) = written(text)
    assert segments(only) == [FA, *answer.split("\n        ")[1:-1], "GE*1*1"]


def test_a_997_goes_back_to_the_ids_it_came_from() -> None:
    (only,) = written(envelope(group(purchase_order("0001")), usage="T"))
    isa = only.payload.split(b"~")[0] + b"~"
    assert isa == (
        b"ISA*00*          *00*          *12*2015550100     *ZZ*ACMERETAIL     "
        b"*261123*0930*U*00401*000000001*0*T*>~"
    )
    assert only.kind == "997"
    assert only.answers_interchange == "000000007"
    assert [(g.functional_id, g.control_number) for g in only.groups] == [("PO", "12")]
    assert (only.control_number, only.group_numbers, only.set_numbers) == (1, (1,), (1,))


@pytest.mark.parametrize(
    ("text", "ta1", "kinds"),
    [
        (
            envelope(group(purchase_order("0001")), asks="1"),
            "TA1*000000007*261123*0915*A*000",
            ["TA1", "997"],
        ),
        (
            envelope(group(purchase_order("0001")), trailer="IEA*1*000000008~"),
            "TA1*000000007*261123*0915*E*001",
            ["TA1", "997"],
        ),
        (
            envelope(group(purchase_order("0001")), trailer="IEA*2*000000007~"),
            "TA1*000000007*261123*0915*E*021",
            ["TA1", "997"],
        ),
        (envelope(group(purchase_order("0001")), trailer=""), "TA1*000000007*261123*0915*R*023", ["TA1"]),
        (
            envelope(group(purchase_order("0001"))).replace("*261123*0915*U", "*261323*0915*U"),
            "TA1*000000007*261323*0915*R*014",
            ["TA1"],
        ),
    ],
)
def test_a_ta1_says_exactly_this_and_a_refusal_is_followed_by_no_997(
    text: str, ta1: str, kinds: list[str]
) -> None:
    answers = written(text)
    assert [answer.kind for answer in answers] == kinds
    assert segments(answers[0]) == [ta1]


def test_groups_of_different_versions_are_answered_in_groups_of_their_own() -> None:
    text = envelope(
        group(purchase_order("0001"), number="1"),
        group(purchase_order("0001"), number="2", version="005010"),
        group(purchase_order("0001"), number="3", version="005010"),
    )
    (only,) = written(text)
    lines = segments(only)
    assert [line for line in lines if line[:2] in ("GS", "ST", "GE") or line[:3] == "AK1"] == [
        "GS*FA*TRADEPOST*ACMERETAIL*20261123*0930*1*X*004010",
        "ST*997*0001",
        "AK1*PO*1",
        "GE*1*1",
        "GS*FA*TRADEPOST*ACMERETAIL*20261123*0930*2*X*005010",
        "ST*997*0002",
        "AK1*PO*2*005010",
        "ST*997*0003",
        "AK1*PO*3*005010",
        "GE*2*2",
    ]


def test_needs_tells_beforehand_how_many_numbers_are_drawn() -> None:
    report = judged(
        envelope(
            group(purchase_order("0001"), number="1"),
            group(purchase_order("0001"), number="2", version="005010"),
            asks="1",
        )
    )
    wanted = needs(report, AT)
    answers = write_answers(report, PreviewNumbers(), AT)
    assert wanted.interchanges == len(answers) == 2
    assert wanted.groups == {"FA": sum(len(answer.group_numbers) for answer in answers)} == {"FA": 2}
    assert wanted.sets == sum(len(answer.set_numbers) for answer in answers) == 2


@pytest.mark.parametrize("asks", ["0", "1"])
def test_acknowledgements_are_never_answered(asks: str) -> None:
    acknowledgement = (
        "GS*FA*ACMERETAIL*TRADEPOST*20261123*0915*3*X*004010~"
        "ST*997*0001~AK1*IN*77~AK9*A*1*1*1~SE*4*0001~GE*1*3~"
    )
    assert written(envelope(acknowledgement, asks=asks)) == []
    assert written(envelope("TA1*000000077*261101*0800*A*000~", asks=asks, trailer="IEA*0*000000007~")) == []


def test_policy_may_leave_out_accepted_sets() -> None:
    text = envelope(group(purchase_order("0001"), purchase_order("0002", "BEG*00*SA*PO-1**20261123")))
    (only,) = written(text, agreed(acknowledge=AckPolicy(accepted_sets=False)))
    assert [line for line in segments(only) if line[:3] in ("AK2", "AK5", "AK9")] == [
        "AK2*850*0002",
        "AK5*R*5",
        "AK9*P*2*2*1",
    ]


def test_policy_may_accept_faults_of_elements() -> None:
    text = envelope(group(purchase_order("0001", "BEG*00*SA*PO-1**20261399", GOOD_LINES[1])))
    (only,) = written(text, agreed(on_element_error="accept_with_errors"))
    assert segments(only)[5:8] == ["AK4*5*373*8*20261399", "AK5*E*5", "AK9*E*1*1*1"]


def test_policy_may_answer_nothing() -> None:
    text = envelope(group(purchase_order("0001")), asks="1")
    assert written(text, agreed(acknowledge=AckPolicy(ta1="never", functional="none"))) == []


def test_policy_sets_version_separators_and_file_name() -> None:
    policy = AckPolicy(
        version="005010",
        separators=AckSeparators(element="|", component=":", segment="'", suffix="\r\n"),
        file_name="{partner}-{kind}-{set}-{control_number}-{date}-{time}.txt",
    )
    (only,) = written(envelope(group(purchase_order("0001"))), agreed(acknowledge=policy))
    lines = only.payload.decode("ascii").split("'\r\n")
    assert lines[0].endswith("|261123|0930|^|00501|000000001|0|P|:")
    assert lines[1] == "GS|FA|TRADEPOST|ACMERETAIL|20261123|0930|1|X|005010"
    assert lines[3] == "AK1|PO|12|004010"
    assert only.file_name == "acme-997-850-000000001-20261123-093000.txt"


def test_a_component_is_named_in_ak401_and_a_bad_character_is_not_repeated() -> None:
    text = envelope(group(purchase_order("0001", GOOD_LINES[0], GOOD_LINES[1], "MEA*PD*WT*1*LB>x>1*1")))
    (only,) = written(text)
    told = [line for line in segments(only) if line.startswith("AK4")]
    assert told
    assert all(line.split("*")[1].startswith("4>") for line in told)


@pytest.mark.parametrize(("sent", "copied"), [(56, 56), (99, 99), (100, 98), (500, 98)])
def test_a_bad_value_is_copied_as_far_as_ak404_goes(sent: int, copied: int) -> None:
    text = envelope(group(purchase_order("0001", GOOD_LINES[0], f"N1*ST*A~N3*{'X' * sent}", GOOD_LINES[1])))
    (only,) = written(text)
    (line,) = [line for line in segments(only) if line.startswith("AK4")]
    assert line == f"AK4*1*166*5*{'X' * copied}"


@pytest.mark.parametrize(("text", "_"), CASES.values(), ids=CASES)
def test_our_own_reader_finds_nothing_wrong_with_our_answers(text: str, _: str) -> None:
    for answer in written(text.replace("*0*P*>~", "*1*P*>~")):
        events = interchange.read(io.BytesIO(answer.payload), lambda _header: DEFAULT_OPTIONS)
        told = [
            finding
            for event in events
            for finding in (event.set.findings if hasattr(event, "set") else getattr(event, "findings", ()))
        ]
        assert told == []


@pytest.mark.parametrize("component", ["\r", "\n", "*", "A", "é"])
def test_delimiters_that_no_reader_takes_are_not_repeated(component: str) -> None:
    chosen = separators_of_answer(AckPolicy(), Separators(component=component), "00401")
    assert (chosen.element, chosen.component, chosen.segment) == ("*", ">", "~")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("004010VICS", "004010VICS"), ("000001", "004010"), ("", "004010"), ("five", "004010")],
)
def test_a_version_that_is_none_is_not_repeated(sent: str, answered: str) -> None:
    assert release_of(sent, None) == answered
