"""The door of one connection: who comes in, and for what. For sftp, and for nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from paramiko import Channel, ECDSAKey, Ed25519Key, PKey, RSAKey, ServerInterface
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from gateway.sftp_server.events import OnEvent, SftpEvent
from gateway.sftp_server.mailbox import Caller, LoginFacts, Logins
from gateway.sftp_server.passwords import Passwords
from gateway.sftp_server.uploads import who
from parsers.catalogue import shown

LOGIN_FORM = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
MIN_RSA_BITS = 3072
#: Seconds for which a look at whether a login is still in force holds good.
RECHECK_S = 5.0
PASSWORD = "password"  # noqa: S105 - the name of a method


class Places:
    """Counts sessions, in all and for each partner."""

    def __init__(self, per_partner: int) -> None:
        self.per_partner = per_partner
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def take(self, partner: str) -> bool:
        """Take a place; False if the partner has all that it may have."""
        with self._changed:
            if self._taken[partner] >= self.per_partner:
                return False
            self._taken[partner] += 1
            return True

    def give_back(self, partner: str) -> None:
        """Give a place back."""
        with self._changed:
            self._taken[partner] -= 1
            self._changed.notify_all()

    def wait_empty(self, timeout_s: float) -> bool:
        """Wait until no session is left; False if some are after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(self._taken.values()), timeout_s)


class Gate(ServerInterface):
    """Authenticates one connection and admits its sessions.

    Unknown, disabled and malformed logins take the way of known ones, so that neither the answer
    nor its cost tells them apart. What paramiko's ServerInterface refuses by default stays refused:
    shell, exec, pty, environment, X11, agent, forwarding.
    """

    def __init__(
        self, logins: Logins, passwords: Passwords, places: Places, address: str, on_event: OnEvent
    ) -> None:
        self._logins = logins
        self._passwords = passwords
        self._places = places
        self._address = address
        self._on_event = on_event
        self._proof: tuple[LoginFacts, Caller] | None = None
        self._channels: set[int] = set()
        self._being_kept = 0
        self._lock = threading.Lock()
        self._last_request = self._last_check = time.monotonic()

    @property
    def facts(self) -> LoginFacts:
        """The login that proved itself; only for a connection that is authenticated."""
        return self._proved()[0]

    @property
    def caller(self) -> Caller:
        """Who proved itself, and how; only for a connection that is authenticated."""
        return self._proved()[1]

    def _proved(self) -> tuple[LoginFacts, Caller]:
        if self._proof is None:
            raise RuntimeError("a session without a login")
        return self._proof

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's
        """The same for every name."""
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        """Accept the password of an enabled login."""
        facts = self._login(username)
        known = facts.password_hash if facts is not None else None
        if not self._passwords.matches(password, known) or facts is None:
            return self._refused(username, PASSWORD)
        return self._accepted(facts, PASSWORD)

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        """Accept a listed key of an enabled login; paramiko verifies the signature afterwards.

        Clients first ask for each key whether it would do. The last one that we accept before
        the login succeeds is the one whose signature was verified.
        """
        facts = self._login(username)
        listed = facts.public_keys if facts is not None else ()
        if not _is_listed(key, listed) or not _is_strong(key) or facts is None:
            return self._refused(username, key.fingerprint)
        return self._accepted(facts, key.fingerprint)

    def _login(self, name: str) -> LoginFacts | None:
        if LOGIN_FORM.fullmatch(name) is None:
            return None
        facts = self._logins.login(name)
        return facts if facts is not None and facts.enabled else None

    def _accepted(self, facts: LoginFacts, key: str) -> int:
        self._proof = (facts, Caller(facts.login, facts.partner, key, self._address))
        return AUTH_SUCCESSFUL

    def _refused(self, name: str, key: str) -> int:
        self._on_event(SftpEvent.LOGIN_REFUSED, {"login": shown(name), "key": key, "address": self._address})
        return AUTH_FAILED

    def is_still_welcome(self) -> bool:
        """False once the login, or what it proved itself with, is no longer in force.

        Looked up at most every five seconds; ask before each request.
        """
        if time.monotonic() - self._last_check < RECHECK_S:
            return True
        self._last_check = time.monotonic()
        before, caller = self._proved()
        now = self._login(before.login)
        if now is None or now.partner != before.partner:
            return False
        if caller.key == PASSWORD:
            return now.password_hash == before.password_hash
        return caller.key in {_fingerprint(_blob(line)) for line in now.public_keys}

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's
        """Admit session channels, no more than the partner may have sessions."""
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        if len(self._channels) >= self._places.per_partner:
            return OPEN_FAILED_RESOURCE_SHORTAGE
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: Channel, name: str) -> bool:
        """Begin an SFTP session, one on a channel."""
        if name != "sftp" or channel.get_id() in self._channels:
            return False
        if not self._places.take(self.caller.partner):
            self._on_event(SftpEvent.TURNED_AWAY, who(self.caller))
            return False
        self._channels.add(channel.get_id())
        self.touch()
        self._on_event(SftpEvent.LOGIN_ACCEPTED, who(self.caller))
        return super().check_channel_subsystem_request(channel, name)

    def leave(self, channel: Channel) -> None:
        """The session on `channel` is over."""
        self._channels.discard(channel.get_id())
        self._places.give_back(self.caller.partner)

    def touch(self) -> None:
        """Something was asked."""
        self._last_request = time.monotonic()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """While a file is being kept its client waits for us, and is not idle."""
        with self._lock:
            self._being_kept += 1
        try:
            yield
        finally:
            with self._lock:
                self._being_kept -= 1
            self.touch()

    def idle_for_s(self) -> float:
        """Seconds since the last request; 0 while a file is being kept."""
        return 0.0 if self._being_kept else time.monotonic() - self._last_request


def _blob(line: str) -> bytes:
    """The key in an OpenSSH one-line key; empty if there is none."""
    try:
        return base64.b64decode(line.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return b""


def _fingerprint(blob: bytes) -> str:
    """As ssh-keygen -l shows it, and paramiko's PKey.fingerprint."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def _is_listed(key: PKey, lines: tuple[str, ...]) -> bool:
    """Compares with every listed key, whichever is right."""
    blob = key.asbytes()
    return sum(hmac.compare_digest(blob, _blob(line)) for line in lines) > 0


def _is_strong(key: PKey) -> bool:
    if isinstance(key, RSAKey):
        return key.get_bits() >= MIN_RSA_BITS
    return isinstance(key, (Ed25519Key, ECDSAKey))
