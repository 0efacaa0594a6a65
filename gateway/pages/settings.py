"""docs/settings.md, made from gateway.settings.Settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from gateway.pages.markdown import notice, plain, table
from gateway.settings import HOME_VARIABLE, SETTINGS_FILE, Settings

BEGINNING = f"""\
# Settings

{notice("`gateway/settings.py`")}

Settings stand in `<home>/{SETTINGS_FILE}`. The environment overrides the file; what a command
names overrides both. `tradepost init` writes the file with every setting in it, commented out at
its default. A setting that is not known or out of its range stops the start (`GTW-024`).

The home itself is named by `--home`, else by `{HOME_VARIABLE}`, else it is `~/.tradepost`. It cannot
stand in the file.

Secrets are never settings: profiles and destinations name them as `env:NAME` or `file:/path`.
What partners send and get is set in [their profiles](partners.md).
"""

TYPES = {"bool": "true or false", "int": "whole number", "float": "number", "str": "text", "Path": "path"}
UNITS = {"_s": "seconds", "_bytes": "bytes"}


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *_table(), ""])


def variable(name: str) -> str:
    """The environment variable of a setting: "TRADEPOST_SFTP_PORT"."""
    return f"{Settings.model_config['env_prefix']}{name}".upper()


def _table() -> Iterator[str]:
    rows = (
        (
            f"`{name}`<br>`{variable(name)}`",
            _type(field),
            _unit(name),
            _default(name, field),
            plain(field.description or ""),
        )
        for name, field in Settings.model_fields.items()
    )
    yield from table(("setting, and in the environment", "type", "unit", "default", "meaning"), rows)


def _type(field: FieldInfo) -> str:
    kind = TYPES[getattr(field.annotation, "__name__", "")]
    bounds = _bounds(field)
    return f"{kind}{bounds}"


def _bounds(field: FieldInfo) -> str:
    """ ", 0 to 65535", ", above 0", or nothing; the choices of a text with a pattern."""
    limits: dict[str, Any] = {
        name: getattr(limit, name)
        for limit in field.metadata
        for name in ("ge", "gt", "le", "pattern")
        if getattr(limit, name, None) is not None
    }
    if "pattern" in limits:
        return ": " + ", ".join(f"`{choice}`" for choice in limits["pattern"].strip("^$()").split("|"))
    low = f"above {limits['gt']}" if "gt" in limits else f"{limits['ge']}" if "ge" in limits else ""
    if "le" in limits:
        return f", {low}{', at most' if 'gt' in limits else ' to'} {limits['le']}"
    return f", {low}" if "gt" in limits else f", {low} or more" if low else ""


def _unit(name: str) -> str:
    return next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "-")


def _default(name: str, field: FieldInfo) -> str:
    if name == "home":
        return "`~/.tradepost`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f'`"{field.default}"`' if isinstance(field.default, str) else f"`{field.default}`"
