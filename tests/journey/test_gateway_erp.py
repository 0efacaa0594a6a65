"""A real HTTP server as ERP that is slow, errs and refuses, behind `tradepost run` as a process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from business_files import order_850
from fake_erp import (
    Answer,
    FakeErp,
    accept,
    commit_then_drop,
    commit_then_wait,
    drop,
    fake_erp,
    html_page,
    status,
)
from live_gateway import LiveGateway, prepared_gateway
from sqlalchemy import Connection

from gateway import views

pytestmark = pytest.mark.slow

ERP = """\
url = "{url}"
allow_hosts = ["127.0.0.1"]
http = {{ timeout_s = 0.5, answer_json = true }}
retry = {{ first_s = 0.05, max_wait_s = 1.5, max_attempts = 4 }}
"""


@pytest.fixture(scope="module")
def erp() -> Iterator[FakeErp]:
    with fake_erp() as erp:
        yield erp


@pytest.fixture(scope="module")
def gateway(erp: FakeErp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGateway]:
    with prepared_gateway(tmp_path_factory.mktemp("erp")) as gateway:
        gateway.destinations(ERP.format(url=erp.url))
        gateway.start()
        yield gateway


def _consignment(gateway: LiveGateway, number: str, state: str) -> views.Item:
    """The consignment of an order, once it is in `state`."""

    def look(view: Connection) -> views.Item | None:
        for item in views.consignments(view, views.Page(100), state=state):
            if number in {document["number"] for document in item["documents"]}:
                return views.consignment(view, item["id"])
        return None

    return gateway.wait_for(look, f"{number} {state}")


def _outcomes(consignment: views.Item) -> list[str | None]:
    return [attempt["outcome"] for attempt in consignment["attempts_made"]]


@pytest.mark.parametrize(
    ("number", "answers", "outcomes"),
    [
        (1, [accept()], ["accepted"]),
        (2, [status(500), status(503, retry_after="1"), accept()], ["try_later", "try_later", "accepted"]),
        (3, [drop(), accept()], ["try_later", "accepted"]),
        (4, [commit_then_drop()], ["try_later", "duplicate"]),
        (5, [status(429), status(502), status(408)], ["try_later", "try_later", "try_later", "accepted"]),
    ],
    ids=["takes it", "errs and is busy", "drops it", "takes it and drops the line", "until the last try"],
)
def test_an_order_is_in_the_erp_once_whatever_the_erp_does(
    gateway: LiveGateway, erp: FakeErp, number: int, answers: list[Answer], outcomes: list[str]
) -> None:
    """FI-F05."""
    erp.script(*answers)
    before = len(erp.requests)
    gateway.send("acme-retail", {f"po_{number}.edi": order_850(number, [f"A-{number}"])})
    delivered = _consignment(gateway, f"A-{number}", "delivered")
    assert _outcomes(delivered) == outcomes
    requests = erp.requests[before:]
    assert len(requests) == len(outcomes)
    assert {request.key for request in requests} == {delivered["key"]}
    assert len({request.body for request in requests}) == 1
    assert erp.commits.count(delivered["key"]) == 1
    assert json.loads(erp.committed[delivered["key"]])["number"] == f"A-{number}"


def test_an_erp_that_answers_too_late_is_asked_again_with_the_same_key(
    gateway: LiveGateway, erp: FakeErp
) -> None:
    """FI-F07."""
    release = threading.Event()
    erp.script(commit_then_wait(release))
    gateway.send("acme-retail", {"slow.edi": order_850(20, ["A-20"])})
    delivered = _consignment(gateway, "A-20", "delivered")
    release.set()
    assert _outcomes(delivered) == ["try_later", "duplicate"]
    assert erp.commits.count(delivered["key"]) == 1


@pytest.mark.parametrize(
    ("number", "answers", "outcome"),
    [(30, [status(400)], "refused"), (31, [status(500)] * 4, "try_later")],
    ids=["refuses", "never recovers"],
)
def test_a_dead_letter_is_listed_and_tried_again_by_hand(
    gateway: LiveGateway, erp: FakeErp, number: int, answers: list[Answer], outcome: str
) -> None:
    erp.script(*answers)
    gateway.send("acme-retail", {f"po_{number}.edi": order_850(number, [f"A-{number}"])})
    dead = _consignment(gateway, f"A-{number}", "dead")
    assert set(_outcomes(dead)) == {outcome}
    assert dead["id"] in {one["id"] for one in gateway.ask("deliveries", "list", "--state", "dead")}
    assert dead["key"] not in erp.committed
    gateway.do("deliveries", "retry", dead["id"], "--reason", "the ERP is mended")
    delivered = _consignment(gateway, f"A-{number}", "delivered")
    assert delivered["id"] == dead["id"]
    assert erp.commits.count(dead["key"]) == 1
    assert "the ERP is mended" in {event["reason"] for event in delivered["events"]}


def test_a_login_page_instead_of_an_answer_is_no_delivery(gateway: LiveGateway, erp: FakeErp) -> None:
    """FI-F08."""
    erp.script(html_page())
    gateway.send("acme-retail", {"page.edi": order_850(40, ["A-40"])})
    assert _outcomes(_consignment(gateway, "A-40", "delivered")) == ["try_later", "accepted"]
