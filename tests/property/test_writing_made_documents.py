"""Whatever a document holds stands in the set that is written, or is told; a sound set is without fault."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from parsers.finding import Finding
from parsers.x12.model import PartyId
from tests.support.made_documents import Maker, leaves
from tests.support.x12_round_trip import AT, sets_of
from translators import registry
from translators.canonical.codec import KINDS
from translators.canonical.document import Document, Source
from translators.canonical.values import Unmapped
from translators.writing_x12 import Envelope, form_of, write_file, write_set
from translators.x12_writing import MAX_SAME_FINDINGS, Written

SETS = sorted((set_id, one.kind) for (kind, set_id), one in registry.TRANSLATORS.items() if kind == "x12")
FEW, MANY = 5, 60
HOSTILE_RUNS = 30
#: Findings that name a field which is not written, or not wholly.
UNWRITTEN = frozenset({"TRN-357", "TRN-360", "TRN-361", "TRN-362", "TRN-367", "TRN-368"})
#: Fields that are known from others: an invoice's sign, what a price is per, where a level stands.
DERIVED = re.compile(
    r"(^|\.)(zone|level|parent|package|item|order|sign|direction|payable\.amount|per)$"
    r"|^(created|shipped|expected)\.qualifier|\.expiry\.qualifier|^packages.*items\[\d+\]$"
    r"|^pay(er|ee)\.role|^items\[\d+\]\.(entity|invoice_number)$"
)
FIELD = re.compile(r"[a-z_]+(?:\[\d+\])?(?:\.[a-z_0-9]+(?:\[\d+\])?)*")
FROM_AN_ERP = Source(standard="json", set="order")

sets = pytest.mark.parametrize(("set_id", "kind"), SETS)
releases = pytest.mark.parametrize("release", ["004010", "005010"])


def _made(set_id: str, kind: str, release: str, seed: int) -> Document:
    return Maker(Random(f"{set_id}{release}{seed}")).document(KINDS[kind].type, FROM_AN_ERP)


def _texts(written: Written) -> frozenset[str]:
    """Every element and component, and the dates of periods."""
    elements = (element for _, elements in written.segments for element in elements)
    parts = (part for one in elements for part in ((one,) if isinstance(one, str) else one))
    return frozenset(text for part in parts for text in (part.strip(), *part.split("-")))


def _forms(value: Any) -> Iterator[str]:
    """How a value may stand in an element: a number also with implied decimals or filled up."""
    if isinstance(value, datetime.date):
        yield f"{value:%Y%m%d}"
    elif isinstance(value, datetime.time):
        yield f"{value:%H%M}"
    elif isinstance(value, (Decimal, int)):
        yield from (str(value), f"{value}00", f"{value}.00", f"{value}.0", f"{value}.000")
    else:
        yield str(value)


def _told(findings: tuple[Finding, ...]) -> frozenset[str]:
    """The fields that are told as not written."""
    messages = (one.message for one in findings if one.code in UNWRITTEN)
    return frozenset(field for message in messages for field in FIELD.findall(message))


def _is_told(way: str, told: frozenset[str]) -> bool:
    """True if the field, or one that holds it, is among those told."""
    steps = re.split(r"(?=[.\[])", way)
    return any("".join(steps[:length]) in told for length in range(1, len(steps) + 1))


def _assert_nothing_is_lost(document: Document, written: Written) -> None:
    if max(Counter(one.code for one in written.findings).values(), default=0) >= MAX_SAME_FINDINGS:
        return
    texts, told = _texts(written), _told(written.findings)
    silent = [
        (way, value)
        for way, value in leaves(document)
        if not DERIVED.search(way) and texts.isdisjoint(_forms(value)) and not _is_told(way, told)
    ]
    assert not silent


@sets
@releases
def test_a_value_stands_in_the_set_or_is_told(set_id: str, kind: str, release: str) -> None:
    for seed in range(FEW):
        document = _made(set_id, kind, release, seed)
        _assert_nothing_is_lost(document, write_set(document, set_id, release))


@pytest.mark.slow
@sets
@releases
def test_every_value_of_many_documents_stands_in_the_set_or_is_told(
    set_id: str, kind: str, release: str
) -> None:
    for seed in range(FEW, MANY):
        document = _made(set_id, kind, release, seed)
        _assert_nothing_is_lost(document, write_set(document, set_id, release))


def test_what_is_called_sound_is_read_without_fault_and_the_rest_is_not() -> None:
    envelope = Envelope(PartyId("ZZ", "A"), PartyId("ZZ", "B"), 1, AT)
    seen: Counter[bool] = Counter()
    for set_id, kind in SETS:
        for seed in range(FEW):
            written = write_set(_made(set_id, kind, "004010", seed), set_id, "004010")
            data = write_file([written], envelope, form_of("004010"))
            assert isinstance(data, bytes)
            (sent,) = sets_of(data)
            lost = any(one.code in UNWRITTEN for one in written.findings if one.is_error)
            assert written.is_sound <= sent.is_clean
            assert sent.is_clean <= (written.is_sound or lost)
            seen[written.is_sound] += 1
    assert seen[False]


HOSTILE = (
    "", " ", "*", "~", ">", "\n", "\x00", "\x1b[31m", "\ud800", "ÄÖ", "漢", "A" * 5000, "PO1[1]", "1",
    "HL[2]/N1[1]", "../..", "{value}", "%s", "REF[0]-01",
)  # fmt: skip
NUMBERS = tuple(
    map(Decimal, ("0", "-0", "-1", "0.5", "-0.005", "1E+3", "9" * 60, "0." + "0" * 40 + "1", "12.3400"))
)


@sets
def test_no_document_makes_writing_raise(set_id: str, kind: str) -> None:
    envelope = Envelope(PartyId("ZZ", "A"), PartyId("ZZ", "B"), 1, AT)
    form = form_of("004010")
    for seed in range(HOSTILE_RUNS):
        random = Random(f"{set_id}{seed}")
        document = Maker(random, HOSTILE, NUMBERS).document(KINDS[kind].type, FROM_AN_ERP)
        unmapped = tuple(Unmapped(random.choice(HOSTILE), random.choice(HOSTILE)) for _ in range(3))
        document = replace(document, unmapped=unmapped)
        written = write_set(document, set_id, "004010", replace(form, replacement=random.choice((None, " "))))
        if written.is_sound:
            data = write_file([written], envelope, form)
            assert isinstance(data, bytes)
            assert next(sets_of(data)).is_clean
        for finding in written.findings:
            assert finding.message.isprintable()
