"""The sample 850, 856 and 810 by SFTP into staging tables of a real PostgreSQL, whatever breaks between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from erp_world import INVOICE, NOTICE, ORDER, ErpWorld
from live_gateway import prepared_gateway
from sqlalchemy import Connection, text
from staging_tables import MAPPING, StagingTables, staging_tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ERP = """\
url = "{url}"
mapping = "staging-tables"
retry = {{ first_s = 0.05, max_wait_s = 0.5, max_attempts = 500 }}
"""
#: The tables of each document, its own row first.
TABLES = {
    ORDER: ("staging_orders", "staging_lines"),
    NOTICE: ("staging_shipments", "staging_shipment_items"),
    INVOICE: ("staging_invoices", "staging_invoice_lines"),
}


@dataclass
class World(ErpWorld):
    """A gateway and the staging tables it fills."""

    tables: StagingTables


@pytest.fixture
def running(postgres_url: str, tmp_path: Path) -> Iterator[World]:
    with staging_tables(postgres_url) as tables, prepared_gateway(tmp_path) as gateway:
        gateway.destinations(ERP.format(url=tables.url))
        (gateway.home / "partners" / MAPPING.name).write_bytes(MAPPING.read_bytes())
        gateway.start()
        yield World(gateway, tables)


def assert_booked(tables: StagingTables) -> None:
    """One order, one shipment and one invoice, as the sample files say, and nothing else."""
    assert tables.rows(
        "select number, partner, ordered, ship_to, currency, lines, quantity, total from staging_orders"
    ) == [("4501000101", "ACME", date(2026, 11, 2), "0042", "USD", 2, Decimal(30), Decimal("339.00"))]
    assert tables.rows(
        "select position, product, quantity, unit, price from staging_lines order by position"
    ) == [
        (1, "MB-1001", Decimal(24), "EA", Decimal("3.75")),
        (2, "MB-2040", Decimal(6), "CA", Decimal("41.50")),
    ]
    assert tables.rows("select number, partner, shipped, items, quantity from staging_shipments") == [
        ("DS-88001", "DELTA", date(2026, 11, 3), 2, Decimal(56))
    ]
    assert tables.rows(
        "select order_number, product, quantity, unit from staging_shipment_items order by product"
    ) == [("MB-70011", "DS-310", Decimal(40), "EA"), ("MB-70011", "DS-322", Decimal(16), "EA")]
    assert tables.rows(
        "select number, partner, order_number, billed, currency, charges, taxes, total from staging_invoices"
    ) == [
        (
            *("DS-I-5001", "DELTA", "MB-70011", date(2026, 11, 5), "USD"),
            *(Decimal("14.00"), Decimal("8.78"), Decimal("198.38")),
        )
    ]
    assert tables.rows(
        "select position, product, quantity, unit, price from staging_invoice_lines order by position"
    ) == [
        (1, "DS-310", Decimal(40), "EA", Decimal("2.35")),
        (2, "DS-322", Decimal(16), "EA", Decimal("5.10")),
    ]


def test_each_sample_is_in_its_tables_once_and_a_repeat_of_each_file_changes_nothing(running: World) -> None:
    running.send_all()
    assert_booked(running.tables)
    running.repeat_all()
    assert_booked(running.tables)
    assert running.gateway.complaints.count("Traceback") == 0


@contextmanager
def held_up(tables: StagingTables, table: str) -> Iterator[Connection]:
    """While it lasts whoever writes into the table waits. Gives a connection to look through."""
    with tables.engine.connect() as holder, holder.begin():
        holder.execute(text(f"lock table {table} in share mode"))
        yield holder


def test_each_sample_is_in_its_tables_once_when_the_gateway_is_killed_between_rows_and_after_the_commit(
    running: World,
) -> None:
    """FI-F05."""
    waits = text("select 1 from pg_locks where relation = cast(:name as regclass) and not granted")
    for what, (own, rows) in TABLES.items():
        with held_up(running.tables, rows) as holder:
            running.send(what)
            running.gateway.wait_for(lambda _, at=rows: holder.scalar(waits, {"name": at}), f"{rows} waits")
            running.gateway.kill()
        assert running.tables.count(own) == 0
        running.gateway.environment.update(
            TRADEPOST_TESTING="1", TRADEPOST_FAILPOINTS="deliver.after_answer=kill"
        )
        running.restart()
        running.gateway.ended()
        assert running.tables.count(own) == 1
        del running.gateway.environment["TRADEPOST_FAILPOINTS"]
        running.restart()
        running.delivered(what[2])
    assert_booked(running.tables)
