"""Bad files made by hand: a good one with one thing changed, or two; and all that is said of each.

What is said stands in tests/golden/bad_files, a file a kind of fault, to be read by people.
The changes of tests/support/x12_faults.py are among them; those here name only base and change.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import ndiff
from functools import cache
from itertools import groupby
from pathlib import Path

from acknowledged import AT
from bad_elements import ELEMENTS
from bad_envelopes import AGREEMENTS, GROUPS, INTERCHANGES, SETS
from bad_pairs import TWO_AT_ONCE
from bad_segments import SEGMENTS
from x12_faults import BASES as FIRST_BASES
from x12_faults import ELEMENTS as FIRST_ELEMENTS
from x12_faults import ENVELOPES as FIRST_ENVELOPES
from x12_faults import INTERCHANGES as FIRST_INTERCHANGES
from x12_faults import INVOICE, NEWER_ORDER, NOTICE, ORDER, Case, recounted
from x12_faults import SEGMENTS as FIRST_SEGMENTS

from parsers.finding import Finding
from partners.agreement import Agreement
from partners.directory import Directory, load_directory
from partners.profile import (
    AckPolicy,
    DocumentRule,
    InterchangeId,
    OurIdentity,
    PartnerProfile,
    X12Settings,
)
from translators.acknowledgements.answer import Answer, PreviewNumbers
from translators.acknowledgements.answers import write_answers
from translators.reading import read_file
from translators.report import DocumentRead, FileEnded, InterchangeEnded, InterchangeReport

PROFILES = Path(__file__).parents[2] / "partners" / "profiles"
BASES = {
    **FIRST_BASES,
    "856 005010": NOTICE.replace("*U*00401*", "*^*00501*").replace("*X*004010", "*X*005010"),
    "810 005010": INVOICE.replace("*U*00401*", "*^*00501*").replace("*X*004010", "*X*005010"),
    "850 005010 with ST03": NEWER_ORDER.replace("ST*850*0001", "ST*850*0001*GUIDE"),
    "850 twice": ORDER + ORDER.replace("000000007", "000000008"),
    "850 for a sample partner": ORDER.replace("*12*2015550100     *", "*ZZ*MILLBROOK      *").replace(
        "*TRADEPOST*", "*MILLBROOK*"
    ),
}


@dataclass(frozen=True)
class BadFile:
    """A good file with changes: pairs of what stood there and what stands there now, each made once.

    The count of SE is kept right unless a change holds an SE itself. known: True if the sender is looked
    up among the sample partners.
    """

    base: str
    changes: tuple[tuple[str, str], ...]
    known: bool = False

    @property
    def text(self) -> str:
        """The file."""
        text = BASES[self.base]
        for old, new in self.changes:
            assert old in text, f"{old!r} is not in the {self.base}"
            text = text.replace(old, new, 1)
        return text if self.counts_itself else recounted(text)

    @property
    def counts_itself(self) -> bool:
        """True if SE01 is left as the changes have it."""
        changed = "~\n".join(part for change in self.changes for part in change)
        return "\nSE*" in f"\n{changed}" or self.base == "850 twice"


def _first(cases: Mapping[str, Case], prefix: str = "") -> dict[str, BadFile]:
    return {f"{prefix}{name}": BadFile(case.base, ((case.old, case.new),)) for name, case in cases.items()}


def _more(cases: Mapping[str, tuple[str, ...]], *, known: bool = False) -> dict[str, BadFile]:
    """Each case: its base, then old and new text by turns."""
    return {
        name: BadFile(base, tuple(zip(texts[::2], texts[1::2], strict=True)), known)
        for name, (base, *texts) in cases.items()
    }


_SETS_FIRST = {name: case for name, case in FIRST_ENVELOPES.items() if name.startswith("AK502")}
_GROUPS_FIRST = {name: case for name, case in FIRST_ENVELOPES.items() if name.startswith("AK905")}

#: The file in tests/golden/bad_files -> its bad files by title.
SINGLE: Mapping[str, Mapping[str, BadFile]] = {
    "segments": {**_first(FIRST_SEGMENTS, "AK304 "), **_more(SEGMENTS)},
    "elements": {**_first(FIRST_ELEMENTS, "AK403 "), **_more(ELEMENTS)},
    "sets": {**_first(_SETS_FIRST), **_more(SETS)},
    "groups": {**_first(_GROUPS_FIRST), **_more(GROUPS)},
    "interchanges": {**_first(FIRST_INTERCHANGES, "TA105 "), **_more(INTERCHANGES)},
    "agreements": _more(AGREEMENTS, known=True),
}
#: Two faults in one file.
PAIRS = _more(TWO_AT_ONCE)
#: Every page.
PAGES: Mapping[str, Mapping[str, BadFile]] = {**SINGLE, "pairs": PAIRS}


@dataclass(frozen=True)
class Told:
    """All that is said of a file. answers: in the order sent; newer: the same by a policy of 999s."""

    findings: tuple[Finding, ...]
    reports: tuple[InterchangeReport, ...]
    answers: tuple[Answer, ...]
    newer: tuple[Answer, ...]

    @property
    def errors(self) -> list[Finding]:
        """The findings that count against the file."""
        return [finding for finding in self.findings if finding.is_error]


@cache
def told_of(bad: BadFile) -> Told:
    """What reading and answering the file says."""
    findings, reports, answers = _read(bad, AckPolicy())
    _, _, newer = _read(bad, AckPolicy(functional="999", version="005010"))
    return Told(findings, reports, answers, newer)


@cache
def _directory() -> Directory:
    loaded = load_directory(PROFILES)
    assert isinstance(loaded, Directory)
    return loaded


def _agreement(bad: BadFile, policy: AckPolicy) -> Agreement:
    """With whoever sends the file, whatever its ids are: all sets that have a rule here are welcome."""
    x12 = X12Settings(isa=(InterchangeId(qualifier="ZZ", id="ACMERETAIL"),), acknowledge=policy)
    rules = tuple(
        DocumentRule.model_validate({"document": document, "standard": "x12", "set": set_id})
        for set_id, document in (("850", "order"), ("856", "ship_notice"), ("810", "invoice"))
    )
    ours = OurIdentity(name="We", isa=(InterchangeId(qualifier="12", id="2015550100"),))
    return Agreement(ours, PartnerProfile(partner="acme", name="Acme", x12=x12, documents=rules), x12, "")


def _read(
    bad: BadFile, policy: AckPolicy
) -> tuple[tuple[Finding, ...], tuple[InterchangeReport, ...], tuple[Answer, ...]]:
    stream = io.BytesIO(bad.text.encode())
    own = None if bad.known else _agreement(bad, policy)
    directory = _directory() if bad.known else None
    events = list(read_file(stream, directory=directory, agreement=own, repeats="refuse"))
    findings: list[Finding] = []
    reports = [event.report for event in events if isinstance(event, InterchangeEnded)]
    for report in reports:
        findings += report.findings
        findings += [finding for group in report.groups for finding in group.findings]
    for event in events:
        if isinstance(event, DocumentRead):
            findings += event.document.findings
        elif isinstance(event, FileEnded):
            findings += event.findings
    answers = [answer for report in reports for answer in write_answers(report, PreviewNumbers(), AT)]
    return tuple(findings), tuple(reports), tuple(answers)


def segments_of(answer: Answer) -> list[str]:
    """The segments of an answer, ISA to IEA."""
    return answer.payload.decode("ascii").replace("\n", "").rstrip("~").split("~")


def shown(title: str, bad: BadFile) -> str:
    """A bad file as the golden files show it."""
    told = told_of(bad)
    lines = [title, f"  in     {bad.base}", *_changed(bad)]
    lines += [f"  found  {_place(finding)}: {finding.message}" for finding in told.errors]
    for report in told.reports:
        verdict = f"{report.ta1.action} {report.ta1.note}" if report.ta1 else ""
        lines.append(f"  is     TA1 {verdict}, {report.status.value}")
    lines += [f"  {answer.kind:6} {_body(answer)}" for answer in told.answers]
    lines += [f"  {answer.kind:6} {_body(answer)}" for answer in told.newer if answer.kind == "999"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _changed(bad: BadFile) -> Iterator[str]:
    """The segments taken out (-) and put in (+); the count of SE goes without saying."""
    before, after = (text.replace("~", "~\n").splitlines() for text in (BASES[bad.base], bad.text))
    changes = [
        line
        for line in ndiff([one for one in before if one], [one for one in after if one])
        if line[:2] in ("- ", "+ ") and (bad.counts_itself or not line[2:].startswith("SE*"))
    ]
    for line, alike in groupby(changes):
        times = len(list(alike))
        often = f"  ({times} times)" if times > 1 else ""
        yield f"  {line[0]}      {_printable(line[2:].rstrip('~'))}{often}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _place(finding: Finding) -> str:
    place = finding.location
    number = place.segment_number or "-"
    parts = (place.element, place.component, place.repetition)
    element = "-".join(f"{part:02}" if at == 0 else str(part) for at, part in enumerate(parts) if part)
    return " ".join(f"{finding.code} {place.segment or ''} {number} {element}".split())


def _body(answer: Answer) -> str:
    """TA1, or ST to SE."""
    inner = [line for line in segments_of(answer) if line.split("*")[0] not in ("ISA", "GS", "GE", "IEA")]
    return "~ ".join(inner)
