"""What a partner's 997, 999 or TA1 says about what we sent, in plain words; its 824 is `inbound_advice`'s.

The `answers` of a document name one group, to be matched by (partner, GS01, GS06), newest
open one first:

    {"kind": "997", "group": {"functional_id", "control_number", "version"},
     "code", "status", "meaning", "declared", "received", "accepted", "notes": [{"code", "meaning"}],
     "speaks_for_all_sets": bool,
     "sets": [{"set", "control_number", "implementation", "code", "status", "meaning", "notes": […],
       "segments": [{"segment", "position", "loop", "code", "meaning", "contexts": […],
         "elements": [{"element", "component", "repetition", "data_element", "code", "meaning", "value",
           "contexts": [{"name", "reference", "segment", "position", "loop", "element", "component"}]}]}]}]}

`speaks_for_all_sets` is true where AK9 came without any AK2: its code is then that of every
set of the group. What could not be read is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from parsers.x12.model import Segment
from translators.acknowledgements.inbound_advice import read_advice
from translators.acknowledgements.words import words_for
from translators.report import Status

#: The sets that speak of what we sent: they are filed, not delivered.
ANSWERING_SETS = frozenset({"997", "999", "824"})
#: GS01 of the groups of 997s and 999s, which are never answered themselves; an 824 is.
ACKNOWLEDGING_GROUP = "FA"

Answers = dict[str, object]

_STATUS = {
    "A": Status.ACCEPTED,
    "E": Status.ACCEPTED_WITH_ERRORS,
    "P": Status.PARTIALLY_ACCEPTED,
    **dict.fromkeys("RMWX", Status.REJECTED),
}


def read_answers(set_id: str, segments: Iterable[Segment], component: str) -> Answers:
    """The `answers` of one of ANSWERING_SETS; parameters as those of `read_acknowledgement`."""
    read = read_advice if set_id == "824" else partial(read_acknowledgement, set_id)
    return read(segments, component)


def read_acknowledgement(set_id: str, segments: Iterable[Segment], component: str) -> Answers:
    """The `answers` of one 997 or 999, from its segments in the order sent.

    component: the component separator of its interchange. Never raises: what is missing or
    out of place is left out (its findings are the reader's).
    """
    answers = _unanswered(set_id)
    sets: list[Answers] = []
    for segment in segments:
        match segment.id:
            case "AK1":
                answers["group"] = _group(segment)
            case "AK2":
                sets.append(_set(segment))
            case "AK3" | "IK3" if sets:
                _inner(sets[-1], "segments").append(_segment(segment))
            case "AK4" | "IK4" if sets and _inner(sets[-1], "segments"):
                _inner(_inner(sets[-1], "segments")[-1], "elements").append(_element(segment, component))
            case "CTX" if sets and _inner(sets[-1], "segments"):
                _add_context(_inner(sets[-1], "segments")[-1], segment, component)
            case "AK5" | "IK5" if sets:
                sets[-1].update(_verdict("AK501", segment), notes=_notes("AK502", segment, first=2))
            case "AK9":
                answers.update(_group_verdict(segment))
    return {**answers, "speaks_for_all_sets": not sets, "sets": sets}


def read_ta1(segment: Segment) -> dict[str, str]:
    """TA101 to TA105 as sent, and "meaning": the verdict and its reason in plain words."""
    parts = {f"TA1{position:02}": segment.get(position) for position in range(1, 6)}
    action, note = parts["TA104"], parts["TA105"]
    meaning = words_for("TA104", action)
    return {**parts, "meaning": f"{meaning}: {words_for('TA105', note)}" if note else meaning}


def _unanswered(set_id: str) -> Answers:
    unknown = dict.fromkeys(("code", "status", "meaning", "declared", "received", "accepted"))
    return {"kind": set_id, "group": None, **unknown, "notes": []}


def _group(segment: Segment) -> Answers:
    return {
        "functional_id": segment.get(1),
        "control_number": segment.get(2),
        "version": segment.get(3) or None,
    }


def _group_verdict(segment: Segment) -> Answers:
    counts = {"declared": segment.get(2), "received": segment.get(3), "accepted": segment.get(4)}
    return {**_verdict("AK901", segment), **counts, "notes": _notes("AK905", segment, first=5)}


def _set(segment: Segment) -> Answers:
    unknown = dict.fromkeys(("code", "status", "meaning"))
    named = {
        "set": segment.get(1),
        "control_number": segment.get(2),
        "implementation": segment.get(3) or None,
    }
    return {**named, **unknown, "notes": [], "segments": []}


def _segment(segment: Segment) -> Answers:
    return {
        "segment": segment.get(1),
        "position": segment.get(2),
        "loop": segment.get(3) or None,
        **_coded("AK304", segment.get(4)),
        "contexts": [],
        "elements": [],
    }


def _element(segment: Segment, component: str) -> Answers:
    place = segment.get(1).split(component)
    position, part, repetition = islice((*place, "", "", ""), 3)
    return {
        "element": position,
        "component": part or None,
        "repetition": repetition or None,
        "data_element": segment.get(2) or None,
        **_coded("AK403", segment.get(3)),
        "value": segment.get(4) or None,
        "contexts": [],
    }


def _add_context(faulty: Answers, segment: Segment, component: str) -> None:
    """Add a CTX to the element that was told last, or to the segment if none was."""
    elements = _inner(faulty, "elements")
    name, reference = islice((*segment.get(1).split(component), ""), 2)
    position, part = islice((*segment.get(5).split(component), ""), 2)
    context: Answers = {
        "name": name or None,
        "reference": reference or None,
        "segment": segment.get(2) or None,
        "position": segment.get(3) or None,
        "loop": segment.get(4) or None,
        "element": position or None,
        "component": part or None,
    }
    _inner(elements[-1] if elements else faulty, "contexts").append(context)


def _verdict(element: str, segment: Segment) -> Answers:
    code = segment.get(1)
    status = _STATUS.get(code)
    return {**_coded(element, code), "status": None if status is None else status.value}


def _notes(element: str, segment: Segment, *, first: int) -> list[Answers]:
    return [_coded(element, code) for code in segment.elements[first - 1 : first + 4] if code]


def _coded(element: str, code: str) -> Answers:
    return {"code": code or None, "meaning": words_for(element, code) if code else None}


def _inner(holder: Answers, key: str) -> list[Answers]:
    """The list that `holder` was made with under `key`."""
    inner = holder[key]
    if not isinstance(inner, list):
        raise TypeError(f"{key} holds no list")
    return inner


def spoken_sets(answers: Answers) -> Iterator[tuple[str, str, str | None]]:
    """(ST01, ST02, status) of every set that an acknowledgement names; no status where AK5 was missing."""
    for entry in _inner(answers, "sets"):
        status = entry["status"]
        yield str(entry["set"]), str(entry["control_number"]), None if status is None else str(status)
