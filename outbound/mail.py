"""Mail to people, by SMTP with TLS. What is sent is written for them; nothing of a partner's is in it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from outbound.refusals import refused, try_later

Security = Literal["starttls", "tls", "none"]
#: Longest subject line; the rest is in the text.
SUBJECT_CHARS = 200


@dataclass(frozen=True, slots=True)
class MailServer:
    """How mail leaves us. security: "tls" from the first byte, "starttls", or "none" (loopback only).

    user, password: empty for a server that asks for none. ca_file: certificates to trust instead
    of the machine's. timeout_s: for each step.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. id: the same in every try, so that the reader's side drops a repeat.

    thread: an id that mails of one matter share, "" for none. text: lines of plain text.
    """

    id: str
    to: str
    subject: str
    text: str
    written_at: datetime
    thread: str = ""


def send(server: MailServer, mail: Mail) -> None:
    """Hand a mail to the server; on return it has taken it.

    Raises Refused if it will not take this mail or address (a 5xx), TryLater for anything that
    may pass: a server that is away, busy, or does not let us in. A try whose answer is lost may
    arrive twice, under the same Message-ID.
    """
    message = _message(server, mail)
    with _exchange(server) as smtp:
        smtp.send_message(message)


def check(server: MailServer) -> str:
    """That the server can be reached and lets us in; nothing is sent. Raises as `send`."""
    with _exchange(server) as smtp:
        smtp.noop()
    return f"{server.host} takes our mail."


def _message(server: MailServer, mail: Mail) -> EmailMessage:
    domain = server.sender.rpartition("@")[2].rstrip(">") or "tradepost.invalid"
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())[:SUBJECT_CHARS]
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    if mail.thread:
        message["References"] = f"<{mail.thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


@contextmanager
def _exchange(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A session with the server; what goes wrong in it is turned into Refused or TryLater."""
    host = server.host
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp
    except smtplib.SMTPRecipientsRefused as fault:
        code, said = next(iter(fault.recipients.values()))
        raise _refusal(host, code, said) from fault
    except smtplib.SMTPAuthenticationError as fault:  # its words may repeat what we sent
        raise try_later("OUT-092", host=host, status=str(fault.smtp_code)) from None
    except smtplib.SMTPResponseException as fault:
        raise _refusal(host, fault.smtp_code, fault.smtp_error) from fault
    except ssl.SSLCertVerificationError as fault:
        raise try_later("OUT-091", host=host, reason=fault.verify_message) from fault
    except (smtplib.SMTPException, OSError) as fault:
        raise try_later("OUT-091", host=host, reason=str(fault) or type(fault).__name__) from fault


def _refusal(host: str, code: int, said: bytes | str) -> Exception:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    make = refused if 500 <= code < 600 else try_later
    return make("OUT-090", host=host, status=str(code), answer=words[:SUBJECT_CHARS])


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    if server.security == "starttls":
        try:
            smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
    return smtp
