"""Samples on a running gateway: dropped into the partners' mailboxes by SFTP, then followed to their end."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
from sqlalchemy import Connection

from gateway import home as homes
from gateway import views
from gateway.cli import show
from gateway.errors import TradepostError
from gateway.ports import Arrival
from gateway.running import running
from gateway.settings import Settings
from gateway.sftp_server.server import SftpServer
from gateway.wiring import Gateway, opened
from partners.profile import SftpMailbox

SAMPLES = Path(__file__).parents[1] / "samples"
#: Seconds until every sample must have come to rest.
DEADLINE_S = 60.0
STEP_S = 0.1
#: States of documents that are at their destination, or packed for the next slot of a schedule.
ON_THE_WAY = ("delivered", "ready")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample folder: its input, and where its about.md says that it ends.

    delivered: how many documents a destination takes, at once or at its next slot.
    acknowledged: kinds of the answers, sorted: ("997", "997").
    """

    folder: Path
    input: Path
    partner: str
    file: str
    understood: str
    delivered: int
    acknowledged: tuple[str, ...]
    story: str

    @property
    def title(self) -> str:
        """ "850/simple"."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def samples(folder: Path = SAMPLES) -> list[Sample]:
    """Every sample below `folder`, in the order of their names."""
    return [_sample(about.parent) for about in sorted(folder.rglob("about.md"))]


def _sample(folder: Path) -> Sample:
    _, head, story = (folder / "about.md").read_text("utf-8").split("---\n", 2)
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    answers = facts["acknowledged"]
    return Sample(
        folder=folder,
        input=next(folder.glob("input.*")),
        partner=facts["partner"],
        file=facts["file"],
        understood=facts["understood"],
        delivered=int(facts["delivered"]),
        acknowledged=() if answers == "nothing" else tuple(sorted(answers.split(", "))),
        story=story.strip().splitlines()[0],
    )


@contextmanager
def _mailbox(gateway: Gateway, server: SftpServer, partner: str, login: str) -> Iterator[paramiko.SFTPClient]:
    """A partner's session, as a real client opens it."""
    key = paramiko.Ed25519Key.from_private_key_file(str(homes.client_key(gateway.settings.home, partner)))
    host_key = paramiko.Ed25519Key.from_private_key_file(str(gateway.settings.home / "keys" / homes.HOST_KEY))
    with paramiko.Transport((gateway.settings.sftp_host, server.port)) as transport:
        transport.connect(host_key, login, pkey=key)
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise TradepostError("GTW-037", f"{login} got no SFTP session.", "See the log.")
        yield client


def drop_samples(gateway: Gateway, server: SftpServer | None) -> list[Sample]:
    """Put each sample into its partner's inbox; those that were put."""
    if server is None:
        return []
    chosen = samples()
    logins = _logins(gateway)
    with ExitStack() as stack:
        sessions: dict[str, paramiko.SFTPClient] = {}
        for sample in chosen:
            partner = sample.partner
            if partner not in logins:
                _receive_by_hand(gateway, sample)
                continue
            if partner not in sessions:
                sessions[partner] = stack.enter_context(_mailbox(gateway, server, partner, logins[partner]))
            sessions[partner].put(str(sample.input), f"/inbox/{sample.file}")
    return chosen


def _logins(gateway: Gateway) -> dict[str, str]:
    """Logins by the partners that have a mailbox here."""
    open_channels = gateway.book.current().directory.open_channels()
    return {
        profile.partner: channel.login
        for profile, channel in open_channels
        if isinstance(channel, SftpMailbox)
    }


def _receive_by_hand(gateway: Gateway, sample: Sample) -> None:
    with sample.input.open("rb") as stream:
        gateway.pipeline.receive(Arrival("hand", sample.title, sample.file, sample.partner), stream)


def wait_until_idle(gateway: Gateway) -> None:
    """Wait until no stage is due or running. Raises TradepostError GTW-038 after a minute."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        with gateway.ledger.read() as view:
            if views.is_idle(view):
                return
        time.sleep(STEP_S)
    raise TradepostError(
        "GTW-038", "The samples did not come to rest within a minute.", "See: tradepost doctor"
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sample ended, beside how it should have."""

    sample: Sample
    understood: str
    delivered: int
    acknowledged: tuple[str, ...]
    line: views.TransmissionLine | None

    @property
    def is_right(self) -> bool:
        """True if it ended where its about.md says."""
        sample = self.sample
        return self.line is not None and (self.understood, self.delivered, self.acknowledged) == (
            sample.understood,
            sample.delivered,
            sample.acknowledged,
        )


def endings(gateway: Gateway, dropped: Sequence[Sample]) -> list[Ending]:
    """Where each sample is now."""
    with gateway.ledger.read() as view:
        return [_ending(view, sample) for sample in dropped]


def _ending(view: Connection, sample: Sample) -> Ending:
    lines = views.transmissions(view, views.Page(500), partner=sample.partner)
    line = next((one for one in lines if one.name == sample.file), None)
    if line is None:
        return Ending(sample, "not received", 0, (), None)
    whole = views.transmission(view, line.id)
    states = Counter(document["state"] for document in whole.documents)
    kinds = [answer["kind"] for answer in whole.acknowledgements if answer["state"] in {"sent", "fetched"}]
    understood = (
        "no" if line.state == "quarantined" and line.documents == 0 and not kinds else str(line.status)
    )
    delivered = sum(states[state] for state in ON_THE_WAY)
    return Ending(sample, understood, delivered, tuple(sorted(kinds)), line)


def show_outcome(gateway: Gateway, dropped: Sequence[Sample]) -> list[Ending]:
    """Wait for the samples to end and show a table of what happened."""
    if not dropped:
        return []
    wait_until_idle(gateway)
    ended = endings(gateway, dropped)
    rows = [
        {
            "sample": ending.sample.title,
            "partner": ending.sample.partner,
            "received": ending.sample.file if ending.line else "not received",
            "understood": ending.line.chips.understood if ending.line else "-",
            "delivered": ending.line.chips.delivered if ending.line else "-",
            "acknowledged": ending.line.chips.acknowledged if ending.line else "-",
            "as": "yes"
            if ending.is_right
            else f"no: {ending.understood}, {ending.delivered}, {ending.acknowledged}",
        }
        for ending in ended
    ]
    columns = {
        "sample": "Sample",
        "partner": "Partner",
        "received": "Received",
        "understood": "Understood",
        "delivered": "Delivered",
        "acknowledged": "Acknowledged",
        "as": "As expected",
    }
    show.emit_table(rows, columns, empty="")
    return ended


def run_demo(home: Path | None, *, keep: bool) -> int:
    """Run all samples in a fresh home; 0 only if each ended where its about.md says."""
    with ExitStack() as stack:
        if home is None:
            folder = tempfile.mkdtemp(prefix="tradepost-demo-") if keep else None
            home = Path(folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="tradepost-demo-")))
        settings = Settings(  # nothing that the environment names is touched by a demo
            home=home / "home", sftp_host="127.0.0.1", sftp_port=0, database_url="", archive_url=""
        )
        homes.prepare(settings, samples=True)
        gateway = stack.enter_context(opened(settings))
        gateway.apply_profiles_once()
        at_work = stack.enter_context(running(gateway))
        ended = show_outcome(gateway, drop_samples(gateway, at_work.server))
        wrong = [ending for ending in ended if not ending.is_right]
        right = len(ended) - len(wrong)
        show.talk().print(f"{right} of {len(ended)} samples ended where they should.")
        if keep:
            show.talk().print(f"The home is {settings.home}.")
        return 0 if ended and not wrong else 1
