"""What our ERP pushes and posts comes into the ledger once, wherever the gateway is killed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from life_erp import POSTED, PUSHED, furnish
from lives import KILLED, Day, Lives, lives
from sqlalchemy import select

from gateway.failpoints import FAILPOINTS
from gateway.store.core import DOCUMENT, TRANSMISSION
from gateway.store.core import ERP_CURSOR as CURSOR
from gateway.store.ledger import Ledger, open_engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POINTS = [name for name in FAILPOINTS if name.startswith(("erp.", "push."))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    with lives(tmp_path_factory.mktemp("from-erp")) as running:
        yield running


@pytest.fixture(scope="module")
def passages(run: Lives) -> dict[str, int]:
    day = _day(run)
    assert day.live(",".join(f"{name}=sleep:0" for name in POINTS)) == 0
    _all_is_heard(day)
    return day.passages()


def _day(run: Lives) -> Day:
    """A day on which only the ERP has something to say."""
    day = run.day(furnish=furnish, erp=True)
    day.send_nothing_more()
    return day


def _all_is_heard(day: Day) -> None:
    """Every document is kept once, every push is one arrival, and the cursor is at the last record."""
    assert day.breaches() == []
    ledger = Ledger(open_engine(f"sqlite:///{day.home / 'tradepost.db'}"))
    try:
        with ledger.read() as view:
            documents = Counter((row.number, row.state) for row in view.execute(select(DOCUMENT)))
            arrivals = Counter(row.channel for row in view.execute(select(TRANSMISSION)))
            cursors = [(row.version, row.record) for row in view.execute(select(CURSOR))]
    finally:
        ledger.close()
    assert documents == {(number, "kept"): 1 for number in POSTED + PUSHED}
    assert arrivals == {"acme-push": len(PUSHED), "acme-erp": len(POSTED)}
    assert cursors == [("2026-11-23T10:02:00", 4)]


@pytest.mark.parametrize("name", POINTS)
def test_what_our_erp_says_is_heard_once_after_a_kill_at(
    name: str, run: Lives, passages: dict[str, int]
) -> None:
    """FI-A07 FI-A08 FI-F11: at the first and the last passage; what was not answered is pushed again."""
    assert passages[name] > 1
    for nth in (1, passages[name]):
        day = _day(run)
        assert day.live(f"{name}=kill:{nth}") == KILLED
        day.live_on()
        _all_is_heard(day)
