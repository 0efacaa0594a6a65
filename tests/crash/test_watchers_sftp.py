"""Others' SFTP servers: only the known one, dropped connections, and what a server may refuse."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

import paramiko
import pytest
from chaos_proxy import ChaosProxy, Trouble, chaos_proxy
from openssh_server import OpenSshServer, make_key, openssh_server
from structlog.testing import capture_logs
from watched import STABLE_S, Recorder, SftpPlace, never, sweep

from gateway.errors import ChannelUnavailable
from gateway.ports import Arrival, Received, Sight
from partners.channels import SftpChannel

LARGE = bytes(range(256)) * 8192
NUMBERS = count(1)


def keep(arrival: Arrival, content: BinaryIO | Path) -> Received:
    """A `receive` that takes a spool file over and records nothing."""
    assert isinstance(content, Path)
    assert content.stat().st_mode & 0o077 == 0
    payload = content.read_bytes()
    content.unlink()
    return Received(arrival.source_key, hashlib.sha256(payload).hexdigest(), len(payload), Sight.NEW)


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    with openssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def proxy(ssh: OpenSshServer) -> Iterator[ChaosProxy]:
    with chaos_proxy(ssh.host, ssh.port) as proxy:
        yield proxy


@pytest.fixture
def place(ssh: OpenSshServer, tmp_path: Path) -> SftpPlace:
    name = f"remote-{next(NUMBERS)}"
    channel = SftpChannel(
        kind="sftp",
        name=name,
        host=ssh.host,
        port=ssh.port,
        login=ssh.login,
        private_key="file:login-key",
        host_key=ssh.host_key,
        path=str(ssh.folder / name),
        stable_s=STABLE_S,
    )
    return SftpPlace(tmp_path, ssh, channel)


@pytest.fixture
def receive() -> Recorder:
    return Recorder(keep)


def spooled(place: SftpPlace) -> list[Path]:
    return list((place.home / "spool").iterdir())


def test_a_server_with_another_host_key_is_never_spoken_to(
    place: SftpPlace, receive: Recorder, tmp_path: Path
) -> None:
    """FI-D08."""
    place.put("order.edi", LARGE)
    watcher = place.watcher(host_key=make_key(tmp_path / "other"))
    for _ in range(2):
        with pytest.raises(ChannelUnavailable, match="another host key") as refused:
            watcher.sweep(receive, never)
        assert refused.value.code == "GTW-261"
    assert receive.arrivals == []


def test_a_server_with_a_key_of_another_type_is_refused_too(place: SftpPlace, receive: Recorder) -> None:
    key = paramiko.ECDSAKey.generate()
    watcher = place.watcher(host_key=f"{key.get_name()} {key.get_base64()}")
    with pytest.raises(ChannelUnavailable) as refused:
        watcher.sweep(receive, never)
    assert refused.value.code in {"GTW-260", "GTW-261"}


def test_a_login_that_is_not_known_there_is_told_apart_from_a_server_that_is_away(
    place: SftpPlace, receive: Recorder, tmp_path: Path
) -> None:
    make_key(tmp_path / "stranger")
    (tmp_path / "stranger").chmod(0o600)
    with pytest.raises(ChannelUnavailable) as refused:
        place.watcher(private_key="file:stranger").sweep(receive, never)
    assert refused.value.code == "GTW-262"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"private_key": "file:not-there"}, "PRT-104"),
        ({"private_key": "file:no-key"}, "GTW-265"),
        ({"path": "/no/such/folder"}, "GTW-263"),
    ],
)
def test_what_is_wrong_with_the_channel_is_said_and_seen_again_once_it_is_right(
    place: SftpPlace, receive: Recorder, changes: dict[str, str], code: str
) -> None:
    """FI-H03: a secret is read at each sweep, so that putting it right is enough."""
    bad = place.home / "no-key"
    bad.write_text("this is no key")
    bad.chmod(0o600)
    with pytest.raises(ChannelUnavailable) as refused:
        place.watcher(**changes).sweep(receive, never)
    assert refused.value.code == code
    assert "this is no key" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("server_bytes", [0, 1_000, 20_000, 300_000, 1_500_000])
def test_a_connection_cut_at_any_point_leaves_nothing_half_taken(
    place: SftpPlace, proxy: ChaosProxy, receive: Recorder, server_bytes: int
) -> None:
    """FI-D07."""
    place.put("order.edi", LARGE)
    watcher = place.watcher(port=proxy.port)
    proxy.trouble(Trouble(cut_after=server_bytes))
    with suppress(ChannelUnavailable):
        watcher.sweep(receive, never)
    place.time.pass_by(STABLE_S + 0.1)
    with pytest.raises(ChannelUnavailable) as dropped:
        watcher.sweep(receive, never)
    assert dropped.value.code == "GTW-260"
    assert proxy.cuts > 0
    assert receive.arrivals == []
    assert spooled(place) == []
    assert place.waiting() == {"order.edi": LARGE}
    proxy.heal()
    assert sweep(place, watcher, receive) == 1
    assert receive.outcomes[0].sha256 == hashlib.sha256(LARGE).hexdigest()
    assert place.taken() == {"order.edi": LARGE}


def test_a_server_that_accepts_and_says_nothing_is_given_up(place: SftpPlace, receive: Recorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        watcher = place.watcher(port=silent.getsockname()[1])
        watcher._timeout_s = 0.5
        with pytest.raises(ChannelUnavailable) as away:
            watcher.sweep(receive, never)
    assert away.value.code == "GTW-260"


def test_what_is_no_plain_file_is_left_and_noted_once(place: SftpPlace, receive: Recorder) -> None:
    """FI-D11."""
    (place.folder / "folder.edi").mkdir()
    (place.folder / "link.edi").symlink_to("/etc/passwd")
    os.mkfifo(place.folder / "pipe.edi")
    watcher = place.watcher()
    with capture_logs() as logs:
        assert sweep(place, watcher, receive) == 0
        assert sweep(place, watcher, receive) == 0
    noted = sorted(entry["name"] for entry in logs if entry.get("code") == "GTW-253")
    assert noted == ["folder.edi", "link.edi", "pipe.edi"]


def test_a_name_that_is_not_utf8_stops_the_channel_with_a_sentence(
    place: SftpPlace, receive: Recorder
) -> None:
    Path(os.fsdecode(os.fsencode(place.folder) + b"/order-\xff.edi")).write_bytes(b"order")
    with pytest.raises(ChannelUnavailable) as refused:
        place.watcher().sweep(receive, never)
    assert refused.value.code == "GTW-264"


def test_a_file_that_grows_while_it_is_fetched_is_not_recorded(place: SftpPlace, receive: Recorder) -> None:
    """FI-D09."""
    place.put("order.edi", LARGE)
    watcher = place.watcher()
    watcher.sweep(receive, never)
    place.time.pass_by(STABLE_S + 0.1)
    looks = count()

    def grow() -> bool:
        if next(looks) == 1:
            place.put("order.edi", LARGE + b"more")
        return False

    with capture_logs() as logs:
        assert watcher.sweep(receive, grow) == 0
    assert [entry["code"] for entry in logs] == ["GTW-255"]
    assert spooled(place) == []
    assert sweep(place, watcher, receive) == 1
    assert receive.outcomes[0].size == len(LARGE) + 4


def test_a_stop_request_lets_go_of_a_download(place: SftpPlace, receive: Recorder) -> None:
    place.put("order.edi", LARGE)
    watcher = place.watcher()
    watcher.sweep(receive, never)
    place.time.pass_by(STABLE_S + 0.1)
    looks = count()
    assert watcher.sweep(receive, lambda: next(looks) > 3) == 0
    assert receive.arrivals == []
    assert spooled(place) == []
    assert place.waiting() == {"order.edi": LARGE}


def test_a_file_that_cannot_be_moved_is_fetched_once_and_tried_again(
    place: SftpPlace, receive: Recorder
) -> None:
    place.put("order.edi", b"an order")
    (place.folder / "taken").symlink_to("nowhere/at/all")
    watcher = place.watcher()
    with capture_logs() as logs:
        assert sweep(place, watcher, receive) == 1
        assert sweep(place, watcher, receive) == 0
    assert [entry["name"] for entry in logs if entry.get("code") == "GTW-256"] == ["order.edi"]
    (place.folder / "taken").unlink()
    assert sweep(place, watcher, receive) == 0
    assert place.taken() == {"order.edi": b"an order"}


def test_a_spool_that_is_full_is_said_to_be_ours(
    place: SftpPlace, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put("order.edi", b"an order")
    watcher = place.watcher()
    watcher.sweep(receive, never)
    place.time.pass_by(STABLE_S + 0.1)

    def full(handle: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.watchers.downloads.os.write", full)
    with pytest.raises(ChannelUnavailable) as refused:
        watcher.sweep(receive, never)
    monkeypatch.undo()
    assert refused.value.code == "GTW-257"
    assert spooled(place) == []


def test_a_start_removes_what_a_killed_download_of_its_own_channel_left(place: SftpPlace) -> None:
    """FI-D07."""
    ours = place.home / "spool" / f"download-0.{place.channel.name}"
    others = place.home / "spool" / "download-0.another-channel"
    ours.touch()
    others.touch()
    place.watcher()
    assert spooled(place) == [others]


def test_old_files_are_fetched_before_new_ones(place: SftpPlace, receive: Recorder) -> None:
    for age, name in ((1, "c"), (3, "a"), (2, "b")):
        place.put(name, b"order")
        os.utime(place.folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    assert sweep(place, place.watcher(), receive) == 3
    assert [arrival.name for arrival in receive.arrivals] == ["a", "b", "c"]
