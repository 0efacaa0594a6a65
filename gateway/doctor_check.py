"""What the doctor finds: one look, what it says and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One look. state: well, note or failed. advice: empty if well."""

    name: str
    state: str
    says: str
    advice: str = ""
