"""The built-in SFTP server: accepts connections, watches over them, stops in order."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paramiko import PKey, SSHException, Transport

from gateway.errors import TradepostError
from gateway.ports import Receive
from gateway.sftp_server.events import OnEvent, SftpEvent
from gateway.sftp_server.gate import Gate, Places
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.mailbox import Mailboxes
from gateway.sftp_server.passwords import Passwords
from gateway.sftp_server.spool import Spool
from gateway.sftp_server.subsystem import MailboxSubsystem
from gateway.sftp_server.uploads import Desk, OpenUploads
from parsers.catalogue import found

#: What we negotiate, strongest first: no SHA-1, no CBC, no ssh-rsa, no group exchange.
KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
)
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
DIGESTS = (
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512",
    "hmac-sha2-256",
)

#: Seconds between looks at the clock and at the listener.
_TICK_S = 0.25
#: Seconds to wait for sessions to let go once their connections are closed.
_LEAVE_S = 10.0
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class _Connection:
    transport: Transport
    gate: Gate
    address: str
    since: float


class SftpServer:
    """One SFTP server, for partners only.

    host, port: where to listen; port 0 takes any free one.
    host_keys: at most one of a type; more than one type for a change of keys.
    receive: keeps and records an upload; the close is answered when it returns. It must give up
        by itself if the archive does not answer, since the client waits for it.
    spool: a folder on a local disk that is this server's alone.
    on_event: told of everything worth a log line.

    `start` once, `stop` once. One thread accepts, one watches, two serve each connection.
    """

    def __init__(
        self,
        host: str,
        port: int,
        host_keys: Sequence[PKey],
        mailboxes: Mailboxes,
        receive: Receive,
        limits: SftpLimits,
        spool: Path,
        on_event: OnEvent,
    ) -> None:
        self._host = host
        self._port = port
        self._host_keys = tuple(host_keys)
        self._desk = Desk(mailboxes, receive, limits, Spool(spool), on_event, OpenUploads())
        self._passwords = Passwords()
        self._places = Places(limits.sessions_per_partner)
        self._connections: list[_Connection] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """The port that it listens on; known after `start`."""
        return self._port

    def start(self) -> None:
        """Sweep the spool, listen, return. Raises TradepostError (GTW-111) if the port is not to be had."""
        self._sweep_spool()
        listener = self._listen()
        self._port = int(listener.getsockname()[1])
        self._threads = [
            threading.Thread(target=self._accept, args=(listener,), name="sftp-accept", daemon=True),
            threading.Thread(target=self._watch, name="sftp-watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, drain_s: float) -> bool:
        """Take no new connection or upload, wait for open uploads, then close all connections.

        drain_s: seconds to wait. False if uploads were still open then: they count as cut off.
        """
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        drained = self._desk.uploads.drain(drain_s)
        for connection in self._live():
            connection.transport.close()
        self._places.wait_empty(_LEAVE_S)
        return drained

    def _listen(self) -> socket.socket:
        try:
            family = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0][0]
            listener = socket.create_server((self._host, self._port), family=family, backlog=_BACKLOG)
        except OSError as fault:
            no = found("GTW-111", host=self._host, port=self._port, reason=str(fault))
            raise TradepostError(no.code, no.message, no.remedy) from fault
        listener.settimeout(_TICK_S)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        """Admit connections until told to stop."""
        with listener:
            while not self._stopping.is_set():
                try:
                    client, address = listener.accept()
                except TimeoutError:
                    continue
                except OSError as fault:  # out of files or memory: later connections may do
                    self._desk.on_event(SftpEvent.FAILED, {"fault": repr(fault)})
                    self._stopping.wait(_TICK_S)
                    continue
                self._admit(client, str(address[0]))

    def _admit(self, client: socket.socket, address: str) -> None:
        if self._is_full_for(address):
            client.close()
            self._desk.on_event(SftpEvent.TURNED_AWAY, {"address": address})
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        try:
            connection = self._greet(client, address)
        except (OSError, SSHException, EOFError) as fault:
            client.close()
            self._desk.on_event(SftpEvent.FAILED, {"address": address, "fault": repr(fault)})
            return
        with self._lock:
            self._connections.append(connection)

    def _is_full_for(self, address: str) -> bool:
        """True if one more connection from `address` would be too many."""
        live, limits = self._live(), self._desk.limits
        waiting = sum(one.address == address and not one.transport.is_authenticated() for one in live)
        return len(live) >= limits.connections or waiting >= limits.logins_per_address

    def _greet(self, client: socket.socket, address: str) -> _Connection:
        """Start a transport, in a thread of its own."""
        desk = self._desk
        gate = Gate(desk.mailboxes, self._passwords, self._places, address, desk.on_event)
        transport = Transport(client)
        transport.local_version = "SSH-2.0-tradepost"
        transport.banner_timeout = transport.handshake_timeout = desk.limits.login_grace_s
        options = transport.get_security_options()
        options.kex = _offered(KEX, options.kex)
        options.ciphers = CIPHERS
        options.digests = DIGESTS
        for key in self._host_keys:
            transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", MailboxSubsystem, gate, desk)
        connection = _Connection(transport, gate, address, time.monotonic())
        transport.start_server(event=threading.Event(), server=gate)
        return connection

    def _live(self) -> list[_Connection]:
        """The connections that are up; forgets the others."""
        with self._lock:
            self._connections = [one for one in self._connections if one.transport.is_active()]
            return list(self._connections)

    def _watch(self) -> None:
        """Close connections that overstay."""
        while not self._stopping.wait(_TICK_S):
            for connection in self._live():
                if reason := self._overstays(connection):
                    fields = {"address": connection.address, "reason": reason}
                    self._desk.on_event(SftpEvent.TIMED_OUT, fields)
                    connection.transport.close()

    def _overstays(self, connection: _Connection) -> str:
        limits = self._desk.limits
        if not connection.transport.is_authenticated():
            late = time.monotonic() - connection.since > limits.login_grace_s
            return "not logged in in time" if late else ""
        return "idle" if connection.gate.idle_for_s() > limits.idle_s else ""

    def _sweep_spool(self) -> None:
        """Delete what a crash left in the spool folder and no row knows: nobody was told OK for it."""
        self._desk.spool.sweep({held.path for held in self._desk.mailboxes.held()})


def _offered(wanted: Iterable[str], available: Iterable[str]) -> tuple[str, ...]:
    """What we want and this build of the cryptography library can do."""
    there = set(available)
    return tuple(name for name in wanted if name in there)
