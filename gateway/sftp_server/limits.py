"""How much one partner may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Limits of the built-in SFTP server. Reaching one refuses that request or connection only."""

    #: Connections at once, logged in or not; the next is closed before a word.
    connections: int = 200
    #: Connections at once from one address that are not logged in yet; the next is closed likewise.
    logins_per_address: int = 100
    #: SFTP sessions at once for one partner, over all its logins and connections.
    sessions_per_partner: int = 20
    #: Files and folders open at once in one session.
    handles_per_session: int = 64
    #: Largest file that may be uploaded, in bytes.
    file_bytes: int = 5 * 1024**3
    #: Bytes that one session may upload in total; a new session starts anew.
    session_bytes: int = 50 * 1024**3
    #: Seconds from connecting to being logged in.
    login_grace_s: float = 30.0
    #: Seconds without a request after which a session is closed; an open upload counts as cut off.
    idle_s: float = 600.0
    #: Seconds that an upload cut off or waiting for its rename is kept; looked at when its partner logs in.
    hold_s: float = 7 * 24 * 3600.0
