"""Files on which pyx12 and we differ as on no other of the faulty files, by kind of difference."""

from __future__ import annotations

from x12_faults import INVOICE, ISA, NEWER_ORDER, NOTICE, ORDER, recounted

_CATALOGUE = f"""{ISA.replace("*U*00401", "*^*00501")}
GS*SC*ACMERETAIL*TRADEPOST*20261123*0915*12*X*005010~
ST*832*0001~
BCT*CI~
LIN**UP*012345678905~
CTP**RES*1~
G40**1~
G93**1~
LS*LDT~
LE*LDT~
LS*LDT~
LE*LDT~
SE*11*0001~
GE*1*12~
IEA*1*000000007~
"""
_PAYMENT = f"""{ISA}
GS*RA*ACMERETAIL*TRADEPOST*20261123*0915*12*X*004010~
ST*820*0001~
BPR*I*100*C*ACH~
LX*1~
NM1*PE*1~
PEN*AD~
DTP*009*D8*FRIDAY~
SE*7*0001~
GE*1*12~
IEA*1*000000007~
"""


def _changed(base: str, old: str, new: str) -> str:
    assert old in base
    return recounted(base.replace(old, new, 1))


FURTHER = {
    "first-component": _changed(ORDER, "REF*DP*38", "REF*DP*38**>1"),
    "characters": _changed(ORDER, "BY*ACME*", "BY*MÜLLER*"),
    "number-form": _changed(INVOICE, "TDS*9950", "TDS*-0"),
    "only-separators": _changed(ORDER, "REF*DP*38", "REF*DP*38**>"),
    "same-name": _CATALOGUE,
    "date-formats": _PAYMENT,
    "hierarchy-order": _changed(NOTICE, "HL*4*3*I", "HL*4*1*O~\nHL*5*3*I"),
    "repetitions": _changed(NEWER_ORDER, "N3*1 MAIN ST", "N3*1^2"),
}
