"""Applies a folder of partner profiles as a whole, or refuses it as a whole.

`partners` checks what the files say; here is checked what this machine can make of them:
connectors, schedules, time zones and secrets. Secrets are read when they are needed, never
kept, and never part of a message.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from gateway.errors import TradepostError
from outbound.registry import CONNECTORS, READERS, connect
from outbound.schedule import BadSchedule, check_cron
from parsers.catalogue import entries
from parsers.finding import Finding
from partners.directory import Directory, load_directory
from partners.faults import fault
from partners.inheritance import Place
from partners.profile import Cron, ErpChannel, HttpChannel, PartnerProfile, SftpMailbox

#: Longest secret that is read; a private key is a few kilobytes.
MAX_SECRET_BYTES = 65_536
UNREADABLE = "PRT-104"
TOO_OPEN = "PRT-105"
_HASH_START = "$argon2"
#: Shorter tokens could be guessed: openssl rand -hex 16 makes one of 32.
MIN_TOKEN_CHARS = 32
#: Shorter RSA keys open nothing.
MIN_RSA_BITS = 3072
#: How long before its end a key is told of.
KEY_REMINDER = timedelta(days=30)


class ProfilesRefused(TradepostError):
    """The partners folder cannot be used; findings say everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        faults = "\n".join(f"{finding.code} {finding.message} {finding.remedy}" for finding in findings)
        super().__init__(
            findings[0].code,
            f"The partner profiles are refused as a whole; nothing of them was applied.\n{faults}",
            "Correct them and run: tradepost partners check",
        )
        self.findings = findings


class SecretUnreadable(TradepostError):
    """A secret that a profile names cannot be had; the message says where it should be, not what it is."""

    def __init__(self, code: str, reference: str, reason: str) -> None:
        super().__init__(code, f"The secret {reference} cannot be used: {reason}.", entries()[code].remedy)
        self.reason = reason


def load(folder: Path, home: Path) -> Directory:
    """The partners folder, checked in every respect. Raises ProfilesRefused with all that is wrong.

    home: where relative secret files are taken from.
    """
    directory = load_directory(folder)
    if isinstance(directory, tuple):
        raise ProfilesRefused(directory)
    faults = tuple(finding for finding in _findings(directory, home) if finding.is_error)
    if faults:
        raise ProfilesRefused(faults)
    return directory


def check(folder: Path, home: Path) -> tuple[Finding, ...]:
    """Everything that is wrong with the folder or worth knowing; `load` takes it if none is an error."""
    directory = load_directory(folder)
    return directory if isinstance(directory, tuple) else tuple(_findings(directory, home))


def read_secret(reference: str, home: Path) -> str:
    """The secret that "env:NAME" or "file:path" names, without one line end at its end.

    A path that is not absolute is taken from the home. A file that others than its owner
    and group may touch is refused. Raises SecretUnreadable.
    """
    kind, _, name = reference.partition(":")
    secret = os.environ.get(name, "") if kind == "env" else _read_file(reference, home / name)
    secret = secret.removesuffix("\n").removesuffix("\r")
    if not secret:
        reason = "it is empty" if kind == "file" else "the variable is not set, or empty"
        raise SecretUnreadable(UNREADABLE, reference, reason)
    return secret


def read_secrets(references: Mapping[str, str], home: Path) -> dict[str, str]:
    """The secrets of a channel or destination by their keys. Raises SecretUnreadable at the first fault."""
    return {key: read_secret(reference, home) for key, reference in references.items()}


def _read_file(reference: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise SecretUnreadable(UNREADABLE, reference, error.strerror or "it cannot be read") from error
    if mode & stat.S_IRWXO:
        raise SecretUnreadable(TOO_OPEN, reference, "others than its owner and group may read or change it")
    if len(content) > MAX_SECRET_BYTES:
        raise SecretUnreadable(UNREADABLE, reference, "it is too large for a secret")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # The decoding error holds the bytes; it must not be chained into a traceback.
        raise SecretUnreadable(UNREADABLE, reference, f"byte {error.start} is not UTF-8") from None


def _findings(directory: Directory, home: Path) -> Iterator[Finding]:
    for name in directory.destinations:
        yield from _destination(directory, name, home)
    for profile in directory.partners:
        yield from _times(directory, profile)
        if profile.enabled:
            yield from _channels(directory, profile, home)


def _destination(directory: Directory, name: str, home: Path) -> Iterator[Finding]:
    destination = directory.destinations[name]
    place = directory.destination_place(name, "url")
    if destination.scheme not in CONNECTORS:
        yield fault("PRT-101", place, value=destination.url, expected=", ".join(CONNECTORS))
        return
    faults = [
        finding
        for key, reference in destination.secrets.items()
        for finding in _secret(reference, directory.destination_place(name, key), home)
    ]
    yield from faults
    if not faults:
        try:
            connect(destination, read_secrets(destination.secrets, home), home).close()
        except (ValueError, OSError) as error:
            yield fault("PRT-108", place, value=destination.url, reason=str(error))


def _times(directory: Directory, profile: PartnerProfile) -> Iterator[Finding]:
    if profile.time_zone not in _time_zones():
        yield fault("PRT-103", directory.place(profile.partner, "time_zone"), value=profile.time_zone)
    for number, rule in enumerate(profile.documents, start=1):
        if isinstance(rule.schedule, Cron):
            place = directory.place(profile.partner, f"documents[{number}].schedule.expression")
            yield from _cron(rule.schedule.expression, place)
    for number, expectation in enumerate(profile.expects, start=1):
        if expectation.by is not None:
            yield from _cron(expectation.by, directory.place(profile.partner, f"expects[{number}].by"))


def _cron(expression: str, place: Place) -> Iterator[Finding]:
    try:
        check_cron(expression)
    except BadSchedule as error:
        yield fault("PRT-102", place, value=expression, reason=str(error))


def _channels(directory: Directory, profile: PartnerProfile, home: Path) -> Iterator[Finding]:
    for number, channel in enumerate(profile.channels, start=1):
        if not channel.enabled:
            continue
        for key, reference in channel.secrets.items():
            place = directory.place(profile.partner, f"channels[{number}].{key}")
            yield from _secret(reference, place, home, hashed=isinstance(channel, SftpMailbox))
        if isinstance(channel, SftpMailbox) and not channel.public_keys and channel.password is None:
            yield fault("PRT-106", directory.place(profile.partner, f"channels[{number}].public_keys"))
        if isinstance(channel, SftpMailbox):
            place = directory.place(profile.partner, f"channels[{number}].public_keys")
            yield from _keys(channel, place, datetime.now(UTC).date())
        if isinstance(channel, HttpChannel):
            yield from _tokens(directory.place(profile.partner, f"channels[{number}].tokens"), channel, home)
        if isinstance(channel, ErpChannel):
            yield from _erp(directory, profile.partner, number, channel)


def _tokens(place: Place, channel: HttpChannel, home: Path) -> Iterator[Finding]:
    """Tokens that could be guessed, or that no client can send."""
    for reference in channel.tokens:
        try:
            token = read_secret(reference, home)
        except SecretUnreadable:
            continue  # said of every secret already
        if len(token) < MIN_TOKEN_CHARS or not token.isascii() or not token.isprintable() or " " in token:
            yield fault("PRT-109", place, value=reference, limit=str(MIN_TOKEN_CHARS))


def _erp(directory: Directory, partner: str, number: int, channel: ErpChannel) -> Iterator[Finding]:
    """Whether what the channel names can be read at all."""
    destination = directory.destinations[channel.destination]
    if destination.scheme not in READERS:
        place = directory.place(partner, f"channels[{number}].destination")
        yield fault("PRT-043", place, value=channel.destination, expected=", ".join(READERS))
    if isinstance(channel.stock, Cron):
        yield from _cron(channel.stock.expression, directory.place(partner, f"channels[{number}].stock"))


def _keys(channel: SftpMailbox, place: Place, today: date) -> Iterator[Finding]:
    """Keys that may not log in any more, soon will not, or never could."""
    for entry in channel.public_keys:
        line = entry if isinstance(entry, str) else entry.key
        bits = _rsa_bits(line)
        if bits is not None and bits < MIN_RSA_BITS:
            blanks = {"bits": str(bits), "limit": str(MIN_RSA_BITS)}
            yield fault("PRT-142", place, value=fingerprint(line), **blanks)
        if isinstance(entry, str) or entry.not_after is None:
            continue
        if entry.not_after < today + KEY_REMINDER:
            code = "PRT-140" if entry.not_after < today else "PRT-141"
            yield fault(code, place, value=fingerprint(line), until=entry.not_after.isoformat())


def fingerprint(line: str) -> str:
    """The fingerprint of an OpenSSH public key's line, as ssh-keygen -l shows it: "SHA256:…"."""
    digest = hashlib.sha256(base64.b64decode(line.split(" ")[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode('ascii').rstrip('=')}"


def _rsa_bits(line: str) -> int | None:
    """The length of an RSA key; None for keys of other kinds. RFC 4253 §6.6: kind, e, n."""
    kind, encoded = line.split(" ")[:2]
    if kind != "ssh-rsa":
        return None
    rest, part = base64.b64decode(encoded), b""
    for _ in range(3):
        size = int.from_bytes(rest[:4], "big")
        part, rest = rest[4 : 4 + size], rest[4 + size :]
    return int.from_bytes(part, "big").bit_length()


def _secret(reference: str, place: Place, home: Path, *, hashed: bool = False) -> Iterator[Finding]:
    try:
        secret = read_secret(reference, home)
    except SecretUnreadable as error:
        yield fault(error.code, place, value=reference, reason=error.reason)
        return
    if hashed and not secret.startswith(_HASH_START):
        yield fault("PRT-107", place, value=reference)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
