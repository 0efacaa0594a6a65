"""Transaction sets as partners send them: alike in shape, each with values of its own.

A partner is a choice of segments, elements and codes; his sets differ in texts, numbers and in how
many lines they have. Some are spoiled: a value is written oddly, a total is wrong, a line differs.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from parsers.x12.clean_sets import split
from parsers.x12.definition import SetDefinition
from parsers.x12.model import (
    GroupHeader,
    InterchangeHeader,
    Loop,
    PartyId,
    Segment,
    Separators,
    TransactionSet,
)
from parsers.x12.options import DEFAULT_OPTIONS
from parsers.x12.walker import Walk
from translators import gs1
from translators.learned.level_sets import LevelSetForms
from translators.learned.line_sets import LineSetForms
from translators.translation import Prepared

SEPARATORS = Separators(suffix="\n")
HEADER = InterchangeHeader(
    sender=PartyId("ZZ", "ACME"), receiver=PartyId("ZZ", 'US "Inc" %s'), date="240315", time="1030",
    standards_id="U", version="00401", control_number="000000017", ack_requested=False, usage="P",
    separators=SEPARATORS, offset=0,
)  # fmt: skip
#: What each repetition of the loop begins with.
TRIGGERS = {"850": "PO1", "810": "IT1", "856": "HL", "855": "PO1", "860": "POC", "865": "POC", "846": "LIN"}
FUNCTIONAL = {"850": "PO", "810": "IN", "856": "SH", "855": "PR", "860": "PC", "865": "CA", "846": "IB"}
#: Texts that have caught templates out, or might.
NASTY = (
    'say "x"', "back\\slash", "100%", "%s", "%(a)s", "{0}", "@@lines@@", "Zq0001Kx", "wV 00001.jy",
    "Ab0001Qz", "7654321",
    "  lead", "trail  ", "null", "00012345678901234567", "a>b", "<&>", "'", "\x7f", "1", "0", "-",
    "PO1", "CTT",
)  # fmt: skip
NUMBERS = ("0", "1", "007", ".5", "-.5", "-0", "0.00", "12.345", "-3", "1e3", "99999999999999999", "1.", "")
ODD_DATES = ("20240229", "20230229", "20241301", "240101", "19991231", "2024010", "")


@dataclass(slots=True)
class Placed:
    """The content of a set that passes for clean, whatever it holds."""

    text: str
    definition: SetDefinition
    segments: list[Segment]
    is_kept: bool = True
    _tree: Loop | None = None

    @property
    def tree(self) -> Loop:
        """The segments placed as far as they can be."""
        if self._tree is None:
            walk = Walk(self.definition, replace(DEFAULT_OPTIONS.walk, separators=SEPARATORS))
            for segment in self.segments:
                walk.feed(segment)
            self._tree = walk.finish()[0]
        return self._tree


def group(set_id: str, release: str = "004010") -> GroupHeader:
    """The group of a set."""
    return GroupHeader(
        FUNCTIONAL[set_id], "ACMEPO", "US", "20240315", "1030", "4", "X", release, release, 110
    )


def as_clean(set_id: str, body: list[str], ordinal: int, release: str = "004010") -> TransactionSet:
    """The set as the reader gives one without fault, whatever it holds. body: segments, BEG to CTT."""
    control = f"{ordinal:04}"
    segments = [f"ST*{set_id}*{control}", *body, f"SE*{len(body) + 2}*{control}"]
    text = "".join(f"{segment}~\n" for segment in segments)[:-1]
    definition = DEFAULT_OPTIONS.definition_of(group(set_id, release), set_id)
    assert definition is not None
    content = Placed(text, definition, list(split(text, SEPARATORS, 1000 * ordinal)))
    return TransactionSet(
        set_id,
        control,
        "",
        ordinal,
        release,
        content,
        [],
        len(segments),
        1000 * ordinal,
        len(text),
        SEPARATORS,
    )


@dataclass(slots=True)
class Values:
    """Values for the blanks of segments: "{t}" text, "{q}" a quantity, "{D}" a date …"""

    chance: random.Random
    odd: float = 0.0
    #: Of the set being written.
    quantities: list[Decimal] = field(default_factory=list)
    _share: Decimal = Decimal(0)

    def text(self) -> str:
        """A text."""
        if self.chance.random() < self.odd:
            return self.chance.choice(NASTY)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz0123456789.,-/#&'%$"
        size = self.chance.randint(1, 24)
        return "".join(self.chance.choice(letters) for _ in range(size)).strip() or "x"

    def _digits(self, low: int, high: int) -> str:
        return str(self.chance.randint(10**low, 10**high - 1))

    def whole(self) -> str:
        """A whole number."""
        return self._odd(NUMBERS) or str(self.chance.randint(1, 500))

    def quantity(self) -> str:
        """A quantity, remembered for the hash total."""
        text = self._odd(NUMBERS) or self.chance.choice((self._digits(0, 3), self._digits(0, 2) + ".5"))
        self.quantities.append(_number(text))
        return text

    def price(self) -> str:
        """A unit price."""
        return self._odd(NUMBERS) or f"{self.chance.randint(0, 99)}.{self.chance.randint(0, 99):02}"

    def cents(self) -> str:
        """An N2 amount."""
        return self._odd(NUMBERS) or str(
            self.chance.choice((5, 50, 999, 100_000)) + self.chance.randint(0, 4)
        )

    def date(self) -> str:
        """A date."""
        chance = self.chance
        day = f"{chance.randint(2010, 2039)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        return self._odd(ODD_DATES) or day

    def half(self) -> str:
        """A share of the last quantity, a third of it or so."""
        self._share = (self.quantities or [Decimal(9)])[-1] // 3
        return str(self._share)

    def rest(self) -> str:
        """The other share."""
        return self._odd(NUMBERS) or str((self.quantities or [Decimal(9)])[-1] - self._share)

    def clock(self) -> str:
        """A time."""
        text = f"{self.chance.randint(0, 23):02}{self.chance.randint(0, 59):02}"
        return text + self.chance.choice(("", "", "30", "3059"))

    def numbered(self, digits: int) -> str:
        """A number with a GS1 check digit, now and then a wrong one."""
        body = "".join(self.chance.choice("0123456789") for _ in range(digits - 1))
        wrong = self.chance.random() < self.odd
        return body + (str((int(gs1.check_digit(body)) + 1) % 10) if wrong else gs1.check_digit(body))

    def _odd(self, choices: tuple[str, ...]) -> str | None:
        return self.chance.choice(choices) if self.chance.random() < self.odd else None

    def filled(self, segment: str) -> str:
        """The segment with its blanks filled."""
        kinds: dict[str, Callable[[], str]] = {
            "t": self.text, "n": self.whole, "q": self.quantity, "p": self.price, "c": self.cents,
            "D": self.date, "T": self.clock, "u": lambda: self.numbered(12), "l": lambda: self.numbered(13),
            "s": lambda: self.numbered(18), "S": lambda: "00" + self.numbered(18),
            "a": lambda: self.chance.choice(("IA", "IA", "IR")), "h": self.half, "r": self.rest,
        }  # fmt: skip
        return re.sub(r"\{(\w)\}", lambda blank: kinds[blank[1]](), segment).rstrip("*")


def _number(text: str) -> Decimal:
    return Decimal(text) if re.fullmatch(r"-?[0-9]*\.?[0-9]+", text) else Decimal(0)


#: What may stand before the lines, in each line, and after the lines; every partner chooses.
HEADS = {
    "850": [
        "CUR*BY*USD", "REF*DP*{t}", "REF*CT*{t}*{t}", "PER*BD*{t}*TE*{n}", "FOB*PP*OR*{t}",
        "SAC*A*C310***{c}*Z*{p}", "SAC*C*D240***{c}********02**{t}", "ITD*01*3*{p}**{n}**{n}*{c}",
        "DTM*002*{D}", "DTM*010*{D}*{T}*ET", "DTM*002****RD8*20240401-20240430", "PKG*F*36*VI*{t}*{t}",
        "TD1*CTN25*{n}", "TD5*O*2*{t}*M*{t}", "AMT*1*{p}", "N9*L1*{t}|MSG*{t}|MSG*{t}",
        "N1*ST*{t}*92*{t}|N3*{t}*{t}|N4*{t}*OH*{t}*US", "N1*BY*{t}*UL*{l}",
        "N1*VN*{t}|N2*{t}|REF*IA*{t}|PER*IC*{t}*EM*{t}",
    ],
    "810": [
        "NTE*GEN*{t}", "CUR*SE*CAD", "REF*DP*{t}", "REF*BM*{t}", "REF*OI*{t}", "PER*AR*{t}*TE*{n}",
        "N1*RE*{t}*92*{t}|N3*{t}|N4*{t}*TX*{t}", "N1*ST*{t}*UL*{l}", "ITD*08*3*{p}**{n}**{n}*{c}",
        "DTM*011*{D}", "FOB*CC", "N9*L1*{t}|MSG*{t}",
    ],
    "856": ["DTM*011*{D}", "DTM*017*{D}*{T}"],
    "855": ["CUR*SE*USD", "REF*DP*{t}", "PER*BD*{t}", "DTM*002*{D}", "N9*L1*{t}|MSG*{t}", "N1*ST*{t}*92*{t}"],
    "860": ["CUR*BY*USD", "REF*DP*{t}", "PER*BD*{t}", "DTM*002*{D}", "N9*L1*{t}|MSG*{t}", "N1*ST*{t}*92*{t}"],
    "865": ["CUR*SE*EUR", "REF*DP*{t}", "PER*BD*{t}", "DTM*002*{D}", "N9*L1*{t}|MSG*{t}", "N1*ST*{t}*92*{t}"],
    "846": ["DTM*097*{D}", "REF*IA*{t}", "PER*IC*{t}", "N1*WH*{t}*92*{t}|N3*{t}"],
}  # fmt: skip
LINES = {
    "850": [
        "CUR*BY*EUR", "CTP**RES*{p}*{n}*EA", "MEA*PD*WT*{p}*LB", "PID*F****{t}", "PID*F*08*VI*{t}*{t}",
        "PO4*{n}*{n}*EA", "REF*PO*{t}", "SAC*C*D240***{c}", "SAC*A*F050*ZZ*{t}*{c}*****{n}*EA",
        "SDQ*EA*92*{t}*{h}*{t}*{r}", "DTM*002*{D}", "MSG*{t}", "TXI*ST*{p}*{p}", "TXI*VA*{p}*****O",
        "QTY*57*{n}*EA", "SCH*{n}*EA***002*{D}", "N9*ZZ*{t}", "N1*ST*{t}*92*{t}",
        "SLN*{t}**I*{n}*EA*{p}*PE**UP*{u}",
    ],
    "810": [
        "TXI*ST*{p}*{p}", "CTP**RES*{p}", "MEA*PD*WT*{p}*LB", "PID*F****{t}", "REF*PO*{t}",
        "DTM*011*{D}", "CAD*M*{t}*{n}*{t}*{t}", "SAC*C*D240***{c}", "SAC*A*F050***{c}|TXI*ST*{p}",
        "SLN*{t}**I*{n}*EA",
    ],
    "855": ["CTP**RES*{p}", "PID*F****{t}", "PO4*{n}", "REF*PO*{t}", "DTM*068*{D}",
            "ACK*IA*{n}*EA*068*{D}**VN*{t}"],
    "860": ["PID*F****{t}", "PO4*{n}", "REF*PO*{t}", "DTM*002*{D}",
            "SCH*{n}*EA***002*{D}", "SLN*{t}**I*{n}*EA"],
    "865": ["PID*F****{t}", "PO4*{n}", "REF*PO*{t}", "DTM*068*{D}",
            "ACK*{a}*{n}*EA*068*{D}", "SLN*{t}**I*{n}*EA"],
    "846": [
        "PID*F****{t}", "DTM*018*{D}", "CTP**RES*{p}", "REF*LT*{t}", "QTY*17*{n}*EA",
        "QTY*33*{n}*EA|UIT*EA*{p}",        "SCH*{n}*EA***002*{D}",
    ],
}  # fmt: skip
FIRST = {
    "850": [
        "PO1*{k}*{q}*EA*{p}**UP*{u}*VN*{t}", "PO1**{q}*EA*{p}*PE*IN*{t}", "PO1*{k}*{q}*EA*{p}*HP*UP*{u}",
        "PO1*{k}*{q}*EA", "PO1*{k}*{q}*CA*{p}*XX*EN*{l}*BP*{t}*VN*{t}",
    ],
    "810": ["IT1*{k}*{q}*EA*{p}**UP*{u}*VN*{t}", "IT1**{q}*CA*{p}*PE*IN*{t}", "IT1*{k}*{q}*EA*{p}*TP"],
    "855": ["PO1*{k}*{q}*EA*{p}**UP*{u}*VN*{t}", "PO1*{k}*{q}*CA*{p}"],
    "860": ["POC*{k}*AI*{q}*{n}*EA*{p}**UP*{u}*VN*{t}", "POC*{k}*PC**{n}*EA*{p}", "POC*{k}*DI"],
    "865": ["POC*{k}*AI*{q}*{n}*EA*{p}**UP*{u}*VN*{t}", "POC*{k}*DI"],
    "846": ["LIN*{k}*UP*{u}*VN*{t}", "LIN**VN*{t}"],
}  # fmt: skip
TAILS = {
    "850": ["AMT*1*{p}"],
    "810": [
        "TXI*ST*{p}*{p}", "CAD*M*{t}*{n}*{t}*{t}", "SAC*C*D240***{c}", "SAC*A*C310***{c}|TXI*ST*{p}",
        "ISS*{n}*CA*{p}*LB",
    ],
    "856": [],
    "855": ["AMT*TT*{p}"],
    "860": [],
    "865": [],
    "846": [],
}  # fmt: skip
#: What a level of a ship notice may hold, by HL03; "^" stands between two ways, of which one is chosen.
LEVELS = {
    "S": [
        "TD1*CTN25*{n}****G*{p}*LB", "TD5*O*2*{t}*M*{t}", "TD3*TL*{t}*{n}******{t}", "REF*BM*{t}",
        "REF*CN*{t}", "DTM*011*{D}", "FOB*PP", "N1*ST*{t}*92*{t}|N3*{t}|N4*{t}*OH*{t}", "N1*SF*{t}*UL*{l}",
    ],
    "O": ["PRF*{t}***{D}", "PID*F****{t}", "TD1*CTN25*{n}", "REF*DP*{t}", "N1*Z7*{t}*92*{t}"],
    "T": ["MAN*GM*{S}^MAN*GM*{s}", "PAL*4*{n}*{n}"],
    "P": ["PO4*{n}", "MAN*GM*{S}", "MAN*GM*{s}*{t}", "MAN*CP*{t}"],
    "I": [
        "LIN**UP*{u}*VN*{t}*LT*{t}^LIN*{k}*UP*{u}", "SN1*{k}*{q}*EA*{n}*{n}*EA^SN1**{q}*CA",
        "PID*F****{t}", "REF*LT*{t}", "DTM*036*{D}",
    ],
}  # fmt: skip
STRUCTURES = ("SOI", "SOPI", "SOTPI", "SOIP", "SPOI", "SI", "STPI")


class Partner:
    """Sends sets of one shape."""

    def __init__(self, set_id: str, chance: random.Random) -> None:
        self.set_id = set_id
        self.chance = chance
        self._purpose = chance.choice(("00", "00", "00", "00", "05", "ZZ"))
        self._answer = chance.choice(("AC", "AD", "AK", "RJ"))
        self._type = chance.choice(("DI", "DI", "CR", "", "ZZ"))
        self._head = self._some(HEADS[set_id], 8)
        self._tail = self._some(TAILS[set_id], 3)
        self._hashes = chance.random() < 0.5
        if set_id == "856":
            self._structure = chance.choice(STRUCTURES)
            self._levels = {code: self._some(LEVELS[code], 5) for code in self._structure}
        else:
            self._firsts = chance.sample(FIRST[set_id], chance.choice((1, 1, 2)))
            self._details = self._some(LINES[set_id], 4)

    def _some(self, choices: list[str], most: int) -> list[str]:
        count = self.chance.randint(0, min(most, len(choices)))
        chosen = self.chance.sample(choices, count)
        return [self.chance.choice(one.split("^")) for one in choices if one in chosen]

    def body(self, values: Values) -> list[str]:
        """A set's segments between ST and SE. "TDS*?" stands for the total of an invoice."""
        values.quantities.clear()
        beginning = {
            "850": f"BEG*{self._purpose}*SA*{{t}}**{{D}}",
            "810": f"BIG*{{D}}*{{t}}*{{D}}*{{t}}***{self._type}*{self._purpose}",
            "856": f"BSN*{self._purpose}*{{t}}*{{D}}*{{T}}*0001",
            "855": f"BAK*{self._purpose}*{self._answer}*{{t}}*{{D}}*{{n}}***{{t}}*{{D}}",
            "860": f"BCH*{self._purpose}*SA*{{t}}*{{n}}*{{n}}*{{D}}****{{D}}",
            "865": f"BCA*{self._purpose}*{self._answer}*{{t}}**{{n}}*{{D}}***{{t}}*{{D}}",
            "846": f"BIA*{self._purpose}*DD*{{t}}*{{D}}*{{T}}",
        }[self.set_id]
        loop = self._notice(values) if self.set_id == "856" else self._lines(values)
        count = sum(segment.startswith(f"{TRIGGERS[self.set_id]}*") for segment in loop)
        count += values.chance.random() < values.odd
        heading = self._filled(values, [beginning, *self._head])
        total = sum(values.quantities, Decimal(0))
        declared = f"CTT*{count}*{total}" if self._hashes else f"CTT*{count}"
        tail = self._filled(values, self._tail)
        return [*heading, *loop, *(["TDS*?", *tail, declared] if self.set_id == "810" else [declared, *tail])]

    def _filled(self, values: Values, segments: list[str]) -> list[str]:
        return [values.filled(one) for part in segments for one in part.split("|")]

    def _lines(self, values: Values) -> list[str]:
        chance, lines = values.chance, list[str]()
        for number in range(1, chance.choice((1, 1, 2, 3, 6)) + 1):
            first = chance.choice(self._firsts).replace("{k}", str(number))
            lines += self._filled(values, [first, *self._details[chance.random() < 0.15 :]])
        return lines

    def _notice(self, values: Values) -> list[str]:
        """Levels in the order of a tree, now and then with a wrong parent."""
        chance, lines, number = values.chance, list[str](), 0

        def level(depth: int, parent: int) -> None:
            nonlocal number
            number += 1
            own, code = number, self._structure[depth]
            above = str(chance.randint(1, own) if chance.random() < values.odd / 3 else parent or "")
            details = [one.replace("{k}", str(own)) for one in self._levels[code]]
            lines.extend(self._filled(values, [f"HL*{own}*{above}*{code}", *details]))
            if depth + 1 < len(self._structure):
                for _ in range(chance.choice((1, 1, 2, 3))):
                    level(depth + 1, own)

        level(0, 0)
        return lines


def partners(set_id: str, seed: str, count: int) -> Iterator[Partner]:
    """Partners, the same for the same seed."""
    for number in range(count):
        yield Partner(set_id, random.Random(f"{set_id} {seed} {number}"))


def wholes_of(forms: LineSetForms | LevelSetForms) -> list[Prepared]:
    """What the forms write as wholes from now on, in order."""
    told: list[Prepared] = []
    write = forms._wholes.write

    def noting(segments: int, one: Callable[[Any], Any]) -> Any:
        found = write(segments, one)
        if found is not None:
            told.append(found)
        return found

    forms._wholes.write = noting  # type: ignore[method-assign]
    return told
