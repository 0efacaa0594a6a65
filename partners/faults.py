"""What a model refuses, said as findings: file, line and field, in plain words."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from parsers.catalogue import found
from parsers.finding import Finding, Location
from parsers.toml_lines import TomlPath
from partners.inheritance import ABSENT, Place, entry
from partners.values import UNSPOKEN

#: What a model wants where another TOML type stands, by pydantic's error type.
_WANTED = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "tuple_type": "must be a list in square brackets",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
#: How a limit is said, by pydantic's error type; the blank is the limit.
_LIMITS = {
    "greater_than": ("gt", "must be more than {}"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than": ("lt", "must be less than {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "string_too_short": ("min_length", "must have at least {} character(s)"),
    "string_too_long": ("max_length", "must have at most {} character(s)"),
    "too_short": ("min_length", "must have at least {} entry"),
}
_KINDS = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (Mapping, "a table"),
    (datetime.date | datetime.time, "a date or time"),
)

Locate = Callable[[TomlPath], Place]


def fault(
    code: str, place: Place, *, value: str | None = None, expected: str | None = None, **blanks: str
) -> Finding:
    """The finding `code` about a field of a file."""
    location = Location(row=place.line, column=place.field or None)
    return found(code, location, value=value, expected=expected, x12=None, file=place.file, **blanks)


def refusals(
    error: ValidationError, data: Mapping[str, object], known: Iterable[str], locate: Locate
) -> tuple[Finding, ...]:
    """Everything a model refuses in `data`, one finding each.

    known: every key there is, to guess what a misspelt one was meant to be.
    locate: where a path of `data` stands in its file.
    """
    details = error.errors(include_url=False)
    keys = tuple(known)
    paths = [_data_path(detail, data) for detail in details]
    return tuple(
        _refusal(detail, locate(path), keys)
        for detail, path in zip(details, paths, strict=True)
        if not _follows_from_another(detail, path, paths)
    )


def _follows_from_another(detail: ErrorDetails, path: TomlPath, paths: list[TomlPath]) -> bool:
    """True for a list called too short only because an entry of it was refused."""
    inside = (other for other in paths if len(other) > len(path) and other[: len(path)] == path)
    return detail["type"] == "too_short" and any(inside)


def _refusal(detail: ErrorDetails, place: Place, known: tuple[str, ...]) -> Finding:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return fault("PRT-003", place, hint=_meant(str(detail["loc"][-1]), known))
    if kind in ("missing", "union_tag_not_found"):
        return fault("PRT-004", place)
    if kind == UNSPOKEN:
        return fault("PRT-011", place, expected=detail["msg"])
    wanted = _wanted(detail)
    if wanted is not None:
        return fault("PRT-005", place, expected=wanted, kind=_kind_of(detail["input"]))
    value = _scalar(detail["ctx"]["tag"] if kind == "union_tag_invalid" else detail["input"])
    said = "" if value is None else f'"{value}" '
    return fault("PRT-006", place, value=value, expected=_expected(detail), said=said)


def _wanted(detail: ErrorDetails) -> str | None:
    """What type of value belongs there; None if the type is right. All our listed values are texts."""
    if detail["type"] == "literal_error" and not isinstance(detail["input"], str):
        return _WANTED["string_type"]
    return _WANTED.get(detail["type"])


def _scalar(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _expected(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _LIMITS:
        name, sentence = _LIMITS[kind]
        return sentence.format(context[name])
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "union_tag_invalid":
        return f"must be one of {context['expected_tags']}"
    return detail["msg"]


def _data_path(detail: ErrorDetails, data: object) -> TomlPath:
    """The path in the file, without the steps that name a branch of a model's union."""
    path: list[int | str] = []
    for part in detail["loc"]:
        inner = entry(data, part)
        if inner is not ABSENT:
            path.append(part)
            data = inner
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    if detail["type"].startswith("union_tag"):
        path.append(detail["ctx"]["discriminator"].strip("'"))
    return tuple(path)


def _kind_of(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "something else")


def _meant(key: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(key, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""
