"""The outcomes of a group's sets: kept small, given back in order and whole."""

from __future__ import annotations

import tracemalloc

import pytest

from parsers.catalogue import found
from parsers.finding import Location
from translators.outcomes import LINES_A_BLOCK, Ak5, Fault, Outcomes, SetOutcome

FAULT = found(
    "X12-226",
    Location("PO1", 7, "PO1", 4, component=2, data_element="355", byte_offset=12),
    value="\ud800\n[x\x1f",
    expected="EA",
    x12={"AK403": "7"},
    name="unit",
)
TOLD = Fault(7, "PO1", "PO1", "8", "8", 4, 2, None, "355", "7", "7", "\\udcff\n[x", ("PO101", "1"))
REJECTED = SetOutcome("850", "0002", "", Ak5("R", ("5",)), (TOLD,), (FAULT,))
GUIDED = SetOutcome("850", "0003", "GUIDE\tX", Ak5("A"))


def test_outcomes_come_back_as_they_were_added() -> None:
    outcomes = Outcomes()
    outcomes.accept("850", "0001")
    outcomes.append(REJECTED)
    outcomes.append(GUIDED)
    assert list(outcomes) == [SetOutcome("850", "0001", "", Ak5("A")), REJECTED, GUIDED]
    assert len(outcomes) == 3


def test_sets_accepted_without_a_word_come_in_runs() -> None:
    outcomes = Outcomes()
    for number in ("1", "2"):
        outcomes.accept("850", number)
    outcomes.append(REJECTED)
    outcomes.accept("856", "000000003")
    assert list(outcomes.runs()) == [["8501", "8502"], REJECTED, ["856000000003"]]


def test_a_felled_group_rejects_every_set_and_keeps_what_else_was_said() -> None:
    outcomes = Outcomes([REJECTED])
    outcomes.accept("850", "0009")
    outcomes.fell()
    told = [(outcome.control_number, outcome.ak5) for outcome in outcomes]
    assert told == [("0002", Ak5("R", ("5",))), ("0009", Ak5("R"))]
    assert list(outcomes.runs()) == list(outcomes)


@pytest.mark.parametrize("count", [LINES_A_BLOCK - 1, LINES_A_BLOCK, LINES_A_BLOCK + 1, 3 * LINES_A_BLOCK])
def test_order_and_number_do_not_depend_on_how_many_there_are(count: int) -> None:
    outcomes = Outcomes()
    for number in range(count):
        outcomes.append(REJECTED) if number == count // 2 else outcomes.accept("850", f"{number:04}")
    numbers = [f"{number:04}" if number != count // 2 else "0002" for number in range(count)]
    assert [outcome.control_number for outcome in outcomes] == numbers
    assert len(outcomes) == count
    runs = [1 if isinstance(run, SetOutcome) else len(run) for run in outcomes.runs()]
    assert sum(runs) == count


@pytest.mark.slow
def test_a_million_sets_take_a_few_megabytes() -> None:
    outcomes = Outcomes()
    tracemalloc.start()
    for number in range(1_000_000):
        outcomes.accept("850", f"{number:09}")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 5_000_000


def test_a_fault_has_of_a_finding_what_a_997_tells() -> None:
    assert Fault.of(FAULT) == Fault(7, "PO1", "PO1", "8", "8", 4, 2, None, "355", "7", "7", FAULT.value or "")
    missing = found("X12-203", Location("PO1", 9), at="CTT")
    assert Fault.of(missing) == Fault(9, "PO1", None, "3", "3", None, None, None, "", "", "", "")
    assert Fault.of(found("X12-082", Location("SE"), value="1", expected="2")) is None
