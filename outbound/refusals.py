"""Refusals of the world, worded by the catalogue: code, what happened, what to do."""

from __future__ import annotations

from outbound.connector import Refused, TryLater
from parsers.catalogue import found
from parsers.finding import NOWHERE


def refused(code: str, *, response: bytes = b"", endpoint_wide: bool = False, **blanks: str) -> Refused:
    """A `Refused` whose reason is the catalogue's row `code`, its blanks filled."""
    return Refused(_reason(code, blanks), response=response, endpoint_wide=endpoint_wide, code=code)


def try_later(
    code: str,
    *,
    after_s: float | None = None,
    response: bytes = b"",
    endpoint_wide: bool = True,
    **blanks: str,
) -> TryLater:
    """A `TryLater` whose reason is the catalogue's row `code`, its blanks filled."""
    return TryLater(
        _reason(code, blanks), after_s=after_s, response=response, endpoint_wide=endpoint_wide, code=code
    )


def _reason(code: str, blanks: dict[str, str]) -> str:
    finding = found(code, NOWHERE, x12=None, **blanks)
    return f"{code} {finding.message} {finding.remedy}"
