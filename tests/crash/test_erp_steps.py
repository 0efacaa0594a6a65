"""The gateway dies after each change that it makes in Tryton; a new attempt finishes, and there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count

import pytest
import tryton_seed
from tryton_documents import door, door_options, invoice, sample_order, ship_notice
from tryton_rpc import TrytonRpc
from tryton_server import TrytonServer, tryton_server

from outbound.connector import Consignment, Outcome, Receipt, TryLater
from outbound.http_answers import Answer
from outbound.http_door import HttpDoor, Request
from outbound.tryton.connector import TrytonConnector, TrytonOptions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLAMP = "DS-310"
NUMBERS = count(1)


class Died(BaseException):
    """What kill -9 looks like from inside: nothing catches it."""


class DyingDoor(HttpDoor):
    """Ends the process after the nth change; Tryton has done it, nobody has heard."""

    def __init__(self, server: TrytonServer, changes: int) -> None:
        super().__init__(door_options(server))
        self._left = changes

    def ask(self, request: Request) -> Answer:
        answer = super().ask(request)
        if request.method != "GET":
            self._left -= 1
            if not self._left:
                raise Died
        return answer


class OvertakenDoor(HttpDoor):
    """Lets another process in just before the first change."""

    def __init__(self, server: TrytonServer, meanwhile: Callable[[], object]) -> None:
        super().__init__(door_options(server))
        self._meanwhile: Callable[[], object] | None = meanwhile

    def ask(self, request: Request) -> Answer:
        meanwhile, self._meanwhile = self._meanwhile, None if request.method != "GET" else self._meanwhile
        if meanwhile is not None and request.method != "GET":
            meanwhile()
        return super().ask(request)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with tryton_server(tmp_path_factory.mktemp("steps")) as running:
        yield running


@pytest.fixture
def rpc(server: TrytonServer) -> TrytonRpc:
    return server.rpc()


def order(rpc: TrytonRpc) -> tuple[Consignment, str, str, str]:
    """An order; the model, number and last state of what it becomes."""
    key = f"order{next(NUMBERS)}"
    return sample_order(key), "sale.sale", f"PO-{key}", "processing"


def notice(rpc: TrytonRpc) -> tuple[Consignment, str, str, str]:
    """A ship notice of a part of its purchase."""
    key, purchase = f"notice{next(NUMBERS)}", tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")})
    return ship_notice(key, purchase, [(CLAMP, "4")]), "stock.shipment.in", f"SN-{key}", "received"


def bill(rpc: TrytonRpc) -> tuple[Consignment, str, str, str]:
    """An invoice of a part of its purchase."""
    key, purchase = f"bill{next(NUMBERS)}", tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, "order")
    return invoice(key, purchase, [(CLAMP, "4", "2.00")], "8.00"), "account.invoice", f"IN-{key}", "posted"


def bill_by_hand(rpc: TrytonRpc) -> tuple[Consignment, str, str, str]:
    """An invoice of which Tryton has drafted nothing."""
    key, purchase = f"made{next(NUMBERS)}", tryton_seed.purchase(rpc, {CLAMP: ("10", "2.00")}, "manual")
    return invoice(key, purchase, [(CLAMP, "4", "2.00")], "8.00"), "account.invoice", f"IN-{key}", "posted"


def deliver(server: TrytonServer, consignment: Consignment) -> Receipt:
    return TrytonConnector(door(server), TrytonOptions()).deliver(consignment)


CHANGES = [(order, 3), (notice, 3), (bill, 2), (bill_by_hand, 2)]


@pytest.mark.parametrize(
    ("make", "changes"),
    [pytest.param(make, n, id=f"{make.__name__} {n}") for make, most in CHANGES for n in range(1, most + 1)],
)
def test_a_document_is_booked_once_when_the_gateway_dies_after_any_change(
    server: TrytonServer,
    rpc: TrytonRpc,
    make: Callable[[TrytonRpc], tuple[Consignment, str, str, str]],
    changes: int,
) -> None:
    """FI-F05."""
    consignment, model, number, state = make(rpc)
    with pytest.raises(Died):
        TrytonConnector(DyingDoor(server, changes), TrytonOptions()).deliver(consignment)
    receipt = deliver(server, consignment)
    assert receipt.outcome is Outcome.DUPLICATE
    (found,) = rpc.read(model, [("reference", "=", number)], ["state"])
    assert (found["state"], receipt.reference) == (state, f"{model},{found['id']}")


def test_each_kind_makes_as_many_changes_as_are_tried_here(server: TrytonServer, rpc: TrytonRpc) -> None:
    for make, changes in CHANGES:
        consignment, *_ = make(rpc)
        receipt = TrytonConnector(DyingDoor(server, changes + 1), TrytonOptions()).deliver(consignment)
        assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("make", [order, notice, bill_by_hand])
def test_two_processes_that_looked_at_the_same_moment_leave_one(
    server: TrytonServer, rpc: TrytonRpc, make: Callable[[TrytonRpc], tuple[Consignment, str, str, str]]
) -> None:
    """A machine that was halted goes on after another has taken over (FI-G06)."""
    consignment, model, number, state = make(rpc)
    overtaken = OvertakenDoor(server, lambda: deliver(server, consignment))
    with pytest.raises(TryLater) as caught:
        TrytonConnector(overtaken, TrytonOptions()).deliver(consignment)
    assert caught.value.code == "OUT-106"
    assert deliver(server, consignment).outcome is Outcome.DUPLICATE
    (found,) = rpc.read(model, [("reference", "=", number)], ["state"])
    assert found["state"] == state


def test_many_processes_at_once_leave_one(server: TrytonServer, rpc: TrytonRpc) -> None:
    consignment, model, number, state = order(rpc)

    def until_told(_: int) -> Receipt:
        while True:
            try:
                return deliver(server, consignment)
            except TryLater as wait:
                if wait.code not in {"OUT-103", "OUT-106"}:
                    raise

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(until_told, range(4)))
    (found,) = rpc.read(model, [("reference", "=", number)], ["state", "total_amount"])
    assert (found["state"], found["total_amount"]) == (state, Decimal("339.00"))
    assert {receipt.reference for receipt in receipts} == {f"{model},{found['id']}"}
