"""Small business files by hand: an 850, a CSV order, and the envelopes around a partner's answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"


def sample(title: str) -> bytes:
    """The input of a sample: "x12/850/simple"."""
    return next((SAMPLES / title).glob("input.*")).read_bytes()


def interchange(
    *segments: str,
    number: int,
    functional_id: str = "PO",
    sender: str = "ACMERETAIL",
    usage: str = "P",
    group: int | None = None,
) -> bytes:
    """Sets of one group from a sample partner to us. segments: from ST to SE, without terminators."""
    group = number if group is None else group
    sets = sum(segment.startswith("ST*") for segment in segments)
    whole = [
        _isa(sender, number, usage),
        f"GS*{functional_id}*{sender}*MILLBROOK*20261102*0930*{group}*X*004010",
        *segments,
        f"GE*{sets}*{group}",
        f"IEA*1*{number:09}",
    ]
    return "".join(f"{segment}~\n" for segment in whole).encode()


def bare(*segments: str, number: int, sender: str = "ACMERETAIL") -> bytes:
    """An interchange without groups, as one that carries nothing but TA1s."""
    whole = [_isa(sender, number, "P"), *segments, f"IEA*0*{number:09}"]
    return "".join(f"{segment}~\n" for segment in whole).encode()


def _isa(sender: str, number: int, usage: str) -> str:
    nothing, ours = " " * 10, f"{'MILLBROOK':15}"
    parties = f"*00*{nothing}*00*{nothing}*ZZ*{sender:15}*ZZ*{ours}"
    return f"ISA{parties}*261102*0930*U*00401*{number:09}*0*{usage}*>"


def order_850(
    number: int,
    orders: Sequence[str],
    *,
    sender: str = "ACMERETAIL",
    usage: str = "P",
    purpose: str = "00",
    date: str = "20261102",
    quantity: int = 24,
) -> bytes:
    """An interchange of one 850 per purchase order number. date: of BEG05, so that a test can break it."""
    segments: list[str] = []
    for ordinal, order in enumerate(orders, start=1):
        body = [
            f"ST*850*{ordinal:04}",
            f"BEG*{purpose}*SA*{order}**{date}",
            "DTM*002*20261116",
            "N1*ST*Acme Store 0042*92*0042",
            f"PO1*1*{quantity}*EA*3.75*PE*UP*614141000012*VN*MB-1001",
            f"CTT*1*{quantity}",
        ]
        segments += [*body, f"SE*{len(body) + 1}*{ordinal:04}"]
    return interchange(*segments, number=number, sender=sender, usage=usage)


def order_csv(orders: Sequence[str], *, quantity: str = "12") -> bytes:
    """One row an order, in the layout of corner-bikes."""
    head = "order_number,order_date,ship_to,deliver_by,line,item,quantity,unit,price,note"
    rows = [f"{order},2026-11-02,Shop York,,1,MB-3007,{quantity},each,7.20," for order in orders]
    return "\n".join([head, *rows, ""]).encode()
