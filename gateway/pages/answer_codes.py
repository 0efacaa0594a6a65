"""docs/answer-codes.md, made from the codes of acknowledgements and the findings that carry them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.pages.markdown import notice, plain, table
from parsers.catalogue import entries as findings
from translators.acknowledgements import words

BEGINNING = f"""\
# Codes of answers

{notice("`translators/acknowledgements/codes.csv` and `parsers/findings/*.csv`")}

Every code of TA1, 997, 999 and 824 that a partner may send us, and which of them we say. *sent*: an
answer of ours may carry it. *shown*: it can be our verdict, which `tradepost inspect` shows, but no
answer can be sent. *no*: never our verdict. The 999's IK304, IK403, IK501 and IK502 have the lists of
AK304, AK403, AK501 and AK502. How verdicts come about stands in [answering](answering.md); every code
that we say is produced by one of the bad files in `tests/golden/bad_files`.
"""

_TITLES = {
    "TA104": "TA104: what was done with an interchange",
    "TA105": "TA105: what is wrong with an interchange",
    "AK304": "AK304 and IK304: what is wrong with a segment",
    "AK403": "AK403 and IK403: what is wrong with an element",
    "AK501": "AK501 and IK501: what was done with a set",
    "AK502": "AK502 and IK502: what is wrong with a set",
    "AK901": "AK901: what was done with a group",
    "AK905": "AK905: what is wrong with a group",
    "OTI01": "OTI01: what an 824 says of a document",
}


def page() -> str:
    """The whole page."""
    return "\n".join([BEGINNING, *(line for element in _TITLES for line in _section(element))])


def _section(element: str) -> Iterator[str]:
    yield f"## {_TITLES[element]}\n"
    rows = (
        (f"`{entry.code}`", plain(entry.words), entry.said, plain(entry.note), _carriers(element, entry.code))
        for entry in words.entries().values()
        if entry.element == element
    )
    yield from table(("code", "means", "we say it", "note", "findings"), rows)
    yield ""


def _carriers(element: str, code: str) -> str:
    """Links to the findings that are told by the code."""
    carriers = sorted(finding.code for finding in findings().values() if finding.x12.get(element) == code)
    return ", ".join(f"[{one}](findings.md#{one.lower()})" for one in carriers)
