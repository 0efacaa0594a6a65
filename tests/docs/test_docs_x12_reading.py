"""The page on reading X12 names codes and settings that exist, and defaults that hold."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.settings import Settings
from parsers.catalogue import entries
from parsers.x12.ebcdic import CODE_PAGES
from parsers.x12.limits import DEFAULT_LIMITS
from partners.profile import X12Limits, X12Settings

PAGE = (Path(__file__).parents[2] / "docs" / "x12-reading.md").read_text("utf-8")


def test_every_code_on_the_page_is_in_the_catalogue() -> None:
    codes = set(re.findall(r"`(X12-\d{3})`", PAGE))
    assert len(codes) > 12
    assert codes <= set(entries())


def test_every_setting_on_the_page_is_one() -> None:
    ours = set(re.findall(r"`x12\.([a-z_]+)", PAGE))
    limits = set(re.findall(r"`x12\.limits\.([a-z_]+)`", PAGE))
    assert ours <= set(X12Settings.model_fields)
    assert limits == set(X12Limits.model_fields)
    assert set(re.findall(r"`(x12_max_[a-z_]+)`", PAGE)) <= set(Settings.model_fields)


def test_the_limits_on_the_page_are_the_defaults() -> None:
    shown = dict(re.findall(r"\| `x12\.limits\.([a-z_]+)` \| ([0-9,]+)", PAGE))
    defaults = {name: field.default for name, field in X12Limits.model_fields.items()}
    assert {name: int(text.replace(",", "")) for name, text in shown.items()} == defaults
    assert defaults["set_segments"] == DEFAULT_LIMITS.set_segments


def test_every_code_page_of_ebcdic_is_named() -> None:
    assert set(re.findall(r"\"(cp\d+)\"", PAGE)) >= CODE_PAGES
