"""Settings that are weak, or that contradict each other. Pure: it looks at settings and addresses only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from gateway.doctor_check import Check
from gateway.settings import Settings

#: A network wider than this, in bits of its mask, is as good as everybody.
WIDE_BITS = 8
#: A platform that stops a process waits about so long before it kills it.
USUAL_PATIENCE_S = 30.0
_PASSWORD = re.compile(r"://[^/@]*:[^/@]+@|[?&]password=")


def examine_settings(settings: Settings, *, has_addresses: bool) -> Iterator[Check]:
    """What is to be said of the settings. has_addresses: whether profiles name mail addresses of ours."""
    found = [check for look in _LOOKS for check in look(settings)]
    found += _mail(settings, has_addresses=has_addresses)
    yield from found or [Check("settings", "well", "Nothing weak, nothing that contradicts itself")]


def is_loopback(host: str) -> bool:
    """True for this machine itself, by name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database(settings: Settings) -> Iterator[Check]:
    if _PASSWORD.search(settings.database_url):
        yield _wrong("database_url holds a password", "Put it into a file that PGPASSFILE names.")


def _mail(settings: Settings, *, has_addresses: bool) -> Iterator[Check]:
    told = bool(settings.alert_mails) or has_addresses
    if told and not settings.mail_host:
        yield _wrong(
            "alert_mail_to names people, but mail_host is empty", "Set mail_host, or nobody is told."
        )
    if settings.mail_host and not told:
        yield _wrong("mail_host is set, but nobody is to be told", "Set alert_mail_to.")
    if not settings.mail_host and not settings.alert_webhook_url and not is_loopback(settings.sftp_host):
        yield _note("Nobody is told when something is the matter", "Set mail_host and alert_mail_to.")
    if settings.mail_host and settings.mail_security == "none" and not is_loopback(settings.mail_host):
        yield _wrong("Mail leaves this machine unencrypted", "Set mail_security to starttls or tls.")
    if settings.mail_user and not settings.mail_password:
        yield _wrong("mail_user is set without mail_password", "Set mail_password to env:… or file:….")


def _webhook(settings: Settings) -> Iterator[Check]:
    if not settings.alert_webhook_url:
        return
    url = urlsplit(settings.alert_webhook_url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield _wrong("alert_webhook_url is no http or https URL", "Correct it.")
    elif url.scheme == "http" and not is_loopback(url.hostname):
        yield _wrong("The webhook is told unencrypted", "Use https.")
    if not settings.alert_webhook_secret:
        yield _note("The webhook cannot know that we are the one who tells it", "Set alert_webhook_secret.")


def _status(settings: Settings) -> Iterator[Check]:
    for network in settings.web_networks:
        if ip_network(network).prefixlen < WIDE_BITS:
            yield _wrong(f"web_allow lets {network} see the figures", "Name the monitoring's network only.")
    outside = [one for one in settings.web_networks if not ip_network(one).is_loopback]
    if not is_loopback(settings.web_host) and not outside:
        yield _wrong(
            f"web_host is {settings.web_host}, but web_allow answers this machine only",
            "Add the monitoring's network to web_allow.",
        )


def _push(settings: Settings) -> Iterator[Check]:
    if not is_loopback(settings.push_host) and not settings.push_tls_certificate:
        yield _wrong(
            f"push_host is {settings.push_host}, and tokens and documents reach it unencrypted",
            "Set push_tls_certificate and push_tls_key, or listen on 127.0.0.1 behind a proxy with TLS.",
        )


def _sftp(settings: Settings) -> Iterator[Check]:
    if settings.sftp_penalty_s == 0 or settings.sftp_penalty_most_s == 0:
        yield _wrong("Failed logins are not slowed down", "Set sftp_penalty_s to 15.")
    for network in settings.penalty_exempt:
        if ip_network(network).prefixlen < WIDE_BITS and not ip_network(network).is_loopback:
            yield _wrong(f"sftp_penalty_exempt lets {network} guess for ever", "Name a proxy's address only.")
    if 0 < settings.sftp_port < 1024:
        yield _note(
            f"Port {settings.sftp_port} needs a privilege", "Use 2222, and let a firewall lead 22 to it."
        )
    if settings.sftp_penalty_most_s < settings.sftp_penalty_s:
        yield _wrong("sftp_penalty_most_s is below sftp_penalty_s", "Make it as long or longer.")


def _limits(settings: Settings) -> Iterator[Check]:
    if settings.stop_s >= USUAL_PATIENCE_S:
        yield _note(f"stop_s is {settings.stop_s:.0f}", "Keep it below 30, or let systemd wait longer.")
    if settings.disk_reserve_bytes == 0:
        yield _wrong("Files are taken until the disk is full", "Leave disk_reserve_bytes at its default.")
    if settings.log_level == "debug":
        yield _note("log_level is debug: a line a stage", "Set it to info when you have seen enough.")
    if settings.node_dead_s < 5 * settings.job_poll_s and settings.shares_work:
        yield _note(
            "node_dead_s is close to job_poll_s", "A busy node may be taken for dead; use 10 or more."
        )


_LOOKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    _database,
    _webhook,
    _status,
    _push,
    _sftp,
    _limits,
)


def _wrong(says: str, advice: str) -> Check:
    """Weak, or against another setting."""
    return Check("settings", "failed", says, advice)


def _note(says: str, advice: str) -> Check:
    return Check("settings", "note", says, advice)
