"""The ledger checker: what must be true at the end, judged from outside of the gateway only.

It trusts what clients were told, what the ERP took, what partners found in their mailboxes or
stores, and the bytes in the archive; never a row of the ledger. What it answers for (catalogue §0):

    I1  whoever was told OK has the bytes in the archive
    I2  every order is in the ERP once, under one key, and nothing else is
    I3  whatever was sent is answered, once
    I4  no interchange number of ours is used twice
    I5  every archived file has the hash that it is named by
    I8  nobody finds an answer to another partner's file

I6 (memory) is measured by the benchmarks; I7 (who did what) and the gaps of I4 are in the ledger
alone, and are what `tradepost verify` compares, which must agree with this page.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ISA = re.compile(rb"^ISA(?:\*[^*]*){7}\*([^*]*)\*(?:[^*]*\*){4}(\d{9})\*")
_GROUP = re.compile(rb"\nGS\*PO\*[^~]*?\*(\d+)\*X\*")
_ANSWERED = re.compile(rb"\nAK1\*PO\*(\d+)")
_RECEIPT = re.compile(rb"\ndocument,\d+,([^,]+),")


@dataclass(frozen=True)
class Sent:
    """A file that a partner sent. orders: numbers that must reach the ERP. told: the client heard OK.

    name: of the file; a client that was not told sends the same file again under it.
    """

    partner: str
    name: str
    content: bytes
    orders: tuple[str, ...]
    told: bool = True


@dataclass(frozen=True)
class Evidence:
    """What was found outside.

    taken: what the ERP took, by key. commits: the keys it took, one entry a commit. answers: what
    lies in each partner's mailbox or store, by name. archived: every kept file by its name there.
    identities: ISA ids of the partners, none for those that send no X12.
    """

    sent: Sequence[Sent]
    taken: Mapping[str, bytes]
    commits: Sequence[str]
    answers: Mapping[str, Mapping[str, bytes]]
    archived: Mapping[str, bytes]
    identities: Mapping[str, str] = field(default_factory=dict)


def breaches(evidence: Evidence) -> list[str]:
    """Everything that should not be so, a sentence each; empty if all is well."""
    checks = (_stored_before_said, _one_effect, _answered_once, _numbers, _hashes, _isolation)
    return [sentence for check in checks for sentence in check(evidence)]


def archived_in(folder: Path) -> dict[str, bytes]:
    """Every kept file of an archive in a folder, by its name there."""
    found = (path for path in folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"))
    return {path.name: path.read_bytes() for path in found}


def _stored_before_said(evidence: Evidence) -> Iterator[str]:
    for one in evidence.sent:
        if one.told and hashlib.sha256(one.content).hexdigest() not in evidence.archived:
            yield f"I1 {one.partner} was told that {one.name} is kept, and the archive does not have it"


def _one_effect(evidence: Evidence) -> Iterator[str]:
    for key, times in Counter(evidence.commits).items():
        if times > 1:
            yield f"I2 the ERP took the key {key} {times} times"
    wanted = Counter(order for one in evidence.sent for order in one.orders)
    yield from _differ("I2 in the ERP", wanted, Counter(_numbers_of(evidence.taken.values())))


def _numbers_of(bodies: Iterable[bytes]) -> Iterator[str]:
    for body in bodies:
        said = json.loads(body)
        yield from (one["number"] for one in (said if isinstance(said, list) else [said]))


def _answered_once(evidence: Evidence) -> Iterator[str]:
    for partner, answers in evidence.answers.items():
        mine = [one for one in evidence.sent if one.partner == partner]
        groups = Counter(number.decode() for one in mine for number in _GROUP.findall(one.content))
        answered = Counter(number.decode() for text in answers.values() for number in _ANSWERED.findall(text))
        yield from _differ(f"I3 groups answered to {partner}", groups, answered)
        rows = Counter(_first_order(one.content) for one in mine if one.name.endswith(".csv"))
        receipts = Counter(
            found[1].decode() for text in answers.values() if (found := _RECEIPT.search(text)) is not None
        )
        yield from _differ(f"I3 receipts for {partner}", rows, receipts)


def _first_order(content: bytes) -> str:
    """The number in the first row below the headings, which its receipt repeats."""
    return content.splitlines()[1].split(b",")[0].decode()


def _numbers(evidence: Evidence) -> Iterator[str]:
    for partner, answers in evidence.answers.items():
        numbers = Counter(found[2] for text in answers.values() if (found := _ISA.match(text)))
        for number, times in numbers.items():
            if times > 1:
                yield f"I4 {times} answers to {partner} carry {number.decode()}"


def _hashes(evidence: Evidence) -> Iterator[str]:
    for name, content in evidence.archived.items():
        if not _SHA256.fullmatch(name) or hashlib.sha256(content).hexdigest() != name:
            yield f"I5 the archived file {name} does not have that hash"


def _isolation(evidence: Evidence) -> Iterator[str]:
    for partner, answers in evidence.answers.items():
        for name, text in answers.items():
            found = _ISA.match(text)
            if found and found[1].strip().decode() != evidence.identities.get(partner):
                yield f"I8 {partner} finds {name}, which is addressed to {found[1].decode()}"


def _differ(what: str, wanted: Counter[str], found: Counter[str]) -> Iterator[str]:
    for number in sorted(wanted.keys() | found.keys()):
        if wanted[number] != found[number]:
            yield f"{what}: {number} is there {found[number]} times instead of {wanted[number]}"
