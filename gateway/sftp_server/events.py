"""What the server reports while it works, for the log and the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

#: Values of an event: facts, never content or secrets.
Fields = Mapping[str, str | int]


class SftpEvent(StrEnum):
    """Names of events. All carry `address`; from the login on also `login`, `partner`, `key`, `session`."""

    #: A limit on connections or sessions is reached; the connection or session was refused.
    #: Connections that a penalty shuts out are not told one by one.
    TURNED_AWAY = "sftp.turned_away"
    #: A session has begun.
    LOGIN_ACCEPTED = "sftp.login_accepted"
    #: `login`, `key` ("SHA256:…" or "password") were not accepted.
    LOGIN_REFUSED = "sftp.login_refused"
    #: Too many logins failed: connections from `source` are closed unread for `seconds`.
    SHUT_OUT = "sftp.shut_out"
    #: The login, or its key or password, is no longer in force; the connection was closed.
    LOGIN_WITHDRAWN = "sftp.login_withdrawn"
    #: No session within the grace time, or idle too long: `reason`.
    TIMED_OUT = "sftp.timed_out"
    #: The connection was closed for what no honest client does: `reason`.
    CUT_OFF = "sftp.cut_off"
    #: `name`, `upload`.
    UPLOAD_STARTED = "sftp.upload_started"
    #: Durable and in the ledger: `name`, `upload`, `transmission`, `sha256`, `size`.
    UPLOAD_KEPT = "sftp.upload_kept"
    #: Durable, waits for its rename: `name`, `upload`, `size`.
    UPLOAD_HELD = "sftp.upload_held"
    #: The connection broke before the close: `name`, `upload`, `size`. Never processed.
    UPLOAD_CUT = "sftp.upload_cut"
    #: It could not be kept and the client was told so: `name`, `upload`, `fault`.
    UPLOAD_FAILED = "sftp.upload_failed"
    #: An upload that waited too long was deleted: `name`, `upload`, `size`.
    UPLOAD_EXPIRED = "sftp.upload_expired"
    #: Read to its end: `folder`, `name`, `entry`.
    FETCHED = "sftp.fetched"
    #: `folder`, `name`.
    REMOVED = "sftp.removed"
    #: A request was refused: `code`, `message`.
    REFUSED = "sftp.refused"
    #: A request failed by a fault of ours or of the store: `fault`. The client was told.
    FAILED = "sftp.failed"


#: Told of every event, from several threads; must return soon and must not raise.
OnEvent = Callable[[SftpEvent, Fields], None]
