"""Canonical documents as X12: sets, and a whole interchange around them. Pure: time and numbers come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parsers.catalogue import found
from parsers.finding import NOWHERE, Finding
from parsers.x12.definition import SetDefinition
from parsers.x12.dictionary import Dictionary, has_short_dates, standard
from parsers.x12.model import PartyId, Separators
from parsers.x12.writer import GroupToWrite, InterchangeToWrite, NotWritable, SetToWrite, write_interchange
from translators import registry
from translators.canonical.codec import kind_of
from translators.canonical.document import Document
from translators.x12_write_elements import Form
from translators.x12_writing import Written

#: ISA15 by the usage of a document.
USAGES = {"production": "P", "test": "T", "information": "I"}
#: ISA12 from which ISA11 names a repetition separator.
_SINCE_REPETITION = "00402"
_REPETITION = "^"


def form_of(release: str) -> Form:
    """The usual delimiters of a release; data that holds one of them is refused."""
    repetition = _REPETITION if release >= _SINCE_REPETITION else None
    return Form(Separators(repetition=repetition), sent=Separators(repetition=repetition))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What ISA, GS and ST say of the documents inside.

    sender, receiver: ISA05 to ISA08; application_sender and application_receiver: GS02 and GS03, where
    they differ from the ids. control_number: ISA13 and GS06; sets are numbered from 1.
    at: time of ISA09, ISA10, GS04 and GS05 in the sender's zone. version: GS08, where a guide's name
    follows the release; else the release. usage: as in documents.
    """

    sender: PartyId
    receiver: PartyId
    control_number: int
    at: datetime
    usage: str = "production"
    application_sender: str = ""
    application_receiver: str = ""
    version: str = ""


def write_set(
    document: Document,
    set_id: str,
    release: str,
    form: Form | None = None,
    *,
    dictionary: Dictionary | None = None,
) -> Written:
    """The document as one set of a release; its findings say what the set cannot carry or lacks.

    release: the first six characters of GS08. One that we have no tables for is written by those of
    the nearest, with dates of six digits before 004010, as it would be read. form: None for the usual.
    Where we cannot write such a set at all, or not from such a document, the one finding says so.
    """
    translator = registry.TRANSLATORS.get(("x12", set_id))
    definition = _definition(dictionary or standard(), release, set_id)
    if translator is None or definition is None or translator.kind != kind_of(document).name:
        wanted = translator.kind if translator and definition else "none"
        kind = kind_of(document).name
        finding = found(
            "TRN-350", NOWHERE, value=set_id, expected=wanted, set=set_id, release=release, kind=kind
        )
        return Written(set_id, release, (), (finding,))
    written = translator.write(document, definition, form or form_of(release))
    return replace(written, release=release)


def _definition(dictionary: Dictionary, release: str, set_id: str) -> SetDefinition | None:
    nearest, _ = dictionary.nearest_release(release)
    if nearest is None:
        return None
    return dictionary.set_definition(nearest, set_id, short_dates=has_short_dates(release))


def write_file(
    sets: Sequence[Written],
    envelope: Envelope,
    form: Form | None = None,
    *,
    dictionary: Dictionary | None = None,
) -> bytes | tuple[Finding, ...]:
    """The sets, of one kind and release, as an interchange in UTF-8; or why they cannot be one.

    form: None for the usual one of the release; else the one that the sets were written in.
    """
    kinds = {(one.set_id, one.release) for one in sets}
    if len(kinds) != 1:
        raise ValueError(f"the sets of a group are of one kind and release: {sorted(kinds)}")
    set_id, release = kinds.pop()
    form = form or form_of(release)
    number = str(envelope.control_number)
    group = GroupToWrite(
        functional_id=(dictionary or standard()).functional_id(set_id) or "",
        sender=envelope.application_sender or envelope.sender.id,
        receiver=envelope.application_receiver or envelope.receiver.id,
        date=f"{envelope.at:%Y%m%d}",
        time=f"{envelope.at:%H%M}",
        control_number=number,
        version=envelope.version or release,
        sets=[SetToWrite(set_id, f"{ordinal:04}", one.segments) for ordinal, one in enumerate(sets, start=1)],
    )
    interchange = InterchangeToWrite(
        sender=envelope.sender,
        receiver=envelope.receiver,
        date=f"{envelope.at:%y%m%d}",
        time=f"{envelope.at:%H%M}",
        version=release[:5],
        control_number=number,
        usage=USAGES.get(envelope.usage, "P"),
    )
    try:
        return write_interchange(interchange, [group], form.separators, replacement=form.replacement)
    except NotWritable as fault:
        return (found("TRN-369", NOWHERE, reason=str(fault)),)
