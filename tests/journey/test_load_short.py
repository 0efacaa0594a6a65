"""A short form of `make load`: partners and an ERP in processes of their own; what must hold at any speed.

Rates and waits are for `make load`; here everything must arrive once, be answered once, in little memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SENDERS = 6
EACH = 15
FLOOD = 140
#: For a thousand sessions and fifty of them at work it is 300 MB; a handful must stay well below.
MOST_MB = 260


@pytest.fixture(scope="module")
def load() -> Iterator[ModuleType]:
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        import load_gateway

        yield load_gateway
    finally:
        sys.path.remove(folder)


def test_a_burst_over_several_sessions_arrives_once_and_is_answered_within_bounded_memory(
    load: ModuleType,
) -> None:
    """LD-2, and LD-1 in small."""
    from load_clients import Session, Watch
    from load_files import purchase_order

    with load.bench() as bench:
        bench.gateway.start()
        with load.watched(bench.pid) as use:
            sessions = [Session(n + 1, n * EACH, EACH) for n in range(SENDERS)]
            closed = bench.clients(sessions, [Watch(n + 1, EACH) for n in range(SENDERS)], give_up_s=120)
            seen = bench.wait_for_erp(SENDERS * EACH, 120)
        taken = bench.erp_log()
    assert set(seen) == {purchase_order(number) for number in range(SENDERS * EACH)}
    assert len(taken) == SENDERS * EACH, "an order reached the ERP twice"
    assert {sender: len(answers) for sender, answers in closed.answers.items()} == dict.fromkeys(
        range(1, SENDERS + 1), EACH
    )
    assert use.peak_mb <= MOST_MB


def test_a_file_of_another_partner_overtakes_a_flood(load: ModuleType) -> None:
    """LD-6, FI-G09: it waits for what was claimed before it, and not for all that came before it."""
    from load_files import FLOODER, purchase_order

    with load.bench() as bench:
        bench.seed(0, FLOOD, sender=FLOODER, lines=2)
        bench.seed(FLOOD, 1, sender=FLOODER + 1, lines=2)
        bench.gateway.start()
        bench.wait_for_erp(FLOOD + 1, 120)
        order = [number for _, number in bench.erp_log()]
    assert sorted(order) == [purchase_order(number) for number in range(FLOOD + 1)]
    assert order.index(purchase_order(FLOOD)) <= FLOOD // 2
