"""The small values that canonical documents are made of.

Every value is frozen and slotted; the translators build them directly, without validation.
They are validated where documents come in as JSON (`codec`). All numbers are exact decimals.

An absent value is None, an absent list is (). `origin` is the place a value was read from: for
X12 the path of its segment, "PO1[2]/N1[1]/REF" (loops are always numbered, segments from their
second occurrence on, "REF[2]"); for a delimited file the row, "row 12". Only values with a
segment or row of their own carry it: one path stands for all parts of the value, which the
segment's definition tells apart, so that the path costs one text and not one a number.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from parsers.record import keyword_record, record

if TYPE_CHECKING:  # loaded by pydantic itself where documents are validated; the rest starts without it
    from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

#: How a decimal is written in JSON: digits, no exponent, never a JSON number.
EXACT_PATTERN = r"^-?[0-9]+(\.[0-9]+)?$"
_EXACT = re.compile(EXACT_PATTERN)
#: Said of a time whose sender named no zone.
UNKNOWN_ZONE = "unknown"


def _exact(value: object) -> Decimal:
    """The decimal, from text or a decimal. Floats and integers are refused: their text may be rounded."""
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, str) and _EXACT.fullmatch(value):
        return Decimal(value)
    raise ValueError("a decimal is written as text, for example '12.50'")


def _written(value: Decimal) -> str:
    return format(value, "f")


class ExactText:
    """Tells pydantic how a decimal stands in JSON: as text, read and written exactly."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        as_text = core_schema.plain_serializer_function_ser_schema(
            _written, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_before_validator_function(_exact, handler(source), serialization=as_text)

    @staticmethod
    def __get_pydantic_json_schema__(_: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": EXACT_PATTERN}


#: An exact decimal, text in JSON.
Exact = Annotated[Decimal, ExactText]


class Value:
    """Base of all canonical values: JSON with unknown keys is refused."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}


@record
class Code(Value):
    """The sender's code and what it means to us; meaning is None where we have no word for it."""

    code: str
    meaning: str | None = None


@record
class Money(Value):
    """An exact amount. currency: ISO 4217, None if the sender named none."""

    amount: Exact
    currency: str | None = None


@record
class Quantity(Value):
    """An exact quantity. unit: X12 element 355 code or the layout's own, None if not told."""

    value: Exact
    unit: Code | None = None


@record
class Currency(Value):
    """The currency that amounts are in, and where it came from.

    code: ISO 4217. party: whose currency it is ("BY"). exchange_rate: as sent.
    origin: path of the CUR segment or row, "profile" if the partner's profile set it.
    """

    code: str
    party: Code | None = None
    exchange_rate: Exact | None = None
    origin: str | None = None


@keyword_record
class DatedEvent(Value):
    """A date with its meaning.

    zone: the sender's time code ("ET", "UT") or IANA name; "unknown" if none was sent.
    until: last day of a period; date is then its first. text: a period as sent, where it is no date.
    """

    qualifier: Code | None = None
    date: datetime.date | None = None
    time: datetime.time | None = None
    zone: str
    until: datetime.date | None = None
    text: str | None = None
    origin: str | None = None


@keyword_record
class Reference(Value):
    """A number that refers to something. related: further numbers that qualify this one (C040)."""

    qualifier: Code | None = None
    value: str | None = None
    description: str | None = None
    when: DatedEvent | None = None
    related: tuple[Reference, ...] = ()
    origin: str | None = None


@keyword_record
class Note(Value):
    """Free text for people. lines: as sent, one a segment. subject: the reference it hangs on (N9)."""

    qualifier: Code | None = None
    lines: tuple[str, ...] = ()
    subject: Reference | None = None
    origin: str | None = None


@record
class ContactNumber(Value):
    """How to reach someone. kind: telephone, e-mail, fax, …"""

    kind: Code
    value: str


@keyword_record
class Contact(Value):
    """A person or desk. function: what to ask them for. inquiry: their reference."""

    function: Code | None = None
    name: str | None = None
    numbers: tuple[ContactNumber, ...] = ()
    inquiry: str | None = None


@record
class QualifiedQuantity(Value):
    """A further quantity with its meaning ("minimum order quantity")."""

    qualifier: Code
    quantity: Quantity


@keyword_record
class Party(Value):
    """Someone with a role in the document.

    qualifier: who assigned id ("UL" GLN, "92" buyer). names: further name lines.
    region: state or province. country: as sent, normally ISO 3166.
    location: place within the address, with its qualifier.
    """

    role: Code | None = None
    qualifier: Code | None = None
    id: str | None = None
    name: str | None = None
    names: tuple[str, ...] = ()
    address_lines: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    location_qualifier: Code | None = None
    location: str | None = None
    contacts: tuple[Contact, ...] = ()
    references: tuple[Reference, ...] = ()
    dates: tuple[DatedEvent, ...] = ()
    notes: tuple[Note, ...] = ()
    quantities: tuple[QualifiedQuantity, ...] = ()
    origin: str | None = None


@record
class ProductId(Value):
    """One number of a product. qualifier: whose number ("UP" GTIN-12, "VN" vendor item)."""

    qualifier: Code
    value: str


@keyword_record
class Description(Value):
    """What a product or its packaging is.

    kind: free form, structured or both. characteristic: what text describes (colour, size, …).
    agency and code: a code from that agency's list, instead of or beside text.
    """

    kind: Code | None = None
    characteristic: Code | None = None
    agency: Code | None = None
    code: str | None = None
    text: str | None = None
    language: str | None = None
    origin: str | None = None


@keyword_record
class Measurement(Value):
    """A measured value or range, for example a gross weight."""

    type: Code | None = None
    qualifier: Code | None = None
    value: Exact | None = None
    unit: Code | None = None
    minimum: Exact | None = None
    maximum: Exact | None = None
    origin: str | None = None


@keyword_record
class Mark(Value):
    """A mark or number on goods or packaging. value_to: end of a range. SSCC as sent, 18 or 20 digits."""

    qualifier: Code
    value: str
    value_to: str | None = None


@record
class Unmapped(Value):
    """Something sent that the model has no field for, or that could not be read as its type.

    path: X12 path with element, "PO1[2]/N1[1]/REF-02", or row and column. value: the text as sent.
    """

    path: str
    value: str
