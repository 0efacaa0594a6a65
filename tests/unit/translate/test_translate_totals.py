"""What lines come to where nothing sensible was sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from translators.totals import goods_of


@pytest.mark.parametrize("per", ["0", "0.00", "-0"])
def test_a_price_for_no_units_comes_to_nothing_known(per: str) -> None:
    assert goods_of([Decimal(3)], [Decimal("1.50")], Decimal(per)) is None


def test_a_price_for_a_hundred_units_is_rounded_line_by_line() -> None:
    quantities, prices = [Decimal(1), Decimal(1)], [Decimal("0.50"), Decimal("0.50")]
    assert goods_of(quantities, prices, Decimal(100)) == Decimal("0.02")
