"""What the doctor says of the channels by which our own ERP speaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gateway.doctor_channels import examine_channels
from gateway.doctor_check import Check
from partners.channels import Channel, ErpChannel, HandChannel, HttpChannel
from partners.directory import Directory

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASKED = ErpChannel(
    kind="erp", name="acme-erp", destination="tryton", party="ACME", since=date(2026, 11, 1), poll_s=60
)
PUSHED = HttpChannel(kind="http", name="acme-push", tokens=("file:new-token", "file:old-token"))
BY_HAND = HandChannel(kind="hand", name="acme-hand")


class Opened:
    """A directory, of which only its open channels are looked at."""

    def __init__(self, *channels: Channel) -> None:
        self._channels = channels

    def open_channels(self) -> Iterator[tuple[None, Channel]]:
        for channel in self._channels:
            yield None, channel


def _look(channel: Channel, home: Path = Path(), **asked: datetime | None) -> list[Check]:
    directory = cast(Directory, Opened(BY_HAND, channel))
    times = {name.replace("_", "-"): at for name, at in asked.items()}
    return list(examine_channels(directory, times, home, NOW))


def test_an_erp_that_was_asked_lately_is_well() -> None:
    [check] = _look(ASKED, acme_erp=NOW - timedelta(minutes=4))
    assert check.state == "well"
    assert check.name == "channel acme-erp"
    assert check.says == "The ERP was last read to its end at 2026-11-24 11:56 UTC"


def test_an_erp_that_was_not_asked_for_five_looks_fails_with_advice() -> None:
    [check] = _look(ASKED, acme_erp=NOW - timedelta(minutes=6))
    assert check.state == "failed"
    assert check.advice.endswith("tradepost destinations check tryton")


@pytest.mark.parametrize("asked", [{}, {"acme_erp": None}], ids=["never", "not to its end"])
def test_an_erp_that_was_never_read_to_its_end_is_worth_a_note(asked: dict[str, None]) -> None:
    [check] = _look(ASKED, **asked)
    assert check.state == "note"
    assert "role watch" in check.advice


def test_a_door_is_well_if_its_tokens_can_be_read(tmp_path: Path) -> None:
    for name in ("new-token", "old-token"):
        (tmp_path / name).write_text("t0ken\n")
        (tmp_path / name).chmod(0o600)
    [check] = _look(PUSHED, tmp_path)
    assert (check.state, check.says) == ("well", "It can be pushed through with 2 tokens")
    [check] = _look(PUSHED.model_copy(update={"tokens": ("file:new-token",)}), tmp_path)
    assert check.says == "It can be pushed through with one token"


def test_a_token_that_cannot_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "new-token").write_text("t0ken\n")
    (tmp_path / "new-token").chmod(0o604)
    [check] = _look(PUSHED, tmp_path)
    assert check.state == "failed"
    assert "file:new-token" in check.says
    assert "t0ken" not in check.says
    assert check.advice
