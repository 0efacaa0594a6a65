"""From an old ERP to a new one: both take every order, nothing differs, then the old one is switched off."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from business_files import interchange
from erp_world import keep_secret
from live_gateway import LiveGateway, prepared_gateway
from sqlalchemy import Connection
from staging_tables import MAPPING, StagingTables, staging_tables
from tryton_server import DATABASE, TrytonServer, tryton_server

from gateway import views
from gateway.store import profile_versions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ORDERS, A_FILE = 200, 50
OLD = """\
url = "{old}"
mapping = "staging-tables"
"""
NEW = """
[new-erp]
url = "tryton+http://127.0.0.1:{port}/{database}"
allow_hosts = ["127.0.0.1"]
tryton = {{ application_key = "file:secrets/tryton-key", order = "draft" }}
takes = [{{ partners = ["acme-retail"], kinds = ["order"] }}]
"""
SWITCHED = """\
url = "tryton+http://127.0.0.1:{port}/{database}"
allow_hosts = ["127.0.0.1"]
tryton = {{ application_key = "file:secrets/tryton-key", order = "draft" }}
"""


@dataclass
class Migration:
    """Two ERPs and the gateway between. Orders go to `erp`, which a document rule names, and to `new-erp`."""

    gateway: LiveGateway
    old: StagingTables
    tryton: TrytonServer

    def send(self, first: int, count: int) -> None:
        """One file with orders of consecutive numbers."""
        segments: list[str] = []
        for number in range(first, first + count):
            segments += [
                f"ST*850*{number:04}",
                f"BEG*00*SA*4600{number:06}**20261102",
                "N1*ST*Acme Store 0042*92*0042",
                f"PO1*1*{number % 7 + 1}*EA*3.75*PE*UP*614141000012*VN*MB-1001",
                f"PO1*2*{number % 3 + 1}*CA*41.5*PE*UP*614141000029*VN*MB-2040",
                "CTT*2",
                f"SE*7*{number:04}",
            ]
        file = self.gateway.home / f"orders-{first}.edi"
        file.write_bytes(interchange(*segments, number=first))
        self.gateway.sftp("acme-retail", f"put {file} inbox/{file.name}")

    def wait_until_delivered(self, count: int) -> None:
        for reached in range(A_FILE, count + 1, A_FILE):

            def look(view: Connection, reached: int = reached) -> bool:
                return len(views.consignments(view, views.Page(1000), state="delivered")) >= reached

            self.gateway.wait_for(look, f"{reached} deliveries")


@pytest.fixture
def migration(postgres_url: str, tmp_path: Path) -> Iterator[Migration]:
    with (
        staging_tables(postgres_url) as old,
        tryton_server(tmp_path) as tryton,
        prepared_gateway(tmp_path) as gateway,
    ):
        partners = gateway.home / "partners"
        (partners / MAPPING.name).write_bytes(MAPPING.read_bytes())
        new = NEW.format(port=tryton.port, database=DATABASE)
        gateway.destinations(OLD.format(old=old.url) + new)
        keep_secret(gateway, "tryton-key", tryton.key)
        crosswalk = "list,theirs,ours\nparty,acme-retail,ACME\nunit,CA,cs\n"
        (partners / "acme-retail" / "crosswalk.csv").write_text(crosswalk)
        gateway.start()
        yield Migration(gateway, old, tryton)


def test_an_old_and_a_new_erp_hold_the_same_and_the_old_one_is_switched_off(migration: Migration) -> None:
    gateway = migration.gateway
    for first in range(1, ORDERS, A_FILE):
        migration.send(first, A_FILE)
    migration.wait_until_delivered(2 * ORDERS)
    found = gateway.ask("destinations", "compare", "erp", "new-erp")
    assert found == {"documents": ORDERS, "differing": []}
    assert migration.old.rows("select count(*), sum(lines) from staging_orders") == [(ORDERS, 2 * ORDERS)]
    assert migration.tryton.rpc().count("sale.sale") == ORDERS

    migration.old.rows("update staging_orders set total = total + 1 where number = '4600000007' returning 1")
    told = gateway.tradepost("destinations", "compare", "erp", "new-erp", "--json")
    assert told.returncode == 1
    (differing,) = json.loads(told.stdout)["differing"]
    assert list(differing["differences"]) == ["total"]

    answers = len(gateway.outbox("acme-retail"))
    switched = SWITCHED.format(port=migration.tryton.port, database=DATABASE)
    gateway.destinations(switched)
    with gateway.view() as view:
        before = profile_versions.newest(view)
    gateway.tell(signal.SIGHUP)
    gateway.wait_for(lambda view: profile_versions.newest(view) != before, "the profiles")
    migration.send(ORDERS + 1, 1)
    gateway.wait_for(
        lambda _: migration.tryton.rpc().count("sale.sale") == ORDERS + 1 or None, "the next order"
    )
    gateway.wait_until_idle()
    assert migration.old.rows("select count(*) from staging_orders") == [(ORDERS,)]
    assert len(gateway.outbox("acme-retail")) == answers + 1
