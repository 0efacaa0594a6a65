"""The 997: what we say about one received functional group, as segments between ST and SE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Literal

from parsers.finding import Finding
from parsers.x12.model import Separators
from parsers.x12.writer import SegmentToWrite
from translators.acknowledgements.decision import felled, fitted
from translators.report import GroupReport, SetOutcome

#: At most so many AK4 follow one AK3 (the 997's own table).
MAX_AK4_PER_AK3 = 99
MAX_AK404_CHARS = 99
#: AK302 is N0 1-6 in 004010 and never needs more: a longer set is refused by the reader's limits.
MAX_AK302 = 999_999
#: AK401-1 and AK401-2 are N0 1-2.
MAX_POSITION = 99
#: AK403 codes that never repeat the value: nothing was there (1, 2), or it holds characters
#: that an answer must not carry (6).
_WITHOUT_COPY = frozenset({"1", "2", "6"})
_SINCE_5010 = "005010"


def body(
    group: GroupReport, *, version: str, separators: Separators, accepted_sets: bool
) -> Iterator[SegmentToWrite]:
    """AK1 to AK9 for a group whose verdict (`ak9`) is known and whose header can be quoted.

    version: GS08 of the answer; its code lists and positions are used. accepted_sets: False
    leaves out AK2 and AK5 of sets accepted without errors.
    """
    header, ak9 = group.header, group.ak9
    if header is None or ak9 is None:
        raise ValueError("only a group with a header and a verdict can be answered")
    newer = version[:6] >= _SINCE_5010
    group_version = (clean(header.version, separators)[:12],) if newer else ()
    yield "AK1", (header.functional_id, header.control_number, *group_version)
    for outcome in group.outcomes:
        if (accepted_sets or outcome.ak5.code != "A") and quotable_set(outcome):
            yield from _set(outcome, version, separators)
    yield "AK9", (ak9.code, ak9.declared, ak9.received, ak9.accepted, *ak9.notes)


def quotable_set(outcome: SetOutcome) -> bool:
    """True if AK201 and AK202 can name the set; a group with one that they cannot is rejected."""
    return not unquotable_part(outcome.set_id, outcome.control_number)


def unquotable_part(set_id: str, control_number: str) -> Literal["ST01", "ST02", ""]:
    """The element that is not fit to be repeated in AK201 or AK202, or "".

    A short ST02 (the standard wants four characters) is repeated as sent, since its sender
    will look for it so.
    """
    if not re.fullmatch(r"[A-Z0-9]{3}", set_id):
        return "ST01"
    return "" if re.fullmatch(r"[A-Za-z0-9]{1,9}", control_number) else "ST02"


def can_quote_group(functional_id: str, control_number: str) -> bool:
    """True if GS01 and GS06 are fit to be repeated in AK101 and AK102."""
    return bool(re.fullmatch(r"[A-Z0-9]{2}", functional_id) and re.fullmatch(r"[0-9]{1,9}", control_number))


def fell_all(outcomes: Iterable[SetOutcome]) -> list[SetOutcome]:
    """The outcomes of a group that is rejected as a whole: every one of them R."""
    return [
        SetOutcome(o.set_id, o.control_number, o.implementation, felled(o.ak5), o.findings) for o in outcomes
    ]


def clean(text: str, separators: Separators) -> str:
    """`text` as an answer may repeat it: printable ASCII without the answer's own delimiters."""
    barred = {separators.element, separators.component, separators.segment, separators.repetition}
    return "".join(c for c in text if " " <= c <= "~" and c not in barred)


def _set(outcome: SetOutcome, version: str, separators: Separators) -> Iterator[SegmentToWrite]:
    newer = version[:6] >= _SINCE_5010 and outcome.implementation
    convention = (clean(outcome.implementation, separators)[:35],) if newer else ()
    yield "AK2", (outcome.set_id, outcome.control_number, *convention)
    yield from _faults(outcome.findings, version, separators)
    yield "AK5", (outcome.ak5.code, *outcome.ak5.notes)


def _faults(findings: Iterable[Finding], version: str, separators: Separators) -> Iterator[SegmentToWrite]:
    """AK3 and AK4 in the order of place: one AK3 a place and code, its AK4 behind it."""
    told = [f for f in findings if f.is_error and ("AK304" in f.x12 or "AK403" in f.x12)]
    for (number, segment, loop, code), here in groupby(sorted(told, key=_place), key=_place):
        tag = clean(segment, separators)[:3]
        if not re.fullmatch(r"[A-Za-z0-9]{2,3}", tag) or not 1 <= number <= MAX_AK302:
            continue
        yield "AK3", (tag, str(number), bounded_loop(loop), code)
        elements = (line for f in here if (line := _ak4(f, version, separators)) is not None)
        yield from islice(elements, MAX_AK4_PER_AK3)


def _place(finding: Finding) -> tuple[int, str, str, str]:
    place = finding.location
    code = "8" if "AK403" in finding.x12 else finding.x12["AK304"]
    return place.segment_number or 0, place.segment or "", place.loop or "", code


def _ak4(finding: Finding, version: str, separators: Separators) -> SegmentToWrite | None:
    """The AK4 of a fault of an element; None for a fault of a segment or a place AK401 cannot name."""
    place = finding.location
    if "AK403" not in finding.x12 or place.element is None:
        return None
    if place.element > MAX_POSITION or (place.component or 0) > MAX_POSITION:
        return None
    code = fitted("AK403", finding.x12["AK403"], version)
    parts = [str(place.element)]
    repetition = place.repetition if version[:6] >= _SINCE_5010 else None
    if place.component is not None or repetition is not None:
        parts.append("" if place.component is None else str(place.component))
    if repetition is not None:
        parts.append(str(repetition))
    number = place.data_element or ""
    reference = number if re.fullmatch(r"[0-9]{1,4}", number) else ""
    copy = "" if code in _WITHOUT_COPY else _copy(finding.value or "", separators)
    return "AK4", (tuple(parts), reference, code, copy)


def _copy(value: str, separators: Separators) -> str:
    return clean(value, separators)[:MAX_AK404_CHARS].rstrip()


def bounded_loop(path: str) -> str:
    """The loop code that AK303 names: that of the loop between LS and LE, "" outside of one.

    path: "PO1/LS/LDT" is bounded, its code is that of the loop behind LS; "PO1/N1" is not.
    """
    parts = path.split("/")
    if "LS" not in parts:
        return ""
    behind = parts[len(parts) - parts[::-1].index("LS") :]
    return behind[0][:6] if behind else ""
