"""How many orders of ten lines a second are written, checked, and put in an interchange."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from parsers.x12.model import PartyId
from tests.support.x12_faults import ISA
from tests.support.x12_round_trip import AT, sets_of
from translators.canonical.document import Document
from translators.writing_x12 import Envelope, write_file, write_set

LINES, ORDERS, ROUNDS = 10, 200, 5
#: Far below what a quiet machine does, so that a busy one passes.
LEAST_PER_S = 200
HEAD = """\
GS*PO*A*B*20261123*0915*12*X*004010~ST*850*0001~BEG*00*SA*PO-1**20261123~CUR*BY*USD~REF*DP*38~\
DTM*002*20261130~N1*BY*ACME*92*0001~N3*1 MAIN ST~N4*TOWN*NY*10001~"""
LINE = "PO1*{n}*10*EA*9.95*PE*UP*012345678905*VN*V{n}~PID*F****WIDGET~PO4*1*10*EA~"
FOOT = "CTT*10~SE*40*0001~GE*1*12~IEA*1*000000007~"


def _order() -> Document:
    lines = "".join(LINE.format(n=number) for number in range(1, LINES + 1))
    (sent,) = sets_of(f"{ISA}{HEAD}{lines}{FOOT}".encode())
    document = sent.document()
    assert document is not None
    assert sent.is_clean
    return document


@pytest.mark.slow
def test_orders_are_written_by_the_hundred_a_second() -> None:
    orders = [replace(_order(), number=f"PO-{number}") for number in range(ORDERS)]  # type: ignore[call-arg]
    envelope = Envelope(PartyId("ZZ", "A"), PartyId("ZZ", "B"), 1, AT)
    best_s = {"sets": float("inf"), "interchange": float("inf")}
    for _ in range(ROUNDS):
        start = time.process_time()
        sets = [write_set(order, "850", "004010") for order in orders]
        best_s["sets"] = min(best_s["sets"], time.process_time() - start)
        data = write_file(sets, envelope)
        best_s["interchange"] = min(best_s["interchange"], time.process_time() - start)
    assert isinstance(data, bytes)
    assert all(one.is_sound for one in sets)
    for name, seconds in best_s.items():
        print(f"{name}: {ORDERS / seconds:,.0f} orders/s, {len(data) / seconds / 1e6:.2f} MB/s")
    assert ORDERS / best_s["interchange"] > LEAST_PER_S
