"""Rows in a customer's own database: one transaction a document, both kinds of database."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from outbound.connector import Carried, Consignment, Outcome, Refused, Searchable, TryLater
from outbound.registry import connect
from outbound.sql_table import SqlTable
from partners.destinations import Destination
from partners.mappings import MappingFile

MAPPING = """
[order]
key_column = "doc_key"
reference = "document.number"

[[order.requires]]
that = "document.lines"
say = "=join(' ', ['the order', document.number, 'has no lines'])"

[[order.rows]]
table = "stage_orders"
[order.rows.values]
doc_key = "=key"
number = "=document.number"
ordered = "=document.date"
amount = "=total(document.lines[].amount)"

[[order.rows]]
table = "stage_lines"
each = "document.lines"
item = "line"
when = "line.quantity"
[order.rows.values]
doc_key = "=key"
position = "=line.ordinal"
sku = "=line.sku"
quantity = "=line.quantity"
"""
ORDERS = """create table stage_orders (
    doc_key varchar(40) primary key, number varchar(20) not null, ordered date,
    amount numeric(12, 2), seen integer)"""
LINES = """create table stage_lines (
    doc_key varchar(40) not null references stage_orders, position integer not null,
    sku varchar(10), quantity numeric(12, 3), primary key (doc_key, position))"""


def order(
    key: str = "k1", number: str = "PO-1", skus: str = "AB", quantity: str = "1.125", document: str = "d1"
) -> Consignment:
    lines = [
        {"ordinal": place, "sku": sku, "quantity": quantity, "amount": "10.10"}
        for place, sku in enumerate(skus, start=1)
    ]
    value = {"number": number, "date": "2026-11-02", "lines": lines}
    return Consignment(
        key, "f", "application/json", b"{}", (Carried(document, key, json.dumps(value)),), {"kind": "order"}
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    """The customer's database, and its URL as a destination says it."""
    if request.param == "sqlite":
        engine, url = create_engine(f"sqlite:///{tmp_path / 'erp.db'}"), "sqlite:erp.db"
    else:
        given = make_url(str(request.getfixturevalue("postgres_url")))
        socket = given.query.get("host", given.host)
        engine, url = (
            create_engine(given),
            f"postgresql://{given.username}@localhost/{given.database}?host={socket}",
        )
    with engine.begin() as tx:
        for table in (ORDERS, LINES):
            tx.execute(text(table))
    yield engine, url
    engine.dispose()


@pytest.fixture
def erp(database: tuple[Engine, str], tmp_path: Path) -> Iterator[SqlTable]:
    made = connector(database[1], tmp_path)
    yield made
    made.close()


def connector(url: str, home: Path, mapping: str = MAPPING) -> SqlTable:
    mapped = MappingFile.model_validate(tomllib.loads(mapping))
    given = {"name": "erp", "url": url, "mapping": "erp", "mapped": mapped, "sql": {"timeout_s": 2.0}}
    made = connect(Destination.model_validate(given), {}, home)
    assert isinstance(made, SqlTable)
    return made


def rows(database: tuple[Engine, str], statement: str) -> list[tuple[object, ...]]:
    with database[0].begin() as tx:
        return [tuple(row) for row in tx.execute(text(statement))]


def test_a_document_becomes_its_rows_with_their_types(database: tuple[Engine, str], erp: SqlTable) -> None:
    receipt = erp.deliver(order())
    assert (receipt.outcome, receipt.reference) == (Outcome.ACCEPTED, "PO-1")
    (head,) = rows(database, "select number, ordered, amount from stage_orders")
    assert head[0] == "PO-1"
    assert str(head[1]) == str(date(2026, 11, 2))
    assert Decimal(str(head[2])) == Decimal("20.20")
    lines = rows(database, "select position, sku, quantity from stage_lines order by position")
    assert [(place, sku, Decimal(str(quantity))) for place, sku, quantity in lines] == [
        (1, "A", Decimal("1.125")),
        (2, "B", Decimal("1.125")),
    ]


def test_a_key_that_is_there_is_a_duplicate_and_nothing_is_written(
    database: tuple[Engine, str], erp: SqlTable
) -> None:
    erp.deliver(order())
    again = erp.deliver(order(skus="ABC"))
    assert (again.outcome, again.reference) == (Outcome.DUPLICATE, "PO-1")
    assert rows(database, "select count(*) from stage_lines") == [(2,)]


def test_one_key_from_many_workers_is_written_once(database: tuple[Engine, str], erp: SqlTable) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = [receipt.outcome for receipt in pool.map(erp.deliver, [order()] * 8)]
    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.DUPLICATE] * 7
    assert rows(database, "select count(*) from stage_orders") == [(1,)]


@pytest.mark.parametrize(
    ("consignment", "said"),
    [
        (order(skus=""), "the order PO-1 has no lines"),
        (order(number="P" * 21), "number holds 20 characters"),
        (order(quantity="one"), "stage_lines"),
    ],
)
def test_a_row_that_the_table_cannot_take_leaves_nothing_behind(
    database: tuple[Engine, str], erp: SqlTable, consignment: Consignment, said: str
) -> None:
    with pytest.raises(Refused, match=said) as caught:
        erp.deliver(consignment)
    assert not caught.value.endpoint_wide
    assert rows(database, "select count(*) from stage_orders") == [(0,)]


def test_a_rule_of_the_database_is_told_in_its_own_words(database: tuple[Engine, str], erp: SqlTable) -> None:
    with database[0].begin() as tx:
        tx.execute(text("create unique index one_sku on stage_lines (sku)"))
    erp.deliver(order())
    with pytest.raises(Refused, match="sku") as caught:
        erp.deliver(order(key="k2"))
    assert caught.value.code == "OUT-083"
    assert rows(database, "select doc_key from stage_orders") == [("k1",)]


def test_a_table_or_column_that_is_not_there_pauses_the_destination(
    database: tuple[Engine, str], tmp_path: Path
) -> None:
    for wrong in (MAPPING.replace("stage_lines", "no_such"), MAPPING.replace("sku = ", "no_such = ")):
        erp = connector(database[1], tmp_path, wrong)
        with pytest.raises(Refused, match="no_such") as caught:
            erp.deliver(order())
        assert caught.value.endpoint_wide
        erp.close()
    assert rows(database, "select count(*) from stage_orders") == [(0,)]


def test_a_key_column_without_a_unique_index_pauses_the_destination(
    database: tuple[Engine, str], tmp_path: Path
) -> None:
    erp = connector(database[1], tmp_path, MAPPING.replace('key_column = "doc_key"', 'key_column = "number"'))
    for act in (erp.check, lambda: erp.deliver(order())):
        with pytest.raises(Refused, match="no unique index on number") as caught:
            act()
        assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-082", True)
    assert rows(database, "select count(*) from stage_orders") == [(0,)]
    erp.close()


def test_each_document_of_a_batch_has_its_own_result(database: tuple[Engine, str], erp: SqlTable) -> None:
    """FI-F13."""
    documents = [
        order("k1", document="d1").documents[0],
        order("k2", number="P" * 21, document="d2").documents[0],
        order("k1", document="d3").documents[0],
    ]
    batch = Consignment("b", "f", "application/json", b"[]", documents, {"kind": "order"})
    outcomes = {name: result.outcome for name, result in erp.deliver(batch).results.items()}
    assert outcomes == {"d1": Outcome.ACCEPTED, "d2": Outcome.REJECTED, "d3": Outcome.DUPLICATE}
    assert rows(database, "select doc_key from stage_orders") == [("k1",)]


def test_what_the_table_holds_can_be_asked(database: tuple[Engine, str], erp: SqlTable) -> None:
    assert isinstance(erp, Searchable)
    assert erp.look_up(order()) is None
    erp.deliver(order())
    held = erp.look_up(order())
    assert held is not None
    assert (held.reference, held.facts["number"]) == ("PO-1", "PO-1")
    assert "seen" not in held.facts


def test_partner_text_is_a_value_and_never_a_statement(database: tuple[Engine, str], erp: SqlTable) -> None:
    """SEC: what a partner writes is bound, never put into SQL."""
    evil = "x'); drop table --"
    erp.deliver(order(number=evil))
    assert rows(database, "select number from stage_orders") == [(evil,)]


def test_a_healthy_database_says_so_and_a_missing_table_is_told(
    database: tuple[Engine, str], erp: SqlTable, tmp_path: Path
) -> None:
    assert erp.check().endswith("has every table.")
    lacking = connector(database[1], tmp_path, MAPPING.replace("stage_lines", "no_such"))
    with pytest.raises(Refused, match="no_such"):
        lacking.check()
    lacking.close()


def test_a_login_that_is_refused_pauses_the_destination(postgres_url: str, tmp_path: Path) -> None:
    """FI-F02."""
    given = make_url(postgres_url)
    socket = given.query.get("host", given.host)
    for place in (f"nobody@localhost/{given.database}", f"{given.username}@localhost/no_such_database"):
        erp = connector(f"postgresql://{place}?host={socket}", tmp_path)
        with pytest.raises(Refused) as caught:
            erp.deliver(order())
        assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-081", True)
        erp.close()


def test_a_database_that_is_locked_is_tried_later(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    with engine.begin() as tx:
        for table in (ORDERS, LINES):
            tx.execute(text(table))
    erp = connector("sqlite:erp.db", tmp_path)
    with engine.connect() as other:
        other.exec_driver_sql("begin exclusive")
        with pytest.raises(TryLater) as caught:
            erp.deliver(order())
    assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-080", True)
    assert erp.deliver(order()).outcome is Outcome.ACCEPTED
    erp.close()
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["sqlite:", "postgresql://host", "postgresql://h/d?options=-csearch_path", "postgresql:///d"]
)
def test_a_url_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r".+"):
        connector(url, tmp_path)
