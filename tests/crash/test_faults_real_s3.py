"""What only a real S3 server refuses: signatures, digests, conditions, locks; and one that fails (FI-D)."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from chaos_proxy import ChaosProxy, Trouble, chaos_proxy
from s3_store import S3Store

from gateway.archive.s3 import S3Archive, S3Place, create_s3_archive
from gateway.errors import ArchiveUnavailable
from outbound.s3_client import S3Access, s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

DATA = b"ISA*00*bytes of an archive~"
SHA256 = hashlib.sha256(DATA).hexdigest()
Make = Callable[..., S3Archive]


@pytest.fixture
def client(real_store: S3Store) -> Iterator[S3Client]:
    client = real_store.client()
    yield client
    client.close()


@pytest.fixture
def bucket(client: S3Client) -> str:
    """One whose objects are locked for a day unless they say otherwise."""
    name = f"locked-{uuid4().hex}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def status_of(refused: pytest.ExceptionInfo[ClientError]) -> int:
    return int(refused.value.response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.fixture
def make(real_store: S3Store, client: S3Client, tmp_path: Path) -> Iterator[Make]:
    """Archives in one new bucket; options: of the access, such as another key or another way there."""
    bucket, archive_id = f"archive-{uuid4().hex}", uuid4()
    client.create_bucket(Bucket=bucket)
    place = S3Place(bucket, "edi/", real_store.url, "us-east-1")
    keys = {"access_key": real_store.access_key, "secret_key": real_store.secret_key}
    create_s3_archive(place, S3Access(real_store.url, "us-east-1", **keys), archive_id)
    with ExitStack() as stack:

        def made(url: str = real_store.url, **options: object) -> S3Archive:
            access = S3Access(url, "us-east-1", **{**keys, "connect_s": 2.0, "read_s": 1.0, **options})
            archive = S3Archive(place, access, archive_id, tmp_path)
            stack.callback(archive.close)
            return archive

        yield made


def test_a_wrong_secret_is_refused_by_signature_and_said_to_be_wrong(real_store: S3Store, make: Make) -> None:
    with pytest.raises(ArchiveUnavailable) as caught:
        make(secret_key="not-the-secret")
    assert caught.value.code == "GTW-211"
    assert "not-the-secret" not in caught.value.message + str(caught.value.__cause__)
    assert real_store.secret_key not in caught.value.message


def test_bytes_that_are_not_those_of_their_digest_are_refused(client: S3Client, bucket: str) -> None:
    digest = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=bucket, Key="a", Body=DATA, ContentMD5=digest)
    assert status_of(refused) == 400


def test_a_compliance_lock_is_neither_shortened_nor_deleted_around(client: S3Client, bucket: str) -> None:
    until = datetime.now(UTC) + timedelta(days=2)
    kept = client.put_object(
        Bucket=bucket,
        Key="a",
        Body=DATA,
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
    )
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(days=1)}
    with pytest.raises(ClientError) as refused:
        client.put_object_retention(Bucket=bucket, Key="a", VersionId=kept["VersionId"], Retention=sooner)
    assert status_of(refused) == 403
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=bucket, Key="a", VersionId=kept["VersionId"])
    assert status_of(refused) == 403


def test_an_archive_in_a_bucket_with_a_default_retention_keeps_and_gives_and_repeats(
    real_store: S3Store, client: S3Client, bucket: str, tmp_path: Path
) -> None:
    """FI-D04: what was put is locked by the bucket itself; the same bytes again are no new object."""
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    place, archive_id = S3Place(bucket, "", real_store.url, "us-east-1"), uuid4()
    access = S3Access(real_store.url, "us-east-1", real_store.access_key, real_store.secret_key)
    create_s3_archive(place, access, archive_id)
    archive = S3Archive(place, access, archive_id, tmp_path)
    assert archive.put(io.BytesIO(DATA)).new
    assert not archive.put(io.BytesIO(DATA)).new
    assert read(archive) == DATA
    key = f"{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"
    head = client.head_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=bucket, Key=key, VersionId=head["VersionId"])
    assert status_of(refused) == 403
    archive.close()


@pytest.fixture
def proxy(real_store: S3Store) -> Iterator[ChaosProxy]:
    url = urlsplit(real_store.url)
    with chaos_proxy(url.hostname or "", url.port) as proxy:
        yield proxy


def read(archive: S3Archive) -> bytes:
    """The bytes, or the code of the refusal."""
    try:
        with archive.open(SHA256) as stream:
            return stream.read()
    except ArchiveUnavailable as refused:
        return refused.code.encode()


def through(proxy: ChaosProxy) -> str:
    return f"http://{proxy.host}:{proxy.port}"


def test_a_put_that_was_done_and_whose_answer_was_lost_is_one_object(make: Make, proxy: ChaosProxy) -> None:
    """FI-D02: the repeat is refused by its condition, which is what was wanted."""
    archive = make(through(proxy))
    proxy.cut()
    proxy.trouble(Trouble(swallow=DATA))
    with pytest.raises(ArchiveUnavailable):
        archive.put(io.BytesIO(DATA))
    proxy.heal()
    assert proxy.cuts > 0
    again = archive.put(io.BytesIO(DATA))
    assert (again.sha256, again.new) == (SHA256, False)
    assert read(archive) == DATA


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(cut_after=200),
        Trouble(cut_after=200, reset=True),
        Trouble(half_close_after=200),
        Trouble(blackhole=True),
        Trouble(bytes_per_s=50),
        Trouble(doubled=True),
    ],
    ids=["cut", "reset", "half closed", "black hole", "crawling", "doubled"],
)
def test_a_download_over_a_failing_network_gives_the_whole_bytes_or_says_no(
    make: Make, proxy: ChaosProxy, trouble: Trouble
) -> None:
    """FI-D01, FI-D03: never a part, never others, and within the time limits."""
    archive = make(through(proxy))
    archive.put(io.BytesIO(DATA))
    proxy.cut()
    proxy.trouble(trouble)
    assert read(archive) in {DATA, b"GTW-210"}
    proxy.heal()
    proxy.cut()
    assert read(archive) == DATA


def test_a_request_to_a_server_that_fails_is_repeated_once_and_no_more(proxy: ChaosProxy) -> None:
    """FI-D01: how often to try is for the stage that asks, which waits longer each time."""
    proxy.trouble(Trouble(cut_after=0))
    client = s3_client(S3Access(through(proxy), "us-east-1", "any", "any"))
    with pytest.raises(HTTPClientError):
        client.list_buckets()
    client.close()
    assert proxy.cuts == 2
