"""The ways by which notices leave: mail, and one webhook. Secrets are read when they are needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from gateway.notices import MAIL
from gateway.profiles import SecretUnreadable, read_secret
from gateway.settings import Settings
from outbound import mail
from outbound.connector import Consignment, Refused, TryLater
from outbound.http_json import HttpJson, HttpJsonOptions
from parsers.catalogue import found
from parsers.finding import NOWHERE


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice on its way. content: see `notices.compose`."""

    id: str
    alert: str | None
    address: str
    content: Mapping[str, Any]
    written_at: datetime


class Ways(Protocol):
    """How a letter is sent."""

    def send(self, letter: Letter) -> None:
        """Send it; on return the far end has it. Raises TryLater or Refused. May repeat under the same id."""
        ...


class OutsideWays:
    """Mail by the settings' mail server, and their webhook."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.home

    def send(self, letter: Letter) -> None:
        """By the way that its address names."""
        if letter.address.startswith(MAIL):
            self._mail(letter, letter.address.removeprefix(MAIL))
        else:
            self._post(letter)

    def _mail(self, letter: Letter, to: str) -> None:
        content = letter.content
        subject = f"[{content['gateway']}] {content['subject']}"
        written = mail.Mail(letter.id, to, subject, content["text"], letter.written_at, letter.alert or "")
        mail.send(mail_server(self._settings), written)

    def _post(self, letter: Letter) -> None:
        settings = self._settings
        if not settings.alert_webhook_url:
            raise Refused(_sentence("GTW-080", address=letter.address, setting="alert_webhook_url"))
        options = HttpJsonOptions(
            url=settings.alert_webhook_url,
            hmac_key=_secret(settings.alert_webhook_secret, self._home),
            allow_hosts=settings.webhook_hosts,
        )
        facts = {"notice": letter.id, "written_at": letter.written_at.isoformat(), **letter.content}
        payload = json.dumps(facts, ensure_ascii=False).encode()
        hook = HttpJson(options)
        try:
            hook.deliver(Consignment(letter.id, f"{letter.id}.json", "application/json", payload))
        finally:
            hook.close()


def mail_server(settings: Settings) -> mail.MailServer:
    """The mail server of the settings. Raises Refused if they name none, TryLater without its password."""
    if not settings.mail_host:
        raise Refused(_sentence("GTW-080", address="mail", setting="mail_host"))
    return mail.MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        sender=settings.mail_from or f"tradepost@{settings.mail_host}",
        security=cast(Literal["starttls", "tls", "none"], settings.mail_security),
        user=settings.mail_user,
        password=_secret(settings.mail_password, settings.home),
        ca_file=settings.home / settings.mail_ca_file if settings.mail_ca_file else None,
    )


def _secret(reference: str, home: Path) -> str:
    try:
        return read_secret(reference, home) if reference else ""
    except SecretUnreadable as fault:
        raise TryLater(fault.message) from fault


def _sentence(code: str, **blanks: str) -> str:
    finding = found(code, NOWHERE, x12=None, **blanks)
    return f"{code} {finding.message} {finding.remedy}"
