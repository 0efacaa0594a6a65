"""What every canonical document has: where it came from, who takes part, what it says in sum."""

from __future__ import annotations

from parsers.record import keyword_record
from translators.canonical.commerce import (
    AccountingDetail,
    AllowanceOrCharge,
    FreightTerms,
    PaymentTerms,
    PriceDetail,
    QualifiedAmount,
    Subtotals,
    Tax,
    TaxRegistration,
)
from translators.canonical.specifics import (
    Condition,
    Hazard,
    IndustryCode,
    LeadTime,
    Restriction,
    SalesRequirement,
    Specification,
)
from translators.canonical.transport import Equipment, Lading, Packing, Routing
from translators.canonical.values import (
    Code,
    Contact,
    Currency,
    DatedEvent,
    Description,
    Mark,
    Measurement,
    Note,
    Party,
    QualifiedQuantity,
    Reference,
    Unmapped,
    Value,
)


@keyword_record
class Source(Value):
    """Where in the file the document stands.

    standard: "x12" or "csv". set: ST01, or the layout's name. version: GS08 as sent; release: the
    dictionary that read it. Control numbers as sent. ordinal: place in its group, from 1.
    sender, receiver: "qualifier:id" of the interchange. offset and size: bytes of the set in the
    file; rows for a delimited file, counted from 1. segments: SE01 as counted by us.
    """

    standard: str
    set: str
    version: str | None = None
    release: str | None = None
    implementation: str | None = None
    sender: str | None = None
    receiver: str | None = None
    group_sender: str | None = None
    group_receiver: str | None = None
    interchange_control_number: str | None = None
    group_control_number: str | None = None
    set_control_number: str | None = None
    ordinal: int | None = None
    segments: int | None = None
    offset: int | None = None
    size: int | None = None
    first_row: int | None = None
    last_row: int | None = None


@keyword_record
class Details(Value):
    """What may be said of a document, of one of its lines, or of one level of a shipment.

    A detail of the document holds for all of it; one of a line for that line alone.
    currency: of the amounts at this place; on a line only where it differs in source.
    """

    currency: Currency | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[DatedEvent, ...] = ()
    parties: tuple[Party, ...] = ()
    contacts: tuple[Contact, ...] = ()
    notes: tuple[Note, ...] = ()
    descriptions: tuple[Description, ...] = ()
    charges: tuple[AllowanceOrCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    payment_terms: tuple[PaymentTerms, ...] = ()
    freight_terms: tuple[FreightTerms, ...] = ()
    routings: tuple[Routing, ...] = ()
    lading: tuple[Lading, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    packings: tuple[Packing, ...] = ()
    packaging: tuple[Description, ...] = ()
    marks: tuple[Mark, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    prices: tuple[PriceDetail, ...] = ()
    amounts: tuple[QualifiedAmount, ...] = ()
    quantities: tuple[QualifiedQuantity, ...] = ()
    tax_registrations: tuple[TaxRegistration, ...] = ()
    accounting: tuple[AccountingDetail, ...] = ()
    sales_requirements: tuple[SalesRequirement, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    conditions: tuple[Condition, ...] = ()
    industry_codes: tuple[IndustryCode, ...] = ()
    specifications: tuple[Specification, ...] = ()


@keyword_record
class Document(Details):
    """An order, ship notice, invoice or other document.

    usage: "production", "test" or "information". purpose: original, change, …; None if not sent.
    declared: totals that the sender states; computed: the same from the lines.
    unmapped: everything sent that has no field here, in the order sent. Nothing else is lost.
    """

    source: Source
    usage: str
    purpose: Code | None = None
    declared: Subtotals | None = None
    computed: Subtotals | None = None
    unmapped: tuple[Unmapped, ...] = ()
