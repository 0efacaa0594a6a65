"""`kill -9` at random moments of a run; then everything is counted from outside only.

What counts: what the partners' clients were told, what the ERP took, what lies in the mailboxes.
"""

from __future__ import annotations

import json
import os
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from business_files import order_850, order_csv
from fake_erp import FakeErp, accept, commit_then_drop, fake_erp, status
from live_gateway import DEADLINE_S, QUICK_RETRY, LiveGateway, prepared_gateway
from paramiko import SSHException

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ISA13 = re.compile(rb"^ISA(?:\*[^*]*){12}\*(\d{9})\*")
ANSWERED_GROUP = re.compile(rb"\nAK1\*PO\*(\d+)")
RECEIPT_OF = re.compile(rb"document,\d+,(C-\d+-0),")
#: Chooses the moments of the kills; `make soak` tries many.
SEED = int(os.environ.get("TRADEPOST_CRASH_SEED", "2026"))
ACME, CORNER = "acme-retail", "corner-bikes"


@dataclass(frozen=True)
class Upload:
    """A file a partner sends. orders: the numbers that must reach the ERP."""

    partner: str
    name: str
    content: bytes
    orders: tuple[str, ...]


def _uploads(count: int) -> list[Upload]:
    """Of ten files seven are X12, one of them with a bad date and two with two orders; three are CSV."""
    return [_csv(n) if n % 10 in {2, 5, 8} else _x12(n) for n in range(1, count + 1)]


def _x12(n: int) -> Upload:
    orders = tuple(f"A-{n}-{part}" for part in range(2 if n % 10 in {1, 6} else 1))
    is_bad = n % 10 == 3
    content = order_850(n, orders, date="20261131" if is_bad else "20261102")
    return Upload(ACME, f"po_{n}.edi", content, () if is_bad else orders)


def _csv(n: int) -> Upload:
    orders = (f"C-{n}-0", f"C-{n}-1")
    is_bad = n % 20 == 5
    content = order_csv(orders, quantity="many" if is_bad else "12")
    return Upload(CORNER, f"orders_{n}.csv", content, () if is_bad else orders)


class Progress:
    """Counts what happened in the run, so that kills fall into it and not behind it."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def step(self) -> None:
        """One thing more has happened."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Until `count` things have happened in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count >= count, DEADLINE_S):
                raise TimeoutError(f"{self._count} of {count} things happened")


class Partner:
    """A client that sends file after file, each until it is told that it was taken."""

    def __init__(self, gateway: LiveGateway, progress: Progress, is_up: threading.Event) -> None:
        self._gateway = gateway
        self._progress = progress
        self._is_up = is_up

    def send_all(self, uploads: Sequence[Upload]) -> list[str]:
        """The names of the files that the gateway said it has, in order."""
        waiting, told = list(uploads), []
        while waiting:
            assert self._is_up.wait(DEADLINE_S), "the gateway does not come back"
            for name in self._session(waiting):
                told.append(name)
                self._progress.step()
        return told

    def _session(self, waiting: list[Upload]) -> Iterator[str]:
        """Send until the connection breaks; gives each name after its close was answered OK."""
        try:
            with self._gateway.client(waiting[0].partner) as client:
                while waiting:
                    with client.open(f"/inbox/{waiting[0].name}", "wb") as file:
                        file.write(waiting[0].content)
                    yield waiting.pop(0).name
        except (OSError, EOFError, SSHException):
            return


def _kill_at(
    gateway: LiveGateway, progress: Progress, is_up: threading.Event, moments: Sequence[int]
) -> None:
    """kill -9 whenever so many things have happened, and start again on the same home."""
    for moment in moments:
        progress.wait_for(moment)
        is_up.clear()
        gateway.kill()
        gateway.start()
        is_up.set()


def _moments(seed: int, kills: int, uploads: Sequence[Upload]) -> list[int]:
    """Kills at random among the uploads and deliveries that are certain to come, but for the last few."""
    certain = len(uploads) + sum(len(upload.orders) for upload in uploads)
    return sorted(random.Random(seed).sample(range(1, certain * 9 // 10), kills))


def _run(gateway: LiveGateway, erp: FakeErp, uploads: Sequence[Upload], kills: int) -> list[str]:
    """Send everything while the gateway is killed again and again; what the clients were told."""
    progress, is_up = Progress(), threading.Event()
    erp.on_request = progress.step
    gateway.start()
    is_up.set()
    partner = Partner(gateway, progress, is_up)
    with ThreadPoolExecutor(3) as pool:
        killing = pool.submit(_kill_at, gateway, progress, is_up, _moments(SEED, kills, uploads))
        sending = [
            pool.submit(partner.send_all, [one for one in uploads if one.partner == name])
            for name in (ACME, CORNER)
        ]
        told = [name for sent in sending for name in sent.result()]
        killing.result()
    gateway.wait_until_idle()
    return told


def _answers(
    gateway: LiveGateway, pattern: re.Pattern[bytes], answers: Mapping[str, bytes]
) -> Counter[bytes]:
    """How often each thing that `pattern` finds is answered."""
    return Counter(found for text in answers.values() for found in pattern.findall(text))


def _check_from_outside(
    gateway: LiveGateway, erp: FakeErp, uploads: Sequence[Upload], told: Sequence[str]
) -> None:
    assert sorted(told) == sorted(upload.name for upload in uploads)
    booked = Counter(json.loads(body)["number"] for body in erp.committed.values())
    assert booked == Counter(order for upload in uploads for order in upload.orders)
    assert len(erp.commits) == len(set(erp.commits))

    answers = gateway.outbox(ACME)
    numbers = Counter(found[1] for text in answers.values() if (found := ISA13.match(text)))
    assert len(numbers) == len(answers) == sum(upload.partner == ACME for upload in uploads)
    answered = _answers(gateway, ANSWERED_GROUP, answers)
    assert answered == Counter(
        str(n).encode() for n, upload in enumerate(uploads, start=1) if upload.partner == ACME
    )
    receipts = _answers(gateway, RECEIPT_OF, gateway.outbox(CORNER))
    assert receipts == Counter(
        f"C-{n}-0".encode() for n, one in enumerate(uploads, 1) if one.partner == CORNER
    )


def _killed_again_and_again(folder: Path, database_url: str, files: int, kills: int) -> None:
    uploads = _uploads(files)
    with fake_erp() as erp, prepared_gateway(folder, database_url) as gateway:
        erp.script(*[commit_then_drop(), status(503), accept()] * 5)
        gateway.destinations(f'url = "{erp.url}"\nallow_hosts = ["127.0.0.1"]\n{QUICK_RETRY}')
        told = _run(gateway, erp, uploads, kills)
        _check_from_outside(gateway, erp, uploads, told)


def test_every_file_is_once_in_the_erp_and_once_answered_after_twenty_kills(tmp_path: Path) -> None:
    _killed_again_and_again(tmp_path, "", files=200, kills=20)


def test_the_same_holds_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    _killed_again_and_again(tmp_path, postgres_url, files=40, kills=5)
