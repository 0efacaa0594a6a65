"""The contract between the gateway and the world beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Consignment:
    """What is handed to a connector: one or several documents, already rendered.

    key: idempotency key; the same key always carries the same payload.
    file_name: a safe name for stores of files: no path, no control characters.
    payload: the rendered bytes. content_type: its media type.
    documents: the canonical documents inside as JSON values, in order; empty for an acknowledgement.
    attributes: facts for headers and logs: partner, document kind, document ids, environment.
    """

    key: str
    file_name: str
    content_type: str
    payload: bytes
    documents: Sequence[Mapping[str, object]] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """ACCEPTED: taken now. DUPLICATE: the far end had this key already; counts as delivered."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the far end said.

    reference: the far end's own id or place, "" if it names none.
    response: the answer as received, cut to the connector's limit; kept in the archive.
    """

    outcome: Outcome
    reference: str = ""
    response: bytes = b""


class Refused(Exception):
    """The far end will not take this consignment as it is; trying again changes nothing.

    endpoint_wide: True if it refuses us rather than the document (401, 403, unknown host key).
    response: what it said, cut to the connector's limit.
    """

    def __init__(self, reason: str, *, response: bytes = b"", endpoint_wide: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response
        self.endpoint_wide = endpoint_wide


class TryLater(Exception):
    """The far end cannot take it now, or its answer is unknown; the same key may be sent again.

    after_s: seconds the far end asked us to wait, None if it did not say.
    """

    def __init__(self, reason: str, *, after_s: float | None = None, response: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s
        self.response = response


class Connector(Protocol):
    """One far end.

    `deliver` may be called again with the same key after a crash or an unknown outcome;
    a far end that knows keys must then answer DUPLICATE or the first receipt. It returns
    only when the far end has taken the payload. It raises TryLater or Refused, nothing else
    on purpose. Calls may come from several threads.
    """

    def deliver(self, consignment: Consignment) -> Receipt:
        """Hand over one consignment."""
        ...

    def check(self) -> str:
        """A sentence on the far end's health. Raises TryLater or Refused if it is not well."""
        ...

    def close(self) -> None:
        """Let go of connections. May be called more than once."""
        ...
