"""The 997: what we say about one received functional group, as segments between ST and SE.

The 999 says the same in segments of other names, and more (`ia999`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from parsers.finding import Finding
from parsers.x12.model import Separators
from parsers.x12.writer import Ready, SegmentToWrite
from translators.acknowledgements.decision import fitted
from translators.acknowledgements.quoting import clean, unquotable_part
from translators.outcomes import SET_ID_CHARS, SetOutcome
from translators.report import GroupReport

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
#: A faulty segment as AK3 names it: its number, its id, its loop, and AK304.
Place = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """The segments that tell of a set: AK3, AK4 and AK5 in a 997, IK3, IK4 and IK5 in a 999.

    segment_code, element_code: elements whose code lists hold, "AK304" and "AK403".
    """

    segment: str
    element: str
    verdict: str
    segment_code: str
    element_code: str


FORM = Form("AK3", "AK4", "AK5", "AK304", "AK403")


def body(
    group: GroupReport, *, version: str, separators: Separators, accepted_sets: bool
) -> Iterator[SegmentToWrite | Ready]:
    """AK1 to AK9 for a group whose verdict (`ak9`) is known and whose header can be quoted.

    version: GS08 of the answer; its code lists and positions are used. accepted_sets: False
    leaves out AK2 and AK5 of sets accepted without errors.
    """
    yield group_head(group, version, separators)
    for told in told_sets(group, separators, FORM, accepted_sets=accepted_sets):
        if isinstance(told, Ready):
            yield told
            continue
        yield set_head(told, version, separators)
        for place, findings in faulty_segments(told.findings, FORM, separators):
            yield segment_line(place, version, FORM)
            yield from islice(element_lines(findings, version, separators, FORM), MAX_AK4_PER_AK3)
        yield set_verdict(told, FORM)
    yield group_verdict(group)


def group_head(group: GroupReport, version: str, separators: Separators) -> SegmentToWrite:
    """AK1; AK103 from 005010 on."""
    header = group.header
    if header is None:
        raise ValueError("only a group with a header can be answered")
    known = version[:6] >= _SINCE_5010
    group_version = (clean(header.version, separators)[:12],) if known else ()
    return "AK1", (header.functional_id, header.control_number, *group_version)


def told_sets(
    group: GroupReport, separators: Separators, form: Form, *, accepted_sets: bool
) -> Iterator[SetOutcome | Ready]:
    """The sets that get an AK2; those accepted without a word come written, many at a time.

    One that AK2 cannot name has its group rejected.
    """
    for run in group.outcomes.runs():
        if isinstance(run, list):
            if accepted_sets:
                yield _accepted(run, separators, form)
            continue
        wanted = accepted_sets or run.ak5.code != "A"
        if wanted and not unquotable_part(run.set_id, run.control_number):
            yield run


def _accepted(names: Sequence[str], separators: Separators, form: Form) -> Ready:
    """AK2 and AK5 of sets accepted without a word; names: as `Outcomes.runs` gives them."""
    mark, end = separators.element, separators.segment + separators.suffix
    accepted = f"{end}{form.verdict}{mark}A{end}"
    lines = [f"AK2{mark}{name[:SET_ID_CHARS]}{mark}{name[SET_ID_CHARS:]}{accepted}" for name in names]
    return Ready(2 * len(names), "".join(lines))


def set_head(outcome: SetOutcome, version: str, separators: Separators) -> SegmentToWrite:
    """AK2; AK203 from 005010 on."""
    known = version[:6] >= _SINCE_5010 and outcome.implementation
    convention = (clean(outcome.implementation, separators)[:35],) if known else ()
    return "AK2", (outcome.set_id, outcome.control_number, *convention)


def set_verdict(outcome: SetOutcome, form: Form) -> SegmentToWrite:
    """AK5 or IK5."""
    return form.verdict, (outcome.ak5.code, *outcome.ak5.notes)


def group_verdict(group: GroupReport) -> SegmentToWrite:
    """AK9."""
    ak9 = group.ak9
    if ak9 is None:
        raise ValueError("only a group with a verdict can be answered")
    return "AK9", (ak9.code, ak9.declared, ak9.received, ak9.accepted, *ak9.notes)


def faulty_segments(
    findings: Iterable[Finding], form: Form, separators: Separators
) -> Iterator[tuple[Place, list[Finding]]]:
    """The faults by place and code, in the order of place: each is one AK3 with its AK4.

    Left out is what AK3 cannot name: a segment without an id, or one beyond its count.
    """
    told = [f for f in findings if f.is_error and not f.x12.keys().isdisjoint(("AK304", "AK403"))]

    def placed(finding: Finding) -> Place:
        place = finding.location
        code = "8" if "AK403" in finding.x12 else finding.x12.get(form.segment_code, finding.x12["AK304"])
        tag = clean(place.segment or "", separators)[:3]
        return place.segment_number or 0, tag, place.loop or "", code

    for place, here in groupby(sorted(told, key=placed), key=placed):
        number, tag, _, _ = place
        if re.fullmatch(r"[A-Za-z0-9]{2,3}", tag) and 1 <= number <= MAX_AK302:
            yield place, list(here)


def segment_line(place: Place, version: str, form: Form) -> SegmentToWrite:
    """AK3 or IK3."""
    number, tag, path, code = place
    return form.segment, (tag, str(number), bounded_loop(path, version), code)


def element_lines(
    findings: Iterable[Finding], version: str, separators: Separators, form: Form
) -> Iterator[SegmentToWrite]:
    """AK4 or IK4 for each fault of an element that AK401 can name."""
    for finding in findings:
        place = finding.location
        if "AK403" not in finding.x12 or place.element is None:
            continue
        if place.element > MAX_POSITION or (place.component or 0) > MAX_POSITION:
            continue
        told = finding.x12.get(form.element_code, finding.x12["AK403"])
        code = fitted("AK403", told, version)
        number = place.data_element or ""
        reference = number if re.fullmatch(r"[0-9]{1,4}", number) else ""
        copy = "" if code in _WITHOUT_COPY else copied(finding.value or "", separators)
        yield form.element, (position_in_segment(finding, version), reference, code, copy)


def position_in_segment(finding: Finding, version: str) -> tuple[str, ...]:
    """AK401: element, component and, from 005010 on, repetition."""
    place = finding.location
    repetition = place.repetition if version[:6] >= _SINCE_5010 else None
    parts = (place.element, place.component, repetition)
    texts = ["" if part is None else str(part) for part in parts]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def copied(value: str, separators: Separators) -> str:
    """A bad value as far as AK404 can repeat it."""
    return clean(value, separators)[:MAX_AK404_CHARS].rstrip()


def bounded_loop(path: str, version: str) -> str:
    """The loop code that AK303 names: that of the loop between LS and LE, "" outside of one.

    path: "PO1/LS/LDT" is bounded, its code is that of the loop behind LS; "PO1/N1" is not.
    AK303 has six characters, from 005010 on four.
    """
    parts = path.split("/")
    if "LS" not in parts:
        return ""
    behind = parts[len(parts) - parts[::-1].index("LS") :]
    longest = 4 if version[:6] >= _SINCE_5010 else 6
    return behind[0][:longest] if behind else ""
