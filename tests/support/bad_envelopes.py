"""Faults of sets, groups, interchanges and agreements, one at a time: base, then old and new text."""

from __future__ import annotations

from x12_faults import GROUP, ORDER

_SET = ORDER[ORDER.index("ST*850") : ORDER.index("GE*1*12")]
_WHOLE_GROUP = ORDER[ORDER.index("GS*PO") : ORDER.index("IEA*")]

#: AK502.
SETS: dict[str, tuple[str, ...]] = {
    "AK502 3: no SE02": ("850", "SE*15*0001", "SE*15"),
    "AK502 4: no SE01": ("850", "SE*15*0001", "SE**0001"),
    "AK502 4: a segment was lost": ("850", "SE*15*", "SE*14*"),
    "AK502 4: a segment is missing, as the count says": (
        "850",
        "BEG*00*SA*PO-1**20261123~\n",
        "",
        "SE*15*",
        "SE*15*",
    ),
    "AK502 4: a segment is too many, as the count says": ("850", "CTT*", "ZZZ*1~\nCTT*", "SE*15*", "SE*15*"),
    "AK304 2: an SE inside a set": ("850", "CTT*", "SE*3*0001~\nCTT*"),
    "AK304 2: an ST inside a set": ("850", "CTT*", "ST*850*0002~\nCTT*"),
    "AK304 2: ST twice": ("850", "ST*850*0001~\n", "ST*850*0001~\nST*850*0001~\n"),
    "AK304 2: a GS inside a set": ("850", "CTT*", f"{GROUP}~\nCTT*"),
    "AK304 2: an IEA inside a set": ("850", "CTT*", "IEA*1*000000007~\nCTT*"),
    "AK304 1: a segment under a wrong name": ("850", "BEG*", "BGE*"),
    "AK502 7: ST02 too short": ("850", "ST*850*0001", "ST*850*001", "*0001~\nGE", "*001~\nGE"),
    "AK502 19 from 005010: ST03 too long": ("850 005010 with ST03", "*GUIDE", f"*{'G' * 36}"),
    "AK502 19 from 005010: a control character in ST03": ("850 005010 with ST03", "*GUIDE", "*GU\x01DE"),
    "AK403 3: an element of ST that 004010 does not have": ("850", "ST*850*0001", "ST*850*0001*GUIDE"),
    "AK403 3: an element of ST that 005010 does not have": (
        "850 005010 with ST03",
        "*GUIDE",
        "*GUIDE*X",
    ),
    "AK403 3: an element of SE that no release has": ("850", "SE*15*0001", "SE*15*0001*X"),
    "AK502 23: ST02 twice": ("850", "GE*1*12", f"{_SET}GE*2*12"),
    "AK502 23 in 005010: ST02 twice": ("850 005010", "GE*1*12", f"{_SET}GE*2*12"),
    "AK502 2 in 005010: no SE": ("850 005010", "SE*15*0001~\n", ""),
    "AK502 3 in 005010: SE02": ("856 005010", "SE*14*0001", "SE*14*0009"),
    "AK502 4 in 005010: SE01": ("810 005010", "SE*10*", "SE*11*"),
    "AK502 6: an ST01 of another group": ("850", "ST*850", "ST*855"),
    "AK502 6: an ST01 of another group, for which there are no tables": ("850", "ST*850", "ST*837"),
    "AK502 6: the ST01 of an answer": ("850", "ST*850", "ST*997"),
    "AK502 18 in 005010: an ST01 of another group": ("850 005010", "ST*850", "ST*860"),
}
#: AK905.
GROUPS: dict[str, tuple[str, ...]] = {
    "AK905 4: no GE02": ("850", "GE*1*12", "GE*1"),
    "AK905 5: no GE01": ("850", "GE*1*12", "GE**12"),
    "AK905 5: GE01 is no number": ("850", "GE*1*12", "GE*A*12"),
    "AK905 5: an SE too many": ("850", "GE*1*12", "SE*15*0001~\nGE*1*12"),
    "AK905 5: a GS twice": ("850", f"{GROUP}~\n", f"{GROUP}~\n{GROUP}~\n"),
    "AK905 6: GS06 twice, in an older answer": ("850", "IEA*1*", f"{_WHOLE_GROUP}IEA*2*"),
    "AK905 19 from 005010: GS06 twice": (
        "850 005010",
        "IEA*1*",
        f"{_WHOLE_GROUP.replace('*X*004010', '*X*005010')}IEA*2*",
    ),
    "AK905 6: GS06 too long": ("850", "*0915*12*X", "*0915*1234567890*X"),
    "AK905 6: no GS06": ("850", "*0915*12*X", "*0915**X"),
    "AK905 2: a release that never was": ("850", "X*004010", "X*012345"),
    "AK905 3 in 005010: no GE": ("850 005010", "GE*1*12~\n", ""),
    "AK905 1 in 005010: GS01 is no group code": ("850 005010", "GS*PO*", "GS*ZZ*"),
}
#: TA105.
INTERCHANGES: dict[str, tuple[str, ...]] = {
    "TA105 001: no IEA02": ("850", "IEA*1*000000007", "IEA*1"),
    "TA105 021: no IEA01": ("850", "IEA*1*", "IEA**"),
    "TA105 021: IEA01 is no number": ("850", "IEA*1*", "IEA*X*"),
    "TA105 014: a date of letters": ("850", "*261123*0915*U", "*2611XX*0915*U"),
    "TA105 015: a time of letters": ("850", "*261123*0915*U", "*261123*09X5*U"),
    "TA105 017: no version": ("850", "*00401*", "*     *"),
    "TA105 019: no ISA14": ("850", "*0*P*>", "* *P*>"),
    "TA105 020: no ISA15": ("850", "*0*P*>", "*0* *>"),
    "TA105 023: cut in the middle of a set": ("850", ORDER[ORDER.index("CTT*") :], ""),
    "TA105 024: a segment between the groups": ("850", "IEA*1*", "NTE*X~\nIEA*1*"),
    "TA105 025: the control number of an interchange before": (
        "850 twice",
        "*000000008*",
        "*000000007*",
        "IEA*1*000000008",
        "IEA*1*000000007",
    ),
    "TA105 027: a letter separates components": ("850", "*P*>", "*P*A"),
    "TA105 023: another interchange begins": ("850 twice", "IEA*1*000000007~\n", ""),
}
_TO_US = "850 for a sample partner"
#: What only an agreement can know.
AGREEMENTS: dict[str, tuple[str, ...]] = {
    "TA105 006: a sender that nobody knows": (_TO_US, "*ZZ*ACMERETAIL     ", "*ZZ*STRANGER       "),
    "TA105 009: a receiver that we are not": (_TO_US, "*ZZ*MILLBROOK      ", "*ZZ*SOMEBODY       "),
    "AK905 1: an application sender that was not agreed": (_TO_US, "GS*PO*ACMERETAIL", "GS*PO*STRANGER"),
    "AK502 1: a set that was not agreed": (
        _TO_US,
        "GS*PO*",
        "GS*TX*",
        "ST*850*0001",
        "ST*864*0001",
        _SET[_SET.index("BEG*") : _SET.index("SE*")],
        "BMG*00~\nMIT*1*X~\nMSG*HELLO~\n",
        "SE*15*",
        "SE*5*",
    ),
}
