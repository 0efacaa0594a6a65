"""What the load is made of: orders of any number of lines, partners to send them, one big interchange."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from paramiko import Ed25519Key

from gateway import home as homes

#: A flood of this partner must not delay the others; it is one of them.
FLOODER = 1
_PROFILE = """\
extends = "retailer"
name = "Load {number:02}"

[x12]
isa = [{{ qualifier = "ZZ", id = "LOAD{number:02}" }}]
gs = ["LOAD{number:02}"]

[[channels]]
kind = "sftp_mailbox"
name = "load-{number:02}"
login = "load{number:02}"
limits = {{ sessions = 2000, requests_per_s = 1000000 }}
"""


def partner(number: int) -> str:
    """The folder name of a partner of the load, from 1."""
    return f"load-{number:02}"


def login(number: int) -> str:
    """Its SFTP login."""
    return f"load{number:02}"


def client_key(home: Path) -> Ed25519Key:
    """The key that all partners of the load log in with."""
    return Ed25519Key.from_private_key_file(str(homes.client_key(home, "acme-retail")))


def write_partners(home: Path, count: int) -> None:
    """Add partners of the load to a prepared home, before its first start."""
    key = homes.client_key(home, "acme-retail").with_suffix(".pub")
    for number in range(1, count + 1):
        folder = home / "partners" / partner(number)
        (folder / "keys").mkdir(parents=True)
        (folder / "profile.toml").write_text(_PROFILE.format(number=number), "utf-8")
        shutil.copyfile(key, folder / "keys" / key.name)


def purchase_order(number: int) -> str:
    """The business number of the order in file `number`."""
    return f"L{number:08}"


def order_file(number: int, sender: int, lines: int = 50) -> bytes:
    """One interchange with one 850. number: makes control and business numbers; sender: the partner."""
    control = f"{number % 999_999_999 + 1:09}"
    me = f"LOAD{sender:02}"
    return (
        f"ISA*00*          *00*          *ZZ*{me:<15}*ZZ*MILLBROOK      *261102*0930*U*00401*{control}*0*P*>~"
        f"GS*PO*{me}*MILLBROOK*20261102*0930*{number + 1}*X*004010~"
        f"{_order(purchase_order(number), 1, lines)}GE*1*{number + 1}~IEA*1*{control}~"
    ).encode("ascii")


def write_interchange(path: Path, size: int, lines: int, sender: int = 1) -> int:
    """One interchange of orders of `lines` lines, about `size` bytes; how many orders."""
    me = f"LOAD{sender:02}"
    with path.open("w", encoding="ascii", newline="") as file:
        written = file.write(
            f"ISA*00*          *00*          *ZZ*{me:<15}*ZZ*MILLBROOK      "
            "*261102*0930*U*00401*999999999*0*P*>~"
            f"GS*PO*{me}*MILLBROOK*20261102*0930*999999999*X*004010~"
        )
        count = 0
        body = _body(lines)
        while written < size:
            count += 1
            written += file.write(_order(f"B{count:09}", count, lines, body))
        file.write(f"GE*{count}*999999999~IEA*1*999999999~")
    return count


def _order(po: str, ordinal: int, lines: int, body: str | None = None) -> str:
    control = f"{ordinal:04}"
    return (
        f"ST*850*{control}~BEG*00*SA*{po}**20261102~REF*DP*014~DTM*002*20261116~"
        "N1*ST*Example Store 0042*92*0042~N3*118 Kettle Lane~N4*Springfield*IL*62701*US~"
        f"{body or _body(lines)}CTT*{lines}~SE*{2 * lines + 9}*{control}~"
    )


def _body(lines: int) -> str:
    return "".join(
        f"PO1*{n}*24*EA*3.75*PE*UP*614141000012*VN*MB-{n:04}~PID*F****Enamel mug no. {n}~"
        for n in range(1, lines + 1)
    )


#: Makes the bytes of a file from its number and its sender.
Maker = Callable[[int, int], bytes]
