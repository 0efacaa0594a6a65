"""Orders in an envelope, and the answers they get: what the tests of answers share."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from partners.agreement import Agreement
from partners.profile import DocumentRule, InterchangeId, OurIdentity, PartnerProfile, X12Settings
from translators.acknowledgements.answer import Answer, PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import InterchangeEnded, InterchangeReport

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
GOOD_LINES = ("BEG*00*SA*PO-1**20261123", "PO1*1*10*EA*9.95**UP*012345678905")


def purchase_order(number: str, *lines: str) -> str:
    body = lines or GOOD_LINES
    return "~".join((f"ST*850*{number}", *body, f"SE*{len(body) + 2}*{number}")) + "~"


def group(*sets: str, number: str = "12", version: str = "004010", trailer: str | None = None) -> str:
    head = f"GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*{number}*X*{version}~"
    return head + "".join(sets) + (trailer or f"GE*{len(sets)}*{number}~")


def envelope(*groups: str, asks: str = "0", usage: str = "P", trailer: str | None = None) -> str:
    head = (
        "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
        f"*261123*0915*U*00401*000000007*{asks}*{usage}*>~"
    )
    return head + "".join(groups) + (trailer if trailer is not None else f"IEA*{len(groups)}*000000007~")


def agreed(**settings: Any) -> Agreement:
    """The agreement between the sender and the receiver of `envelope`, with these X12 settings."""
    ours = OurIdentity(name="We", isa=(InterchangeId(qualifier="12", id="2015550100"),))
    x12 = X12Settings(isa=(InterchangeId(qualifier="ZZ", id="ACMERETAIL"),), **settings)
    rules = (DocumentRule(document="order", standard="x12", set="850"),)
    partner = PartnerProfile(partner="acme", name="Acme", x12=x12, documents=rules)
    return Agreement(ours, partner, x12, "")


def judged(text: str, agreement: Agreement | None = None) -> InterchangeReport:
    """The file's one interchange."""
    events = read_file(io.BytesIO(text.encode()), agreement=agreement)
    (report,) = [event.report for event in events if isinstance(event, InterchangeEnded)]
    return report


def written(text: str, agreement: Agreement | None = None) -> list[Answer]:
    return write_answers(judged(text, agreement), PreviewNumbers(), AT)


def segments(answer: Answer) -> list[str]:
    """The answer's segments without ISA and IEA, whose form is tested by itself."""
    lines = answer.payload.decode("ascii").rstrip("~").split("~")
    assert lines[0].startswith("ISA*")
    assert lines[-1] == f"IEA*{lines[-1].split('*')[1]}*000000001"
    return lines[1:-1]


FA = "GS*FA*TRADEPOST*ACMERETAIL*20261123*0930*1*X*004010"
