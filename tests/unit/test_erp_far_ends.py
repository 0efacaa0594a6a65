"""Connectors are kept open as long as their destination and its secrets stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.far_ends import FarEnds
from outbound.connector import Refused
from partners.destinations import Destination


@pytest.fixture
def destination(tmp_path: Path) -> Destination:
    (tmp_path / "key").write_text("Bearer one")
    (tmp_path / "key").chmod(0o600)
    http = {"auth_secret": "file:key"}
    return Destination.model_validate({"name": "erp", "url": "https://erp.example/orders", "http": http})


def test_a_connector_is_kept(tmp_path: Path, destination: Destination) -> None:
    far_ends = FarEnds(tmp_path)
    assert far_ends(destination) is far_ends(destination)
    far_ends.close()


def test_a_secret_renewed_in_its_place_gets_a_new_connector(tmp_path: Path, destination: Destination) -> None:
    far_ends = FarEnds(tmp_path)
    first = far_ends(destination)
    (tmp_path / "key").write_text("Bearer two")
    second = far_ends(destination)
    assert second is not first
    assert far_ends(destination) is second
    far_ends.close()


def test_a_secret_that_has_gone_refuses_the_destination_and_not_its_documents(
    tmp_path: Path, destination: Destination
) -> None:
    """FI-H03."""
    far_ends = FarEnds(tmp_path)
    far_ends(destination)
    (tmp_path / "key").unlink()
    with pytest.raises(Refused) as caught:
        far_ends(destination)
    assert caught.value.endpoint_wide
    far_ends.close()
