"""One file from its SFTP session to the ERP, as log, figures, alerts and health show it, without a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from business_files import order_850
from fake_erp import FakeErp, fake_erp, json_answer
from live_gateway import LiveGateway, prepared_gateway
from mail_server import Kept, mail_server
from scraped import fetch, figure, ready
from sqlalchemy import Connection

from gateway.store import alerts

pytestmark = pytest.mark.slow

CANARIES = {
    "CANARY_ERP": "Bearer canary-erp-7711",
    "CANARY_HMAC": "canary-hmac-7712",
    "CANARY_MAIL": "canary-mail-7713",
    "CANARY_HOOK": "canary-hook-7714",
}
ERP = """\
url = "{url}"
allow_hosts = ["127.0.0.1", "localhost"]
retry = {{ first_s = 0.05, max_wait_s = 0.2, max_attempts = 3 }}
[erp.http]
auth_secret = "env:CANARY_ERP"
hmac_secret = "env:CANARY_HMAC"
"""


@pytest.fixture(scope="module")
def post() -> Iterator[Kept]:
    with mail_server(Kept(user="edi", password=CANARIES["CANARY_MAIL"])) as kept:
        yield kept


@pytest.fixture(scope="module")
def erp() -> Iterator[FakeErp]:
    with fake_erp() as erp:
        yield erp


@pytest.fixture(scope="module")
def gateway(erp: FakeErp, post: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveGateway]:
    options = {
        **CANARIES,
        "TRADEPOST_LOG_LEVEL": "debug",
        "TRADEPOST_LOG_STDERR": "text",
        "TRADEPOST_MAIL_HOST": "127.0.0.1",
        "TRADEPOST_MAIL_PORT": str(post.port),
        "TRADEPOST_MAIL_SECURITY": "none",
        "TRADEPOST_MAIL_FROM": "gateway@us.example",
        "TRADEPOST_MAIL_USER": "edi",
        "TRADEPOST_MAIL_PASSWORD": "env:CANARY_MAIL",
        "TRADEPOST_ALERT_MAIL_TO": "edi@us.example",
        "TRADEPOST_ALERT_WEBHOOK_URL": erp.url,
        "TRADEPOST_ALERT_WEBHOOK_SECRET": "env:CANARY_HOOK",
        "TRADEPOST_ALERT_WEBHOOK_HOSTS": "127.0.0.1, localhost",
    }
    with prepared_gateway(tmp_path_factory.mktemp("seen"), **options) as gateway:
        gateway.destinations(ERP.format(url=erp.url))
        gateway.start()
        yield gateway


def _lines(gateway: LiveGateway) -> list[dict[str, Any]]:
    text = (gateway.home / "log" / "tradepost.log").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


def _web_port(gateway: LiveGateway) -> int:
    return next(line["status_port"] for line in _lines(gateway) if line["event"] == "gateway.started")


def _send(gateway: LiveGateway, tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    gateway.sftp("acme-retail", f'put {file} "inbox/{name}"')
    gateway.wait_until_idle()


def test_one_id_leads_from_the_session_to_the_answer_and_the_erp(
    gateway: LiveGateway, erp: FakeErp, tmp_path: Path
) -> None:
    _send(gateway, tmp_path, "po.edi", order_850(1, ["S-1"]))
    lines = _lines(gateway)
    kept = next(line for line in lines if line["event"] == "sftp.upload_kept" and line["name"] == "po.edi")
    way = {line["event"]: line for line in lines if line.get("transmission") == kept["transmission"]}
    assert set(way) == {
        "sftp.upload_kept", "transmission.received", "transmission.read", "answer.sent", "delivery.attempted",
    }  # fmt: skip
    login = next(line for line in lines if line["event"] == "sftp.login_accepted")
    assert way["transmission.received"]["session"] == kept["session"]
    assert re.fullmatch("[0-9a-f]{16}", login["session"])
    assert way["delivery.attempted"]["outcome"] == "accepted"
    [request] = [one for one in erp.requests if b"S-1" in one.body]
    assert request.headers["tradepost-transmission"] == kept["transmission"]


def test_a_cause_is_one_mail_and_one_call_of_the_webhook(
    gateway: LiveGateway, erp: FakeErp, post: Kept, tmp_path: Path
) -> None:
    _send(gateway, tmp_path, "bad.edi", order_850(2, ["S-2", "S-3", "S-4"], date="2026112"))
    gateway.wait_for(_all_sent, "notices")
    [mail] = [one for one in post.mails if "rejected" in one["Subject"]]
    assert "(3)" in mail["Subject"]
    assert "tradepost documents show" in mail.get_content()
    [call] = [one for one in erp.requests if b'"kind": "reject"' in one.body]
    assert json.loads(call.body)["count"] == 3
    assert [one["kind"] for one in gateway.ask("alerts", "list")] == ["reject"]


def test_monitoring_sees_the_figures_and_that_all_is_well(gateway: LiveGateway, tmp_path: Path) -> None:
    port = _web_port(gateway)
    assert ready(port)[1]["state"] == "ready"
    before = fetch(port, "/metrics")[1]
    _send(gateway, tmp_path, "seen.edi", order_850(4, ["S-6"]))
    _send(gateway, tmp_path, "seen_bad.edi", order_850(5, ["S-7", "S-8", "S-9"], date="2026112"))
    shown = fetch(port, "/metrics")[1]

    def more(name: str, **labels: str) -> float:
        return figure(shown, name, **labels) - figure(before, name, **labels)

    assert more("arrivals_total", partner="acme-retail") == 2
    assert more("documents_total", partner="acme-retail", kind="order", state="rejected") == 3
    assert more("keep_seconds_count") == 2
    assert figure(shown, "nodes", role="schedule") == 1


def test_no_secret_is_in_anything_that_comes_out(gateway: LiveGateway, erp: FakeErp, tmp_path: Path) -> None:
    """SEC-14: canaries, also where the far end throws them back at us."""
    back = {"error": f"bad header Authorization: {CANARIES['CANARY_ERP']}"}
    erp.script(json_answer(500, back), json_answer(401, back))
    _send(gateway, tmp_path, "echo.edi", order_850(3, ["S-5"]))
    out = [
        gateway.tradepost(*words).stdout
        for words in (
            ("doctor", "--json"), ("alerts", "list", "--json"), ("alerts", "test", "--json"),
            ("destinations", "list", "--json"), ("overdue", "--json"), ("nodes", "--json"),
        )
    ]  # fmt: skip
    out += [fetch(_web_port(gateway), path)[1].encode() for path in ("/metrics", "/readyz")]
    out.append(gateway.complaints.encode())
    out.append((gateway.home / "log" / "tradepost.log").read_bytes())
    for canary in CANARIES.values():
        secret = canary.removeprefix("Bearer ").encode()
        assert not [one for one in out if secret in one]


def _all_sent(view: Connection) -> bool:
    states = alerts.notice_states(view)
    return states.get("sent", 0) >= 2 and not states.get("waiting")
