"""The built-in SFTP server: accepts connections, watches over them, stops in order."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from paramiko import PKey, SSHException

from gateway.errors import TradepostError
from gateway.ports import Receive
from gateway.sftp_server.allowances import Allowances
from gateway.sftp_server.events import OnEvent, SftpEvent
from gateway.sftp_server.gate import RECHECK_S, Doorkeeper, Gate
from gateway.sftp_server.limits import SftpLimits
from gateway.sftp_server.line import MAX_UNREAD_BYTES, Line
from gateway.sftp_server.mailbox import Mailboxes
from gateway.sftp_server.passwords import Passwords
from gateway.sftp_server.penalties import Penalties, source_of
from gateway.sftp_server.spool import Spool
from gateway.sftp_server.subsystem import MailboxSubsystem
from gateway.sftp_server.uploads import Desk, OpenUploads, who
from parsers.catalogue import found

#: Seconds between looks at the clock and at the listener.
_TICK_S = 0.25
#: Seconds to wait for sessions to let go once their connections are closed.
_LEAVE_S = 10.0
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class _Connection:
    line: Line
    gate: Gate
    address: str
    source: str
    since: float


class SftpServer:
    """One SFTP server, for partners only.

    host, port: where to listen; port 0 takes any free one.
    host_keys: the key in force first. Of a type clients are shown the first while they connect;
        those that ask for it are told all, each with a proof that we hold it.
    receive: keeps and records an upload; the close is answered when it returns. It must give up
        by itself if the archive does not answer, since the client waits for it.
    spool: a folder on a local disk that is this server's alone.
    has_room: whether the disks have room for a new upload; asked at each open.
    is_backed_up: whether so much of a partner waits that no more is taken; asked likewise.
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
        has_room: Callable[[], bool] = lambda: True,
        is_backed_up: Callable[[str], bool] = lambda _partner: False,
    ) -> None:
        self._host = host
        self._port = port
        allowances = Allowances(limits)
        self._desk = Desk(
            mailboxes,
            receive,
            limits,
            Spool(spool),
            on_event,
            OpenUploads(),
            allowances,
            has_room,
            is_backed_up,
        )
        self._keeper = Doorkeeper(
            mailboxes,
            Passwords(),
            allowances,
            Penalties(limits.penalties),
            limits,
            tuple(host_keys),
            on_event,
        )
        self._connections: list[_Connection] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """The port that it listens on; known after `start`."""
        return self._port

    def sessions(self) -> int:
        """How many connections are up."""
        return len(self._connections)

    def start(self) -> None:
        """Sweep the spool, listen, return. Raises TradepostError (GTW-111) if the port is not to be had."""
        self._sweep_spool()
        listener = self._listen()
        self._port = int(listener.getsockname()[1])
        self._threads = [
            threading.Thread(target=self._accept, args=(listener,), name="sftp-accept", daemon=True),
            threading.Thread(target=self._watch, name="sftp-watch", daemon=True),
            threading.Thread(target=self._recheck, name="sftp-recheck", daemon=True),
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
            connection.line.close()
        self._desk.allowances.places.wait_empty(_LEAVE_S)
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
        if self._keeper.penalties.is_shut_out(address):
            client.close()
            return
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
        live, limits, source = self._live(), self._desk.limits, source_of(address)
        waiting = sum(one.source == source and not one.gate.has_session() for one in live)
        return len(live) >= limits.connections or waiting >= limits.logins_per_address

    def _greet(self, client: socket.socket, address: str) -> _Connection:
        """Start a transport, in a thread of its own."""
        line = Line(client, self._desk.limits.login_grace_s)
        gate = Gate(self._keeper, line, address)
        for key in reversed(self._keeper.host_keys):  # of a type the last one added counts
            line.add_server_key(key)
        line.set_subsystem_handler("sftp", MailboxSubsystem, gate, self._desk)
        connection = _Connection(line, gate, address, source_of(address), time.monotonic())
        line.start_server(event=threading.Event(), server=gate)
        return connection

    def _live(self) -> list[_Connection]:
        """The connections that are up; forgets the others."""
        with self._lock:
            gone = [one for one in self._connections if not one.line.is_active()]
            self._connections = [one for one in self._connections if one.line.is_active()]
            live = list(self._connections)
        for connection in gone:
            connection.gate.ended(late=self._is_late(connection))
        return live

    def _watch(self) -> None:
        """Close connections that overstay or misbehave."""
        while not self._stopping.wait(_TICK_S):
            for connection in self._live():
                if reason := self._overstays(connection):
                    self._close(connection, SftpEvent.TIMED_OUT, reason)
                elif reason := self._misbehaves(connection):
                    self._close(connection, SftpEvent.CUT_OFF, reason)

    def _close(self, connection: _Connection, event: SftpEvent, reason: str) -> None:
        self._desk.on_event(event, {"address": connection.address, "reason": reason})
        connection.line.close()

    def _overstays(self, connection: _Connection) -> str:
        idle_s = connection.gate.idle_for_s()
        if not connection.line.is_authenticated():
            return "not logged in in time" if self._is_late(connection) else ""
        if not connection.gate.had_session:
            return "no session in time" if idle_s > self._desk.limits.login_grace_s else ""
        return "idle" if idle_s > self._desk.limits.idle_s else ""

    def _is_late(self, connection: _Connection) -> bool:
        return time.monotonic() - connection.since > self._desk.limits.login_grace_s

    def _misbehaves(self, connection: _Connection) -> str:
        if connection.line.unread_bytes() > MAX_UNREAD_BYTES:
            return "sent more than its window"
        if connection.line.is_authenticated():
            return ""
        if connection.gate.is_shut_out():
            return "shut out"
        return "too many tries" if connection.gate.tries_too_often() else ""

    def _recheck(self) -> None:
        """Close sessions whose login was withdrawn, also those that ask for nothing.

        The looks run in a pool of their own, so that a ledger that is away for a while is told
        and does not end them.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="sftp-look") as pool:
            while not self._stopping.wait(RECHECK_S):
                if fault := pool.submit(self._close_withdrawn).exception():
                    self._desk.on_event(SftpEvent.FAILED, {"fault": repr(fault)})

    def _close_withdrawn(self) -> None:
        for connection in self._live():
            if connection.gate.has_session() and not connection.gate.is_in_force():
                self._desk.on_event(SftpEvent.LOGIN_WITHDRAWN, who(connection.gate.caller))
                connection.line.close()

    def _sweep_spool(self) -> None:
        """Delete what a crash left in the spool folder and no row knows: nobody was told OK for it."""
        self._desk.spool.sweep({held.path for held in self._desk.mailboxes.held()})
