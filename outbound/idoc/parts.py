"""Segments that orders and invoices have in common: parties, charges, taxes, texts, product numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outbound.idoc.tree import Node, node
from outbound.idoc.values import Setting, Values, at, code, day, decimal, items, number, text, texts

#: Partner function in SAP by X12 role (element 98); other roles are not carried.
ROLES = {"BY": "AG", "ST": "WE", "BT": "RE", "PR": "RG", "SE": "LF", "SU": "LF", "VN": "LF", "RI": "RS"}
#: Whose number a product's is (QUALF of E1EDP19) by X12 qualifier (element 235).
CUSTOMERS = frozenset({"BP", "IN", "CB", "PI"})
VENDORS = frozenset({"VN", "VP", "VA", "VC"})
GTINS = frozenset({"UP", "EN", "UK", "UI", "EO", "UA"})
LINE_WIDTH = 70
_SIGNS = {"C": "+", "A": "-"}


def party_number(party: Values, setting: Setting) -> str:
    """The party's number: ours by the crosswalk, else as sent."""
    sent = text(party, "id")
    return setting.crosswalk.ours("party", sent, code(party, "qualifier")) or sent if sent else ""


def numbered(name: str, values: list[str], first: int = 1) -> dict[str, str]:
    """Values as NAME1, NAME2, …; more than the segment has fields for are found by the check."""
    return {f"{name}{place}": value for place, value in enumerate(values, first)}


def parties(basic: str, document: Values, setting: Setting) -> Iterator[Node]:
    """An E1EDKA1 for each party with a function in SAP."""
    for party in items(document, "parties"):
        role = ROLES.get(code(party, "role"))
        if role is None:
            continue
        streets = texts(party, "address_lines")
        yield node(
            basic,
            "E1EDKA1",
            {
                "PARVW": role,
                "PARTN": party_number(party, setting),
                **numbered("NAME", [text(party, "name"), *texts(party, "names")]),
                "STRAS": streets[0] if streets else "",
                **numbered("STRS", list(streets[1:]), 2),
                "ORT01": text(party, "city"),
                "PSTLZ": text(party, "postal_code"),
                "LAND1": text(party, "country"),
                "REGIO": text(party, "region"),
                "ILNNR": text(party, "id") if code(party, "qualifier") == "UL" else "",
            },
        )


def charges(basic: str, name: str, place: Values, setting: Setting, factor: Decimal) -> Iterator[Node]:
    """A segment `name` for each allowance and charge; promotions and services are not carried."""
    for charge in items(place, "charges"):
        sign = _SIGNS.get(code(charge, "kind"))
        if sign is None:
            continue
        service = code(charge, "service")
        yield node(
            basic,
            name,
            {
                "ALCKZ": sign,
                "KSCHL": setting.crosswalk.ours("charge", service) or "",
                "KOTXT": text(charge, "description"),
                "BETRG": times(decimal(charge, "amount", "amount"), factor),
                "KPERC": number(decimal(charge, "percent")),
                "KRATE": number(decimal(charge, "rate")),
                "KOEIN": text(charge, "amount", "currency"),
            },
        )


def taxes(basic: str, name: str, place: Values, setting: Setting, factor: Decimal) -> Iterator[Node]:
    """A segment `name` for each tax; the tax code is ours by the crosswalk or left out."""
    for tax in items(place, "taxes"):
        yield node(
            basic,
            name,
            {
                "MWSKZ": setting.crosswalk.ours("tax", code(tax, "type")) or "",
                "MSATZ": number(decimal(tax, "percent")),
                "MWSBT": times(decimal(tax, "amount", "amount"), factor),
            },
        )


def notes(basic: str, document: Values, setting: Setting) -> Iterator[Node]:
    """An E1EDKT1 for each note, its lines folded at 70 characters; nothing without a text id."""
    if not setting.options.text_id:
        return
    for note in items(document, "notes"):
        folded = [
            node(
                basic,
                "E1EDKT2",
                {"TDLINE": line[start : start + LINE_WIDTH], "TDFORMAT": "=" if start else "*"},
            )
            for line in texts(note, "lines")
            for start in range(0, len(line), LINE_WIDTH)
        ]
        if folded:
            yield node(basic, "E1EDKT1", {"TDID": setting.options.text_id}, folded)


def product_numbers(basic: str, line: Values, setting: Setting, ours: str) -> Iterator[Node]:
    """An E1EDP19 for each number of the product. ours: QUALF of a number that the crosswalk gives."""
    description = next((text(one, "text") for one in items(line, "descriptions") if text(one, "text")), "")
    for qualifier, value in _numbers(line, setting, ours):
        yield node(basic, "E1EDP19", {"QUALF": qualifier, "IDTNR": value, "KTEXT": description})
        description = ""


def own_number(place: Values, setting: Setting) -> str:
    """Our number of a product by the crosswalk, "" if it has none."""
    for product in items(place, "product_ids"):
        found = setting.crosswalk.ours("product", text(product, "value"), code(product, "qualifier"))
        if found:
            return found
    return ""


def _numbers(line: Values, setting: Setting, ours: str) -> Iterator[tuple[str, str]]:
    own = own_number(line, setting)
    if own:
        yield ours, own
    for product in items(line, "product_ids"):
        qualifier = whose(code(product, "qualifier"))
        if qualifier and not (own and qualifier == ours):
            yield qualifier, text(product, "value")


def whose(qualifier: str) -> str:
    """QUALF of E1EDP19: 001 the customer's number, 002 the vendor's, 003 an EAN or UPC, "" for others."""
    lists = (("001", CUSTOMERS), ("002", VENDORS), ("003", GTINS))
    return next((number for number, codes in lists if qualifier in codes), "")


def dates(basic: str, name: str, place: Values) -> Iterator[Node]:
    """A segment `name` for a requested delivery date (002)."""
    for date in items(place, "dates"):
        if code(date, "qualifier") == "002" and day(date, "date"):
            yield node(basic, name, {"IDDAT": "002", "DATUM": day(date, "date")})


def line_fields(line: Values, setting: Setting, factor: Decimal) -> dict[str, str]:
    """Number, quantity and price of a line as fields of E1EDP01."""
    quantity, price = at(line, "quantity"), at(line, "price")
    return {
        "POSEX": text(line, "number") or text(line, "ordinal"),
        "MENGE": times(decimal(line, "quantity", "value"), factor),
        "MENEE": setting.unit(quantity) if isinstance(quantity, dict) else "",
        "VPREI": number(decimal(line, "price", "amount", "amount")) if price else "",
        "PEINH": number(decimal(line, "price", "per")) if price else "",
        "CURCY": text(line, "currency", "code"),
    }


def times(value: Decimal | None, factor: Decimal) -> str:
    """The amount times the factor, as SAP writes it."""
    return number(None if value is None else value.copy_negate() if factor < 0 else value)
