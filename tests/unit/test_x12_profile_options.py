"""What a profile says of X12 reaches the reader, on the fast path as on the explaining one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.settings import Settings
from parsers.x12 import model
from parsers.x12.dictionary import standard
from parsers.x12.interchange import read
from parsers.x12.limits import DEFAULT_LIMITS, UTMOST_LIMITS, Limits
from partners.open_terms import open_agreement
from partners.profile import X12Settings
from translators.read_options import read_options

ISA = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*240131*1100*U*00401*000000001*0*P*>"
)
ORDER = [
    *(ISA, "GS*PO*S1*R1*20240131*1100*1*X*004010", "ST*850*0001", "BEG*00*SA*PO1**20240131"),
    *("N1*ST*Depot", "PO1*1*10*EA*5.25**UP*012345678905", "CTT*1", "SE*6*0001", "GE*1*1", "IEA*1*000000001"),
]
NOTICE = [
    *(ISA, "GS*SH*S1*R1*20240131*1100*1*X*004010", "ST*856*0001", "BSN*00*1*20240131*1100"),
    *("HL*1**S", "HL*2*1*O", "HL*3*2*P", "HL*4*3*I", "SE*7*0001", "GE*1*1", "IEA*1*000000001"),
]


def _settings(values: Mapping[str, object]) -> X12Settings:
    return X12Settings.model_validate({"isa": [{"qualifier": "ZZ", "id": "SENDER"}], **values})


def _codes(lines: list[str], values: Mapping[str, object], limits: Limits = UTMOST_LIMITS) -> list[str]:
    options = read_options(_settings(values), standard())
    data = "".join(f"{line}~" for line in lines).encode()
    return [
        finding.code
        for event in read(io.BytesIO(data), lambda _header: options, limits)
        for finding in (event.set.findings if isinstance(event, model.SetRead) else event.findings)
    ]


def _with(old: str, new: str, lines: list[str] = ORDER) -> list[str]:
    assert any(old in line for line in lines)
    return [line.replace(old, new) for line in lines]


@pytest.mark.parametrize(
    ("lines", "values", "code"),
    [
        (ORDER, {"character_set": "basic"}, "X12-225"),
        (_with("Depot", "Dép^t"), {"character_set": "extended"}, "X12-225"),
        (_with("*Depot", "*Depot**"), {"trailing_separators": "forbidden"}, "X12-232"),
        (ORDER, {"trailing_separators": "mandatory"}, "X12-233"),
        (_with("Depot", "D" * 81), {"limits": {"element_bytes": 80}}, "X12-101"),
        (_with("CTT*1", "MSG*" + "x" * 300), {"limits": {"segment_bytes": 256}}, "X12-100"),
        (ORDER, {"limits": {"set_segments": 5}}, "X12-087"),
        (NOTICE, {"limits": {"tree_depth": 3}}, "X12-303"),
    ],
    ids=lambda part: str(part) if isinstance(part, dict) else None,
)
def test_a_profile_can_be_strict(lines: list[str], values: dict[str, object], code: str) -> None:
    assert code in _codes(lines, values)
    assert code not in _codes(lines, {})


def test_codes_may_go_unchecked() -> None:
    lines = _with("N1*ST", "N1*QQQ")
    assert _codes(lines, {}) == ["X12-226"]
    assert _codes(lines, {"check_codes": False}) == []


def test_loops_without_end_are_the_profiles_to_allow() -> None:
    lines = list(ORDER)
    at = lines.index("N1*ST*Depot")
    lines[at : at + 1] = ["N1*ST*Depot"] * 201
    lines[-3] = "SE*206*0001"
    assert _codes(lines, {}) == ["X12-204"]
    assert _codes(lines, {"endless_loops": True}) == []


def test_the_settings_of_the_gateway_bound_every_profile(tmp_path: Any) -> None:
    settings = Settings(home=tmp_path, x12_max_set_segments=5)
    assert settings.x12_limits == Limits(UTMOST_LIMITS.element_bytes, UTMOST_LIMITS.segment_bytes, 5)
    wide = {"limits": {"set_segments": 1_000_000}}
    assert "X12-087" in _codes(ORDER, wide, settings.x12_limits)
    assert _codes(ORDER, wide) == []


def test_a_profile_that_says_nothing_has_the_defaults() -> None:
    options = read_options(_settings({}), standard())
    assert options.limits == DEFAULT_LIMITS
    assert options == read_options(open_agreement().x12 or _settings({}), standard())
