"""Every row of the decision tables: findings and policy in, verdicts out."""

from __future__ import annotations

import pytest

from parsers.finding import Finding, Level, Severity
from parsers.x12.model import InterchangeHeader, PartyId, Separators
from translators.acknowledgements.decision import (
    SetCounts,
    Ta1Policy,
    can_be_answered,
    decide_group,
    decide_interchange,
    decide_set,
    fitted,
    rolled_up,
    ta1_is_due,
)
from translators.outcomes import Ak5
from translators.report import Status, Ta1


def fault(level: Level, severity: Severity = Severity.ERROR, **x12: str) -> Finding:
    return Finding("X12-000", severity, level, "t", "m", "r", x12=x12)


BAD_DATE = fault(Level.ELEMENT, AK304="8", AK403="8")
MISSING_SEGMENT = fault(Level.SEGMENT, AK304="3")
WRONG_COUNT = fault(Level.SET, AK502="4")


@pytest.mark.parametrize(
    ("findings", "on_element_error", "status", "ak5"),
    [
        ([], "reject", Status.ACCEPTED, Ak5("A")),
        ([fault(Level.ELEMENT, Severity.NOTE, AK403="7")], "reject", Status.ACCEPTED, Ak5("A")),
        ([BAD_DATE], "reject", Status.REJECTED, Ak5("R", ("5",))),
        ([BAD_DATE], "accept_with_errors", Status.ACCEPTED_WITH_ERRORS, Ak5("E", ("5",))),
        ([BAD_DATE, MISSING_SEGMENT], "accept_with_errors", Status.REJECTED, Ak5("R", ("5",))),
        ([WRONG_COUNT], "accept_with_errors", Status.REJECTED, Ak5("R", ("4",))),
        ([BAD_DATE, WRONG_COUNT], "reject", Status.REJECTED, Ak5("R", ("4", "5"))),
        ([WRONG_COUNT, WRONG_COUNT], "reject", Status.REJECTED, Ak5("R", ("4",))),
    ],
)
def test_a_set_is_answered_by_its_faults_and_the_policy(
    findings: list[Finding], on_element_error: str, status: Status, ak5: Ak5
) -> None:
    decided = decide_set(findings, on_element_error=on_element_error, version="004010")  # type: ignore[arg-type]
    assert decided == (status, ak5)


def test_at_most_five_codes_answer_a_set() -> None:
    findings = [fault(Level.SET, AK502=code) for code in ("1", "2", "3", "4", "6", "7")]
    _, ak5 = decide_set(findings, on_element_error="reject", version="004010")
    assert ak5.notes == ("1", "2", "3", "4", "6")


@pytest.mark.parametrize(
    ("element", "code", "version", "said"),
    [
        ("AK403", "12", "004010", "3"),
        ("AK403", "13", "004060", "3"),
        ("AK403", "12", "005010", "12"),
        ("AK502", "18", "004010", "6"),
        ("AK502", "19", "004010VICS", "1"),
        ("AK502", "19", "005010X231", "19"),
        ("AK905", "19", "004040", "6"),
        ("AK905", "19", "004050", "19"),
        ("AK502", "23", "004010", "23"),
    ],
)
def test_a_code_of_later_lists_falls_back_in_an_older_answer(
    element: str, code: str, version: str, said: str
) -> None:
    assert fitted(element, code, version) == said


@pytest.mark.parametrize(
    ("counts", "status", "ak9"),
    [
        (SetCounts(accepted=2), Status.ACCEPTED, ("A", "2", "2", "2", ())),
        (SetCounts(accepted=1, with_errors=1), Status.ACCEPTED_WITH_ERRORS, ("E", "2", "2", "2", ())),
        (SetCounts(accepted=1, rejected=1), Status.PARTIALLY_ACCEPTED, ("P", "2", "2", "1", ())),
        (SetCounts(with_errors=1, rejected=1), Status.PARTIALLY_ACCEPTED, ("P", "2", "2", "1", ())),
        (SetCounts(rejected=2), Status.REJECTED, ("R", "2", "2", "0", ())),
    ],
)
def test_a_group_is_answered_by_how_its_sets_fared(
    counts: SetCounts, status: Status, ak9: tuple[object, ...]
) -> None:
    decided, answer, rejects_all = decide_group([], counts, declared="2", version="004010")
    assert (decided, rejects_all) == (status, False)
    assert (answer.code, answer.declared, answer.received, answer.accepted, answer.notes) == ak9


def test_a_fault_of_the_group_rejects_every_set_in_it() -> None:
    missing_trailer = fault(Level.GROUP, AK905="3")
    status, ak9, rejects_all = decide_group(
        [missing_trailer], SetCounts(accepted=3), declared=None, version="004010"
    )
    assert status is Status.REJECTED
    assert rejects_all
    assert (ak9.code, ak9.declared, ak9.received, ak9.accepted, ak9.notes) == ("R", "3", "3", "0", ("3",))


@pytest.mark.parametrize("declared", [None, "", "x", "1234567", "-1"])
def test_what_ak902_cannot_quote_is_replaced_by_the_number_received(declared: str | None) -> None:
    _, ak9, _ = decide_group([], SetCounts(accepted=4), declared=declared, version="004010")
    assert ak9.declared == "4"


def test_more_sets_than_a_group_can_count_are_told_as_the_most_it_can() -> None:
    _, ak9, _ = decide_group([], SetCounts(accepted=1_000_000), declared="1000000", version="004010")
    assert (ak9.declared, ak9.received, ak9.accepted) == ("999999", "999999", "999999")


@pytest.mark.parametrize(
    ("notes", "processed", "ta1"),
    [
        ([], True, Ta1("A", "000")),
        (["001"], True, Ta1("E", "001")),
        (["021"], True, Ta1("E", "021")),
        (["001", "023"], True, Ta1("R", "023")),
        (["021", "025", "001"], True, Ta1("R", "025")),
        (["009"], True, Ta1("E", "009")),
        (["009"], False, Ta1("R", "009")),
        (["006"], False, Ta1("R", "006")),
        (["003"], False, Ta1("R", "003")),
        (["024"], True, Ta1("E", "024")),
        (["024"], False, Ta1("R", "024")),
        (["018", "014"], True, Ta1("R", "018")),
    ],
)
def test_a_ta1_says_the_most_severe_code_and_what_we_did(notes: list[str], processed: bool, ta1: Ta1) -> None:
    findings = [fault(Level.INTERCHANGE, TA105=note) for note in notes]
    assert decide_interchange(findings, processed=processed) == ta1


def header(
    *, ack_requested: bool = False, control_number: str = "000000001", date: str = "260101"
) -> InterchangeHeader:
    sender, receiver = PartyId("ZZ", "THEM"), PartyId("ZZ", "US")
    return InterchangeHeader(
        sender, receiver, date, "1200", "U", "00401", control_number, ack_requested, "P", Separators(), 0
    )


GOOD, BAD = Ta1("A", "000"), Ta1("R", "023")


@pytest.mark.parametrize(
    ("policy", "requested_good", "requested_bad", "quiet_good", "quiet_bad"),
    [
        ("on_request", True, True, False, False),
        ("on_error", False, True, False, True),
        ("on_request_or_error", True, True, False, True),
        ("always", True, True, True, True),
        ("never", False, False, False, False),
    ],
)
def test_the_policy_says_when_a_ta1_is_sent(
    policy: Ta1Policy, requested_good: bool, requested_bad: bool, quiet_good: bool, quiet_bad: bool
) -> None:
    asked, quiet = header(ack_requested=True), header()
    due = [
        ta1_is_due(policy, ta1, envelope, only_acknowledgements=False)
        for envelope in (asked, quiet)
        for ta1 in (GOOD, BAD)
    ]
    assert due == [requested_good, requested_bad, quiet_good, quiet_bad]


def test_an_interchange_of_acknowledgements_never_gets_a_ta1() -> None:
    assert not ta1_is_due("always", BAD, header(ack_requested=True), only_acknowledgements=True)


@pytest.mark.parametrize(
    "unreadable",
    [None, header(control_number="00000000A"), header(control_number="1"), header(date="2601 1")],
)
def test_without_readable_isa13_and_date_there_is_no_ta1(unreadable: InterchangeHeader | None) -> None:
    assert not can_be_answered(unreadable)
    assert not ta1_is_due("always", BAD, unreadable, only_acknowledgements=False)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], Status.ACCEPTED),
        ([Status.ACCEPTED, Status.ACCEPTED], Status.ACCEPTED),
        ([Status.ACCEPTED, Status.ACCEPTED_WITH_ERRORS], Status.ACCEPTED_WITH_ERRORS),
        ([Status.ACCEPTED, Status.REJECTED], Status.PARTIALLY_ACCEPTED),
        ([Status.ACCEPTED_WITH_ERRORS, Status.REJECTED], Status.PARTIALLY_ACCEPTED),
        ([Status.PARTIALLY_ACCEPTED], Status.PARTIALLY_ACCEPTED),
        ([Status.REJECTED, Status.REJECTED], Status.REJECTED),
    ],
)
def test_a_whole_is_judged_by_its_parts(parts: list[Status], whole: Status) -> None:
    assert rolled_up(parts) is whole
