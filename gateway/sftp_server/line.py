"""One connection's transport: paramiko's, with algorithms chosen and memory bounded.

Measured on paramiko 5.1: a peer may announce a packet of 4 GiB before it has logged in, and it is
read; a peer that sends more than its window lets it, or into a stream that nobody reads, fills our
memory. Neither is an error to paramiko, so both are bounded here.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from paramiko import Channel, SSHException, Transport
from paramiko.packet import Packetizer

#: What we negotiate, strongest first: no SHA-1, no CBC, no NIST curves, no group exchange, no MAC
#: beside the encryption. `ssh-audit` finds no fault with it but the key exchanges that a quantum
#: computer could read one day, which the clients of Debian 12 and others still need.
KEX = ("mlkem768x25519-sha256", "curve25519-sha256@libssh.org", "diffie-hellman-group16-sha512")
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
DIGESTS = ("hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com")

#: RFC 4253 §6.1 asks for 35,000; we offer channel packets of 32 KiB.
MAX_PACKET_BYTES = 64 * 1024
#: Bytes before the first line that names the client's version, and of that line.
MAX_GREETING_BYTES = 16 * 1024
#: Bytes of one connection that wait to be read by us: what one window lets a client send.
MAX_UNREAD_BYTES = 4 * 1024**2
#: Seconds by which paramiko's own time-outs come later.
_SPARE_S = 5.0


class BoundedPacketizer(Packetizer):
    """Reads no packet that is larger than any honest one."""

    _greeting_bytes = 0

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """Exactly `n` bytes. Raises SSHException if they are too many for one packet."""
        if n > MAX_PACKET_BYTES:
            raise SSHException(f"a packet of {n} bytes or more")
        return super().read_all(n, check_rekey)

    def _read_timeout(self, timeout: float) -> bytes:
        """Some bytes of the lines before the first packet. Raises SSHException if they do not end."""
        if self._greeting_bytes > MAX_GREETING_BYTES:
            raise SSHException("a greeting without end")
        data: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        self._greeting_bytes += len(data)
        return data


class Line(Transport):
    """The server's side of one connection."""

    #: Seconds between two looks of a line that nobody speaks on; paramiko's tenth of a second has a
    #: thousand silent sessions take a whole processor.
    _active_check_timeout = 1.0

    if TYPE_CHECKING:  # what we use of paramiko's own, which its type stubs leave out
        _channels: dict[int, Channel]

    def __init__(self, client: socket.socket, grace_s: float) -> None:
        """grace_s: how long it takes at most to log in; whoever watches ends it, paramiko only if not."""
        super().__init__(client, packetizer_class=BoundedPacketizer)
        self.local_version = "SSH-2.0-tradepost"
        self.banner_timeout = self.handshake_timeout = grace_s + _SPARE_S
        options = self.get_security_options()
        options.kex = _offered(KEX, options.kex)
        options.ciphers = CIPHERS
        options.digests = DIGESTS

    def channels(self) -> int:
        """How many channels are open."""
        return len(self._channels)

    def unread_bytes(self) -> int:
        """Bytes that the client has sent and nobody has read yet, over all channels."""
        return sum(
            len(channel.in_buffer) + len(channel.in_stderr_buffer)
            for channel in list(self._channels.values())
        )


def _offered(wanted: Iterable[str], available: Iterable[str]) -> tuple[str, ...]:
    """What we want and this build of the cryptography library can do."""
    there = set(available)
    return tuple(name for name in wanted if name in there)
