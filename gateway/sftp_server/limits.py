"""How much one partner may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.sftp_server.penalties import PenaltyRules


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Limits of the built-in SFTP server. Reaching one refuses that request or connection only."""

    #: Connections at once, logged in or not; the next is closed before a word.
    connections: int = 1_200
    #: Connections at once from one source that have no session yet; the next is closed likewise.
    logins_per_address: int = 100
    #: SFTP sessions at once for one partner, over all its logins and connections.
    sessions_per_partner: int = 20
    #: Files and folders open at once in one session.
    handles_per_session: int = 64
    #: Requests a second of one partner, reads and writes apart; a faster one waits.
    requests_per_s: int = 5_000
    #: Files and bytes that one partner may upload in a day (UTC), since the server started.
    files_per_day: int = 1_000_000
    bytes_per_day: int = 200 * 1024**3
    #: Largest file that may be uploaded, in bytes.
    file_bytes: int = 5 * 1024**3
    #: Bytes that one session may upload in total; a new session starts anew.
    session_bytes: int = 50 * 1024**3
    #: Seconds from connecting to having a session.
    login_grace_s: float = 30.0
    #: Passwords that one connection may try, and keys that it may show.
    tries: int = 6
    keys_shown: int = 20
    #: Seconds before which no wrong password and no unknown key is answered, whatever they cost us.
    password_refusal_s: float = 1.0
    key_refusal_s: float = 0.01
    #: Seconds without a request after which a session is closed; an open upload counts as cut off.
    idle_s: float = 600.0
    #: Seconds that an upload cut off or waiting for its rename is kept; looked at when its partner logs in.
    hold_s: float = 7 * 24 * 3600.0
    #: What failed logins cost the address that they come from.
    penalties: PenaltyRules = field(default_factory=PenaltyRules)


@dataclass(frozen=True, slots=True)
class PartnerLimits:
    """What one login may ask for in its partner's name; None: what the server allows everybody."""

    sessions: int | None = None
    requests_per_s: int | None = None
    files_per_day: int | None = None
    bytes_per_day: int | None = None


#: What a login has that says nothing of its own.
NO_OWN_LIMITS = PartnerLimits()
