"""One contract for every watcher: taken whole, recorded once, and only then moved, tagged or removed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from openssh_server import OpenSshServer, openssh_server
from s3_store import S3Store, s3_store
from sqlalchemy import func, select
from watched import PARTNER, STABLE_S, FolderPlace, Place, Recorder, S3Place, SftpPlace, never, sweep

from gateway import home as homes
from gateway.errors import ArchiveUnavailable, ChannelUnavailable
from gateway.ports import Arrival, Sight, Watcher
from gateway.settings import Settings
from gateway.store.tables import Transmission
from gateway.wiring import Gateway, opened
from partners.channels import FolderChannel, S3Channel, SftpChannel

TRANSMISSION = Transmission.__table__  # type: ignore[attr-defined]
KINDS = (
    "folder-rename-move",
    "folder-rename-delete",
    "folder-stability-move",
    "folder-marker-move",
    "folder-marker-delete",
    "sftp-move",
    "sftp-delete",
    "s3-tag",
    "s3-move",
    "s3-delete",
)
MOVING = tuple(kind for kind in KINDS if kind.endswith("move"))
ORDER = b"ISA*00*" + b"one order " * 500
NUMBERS = count(1)


class Killed(BaseException):
    """Stands for a process that dies here."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    settings = Settings(home=tmp_path_factory.mktemp("gateway"))
    homes.prepare(settings, samples=False)
    with opened(settings) as running:
        running.apply_profiles_once()
        yield running


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    with openssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store() as running:
        yield running


def make_place(kind: str, request: pytest.FixtureRequest, home: Path) -> Place:
    name = f"channel-{next(NUMBERS)}"
    form, *_, after = kind.split("-")
    if form == "folder":
        mode = kind.split("-")[1]
        return FolderPlace(
            home,
            FolderChannel(kind="folder", name=name, path="in", mode=mode, stable_s=STABLE_S, after=after),
        )
    if form == "sftp":
        server: OpenSshServer = request.getfixturevalue("ssh")
        channel = SftpChannel(
            kind="sftp",
            name=name,
            host=server.host,
            port=server.port,
            login=server.login,
            private_key="file:login-key",
            host_key=server.host_key,
            path=str(server.folder / name),
            stable_s=STABLE_S,
            after=after,
        )
        return SftpPlace(home, server, channel)
    store: S3Store = request.getfixturevalue("store")
    s3 = S3Channel(
        kind="s3",
        name=name,
        url=f"s3://{name}/in",
        endpoint_url=store.url,
        access_key="file:access",
        secret_key="file:secret",
        after=after,
    )
    return S3Place(home, store, name, s3)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return make_place(request.param, request, tmp_path)


@pytest.fixture
def watcher(place: Place) -> Iterator[Watcher]:
    running = place.watcher()
    yield running
    running.close()


@pytest.fixture
def receive(gateway: Gateway) -> Recorder:
    return Recorder(gateway.pipeline.receive)


def recorded(gateway: Gateway, watcher: Watcher) -> int:
    """How many transmissions the ledger has from a channel."""
    with gateway.ledger.read() as view:
        number = view.execute(select(func.count()).where(TRANSMISSION.c.channel == watcher.channel))
        return int(number.scalar_one())


def spooled(place: Place) -> list[Path]:
    return list((place.home / "spool").glob("download-*"))  # type: ignore[attr-defined]


def test_each_new_file_is_handed_over_once(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    place.put("one.edi", ORDER)
    place.put("two.edi", ORDER + b"2")
    assert sweep(place, watcher, receive) == 2
    assert sorted(arrival.name for arrival in receive.arrivals) == ["one.edi", "two.edi"]
    assert {arrival.partner for arrival in receive.arrivals} == {PARTNER}
    assert place.waiting() == {}
    assert sweep(place, watcher, receive) == 0
    assert receive.sights == [Sight.NEW, Sight.NEW]
    kept = {gateway.archive.open(outcome.sha256).read() for outcome in receive.outcomes}
    assert kept == {ORDER, ORDER + b"2"}
    assert spooled(place) == []


def test_after_a_restart_what_was_taken_is_not_taken_anew(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    place.put("one.edi", ORDER)
    sweep(place, watcher, receive)
    again = place.watcher()
    assert sweep(place, again, receive) == 0
    again.close()
    assert recorded(gateway, watcher) == 1


def test_a_crash_between_keeping_and_moving_makes_no_second_transmission(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    """FI-A17."""

    def die(arrival: Arrival) -> None:
        raise Killed

    place.put("one.edi", ORDER)
    receive.after = die
    with pytest.raises(Killed):
        sweep(place, watcher, receive)
    assert place.waiting()["one.edi"] == ORDER
    receive.after = lambda arrival: None
    again = place.watcher()
    sweep(place, again, receive)
    again.close()
    assert receive.sights == [Sight.NEW, Sight.SAME]
    assert recorded(gateway, watcher) == 1
    assert place.waiting() == {}


def test_a_file_that_is_still_being_sent_waits(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    """FI-D09."""
    finish = place.begin("one.edi", ORDER)
    assert watcher.sweep(receive, never) == 0
    finish()
    place.time.pass_by(STABLE_S + 0.1)
    sweep(place, watcher, receive)
    assert [gateway.archive.open(outcome.sha256).read() for outcome in receive.outcomes] == [ORDER]


def test_an_archive_that_is_away_leaves_the_source_as_it_is(
    place: Place, watcher: Watcher, receive: Recorder
) -> None:
    def away(arrival: Arrival) -> None:
        raise ArchiveUnavailable("GTW-200", "The archive is full.")

    place.put("one.edi", ORDER)
    before = place.waiting()
    receive.before = away
    with pytest.raises(ArchiveUnavailable):
        sweep(place, watcher, receive)
    assert place.waiting() == before
    assert spooled(place) == []
    receive.before = lambda arrival: None
    sweep(place, watcher, receive)
    assert receive.sights == [Sight.NEW]


def test_a_stop_request_ends_the_sweep_after_the_file_in_hand(
    place: Place, watcher: Watcher, receive: Recorder
) -> None:
    for number in range(5):
        place.put(f"{number}.edi", ORDER + b"%d" % number)
    handed = sweep(place, watcher, receive, lambda: bool(receive.arrivals))
    assert handed == len(receive.arrivals) == 1
    assert len([name for name in place.waiting() if name.endswith(".edi")]) == 4


def test_a_store_that_is_away_says_what_to_do(place: Place, receive: Recorder) -> None:
    away = place.watcher(away=True)
    with pytest.raises(ChannelUnavailable) as refused:
        away.sweep(receive, never)
    away.close()
    assert refused.value.code.startswith("GTW-2")
    assert refused.value.remedy
    assert receive.arrivals == []


@pytest.mark.parametrize(
    "name",
    [
        "two  words & 'more'.edi",
        "bestellung-ü-注文.edi",
        "-rf *.edi",
        "{braces} %s $HOME.edi",
        "x" * 245 + ".edi",
    ],
)
def test_a_strange_name_is_a_label_and_nothing_else(
    place: Place, watcher: Watcher, receive: Recorder, name: str
) -> None:
    place.put(name, ORDER)
    assert sweep(place, watcher, receive) == 1
    assert receive.arrivals[0].name == name
    assert place.waiting() == {}


def test_a_file_that_comes_under_the_name_of_one_in_hand_is_taken_too(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    def replace(arrival: Arrival) -> None:
        receive.after = lambda arrival: None
        place.put("one.edi", b"a newer and longer order" * 1000)

    place.put("one.edi", ORDER)
    receive.after = replace
    sweep(place, watcher, receive)
    place.time.pass_by(STABLE_S + 0.1)
    sweep(place, watcher, receive)
    kept = [gateway.archive.open(outcome.sha256).read() for outcome in receive.outcomes]
    assert kept == [ORDER, b"a newer and longer order" * 1000]
    assert receive.sights == [Sight.NEW, Sight.NEW]
    assert place.waiting() == {}


@pytest.mark.parametrize("place", MOVING, indirect=True)
def test_files_that_were_moved_are_never_overwritten(
    place: Place, watcher: Watcher, receive: Recorder
) -> None:
    for content in (b"first order", b"second, another", b"third of that name"):
        place.put("orders.edi", content)
        sweep(place, watcher, receive)
        place.time.pass_by(STABLE_S + 0.1)
    moved = {name: content for name, content in place.taken().items() if name.startswith("orders.edi")}
    moved = {name: content for name, content in moved.items() if content}
    assert moved == {
        "orders.edi": b"first order",
        "orders.edi.1": b"second, another",
        "orders.edi.2": b"third of that name",
    }


def test_an_empty_file_is_recorded_as_any_other(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    """FI-E07: what an empty file means is for reading to say."""
    place.put("empty.edi", b"")
    assert sweep(place, watcher, receive) == 1
    assert [outcome.size for outcome in receive.outcomes] == [0]


def test_a_watcher_rests_for_its_poll_and_no_longer(place: Place, watcher: Watcher) -> None:
    assert watcher.poll_s == place.channel.poll_s  # type: ignore[attr-defined]
    watcher.bell.ring()
    assert watcher.bell.wait(5)


def test_closing_twice_or_unused_does_no_harm(place: Place) -> None:
    unused = place.watcher()
    unused.close()
    unused.close()


@pytest.mark.parametrize("place", ["sftp-move", "sftp-delete"], indirect=True)
def test_another_order_of_the_same_name_size_and_time_is_not_taken_for_the_first(
    place: Place, watcher: Watcher, receive: Recorder, gateway: Gateway
) -> None:
    """A batch of one second, uploaded with its times kept; in folders, an inode that is used again."""
    for content in (b"order 1", b"order 2"):
        place.put("orders.edi", content)
        sweep(place, watcher, receive)
        place.time.pass_by(STABLE_S + 0.1)
    assert len({arrival.source_key for arrival in receive.arrivals}) == 1
    assert receive.sights == [Sight.NEW, Sight.NEW]
    assert recorded(gateway, watcher) == 2


def test_other_bytes_under_a_known_source_key_are_recorded_once_however_often_they_are_seen(
    gateway: Gateway,
) -> None:
    arrival = Arrival(f"channel-{next(NUMBERS)}", "65024:12:7:1700000000000000000", "orders.edi")
    seen = [gateway.pipeline.receive(arrival, io.BytesIO(b"order %d" % n)) for n in (1, 2, 1, 2)]
    assert [received.sight for received in seen] == [Sight.NEW, Sight.NEW, Sight.SAME, Sight.SAME]
    assert seen[0].transmission == seen[2].transmission
    assert seen[1].transmission == seen[3].transmission
    assert seen[0].transmission != seen[1].transmission
