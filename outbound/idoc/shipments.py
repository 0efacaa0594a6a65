"""Ship notices as the segments of DELVRY03, message type DESADV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outbound.idoc.parts import CUSTOMERS, GTINS, ROLES, numbered, own_number, party_number
from outbound.idoc.tree import Node, node
from outbound.idoc.values import Setting, Values, at, code, day, decimal, items, number, text, texts

BASIC = "DELVRY03"


def ship_notice(document: Values, setting: Setting) -> Iterator[Node]:
    """The delivery with its parties, dates, items and packages."""
    weight = at(document, "gross_weight")
    sent = items(document, "items")
    yield node(
        BASIC,
        "E1EDL20",
        {
            "BTGEW": number(decimal(document, "gross_weight", "value")),
            "GEWEI": setting.unit(weight) if isinstance(weight, dict) else "",
            "ANZPK": text(document, "lading_quantity"),
            "BOLNR": text(document, "bill_of_lading"),
            "TRAID": text(document, "trailer"),
            "LIFEX": text(document, "number"),
        },
        [
            *_parties(document, setting),
            *_dates(document),
            *(_item(place, item, setting) for place, item in enumerate(sent, 1)),
            *_packages(items(document, "packages"), sent, setting),
        ],
    )


def _parties(document: Values, setting: Setting) -> Iterator[Node]:
    """The document's parties, then those of the shipments, a function once."""
    seen: set[str] = set()
    shipped = [party for shipment in items(document, "shipments") for party in items(shipment, "parties")]
    for party in [*items(document, "parties"), *shipped]:
        role = ROLES.get(code(party, "role"))
        if role is None or role in seen:
            continue
        seen.add(role)
        fields = {
            "PARTNER_Q": role,
            "PARTNER_ID": party_number(party, setting),
            **numbered("NAME", [text(party, "name"), *texts(party, "names")]),
            **numbered("STREET", list(texts(party, "address_lines"))),
            "POSTL_COD1": text(party, "postal_code"),
            "CITY1": text(party, "city"),
            "COUNTRY1": text(party, "country"),
            "REGION": text(party, "region"),
        }
        yield node(BASIC, "E1ADRM1", fields)


def _dates(document: Values) -> Iterator[Node]:
    """Goods issue (006) and delivery (007)."""
    for qualifier, key in (("006", "shipped"), ("007", "expected")):
        if day(document, key, "date"):
            yield node(BASIC, "E1EDT13", {"QUALF": qualifier, "NTANF": day(document, key, "date")})


def _item(place: int, item: Values, setting: Setting) -> Node:
    quantity = at(item, "quantity")
    ordered = {
        "QUALI": "001",
        "BSTNR": text(item, "order_number"),
        "POSEX": text(item, "line"),
    }
    return node(
        BASIC,
        "E1EDL24",
        {
            "POSNR": f"{place:06}",
            "MATNR": own_number(item, setting),
            "LFIMG": number(decimal(item, "quantity", "value")),
            "VRKME": setting.unit(quantity) if isinstance(quantity, dict) else "",
            "EAN11": _product(item, GTINS),
            "KDMAT35": _product(item, CUSTOMERS),
            "VFDAT": day(item, "expiry", "date"),
            "LICHN": text(item, "lot"),
        },
        [node(BASIC, "E1EDL41", ordered)] if ordered["BSTNR"] else [],
    )


def _product(item: Values, qualifiers: frozenset[str]) -> str:
    numbers = (
        text(one, "value") for one in items(item, "product_ids") if code(one, "qualifier") in qualifiers
    )
    return next(numbers, "")


def _packages(packages: Sequence[Values], sent: Sequence[Values], setting: Setting) -> Iterator[Node]:
    """A handling unit for each package with an SSCC and what lies right in it, outer ones first."""
    for package in packages:
        sscc = text(package, "sscc")
        if sscc:
            inside = [
                _packed(place, item, setting)
                for place, item in enumerate(sent, 1)
                if text(item, "package") and text(item, "package") == text(package, "level")
            ]
            yield node(BASIC, "E1EDL37", {"EXIDV": sscc.zfill(20)}, inside)
        yield from _packages(items(package, "packages"), sent, setting)


def _packed(place: int, item: Values, setting: Setting) -> Node:
    quantity = at(item, "quantity")
    fields = {
        "POSNR": f"{place:06}",
        "VEMNG": number(decimal(item, "quantity", "value")),
        "VEMEH": setting.unit(quantity) if isinstance(quantity, dict) else "",
    }
    return node(BASIC, "E1EDL44", fields)
