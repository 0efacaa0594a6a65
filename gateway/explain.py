"""What a finding's code means, put together for `tradepost errors`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from gateway.errors import WrongUsage, fault
from parsers.catalogue import Entry, entries
from parsers.examples import Example, examples
from parsers.x12.dictionary import releases
from parsers.x12.wording import code_meanings
from translators.acknowledgements.words import words_for

#: Related codes that are named, at most.
MAX_RELATED = 6
_CODE = re.compile(r"([A-Z][A-Z0-9]{2})[ _-]?(\d{1,3})")
#: Of the codes that a finding carries, the one that tells most comes first.
_TELLING = ("AK403", "TA105", "AK905", "AK502", "AK304", "OTI01", "TED01")
#: "The segment has faults in its elements" says nothing by itself.
_SAYS_NOTHING = ("AK304", "8")
#: The data element of TED01.
_APPLICATION_ERROR = "647"


@dataclass(frozen=True, slots=True)
class Answered:
    """One code of the standard that the partner is told.

    element: "AK403", "IK403", "TA105". words: what the code means, "" if we have no words for it.
    """

    element: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another code that may be meant."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say of a code. message: with {blanks} where a finding names place and value."""

    code: str
    title: str
    severity: str
    level: str
    message: str
    cause: str
    remedy: str
    answered: tuple[Answered, ...]
    example: Example | None
    related: tuple[Related, ...]

    def as_json(self) -> dict[str, object]:
        """The same for machines; keys may be added, none is changed."""
        return asdict(self)


def explain(code: str) -> Explanation:
    """The explanation of a code, written as one likes. Raises WrongUsage GTW-051 with the nearest."""
    entry = entries().get(_written(code) or code.upper())
    if entry is None:
        raise fault(WrongUsage, "GTW-051", value=code, nearest=", ".join(_nearest(code)))
    return Explanation(
        entry.code,
        entry.title,
        entry.severity.value,
        entry.level.value,
        entry.message,
        entry.cause,
        entry.remedy,
        tuple(Answered(name, value, _words(name, value)) for name, value in entry.x12.items()),
        examples().get(entry.code),
        tuple(_related(entry)),
    )


def is_code(text: str) -> bool:
    """True if a text is meant as a code, whether or not there is one."""
    return _written(text) is not None


def matching(words: str) -> list[Entry]:
    """The catalogue's rows in which every word stands somewhere, by code; all of them for no words.

    A row's codes of the standard are asked for as "AK403=7".
    """
    wanted = [word.replace("=", " ") for word in words.casefold().split()]
    rows = sorted(entries().values(), key=lambda entry: entry.code)
    return [entry for entry in rows if all(word in _text(entry) for word in wanted)]


def _written(text: str) -> str | None:
    match = _CODE.fullmatch(text.strip().upper())
    return f"{match[1]}-{int(match[2]):03}" if match else None


def _nearest(code: str) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(_written(code) or code.upper(), entries(), n=3, cutoff=0.0)


def _words(element: str, code: str) -> str:
    """What a code means: the 999 shares the lists of the 997, and TED01 is an element of the standard's."""
    if element == "TED01":
        return code_meanings(releases()[0], _APPLICATION_ERROR).get(code, "")
    return words_for(element.replace("IK", "AK", 1) if element.startswith("IK") else element, code)


def _text(entry: Entry) -> str:
    codes = " ".join(f"{name} {value};" for name, value in entry.x12.items())
    return f"{entry.code} {entry.title} {entry.message} {entry.cause} {entry.remedy} {codes}".casefold()


def _related(entry: Entry) -> Iterator[Related]:
    """Those that tell the partner the same, then neighbours by number."""
    told = _telling(entry)
    others = [other for other in entries().values() if other.code != entry.code]
    same = [other for other in others if told is not None and _telling(other) == told]
    near = [other for other in others if other.code[:-1] == entry.code[:-1] and other not in same]
    for other in [*same, *near][:MAX_RELATED]:
        yield Related(other.code, other.title)


def _telling(entry: Entry) -> tuple[str, str] | None:
    pairs = ((name, entry.x12[name]) for name in _TELLING if name in entry.x12)
    return next((pair for pair in pairs if pair != _SAYS_NOTHING), None)
