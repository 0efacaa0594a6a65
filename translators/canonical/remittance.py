"""A payment order or remittance advice (X12 820): what is paid, and for which open items."""

from __future__ import annotations

import datetime

from parsers.record import keyword_record
from translators.canonical.document import Details, Document
from translators.canonical.order import Line
from translators.canonical.values import Code, Money, Party, Reference, Value


@keyword_record
class BankAccount(Value):
    """An account as the sender wrote it, never masked here; keep it out of logs and of searches.

    bank_qualifier and bank: the institution ("01" ABA routing number). kind: checking, savings, …
    """

    bank_qualifier: Code | None = None
    bank: str | None = None
    kind: Code | None = None
    number: str | None = None


@keyword_record
class Trace(Value):
    """What brings payment and advice together again (TRN).

    type: of this transaction, or of the payment that travels apart. company: who gave number.
    """

    type: Code | None = None
    number: str | None = None
    company: str | None = None
    reference: str | None = None
    origin: str | None = None


@keyword_record
class NamedParty(Party):
    """A party whose name is sent in parts (NM1). kind: person or organisation.

    name: last name or organisation. relationship: to the entity it stands under.
    """

    kind: Code | None = None
    first_name: str | None = None
    middle_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    relationship: Code | None = None


@keyword_record
class RemittanceLine(Line):
    """A line of the invoice that is paid or adjusted."""


@keyword_record
class Adjustment(Details):
    """An amount that changes what is paid (ADX), with its reason.

    amount: as sent; negative lowers the payment. reference: the memo or claim behind it.
    lines: of the invoice, where the adjustment is for some of them.
    """

    amount: Money | None = None
    reason: Code | None = None
    reference: Reference | None = None
    lines: tuple[RemittanceLine, ...] = ()
    origin: str | None = None


@keyword_record
class RemittanceItem(Details):
    """One open item that the payment is for (RMR).

    ordinal: place in the document, from 1. entity: ordinal of the entity it stands under.
    reference: what is paid: invoice, credit memo, … invoice_number: the same, where it is an invoice.
    action: pay the item, payment on account, partial payment, … paid: amount paid; negative for a credit
    taken. invoiced: the item's amount before terms discount. discount: discount taken.
    adjustment_reason and adjustment: interest, penalty or anticipation in it (RMR07, RMR08).
    adjustments: why paid differs from invoiced (ADX); they are not added to paid.
    """

    ordinal: int
    entity: int | None = None
    reference: Reference | None = None
    invoice_number: str | None = None
    action: Code | None = None
    paid: Money | None = None
    invoiced: Money | None = None
    discount: Money | None = None
    adjustment_reason: Code | None = None
    adjustment: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()
    origin: str | None = None


@keyword_record
class RemittanceEntity(Details):
    """Whose items follow (ENT), for example a branch of the payer.

    ordinal: place in the document, from 1. number: as sent. party and other_party: role, qualifier
    and id as sent. named_parties: those named in full (NM1).
    adjustments: of the payment, tied to no item; they are part of its amount.
    """

    ordinal: int
    number: int | None = None
    party: Party | None = None
    other_party: Party | None = None
    reference: Reference | None = None
    named_parties: tuple[NamedParty, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    origin: str | None = None


@keyword_record
class Remittance(Document):
    """A payment order or remittance advice.

    handling: payment with advice, advice only, prenote, … amount: the payment. direction: credit or
    debit. method: ACH, check, wire, … format: of the payment. effective: when the money moves.
    payer_account, payee_account, further_account: the first, second and third account (BPR06 to 09,
    12 to 15, 18 to 21). company, company_supplement: the payer's id with its bank.
    business_function: why it is paid. payer, payee: from parties (PR, PE), where both stand too.
    items: flat, in the order sent; each names its entity.
    computed.amount: what the items and the adjustments of entities come to.
    """

    handling: Code | None = None
    amount: Money | None = None
    direction: Code | None = None
    method: Code | None = None
    format: Code | None = None
    payer_account: BankAccount | None = None
    company: str | None = None
    company_supplement: str | None = None
    payee_account: BankAccount | None = None
    effective: datetime.date | None = None
    business_function: Code | None = None
    further_account: BankAccount | None = None
    trace: Trace | None = None
    payer: Party | None = None
    payee: Party | None = None
    entities: tuple[RemittanceEntity, ...] = ()
    items: tuple[RemittanceItem, ...] = ()
