"""Fixtures that read and translate the transaction sets written out in these tests."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from parsers.x12 import interchange, model
from parsers.x12.options import DEFAULT_OPTIONS
from translators import registry
from translators.translation import Translation

Translate = Callable[..., Translation]
ISA = (
    "ISA*00*          *00*          *ZZ*ACME           *ZZ*TRADEPOST      *240315*1030*{}*{}*000000017*0*P*>"
)
FUNCTIONAL_IDS = {
    "850": "PO",
    "856": "SH",
    "810": "IN",
    "855": "PR",
    "860": "PC",
    "865": "CA",
    "820": "RA",
    "846": "IB",
}


def _file(body: str, set_id: str, release: str) -> bytes:
    """One interchange with one set: `body` holds the segments between ST and SE, one a line."""
    inner = [line.strip() for line in body.strip().splitlines()]
    versions = ("U", "00401") if release < "004020" else ("^", "00501")
    segments = [
        ISA.format(*versions),
        f"GS*{FUNCTIONAL_IDS[set_id]}*ACMEPO*TRADEPOST*20240315*1030*4*X*{release}",
        f"ST*{set_id}*0001",
        *inner,
        f"SE*{len(inner) + 2}*0001",
        "GE*1*4",
        "IEA*1*000000017",
    ]
    return "".join(f"{segment}~\n" for segment in segments).encode()


@pytest.fixture
def translate() -> Translate:
    """translate("850", segments, release="004010") -> Translation."""

    def translated(set_id: str, body: str, release: str = "004010") -> Translation:
        header = group = None
        for event in interchange.read(io.BytesIO(_file(body, set_id, release)), lambda _: DEFAULT_OPTIONS):
            if isinstance(event, model.InterchangeOpened):
                header = event.header
            elif isinstance(event, model.GroupOpened):
                group = event.header
            elif isinstance(event, model.SetRead):
                assert header is not None
                assert group is not None
                translation = registry.translate_x12(event.set, header, group)
                assert translation is not None
                return translation
        raise AssertionError("no set was read")

    return translated
