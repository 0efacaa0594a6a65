"""Connectors of destinations: a secret that cannot be read, and the mark that tells of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.far_ends import FarEnds
from outbound.connector import Refused
from partners.destinations import Destination

ERP = Destination.model_validate(
    {"name": "erp", "url": "https://erp.example/", "http": {"auth_secret": "env:ERP_TOKEN"}}
)


def test_a_secret_that_cannot_be_read_refuses_us_and_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-H03: the destination is paused, and goes on once its secret is there."""
    monkeypatch.delenv("ERP_TOKEN", raising=False)
    ends = FarEnds(tmp_path)
    with pytest.raises(Refused) as caught:
        ends(ERP)
    assert caught.value.endpoint_wide
    assert caught.value.code == "PRT-104"
    mark = ends.mark(ERP, "salt")
    monkeypatch.setenv("ERP_TOKEN", "s3cret")
    assert ends.mark(ERP, "salt") != mark
    ends(ERP)
    ends.close()


def test_a_mark_changes_with_settings_and_secrets_and_tells_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_TOKEN", "s3cret")
    ends = FarEnds(tmp_path)
    mark = ends.mark(ERP, "salt")
    assert mark == ends.mark(ERP, "salt")
    assert mark.startswith("salt$")
    assert "s3cret" not in mark
    assert ends.mark(ERP, "other").partition("$")[2] != mark.partition("$")[2]
    assert ends.mark(ERP.model_copy(update={"url": "https://erp2.example/"}), "salt") != mark
    monkeypatch.setenv("ERP_TOKEN", "renewed")
    assert ends.mark(ERP, "salt") != mark


def test_a_secret_renewed_while_the_old_one_is_refused_counts_as_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-F02: else the destination would stay paused with the very secret that would let us in."""
    monkeypatch.setenv("ERP_TOKEN", "withdrawn")
    ends = FarEnds(tmp_path)
    ends(ERP)
    monkeypatch.setenv("ERP_TOKEN", "renewed")
    assert ends.mark(ERP, "salt", used=True) != ends.mark(ERP, "salt")
    ends(ERP)
    assert ends.mark(ERP, "salt", used=True) == ends.mark(ERP, "salt")
    ends.close()
