"""What a distributor has in Tryton before the first EDI file comes: the world of the sample files.

Millbrook Wholesale sells mugs and kettles to Acme Retail, and buys clamps and hoses from Delta Supply.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tryton_rpc import TrytonRpc

#: The modules that the connector needs; the rest follows from them.
MODULES = ("sale", "purchase", "account_invoice_stock")
#: The gateway's own user in Tryton, and the groups it is in.
USER = "tradepost"
GROUPS = ("Sales", "Purchase", "Stock", "Accounting", "Party Administration", "Product Administration")
COMPANY = "Millbrook Wholesale"
#: The sample ship notice and invoice name this purchase.
PURCHASE = "MB-70011"
#: The years that the samples' dates lie in.
YEARS = (2026, 2027)


def seed(rpc: TrytonRpc) -> None:
    """Set up an empty Tryton with `MODULES`."""
    company = _company(rpc)
    accounts = _accounts(rpc, company)
    for year in YEARS:
        _fiscal_year(rpc, company, year)
    _sales_tax(rpc, accounts)
    parties = _parties(rpc)
    _products(rpc, accounts, parties["DELTA"])
    _purchase_numbers(rpc)
    purchase(rpc, {"DS-310": ("40", "2.35"), "DS-322": ("16", "5.10")})
    _gateways_user(rpc, company)


def purchase(rpc: TrytonRpc, lines: Mapping[str, tuple[str, str]], method: str = "fulfillment") -> str:
    """Order from Delta Supply; the purchase's number. lines: quantity and price by supplier's code."""
    supplier = rpc.find("party.party", ("code", "=", "DELTA"))
    address = rpc.find("party.address", ("party", "=", supplier))
    values = {
        "party": supplier,
        "invoice_address": address,
        "currency": rpc.find("currency.currency", ("code", "=", "USD")),
        "purchase_date": datetime.date(2026, 10, 27),
        "warehouse": rpc.find("stock.location", ("type", "=", "warehouse")),
        "invoice_method": method,
        "lines": [["create", [_purchase_line(rpc, code, *line) for code, line in lines.items()]]],
    }
    (made,) = rpc.create("purchase.purchase", values)
    for button in ("quote", "confirm", "process"):
        rpc.press("purchase.purchase", button, made)
    number: str = rpc.read("purchase.purchase", [("id", "=", made)], ["number"])[0]["number"]
    return number


def product(
    rpc: TrytonRpc, code: str, name: str, gtin: str, price: str, *, unit: str = "u", kind: str = "goods"
) -> int:
    """A product that is sold and bought, with its GTIN; the id of the variant."""
    category = rpc.find("product.category", ("name", "=", "Goods"))
    template = {
        "name": name,
        "type": kind,
        "default_uom": rpc.find("product.uom", ("symbol", "=", unit)),
        "list_price": Decimal(price),
        "salable": True,
        "purchasable": True,
        "sale_uom": rpc.find("product.uom", ("symbol", "=", unit)),
        "purchase_uom": rpc.find("product.uom", ("symbol", "=", unit)),
        "account_category": category,
        "products": [["create", [_variant(code, gtin)]]],
    }
    rpc.create("product.template", template)
    return rpc.find("product.product", ("suffix_code", "=", code))


def _variant(code: str, gtin: str) -> dict[str, Any]:
    numbers = [["create", [{"type": "ean", "code": gtin}]]] if gtin else []
    return {"suffix_code": code, "identifiers": numbers}


def _company(rpc: TrytonRpc) -> int:
    (dollar,) = rpc.create(
        "currency.currency",
        {
            "name": "US Dollar",
            "code": "USD",
            "numeric_code": "840",
            "symbol": "$",
            "digits": 2,
            "rounding": Decimal("0.01"),
        },
    )
    (party,) = rpc.create("party.party", {"name": COMPANY, "code": "MILLBROOK"})
    (company,) = rpc.create("company.company", {"party": party, "currency": dollar})
    admin = rpc.find("res.user", ("login", "=", "admin"))
    groups = [row["id"] for row in rpc.read("res.group", [], ["name"])]
    rights = {"companies": [["add", [company]]], "company": company, "groups": [["add", groups]]}
    rpc.write("res.user", [admin], rights)
    rpc.context = {"company": company, "companies": [company]}
    return company


def _accounts(rpc: TrytonRpc, company: int) -> dict[str, int]:
    """The universal chart of accounts; the accounts that products and parties need, by kind."""
    root = rpc.find("account.account.template", ("parent", "=", None))
    wizard = "wizard.account.create_chart"
    session, *_ = rpc.call(f"{wizard}.create")
    choice = {"account": {"company": company, "account_template": root}}
    rpc.call(f"{wizard}.execute", session, choice, "create_account")
    accounts = {
        kind: rpc.read("account.account", [(f"type.{kind}", "=", True), ("closed", "!=", True)], ["code"])[0][
            "id"
        ]
        for kind in ("receivable", "payable", "revenue", "expense")
    }
    properties = {
        "company": company,
        "account_receivable": accounts["receivable"],
        "account_payable": accounts["payable"],
        "category_account_revenue": accounts["revenue"],
        "category_account_expense": accounts["expense"],
    }
    rpc.call(f"{wizard}.execute", session, {**choice, "properties": properties}, "create_properties")
    rpc.call(f"{wizard}.delete", session)
    accounts["tax"] = rpc.find("account.account", ("code", "=", "6.3.6"))
    return accounts


def _fiscal_year(rpc: TrytonRpc, company: int, year: int) -> None:
    moves, invoices = (
        rpc.create(
            "ir.sequence.strict",
            {
                "name": f"{kind} {year}",
                "company": company,
                "prefix": f"{year}-",
                "sequence_type": rpc.find("ir.sequence.type", ("name", "=", kind)),
            },
        )[0]
        for kind in ("Account Move", "Invoice")
    )
    (made,) = rpc.create(
        "account.fiscalyear",
        {
            "name": str(year),
            "company": company,
            "start_date": datetime.date(year, 1, 1),
            "end_date": datetime.date(year, 12, 31),
            "move_sequence": moves,
            "invoice_sequences": [
                [
                    "create",
                    [
                        dict.fromkeys(
                            (
                                "out_invoice_sequence",
                                "in_invoice_sequence",
                                "out_credit_note_sequence",
                                "in_credit_note_sequence",
                            ),
                            invoices,
                        )
                        | {"company": company}
                    ],
                ]
            ],
        },
    )
    rpc.press("account.fiscalyear", "create_period", made)


def _sales_tax(rpc: TrytonRpc, accounts: Mapping[str, int]) -> None:
    rpc.create(
        "account.tax",
        {
            "name": "State sales tax",
            "description": "State sales tax",
            "type": "percentage",
            "rate": Decimal("0.05"),
            "invoice_account": accounts["tax"],
            "credit_note_account": accounts["tax"],
        },
    )


def _parties(rpc: TrytonRpc) -> dict[str, int]:
    (country,) = rpc.create("country.country", {"name": "United States", "code": "US"})
    (illinois, colorado) = rpc.create(
        "country.subdivision",
        {"name": "Illinois", "code": "US-IL", "country": country, "type": "state"},
        {"name": "Colorado", "code": "US-CO", "country": country, "type": "state"},
    )
    customer = {
        "name": "Acme Retail",
        "code": "ACME",
        "addresses": [
            [
                "create",
                [
                    _address(
                        "Acme Retail Accounts",
                        "1 Kettle Plaza",
                        "Chicago",
                        "60601",
                        country,
                        illinois,
                        invoice=True,
                    ),
                    _address(
                        "Acme Store 0042",
                        "118 Kettle Lane",
                        "Springfield",
                        "62701",
                        country,
                        illinois,
                        delivery=True,
                    ),
                ],
            ]
        ],
    }
    supplier = {
        "name": "Delta Supply",
        "code": "DELTA",
        "addresses": [
            [
                "create",
                [_address("", "2200 Foundry Road", "Aurora", "80011", country, colorado, invoice=True)],
            ]
        ],
    }
    made = dict(zip(("ACME", "DELTA"), rpc.create("party.party", customer, supplier), strict=True))
    store = rpc.find("party.address", ("party", "=", made["ACME"]), ("party_name", "=", "Acme Store 0042"))
    rpc.create("party.identifier", {"party": made["ACME"], "address": store, "code": "0042"})
    rpc.create("party.identifier", {"party": made["DELTA"], "code": "D1"})
    return made


def _address(
    name: str, street: str, city: str, postal_code: str, country: int, subdivision: int, **uses: bool
) -> dict[str, Any]:
    return {
        "party_name": name,
        "street_unstructured": street,
        "city": city,
        "postal_code": postal_code,
        "country": country,
        "subdivision": subdivision,
        **uses,
    }


def _products(rpc: TrytonRpc, accounts: Mapping[str, int], supplier: int) -> None:
    rpc.create(
        "product.category",
        {
            "name": "Goods",
            "accounting": True,
            "account_revenue": accounts["revenue"],
            "account_expense": accounts["expense"],
        },
    )
    units = rpc.find("product.uom.category", ("name", "=", "Units"))
    rpc.create(
        "product.uom",
        {
            "name": "Case",
            "symbol": "cs",
            "category": units,
            "factor": 12.0,
            "rate": 0.083333333333,
            "rounding": 1.0,
            "digits": 0,
        },
    )
    product(rpc, "MB-1001", "Enamel mug, blue", "614141000012", "4.10")
    product(rpc, "MB-2040", "Kettle, 1.7 l", "614141000029", "41.50", unit="cs")
    product(rpc, "CLAMP-40", "Hose clamp, 40 mm", "614141000036", "3.20")
    product(rpc, "HOSE-2", "Hose, 2 m", "614141000043", "7.00")
    product(rpc, "FREIGHT", "Freight", "", "0", kind="service")
    for code, theirs in (("CLAMP-40", "DS-310"), ("HOSE-2", "DS-322")):
        supplied(rpc, code, theirs, supplier)


def supplied(rpc: TrytonRpc, code: str, theirs: str, supplier: int) -> None:
    """Note under which code a supplier knows a product."""
    made = rpc.find("product.product", ("suffix_code", "=", code))
    template = rpc.read("product.product", [("id", "=", made)], ["template"])[0]["template"]
    dollar = rpc.find("currency.currency", ("code", "=", "USD"))
    rpc.create(
        "purchase.product_supplier",
        {"template": template, "product": made, "party": supplier, "code": theirs, "currency": dollar},
    )


def _purchase_line(rpc: TrytonRpc, code: str, quantity: str, price: str) -> dict[str, Any]:
    (row,) = rpc.read("purchase.product_supplier", [("code", "=", code)], ["product", "product.purchase_uom"])
    return {
        "product": row["product"],
        "unit": row["product.purchase_uom"],
        "quantity": float(quantity),
        "unit_price": Decimal(price),
    }


def _purchase_numbers(rpc: TrytonRpc) -> None:
    kind = rpc.find("ir.sequence.type", ("name", "=", "Purchase"))
    sequence = rpc.find("ir.sequence", ("sequence_type", "=", kind))
    rpc.write("ir.sequence", [sequence], {"prefix": "MB-", "number_next": 70011})


def _gateways_user(rpc: TrytonRpc, company: int) -> None:
    groups = [rpc.find("res.group", ("name", "=", name)) for name in GROUPS]
    rpc.create(
        "res.user",
        {
            "name": "tradepost",
            "login": USER,
            "companies": [["add", [company]]],
            "company": company,
            "groups": [["add", groups]],
        },
    )


def application_key(rpc: TrytonRpc) -> str:
    """Ask for an application key as the gateway's user, and have the administrator validate it."""
    key: str = rpc.post("r/user/application/", {"user": USER, "application": "rest"})
    rpc.press("res.user.application", "validate_", rpc.find("res.user.application", ("key", "=", key)))
    return key
