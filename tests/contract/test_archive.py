"""One contract for every archive: kept once, whole, unchanged, and honest about what is missing.

Of the stores, moto's is quick and SeaweedFS is a real one (FI-B10, FI-B11, FI-D02).
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import pytest
from s3_store import S3Store, s3_store

from gateway.archive.local import LocalArchive, create_local_archive
from gateway.archive.s3 import S3Archive, create_s3_archive, open_s3_archive, s3_place
from gateway.errors import ArchiveDamaged, ArchiveMissing, ArchiveUnavailable
from gateway.ports import Archive
from outbound.s3_client import S3Access

HELLO = b"ISA*00*hello~"
HELLO_SHA256 = hashlib.sha256(HELLO).hexdigest()
PART_BYTES = 5 << 20


@dataclass
class House:
    """An archive, and the test's own way behind its back.

    reopen: another process's view of the same archive, remembered under the given UUID.
    damage: changes the bytes kept under a hash. remove_marker: makes it look unmounted.
    create: a new archive in the same place.
    """

    archive: Archive
    archive_id: UUID
    reopen: Callable[[UUID], Archive]
    damage: Callable[[str, bytes], None]
    remove_marker: Callable[[], None]
    create: Callable[[], None]


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store() as running:
        yield running


def local_house(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> House:
    folder, archive_id = tmp_path / "archive", uuid4()
    create_local_archive(folder, archive_id)

    def damage(sha256: str, data: bytes) -> None:
        path = folder / sha256[:2] / sha256[2:4] / sha256
        path.chmod(0o600)
        path.write_bytes(data)

    return House(
        LocalArchive(folder, archive_id),
        archive_id,
        lambda known: LocalArchive(folder, known),
        damage,
        (folder / "tradepost-archive").unlink,
        lambda: create_local_archive(folder, uuid4()),
    )


def s3_house(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> House:
    return bucket_house(request.getfixturevalue("store"), stack, tmp_path)


def real_s3_house(request: pytest.FixtureRequest, stack: ExitStack, tmp_path: Path) -> House:
    return bucket_house(request.getfixturevalue("real_store"), stack, tmp_path)


def bucket_house(store: S3Store, stack: ExitStack, tmp_path: Path) -> House:
    bucket, archive_id = f"archive-{uuid4().hex}", uuid4()
    client = store.client()
    stack.callback(client.close)
    client.create_bucket(Bucket=bucket)
    place = s3_place(f"s3://{bucket}/edi?endpoint={store.url}")
    access = S3Access(place.endpoint_url, place.region, store.access_key, store.secret_key)
    create_s3_archive(place, access, archive_id)

    def open_as(known: UUID) -> S3Archive:
        archive = S3Archive(place, access, known, tmp_path, part_bytes=PART_BYTES)
        stack.callback(archive.close)
        return archive

    def damage(sha256: str, data: bytes) -> None:
        client.put_object(Bucket=bucket, Key=f"edi/{sha256[:2]}/{sha256[2:4]}/{sha256}", Body=data)

    def remove_marker() -> None:
        client.delete_object(Bucket=bucket, Key="edi/tradepost-archive")

    return House(
        open_as(archive_id),
        archive_id,
        open_as,
        damage,
        remove_marker,
        lambda: create_s3_archive(place, access, uuid4()),
    )


HOUSES = {"local": local_house, "s3": s3_house, "real s3": real_s3_house}


@pytest.fixture(params=HOUSES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield HOUSES[request.param](request, stack, tmp_path)


def read(archive: Archive, sha256: str) -> bytes:
    with archive.open(sha256) as stream:
        return stream.read()


@pytest.mark.parametrize("data", [b"", HELLO, b"x" * (3 << 20)], ids=["empty", "small", "3 MiB"])
def test_bytes_come_back_as_they_were_put(house: House, data: bytes) -> None:
    stored = house.archive.put(io.BytesIO(data))
    assert (stored.sha256, stored.size, stored.new) == (hashlib.sha256(data).hexdigest(), len(data), True)
    assert read(house.archive, stored.sha256) == data


def test_a_large_file_goes_up_in_parts_and_comes_back(house: House) -> None:
    data = bytes(range(256)) * (12 << 12)
    stored = house.archive.put(io.BytesIO(data))
    assert stored.size == 12 << 20
    assert read(house.archive, stored.sha256) == data
    assert not house.archive.put(io.BytesIO(data)).new


def test_a_stream_is_kept_from_where_it_stands(house: House) -> None:
    stream = io.BytesIO(b"skipped" + HELLO)
    stream.seek(7)
    assert house.archive.put(stream).sha256 == HELLO_SHA256


def test_the_same_bytes_again_are_not_new(house: House) -> None:
    """FI-D02."""
    house.archive.put(io.BytesIO(HELLO))
    assert not house.archive.put(io.BytesIO(HELLO)).new
    assert not house.reopen(house.archive_id).put(io.BytesIO(HELLO)).new


@pytest.mark.parametrize("known", [HELLO_SHA256, None])
def test_an_adopted_file_is_kept_and_gone_from_its_place(
    house: House, tmp_path: Path, known: str | None
) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(HELLO)
    stored = house.archive.adopt(path, known)
    assert (stored.sha256, stored.size, stored.new) == (HELLO_SHA256, len(HELLO), True)
    assert not path.exists()
    assert read(house.archive, HELLO_SHA256) == HELLO


def test_a_file_adopted_twice_over_is_gone_and_kept_once(house: House, tmp_path: Path) -> None:
    house.archive.put(io.BytesIO(HELLO))
    path = tmp_path / "spooled"
    path.write_bytes(HELLO)
    assert not house.archive.adopt(path).new
    assert not path.exists()


def test_an_archive_knows_what_it_holds(house: House) -> None:
    assert not house.archive.holds(HELLO_SHA256)
    house.archive.put(io.BytesIO(HELLO))
    assert house.archive.holds(HELLO_SHA256)


@pytest.mark.parametrize(
    "sha256", [HELLO_SHA256, "", "../../etc/passwd", HELLO_SHA256.upper(), "tradepost-archive"]
)
def test_what_is_not_there_is_missing_and_no_path(house: House, sha256: str) -> None:
    assert not house.archive.holds(sha256)
    with pytest.raises(ArchiveMissing):
        house.archive.open(sha256)


def test_damaged_bytes_are_never_given_for_good(house: House) -> None:
    """FI-B09."""
    house.archive.put(io.BytesIO(HELLO))
    house.damage(HELLO_SHA256, HELLO[:-1] + b"!")
    with pytest.raises(ArchiveDamaged):
        read(house.archive, HELLO_SHA256)


def test_putting_bytes_over_a_torn_file_says_that_it_is_damaged(house: House) -> None:
    house.archive.put(io.BytesIO(HELLO))
    house.damage(HELLO_SHA256, HELLO[:4])
    with pytest.raises(ArchiveDamaged):
        house.archive.put(io.BytesIO(HELLO))


def test_a_stream_can_be_read_from_anywhere(house: House) -> None:
    house.archive.put(io.BytesIO(HELLO))
    with house.archive.open(HELLO_SHA256) as stream:
        stream.seek(-6, io.SEEK_END)
        assert stream.read() == HELLO[-6:]
        stream.seek(0)
        assert stream.read() == HELLO


def test_an_error_of_the_stream_rises_as_it_is_and_leaves_nothing(house: House) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError("the sender has gone")

    with pytest.raises(ConnectionResetError):
        house.archive.put(Broken())
    assert not house.archive.holds(hashlib.sha256(b"").hexdigest())


def test_many_writers_of_the_same_bytes_agree(house: House) -> None:
    other = house.reopen(house.archive_id)
    new: list[bool] = []

    def put(archive: Archive, stream: BinaryIO) -> None:
        new.append(archive.put(stream).new)

    threads = [
        threading.Thread(target=put, args=(archive, io.BytesIO(HELLO)))
        for archive in (house.archive, other) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False] * 7 + [True]
    assert read(house.archive, HELLO_SHA256) == HELLO


def test_a_healthy_archive_says_so(house: House) -> None:
    assert house.archive.check().endswith(".")


def test_a_place_without_the_marker_is_no_archive(house: House) -> None:
    """FI-B10."""
    house.remove_marker()
    with pytest.raises(ArchiveUnavailable) as caught:
        house.reopen(house.archive_id)
    assert caught.value.code == "GTW-207"
    with pytest.raises(ArchiveUnavailable):
        house.archive.check()


def test_another_archive_is_refused(house: House) -> None:
    """FI-B11."""
    with pytest.raises(ArchiveUnavailable) as caught:
        house.reopen(uuid4())
    assert caught.value.code == "GTW-208"


def test_an_archive_is_not_made_over_another(house: House) -> None:
    with pytest.raises(ArchiveUnavailable) as caught:
        house.create()
    assert caught.value.code == "GTW-209"


def test_a_home_is_bound_to_the_bucket_it_first_saw(
    store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret_key)
    with ExitStack() as stack:
        client = store.client()
        stack.callback(client.close)
        bucket = f"archive-{uuid4().hex}"
        client.create_bucket(Bucket=bucket)
        for home in ("one", "two"):
            (tmp_path / home / "spool").mkdir(parents=True)
        here, elsewhere = (f"s3://{bucket}/{name}?endpoint={store.url}" for name in ("a", "b"))
        first = open_s3_archive(here, tmp_path / "one")
        first.put(io.BytesIO(HELLO))
        second = open_s3_archive(here, tmp_path / "two")
        assert second.holds(HELLO_SHA256)
        for archive in (first, second):
            stack.callback(archive.close)
        with pytest.raises(ArchiveUnavailable) as caught:
            open_s3_archive(elsewhere, tmp_path / "one")
        assert caught.value.code == "GTW-207"


@pytest.mark.parametrize(
    "url",
    ["s3://", "https://bucket/x", "s3://key:secret@bucket/x", "s3://bucket/x?access_key=A", "s3://b/x#y"],
)
def test_an_s3_url_with_keys_or_strange_parts_is_refused(url: str) -> None:
    with pytest.raises(ArchiveUnavailable) as caught:
        s3_place(url)
    assert caught.value.code == "GTW-212"
