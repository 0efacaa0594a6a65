"""What the server tells a client when it will not do a thing."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from parsers.catalogue import found
from parsers.finding import Finding


class Status(IntEnum):
    """SFTP status codes that we answer with (draft-ietf-secsh-filexfer-02, section 7)."""

    OK = 0
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    OP_UNSUPPORTED = 8


class Refusal(Exception):
    """One request is refused; the session goes on. The finding says why, in the client's hearing."""

    def __init__(self, status: Status, finding: Finding) -> None:
        super().__init__(finding.message)
        self.status = status
        self.finding = finding

    @property
    def text(self) -> str:
        """The status message of the answer."""
        return f"{self.finding.code} {self.finding.message}"


def refusal(code: str, status: Status, *, value: str | None = None, **blanks: Any) -> Refusal:
    """A refusal with the catalogue's `code`; `value` and `blanks` as for parsers.catalogue.found."""
    return Refusal(status, found(code, value=value, **blanks))
