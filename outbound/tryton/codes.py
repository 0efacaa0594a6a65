"""From Tryton's products and units to the codes that a partner knows them by."""

from __future__ import annotations

from collections.abc import Mapping

from outbound.tryton.client import Record
from outbound.tryton.master_data import SYMBOLS
from partners.crosswalk import Crosswalk
from translators.canonical.values import Code, ProductId

#: Qualifier of our own number of a product, and of GTINs by their length (element 235).
OURS = Code("VN", "vendor item number")
GTINS: Mapping[int, Code] = {
    8: Code("EO", "GTIN-8"),
    12: Code("UP", "GTIN-12"),
    13: Code("EN", "GTIN-13"),
    14: Code("UK", "GTIN-14"),
}
#: X12's unit (element 355) of a symbol of Tryton's; where several mean it, the first that is named there.
_UNITS: Mapping[str, str] = {symbol: code for code, symbol in reversed(list(SYMBOLS.items()))}


class Codes:
    """A partner's codes. The crosswalk is asked first, as it is when a document goes into Tryton."""

    def __init__(self, crosswalk: Crosswalk) -> None:
        self._units: dict[str, str] = {}
        self._products: dict[str, list[ProductId]] = {}
        for (kind, theirs), ours in crosswalk.rows.items():
            qualifier, colon, code = theirs.rpartition(":")
            if kind == "unit":
                self._units.setdefault(ours, code)
            elif kind == "product" and colon:
                self._products.setdefault(ours, []).append(ProductId(Code(qualifier), code))

    def of_unit(self, symbol: str) -> Code:
        """The unit's code; Tryton's own symbol where nobody has said what it is to the partner."""
        return Code(self._units.get(symbol) or _UNITS.get(symbol) or symbol)

    def of_product(self, product: Record | None) -> tuple[ProductId, ...]:
        """Every number that the partner may know a product by: its own, GTINs, ours. None: no product."""
        if product is None:
            return ()
        ours = product["code"]
        gtins = (one["code"] for one in product["identifiers"] if one["type"] == "ean")
        known = [ProductId(GTINS[len(code)], code) for code in gtins if len(code) in GTINS]
        own = [ProductId(OURS, ours)] if ours else []
        return (*self._products.get(ours or "", ()), *known, *own)
