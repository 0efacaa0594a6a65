"""The sample 850, 856 and 810 by SFTP into a real Tryton by HTTP and a mapping, whatever breaks between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from erp_world import INVOICE, NOTICE, ORDER
from tryton_world import World, assert_booked, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MAPPING = Path(__file__).parents[2] / "samples" / "destinations" / "tryton-rpc.mapping.toml"
ERP = """\
url = "http://127.0.0.1:{port}/{database}"
allow_hosts = ["127.0.0.1"]
mapping = "tryton-rpc"
http = {{ basic_user = "admin", basic_password = "file:secrets/tryton-password" }}
retry = {{ first_s = 0.05, max_wait_s = 0.5, max_attempts = 500 }}
breaker = {{ failures = 5, first_s = 0.2, max_s = 0.5 }}
"""
#: The calls that change something in Tryton, document by document.
CHANGES = {
    ORDER: ("sale.sale.create", "sale.sale.quote", "sale.sale.confirm"),
    NOTICE: ("stock.shipment.in.create", "stock.shipment.in.receive"),
    INVOICE: ("account.invoice.write", "res.user.warning.create", "account.invoice.post"),
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    def furnish(home: Path) -> None:
        (home / "partners" / MAPPING.name).write_bytes(MAPPING.read_bytes())

    with world(tmp_path, furnish, ERP) as running:
        yield running


def test_each_sample_is_booked_once_through_a_mapping_though_answers_are_lost_and_files_are_repeated(
    running: World,
) -> None:
    """FI-F05."""
    for what, changes in CHANGES.items():
        for change in changes:
            running.proxy.at("POST", f'"model.{change}"', after=True)
        running.send(what)
        running.delivered(what[2])
        running.proxy.wait_until_left(0)
    assert_booked(running.tryton.rpc())
    running.repeat_all()
    assert_booked(running.tryton.rpc())
    assert running.gateway.complaints.count("Traceback") == 0
