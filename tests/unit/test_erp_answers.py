"""What Tryton's answers mean: its own words for a person, patience for the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from outbound.connector import Refused, TryLater
from outbound.http_answers import Answer
from outbound.http_door import DoorOptions, HttpDoor, Request
from outbound.tryton.client import Tryton

COMPANY = [{"id": 1, "party": {"name": "Millbrook", "code": "M"}, "currency": {"id": 3, "code": "USD"}}]


class ScriptedDoor(HttpDoor):
    """Gives the company, then the answers given, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(DoorOptions("https://erp.example/db"))
        self.answers = [said(COMPANY), *answers]
        self.requests: list[Request] = []

    def ask(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.answers.pop(0)


def said(value: object, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())


def page(status: int, text: str = "<html>no</html>") -> Answer:
    return Answer(status, {"content-type": "text/html"}, text.encode())


def fault(message: str) -> Answer:
    return said({"status": 400, "message": message, "description": ""}, 400)


def test_decimals_dates_and_numbers_are_read_and_written_exactly() -> None:
    row = {"price": {"__class__": "Decimal", "decimal": "0.10"}, "quantity": 24.0}
    row |= {"day": {"__class__": "date", "year": 2026, "month": 11, "day": 2}}
    door = ScriptedDoor(said([row]), said(row))
    tryton = Tryton(door)
    (found,) = tryton.search("sale.line", [["price", "=", Decimal("0.10")]], ["price"])
    assert str(found["price"]) == "0.10"
    assert isinstance(found["quantity"], Decimal)
    assert found["day"].isoformat() == "2026-11-02"
    tryton.create("sale.line", {"price": Decimal("0.10"), "day": found["day"]}, ["price"])
    assert json.loads(door.requests[-1].body) == {"price": row["price"], "day": row["day"]}


def test_trytons_own_words_come_to_a_person_as_one_safe_line() -> None:
    tryton = Tryton(ScriptedDoor(fault("The party\n\tis\x1b[31m \u202enot\u00a0there.")))
    with pytest.raises(Refused) as caught:
        tryton.create("sale.sale", {}, [])
    assert caught.value.code == "OUT-100"
    assert "“The party is\\x1b[31m \\x202enot there.”" in caught.value.reason
    assert not caught.value.endpoint_wide


def test_very_long_words_are_cut() -> None:
    with pytest.raises(Refused) as caught:
        Tryton(ScriptedDoor(fault("no " * 5000))).create("sale.sale", {}, [])
    assert len(caught.value.reason) < 1500


@pytest.mark.parametrize(
    ("answer", "error", "code", "endpoint_wide"),
    [
        (page(401), Refused, "OUT-034", True),
        (page(403), Refused, "OUT-034", True),
        (page(404), Refused, "OUT-102", True),
        (page(500), TryLater, "OUT-035", False),
        (page(503), TryLater, "OUT-035", True),
        (page(429), TryLater, "OUT-035", True),
        (page(302), Refused, "OUT-036", False),
        (page(200, "<html>Please log in</html>"), TryLater, "OUT-038", False),
        (Answer(200, {}, b"[{}", whole=False), TryLater, "OUT-038", False),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else None,
)
def test_each_status_means_what_it_means_elsewhere(
    answer: Answer, error: type[Refused | TryLater], code: str, endpoint_wide: bool
) -> None:
    """FI-F01, FI-F02, FI-F03, FI-F08, FI-F09."""
    with pytest.raises(error) as caught:
        Tryton(ScriptedDoor(answer)).search("sale.sale", [], ["state"])
    assert isinstance(caught.value, Refused | TryLater)
    assert (caught.value.code, caught.value.endpoint_wide) == (code, endpoint_wide)


def test_a_record_that_goes_between_being_found_and_read_is_looked_for_once_more() -> None:
    gone = fault('You are trying to read records "9" of "Sale" that don\'t exist.')
    door = ScriptedDoor(gone, said([{"id": 8}]), gone, gone)
    tryton = Tryton(door)
    assert [one["id"] for one in tryton.search("sale.sale", [], ["state"])] == [8]
    with pytest.raises(Refused) as caught:
        tryton.search("sale.sale", [], ["state"])
    assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-100", False)
    assert sum("sale.sale" in one.target for one in door.requests) == 4


def test_a_record_that_somebody_deleted_meanwhile_is_made_anew_later() -> None:
    with pytest.raises(TryLater) as caught:
        Tryton(ScriptedDoor(page(404))).press("sale.sale", 7, "quote", ["state"])
    assert caught.value.code == "OUT-103"
    assert not caught.value.endpoint_wide


@pytest.mark.parametrize(
    ("company", "companies", "fits"),
    [
        ("", ["One"], True),
        ("", ["One", "Two"], False),
        ("Two", ["One", "Two"], True),
        ("", [], False),
        ("Three", ["One"], False),
    ],
)
def test_the_company_is_the_only_one_or_the_one_named(company: str, companies: list[str], fits: bool) -> None:
    door = ScriptedDoor()
    door.answers = [
        said([{"id": n, "party": {"name": name, "code": str(n)}} for n, name in enumerate(companies)])
    ]
    tryton = Tryton(door, company)
    if fits:
        assert tryton.company["party"]["name"] == (company or companies[0])
        return
    with pytest.raises(Refused) as caught:
        _ = tryton.company
    assert (caught.value.code, caught.value.endpoint_wide) == ("OUT-101", True)


def test_what_tryton_only_warns_of_is_asked_again_without_warnings_where_that_is_accepted() -> None:
    done: Mapping[str, object] = {"id": 1, "state": "received"}
    door = ScriptedDoor(fault("5 u more than ordered"), said(done))
    tryton = Tryton(door, accept_warnings=True)
    assert tryton.press("stock.shipment.in", 1, "receive", ["state"]) == done
    first, again = (dict(request.headers)["X-Tryton-Context"] for request in door.requests[1:])
    assert first != again

    strict = ScriptedDoor(fault("not valid"), fault("not valid"))
    with pytest.raises(Refused, match="not valid"):
        Tryton(strict, accept_warnings=True).press("stock.shipment.in", 1, "receive", ["state"])
