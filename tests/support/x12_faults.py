"""A good order, ship notice and invoice, and a table of faults that are put into them one at a time.

Each case changes one thing in the text and says the finding, as `code segment number element`, what
stands at its byte, and the TA1 and 997 that the sender gets, in X12. Sources: X12.5, X12.6 and the
997 (X12-FACTS 1.1, 2, 3, 4.2, 6 and 11); BI-003 to BI-043.
"""

from __future__ import annotations

from dataclasses import dataclass

ISA = (
    "ISA*00*          *00*          *ZZ*ACMERETAIL     *12*2015550100     "
    "*261123*0915*U*00401*000000007*0*P*>~"
)
ORDER = f"""{ISA}
GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~
ST*850*0001~
BEG*00*SA*PO-1**20261123~
CUR*BY*USD~
REF*DP*38~
PER*BD*JOHN*TE*5551234~
DTM*002*20261130~
N1*BY*ACME*92*0001~
N3*1 MAIN ST~
N4*TOWN*NY*10001~
PO1*1*10*EA*9.95**UP*012345678905~
PID*F****WIDGET~
PO4*1*10*EA~
PO1*2*5*EA*1.25**UP*036000291452~
CTT*2~
SE*15*0001~
GE*1*12~
IEA*1*000000007~
"""
NOTICE = f"""{ISA}
GS*SH*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~
ST*856*0001~
BSN*00*SHIP1*20261123*1200*0001~
HL*1**S~
TD1*CTN25*10~
TD5**2*UPSN~
HL*2*1*O~
PRF*PO123~
HL*3*2*P~
MAN*GM*00000123450000000010~
HL*4*3*I~
LIN**UP*012345678905~
SN1**10*EA~
CTT*4~
SE*14*0001~
GE*1*12~
IEA*1*000000007~
"""
INVOICE = f"""{ISA}
GS*IN*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~
ST*810*0001~
BIG*20261123*INV1**PO-1***DR*00~
REF*DP*38~
N1*ST*STORE*92*0001~
ITD*01*3*****30~
IT1*1*10*EA*9.95**UP*012345678905~
PID*F****WIDGET~
TDS*9950~
CTT*1~
SE*10*0001~
GE*1*12~
IEA*1*000000007~
"""
NEWER_ORDER = ORDER.replace("*U*00401*", "*^*00501*").replace("*X*004010", "*X*005010")
BASES = {"850": ORDER, "856": NOTICE, "810": INVOICE, "850 005010": NEWER_ORDER}


@dataclass(frozen=True)
class Case:
    """One fault.

    old, new: the text changed, once. The count of SE is kept right unless `old` is in SE itself.
    finding: code, segment, its number in the set ("-" outside a set), and its element.
    at: what stands at the finding's byte. ta1: TA104 and TA105. answer: the segments AK3 to AK9.
    """

    base: str
    old: str
    new: str
    finding: str
    at: str
    answer: str = ""
    ta1: str = "A 000"

    @property
    def text(self) -> str:
        base = BASES[self.base]
        assert base.count(self.old) >= 1, f"{self.old!r} is not in the {self.base}"
        text = base.replace(self.old, self.new, 1)
        return text if self.old.startswith("SE*") else recounted(text)


def recounted(text: str) -> str:
    """The text with the right count in its SE, if it has ST and SE."""
    if "\nST" not in text or "\nSE*" not in text:
        return text
    head, trailer = text.rsplit("\nSE*", 1)
    count = text[text.index("\nST") : len(head) + 1].count("\n")
    return f"{head}\nSE*{count}*{trailer.partition('*')[2]}"


REJECTED = "AK9*R*1*1*0"
#: AK304: faults of segments.
SEGMENTS = {
    "1: a segment that X12 does not have": Case(
        "850", "REF*", "ZZZ*1~\nREF*", "X12-200 ZZZ 4", "ZZZ*1~", f"AK3*ZZZ*4**1 AK5*R*5 {REJECTED}"
    ),
    "1: a segment id in small letters": Case(
        "850", "REF*", "ref*1~\nREF*", "X12-200 ref 4", "ref*1~", f"AK3*ref*4**1 AK5*R*5 {REJECTED}"
    ),
    "1: a segment id too long": Case(
        "850", "REF*", "REFER*1~\nREF*", "X12-200 REFER 4", "REFER*1~", f"AK3*REF*4**1 AK5*R*5 {REJECTED}"
    ),
    "1: a segment without an id": Case("850", "REF*", "*1~\nREF*", "X12-200 4", "*1~", f"AK5*R*5 {REJECTED}"),
    "2: the first segment of a loop is missing": Case(
        "850", "N1*BY*ACME*92*0001~\n", "", "X12-202 N3 7", "N3*1", f"AK3*N3*7**2 AK5*R*5 {REJECTED}"
    ),
    "2: a segment of a line in the heading": Case(
        "850", "REF*", "MSG*HELLO~\nREF*", "X12-202 MSG 4", "MSG*", f"AK3*MSG*4**2 AK5*R*5 {REJECTED}"
    ),
    "3: the beginning segment is missing": Case(
        "850", "BEG*00*SA*PO-1**20261123~\n", "", "X12-203 BEG 2", "CUR*", f"AK3*BEG*2**3 AK5*R*5 {REJECTED}"
    ),
    "3: the total is missing": Case(
        "810", "TDS*9950~\n", "", "X12-203 TDS 8", "CTT*", f"AK3*TDS*8**3 AK5*R*5 {REJECTED}"
    ),
    "3: no line at all": Case(
        "850",
        ORDER[ORDER.index("PO1*1") : ORDER.index("CTT*")],
        "",
        "X12-203 PO1 10",
        "CTT*",
        f"AK3*PO1*10**3 AK5*R*5 {REJECTED}",
    ),
    "4: a loop once too often": Case(
        "810",
        "IT1*",
        "N9*L1*A~\nMSG*X~\nN9*L1*B~\nMSG*Y~\nIT1*",
        "X12-204 N9 8",
        "N9*L1*B",
        f"AK3*N9*8**4 AK5*R*5 {REJECTED}",
    ),
    "5: a segment once too often": Case(
        "850", "REF*", "CUR*SE*USD~\nREF*", "X12-205 CUR 4", "CUR*SE", f"AK3*CUR*4**5 AK5*R*5 {REJECTED}"
    ),
    "6: a segment of another set": Case(
        "850", "REF*", "TDS*100~\nREF*", "X12-201 TDS 4", "TDS*", f"AK3*TDS*4**6 AK5*R*5 {REJECTED}"
    ),
    "7: a segment after its place": Case(
        "850",
        "CUR*BY*USD~\nREF*DP*38~\n",
        "REF*DP*38~\nCUR*BY*USD~\n",
        "X12-206 CUR 4",
        "CUR*BY",
        f"AK3*CUR*4**7 AK5*R*5 {REJECTED}",
    ),
    "8: a segment of nothing but separators": Case(
        "850",
        "REF*DP*38",
        "REF***",
        "X12-208 REF 4 01",
        "**~",
        f"AK3*REF*4**8 AK4*1*128*1 AK5*R*5 {REJECTED}",
    ),
    "8: a loop closed by another name": Case(
        "850",
        "PO4*1*10*EA~\n",
        "PO4*1*10*EA~\nLS*LDT~\nLDT*AF*2*DA~\nLE*XXX~\n",
        "X12-207 LE 15 01",
        "XXX~",
        f"AK3*LE*15**8 AK4*1*447*7*XXX AK5*R*5 {REJECTED}",
    ),
    "a segment called ISA is no new interchange": Case(
        "850", "REF*", "ISA*1~\nREF*", "X12-201 ISA 4", "ISA*1~", f"AK3*ISA*4**6 AK5*R*5 {REJECTED}"
    ),
}


def element(base: str, old: str, new: str, where: str, at: str, line: str, ak3: str | None = None) -> Case:
    """A fault of one element. where: the finding, as in Case. line: its AK4."""
    _, segment, number, _ = where.split()
    ak3 = ak3 or f"AK3*{segment}*{number}**8"
    return Case(base, old, new, where, at, f"{ak3} {line} AK5*R*5 {REJECTED}")


#: AK403: faults of elements.
ELEMENTS = {
    "1: no order number": element("850", "*PO-1*", "**", "X12-220 BEG 2 03", "**2026", "AK4*3*324*1"),
    "1: an order number of blanks": element(
        "850", "*PO-1*", "*   *", "X12-220 BEG 2 03", "   **2026", "AK4*3*324*1"
    ),
    "1: the segment ends before it": element(
        "850", "BEG*00*SA*PO-1**20261123", "BEG*00*SA*PO-1", "X12-220 BEG 2 05", "~\nCUR", "AK4*5*373*1"
    ),
    "1: no unit shipped": element(
        "856", "SN1**10*EA", "SN1**10", "X12-220 SN1 12 03", "~\nCTT", "AK4*3*355*1"
    ),
    "1: a component": element(
        "850", "REF*DP*38", "REF*DP*38**ZZ>", "X12-220 REF 4 04-2", "~\nPER", "AK4*4>2*127*1"
    ),
    "2: P, the second of a pair": element(
        "850", "N1*BY*ACME*92*0001", "N1*BY*ACME*92", "X12-221 N1 7 04", "~\nN3", "AK4*4*67*2"
    ),
    "2: P, the first of a pair": element(
        "850", "N1*BY*ACME*92*0001", "N1*BY*ACME**0001", "X12-221 N1 7 03", "*0001~", "AK4*3*66*2"
    ),
    "2: P of three": element("810", "IT1*1*10*EA*", "IT1*1*10**", "X12-221 IT1 6 03", "*9.95", "AK4*3*355*2"),
    "2: P in a composite": element(
        "850", "REF*DP*38", "REF*DP*38**ZZ>1>ZZ", "X12-221 REF 4 04-4", "~\nPER", "AK4*4>4*127*2"
    ),
    "2: R": element("850", "REF*DP*38", "REF*DP", "X12-221 REF 4 02", "~\nPER", "AK4*2*127*2"),
    "2: C": element("850", "*9.95**UP*", "**TE*UP*", "X12-221 PO1 10 04", "*TE*UP", "AK4*4*212*2"),
    "2: L": element("810", "ITD*01*3*****30", "ITD*01*3*2", "X12-221 ITD 5 04", "~\nIT1", "AK4*4*370*2"),
    "3: an element too many": element(
        "850", "N3*1 MAIN ST", "N3*1*2*3", "X12-222 N3 8 03", "3~\nN4", "AK4*3**3*3"
    ),
    "3: components where none are": element(
        "850", "N3*1 MAIN ST", "N3*1>2", "X12-231 N3 8 01", "1>2~", "AK4*1*166*3*12"
    ),
    "4: too short": element("850", "*USD", "*US", "X12-223 CUR 3 02", "US~", "AK4*2*100*4*US"),
    "4: a date without its century": element(
        "850", "**20261123", "**261123", "X12-223 BEG 2 05", "261123~", "AK4*5*373*4*261123"
    ),
    "5: too long": element("850", "*USD", "*USDX", "X12-224 CUR 3 02", "USDX~", "AK4*2*100*5*USDX"),
    "5: a component too long": element(
        "850", "REF*DP*38", "REF*DP*38**ZZ>1>QQQQ>1", "X12-224 REF 4 04-3", "QQQQ>1", "AK4*4>3*128*5*QQQQ"
    ),
    "6: a letter in a quantity": element(
        "850", "PO1*1*10*", "PO1*1*1O*", "X12-234 PO1 10 02", "1O*EA", "AK4*2*330*6"
    ),
    "6: a thousands separator": element(
        "850", "PO1*1*10*", "PO1*1*1,000*", "X12-234 PO1 10 02", "1,000*EA", "AK4*2*330*6"
    ),
    "6: digits of another script": element(
        "850", "PO1*1*10*", "PO1*1*１２*", "X12-234 PO1 10 02", "１２*EA", "AK4*2*330*6"
    ),
    "6: a point in an amount that implies it": element(
        "810", "TDS*9950", "TDS*99.50", "X12-234 TDS 8 01", "99.50~", "AK4*1*610*6"
    ),
    "6: a control character": element(
        "850", "N3*1 MAIN", "N3*1\x01MAIN", "X12-225 N3 8 01", "1\x01MAIN", "AK4*1*166*6"
    ),
    "7: no code of the list": element(
        "850", "BEG*00*SA", "BEG*00*QQ", "X12-226 BEG 2 02", "QQ*PO-1", "AK4*2*92*7*QQ"
    ),
    "7: a code in small letters": element(
        "850", "BEG*00*SA", "BEG*00*sa", "X12-226 BEG 2 02", "sa*PO-1", "AK4*2*92*7*sa"
    ),
    "7: a level without its parent": element(
        "856", "HL*4*3*I", "HL*4*9*I", "X12-301 HL 10 02", "9*I~", "AK4*2*734*7*9"
    ),
    "7: a level number used twice": element(
        "856", "HL*4*3*I", "HL*3*2*I", "X12-300 HL 10 01", "3*2*I", "AK4*1*628*7*3"
    ),
    "7: a level that is its own parent": element(
        "856", "HL*4*3*I", "HL*4*4*I", "X12-302 HL 10 02", "4*I~", "AK4*2*734*7*4"
    ),
    "8: no day of the calendar": element(
        "850", "**20261123", "**20270229", "X12-227 BEG 2 05", "20270229~", "AK4*5*373*8*20270229"
    ),
    "9: no time of day": element(
        "856", "*1200*0001", "*2400*0001", "X12-228 BSN 2 04", "2400*", "AK4*4*337*9*2400"
    ),
    "10: one too many": element(
        "850",
        "PO4*1*10*EA~\n",
        "PO4*1*10*EA~\nQTY*01*5**MANY~\n",
        "X12-229 QTY 13 04",
        "MANY~",
        "AK4*4*61*10*MANY",
    ),
    "13 from 005010: too many components": element(
        "850 005010", "N3*1 MAIN ST", "N3*1>2", "X12-231 N3 8 01", "1>2~", "AK4*1*166*13*12"
    ),
    "12 from 005010: too many repetitions": element(
        "850 005010", "N3*1 MAIN ST", "N3*1^2", "X12-230 N3 8 01", "1^2~", "AK4*1*166*12*12"
    ),
    "the code of a bounded loop in AK303": element(
        "850",
        "PO4*1*10*EA~\n",
        "PO4*1*10*EA~\nLS*LDT~\nLDT*AF*2*DA~\nQTY*01*x~\nLE*LDT~\n",
        "X12-234 QTY 15 02",
        "x~\nLE",
        "AK4*2*380*6",
        ak3="AK3*QTY*15*LDT*8",
    ),
}

GROUP = "GS*PO*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010"
#: AK502: faults of the set. AK905: faults of the group.
ENVELOPES = {
    "AK502 1: a set that nobody has heard of": Case(
        "850", "ST*850*", "ST*888*", "X12-086 ST 1 01", "888*", f"AK5*R*1 {REJECTED}"
    ),
    "AK502 2: no SE": Case("850", "SE*15*0001~\n", "", "X12-080 SE 15", "GE*", f"AK5*R*2 {REJECTED}"),
    "AK304 2: a GE inside a set": Case(
        "850",
        "CTT*",
        "GE*1*12~\nCTT*",
        "X12-088 GE 14",
        "GE*1*12~\nCTT",
        f"AK3*GE*14**2 AK5*R*5 {REJECTED}",
    ),
    "AK502 3: SE02": Case(
        "850", "SE*15*0001", "SE*15*0002", "X12-081 SE 15 02", "0002~", f"AK5*R*3 {REJECTED}"
    ),
    "AK502 4: SE01": Case("850", "SE*15*", "SE*16*", "X12-082 SE 15 01", "16*0001", f"AK5*R*4 {REJECTED}"),
    "AK502 4: SE01 is no number": Case(
        "850", "SE*15*", "SE*1S*", "X12-082 SE 15 01", "1S*0001", f"AK5*R*4 {REJECTED}"
    ),
    "AK502 6: no ST01": Case("850", "ST*850*", "ST**", "X12-060 ST 1 01", "*0001", f"{REJECTED}*5"),
    "AK502 6: ST01 is no set id": Case("850", "ST*850*", "ST*85*", "X12-060 ST 1 01", "85*", f"{REJECTED}*5"),
    "AK502 6: a set of another group": Case(
        "850", "GS*PO*", "GS*IN*", "X12-084 ST 1 01", "850*", f"AK5*R*6 {REJECTED}"
    ),
    "AK502 18 from 005010: a set of another group": Case(
        "850 005010", "GS*PO*", "GS*IN*", "X12-084 ST 1 01", "850*", f"AK5*R*18 {REJECTED}"
    ),
    "AK502 7: no ST02": Case("850", "ST*850*0001", "ST*850", "X12-060 ST 1 02", "~\nBEG", f"{REJECTED}*5"),
    "AK502 7: ST02 too long": Case(
        "850", "ST*850*0001", "ST*850*1234567890", "X12-060 ST 1 02", "1234567890", f"{REJECTED}*5"
    ),
    "AK905 1: GS01 is no group code": Case(
        "850", "GS*PO*", "GS*ZZ*", "X12-050 GS - 01", "ZZ*", f"AK5*R {REJECTED}*1"
    ),
    "AK905 2: GS08 is no version": Case(
        "850", "X*004010", "X*999999", "X12-052 GS - 08", "999999", f"AK5*R {REJECTED}*2"
    ),
    "AK905 2: no GS08": Case("850", "*X*004010", "*X", "X12-052 GS - 08", "~\nST", f"AK5*R {REJECTED}*2"),
    "AK905 3: no GE": Case("850", "GE*1*12~\n", "", "X12-055 GE -", "IEA*", f"AK5*R {REJECTED}*3"),
    "AK905 4: GE02": Case("850", "GE*1*12", "GE*1*13", "X12-056 GE - 02", "13~", f"AK5*R {REJECTED}*4"),
    "AK905 5: GE01": Case("850", "GE*1*12", "GE*2*12", "X12-057 GE - 01", "2*12", "AK5*R AK9*R*2*1*0*5"),
    "AK905 5: segments between sets": Case(
        "850", "GE*1*12", "NTE*X~\nGE*1*12", "X12-059 NTE -", "NTE*X", f"AK5*R {REJECTED}*5"
    ),
    "AK905 5: no ST": Case("850", "ST*850*0001~\n", "", "X12-059 BEG -", "BEG*", "AK9*R*1*0*0*5"),
    "AK905 6: GS06 is zero": Case(
        "850", "*0915*12*X", "*0915*0*X", "X12-051 GS - 06", "0*X", f"AK5*R {REJECTED}*6"
    ),
    "AK905 6: GS06 is no number": Case(
        "850", "*0915*12*X", "*0915*1A*X", "X12-051 GS - 06", "1A*X", ta1="R 024"
    ),
    "AK905 1: no GS01": Case("850", "GS*PO*", "GS**", "X12-050 GS - 01", "*ACME", ta1="R 024"),
}

ACCEPTED = "AK5*A AK9*A*1*1*1"


def refused(base: str, old: str, new: str, finding: str, at: str, note: str) -> Case:
    """A fault for which a TA1 R with this note refuses the interchange, and no 997 follows."""
    return Case(base, old, new, finding, at, ta1=f"R {note}")


#: TA105: faults of the interchange.
INTERCHANGES = {
    "001: IEA02": Case(
        "850", "IEA*1*000000007", "IEA*1*000000008", "X12-032 IEA - 02", "000000008", ACCEPTED, "E 001"
    ),
    "004: the terminator is missing": refused("850", "*P*>~\n", "*P*>", "X12-008 ISA -", "GS*", "004"),
    "004: the terminator separates elements": refused(
        "850", "*P*>~", "*P*>*", "X12-008 ISA -", "*\nGS", "004"
    ),
    "005: sender qualifier": refused("850", "*ZZ*ACME", "*Z *ACME", "X12-015 ISA - 05", "Z *", "005"),
    "006: sender id": Case(
        "850", "ACMERETAIL     *12", "               *12", "X12-016 ISA - 06", "    ", "", "E 006"
    ),
    "007: receiver qualifier": refused("850", "*12*2015", "*1 *2015", "X12-017 ISA - 07", "1 *", "007"),
    "008: receiver id": Case(
        "850", "*2015550100     *", "*               *", "X12-018 ISA - 08", "    ", "", "E 008"
    ),
    "010: authorization qualifier": refused("850", "ISA*00*", "ISA*0 *", "X12-013 ISA - 01", "0 *", "010"),
    "012: security qualifier": refused(
        "850", "*00*          *ZZ", "*0 *          *ZZ", "X12-014 ISA - 03", "0 *", "012"
    ),
    "014: date": refused("850", "*261123*0915*U", "*261323*0915*U", "X12-019 ISA - 09", "261323", "014"),
    "015: time": refused("850", "*0915*U", "*2515*U", "X12-020 ISA - 10", "2515", "015"),
    "016: the repetition separator is another's": refused(
        "850 005010", "*^*00501", "*>*00501", "X12-011 ISA - 11", ">*005", "016"
    ),
    "017: version": refused("850", "*00401*", "*ABCDE*", "X12-022 ISA - 12", "ABCDE", "017"),
    "018: control number of zero": refused(
        "850", "*000000007*", "*000000000*", "X12-023 ISA - 13", "000000000", "018"
    ),
    "018: control number with a letter": refused(
        "850", "*000000007*", "*00000000A*", "X12-023 ISA - 13", "00000000A", "018"
    ),
    "019: ISA14": Case("850", "*0*P*>", "*2*P*>", "X12-024 ISA - 14", "2*P", ACCEPTED, "E 019"),
    "020: ISA15": Case("850", "*0*P*>", "*0*X*>", "X12-025 ISA - 15", "X*>", ACCEPTED, "E 020"),
    "021: IEA01": Case("850", "IEA*1*", "IEA*2*", "X12-031 IEA - 01", "2*0000", ACCEPTED, "E 021"),
    "022: a width": refused("850", "ACMERETAIL     *12", "ACMERETAIL*12", "X12-012 ISA -", "ISA*00", "022"),
    "022: an element left out": refused(
        "850", "ISA*00*          *", "ISA*", "X12-006 ISA -", "ISA*00", "022"
    ),
    "023: no IEA": refused("850", "IEA*1*000000007~\n", "", "X12-029 IEA -", "", "023"),
    "024: no group": refused("850", f"{GROUP}~\n", "", "X12-028 ST -", "ST*850", "024"),
    "026: a blank separates elements": refused(
        "850", ISA, ISA.replace("*", " "), "X12-005 ISA -", " 00 ", "026"
    ),
    "026: a letter separates elements": refused(
        "850", ISA, ISA.replace("*", "A"), "X12-005 ISA -", "A00A", "026"
    ),
    "027: the component separator is another's": refused(
        "850", "*P*>", "*P**", "X12-009 ISA - 16", "*~", "027"
    ),
}

CASES = {
    **{f"AK304 {name}": case for name, case in SEGMENTS.items()},
    **{f"AK403 {name}": case for name, case in ELEMENTS.items()},
    **ENVELOPES,
    **{f"TA105 {name}": case for name, case in INTERCHANGES.items()},
}
