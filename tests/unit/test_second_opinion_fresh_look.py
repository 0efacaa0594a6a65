"""What a fresh look at real files found: each fault once, and nothing said that is not so."""

from __future__ import annotations

import pytest
from second_opinion_reading import findings_of
from x12_faults import INVOICE, ORDER


def codes(text: str) -> list[str]:
    return [finding.code for finding in findings_of(text.encode())]


@pytest.mark.parametrize(
    "base", [ORDER, INVOICE, ORDER.replace("ST*850", "ST*945").replace("GS*PO", "GS*SW")]
)
def test_sets_of_a_version_that_nobody_reads_are_neither_too_long_nor_checked(base: str) -> None:
    """As in the 945 of a real file whose GS had two elements too many."""
    assert codes(base.replace("*X*004010", "*1505*21*X*005010")) == ["X12-054", "X12-136", "X12-052"]
