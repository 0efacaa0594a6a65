"""The sample 850, 856 and 810 by SFTP into a real Tryton, and what must be in it whatever breaks between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from erp_world import INVOICE, NOTICE, ORDER
from tryton_world import World, assert_booked, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: The requests that change something in Tryton, document by document: what the path holds.
CHANGES = {
    ORDER: [("POST", "/sale.sale?"), ("POST", "/quote?"), ("POST", "/confirm?")],
    NOTICE: [("POST", "/stock.shipment.in?"), ("PUT", "/stock.shipment.in/"), ("POST", "/receive?")],
    INVOICE: [("PUT", "/account.invoice/"), ("POST", "/post?")],
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as running:
        yield running


def test_each_sample_is_booked_once_and_a_repeat_of_each_file_changes_nothing(running: World) -> None:
    running.send_all()
    assert_booked(running.tryton.rpc())
    running.repeat_all()
    assert_booked(running.tryton.rpc())
    assert running.gateway.complaints.count("Traceback") == 0


def test_each_sample_is_booked_once_when_the_gateway_is_killed_before_between_and_after_every_change(
    running: World,
) -> None:
    """FI-F05."""
    for what, changes in CHANGES.items():
        first, last = changes[0], changes[-1]
        running.proxy.at(*first, do=running.gateway.kill)
        running.proxy.at(*first, after=True, do=running.gateway.kill)
        running.proxy.at(*last, after=True, do=running.gateway.kill)
        running.send(what)
        for left in (2, 1, 0):
            running.proxy.wait_until_left(left)
            running.restart()
        running.delivered(what[2])
    assert_booked(running.tryton.rpc())


def test_each_sample_is_booked_once_when_the_answer_to_every_change_is_lost(running: World) -> None:
    """FI-F05."""
    for what, changes in CHANGES.items():
        for change in changes:
            running.proxy.at(*change, after=True)
        running.send(what)
        running.delivered(what[2])
        running.proxy.wait_until_left(0)
    assert_booked(running.tryton.rpc())


def test_each_sample_is_booked_once_when_tryton_is_away_for_a_while(running: World) -> None:
    for what in (ORDER, NOTICE, INVOICE):
        running.tryton.stop()
        running.send(what)
        running.gateway.wait_for(lambda _: len(running.proxy.requests) > 0, "a try")
        running.consignment(what[2], "retrying", "OUT-033")
        running.tryton.start()
        running.delivered(what[2])
    assert_booked(running.tryton.rpc())
