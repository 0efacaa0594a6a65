"""What Tryton lacks for a document, gathered so that a person is told all of it at once."""

from __future__ import annotations

from outbound.connector import TryLater
from outbound.refusals import Words, try_later

#: How long a document that lacks something waits at least before Tryton is asked again, in seconds.
ASK_AGAIN_S = 30.0


class Lacking:
    """Collects what is missing; `insist` ends the attempt if anything is."""

    def __init__(self) -> None:
        self._missing: dict[str, None] = {}

    def note(self, what: str, remedy: str) -> None:
        """Something is missing. what: as the document names it. remedy: what to add, and where."""
        self._missing[f"{what}: {remedy}"] = None

    def insist(self) -> None:
        """Raises TryLater, naming all that is missing; the document is delivered once it is there."""
        if self._missing:
            raise self.said()

    def said(self) -> TryLater:
        """All that is missing so far, as the end of the attempt."""
        missing = Words("; ".join(self._missing))
        return try_later("OUT-104", after_s=ASK_AGAIN_S, holds=True, missing=missing)
