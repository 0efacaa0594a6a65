"""Any API through a mapping, against a real HTTP server that knows no idempotency key."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_api import FakeApi, Told, fake_api

from outbound.connector import Carried, Connector, Consignment, Outcome, Refused, Searchable, TryLater
from outbound.registry import connect
from partners.crosswalk import Crosswalk
from partners.destinations import Destination
from partners.mappings import MappingFile

MAPPING = """
[constants]
channel = "edi"

[crosswalks.units]
EA = "piece"

[[order.requires]]
that = "document.number"
say = "it has no number"

[[order.calls]]
name = "there"
method = "GET"
path = "/orders/{key}"
reads = true
take = { order = "answer.found[0]" }
[[order.calls.endings]]
when = "answer.found[0].state == 'confirmed'"
then = "duplicate"
reference = "answer.found[0].id"

[[order.calls]]
name = "products"
method = "GET"
path = "/products"
reads = true
pages = { items = "answer.products", next = "answer.next" }
take = { ids = "items" }
[[order.calls.endings]]
when = "without(document.lines[].sku, items[].code)"
then = "held"
reason = "=join(', ', without(document.lines[].sku, items[].code))"

[[order.calls]]
name = "create"
path = "/orders"
when = "!(calls.there.order)"
take = { id = "answer.id" }
[order.calls.body]
reference = "=key"
number = "=document.number"
channel = "=constants.channel"
[order.calls.body.lines]
each = "document.lines"
as = "line"
[order.calls.body.lines.give]
product = "=find(calls.products.ids, 'code', line.sku).id"
quantity = "=number(line.quantity)"
unit = "=crosswalk('units', line.unit)"
note = "=line.note"

[[order.calls]]
name = "confirm"
path = "/orders/{not_null(calls.create.id, calls.there.order.id)}/confirm"

[order]
reference = "not_null(calls.create.id, calls.there.order.id)"

[order.holds]
reference = "calls.there.order.id"
facts = { number = "calls.there.order.number", state = "calls.there.order.state" }
"""


def mapping(text: str = MAPPING) -> MappingFile:
    return MappingFile.model_validate(tomllib.loads(text))


def order(number: str = "PO-7", key: str = "abc/1", skus: str = "AB", document: str = "doc-1") -> Consignment:
    lines = [{"sku": sku, "quantity": "1.50", "unit": "EA"} for sku in skus]
    value = {"number": number, "lines": lines}
    payload = json.dumps(value).encode()
    carried = (Carried(document, key, json.dumps(value)),)
    return Consignment(
        key, "o.json", "application/json", payload, carried, {"kind": "order", "partner": "acme"}
    )


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as running:
        running.products = {"A": 11, "B": 22, "C": 33, "D": 44, "E": 55}
        yield running


def connector(api: FakeApi, text: str = MAPPING, **http: object) -> Connector:
    secrets = {"http.basic_password": "pässword", "http.oauth2.client_secret": "s3cret"}
    given = Destination.model_validate(
        {
            "name": "erp",
            "url": api.url,
            "allow_hosts": ["127.0.0.1"],
            "mapping": "erp",
            "mapped": mapping(text),
            "http": http,
        }
    )
    return connect(given, secrets, Path())


def test_a_document_is_looked_up_created_and_confirmed(api: FakeApi) -> None:
    receipt = connector(api).deliver(order())
    assert (receipt.outcome, receipt.reference) == (Outcome.ACCEPTED, "1")
    (booked,) = api.orders
    assert booked == {
        "reference": "abc/1",
        "number": "PO-7",
        "channel": "edi",
        "lines": [
            {"product": 11, "quantity": 1.5, "unit": "piece"},
            {"product": 22, "quantity": 1.5, "unit": "piece"},
        ],
        "id": 1,
        "state": "confirmed",
    }
    assert b'"quantity":1.50' in next(asked.body for asked in api.asked if asked.path == "/orders")
    assert [asked.path for asked in api.asked][:2] == ["/orders/abc%2F1", "/products"]


def test_a_second_attempt_finds_what_the_first_left(api: FakeApi) -> None:
    """FI-F06: the far end knows no key, so it is asked before anything is created."""
    erp = connector(api)
    erp.deliver(order())
    again = erp.deliver(order())
    assert (again.outcome, again.reference) == (Outcome.DUPLICATE, "1")
    assert len(api.orders) == 1


def test_an_answer_lost_after_the_far_end_booked_is_settled_by_looking(api: FakeApi) -> None:
    """FI-F05: the order is there as a draft; the next attempt confirms that one."""
    api.after["/orders"] = Told(drop=True)
    erp = connector(api)
    with pytest.raises(TryLater) as caught:
        erp.deliver(order())
    assert caught.value.endpoint_wide
    assert [booked["state"] for booked in api.orders] == ["draft"]
    receipt = erp.deliver(order())
    assert (receipt.outcome, receipt.reference) == (Outcome.ACCEPTED, "1")
    assert [booked["state"] for booked in api.orders] == ["confirmed"]


def test_what_is_missing_is_named_and_waits_until_it_is_there(api: FakeApi) -> None:
    erp = connector(api)
    with pytest.raises(TryLater) as caught:
        erp.deliver(order(skus="AXY"))
    assert not caught.value.endpoint_wide
    assert caught.value.code == "OUT-076"
    assert "X, Y" in caught.value.reason
    api.products |= {"X": 1, "Y": 2}
    assert erp.deliver(order(skus="AXY")).outcome is Outcome.ACCEPTED


def test_every_page_is_read_and_no_more_than_allowed(api: FakeApi) -> None:
    connector(api).deliver(order(skus="E"))
    assert [asked.query.get("start") for asked in api.asked if asked.path == "/products"] == [None, "2", "4"]
    limited = MAPPING.replace('next = "answer.next" }', 'next = "answer.next", limit = 2 }')
    with pytest.raises(Refused) as caught:
        connector(api, limited).deliver(order(skus="E", key="other"))
    assert caught.value.code == "OUT-077"


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/x", "//other/x", "relative", "/a\nb", "/a b", "/seite/zwölf"]
)
def test_a_next_page_elsewhere_is_not_followed(api: FakeApi, place: str) -> None:
    """FI-F09, BI-074."""
    api.next["/products"] = Told(200, {"products": [], "next": place})
    with pytest.raises(Refused) as caught:
        connector(api).deliver(order())
    assert caught.value.code == "OUT-078"
    assert [asked.path for asked in api.asked] == ["/orders/abc%2F1", "/products"]


def test_a_document_without_what_the_mapping_requires_is_for_a_person(api: FakeApi) -> None:
    with pytest.raises(Refused) as caught:
        connector(api).deliver(order(number=""))
    assert caught.value.code == "OUT-072"
    assert "it has no number" in caught.value.reason
    assert api.asked == []


def test_a_kind_that_the_mapping_does_not_know_is_refused(api: FakeApi) -> None:
    other = Consignment("k", "f", "application/json", b"{}", order().documents, {"kind": "invoice"})
    with pytest.raises(Refused, match="invoice"):
        connector(api).deliver(other)


@pytest.mark.parametrize(
    ("told", "fault", "wide"),
    [
        (Told(422, {"error": "no"}), Refused, False),
        (Told(401, {"error": "no"}), Refused, True),
        (Told(503, {"error": "no"}), TryLater, True),
        (Told(409, {"error": "no"}), Refused, False),
        (Told(302, {"error": "no"}), Refused, False),
    ],
)
def test_a_status_no_ending_speaks_of_means_what_it_means_anywhere(
    api: FakeApi, told: Told, fault: type[Refused | TryLater], wide: bool
) -> None:
    """FI-F01 to FI-F04."""
    api.next["/orders"] = told
    with pytest.raises(fault) as caught:
        connector(api).deliver(order())
    assert caught.value.endpoint_wide is wide  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("then", "fault", "code", "wide"),
    [
        ("rejected", Refused, "OUT-075", False),
        ("held", TryLater, "OUT-076", False),
        ("later", TryLater, "OUT-035", True),
        ("pause", Refused, "OUT-034", True),
    ],
)
def test_a_good_status_with_a_bad_answer_means_what_its_ending_says(
    api: FakeApi, then: str, fault: type[Refused | TryLater], code: str, wide: bool
) -> None:
    """FI-F08."""
    ending = f'when = "answer.error"\nthen = "{then}"\nreason = "=answer.error"'
    text = MAPPING.replace(
        '[[order.calls]]\nname = "confirm"',
        f'[[order.calls.endings]]\n{ending}\n\n[[order.calls]]\nname = "confirm"',
    )
    api.next["/orders"] = Told(200, {"error": "no such\u202e customer\r\n\x1b[31m"})
    with pytest.raises(fault) as caught:
        connector(api, text).deliver(order())
    assert (caught.value.code, caught.value.endpoint_wide) == (code, wide)  # type: ignore[attr-defined]
    assert "no such" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_document_of_a_batch_has_its_own_result(api: FakeApi) -> None:
    """FI-F13."""
    documents = [
        order(key="k1", document="d1").documents[0],
        order(key="k2", document="d2", skus="Z").documents[0],
        order(key="k3", document="d3", number="").documents[0],
        order(key="k1", document="d4").documents[0],
    ]
    batch = Consignment("batch", "b.json", "application/json", b"[]", documents, {"kind": "order"})
    results = connector(api).deliver(batch).results
    assert {name: result.outcome for name, result in results.items()} == {
        "d1": Outcome.ACCEPTED,
        "d2": Outcome.TRY_LATER,
        "d3": Outcome.REJECTED,
        "d4": Outcome.DUPLICATE,
    }
    assert len(api.orders) == 1


def test_a_dry_run_asks_what_only_looks_and_shows_the_first_call_that_would_not(api: FakeApi) -> None:
    erp = connector(api, basic_user="gateway", basic_password="env:P")
    preview = erp.dry_run(order())
    assert preview.action == f"POST {api.url}/orders"
    assert json.loads(preview.content)["number"] == "PO-7"
    assert preview.headers["Authorization"] == "(a secret)"
    assert api.orders == []
    erp.deliver(order())
    assert erp.dry_run(order()).action == "Nothing would be sent: 127.0.0.1 has it as 1."


def test_what_the_far_end_holds_can_be_asked(api: FakeApi) -> None:
    erp = connector(api)
    assert isinstance(erp, Searchable)
    assert erp.look_up(order()) is None
    erp.deliver(order())
    held = erp.look_up(order())
    assert held is not None
    assert (held.reference, held.facts) == ("1", {"number": "PO-7", "state": "confirmed"})


def test_user_and_password_go_as_rfc_7617_says(api: FakeApi) -> None:
    connector(api, basic_user="gateway", basic_password="env:P").deliver(order())
    sent = api.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "gateway:pässword"


OAUTH2 = {"client_id": "tradepost", "client_secret": "env:S", "scope": "orders"}


def test_a_token_is_fetched_once_used_and_renewed_when_it_is_refused(api: FakeApi) -> None:
    api.needs_token = True
    erp = connector(api, oauth2={"token_url": f"{api.url}/token", **OAUTH2})
    erp.deliver(order())
    assert api.tokens == ["token-1"]
    fetched = api.asked[0]
    assert fetched.body == b"grant_type=client_credentials&scope=orders"
    assert base64.b64decode(fetched.headers["authorization"].removeprefix("Basic ")) == b"tradepost:s3cret"
    api.tokens.append("token-of-others")
    assert erp.deliver(order(key="next")).outcome is Outcome.ACCEPTED
    assert len(api.orders) == 2
    assert api.tokens[-1] == "token-3"


@pytest.mark.parametrize(
    ("told", "fault", "code"),
    [
        (Told(400, {"error": "invalid_client"}), Refused, "OUT-071"),
        (Told(200, {"no": "token"}), Refused, "OUT-071"),
        (Told(200, b"<html>", "text/html"), Refused, "OUT-071"),
        (Told(503, {}), TryLater, "OUT-070"),
    ],
)
def test_without_a_token_nothing_is_sent(
    api: FakeApi, told: Told, fault: type[Refused | TryLater], code: str
) -> None:
    api.next["/token"] = told
    erp = connector(api, oauth2={"token_url": f"{api.url}/token", "in_body": True, **OAUTH2})
    with pytest.raises(fault) as caught:
        erp.deliver(order())
    assert (caught.value.code, caught.value.endpoint_wide) == (code, True)  # type: ignore[attr-defined]
    assert [asked.path for asked in api.asked] == ["/token"]
    assert b"client_secret=s3cret" in api.asked[0].body
    assert "s3cret" not in str(caught.value)


def test_xml_goes_out_and_its_answer_is_looked_at(api: FakeApi) -> None:
    text = """
    [[order.calls]]
    name = "create"
    path = "/soap"
    form = "xml"
    take = { id = "answer.Envelope.Body.Booked.Id" }
    [order.calls.body."s:Envelope"]
    "@xmlns:s" = "urn:soap"
    [order.calls.body."s:Envelope"."s:Body".Order]
    Number = "=document.number"
    Sku = { each = "document.lines", as = "line", give = "=line.sku" }
    [order]
    reference = "calls.create.id"
    """
    booked = b"<s:Envelope xmlns:s='urn:soap'><s:Body><Booked><Id>E-9</Id></Booked></s:Body></s:Envelope>"
    api.next["/soap"] = Told(200, booked, "text/xml; charset=utf-8")
    assert connector(api, text).deliver(order()).reference == "E-9"
    assert b"<Order><Number>PO-7</Number><Sku>A</Sku><Sku>B</Sku></Order>" in api.asked[0].body


def test_a_call_for_each_item_and_a_web_form(api: FakeApi) -> None:
    text = """
    [[order.calls]]
    name = "lines"
    path = "/form"
    form = "form"
    each = "document.lines"
    item = "line"
    when = "line.sku != 'B'"
    body = { sku = "=line.sku", quantity = "=line.quantity" }
    query = { order = "=document.number" }
    headers = { X-Order = "=document.number" }
    endings = [{ when = "status == `404`", then = "go_on" }]
    take = { said = "answer.error" }
    [order]
    reference = "calls.lines[].said"
    """
    receipt = connector(api, text).deliver(order(number="P 1", skus="ABC"))
    assert [asked.body for asked in api.asked] == [b"sku=A&quantity=1.50", b"sku=C&quantity=1.50"]
    assert {asked.query["order"] for asked in api.asked} == {"P 1"}
    assert receipt.reference == "nothing at /form, nothing at /form"


def test_the_partners_own_codes_can_be_looked_up(api: FakeApi) -> None:
    text = """
    [[order.calls]]
    name = "create"
    path = "/orders"
    body = { reference = "=key", unit = "=find(codes.unit, 'theirs', document.lines[0].unit).ours" }
    """
    rows = Crosswalk({("unit", "EA"): "piece", ("product", "VN:A"): "CLAMP"})
    connector(api, text).deliver(replace(order(), crosswalk=rows))
    assert api.orders[0]["unit"] == "piece"


@pytest.mark.parametrize("number", ["a\r\nX-Evil: 1", "a\x00b", "a\u2028b"])
def test_partner_text_never_becomes_another_header(api: FakeApi, number: str) -> None:
    """BI-075."""
    text = '[[order.calls]]\nname = "a"\npath = "/orders"\nheaders = { X-Order = "=document.number" }'
    with pytest.raises(Refused) as caught:
        connector(api, text).deliver(order(number=number))
    assert caught.value.code == "OUT-073"
    assert api.asked == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[order.calls]]\nname = "a"\npath = "/{documnt.x}"', "nothing is called 'documnt'"),
        ('[[order.calls]]\nname = "a"\npath = "/a"\nbody = { x = "=line.x" }', "nothing is called 'line'"),
        ('[[order.calls]]\nname = "a"\npath = "/{document"', "must begin with one"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_before_it_is_used(
    api: FakeApi, text: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        connector(api, text)
