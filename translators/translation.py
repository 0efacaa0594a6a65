"""What translating one document gives."""

from __future__ import annotations

from collections.abc import Callable

from parsers.finding import Finding
from parsers.record import mutable_record, record
from translators.canonical.document import Document
from translators.canonical.values import Code
from translators.report import BusinessKey

#: Findings about totals (CTT, TDS, SDQ, BPR). They are notes: a partner's profile may let them hold
#: (`hash_totals = "hold"`) or leave them out ("ignore").
TOTAL_CODES = frozenset({"TRN-001", "TRN-002", "TRN-003", "TRN-004", "TRN-330"})


@record
class Translation:
    """A document as our business sees it, with what a person should know about it.

    document: as far as it could be read; of a set whose segments were not kept (beyond the size
        limit) the envelope alone. None is for translators that give no document.
    findings: business findings, severity note unless the document must not go on by itself.
        None of them carries a code of the 997, which a business fault never changes; TED01 says
        how an 824 tells the finding, and one without it is told only if it is an error.
    keys: numbers that people search by, each once.
    number: the document's own number (BEG03, BSN02, BIG02), or what it is known by where it has
        none ("order/release/date"); "" if unknown.
    original: False for a copy, cancellation, replacement, … (BEG01, BSN01, BIG08 other than 00 or
        empty), and for a change where the document is none by kind.
    purpose: the purpose code with its meaning, None if not sent.
    """

    document: Document | None
    findings: tuple[Finding, ...] = ()
    keys: tuple[BusinessKey, ...] = ()
    number: str = ""
    original: bool = True
    purpose: Code | None = None

    @property
    def json(self) -> bytes | None:
        """The document as UTF-8 JSON, None if there is none."""
        if self.document is None:
            return None
        from translators.canonical.writing import to_json_bytes  # loads every kind of document

        return to_json_bytes(self.document)

    @property
    def holds(self) -> tuple[Finding, ...]:
        """The findings for which the document waits for a person, whatever the profile says."""
        return tuple(finding for finding in self.findings if finding.is_error)


@mutable_record
class Prepared:
    """A translation whose JSON is known before its document, which is made when asked for.

    The same as the `Translation` that `translate` gives. find_keys: finds the keys without it.
    """

    json: bytes
    number: str
    original: bool
    purpose: Code | None
    translate: Callable[[], Translation]
    findings: tuple[Finding, ...] = ()
    find_keys: Callable[[], tuple[BusinessKey, ...]] | None = None
    _whole: Translation | None = None

    @property
    def whole(self) -> Translation:
        """The translation with its document."""
        if self._whole is None:
            self._whole = self.translate()
        return self._whole

    @property
    def document(self) -> Document | None:
        """The document."""
        return self.whole.document

    @property
    def keys(self) -> tuple[BusinessKey, ...]:
        """Numbers that people search by."""
        return self.whole.keys if self.find_keys is None else self.find_keys()

    @property
    def holds(self) -> tuple[Finding, ...]:
        """The findings for which the document waits for a person, whatever the profile says."""
        return tuple(finding for finding in self.findings if finding.is_error)
