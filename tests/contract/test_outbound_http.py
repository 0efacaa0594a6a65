"""Delivery over HTTP against a real server: every answer an ERP may give."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fake_erp import (
    Answer,
    FakeErp,
    accept,
    commit_then_drop,
    commit_then_wait,
    cut_off_body,
    drop,
    endless_body,
    fake_erp,
    html_page,
    json_answer,
    status,
    truncated_json,
)

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.guarded_network import is_public
from outbound.http_answers import AnswerContract
from outbound.http_json import HttpJson, HttpJsonOptions

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b'{"number": "PO-7"}')
LOCAL = frozenset({"127.0.0.1", "localhost"})
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTRACT = AnswerContract(json=True, reference_field="id")


@pytest.fixture
def erp() -> Iterator[FakeErp]:
    with fake_erp() as running:
        yield running


def door(erp: FakeErp, **options: object) -> HttpJson:
    given = HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, connect_s=2, read_s=2, total_s=4)
    return HttpJson(replace(given, **options), now_s=NOW.timestamp)  # type: ignore[arg-type]


def refusal(connector: HttpJson) -> Refused:
    with pytest.raises(Refused) as caught:
        connector.deliver(ORDER)
    return caught.value


def delay(connector: HttpJson) -> TryLater:
    with pytest.raises(TryLater) as caught:
        connector.deliver(ORDER)
    return caught.value


def test_the_erp_gets_the_payload_under_its_key_and_its_number_comes_back(erp: FakeErp) -> None:
    erp.script(accept("SO-4711"))
    receipt = door(erp, answer=CONTRACT).deliver(ORDER)
    assert (receipt.outcome, receipt.reference) == (Outcome.ACCEPTED, "SO-4711")
    assert receipt.response == b'{"id": "SO-4711"}'
    assert erp.committed == {"doc-1:v1": ORDER.payload}
    assert erp.requests[0].headers["content-type"] == "application/json"


def test_the_signature_covers_time_and_body(erp: FakeErp) -> None:
    door(erp, hmac_key="s3cret").deliver(ORDER)
    sent = erp.requests[0]
    stamp, mark = sent.headers["tradepost-signature"].split(",")
    assert stamp == f"t={int(NOW.timestamp())}"
    signed = stamp.removeprefix("t=").encode() + b"." + sent.body
    assert mark == "v1=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()


def test_the_secret_goes_into_the_named_header_and_nowhere_else(erp: FakeErp) -> None:
    options = HttpJsonOptions(url=erp.url, auth_value="Bearer abc", hmac_key="xyz")
    assert "abc" not in repr(options)
    assert "xyz" not in repr(options)
    door(erp, auth_header="X-Api-Key", auth_value="abc").deliver(ORDER)
    assert erp.requests[0].headers["x-api-key"] == "abc"
    assert "authorization" not in erp.requests[0].headers


@pytest.mark.parametrize("code", [400, 404, 405, 413, 422])
def test_a_refused_document_is_not_tried_again_and_the_answer_is_kept(erp: FakeErp, code: int) -> None:
    """FI-F01."""
    erp.script(json_answer(code, {"error": "no such item"}))
    fault = refusal(door(erp))
    assert fault.response == b'{"error": "no such item"}'
    assert not fault.endpoint_wide
    assert "no such item" in fault.reason


@pytest.mark.parametrize("code", [401, 403])
def test_a_wrong_password_stops_the_endpoint_not_the_document(erp: FakeErp, code: int) -> None:
    """FI-F02."""
    erp.script(status(code))
    assert refusal(door(erp)).endpoint_wide


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_far_end_is_asked_again(erp: FakeErp, code: int) -> None:
    """FI-F03."""
    erp.script(status(code))
    assert delay(door(erp)).after_s is None


@pytest.mark.parametrize(
    ("header", "after_s"),
    [
        ("120", 120.0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    erp: FakeErp, header: str, after_s: float | None
) -> None:
    """FI-F03."""
    erp.script(status(503, retry_after=header))
    assert delay(door(erp)).after_s == after_s


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_never_followed(erp: FakeErp, code: int) -> None:
    """FI-F09."""
    erp.script(status(code, location=erp.url))
    fault = refusal(door(erp))
    assert erp.url in fault.reason
    assert len(erp.requests) == 1


def test_a_commit_whose_answer_is_lost_takes_effect_once(erp: FakeErp) -> None:
    """FI-F05, FI-A15."""
    erp.script(commit_then_drop())
    connector = door(erp)
    delay(connector)
    assert connector.deliver(ORDER).outcome is Outcome.DUPLICATE
    assert erp.commits == ["doc-1:v1"]


def test_a_connection_cut_before_the_commit_is_tried_again(erp: FakeErp) -> None:
    erp.script(drop())
    connector = door(erp)
    delay(connector)
    assert connector.deliver(ORDER).outcome is Outcome.ACCEPTED


def test_an_answer_that_does_not_come_ends_at_the_time_limit(erp: FakeErp) -> None:
    """FI-F05."""
    release = threading.Event()
    erp.script(commit_then_wait(release))
    fault = delay(door(erp, read_s=0.2))
    release.set()
    assert fault.reason.startswith("OUT-032")


def test_closing_leaves_a_delivery_that_is_under_way_to_end(erp: FakeErp) -> None:
    release = threading.Event()
    erp.script(commit_then_wait(release))
    connector = door(erp)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(connector.deliver, ORDER)
        erp.wait_for_requests(1)
        connector.close()
        release.set()
        assert under_way.result().outcome is Outcome.ACCEPTED


def test_a_dripping_answer_ends_at_the_total_limit(erp: FakeErp) -> None:
    """FI-F12."""
    step = threading.Event()

    def drip() -> Iterator[bytes]:
        while not step.wait(0.05):
            yield b"x"

    erp.script(Answer(200, body=drip, declared_bytes=10_000))
    fault = delay(door(erp, total_s=0.4))
    step.set()
    assert fault.reason.startswith("OUT-032")


def test_of_ten_gigabytes_of_answer_only_the_limit_is_read(erp: FakeErp) -> None:
    """FI-F12."""
    erp.script(endless_body())
    receipt = door(erp, max_response_bytes=1 << 20).deliver(ORDER)
    assert receipt.outcome is Outcome.ACCEPTED
    assert len(receipt.response) == 1 << 20


@pytest.mark.parametrize(
    "answer",
    [html_page(), truncated_json(), endless_body(), json_answer(200, {"number": 1}), json_answer(200, [])],
    ids=["login page", "truncated", "endless", "no reference", "not an object"],
)
def test_success_that_breaks_the_answers_contract_is_tried_again(erp: FakeErp, answer: Answer) -> None:
    """FI-F08."""
    erp.script(answer)
    assert delay(door(erp, answer=CONTRACT)).reason.startswith("OUT-038")


def test_a_body_shorter_than_announced_is_tried_again(erp: FakeErp) -> None:
    """FI-F08."""
    erp.script(cut_off_body())
    assert delay(door(erp)).reason.startswith("OUT-033")


def test_a_conflict_that_names_another_key_is_refused(erp: FakeErp) -> None:
    """FI-F04."""
    erp.script(json_answer(409, {"idempotency_key": "other"}))
    assert "409" in refusal(door(erp)).reason


def test_nobody_listening_is_tried_again() -> None:
    """FI-F03."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        connector = HttpJson(HttpJsonOptions(url=url, allow_hosts=LOCAL))
        assert delay(connector).reason.startswith("OUT-033")
        with pytest.raises(TryLater):
            connector.check()


def test_a_name_without_an_address_is_tried_again() -> None:
    connector = HttpJson(HttpJsonOptions(url="http://no-such-host.invalid/"))
    assert delay(connector).reason.startswith("OUT-031")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0", "0x7f.1"])  # noqa: S104
def test_a_private_address_is_refused_before_anything_is_sent(erp: FakeErp, host: str) -> None:
    """SEC-13."""
    connector = HttpJson(HttpJsonOptions(url=f"http://{host}:{erp.port}/"))
    fault = refusal(connector)
    assert fault.reason.startswith("OUT-030")
    assert fault.endpoint_wide
    assert erp.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    """SEC-13."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x/", "http://user:pw@host/", "http://", "x"])
def test_a_url_that_is_not_plain_http_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="no http or https URL"):
        HttpJson(HttpJsonOptions(url=url))
