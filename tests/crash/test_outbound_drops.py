"""Drops of files cut off between writing and naming; and what they refuse."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from dying import deaths
from openssh_server import OpenSshServer, make_key, openssh_server

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.drops import LEFTOVER_AFTER_S
from outbound.file_drop import FileDrop, FileDropOptions
from outbound.sftp_drop import SftpDrop, SftpDropOptions

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b'{"number": "PO-7"}')


def visible(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    with openssh_server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def sftp(server: OpenSshServer, tmp_path: Path) -> SftpDropOptions:
    folder = server.folder / tmp_path.name
    folder.mkdir()
    return SftpDropOptions(
        host=server.host,
        port=server.port,
        login=server.login,
        host_key=server.host_key,
        folder=str(folder),
        private_key=server.private_key,
        timeout_s=10,
    )


def test_a_folder_drop_dying_at_any_operation_shows_nothing_or_the_whole_file(tmp_path: Path) -> None:
    """FI-A13."""
    drop = FileDrop(FileDropOptions(tmp_path))
    for nth in deaths(lambda: drop.deliver(ORDER)):
        assert visible(tmp_path) in ({}, {ORDER.file_name: ORDER.payload}), f"torn at operation {nth}"
    assert drop.deliver(ORDER).outcome is Outcome.DUPLICATE
    assert visible(tmp_path) == {ORDER.file_name: ORDER.payload}


def test_an_sftp_drop_cut_off_before_the_rename_shows_nothing_and_is_repeated(
    sftp: SftpDropOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(client: paramiko.SFTPClient, _old: str, _new: str) -> None:
        channel = client.get_channel()
        assert channel is not None
        channel.get_transport().close()
        raise EOFError

    with monkeypatch.context() as patch:
        patch.setattr(paramiko.SFTPClient, "rename", cut)
        with pytest.raises(TryLater):
            SftpDrop(sftp).deliver(ORDER)
    folder = Path(sftp.folder)
    assert visible(folder) == {}
    assert SftpDrop(sftp).deliver(ORDER).outcome is Outcome.ACCEPTED
    assert visible(folder) == {ORDER.file_name: ORDER.payload}


@pytest.mark.parametrize("kind", ["folder", "sftp"])
def test_what_a_killed_attempt_left_is_swept_after_a_day(kind: str, sftp: SftpDropOptions) -> None:
    folder = Path(sftp.folder)
    old, fresh = folder / ".tradepost-old.part", folder / ".tradepost-fresh.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    long_ago = time.time() - LEFTOVER_AFTER_S - 60
    os.utime(old, (long_ago, long_ago))
    drop = FileDrop(FileDropOptions(folder)) if kind == "folder" else SftpDrop(sftp)
    drop.deliver(ORDER)
    assert not old.exists()
    assert fresh.exists()


def test_another_host_key_stops_the_endpoint(sftp: SftpDropOptions, tmp_path: Path) -> None:
    """FI-D08."""
    with pytest.raises(Refused) as caught:
        SftpDrop(replace(sftp, host_key=make_key(tmp_path / "other"))).deliver(ORDER)
    assert caught.value.endpoint_wide
    assert caught.value.reason.startswith("OUT-051")


def test_a_host_key_of_another_type_stops_the_endpoint(sftp: SftpDropOptions) -> None:
    known = paramiko.RSAKey.generate(2048)
    with pytest.raises(Refused) as caught:
        SftpDrop(replace(sftp, host_key=f"ssh-rsa {known.get_base64()}")).deliver(ORDER)
    assert caught.value.reason.startswith("OUT-051")


def test_a_login_that_is_refused_stops_the_endpoint(sftp: SftpDropOptions, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    with pytest.raises(Refused) as caught:
        SftpDrop(replace(sftp, private_key=(tmp_path / "stranger").read_text())).deliver(ORDER)
    assert caught.value.endpoint_wide
    assert caught.value.reason.startswith("OUT-052")


def test_a_folder_that_is_missing_at_the_far_end_is_tried_later(sftp: SftpDropOptions) -> None:
    with pytest.raises(TryLater):
        SftpDrop(replace(sftp, folder=f"{sftp.folder}/missing")).deliver(ORDER)


@pytest.mark.parametrize("host_key", ["", "ssh-ed25519", "ssh-ed25519 !!!", "nonsense AAAA"])
def test_a_host_key_that_cannot_be_read_is_refused_at_the_start(host_key: str, sftp: SftpDropOptions) -> None:
    with pytest.raises(ValueError, match="host key"):
        SftpDrop(replace(sftp, host_key=host_key))


def test_a_private_key_that_cannot_be_read_is_refused_at_the_start(sftp: SftpDropOptions) -> None:
    with pytest.raises(ValueError, match="private key"):
        SftpDrop(replace(sftp, private_key="nonsense"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        ".hidden",
        "-rf",
        "a\nb",
        "a\x00b",
        "C:x",
        "é" * 128,
    ],
)
def test_a_name_that_could_mean_a_place_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as caught:
        FileDrop(FileDropOptions(tmp_path)).deliver(replace(ORDER, file_name=name))
    assert caught.value.reason.startswith("OUT-020")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "endpoint_wide"),
    [(errno.EACCES, "OUT-023", True), (errno.ENAMETOOLONG, "OUT-024", False)],
)
def test_a_folder_that_refuses_for_good_says_whom_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, code: str, endpoint_wide: bool
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Refused) as caught:
        FileDrop(FileDropOptions(tmp_path)).deliver(ORDER)
    assert caught.value.reason.startswith(code)
    assert caught.value.endpoint_wide is endpoint_wide


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_folder_on_a_failing_disk_is_tried_later_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(TryLater):
        FileDrop(FileDropOptions(tmp_path)).deliver(ORDER)
    assert list(tmp_path.iterdir()) == []
