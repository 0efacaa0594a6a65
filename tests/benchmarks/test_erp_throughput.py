"""Documents a second into Tryton, beside Tryton's own limit: run with -s to see the figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tryton_documents import door, sample_order
from tryton_server import tryton_server

from outbound.connector import Outcome
from outbound.tryton import sales
from outbound.tryton.booking import booking
from outbound.tryton.client import Record, Tryton
from outbound.tryton.connector import TrytonConnector, TrytonOptions
from outbound.tryton.memory import Asking, Memory
from translators.canonical.codec import from_json
from translators.canonical.order import Order

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNT = 30
ROUNDS = 3


def best_rate(work: Callable[[str], object], name: str) -> float:
    """Calls a second, the best of several rounds."""
    rates = []
    for round_ in range(ROUNDS):
        start = time.perf_counter()
        for number in range(COUNT):
            work(f"{name}{round_}x{number}")
        rates.append(COUNT / (time.perf_counter() - start))
    return max(rates)


def test_orders_a_second_into_tryton(tmp_path: Path) -> None:
    with tryton_server(tmp_path) as server:
        tryton = Tryton(door(server))
        drafts = TrytonConnector(door(server), TrytonOptions(order="draft"))
        whole = TrytonConnector(door(server), TrytonOptions())
        template = _values(tryton)

        def create(key: str) -> None:
            tryton.create("sale.sale", {**template, "reference": key}, ["state"])

        def deliver(connector: TrytonConnector) -> Callable[[str], None]:
            def one(key: str) -> None:
                assert connector.deliver(sample_order(key)).outcome is Outcome.ACCEPTED

            return one

        figures = {
            "sale.create alone, Tryton's own limit": best_rate(create, "c"),
            "orders to drafts, looked up first and again": best_rate(deliver(drafts), "d"),
            "orders to confirmed and processed sales": best_rate(deliver(whole), "w"),
        }
    for what, rate in figures.items():
        print(f"{what}: {rate:.1f} a second")
    assert min(figures.values()) > 0


def _values(tryton: Tryton) -> Record:
    """The values of a sale, as the connector makes them."""
    order = sample_order("template")
    (carried,) = order.documents
    document = from_json(carried.value)
    assert isinstance(document, Order)
    return sales.prepared(booking(Asking(tryton, Memory()), order, carried, document, "template"))
