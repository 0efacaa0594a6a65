"""LD-11: 1,000 partner profiles load within 2 s, and finding one does not depend on their number."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from parsers.x12.model import PartyId
from partners.directory import BUNDLED, Directory, load_directory

PARTNERS = 1_000
LIMIT_S = 2.0
PROFILE = """\
extends = "retailer"
name = "Partner {number}"
time_zone = "America/Chicago"

[x12]
isa = [{{ qualifier = "ZZ", id = "PARTNER{number}" }}]
gs = ["PARTNER{number}"]

[x12.acknowledge]
ta1 = "always"

[[channels]]
kind = "sftp_mailbox"
name = "partner-{number}"
login = "partner{number}"

[[documents]]
document = "order"
set = "850"
versions = ["004010"]

[[documents]]
document = "order"
standard = "csv"
layout = "orders"
"""


@pytest.mark.slow
def test_a_thousand_profiles_load_within_two_seconds(tmp_path: Path) -> None:
    for name in ("ours.toml", "destinations.toml"):
        shutil.copy(BUNDLED / name, tmp_path / name)
    for number in range(PARTNERS):
        folder = tmp_path / f"partner-{number}"
        folder.mkdir()
        (folder / "profile.toml").write_text(PROFILE.format(number=number), "utf-8")
        shutil.copy(BUNDLED / "corner-bikes" / "orders.layout.toml", folder)
    times_s = []
    for _ in range(2):
        start = time.perf_counter()
        directory = load_directory(tmp_path)
        times_s.append(time.perf_counter() - start)
        assert isinstance(directory, Directory)
    agreement = directory.by_isa(PartyId("ZZ", "PARTNER999"), PartyId("ZZ", "MILLBROOK"))
    assert agreement is not None
    assert agreement.partner.partner == "partner-999"
    print(f"{PARTNERS} profiles with a layout each: {min(times_s):.2f} s")
    assert min(times_s) <= LIMIT_S
