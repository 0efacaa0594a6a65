"""Refusals of the world, worded by the catalogue: code, what happened, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outbound.connector import Consignment, Refused, TryLater
from parsers.catalogue import found, shown
from parsers.finding import NOWHERE

MAX_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Words:
    """Text for a blank that may be long: safe to show, and cut to 1,000 characters only."""

    text: str

    def __str__(self) -> str:
        line = " ".join(self.text.split())
        safe = "".join(char if char.isprintable() else shown(char) for char in line)
        return safe if len(safe) <= MAX_WORDS else safe[: MAX_WORDS - 1] + "…"


def refused(
    code: str, *, response: bytes = b"", endpoint_wide: bool = False, **blanks: str | Words
) -> Refused:
    """A `Refused` whose reason is the catalogue's row `code`, its blanks filled."""
    return Refused(_reason(code, blanks), response=response, endpoint_wide=endpoint_wide, code=code)


def refuse_faulty(consignment: Consignment) -> None:
    """Raises Refused with everything that kept the documents from being written, if anything did."""
    if consignment.faults:
        told = [f"{fault.code} {fault.message} {fault.remedy}" for fault in consignment.faults]
        raise Refused(str(Words("\n".join(told))), code=consignment.faults[0].code)


def try_later(
    code: str,
    *,
    after_s: float | None = None,
    response: bytes = b"",
    endpoint_wide: bool = True,
    holds: bool = False,
    **blanks: str | Words,
) -> TryLater:
    """A `TryLater` whose reason is the catalogue's row `code`, its blanks filled."""
    return TryLater(
        _reason(code, blanks),
        after_s=after_s,
        response=response,
        endpoint_wide=endpoint_wide,
        holds=holds,
        code=code,
    )


def _reason(code: str, blanks: Mapping[str, Any]) -> str:
    finding = found(code, NOWHERE, x12=None, **blanks)
    return f"{code} {finding.message} {finding.remedy}"
