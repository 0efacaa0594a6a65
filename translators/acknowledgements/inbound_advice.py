"""What a partner's 824 says about documents that we sent, in plain words.

    {"kind": "824", "reference": BGN02, "date": BGN03,
     "documents": [{"code", "status", "meaning", "qualifier", "number",
       "group": {"functional_id", "control_number", "version"}, "set", "control_number",
       "references": [{"qualifier", "value"}],
       "errors": [{"code", "text", "segment", "position", "element", "component", "data_element",
         "value", "instead", "notes": [text]}]}]}

A document is to be matched by (partner, GS01, GS06) and then ST01 and ST02 where the partner repeats
them; GS01 follows from ST01. What was not sent is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from parsers.x12 import dictionary
from parsers.x12.model import Segment
from translators.acknowledgements.words import words_for
from translators.report import Status

Said = dict[str, Any]

_STATUS = {
    "A": Status.ACCEPTED,
    "C": Status.ACCEPTED_WITH_ERRORS,
    "E": Status.ACCEPTED_WITH_ERRORS,
    "P": Status.PARTIALLY_ACCEPTED,
    "R": Status.REJECTED,
}


def read_advice(segments: Iterable[Segment], component: str) -> Said:
    """The `answers` of one 824, from its segments in the order sent. Never raises.

    component: the component separator of its interchange.
    """
    said: Said = {"kind": "824", "reference": None, "date": None, "documents": []}
    documents: list[Said] = said["documents"]
    for segment in segments:
        match segment.id:
            case "BGN":
                said.update(reference=segment.get(2) or None, date=segment.get(3) or None)
            case "OTI":
                documents.append(_document(segment))
            case "REF" if documents and not documents[-1]["errors"]:
                reference = {"qualifier": segment.get(1) or None, "value": segment.get(2) or None}
                documents[-1]["references"].append(reference)
            case "TED" if documents:
                documents[-1]["errors"].append(_error(segment, component))
            case "NTE" if documents and documents[-1]["errors"]:
                documents[-1]["errors"][-1]["notes"].append(segment.get(2))
    return said


def _document(segment: Segment) -> Said:
    code, set_id = segment.get(1), segment.get(10)
    status = _STATUS.get(code[1:2])
    return {
        "code": code or None,
        "status": None if status is None else status.value,
        "meaning": words_for("OTI01", code) if code else None,
        "qualifier": segment.get(2) or None,
        "number": segment.get(3) or None,
        "group": {
            "functional_id": dictionary.functional_id(set_id),
            "control_number": segment.get(8) or None,
            "version": segment.get(11) or None,
        },
        "set": set_id or None,
        "control_number": segment.get(9) or None,
        "references": [],
        "errors": [],
    }


def _error(segment: Segment, component: str) -> Said:
    element, part = islice((*segment.get(5).split(component), ""), 2)
    return {
        "code": segment.get(1) or None,
        "text": segment.get(2) or None,
        "segment": segment.get(3) or None,
        "position": segment.get(4) or None,
        "element": element or None,
        "component": part or None,
        "data_element": segment.get(6).split(component)[0] or None,
        "value": segment.get(7) or None,
        "instead": segment.get(8) or None,
        "notes": [],
    }
