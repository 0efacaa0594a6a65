"""The SFTP protocol loop: paramiko's, with a close that can fail.

Measured on paramiko 5.1: a CLOSE is answered OK whatever the handle's `close` returns, and a
broken session closes its open handles through that same `close`, after `session_ended`. So a
CLOSE request is handled here, by `commit`; `close` is left to mean that nobody asked for it.
"""

from __future__ import annotations

import struct
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from paramiko import Channel, Message, ServerInterface, SFTPHandle, SFTPServer
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_INIT,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_REMOVE,
    CMD_RENAME,
    CMD_VERSION,
    CMD_WRITE,
    SFTPError,
)

from gateway.sftp_server.events import SftpEvent
from gateway.sftp_server.gate import Gate
from gateway.sftp_server.refusal import Refusal, Status, refusal
from gateway.sftp_server.session import DownloadHandle, MailboxSession, UploadHandle
from gateway.sftp_server.uploads import Desk, who

PROTOCOL_VERSION = 3
#: As OpenSSH: no honest packet is larger.
MAX_PACKET_BYTES = 256 * 1024 + 1024
#: What is done also for a client that has gone meanwhile: it finds it done when it comes back.
_LASTING = frozenset({CMD_OPEN, CMD_WRITE, CMD_CLOSE, CMD_RENAME, CMD_REMOVE, CMD_EXTENDED})
_POSIX_RENAME = "posix-rename@openssh.com"


class MailboxSubsystem(SFTPServer):
    """One SFTP session on one channel, in a thread of its own."""

    server: MailboxSession

    if TYPE_CHECKING:  # what we use of paramiko's own, which its type stubs leave out

        def _read_all(self, n: int) -> bytes: ...
        def _send_packet(self, t: int, packet: Message) -> None: ...
        def _send_status(self, request_number: int, code: int, desc: str | None = None) -> None: ...

    def __init__(self, channel: Channel, name: str, server: ServerInterface, gate: Gate, desk: Desk) -> None:
        super().__init__(channel, name, server, MailboxSession, desk)
        self._channel = channel
        self._gate = gate
        self._desk = desk

    def _send_server_version(self) -> int:
        """Greet, and offer the one extension that we have."""
        kind, data = self._read_packet()
        if kind != CMD_INIT or len(data) < 4:
            raise SFTPError("not an SFTP client")
        message = Message()
        message.add_int(PROTOCOL_VERSION)
        message.add_string(_POSIX_RENAME)
        message.add_string("1")
        self._send_packet(CMD_VERSION, message)
        self._gate.tell_host_keys()
        return int(struct.unpack(">I", data[:4])[0])

    def _read_packet(self) -> tuple[int, bytes]:
        """The next packet: type and content. Raises EOFError at the end, SFTPError if it is too large.

        What a withdrawn login has sent already is not read any more.
        """
        if self._gate.is_withdrawn:
            raise EOFError
        size = int(struct.unpack(">I", self._read_all(4))[0])
        if not 1 <= size <= MAX_PACKET_BYTES:
            raise SFTPError(f"packet of {size} bytes")
        data = self._read_all(size)
        return data[0], data[1:]

    def _process(self, t: int, request_number: int, msg: Message) -> None:
        """Serve one request; every refusal and every fault is answered as a failure."""
        if self._channel.closed and t not in _LASTING:
            return  # nobody is there for the answer
        self._gate.touch()
        self._keep_pace(t)
        try:
            if self._gate.is_still_welcome():
                self._serve(t, request_number, msg)
            else:
                self._tell(SftpEvent.LOGIN_WITHDRAWN)
                self._channel.get_transport().close()
        except Refusal as no:
            if no.status is not Status.NO_SUCH_FILE:  # clients look before every upload
                self._tell(SftpEvent.REFUSED, code=no.finding.code, message=no.finding.message)
            self._send_status(request_number, no.status, no.text)
        except UnicodeDecodeError:
            self._send_status(request_number, Status.FAILURE, "GTW-100 File names must be UTF-8.")
        except BaseException as fault:
            self._tell(SftpEvent.FAILED, fault=repr(fault))
            raise  # paramiko answers it as a failure

    def _serve(self, kind: int, request_number: int, message: Message) -> None:
        if kind == CMD_CLOSE:
            self._close(request_number, message.get_binary())
        elif kind == CMD_RENAME:
            self._rename(request_number, message)
        elif kind == CMD_EXTENDED:
            self._extended(request_number, message)
        else:
            if kind in (CMD_OPEN, CMD_OPENDIR):
                self._check_handles()
            super()._process(kind, request_number, message)  # type: ignore[misc]

    def _close(self, request_number: int, name: bytes) -> None:
        """A close that the client asked for: answered OK only when `commit` has returned."""
        if self.folder_table.pop(name, None) is not None:
            self._send_status(request_number, Status.OK)
            return
        handle = self.file_table.pop(name, None)
        if not isinstance(handle, (UploadHandle, DownloadHandle)):
            self._send_status(request_number, Status.FAILURE, "invalid handle")
            return
        with self._desk.uploads.answering():
            with self._gate.keeping():
                handle.commit()
            self._send_status(request_number, Status.OK)

    def _rename(self, request_number: int, message: Message) -> None:
        old, new = message.get_text(), message.get_text()
        with self._desk.uploads.answering():
            with self._gate.keeping():
                self.server.rename(old, new)
            self._send_status(request_number, Status.OK)

    def _extended(self, request_number: int, message: Message) -> None:
        """posix-rename only: paramiko's own check-file would hash by MD5 and count as a fetch."""
        if message.get_text() == _POSIX_RENAME:
            self._rename(request_number, message)
        else:
            self._send_status(request_number, Status.OP_UNSUPPORTED)

    def _keep_pace(self, kind: int) -> None:
        """Let a partner wait that asks too fast. Reads and writes are bounded by their bytes."""
        if kind in (CMD_READ, CMD_WRITE):
            return
        facts = self._gate.facts
        delay_s = self._desk.allowances.pace.delay_s(facts.partner, facts.limits.requests_per_s)
        if delay_s:
            threading.Event().wait(delay_s)

    def _check_handles(self) -> None:
        limit = self._desk.limits.handles_per_session
        if len(self.file_table) + len(self.folder_table) >= limit:
            raise refusal("GTW-107", Status.FAILURE, limit=limit)

    def finish_subsystem(self) -> None:
        """The session is over: cut what is still open, each whatever becomes of the others, then leave."""
        handles: list[SFTPHandle] = list(self.file_table.values())
        self.file_table = {}
        try:
            with ExitStack() as ending:
                ending.callback(self._gate.leave, self._channel)
                ending.callback(super().finish_subsystem)
                for handle in handles:
                    ending.callback(handle.close)
        except BaseException as fault:
            self._tell(SftpEvent.FAILED, fault=repr(fault))
            raise

    def _tell(self, event: SftpEvent, **fields: str | int) -> None:
        self._desk.on_event(event, who(self.server.caller) | fields)
