"""Notices leave by mail and by webhook, over real sockets; what goes wrong on the way is told right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from certificates import identity, server_side
from fake_erp import fake_erp
from mail_server import Kept, mail_server

from gateway.settings import Settings
from gateway.telling import Letter, OutsideWays
from outbound import mail
from outbound.connector import Refused, TryLater

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTENT = {
    "gateway": "east",
    "subject": "Files in quarantine (3): acme\r\nBcc: everyone@example.org",
    "text": "What happened: …\n",
    "occasion": "begun",
}
LETTER = Letter("no-1", "al-1", "mail:kim@us.example", CONTENT, AT)


def _settings(home: Path, **values: object) -> Settings:
    return Settings(home=home, mail_host="localhost", mail_from="edi@us.example", **values)  # type: ignore[arg-type]


def _secret(home: Path, text: str) -> str:
    path = home / "secret"
    path.write_text(text)
    path.chmod(0o600)
    return "file:secret"


def test_a_mail_goes_out_over_tls_with_a_login_whose_secret_is_a_reference(tmp_path: Path) -> None:
    """SEC-14, SEC-15."""
    who = identity(tmp_path, "localhost")
    with mail_server(Kept(user="edi", password="pass-word"), server_side(who)) as kept:
        reference = _secret(tmp_path, "pass-word")
        ways = OutsideWays(
            _settings(
                tmp_path,
                mail_port=kept.port,
                mail_user="edi",
                mail_password=reference,
                mail_ca_file=who.pem.name,
            )
        )
        ways.send(LETTER)
    [came] = kept.mails
    assert kept.secured == [True]
    assert came["Message-ID"] == "<no-1@us.example>"
    assert came["References"] == "<al-1@us.example>"
    assert came["To"] == "kim@us.example"
    assert came["Auto-Submitted"] == "auto-generated"
    assert came["Subject"] == "[east] Files in quarantine (3): acme Bcc: everyone@example.org"
    assert "Bcc" not in came
    assert came.get_content().startswith("What happened: …")


def test_a_server_without_a_trusted_certificate_gets_nothing(tmp_path: Path) -> None:
    """SEC-15."""
    context = server_side(identity(tmp_path, "localhost"))
    with mail_server(Kept(), context) as kept, pytest.raises(TryLater, match="OUT-091"):
        OutsideWays(_settings(tmp_path, mail_port=kept.port)).send(LETTER)
    assert kept.mails == []


def test_a_server_that_offers_no_tls_gets_nothing(tmp_path: Path) -> None:
    """SEC-15: STARTTLS is not optional."""
    with mail_server(Kept()) as kept, pytest.raises(TryLater, match="OUT-091"):
        OutsideWays(_settings(tmp_path, mail_port=kept.port)).send(LETTER)
    assert kept.mails == []


def test_a_wrong_password_waits_and_is_not_repeated_in_words(tmp_path: Path) -> None:
    """SEC-14: the server's answer may hold what we sent."""
    reference = _secret(tmp_path, "canary-1234")
    with mail_server(Kept(user="edi", password="another")) as kept, pytest.raises(TryLater) as refused:
        OutsideWays(
            _settings(
                tmp_path, mail_port=kept.port, mail_security="none", mail_user="edi", mail_password=reference
            )
        ).send(LETTER)
    assert "OUT-092" in str(refused.value.reason)
    assert "canary" not in str(refused.value.reason)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(("answer", "expected"), [("550 no such user", Refused), ("451 come back", TryLater)])
def test_a_refusal_is_told_from_a_delay(tmp_path: Path, answer: str, expected: type[Exception]) -> None:
    with mail_server(Kept(says=[answer])) as kept, pytest.raises(expected, match="OUT-090"):
        OutsideWays(_settings(tmp_path, mail_port=kept.port, mail_security="none")).send(LETTER)


def test_a_server_that_is_away_or_a_secret_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    """FI-H03, FI-H08."""
    with mail_server(Kept()) as kept:
        port = kept.port
    with pytest.raises(TryLater, match="OUT-091"):
        OutsideWays(_settings(tmp_path, mail_port=port, mail_security="none")).send(LETTER)
    with pytest.raises(TryLater, match="file:nowhere"):
        OutsideWays(_settings(tmp_path, mail_user="edi", mail_password="file:nowhere")).send(LETTER)


def test_the_server_can_be_looked_at_without_a_mail() -> None:
    with mail_server(Kept()) as kept:
        server = mail.MailServer("127.0.0.1", kept.port, "edi@us.example", "none")
        assert mail.check(server) == "127.0.0.1 takes our mail."


def test_a_webhook_gets_the_facts_signed_and_under_a_key_that_stays(tmp_path: Path) -> None:
    with fake_erp() as erp:
        ways = OutsideWays(
            _settings(
                tmp_path,
                alert_webhook_url=erp.url,
                alert_webhook_secret=_secret(tmp_path, "signing"),
                alert_webhook_hosts="127.0.0.1, localhost",
            )
        )
        letter = Letter("no-2", "al-1", "webhook", CONTENT, AT)
        ways.send(letter)
    [call] = erp.requests
    assert json.loads(call.body)["notice"] == "no-2"
    assert call.key == "no-2"
    assert call.headers["tradepost-signature"].startswith("t=")


def test_a_webhook_may_not_be_at_a_private_address_unless_it_is_named(tmp_path: Path) -> None:
    """SEC-13."""
    with fake_erp() as erp, pytest.raises(Refused, match="OUT-030"):
        OutsideWays(_settings(tmp_path, alert_webhook_url=erp.url)).send(
            Letter("no-3", None, "webhook", CONTENT, AT)
        )


@pytest.mark.parametrize("address", ["mail:kim@us.example", "webhook"])
def test_a_way_that_was_taken_out_of_the_settings_refuses(tmp_path: Path, address: str) -> None:
    with pytest.raises(Refused, match="GTW-080"):
        OutsideWays(Settings(home=tmp_path)).send(Letter("no-4", None, address, CONTENT, AT))
