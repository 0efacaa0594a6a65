"""Which canonical field fills which element: one row a segment, the inverse of what the readers take.

A word is the field of the element in its place, from 01 on; "a.b" is a part of a field, "a.0" its
first member, "-" an element that no field fills; an indented line goes on with the row before it.
Elements beyond the row are filled by the writer of the segment, or by what was unmapped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

_TEXT = """
ACK  status quantity.value quantity.unit date.qualifier date.date request
ADX  amount reason reference.qualifier reference.value
AMT  qualifier amount direction
BAK  purpose answer order_number order_date release request contract seller_order_number date
     transaction_type
BCA  purpose answer order_number release change_sequence order_date request contract seller_order_number
     acknowledged change_date - type security_level transaction_type
BCH  purpose type order_number release change_sequence order_date request contract seller_order_number
     acknowledged date contract_type security_level expected_answer transaction_type purchase_category
BEG  purpose type number release date contract expected_answer
BIA  purpose type number created.date created.time action
BIG  date number order_date order_number release change_sequence type purpose
BPR  handling amount direction method format payer_account.bank_qualifier payer_account.bank
     payer_account.kind payer_account.number company company_supplement payee_account.bank_qualifier
     payee_account.bank payee_account.kind payee_account.number effective business_function
     further_account.bank_qualifier further_account.bank further_account.kind further_account.number
BSN  purpose number created.date created.time structure type
CAD  method - - carrier text status - - service_levels.0
CLD  loads units packaging size.value size.unit
CSH  requirement action amount account date agency service substitution percent percent_kind
CTB  qualifier text quantity_kind quantity.value amount_kind amount quantity.unit
CTP  trade_class kind price.amount quantity.value quantity.unit multiplier_kind multiplier amount
     price.basis condition
CTT  lines quantity weight.value weight.unit volume.value volume.unit description
CUR  party code exchange_rate
ENT  number party.role party.qualifier party.id other_party.role other_party.qualifier other_party.id
     reference.qualifier reference.value
FA1  agency service indicator
FA2  kind value
FOB  payment place_qualifier place trade_terms_list trade_terms title_place_qualifier title_place risk
     description
HL   level parent type
ISS  quantity.value quantity.unit weight.value weight.unit volume.value volume.unit
IT1  number quantity.value quantity.unit price.amount price.basis
IT3  quantity.value quantity.unit status difference reason
IT8  requirement action amount account date agency substitution
ITD  type basis discount_percent discount_due discount_days net_due net_days discount_amount deferred_due
     deferred_amount deferred_percent description day_of_month payment_method percent
LDT  kind time unit date
LIN  number
LQ   code_list code
MAN  qualifier value value_to
MEA  type qualifier value unit minimum maximum
N1   role name qualifier id
N4   city region postal_code country location_qualifier location
N9   qualifier value description
NM1  role kind name first_name middle_name prefix suffix qualifier id relationship
PAL  pallet_kind tiers blocks pack unit_weight.value unit_weight.unit length width height dimension_unit
     gross_weight.value gross_weight.unit volume.value volume.unit
PID  kind characteristic agency code text - - - language
PKG  kind characteristic agency code text
PO1  number quantity.value quantity.unit price.amount price.basis
PO3  reason date price_kind price.amount price.basis quantity.value quantity.unit description
PO4  pack size.value size.unit packaging weight_kind gross_weight.value gross_weight.unit volume.value
     volume.unit length width height dimension_unit inner_pack layer assigned_id assigned_id_to count
POC  number change quantity.value left_to_receive.value quantity.unit price.amount price.basis
PRF  number release change_sequence date - contract order_type
QTY  qualifier quantity.value quantity.unit
REF  qualifier value description
RMR  reference.qualifier reference.value action paid invoiced discount adjustment_reason adjustment
SAC  kind service agency agency_code amount percent_basis percent rate rate_unit quantity.value quantity_to
     handling reference option description language
SCH  quantity.value quantity.unit party_role party_name
SLN  number assigned_id relation quantity.value quantity.unit price.amount price.basis price_relation
SN1  line quantity.value quantity.unit cumulative ordered.value ordered.unit - status
SPI  security_level reference.qualifier reference.value title purpose status
TD1  packaging quantity commodity_list commodity description weight_kind weight.value weight.unit
     volume.value volume.unit
TD3  kind initial number weight_kind weight.value weight.unit ownership seal_status seal type
TD4  handling class_list hazard_class description applies
TD5  sequence carrier_qualifier carrier method text status place_qualifier place transit_direction
     transit_unit transit_time service_levels.0 service_levels.1 service_levels.2 country
TDS  total discountable discounted discount
TRN  type number company reference
TSD  number position
TXI  type amount percent jurisdiction_list jurisdiction exempt relation basis tax_id line
UIT  unit price.amount price.basis
YNQ  indicator answer - - - - - code_list code
"""

Getter = Callable[[object], object]


class Row:
    """How one value becomes one segment.

    id: of the segment. names: the canonical field of each element, "" where none fills it.
    fields: fields of the value that it carries. has_price: whether a price and its basis are among them.
    """

    __slots__ = ("_fields", "_parts", "fields", "has_price", "id", "names")

    def __init__(self, segment_id: str, words: list[str]) -> None:
        self.id = segment_id
        self.has_price = "price.basis" in words
        self.names = tuple("" if word == "-" else word for word in words)
        fields = list(dict.fromkeys(name.partition(".")[0] for name in self.names if name))
        self.fields = frozenset(fields)
        self._fields = _all_of(fields)
        self._parts = tuple(
            (fields.index(name.partition(".")[0]) if name else None, _part(name.partition(".")[2]))
            for name in self.names
        )

    def values(self, value: object) -> list[object]:
        """What each element is to hold; None where the value says nothing."""
        held = self._fields(value)
        return [
            None if at is None else held[at] if part is None or held[at] is None else part(held[at])
            for at, part in self._parts
        ]


def _all_of(fields: list[str]) -> Callable[[object], tuple[object, ...]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    only = attrgetter(*fields)
    return lambda value: (only(value),)


def _part(name: str) -> Getter | None:
    if not name:
        return None
    if name.isdigit():
        at = int(name)
        return lambda members: _member(members, at)
    return attrgetter(name)


def _member(members: object, at: int) -> object:
    return members[at] if isinstance(members, tuple) and at < len(members) else None


def _rows() -> Mapping[str, Row]:
    lines = (line.split() for line in _TEXT.replace("\n     ", " ").strip().splitlines())
    return {segment_id: Row(segment_id, words) for segment_id, *words in lines}


#: The rows by segment id.
ROWS = _rows()
