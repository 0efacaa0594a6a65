"""The files that the benchmarks read: orders, ship notices and invoices of ten lines, made by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

LINES = 10
#: The partner whose orders may have any number of lines.
BIG_BUYER = "big-buyer"
_OURS = """\
name = "Seller"
isa = [{ qualifier = "ZZ", id = "SELLER" }]
"""
_BIG_BUYER = """\
name = "Buyer of much"

[x12]
isa = [{ qualifier = "ZZ", id = "BUYER" }]
endless_loops = true

[[channels]]
kind = "sftp_mailbox"
name = "big-buyer"
login = "bigbuyer"

[[documents]]
document = "order"
standard = "x12"
set = "850"
"""
#: One in so many sets of a faulty file has a fault.
FAULTY_EVERY = 10
_ISA = (
    "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         "
    "*261123*0915*U*00401*000000001*0*P*>~\n"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A set as it is filled in. body: its segments between ST and SE by ordinal. fault: text and its ruin."""

    set_id: str
    functional_id: str
    body: Callable[[int], list[str]]
    fault: tuple[str, str]


def _order(number: int, lines: int = LINES) -> list[str]:
    head = [
        f"BEG*00*SA*PO{number:08}**20261123", "CUR*BY*USD", "REF*DP*038", "REF*CO*7781",
        "PER*BD*Jane Roe*TE*5552013344", "ITD*01*3*2**10**30", "DTM*002*20261201", "TD5**2*UPSN",
        "N1*BY*Example Stores*92*0001", "N3*1 Example Road", "N4*Springfield*IL*62701",
        "N1*ST*Example Store 42*92*0042", "N3*42 Sample Street", "N4*Peoria*IL*61602",
    ]  # fmt: skip
    body = [
        segment
        for n in range(1, lines + 1)
        for segment in (f"PO1*{n}*12*EA*9.95**UP*012345678905*VN*X{n:04}", f"PID*F****Widget no. {n}")
    ]
    return [*head, *body, f"CTT*{lines}"]


def _notice(number: int) -> list[str]:
    head = [
        f"BSN*00*S{number:08}*20261123*0915*0004", "HL*1**S", "TD1*CTN25*10****G*120*LB", "TD5**2*UPSN",
        "REF*BM*998877", "DTM*011*20261123", "N1*SF*Seller*92*S1", "N1*ST*Example Store 42*92*0042",
        "HL*2*1*O", f"PRF*PO{number:08}",
    ]  # fmt: skip
    body = [
        segment
        for n in range(1, LINES + 1)
        for segment in (f"HL*{n + 2}*2*I", f"LIN*{n}*UP*012345678905*VN*X{n:04}", "SN1**12*EA")
    ]
    return [*head, *body, f"CTT*{LINES + 2}"]


def _invoice(number: int) -> list[str]:
    head = [
        f"BIG*20261123*I{number:08}**PO{number:08}***DR*00", "CUR*SE*USD", "REF*DP*038",
        "N1*ST*Example Store 42*92*0042", "N3*42 Sample Street", "N4*Peoria*IL*61602", "ITD*01*3*2**10**30",
        "DTM*011*20261123",
    ]  # fmt: skip
    body = [
        segment
        for n in range(1, LINES + 1)
        for segment in (f"IT1*{n}*12*EA*9.95**UP*012345678905*VN*X{n:04}", f"PID*F****Widget no. {n}")
    ]
    return [*head, *body, "TDS*119400", f"CTT*{LINES}"]


KINDS = {
    "850": Kind("850", "PO", _order, ("*20261201", "*20261301")),
    "856": Kind("856", "SH", _notice, ("DTM*011*20261123", "DTM*011*20261323")),
    "810": Kind("810", "IN", _invoice, ("DTM*011*20261123", "DTM*011*20261323")),
}


def write_sets(path: Path, set_id: str, size: int, *, faulty: bool = False) -> None:
    """One interchange of as many sets as `size` bytes hold, at least one.

    faulty: one in ten has a date that is none.
    """
    kind = KINDS[set_id]
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(f"{_ISA}GS*{kind.functional_id}*BUYER*SELLER*20261123*0915*1*X*004010~\n")
        written = number = 0
        for number in count(1):
            text = _set(kind.set_id, number, kind.body(number))
            if faulty and number % FAULTY_EVERY == 0:
                text = text.replace(*kind.fault, 1)
            written += file.write(text)
            if written + len(text) > size:
                break
        file.write(f"GE*{number}*1~\nIEA*1*000000001~\n")


def write_profiles(folder: Path) -> None:
    """Partner profiles with `BIG_BUYER` alone."""
    (folder / BIG_BUYER).mkdir(parents=True)
    (folder / "ours.toml").write_text(_OURS, "utf-8")
    (folder / BIG_BUYER / "profile.toml").write_text(_BIG_BUYER, "utf-8")


def write_large_order(path: Path, lines: int) -> None:
    """One interchange with one order of so many lines."""
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(f"{_ISA}GS*PO*BUYER*SELLER*20261123*0915*1*X*004010~\n")
        file.writelines(_large_order(lines))
        file.write("GE*1*1~\nIEA*1*000000001~\n")


def _large_order(lines: int) -> Iterator[str]:
    *head, _, _, total = _order(1, 1)
    yield "ST*850*0001~\n"
    yield from (f"{segment}~\n" for segment in head)
    for n in range(1, lines + 1):
        yield f"PO1*{n}*12*EA*9.95**UP*012345678905*VN*X{n:06}~\nPID*F****Widget no. {n}~\n"
    yield f"{total.partition('*')[0]}*{lines}~\nSE*{len(head) + 2 * lines + 3}*0001~\n"


def _set(set_id: str, number: int, body: list[str]) -> str:
    control = f"{number:04}"
    return "~\n".join([f"ST*{set_id}*{control}", *body, f"SE*{len(body) + 2}*{control}", ""])
