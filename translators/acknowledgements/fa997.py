"""The 997: what we say about one received functional group, as segments between ST and SE.

The 999 says the same in segments of other names, and more (`ia999`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from parsers.record import record
from parsers.x12.model import Separators
from parsers.x12.writer import Ready, SegmentToWrite
from translators.acknowledgements.decision import fitted
from translators.acknowledgements.quoting import clean, unquotable_part
from translators.outcomes import SET_ID_CHARS, Fault, SetOutcome
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
#: AK301 is ID 2-3.
_SHORTEST_TAG, _LONGEST_TAG = 2, 3
_MAX_REFERENCE_DIGITS = 4


@record
class Form:
    """The segments that tell of a set: AK3, AK4 and AK5 in a 997, IK3, IK4 and IK5 in a 999.

    newer: True if the code lists of the IK elements hold.
    """

    segment: str
    element: str
    verdict: str
    newer: bool


FORM = Form("AK3", "AK4", "AK5", newer=False)


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
        for faults in faulty_segments(told.faults):
            yield segment_line(faults[0], version, FORM)
            yield from islice(element_lines(faults, version, separators, FORM), MAX_AK4_PER_AK3)
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


def faulty_segments(faults: Iterable[Fault]) -> Iterator[list[Fault]]:
    """The faults by place and code, in the order of place: each list is one AK3 with its AK4.

    Left out is what AK3 cannot name: a segment without an id, or one beyond its count.
    """
    for (number, segment, *_), alike in groupby(faults, key=Fault.place):
        tag = segment[:_LONGEST_TAG]
        named = len(tag) >= _SHORTEST_TAG and tag.isascii() and tag.isalnum()
        if named and 1 <= number <= MAX_AK302:
            yield list(alike)


def segment_line(fault: Fault, version: str, form: Form) -> SegmentToWrite:
    """AK3 or IK3."""
    code = fault.newer_segment_code if form.newer else fault.segment_code
    return form.segment, (
        fault.segment[:_LONGEST_TAG],
        str(fault.number),
        bounded_loop(fault.loop, version),
        code,
    )


def element_lines(
    faults: Iterable[Fault], version: str, separators: Separators, form: Form
) -> Iterator[SegmentToWrite]:
    """AK4 or IK4 for each fault of an element that AK401 can name."""
    for fault in faults:
        element = fault.element
        if not fault.element_code or element is None:
            continue
        if element > MAX_POSITION or (fault.component or 0) > MAX_POSITION:
            continue
        code = fitted("AK403", fault.newer_element_code if form.newer else fault.element_code, version)
        number = fault.data_element
        reference = number if number.isdecimal() and len(number) <= _MAX_REFERENCE_DIGITS else ""
        copy = "" if code in _WITHOUT_COPY else copied(fault.value, separators)
        yield form.element, (position_in_segment(fault, version), reference, code, copy)


def position_in_segment(fault: Fault, version: str) -> tuple[str, ...]:
    """AK401: element, component and, from 005010 on, repetition."""
    repetition = fault.repetition if version[:6] >= _SINCE_5010 else None
    parts = (fault.element, fault.component, repetition)
    texts = ["" if part is None else str(part) for part in parts]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def copied(value: str, separators: Separators) -> str:
    """A bad value as far as AK404 can repeat it."""
    return clean(value, separators)[:MAX_AK404_CHARS].rstrip()


def bounded_loop(path: str | None, version: str) -> str:
    """The loop code that AK303 names: that of the loop between LS and LE, "" outside of one.

    path: "PO1/LS/LDT" is bounded, its code is that of the loop behind LS; "PO1/N1" is not.
    AK303 has six characters, from 005010 on four.
    """
    parts = (path or "").split("/")
    if "LS" not in parts:
        return ""
    behind = parts[len(parts) - parts[::-1].index("LS") :]
    longest = 4 if version[:6] >= _SINCE_5010 else 6
    return behind[0][:longest] if behind else ""
