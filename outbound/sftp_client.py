"""How we log in to somebody else's SFTP server: the one we know, or none."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from dataclasses import dataclass, field

import paramiko

_KEY_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class UnknownHostKey(paramiko.SSHException):
    """The server shows a key of another type than the one we know."""


#: What `sftp_login` raises if the server is not the one we know; nothing was sent to it then.
WrongHostKey = (UnknownHostKey, paramiko.BadHostKeyException)


@dataclass(frozen=True, slots=True)
class SftpAccess:
    """Where a server is and who we are there. private_key, password: either or both; None: not used.

    timeout_s: longest wait for each step.
    """

    host: str
    login: str
    host_key: paramiko.PKey
    port: int = 22
    private_key: paramiko.PKey | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0


def sftp_login(access: SftpAccess) -> paramiko.SSHClient:
    """A connection, logged in; the caller closes it.

    Raises one of WrongHostKey, paramiko.SSHException, OSError or EOFError.
    """
    client = paramiko.SSHClient()
    name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
    client.get_host_keys().add(name, access.host_key.get_name(), access.host_key)
    client.set_missing_host_key_policy(_RefuseUnknown())
    try:
        client.connect(
            access.host,
            access.port,
            access.login,
            access.password,
            access.private_key,
            timeout=access.timeout_s,
            banner_timeout=access.timeout_s,
            auth_timeout=access.timeout_s,
            channel_timeout=access.timeout_s,
            allow_agent=False,
            look_for_keys=False,
            sock=socket.create_connection((access.host, access.port), access.timeout_s),
        )
    except BaseException:
        client.close()
        raise
    return client


def public_key(text: str) -> paramiko.PKey:
    """A key as in known_hosts, without the name: "ssh-ed25519 AAAA…". Raises ValueError, with a sentence."""
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"host {text.strip()}")
    except (paramiko.hostkeys.InvalidHostKey, paramiko.SSHException, ValueError) as fault:
        raise ValueError("the host key cannot be read") from fault
    if entry is None or entry.key is None:
        raise ValueError("the host key must look like 'ssh-ed25519 AAAA…'")
    return entry.key


def private_key(text: str) -> paramiko.PKey:
    """A key in PEM text, without passphrase. Raises ValueError, with a sentence."""
    for kind in _KEY_TYPES:
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text))
    raise ValueError("the private key cannot be read; it must be Ed25519, ECDSA or RSA, without passphrase")


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, _client: paramiko.SSHClient, _hostname: str, _key: paramiko.PKey) -> None:
        raise UnknownHostKey
