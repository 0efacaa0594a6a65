"""The door of one connection: who comes in, and for what. For sftp, and for nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from secrets import token_hex

from paramiko import Channel, ECDSAKey, Ed25519Key, Message, PKey, RSAKey, ServerInterface
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from gateway.profiles import MIN_RSA_BITS
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.events import Fields, OnEvent, SftpEvent
from gateway.sftp_server.host_key import PROVE_KEYS, TELL_KEYS, proofs
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.line import Line
from gateway.sftp_server.mailbox import Caller, LoginFacts, Logins
from gateway.sftp_server.passwords import Passwords
from gateway.sftp_server.penalties import Fault, Penalties, parsed_address, source_of
from gateway.sftp_server.uploads import who
from parsers.catalogue import shown

LOGIN_FORM = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
#: Seconds for which a look at whether a login is still in force holds good. With the two seconds
#: that a running gateway takes to see new profiles, a withdrawn login is gone within five.
RECHECK_S = 1.5
PASSWORD = "password"  # noqa: S105 - the name of a method


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """What all gates of a server share. host_keys: the key in force first."""

    logins: Logins
    passwords: Passwords
    allowances: Allowances
    penalties: Penalties
    limits: SftpLimits
    host_keys: tuple[PKey, ...]
    on_event: OnEvent


class Gate(ServerInterface):
    """Authenticates one connection and admits its sessions.

    Unknown, disabled and malformed logins take the way of known ones, so that neither the answer
    nor its cost tells them apart. What paramiko's ServerInterface refuses by default stays refused:
    shell, exec, pty, environment, X11, agent, forwarding.
    """

    def __init__(self, keeper: Doorkeeper, line: Line, address: str) -> None:
        self._keeper = keeper
        self._line = line
        self._address = address
        self._proof: tuple[LoginFacts, Caller] | None = None
        #: Set once and for all when the login is found to be no longer in force.
        self.is_withdrawn = False
        #: Whether a session was ever opened on this connection.
        self.had_session = False
        self._channels: set[int] = set()
        self._passwords_refused = self._keys_refused = 0
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
        began = time.monotonic()
        facts = self._login(username)
        known = facts.password_hash if facts is not None else None
        if not self._keeper.passwords.matches(password, known) or facts is None:
            self._passwords_refused += 1
            self._fail(Fault.REFUSED)
            return self._refused(username, PASSWORD, began + self._keeper.limits.password_refusal_s)
        return self._accepted(facts, PASSWORD)

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        """Accept a listed key of an enabled login; paramiko verifies the signature afterwards.

        Clients first ask for each key whether it would do. The last one that we accept before
        the login succeeds is the one whose signature was verified.
        """
        began = time.monotonic()
        facts = self._login(username)
        listed = facts.public_keys if facts is not None else ()
        if not _is_listed(key, listed) or not _is_strong(key) or facts is None:
            self._keys_refused += 1
            return self._refused(username, key.fingerprint, began + self._keeper.limits.key_refusal_s)
        return self._accepted(facts, key.fingerprint)

    def _login(self, name: str) -> LoginFacts | None:
        if LOGIN_FORM.fullmatch(name) is None:
            return None
        facts = self._keeper.logins.login(name)
        if facts is None or not facts.enabled or not _comes_from(self._address, facts.networks):
            return None
        return facts

    def _accepted(self, facts: LoginFacts, key: str) -> int:
        self._proof = (facts, Caller(facts.login, facts.partner, key, self._address, token_hex(8)))
        return AUTH_SUCCESSFUL

    def _refused(self, name: str, key: str, not_before: float) -> int:
        """Refuse at `not_before`, which is later than any of our ways to a refusal takes."""
        fields = {"login": shown(name), "key": key, "address": self._address}
        self._keeper.on_event(SftpEvent.LOGIN_REFUSED, fields)
        threading.Event().wait(max(0.0, not_before - time.monotonic()))
        return AUTH_FAILED

    def _fail(self, fault: Fault) -> None:
        """Let the source of the connection pay for `fault`."""
        seconds = self._keeper.penalties.failed(self._address, fault)
        if seconds:
            fields: Fields = {
                "source": source_of(self._address),
                "seconds": int(seconds),
                "address": self._address,
            }
            self._keeper.on_event(SftpEvent.SHUT_OUT, fields)

    def tries_too_often(self) -> bool:
        """True if one connection has tried more than any honest client does."""
        limits = self._keeper.limits
        return self._passwords_refused >= limits.tries or self._keys_refused >= limits.keys_shown

    def is_shut_out(self) -> bool:
        """True if the source of the connection serves a penalty, and nobody has come in by it."""
        return self._proof is None and self._keeper.penalties.is_shut_out(self._address)

    def ended(self, *, late: bool) -> None:
        """The connection is over. late: it was closed for taking too long to log in.

        Wrong passwords were counted one by one; keys count once, since clients show all they have.
        """
        if self._proof is not None:
            return
        if late:
            self._fail(Fault.TOO_LATE)
        elif self._keys_refused:
            self._fail(Fault.REFUSED)
        elif self._line.initial_kex_done and not self._passwords_refused:
            self._fail(Fault.NOTHING_TRIED)

    def is_still_welcome(self) -> bool:
        """False once the login is withdrawn; for each request: looked up anew after 1.5 seconds only."""
        if time.monotonic() - self._last_check < RECHECK_S:
            return not self.is_withdrawn
        return self.is_in_force()

    def is_in_force(self) -> bool:
        """False once the login, or what it proved itself with, is no longer in force: then for good."""
        self._last_check = time.monotonic()
        self.is_withdrawn = self.is_withdrawn or not self._proves_itself()
        return not self.is_withdrawn

    def _proves_itself(self) -> bool:
        before, caller = self._proved()
        now = self._login(before.login)
        if now is None or now.partner != before.partner:
            return False
        if caller.key == PASSWORD:
            return now.password_hash == before.password_hash
        return caller.key in {_fingerprint(_blob(line)) for line in now.public_keys}

    def check_global_request(self, kind: str, msg: Message) -> bool | tuple[bytes, ...]:  # type: ignore[override]
        """Prove that we hold the host keys we told of; paramiko sends a tuple as strings."""
        if kind != PROVE_KEYS or self._line.session_id is None:
            return False
        return proofs(msg.get_remainder(), self._line.session_id, self._keeper.host_keys) or False

    def tell_host_keys(self) -> None:
        """Tell the client of all our host keys, so that it knows the next one before it is in force."""
        if len(self._keeper.host_keys) > 1:
            blobs = tuple(key.asbytes() for key in self._keeper.host_keys)
            self._line.global_request(TELL_KEYS, blobs, wait=False)

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's
        """Admit session channels, no more than the partner may have sessions."""
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        if self._line.channels() >= self._keeper.limits.sessions_per_partner:
            return OPEN_FAILED_RESOURCE_SHORTAGE
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: Channel, name: str) -> bool:
        """Begin an SFTP session, one on a channel."""
        if name != "sftp" or channel.get_id() in self._channels:
            return False
        facts, caller = self._proved()
        if not self._keeper.allowances.places.take(facts.partner, facts.limits.sessions):
            self._keeper.on_event(SftpEvent.TURNED_AWAY, who(caller))
            return False
        self._channels.add(channel.get_id())
        self.had_session = True
        self.touch()
        self._keeper.on_event(SftpEvent.LOGIN_ACCEPTED, who(caller))
        return super().check_channel_subsystem_request(channel, name)

    def leave(self, channel: Channel) -> None:
        """The session on `channel` is over."""
        self._channels.discard(channel.get_id())
        self.touch()
        self._keeper.allowances.places.give_back(self.caller.partner)

    def has_session(self) -> bool:
        """True while a session is open on this connection."""
        return bool(self._channels)

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


def _comes_from(address: str, networks: tuple[str, ...]) -> bool:
    """True if `address` lies in one of the networks, or none is named."""
    one = parsed_address(address)
    return not networks or any(one in ip_network(network) for network in networks)


def _is_strong(key: PKey) -> bool:
    if isinstance(key, RSAKey):
        return key.get_bits() >= MIN_RSA_BITS
    return isinstance(key, (Ed25519Key, ECDSAKey))
