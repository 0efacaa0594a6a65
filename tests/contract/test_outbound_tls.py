"""Delivery over HTTPS: whose certificate is trusted, and how we show ours (SEC-15)."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificates import identity, server_side
from fake_erp import fake_erp

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.http_json import HttpJson, HttpJsonOptions

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b"{}")
LOCAL = frozenset({"localhost", "127.0.0.1"})


def test_a_certificate_of_the_authority_we_were_given_is_trusted(tmp_path: Path) -> None:
    who = identity(tmp_path, "localhost")
    with fake_erp(server_side(who), host="localhost") as erp:
        connector = HttpJson(HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem))
        assert connector.check() == "localhost can be reached."
        assert connector.deliver(ORDER).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("case", ["unknown authority", "another host", "expired"])
def test_a_certificate_that_cannot_be_trusted_stops_the_endpoint(tmp_path: Path, case: str) -> None:
    """SEC-15."""
    name = "elsewhere.example" if case == "another host" else "localhost"
    who = identity(tmp_path, name, days_left=-1 if case == "expired" else 1)
    ca_file = None if case == "unknown authority" else who.pem
    with fake_erp(server_side(who), host="localhost") as erp:
        connector = HttpJson(HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=ca_file))
        with pytest.raises(Refused) as caught:
            connector.deliver(ORDER)
        assert erp.requests == []
    assert caught.value.reason.startswith("OUT-039")
    assert caught.value.endpoint_wide


def test_our_own_certificate_is_shown_to_a_server_that_asks(tmp_path: Path) -> None:
    who, us = identity(tmp_path, "localhost"), identity(tmp_path, "tradepost.example")
    with fake_erp(server_side(who, clients=us), host="localhost") as erp:
        named = HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem, client_certificate=us.pem)
        assert HttpJson(named).deliver(ORDER).outcome is Outcome.ACCEPTED
        nameless = HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem)
        with pytest.raises(TryLater):
            HttpJson(nameless).deliver(ORDER)
        assert len(erp.requests) == 1
