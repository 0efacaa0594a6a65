"""Folders of others: what lies in them besides whole files, what may happen meanwhile, and many files."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from structlog.testing import capture_logs
from watched import STABLE_S, FolderPlace, Recorder, never, sweep

from gateway.errors import ChannelUnavailable
from gateway.ports import Arrival, Received, Sight
from gateway.watchers.local import FolderWatcher
from partners.channels import FolderChannel

ORDER = b"one order " * 100
Sweeper = Callable[[], int]


def keep(arrival: Arrival, content: BinaryIO | Path) -> Received:
    """A `receive` that reads all and records nothing."""
    size = len(cast(BinaryIO, content).read())
    return Received(arrival.source_key, "0" * 64, size, Sight.NEW)


def make_place(home: Path, **settings: object) -> FolderPlace:
    values = {"kind": "folder", "name": "folder-in", "path": "in", "mode": "rename", **settings}
    return FolderPlace(home, FolderChannel.model_validate(values))


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return make_place(tmp_path)


@pytest.fixture
def receive() -> Recorder:
    return Recorder(keep)


@pytest.fixture
def watcher(place: FolderPlace) -> Iterator[FolderWatcher]:
    running = place.watcher()
    yield running
    running.close()


def codes(logs: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(entry["name"], entry["code"]) for entry in logs if entry["event"] == "channel.file_left"]


def test_what_is_no_plain_file_is_left_and_noted_once(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder
) -> None:
    """FI-D11: nothing blocks on the pipe, nothing outside the folder is read through a link."""
    os.mkfifo(place.folder / "pipe.edi")
    (place.folder / "folder.edi").mkdir()
    (place.folder / "link.edi").symlink_to("/etc/passwd")
    with socket.socket(socket.AF_UNIX) as listener, capture_logs() as logs:
        here = Path.cwd()
        os.chdir(place.folder)
        try:
            listener.bind("socket.edi")
        finally:
            os.chdir(here)
        for _ in range(3):
            assert watcher.sweep(receive, never) == 0
    noted = [(name, "GTW-253") for name in ("folder.edi", "link.edi", "pipe.edi", "socket.edi")]
    assert sorted(codes(cast("list[dict[str, object]]", logs))) == noted


def test_a_link_that_takes_a_files_place_after_the_listing_is_not_followed(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-D11."""
    place.put("order.edi", ORDER)
    real = os.open

    def swap(path: object, flags: int, *args: int, **options: int) -> int:
        if path == "order.edi":
            (place.folder / "order.edi").unlink()
            (place.folder / "order.edi").symlink_to("/etc/passwd")
        return real(path, flags, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", swap)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert codes(cast("list[dict[str, object]]", logs)) == [("order.edi", "GTW-254")]


def test_a_file_that_goes_after_the_listing_is_no_fault(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-D11."""
    place.put("order.edi", ORDER)
    real = os.open

    def removed(path: object, flags: int, *args: int, **options: int) -> int:
        if path == "order.edi":
            (place.folder / "order.edi").unlink()
        return real(path, flags, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", removed)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert logs == []


def test_a_file_that_may_not_be_read_is_noted_and_taken_once_it_may(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-D11: stands for file permissions, which do not bind root."""
    place.put("order.edi", ORDER)
    place.put("readable.edi", ORDER)
    real = os.open

    def denied(path: object, flags: int, *args: int, **options: int) -> int:
        if path == "order.edi":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", denied)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 1
        assert watcher.sweep(receive, never) == 0
    assert codes(cast("list[dict[str, object]]", logs)) == [("order.edi", "GTW-254")]
    monkeypatch.setattr(os, "open", real)
    assert watcher.sweep(receive, never) == 1


@pytest.mark.parametrize("growth", [b"more", b""])
def test_a_file_that_changes_while_it_is_read_is_not_recorded(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, growth: bytes
) -> None:
    """FI-D09: the second case changes no size: only the time tells."""

    def write_on(arrival: Arrival) -> None:
        receive.before = lambda arrival: None
        path = place.folder / arrival.name
        with path.open("ab") as file:
            file.write(growth)
        os.utime(path, (1, 1))

    place.put("order.edi", ORDER)
    receive.before = write_on
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert codes(cast("list[dict[str, object]]", logs)) == [("order.edi", "GTW-255")]
    assert place.waiting() == {"order.edi": ORDER + growth}
    assert watcher.sweep(receive, never) == 1
    assert receive.outcomes[0].size == len(ORDER + growth)


def test_a_disk_that_fails_while_a_file_is_read_leaves_it_for_later(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int, buffers: object) -> int:
        raise OSError(5, "Input/output error")

    place.put("order.edi", ORDER)
    monkeypatch.setattr(os, "readv", broken)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert codes(cast("list[dict[str, object]]", logs)) == [("order.edi", "GTW-254")]
    assert place.waiting() == {"order.edi": ORDER}


def test_two_names_of_one_file_are_one_arrival(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder
) -> None:
    """FI-D12."""
    place.put("order.edi", ORDER)
    os.link(place.folder / "order.edi", place.folder / "same.edi")
    watcher.sweep(receive, never)
    assert len({arrival.source_key for arrival in receive.arrivals}) == 1
    assert place.waiting() == {}


def test_a_file_that_cannot_be_moved_is_read_once_and_tried_again_later(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder
) -> None:
    place.put("order.edi", ORDER)
    (place.folder / "taken").symlink_to("nowhere/at/all")
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 1
        for wait_s in (0, 0, place.channel.poll_s, 0):
            place.time.pass_by(wait_s)
            assert watcher.sweep(receive, never) == 0
    assert codes(cast("list[dict[str, object]]", logs)) == [("order.edi", "GTW-256")]
    (place.folder / "taken").unlink()
    place.time.pass_by(place.channel.poll_s)
    assert watcher.sweep(receive, never) == 0
    assert place.taken()["order.edi"] == ORDER


def test_a_link_in_place_of_the_folder_for_taken_files_is_not_followed(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (place.folder / "taken").symlink_to(elsewhere)
    place.put("order.edi", ORDER)
    watcher.sweep(receive, never)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("step", ["link", "unlink", "rename"])
def test_a_crash_at_any_step_of_moving_is_mended_by_the_next_sweep(
    place: FolderPlace, receive: Recorder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-A18."""

    class Killed(BaseException):
        pass

    def die(*args: object, **options: object) -> None:
        raise Killed

    place.put("order.edi", ORDER)
    first = place.watcher()
    with monkeypatch.context() as patch:
        patch.setattr(os, step, die)
        with pytest.raises(Killed):
            first.sweep(receive, never)
    first.close()
    second = place.watcher()
    second.sweep(receive, never)
    second.close()
    assert len({arrival.source_key for arrival in receive.arrivals}) == 1
    assert {arrival.name for arrival in receive.arrivals} == {"order.edi"}
    assert place.waiting() == {}
    assert place.taken() == {"order.edi": ORDER}


def test_a_file_system_without_links_moves_files_all_the_same(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*args: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    for content in (b"first", b"second"):
        place.put("order.edi", content)
        watcher.sweep(receive, never)
    assert place.taken() == {"order.edi": b"first", "order.edi.1": b"second"}


def test_a_marker_from_before_the_file_was_changed_does_not_count(tmp_path: Path, receive: Recorder) -> None:
    """FI-D09: what a crash between moving file and marker leaves does not vouch for the next of the name."""
    place = make_place(tmp_path, mode="marker")
    watcher = place.watcher()
    marker = place.folder / "order.edi.done"
    marker.touch()
    made = marker.stat().st_ctime_ns
    path = place.folder / "order.edi"
    deadline = time.monotonic() + 10
    while not path.exists() or path.stat().st_ctime_ns <= made:
        assert time.monotonic() < deadline
        path.write_bytes(ORDER)
    assert watcher.sweep(receive, never) == 0
    os.utime(marker)
    assert watcher.sweep(receive, never) == 1
    watcher.close()
    assert place.waiting() == {}
    assert set(place.taken()) == {"order.edi", "order.edi.done"}


def test_a_marker_is_no_file_of_its_own(tmp_path: Path, receive: Recorder) -> None:
    place = make_place(tmp_path, mode="marker")
    (place.folder / "alone.edi.done").touch()
    watcher = place.watcher()
    assert watcher.sweep(receive, never) == 0
    watcher.close()
    assert "alone.edi.done" in place.waiting()


def test_only_names_that_fit_the_pattern_are_taken(tmp_path: Path, receive: Recorder) -> None:
    place = make_place(tmp_path, pattern="*.edi")
    for name in ("order.edi", "readme.txt", ".order.edi", "order.edi.part"):
        place.folder.joinpath(name).write_bytes(ORDER)
    watcher = place.watcher()
    assert watcher.sweep(receive, never) == 1
    watcher.close()
    assert set(place.waiting()) == {"readme.txt", ".order.edi", "order.edi.part"}


def test_a_file_that_appears_rings_the_bell(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder
) -> None:
    watcher.sweep(receive, never)
    place.folder.joinpath("order.edi").write_bytes(ORDER)
    assert watcher.bell.wait(10)


def test_a_folder_that_was_made_anew_rings_again(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder
) -> None:
    """A disk mounted over the folder looks the same."""
    watcher.sweep(receive, never)
    shutil.rmtree(place.folder)
    with pytest.raises(ChannelUnavailable, match="not there"):
        watcher.sweep(receive, never)
    place.folder.mkdir()
    watcher.sweep(receive, never)
    place.folder.joinpath("order.edi").write_bytes(ORDER)
    assert watcher.bell.wait(10)
    assert watcher.sweep(receive, never) == 1


def test_without_notices_the_sweep_finds_everything(
    place: FolderPlace, watcher: FolderWatcher, receive: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-D10: network mounts, or the system's limit of watches."""

    def exhausted(*args: object, **options: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", exhausted)
    place.put("order.edi", ORDER)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 1
        assert watcher.sweep(receive, never) == 0
    assert [entry["event"] for entry in logs] == ["channel.polled_only"]


def test_a_file_that_is_not_at_rest_is_looked_at_again_soon(tmp_path: Path, receive: Recorder) -> None:
    place = make_place(tmp_path, mode="stability", stable_s=STABLE_S, poll_s=30)
    watcher = place.watcher()
    place.put("order.edi", ORDER)
    watcher.sweep(receive, never)
    assert watcher.poll_s == STABLE_S
    assert sweep(place, watcher, receive) == 1
    assert watcher.poll_s == 30
    watcher.close()


@pytest.mark.parametrize(("error", "code"), [(13, "GTW-251"), (20, "GTW-250"), (116, "GTW-252")])
def test_a_folder_that_cannot_be_opened_says_why(
    watcher: FolderWatcher, receive: Recorder, error: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ChannelUnavailable) as away:
        watcher.sweep(receive, never)
    assert away.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["stability", "marker"])
def test_a_hundred_thousand_waiting_files_are_looked_at_within_ten_seconds(
    tmp_path: Path, receive: Recorder, mode: str
) -> None:
    place = make_place(tmp_path, mode=mode)
    for number in range(100_000):
        os.close(os.open(place.folder / f"{number}.edi", os.O_CREAT | os.O_WRONLY))
    watcher = place.watcher()
    begin = time.monotonic()
    assert watcher.sweep(receive, never) == 0
    assert time.monotonic() - begin <= 10
    watcher.close()
