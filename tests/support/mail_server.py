"""A mail server on loopback that keeps what it is sent: STARTTLS, logins, and refusals as a test says."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Kept:
    """What came. says: answers to give to RCPT instead of 250, once each. user, password: who may."""

    port: int = 0
    user: str = ""
    password: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)


@contextmanager
def mail_server(
    kept: Kept, tls: ssl.SSLContext | None = None, *, secure_at_once: bool = False
) -> Iterator[Kept]:
    """Serve while the block runs. secure_at_once: TLS from the first byte, not by STARTTLS."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            """One client, until it leaves."""
            secure, allowed = secure_at_once and self._secured(), not kept.user
            self._say("220 test")
            while line := self.rfile.readline().decode("latin-1").strip():
                verb = line.upper()
                if verb.startswith("EHLO"):
                    offers = ["test", *(["STARTTLS"] if tls and not secure else []), "AUTH PLAIN"]
                    self._say("\r\n".join(f"250-{offer}" for offer in offers[:-1]) + f"\r\n250 {offers[-1]}")
                elif verb == "STARTTLS" and tls:
                    self._say("220 go on")
                    secure = self._secured()
                elif verb.startswith("AUTH PLAIN"):
                    given = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
                    allowed = given == [kept.user, kept.password]
                    self._say("235 welcome" if allowed else f"535 not you, {given[1]}")
                elif verb.startswith("RCPT"):
                    self._say(kept.says.pop(0) if kept.says else "250 fine" if allowed else "530 who are you")
                elif verb == "DATA":
                    self._say("354 go on")
                    content = b"".join(iter(self.rfile.readline, b".\r\n"))
                    kept.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
                    kept.secured.append(secure)
                    self._say("250 kept")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 fine")

        def _secured(self) -> bool:
            assert tls is not None
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")  # type: ignore[assignment]
            return True

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())
            self.wfile.flush()

        def finish(self) -> None:
            """The client is gone, be it in the middle of something."""
            self.rfile.close()
            self.connection.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield kept
        finally:
            server.shutdown()
