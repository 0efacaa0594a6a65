"""Every event that our code logs, read from the code: its name, and the fields that are named there."""

from __future__ import annotations

import ast
from pathlib import Path

from gateway.sftp_server.events import SftpEvent

ROOT = Path(__file__).parents[2]
LEVELS = frozenset({"debug", "info", "warning", "error", "exception"})


def logged_events() -> dict[str, set[str]]:
    """Fields by event name. The SFTP server lists its own; their fields are not read."""
    found: dict[str, set[str]] = {event.value: set() for event in SftpEvent}
    for folder in ("gateway", "outbound"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call) and _is_logging(call.func):
                    _note(call, found)
    return found


def _is_logging(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "log"
    )


def _note(call: ast.Call, found: dict[str, set[str]]) -> None:
    name = call.args[0] if call.args else None
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        fields = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
        found.setdefault(name.value, set()).update(fields)
