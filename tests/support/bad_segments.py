"""Faults of segments (AK304), one at a time: base, then old and new text."""

from __future__ import annotations

from x12_faults import NOTICE, ORDER

_FIRST_LINE = "PO1*1*10*EA*9.95**UP*012345678905~\n"

SEGMENTS: dict[str, tuple[str, ...]] = {
    "AK304 1: an unknown segment in a ship notice": ("856", "TD5*", "TD9*X~\nTD5*"),
    "AK304 1: an unknown segment in an invoice": ("810", "ITD*", "XYZ*X~\nITD*"),
    "AK304 1: text where a segment should be": ("850", "REF*", "PLEASE CALL US~\nREF*"),
    "AK304 1: a digit in front": ("850", "REF*", "1EF*DP~\nREF*"),
    "AK304 1: an unknown segment after the last line": ("850", "CTT*", "QQQ*1~\nCTT*"),
    "AK304 6: a segment of another set just behind ST": ("850", "BEG*", "AAA*1~\nBEG*"),
    "AK304 1 in 005010": ("850 005010", "REF*", "ZZZ*1~\nREF*"),
    "AK304 2: an address without its name in a ship notice": ("856", "HL*2*", "N3*1 MAIN~\nHL*2*"),
    "AK304 2: a city without its name in an invoice": ("810", "N1*ST", "N4*TOWN*NY~\nN1*ST"),
    "AK304 2: a quantity of no line": ("810", "IT1*1", "QTY*01*5~\nIT1*1"),
    "AK304 3: no beginning of a ship notice": ("856", "BSN*00*SHIP1*20261123*1200*0001~\n", ""),
    "AK304 3: no beginning of an invoice": ("810", "BIG*20261123*INV1**PO-1***DR*00~\n", ""),
    "AK304 3: no level at all": (
        "856",
        NOTICE[NOTICE.index("HL*1") : NOTICE.index("SE*")],
        "",
    ),
    "AK304 3: nothing between ST and SE but the beginning": (
        "850",
        ORDER[ORDER.index("CUR*") : ORDER.index("SE*")],
        "",
    ),
    "AK304 3 in 005010: no total": ("810 005010", "TDS*9950~\n", ""),
    "AK304 4: a loop of names 201 times": ("810", "N1*ST*STORE*92*0001~\n", "N1*ST*STORE*92*0001~\n" * 201),
    "AK304 5: two beginnings": ("850", "CUR*", "BEG*00*SA*PO-1**20261123~\nCUR*"),
    "AK304 5: two totals": ("810", "CTT*", "TDS*9950~\nCTT*"),
    "AK304 5: eleven dates": ("850", "DTM*002*20261130~\n", "DTM*002*20261130~\n" * 11),
    "AK304 5: three lines of an address": ("850", "N3*1 MAIN ST~\n", "N3*1 MAIN ST~\n" * 3),
    "AK304 5: two quantities of an item": ("856", "SN1**10*EA~\n", "SN1**10*EA~\n" * 2),
    "AK304 5: two beginnings of a ship notice": ("856", "HL*1*", "BSN*00*SHIP1*20261123*1200*0001~\nHL*1*"),
    "AK304 5 in 005010: two counts": ("850 005010", "CTT*2~\n", "CTT*2~\nCTT*2~\n"),
    "AK304 6: an order's line in an invoice": ("810", "IT1*1", f"{_FIRST_LINE}IT1*1"),
    "AK304 6: an order's beginning in a ship notice": ("856", "HL*1*", "BEG*00*SA*X**20261123~\nHL*1*"),
    "AK304 6: a level in an order": ("850", "CTT*", "HL*1**S~\nCTT*"),
    "AK304 6 in 005010": ("856 005010", "HL*1*", "TDS*1~\nHL*1*"),
    "AK304 7: the total before the lines": (
        "810",
        "IT1*1*10*EA*9.95**UP*012345678905~\nPID*F****WIDGET~\nTDS*9950~\n",
        "TDS*9950~\nIT1*1*10*EA*9.95**UP*012345678905~\nPID*F****WIDGET~\n",
    ),
    "AK304 7: a city before its street": (
        "850",
        "N3*1 MAIN ST~\nN4*TOWN*NY*10001~\n",
        "N4*TOWN*NY*10001~\nN3*1 MAIN ST~\n",
    ),
    "AK304 7: a quantity before its item": (
        "856",
        "LIN**UP*012345678905~\nSN1**10*EA~\n",
        "SN1**10*EA~\nLIN**UP*012345678905~\n",
    ),
    "AK304 8: a segment of its id alone": ("850", "PER*BD*JOHN*TE*5551234", "PER"),
    "AK304 8: an item of its id alone": ("856", "SN1**10*EA", "SN1"),
    "AK304 8: a total of separators": ("810", "TDS*9950", "TDS****"),
}
