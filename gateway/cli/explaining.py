"""What `tradepost errors` does; apart from its options, so that it starts at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from gateway.explain import Explanation, explain, is_code, matching
from gateway.screen import Screen
from parsers.catalogue import Entry

_LABEL_COLUMNS = 10


def run(code: str | None, *, as_json: bool) -> int:
    """Explain a code, or list those that words are found in; on stdout. Raises WrongUsage GTW-051."""
    screen = Screen.of(sys.stdout)
    if code is not None and is_code(code):
        explanation = explain(code)
        if as_json:
            _emit(explanation.as_json())
        else:
            _explain(explanation, screen)
        return 0
    found = matching(code or "")
    if as_json:
        _emit([_brief(entry) for entry in found])
    else:
        _list(found, code or "", screen)
    return 0 if found else 1


def _emit(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _brief(entry: Entry) -> dict[str, object]:
    return {
        "code": entry.code,
        "title": entry.title,
        "severity": entry.severity.value,
        "level": entry.level.value,
        "x12": dict(entry.x12),
    }


def _list(found: list[Entry], words: str, screen: Screen) -> None:
    colours = {"error": "red", "note": "cyan"}
    rows = [
        (
            (entry.code, colours[entry.severity.value]),
            (entry.title, ""),
            (f"{entry.level.value}, {entry.severity.value}", "dim"),
            (", ".join(f"{name} {value}" for name, value in entry.x12.items()), "dim"),
        )
        for entry in found
    ]
    screen.table(rows)
    if not found:
        screen.words((f"No code has {words!r} in its description.", ""))


def _explain(explanation: Explanation, screen: Screen) -> None:
    kind = f"  {explanation.level}, {explanation.severity}"
    screen.words((f"{explanation.code} {explanation.title}", f"bold {_colour(explanation)}"), (kind, "dim"))
    _fact(screen, "means", explanation.message)
    _fact(screen, "cause", explanation.cause)
    _fact(screen, "to do", explanation.remedy)
    for number, (code, words) in enumerate(_answered(explanation)):
        _fact(screen, "" if number else "answered", f"{code}: {words}" if words else code)
    _example(explanation, screen)
    for number, other in enumerate(explanation.related):
        _fact(screen, "" if number else "related", f"{other.code} {other.title}")


def _answered(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Codes with their words; where the 999 says the same as the 997, they share a line."""
    told = {(one.element, one.code) for one in explanation.answered}
    for one in explanation.answered:
        twin = "IK" + one.element[2:]
        if one.element.startswith("AK") and (twin, one.code) in told:
            yield f"{one.element} and {twin} {one.code}", one.words
        elif ("AK" + one.element[2:], one.code) not in told or not one.element.startswith("IK"):
            yield f"{one.element} {one.code}", one.words


def _fact(screen: Screen, label: str, text: str) -> None:
    screen.words((text, ""), indent=2, label=(label.ljust(_LABEL_COLUMNS), "dim"))


def _example(explanation: Explanation, screen: Screen) -> None:
    example = explanation.example
    if example is None:
        return
    _fact(screen, "example", example.message)
    if example.text:
        room = screen.width - 2 - _LABEL_COLUMNS
        start = min(example.start, max(0, example.start + example.length - room))
        screen.line((example.text[start : start + room], ""), indent=2 + _LABEL_COLUMNS)
        mark = ("^" * min(example.length, room), _colour(explanation))
        screen.line(mark, indent=2 + _LABEL_COLUMNS + example.start - start)


def _colour(explanation: Explanation) -> str:
    return "red" if explanation.severity == "error" else "cyan"
