"""What a log line may hold: no secret, nothing that forges or colours a line, and not too much. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from gateway.screen import printable

#: Longest text of one field; of a traceback, of which the end says most.
MAX_CHARS = 2_000
MAX_TRACE_CHARS = 8_000
#: Most fields, and most entries of a list.
MAX_ENTRIES = 50
REDACTED = "[redacted]"
TRACES = frozenset({"error", "exception"})

_SECRET_NAME = re.compile(
    r"passw|secret|token|authorization|credential|private_?key|hmac|api_?key", re.IGNORECASE
)
_SECRETS = (
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), rf"\g<1>{REDACTED}\g<2>"),
    (re.compile(r"\b(Bearer|Basic|Digest)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\g<1> {REDACTED}"),
    (
        re.compile(
            r"(\b[\w-]*(?:passw(?:or)?d|secret|token|authorization|api[_-]?key|access[_-]?key)[\w-]*"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+",
            re.IGNORECASE,
        ),
        rf"\g<1>{REDACTED}",
    ),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        REDACTED,
    ),
    (re.compile(r"\$(?:argon2\w*|scrypt)\$[^\s\"']+"), REDACTED),
)

#: In every text that one of them changes: a look for this costs a fifth of trying them all.
_SIGN = re.compile(
    r"://|bearer|basic|digest|passw|secret|token|authorization|api[_-]?key|access[_-]?key|private key|\$",
    re.IGNORECASE,
)

Line = MutableMapping[str, Any]


def guard(_logger: object, _method: str, line: Line) -> Line:
    """A structlog processor: every field of `line` as it may be written."""
    guarded: Line = {}
    for name, value in list(line.items())[:MAX_ENTRIES]:
        if name.startswith("_"):  # structlog's own
            guarded[name] = value
        elif value and _names_a_secret(name):
            guarded[name] = REDACTED
        else:
            guarded[name] = _guarded(value, MAX_TRACE_CHARS if name in TRACES else MAX_CHARS)
    return guarded


@lru_cache(maxsize=1_000)
def _names_a_secret(field: str) -> bool:
    return _SECRET_NAME.search(field) is not None


def without_secrets(text: str) -> str:
    """The text, with what looks like a secret taken out."""
    if _SIGN.search(text) is None:
        return text
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def human(_logger: object, _method: str, line: Line) -> str:
    """The line for people on a terminal: time, level, event, fields; partners' text escaped."""
    rest = {name: value for name, value in line.items() if not name.startswith("_")}
    time = str(rest.pop("timestamp", ""))[11:19]
    level, event = str(rest.pop("level", "")), str(rest.pop("event", ""))
    rest.pop("logger", None)
    traces = [str(rest.pop(name)) for name in ("exception", "error") if "\n" in str(rest.get(name, ""))]
    fields = " ".join(f"{name}={_shown(value)}" for name, value in rest.items() if value not in (None, ""))
    first = f"{time} {level:7} {printable(event)} {fields}".rstrip()
    below = [f"    {printable(part)}" for trace in traces for part in trace.splitlines()]
    return "\n".join([first, *below])


def _shown(value: object) -> str:
    text = printable(str(value))
    return f'"{text}"' if " " in text else text


def _guarded(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return _bounded(without_secrets(value), limit)
    if isinstance(value, Mapping):
        return {str(key): _guarded(one, limit) for key, one in list(value.items())[:MAX_ENTRIES]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_guarded(one, limit) for one in list(value)[:MAX_ENTRIES]]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _bounded(without_secrets(str(value)), limit)


def _bounded(text: str, limit: int) -> str:
    """The text, or its beginning and its end where it is too long."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} … {len(text) - limit} characters left out … {text[-half:]}"
