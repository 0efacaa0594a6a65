"""Two faults at once: base, then old and new text by turns."""

from __future__ import annotations

from x12_faults import ORDER

_SET = ORDER[ORDER.index("ST*850") : ORDER.index("GE*1*12")]
_BAD_DATE = ("**20261123", "**20261399")

TWO_AT_ONCE: dict[str, tuple[str, ...]] = {
    "two elements of one segment": ("850", "BEG*00*SA", "BEG*QQ*QQ"),
    "two elements of two segments": ("850", *_BAD_DATE, "N1*BY*ACME*92*0001", "N1*BY*ACME*92"),
    "an element and an unknown segment": ("850", *_BAD_DATE, "CTT*", "ZZZ*1~\nCTT*"),
    "two unknown segments": ("850", "REF*", "ZZY*1~\nREF*", "CTT*", "ZZZ*1~\nCTT*"),
    "a missing segment and a bad number": ("810", "TDS*9950~\n", "", "IT1*1*10*", "IT1*1*1O*"),
    "a segment too often and one out of order": (
        "850",
        "CUR*BY*USD~\nREF*DP*38~\n",
        "REF*DP*38~\nCUR*BY*USD~\nCUR*BY*USD~\n",
    ),
    "a lost loop and a bad time": ("856", "*1200*0001", "*2500*0001", "HL*2*1*O", "N3*X~\nHL*2*1*O"),
    "an element and the count of segments": ("850", *_BAD_DATE, "SE*15*", "SE*99*"),
    "an element and SE02": ("850", *_BAD_DATE, "SE*15*0001", "SE*15*0009"),
    "an element and no SE": ("850", *_BAD_DATE, "SE*15*0001~\n", ""),
    "the count of segments and SE02": ("850", "SE*15*0001", "SE*99*0009"),
    "an element and the count of sets": ("850", *_BAD_DATE, "GE*1*12", "GE*7*12"),
    "an element and no GE": ("850", *_BAD_DATE, "GE*1*12~\n", ""),
    "the count of sets and GE02": ("850", "GE*1*12", "GE*7*99"),
    "a wrong group code and no GE": ("850", "GS*PO*", "GS*ZZ*", "GE*1*12~\n", ""),
    "two bad sets of one group": (
        "850",
        "GE*1*12",
        f"{_SET.replace('*0001~', '*0002~').replace(*_BAD_DATE)}GE*2*12",
        *_BAD_DATE,
    ),
    "an element and IEA02": ("850", *_BAD_DATE, "IEA*1*000000007", "IEA*1*000000008"),
    "IEA01 and IEA02": ("850", "IEA*1*000000007", "IEA*4*000000008"),
    "the usage and the count of groups": ("850", "*0*P*>", "*0*X*>", "IEA*1*", "IEA*4*"),
    "the date and the control number of the ISA": (
        "850",
        "*261123*0915*U",
        "*261323*0915*U",
        "*000000007*0*",
        "*000000000*0*",
        "IEA*1*000000007",
        "IEA*1*000000000",
    ),
    "an element in 005010 and ST02 too short": (
        "850 005010",
        *_BAD_DATE,
        "ST*850*0001",
        "ST*850*01",
        "SE*15*0001",
        "SE*15*01",
    ),
}
