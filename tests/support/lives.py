"""Homes in which the same day is lived again and again, and dies each time elsewhere.

with lives(folder) as run:                       # one process that has imported everything
    day = run.day()                              # the same uploads, an ERP, a fresh home
    status = day.live(failpoints="receive.kept=kill:2")
    day.live_on()                                # until it comes through
    assert day.breaches() == []
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from business_files import order_850, order_csv
from fake_erp import FakeErp, accept, commit_then_drop, fake_erp, status
from ledger_checker import Evidence, Sent, archived_in, breaches
from life import BROKE, FOLDERS, Order, Upload, as_line
from sqlalchemy import select

from gateway.failpoints import FAILPOINTS
from gateway.store.core import EVENT
from gateway.store.ledger import Ledger, open_engine

KILLED = -9
QUICK_RETRY = "retry = { first_s = 0.01, max_wait_s = 0.02, max_attempts = 8 }"
ACME, CORNER, HARBOR = "acme-retail", "corner-bikes", "harbor-distribution"
IDENTITIES = {ACME: "ACMERETAIL", HARBOR: "2125550147"}
FOLDER = """
[[channels]]
kind = "folder"
name = "corner-folder"
path = "from-corner"
mode = "rename"
"""
DESTINATIONS = """\
[erp]
url = "{url}"
allow_hosts = ["127.0.0.1"]
{retry}
[erp-test]
url = "folder:erp-test"
environment = "test"
[harbor-answers]
url = "folder:harbor-answers"
"""
#: How often a life may be broken by what stays broken, and be started again, before it must come through.
STARTS = 5


def _harbor(content: bytes) -> bytes:
    """The same order from a partner with a store of its own for answers, whose orders wait for a slot."""
    return content.replace(b"*ZZ*ACMERETAIL     *", b"*12*2125550147     *").replace(
        b"*ACMERETAIL*", b"*HARBOREDI*"
    )


def uploads() -> dict[Upload, Sent]:
    """A day's files, one of every way and fate, with what must become of each."""
    made = (
        (ACME, "put", "po_1.edi", order_850(1, ["A-1", "A-2", "A-3"]), ("A-1", "A-2", "A-3")),
        (ACME, "rename", "po_2.edi", order_850(2, ["A-4"]), ("A-4",)),
        (ACME, "resume", "po_3.edi", order_850(3, ["A-5"]), ("A-5",)),
        (ACME, "put", "po_4.edi", order_850(4, ["A-6"], date="20261131"), ()),
        (CORNER, "put", "orders_1.csv", order_csv(["C-1", "C-2"]), ("C-1", "C-2")),
        (CORNER, "drop", "orders_2.csv", order_csv(["C-3"]), ("C-3",)),
        (HARBOR, "hand", "po_5.edi", _harbor(order_850(5, ["H-1", "H-2"])), ("H-1", "H-2")),
    )
    return {
        Upload(partner, how, name, content.decode()): Sent(partner, name, content, orders)
        for partner, how, name, content, orders in made
    }


@dataclass
class Day:
    """One home, its ERP, and what was sent there. `order` is what each child is told."""

    lives: Lives
    order: Order
    erp: FakeErp
    sent: Mapping[Upload, Sent]
    started: list[int] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The gateway's home."""
        return Path(self.order.home)

    @property
    def world(self) -> Path:
        """The folder outside of the gateway."""
        return Path(self.order.world)

    def live(self, failpoints: str = "", strace: Sequence[str] = ()) -> int:
        """One start; how it ended: 0, KILLED, or BROKE if an error stopped it."""
        ended = self.lives.run(replace(self.order, failpoints=failpoints, strace=tuple(strace)))
        assert ended in {0, KILLED, BROKE}, f"ended with {ended}: {self._error()}"
        return ended

    def send_nothing_more(self) -> None:
        """From now on no client comes back."""
        self.order = replace(self.order, uploads=())
        self.sent = {}

    @contextmanager
    def events(self, action: str) -> Iterator[list[Any]]:
        """The ledger's events of one kind."""
        ledger = Ledger(
            open_engine(self.order.options.get("database_url") or f"sqlite:///{self.home / 'tradepost.db'}")
        )
        try:
            with ledger.read() as view:
                yield list(view.execute(select(EVENT).where(EVENT.c.action == action)))
        finally:
            ledger.close()

    def live_on(self) -> None:
        """Start again, nothing in the way, until the day is over."""
        assert self.live() == 0, self._error()

    def _error(self) -> str:
        path = self.world / "error.txt"
        return path.read_text() if path.exists() else "it said nothing"

    def verified(self) -> Mapping[str, Any]:
        """What `tradepost verify` found at the end of the last life."""
        found: Mapping[str, Any] = json.loads((self.world / "verify.json").read_text())
        return found

    def passages(self) -> dict[str, int]:
        """How often the last life passed each point that was armed."""
        found: dict[str, int] = json.loads((self.world / "passages.json").read_text())
        return found

    def breaches(self, archived: Mapping[str, bytes] | None = None) -> list[str]:
        """What the checker finds outside, and what the gateway's own comparison finds inside.

        archived: what is kept, where the archive is no folder of the home.
        """
        kept = archived_in(self.home / "archive") if archived is None else archived
        evidence = Evidence(
            list(self._sent()), self.erp.committed, self.erp.commits, self._answers(), kept, IDENTITIES
        )
        verified = self.verified()
        assert verified["well"] == (not verified["breaches"])
        return breaches(evidence) + verified["breaches"] + verified["notes"]

    def _sent(self) -> Iterator[Sent]:
        path = self.world / "told.jsonl"
        lines = map(json.loads, path.read_text().splitlines() if path.exists() else ())
        told = {(one["partner"], one["name"]) for one in lines}
        for upload, sent in self.sent.items():
            yield replace(sent, told=(upload.partner, upload.name) in told)

    def _answers(self) -> Mapping[str, Mapping[str, bytes]]:
        stores = {partner: self.world / "fetched" / partner for partner in (ACME, CORNER)}
        stores[HARBOR] = self.home / "harbor-answers"
        return {
            partner: {path.name: path.read_bytes() for path in _files(at)} for partner, at in stores.items()
        }


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []


class Lives:
    """The process that forks, and a home to copy."""

    def __init__(self, folder: Path, stack: ExitStack, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._stack = stack
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("life.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        self._erp = stack.enter_context(fake_erp())
        self._template = folder / "template"
        stack.callback(self._end)

    def _end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(self, order: Order) -> int:
        """Let a child do it; its exit status, negative if a signal ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(as_line(order))
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, "the process that forks has ended"
        return int(said)

    def day(
        self,
        *,
        bare: bool = False,
        large: bool = False,
        together: bool = False,
        erp: bool = False,
        furnish: Callable[[Path], None] | None = None,
        besides: Mapping[Upload, Sent] | None = None,
        **options: str,
    ) -> Day:
        """A fresh home with profiles applied, or one that was never started if it is bare or differs.

        furnish: changes the home's profiles. besides: more uploads; those whose `how` is "elsewhere"
        the test brings to their store itself. options: settings.
        """
        self._count += 1
        world = self._folder / f"day-{self._count}"
        world.mkdir()
        home = world / "home"
        self._erp.forget()
        self._erp.script(commit_then_drop(), status(503), accept())
        fresh = bare or furnish is not None or bool(options)
        sent = uploads() | dict(besides or {})
        own = tuple(upload for upload in sent if upload.how != "elsewhere")
        settings = {"chunk_documents": "2", **options}
        order = Order("live", str(home), str(world), own, settings, large=large, together=together, erp=erp)
        if fresh:
            self._furnish(order)
            (furnish or (lambda _: None))(home)
        else:
            shutil.copytree(self._prepared(), home, symlinks=True)
        return Day(self, order, self._erp, sent)

    def _prepared(self) -> Path:
        """The home to copy: prepared, furnished, its profiles in force."""
        if not self._template.exists():
            order = Order("prepare", str(self._template), str(self._folder))
            self._furnish(order)
            assert self.run(order) == 0, (self._folder / "error.txt").read_text()
        return self._template

    def _furnish(self, order: Order) -> None:
        """Profiles and destinations of these tests, before the first start."""
        from gateway import home as homes
        from gateway.settings import Settings

        home = Path(order.home)
        homes.prepare(Settings(home=home), samples=True)
        text = DESTINATIONS.format(url=self._erp.url, retry=QUICK_RETRY)
        (home / "partners" / "destinations.toml").write_text(text, "utf-8")
        profile = home / "partners" / CORNER / "profile.toml"
        profile.write_text(profile.read_text("utf-8") + FOLDER, "utf-8")
        for folder in FOLDERS:
            (home / folder).mkdir()


@contextmanager
def lives(folder: Path, **environment: str) -> Iterator[Lives]:
    """See the head of this page. folder: an empty place for homes. environment: more of it."""
    with ExitStack() as stack:
        yield Lives(folder, stack, environment)


def all_armed() -> str:
    """Every failpoint armed with something that does nothing, to count passages."""
    return ",".join(f"{name}=sleep:0" for name in FAILPOINTS)
