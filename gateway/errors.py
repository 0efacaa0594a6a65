"""Errors that a person or a caller can act on. Anything else that rises is a bug."""

from __future__ import annotations

from typing import TypeVar

from parsers.catalogue import found
from parsers.finding import NOWHERE


class TradepostError(Exception):
    """A sentence for a person: code, what is wrong, what to do.

    code: a row of the catalogue, "GTW-002". exit_status: what the command line returns.
    """

    exit_status = 1

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


class WrongUsage(TradepostError):
    """The command line asks for something that cannot be meant."""

    exit_status = 64


class ArchiveUnavailable(TradepostError):
    """The archive cannot take or give bytes now."""


class ArchiveMissing(TradepostError):
    """The archive has no bytes under that hash."""


class ArchiveDamaged(TradepostError):
    """The bytes under a hash are not the bytes that were put there."""


class ChannelUnavailable(TradepostError):
    """A store that we watch cannot be reached or refuses us; the next sweep tries again."""


Kind = TypeVar("Kind", bound=TradepostError)


def fault(kind: type[Kind], code: str, **blanks: str) -> Kind:
    """An error of `kind` worded by the catalogue's row `code`, its blanks filled."""
    finding = found(code, NOWHERE, x12=None, **blanks)
    return kind(code, finding.message, finding.remedy)


class Fenced(Exception):
    """Another attempt has taken this task over; what this one did is rolled back. Not a fault."""


class Overtaken(Exception):
    """Another worker has settled the same number or file meanwhile; rolled back, the stage runs again."""
