"""The 824 in its own language, side by side with what it advises on."""

from __future__ import annotations

from typing import Any

import pytest
from acknowledged import AT, agreed, envelope, group, judged, purchase_order, segments, written

from partners.profile import AckPolicy, AckSeparators
from translators.acknowledgements.answer import Answer, PreviewNumbers
from translators.acknowledgements.answers import needs, write_answers

AG = "GS*AG*TRADEPOST*ACMERETAIL*20261123*0930*1*X*004010"
GOOD = purchase_order("0001")
#: Its CTT02 says 11 where its one line orders 10.
OFF = purchase_order("0002", "BEG*00*SA*PO-2**20261123", "PO1*1*10*EA*9.95**UP*012345678905", "CTT*1*11")
#: Purpose 77 is none that we know.
STRANGE = purchase_order("0003", "BEG*77*SA*PO-3**20261123", "PO1*1*10*EA*9.95**UP*012345678905")
#: Its line has a date in the thirteenth month: the 997 rejects it.
REJECTED = purchase_order("0004", "BEG*00*SA*PO-4**20261399", "PO1*1*10*EA*9.95**UP*012345678905", "CTT*9")


def advice(text: str, **settings: Any) -> Answer:
    """The 824 among the answers."""
    (only,) = [answer for answer in written(text, agreed(**settings)) if answer.kind == "824"]
    return only


def policy(application: str, **others: Any) -> AckPolicy:
    return AckPolicy.model_validate({"application": application, **others})


def test_an_824_says_exactly_this() -> None:
    answer = advice(envelope(group(GOOD, OFF, STRANGE, REJECTED)), acknowledge=policy("always"))
    assert (answer.kind, answer.functional_id, answer.group_numbers) == ("824", "AG", (1,))
    assert segments(answer) == [
        AG,
        "ST*824*0002",
        "BGN*11*1-0002*20261123*0930",
        "N1*FR*We",
        "OTI*TA*PO*PO-1*ACMERETAIL*TRADEPOST*20261123*0915*12*0001*850*004010",
        "DTM*004*20261123",
        "OTI*TE*PO*PO-2*ACMERETAIL*TRADEPOST*20261123*0915*12*0002*850*004010",
        "DTM*004*20261123",
        "TED*010*Hash total does not match*CTT*4*2*347*11",
        "NTE**The quantities add up to 10, but the document says 11.",
        "OTI*TE*PO*PO-3*ACMERETAIL*TRADEPOST*20261123*0915*12*0003*850*004010",
        "DTM*004*20261123",
        "TED*848*Purpose not known*BEG*2*1*353*77",
        'NTE**BEG-01 = "77" is a purpose we have no meaning for; the document is not taken as',
        "NTE**an original.",
        "SE*15*0002",
        "GE*1*1",
    ]


@pytest.mark.parametrize(
    ("application", "hash_totals", "spoken_of"),
    [
        ("none", "note", []),
        ("on_hold", "note", ["TE PO-3"]),
        ("on_hold", "hold", ["TE PO-2", "TE PO-3"]),
        ("on_findings", "note", ["TE PO-2", "TE PO-3"]),
        ("on_findings", "ignore", ["TE PO-3"]),
        ("always", "note", ["TA PO-1", "TE PO-2", "TE PO-3"]),
    ],
)
def test_the_policy_says_which_documents_are_spoken_of(
    application: str, hash_totals: str, spoken_of: list[str]
) -> None:
    text = envelope(group(GOOD, OFF, STRANGE, REJECTED))
    answers = written(text, agreed(acknowledge=policy(application), hash_totals=hash_totals))
    told = [line.split("*") for answer in answers for line in segments(answer) if line[:4] == "OTI*"]
    assert [f"{parts[1]} {parts[3]}" for parts in told] == spoken_of
    assert [answer.kind for answer in answers] == ["997", *(["824"] if spoken_of else [])]


def test_a_document_that_waits_may_be_called_rejected() -> None:
    answer = advice(envelope(group(OFF, STRANGE)), acknowledge=policy("on_findings", held_as="rejected"))
    assert [line[:6] for line in segments(answer) if line[:3] == "OTI"] == ["OTI*TE", "OTI*TR"]


def test_a_group_rejected_as_a_whole_is_not_spoken_of() -> None:
    text = envelope(group(GOOD, OFF, trailer="GE*3*12~"))
    assert [answer.kind for answer in written(text, agreed(acknowledge=policy("always")))] == ["997"]


def test_an_refused_interchange_is_not_spoken_of() -> None:
    text = envelope(group(OFF), trailer="")
    assert [answer.kind for answer in written(text, agreed(acknowledge=policy("always")))] == ["TA1"]


def test_acknowledgements_and_824s_get_no_824() -> None:
    text = envelope(
        "GS*FA*ACMERETAIL*TRADEPOST*20261123*0915*3*X*004010~"
        "ST*997*0001~AK1*IN*77~AK9*A*1*1*1~SE*4*0001~GE*1*3~",
        "GS*AG*ACMERETAIL*TRADEPOST*20261123*0915*4*X*004010~"
        "ST*824*0001~BGN*11*1*20261123~OTI*TR*IV*1~SE*4*0001~GE*1*4~",
    )
    answers = written(text, agreed(acknowledge=policy("always")))
    assert [(answer.kind, [g.functional_id for g in answer.groups]) for answer in answers] == [
        ("997", ["AG"])
    ]


def test_it_goes_out_where_no_997_does() -> None:
    answers = written(envelope(group(OFF)), agreed(acknowledge=policy("always", functional="none")))
    assert [answer.kind for answer in answers] == ["824"]


def test_a_newer_824_names_components_and_an_older_group_gets_one_of_004010() -> None:
    newer = advice(envelope(group(OFF, version="005010")), acknowledge=policy("always"))
    assert segments(newer)[0] == AG.replace("004010", "005010")
    older = advice(
        envelope(group(OFF.replace("**2026", "**26"), version="003060")), acknowledge=policy("always")
    )
    assert segments(older)[0] == AG


def test_numbers_of_both_kinds_of_groups_are_drawn_apart() -> None:
    text = envelope(group(OFF, number="1"), group(OFF, number="2", version="005010"))
    report = judged(text, agreed(acknowledge=policy("always")))
    wanted = needs(report, AT)
    answers = write_answers(report, PreviewNumbers(), AT)
    assert (wanted.interchanges, wanted.groups, wanted.sets) == (2, {"FA": 2, "AG": 2}, 4)
    assert [answer.group_numbers for answer in answers] == [(1, 2), (1, 2)]


def test_delimiters_are_taken_out_of_what_an_824_repeats() -> None:
    own = AckSeparators(element="|", component=":", segment="'")
    text = envelope(
        group(purchase_order("0001", "BEG*77*SA*P|O'1**20261123", "PO1*1*1*EA*1**UP*012345678905"))
    )
    answer = advice(text, acknowledge=policy("always", separators=own))
    assert b"|PO|PO1|ACMERETAIL|" in answer.payload
