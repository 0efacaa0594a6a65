"""What a running gateway does when it is told something: stop, stop at once, look at the profiles again."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from business_files import order_850
from fake_erp import FakeErp, accept, commit_then_wait, fake_erp
from live_gateway import QUICK_RETRY, LiveGateway, prepared_gateway
from sqlalchemy import Connection, text

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ACME = "acme-retail"
#: Seconds within which a gateway that was told to stop has ended.
STOPS_S = 30.0


@pytest.fixture
def erp() -> Iterator[FakeErp]:
    with fake_erp() as erp:
        yield erp


@pytest.fixture
def gateway(tmp_path: Path, database_url: str, erp: FakeErp) -> Iterator[LiveGateway]:
    """Running, with a delivery in hand that the ERP has taken and not yet answered."""
    with prepared_gateway(tmp_path, database_url) as gateway:
        gateway.destinations(f'url = "{erp.url}"\nallow_hosts = ["127.0.0.1"]\n{QUICK_RETRY}')
        gateway.start()
        yield gateway


def _deliver(gateway: LiveGateway, erp: FakeErp, answered: threading.Event) -> None:
    """Send an order, and return once the ERP holds back its answer to it."""
    erp.script(commit_then_wait(answered))
    gateway.send(ACME, {"po.edi": order_850(1, ["A-1"])})
    erp.wait_for_requests(1)


def _consignments(gateway: LiveGateway) -> list[str]:
    with gateway.view() as view:
        return list(view.execute(text("SELECT state FROM consignment")).scalars())


def test_told_to_stop_it_finishes_what_is_in_hand_and_ends_well(gateway: LiveGateway, erp: FakeErp) -> None:
    """FI-H04: exit status 0 within 30 s, on SQLite and PostgreSQL."""
    answered = threading.Event()
    _deliver(gateway, erp, answered)
    begun = time.monotonic()
    gateway.tell(signal.SIGTERM)
    threading.Timer(1.0, answered.set).start()
    assert gateway.ended() == 0
    assert time.monotonic() - begun < STOPS_S
    assert _consignments(gateway) == ["delivered"]
    assert len(erp.requests) == 1


def test_told_twice_it_ends_at_once_and_the_next_start_goes_on(gateway: LiveGateway, erp: FakeErp) -> None:
    """FI-H04: as after kill -9, the same key is sent again."""
    answered = threading.Event()
    _deliver(gateway, erp, answered)
    gateway.tell(signal.SIGTERM)
    gateway.wait_for(lambda view: "gateway.stopping" in _log(gateway), "the stop")
    gateway.tell(signal.SIGTERM)
    assert gateway.ended() == 1
    answered.set()
    erp.always(accept())
    gateway.start()
    gateway.wait_until_idle()
    assert _consignments(gateway) == ["delivered"]
    assert len(erp.commits) == 1
    assert len({request.key for request in erp.requests}) == 1


def _log(gateway: LiveGateway) -> str:
    return (gateway.home / "log" / "tradepost.log").read_text("utf-8")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_storm_of_sighups_ends_in_one_state(gateway: LiveGateway) -> None:
    """FI-H05, FI-H01: profiles that are refused change nothing."""
    gateway.profile(ACME, lambda profile: profile + "no_such_key = 1\n")
    gateway.tell(signal.SIGHUP)
    gateway.wait_for(lambda view: "profiles.refused" in _log(gateway), "the refusal")
    gateway.profile(ACME, lambda profile: profile.replace("no_such_key = 1\n", "# another comment\n"))
    for _ in range(100):
        gateway.tell(signal.SIGHUP)
    gateway.wait_for(_versions_are_two, "the profiles")
    assert gateway.runs
    assert gateway.stop() == 0


def _versions_are_two(view: Connection) -> bool:
    return view.execute(text("SELECT count(*) FROM profile_version")).scalar_one() == 2
