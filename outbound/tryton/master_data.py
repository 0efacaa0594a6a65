"""From the codes in a document to the records that stand for them in Tryton.

A code is looked for in the partner's crosswalk first, then among the identifiers that Tryton keeps
itself: of parties, of addresses, of products, and suppliers' codes. What is found nowhere is noted
as lacking; nothing is ever made up or made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outbound.refusals import refused
from outbound.tryton.client import Record
from outbound.tryton.lacking import Lacking
from outbound.tryton.memory import Asking
from partners.crosswalk import Crosswalk
from translators.canonical.order import Line
from translators.canonical.ship_notice import ShippedItem
from translators.canonical.values import Code, Party, ProductId

#: Qualifiers of GTINs, whatever their length.
GTINS = frozenset({"EN", "EO", "UA", "UI", "UK", "UP"})
GTIN_LENGTHS = (8, 12, 13, 14)
SELLERS = frozenset({"VN", "VP", "VC", "MG"})
BUYERS = frozenset({"BP", "IN", "PI", "SK", "IT", "CB"})
#: Tryton's symbols for the units it comes with, by X12 element 355.
SYMBOLS: Mapping[str, str] = {
    "EA": "u", "UN": "u", "PC": "u", "KG": "kg", "GR": "g", "LB": "lb", "OZ": "oz", "MR": "m", "CM": "cm",
    "FT": "ft", "LF": "ft", "IN": "in", "YD": "yd", "LT": "l", "GA": "gal", "CC": "cm³", "CR": "m³",
    "CI": "in³", "CF": "ft³", "SF": "ft²", "SY": "yd²", "HR": "h", "DA": "d",
}  # fmt: skip
PRODUCT = (
    "code",
    "rec_name",
    "sale_uom",
    "purchase_uom",
    "template.account_category.account_expense",
    "template.account_category.customer_taxes",
)
PARTY = (
    "name",
    "code",
    "customer_payment_term",
    "supplier_payment_term",
    "sale_invoice_method",
    "sale_shipment_method",
    "account_payable",
    "addresses.invoice",
    "addresses.delivery",
    "addresses.postal_code",
    "addresses.street",
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A line as product and unit are found from it. name: how a person finds it in the document."""

    name: str
    ids: Sequence[ProductId]
    unit: Code | None


@dataclass(frozen=True, slots=True)
class Goods:
    """What a line is of. unit: None if the document names none."""

    product: Record
    unit: Record | None


def of_line(line: Line) -> Ordered:
    """A line of an order or invoice."""
    unit = line.quantity.unit if line.quantity else None
    return Ordered(f"line {line.number or line.ordinal}", line.product_ids, unit)


def of_item(item: ShippedItem) -> Ordered:
    """An item of a ship notice."""
    return Ordered(
        f"item {item.line or item.level}", item.product_ids, item.quantity.unit if item.quantity else None
    )


class MasterData:
    """One document's look-ups. partner: its name with us. sender: the id of its interchange."""

    def __init__(
        self, asking: Asking, crosswalk: Crosswalk, partner: str, sender: str, lacking: Lacking
    ) -> None:
        self._asking = asking
        self._crosswalk = crosswalk
        self._partner = partner
        self._sender = sender
        self.lacking = lacking

    # parties -----------------------------------------------------------------------------------

    def partner(self, parties: Iterable[Party], roles: Sequence[str]) -> Record:
        """The party that the document is for: the first of `roles` that Tryton knows, else the partner.

        Raises TryLater if it knows neither.
        """
        by_role = {party.role.code: party for party in reversed(list(parties)) if party.role}
        named = [by_role[role] for role in roles if role in by_role and by_role[role].id]
        for party in named:
            found = self._party(party.id or "", party.qualifier.code if party.qualifier else None)
            if found is not None:
                return found
        found = self._party(self._partner) or self._party(self._sender)
        if found is not None:
            return found
        code = named[0].id if named else self._sender
        remedy = (
            f"add the identifier {code} to the party in Tryton, or the row "
            f"party,{self._partner},<the party's code> to {self._file}"
        )
        self.lacking.note(f"party {self._partner}", remedy)
        raise self.lacking.said()

    def _party(self, code: str, qualifier: str | None = None) -> Record | None:
        ours = self._crosswalk.ours("party", code, qualifier)
        if ours is not None:
            return self._only("party.party", [["code", "=", ours]], PARTY)
        fields = [f"party.{field}" for field in PARTY]
        found = self._asking.search("party.identifier", [["code", "=", code], ["address", "=", None]], fields)
        parties = {one["party"]["id"]: one["party"] for one in found}
        return next(iter(parties.values())) if len(parties) == 1 else None

    def address(self, party: Party, owner: Record) -> Record | None:
        """The address of a party in a document: by its id, else by its street and postal code at `owner`.

        Fields: id, party.id. Noted as lacking and None if there is none, or several.
        """
        if party.id:
            qualifier = party.qualifier.code if party.qualifier else None
            code = self._crosswalk.ours("address", party.id, qualifier) or party.id
            found = self._asking.search(
                "party.identifier",
                [["code", "=", code], ["address", "!=", None]],
                ["address.party.id"],
            )
            places = {one["address"]["id"]: one["address"] for one in found}
            own = {key: one for key, one in places.items() if one["party"]["id"] == owner["id"]}
            fitting: Mapping[int, Record] = own or places
            remedy = (
                f"add the identifier {code} to that address in Tryton, or the row "
                f"address,{party.id},<the address's identifier> to {self._file}"
            )
        else:
            street = _plain(party.address_lines[0]) if party.address_lines else ""
            fitting = {
                one["id"]: {**one, "party": {"id": owner["id"]}}
                for one in owner["addresses"]
                if street
                and street in _plain(one["street"] or "")
                and one["postal_code"] == party.postal_code
            }
            remedy = f"add that address to the party {owner['name']} in Tryton"
        if len(fitting) == 1:
            (only,) = fitting.values()
            return only
        role = party.role.meaning or party.role.code if party.role else "address"
        said = " ".join(filter(None, (party.id, party.name, *party.address_lines, party.city)))
        self.lacking.note(f"{role} {said}", remedy)
        return None

    # products ----------------------------------------------------------------------------------

    def products(self, lines: Sequence[Ordered], *, supplier: int | None) -> list[Record | None]:
        """The product of each line, None where it is lacking, which is noted.

        supplier: the party that sells to us, whose codes Tryton knows; None if we are the seller.
        """
        asked = {one.value for line in lines for one in line.ids}
        gtins = {form for line in lines for one in line.ids for form in _gtins(one)}
        codes = asked | {ours for line in lines for one in line.ids if (ours := self._ours(one))}
        by_code = {
            one["code"]: one for one in self._asking.by_value("product.product", "code", codes, PRODUCT)
        }
        nested = [f"product.{field}" for field in PRODUCT]
        by_gtin: dict[str, Record] = {
            one["code"]: one["product"]
            for one in self._asking.by_value("product.identifier", "code", gtins, nested)
        }
        by_supplier: dict[str, Record] = {}
        if supplier is not None:
            of_supplier = [["party", "=", supplier], ["product", "!=", None]]
            for one in self._asking.by_value("purchase.product_supplier", "code", asked, nested, of_supplier):
                by_supplier[one["code"]] = one["product"]
        known = _Known(by_code, by_gtin, by_supplier, is_purchase=supplier is not None)
        return [self._product(line, known) for line in lines]

    def goods(self, lines: Sequence[Ordered], *, supplier: int) -> list[Goods]:
        """Product and unit of each line of what a supplier sends. Raises TryLater if one is lacking."""
        products, units = self.products(lines, supplier=supplier), self.units(lines)
        self.lacking.insist()
        return [Goods(product, unit) for product, unit in zip(products, units, strict=True) if product]

    def _product(self, line: Ordered, known: _Known) -> Record | None:
        if not line.ids:
            raise refused("OUT-107", reason=f"{line.name} names no product")
        found = {}
        for one in line.ids:
            ours = self._ours(one)
            record = known.by_code.get(ours) if ours else known.find(one)
            if record is not None:
                found[record["id"]] = record
        if len(found) == 1:
            return next(iter(found.values()))
        said = ", ".join(f"{one.qualifier.code} {one.value}" for one in line.ids)
        if found:
            names = " and ".join(record["rec_name"] for record in found.values())
            self.lacking.note(
                f"product of {line.name} ({said})", f"its numbers belong to {names}: correct them"
            )
        else:
            first = next((remedy for one in line.ids if (remedy := known.remedy(one))), None)
            row = f"the row product,{line.ids[0].value},<the product's code> to {self._file}"
            remedy = f"{first}, or add {row}" if first else f"add {row}"
            self.lacking.note(f"product of {line.name} ({said})", remedy)
        return None

    def _ours(self, one: ProductId) -> str | None:
        return self._crosswalk.ours("product", one.value, one.qualifier.code)

    def service(self, kind: str, code: str, what: str) -> Record | None:
        """The product that stands for a charge, or the tax for a tax's code, by the crosswalk only."""
        ours = self._crosswalk.ours(kind, code)
        model, field, fields = (
            ("product.product", "code", PRODUCT)
            if kind == "charge"
            else ("account.tax", "name", ("invoice_account", "credit_note_account"))
        )
        found = self._only(model, [[field, "=", ours]], fields) if ours else None
        if found is None:
            thing = "a product's code" if kind == "charge" else "a tax's name"
            self.lacking.note(what, f"add the row {kind},{code},<{thing} in Tryton> to {self._file}")
        return found

    # units -------------------------------------------------------------------------------------

    def units(self, lines: Sequence[Ordered]) -> list[Record | None]:
        """The unit of each line; None where none was sent, or where it is lacking, which is noted.

        Fields: symbol, factor, category.
        """
        symbols = {line.unit.code: self._symbol(line.unit.code) for line in lines if line.unit}
        found = self._asking.by_value("product.uom", "symbol", set(symbols.values()), ("factor", "category"))
        by_symbol = {one["symbol"]: one for one in found}
        for code, symbol in symbols.items():
            if symbol not in by_symbol:
                self.lacking.note(
                    f"unit {code}",
                    f"add a unit with the symbol {symbol} in Tryton, or the row "
                    f"unit,{code},<the unit's symbol> to {self._file}",
                )
        return [by_symbol.get(symbols[line.unit.code]) if line.unit else None for line in lines]

    def _symbol(self, code: str) -> str:
        return self._crosswalk.ours("unit", code) or SYMBOLS.get(code, code)

    # shared ------------------------------------------------------------------------------------

    @property
    def _file(self) -> str:
        return f"{self._partner}/crosswalk.csv"

    def currency(self, code: str | None) -> int | None:
        """The currency's id; the company's own if none was sent. None if it is lacking, which is noted."""
        own: Record = self._asking.tryton.company["currency"]
        if code is None or code == own["code"]:
            number: int = own["id"]
            return number
        found = self._only("currency.currency", [["code", "=", code]], ("code",))
        if found is None:
            self.lacking.note(f"currency {code}", "add it in Tryton")
            return None
        other: int = found["id"]
        return other

    def _only(self, model: str, domain: list[object], fields: Sequence[str]) -> Record | None:
        found = self._asking.search(model, domain, fields)
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Known:
    """The products that Tryton has of those asked for, by each kind of number."""

    by_code: Mapping[str, Record]
    by_gtin: Mapping[str, Record]
    by_supplier: Mapping[str, Record]
    is_purchase: bool

    def find(self, one: ProductId) -> Record | None:
        """By GTIN; by our own code where it is ours; by the supplier's where it is the supplier's."""
        qualifier = one.qualifier.code
        if qualifier in GTINS:
            return next((self.by_gtin[form] for form in _gtins(one) if form in self.by_gtin), None)
        if qualifier in (BUYERS if self.is_purchase else SELLERS):
            return self.by_code.get(one.value)
        if self.is_purchase and qualifier in SELLERS:
            return self.by_supplier.get(one.value)
        return None

    def remedy(self, one: ProductId) -> str | None:
        """What would have a number found in Tryton; None if it is not looked for there."""
        qualifier = one.qualifier.code
        if qualifier in GTINS:
            return f"add the identifier {one.value} to the product in Tryton"
        if qualifier in (BUYERS if self.is_purchase else SELLERS):
            return f"give the product the code {one.value} in Tryton"
        if qualifier in SELLERS:
            return f"give the product's supplier the code {one.value} in Tryton"
        return None


def _gtins(one: ProductId) -> Iterator[str]:
    """A GTIN in every length that it may be kept in; nothing for other numbers."""
    digits = one.value.lstrip("0")
    if one.qualifier.code in GTINS and one.value.isascii() and one.value.isdigit():
        yield one.value
        yield from (digits.zfill(length) for length in GTIN_LENGTHS if length >= len(digits))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def in_unit(quantity: Decimal, unit: Record | None, wanted: Record) -> Decimal:
    """A quantity in another unit of the same kind; exact where the units' factors are."""
    if unit is None or unit["id"] == wanted["id"]:
        return quantity
    return quantity * Decimal(unit["factor"]) / Decimal(wanted["factor"])
