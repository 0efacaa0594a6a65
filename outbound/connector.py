"""The contract between the gateway and the world beyond.

A connector says one of four things of a consignment: taken (`Receipt`, ACCEPTED), had it before
(`Receipt`, DUPLICATE), will not take it (`Refused`, for a person), or not now (`TryLater`). Of a
batch it may say one of the four for each document (`Receipt.results`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol, runtime_checkable

from parsers.finding import Finding
from partners.crosswalk import Crosswalk


@dataclass(frozen=True)
class Carried:
    """One document inside a consignment.

    id: ours, stable for ever. key: its own idempotency key at this destination, the same in every
    consignment that ever carries it; a far end that books documents one by one refuses a repeat by it.
    text: the canonical document as JSON.
    """

    id: str
    key: str
    text: str

    @cached_property
    def value(self) -> Mapping[str, object]:
        """The document as a JSON value; read when it is asked for, since many far ends take the text."""
        value: Mapping[str, object] = json.loads(self.text)
        return value


@dataclass(frozen=True, slots=True)
class Consignment:
    """What is handed to a connector: one or several documents, already rendered.

    key: idempotency key; the same key always carries the same payload. A consignment of one
    document that is no batch has that document's key.
    file_name: a safe name for stores of files: no path, no control characters.
    payload: the rendered bytes. content_type: its media type.
    documents: what is inside, in order; empty for an acknowledgement.
    attributes: facts for headers and logs: partner, kind (of document), documents (ids), environment.
    attempt: the number of this attempt, from 1; an answer belongs to the attempt that asked for it.
    crosswalk: the partner's codes and ours, as they are now.
    faults: why the documents could not be written in the form of the destination; such a
    consignment has no payload, and no connector is given it.
    """

    key: str
    file_name: str
    content_type: str
    payload: bytes
    documents: Sequence[Carried] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    crosswalk: Crosswalk = field(default_factory=Crosswalk)
    faults: Sequence[Finding] = ()


class Outcome(StrEnum):
    """What became of a consignment, or of one document in it.

    ACCEPTED: taken now. DUPLICATE: the far end had this key already; counts as delivered.
    REJECTED and TRY_LATER stand in the results of a batch only: of a whole consignment they are
    raised, as `Refused` and `TryLater`.
    """

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    TRY_LATER = "try_later"


@dataclass(frozen=True, slots=True)
class Result:
    """What the far end said of one document in a batch (FI-F13).

    reference: its id there if it was taken, or was there. reason: why not, in the far end's words,
    if it is REJECTED or TRY_LATER. code: of the catalogue's row that explains it, "" for none.
    """

    outcome: Outcome
    reference: str = ""
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the far end said of a consignment that it has dealt with.

    outcome: ACCEPTED or DUPLICATE. reference: the far end's own id or place, "" if it names none;
    of a duplicate the id that exists. response: the answer as received, cut to the connector's
    limit; kept in the archive. results: by document id, where the far end answers for each; a
    document that is not named shares `outcome`.
    """

    outcome: Outcome
    reference: str = ""
    response: bytes = b""
    results: Mapping[str, Result] = field(default_factory=dict)


class Refused(Exception):
    """The far end will not take this consignment as it is; trying again changes nothing.

    reason: a sentence for a person, with the far end's own words. code: of the catalogue's row.
    endpoint_wide: True if it refuses us rather than the document (401, 403, unknown host key): the
    destination is paused, and documents wait.
    response: what it said, cut to the connector's limit.
    """

    def __init__(
        self, reason: str, *, response: bytes = b"", endpoint_wide: bool = False, code: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response
        self.endpoint_wide = endpoint_wide
        self.code = code


class TryLater(Exception):
    """The far end cannot take it now, or its answer is unknown; the same key may be sent again.

    after_s: seconds the far end asked us to wait, None if it did not say.
    endpoint_wide: True if any other consignment would fare alike (no connection, 503, 429), False if
    it may lie in this one (a 500, an answer that breaks the contract).
    holds: True if the far end is well and has said what this one lacks (a product that is not there
    yet): the destination's breaker counts it as a delivery; it is never endpoint_wide.
    """

    def __init__(
        self,
        reason: str,
        *,
        after_s: float | None = None,
        response: bytes = b"",
        endpoint_wide: bool = True,
        holds: bool = False,
        code: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s
        self.response = response
        self.endpoint_wide = endpoint_wide and not holds
        self.holds = holds
        self.code = code


@dataclass(frozen=True, slots=True)
class Preview:
    """What a delivery would send, for a person to read. Never holds a secret.

    action: one line, such as "POST https://erp.example/orders". headers: what goes with it.
    content: the bytes that would go; content_type: their media type.
    """

    action: str
    content: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a far end holds of a consignment.

    reference: its own id or place. facts: what can be compared with another far end's, by name:
    number, partner, lines, total, sha256 …; texts as the far end shows them.
    """

    reference: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One far end.

    `deliver` may be called again with the same key after a crash or an unknown outcome;
    a far end that knows keys must then answer DUPLICATE or the first receipt. For one that knows
    none, the connector looks our reference up before it creates anything. It returns only when the
    far end has taken the payload. It raises TryLater or Refused, nothing else on purpose. Calls
    may come from several threads.
    """

    def deliver(self, consignment: Consignment) -> Receipt:
        """Hand over one consignment."""
        ...

    def dry_run(self, consignment: Consignment) -> Preview:
        """What `deliver` would send; nothing is changed at the far end.

        Raises Refused or TryLater where it is known beforehand that the delivery would.
        """
        ...

    def check(self) -> str:
        """A sentence on the far end's health. Raises TryLater or Refused if it is not well."""
        ...

    def close(self) -> None:
        """Let go of connections. May be called more than once."""
        ...


@runtime_checkable
class Searchable(Protocol):
    """A connector whose far end can be asked what it holds. Optional, beside `Connector`."""

    def look_up(self, consignment: Consignment) -> Holding | None:
        """What the far end holds under the consignment's key or name, None if nothing.

        Changes nothing. Raises TryLater or Refused if the far end cannot be asked.
        """
        ...
