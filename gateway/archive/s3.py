"""The archive in a bucket: one object a hash, `<prefix>aa/bb/<sha256>`, written once.

    <prefix>tradepost-archive   marker: the archive's UUID

An object is written by one conditional, checksummed PUT, or, when large, by a multipart
upload whose completion is conditional: it is there whole or not at all, and never replaced.
The store must honour If-None-Match on writes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict, cast
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid4

from botocore.exceptions import ClientError

from gateway.archive.faults import storing
from gateway.errors import ArchiveDamaged, ArchiveMissing, ArchiveUnavailable, fault
from gateway.failpoints import failpoint
from gateway.ports import Listed, Stored
from outbound.s3_client import Kind, S3Access, S3Faults, kind_of, s3_client

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MARKER = "tradepost-archive"
CHUNK_BYTES = 1 << 20
#: Bytes of a part; a file of at most one part goes up in one PUT. S3 takes 10,000 parts.
PART_BYTES = 64 << 20
MAX_PARTS = 10_000
MARKER_BYTES = 64
#: In the home: which archive it is bound to, and where bytes wait on their way.
ARCHIVE_ID = "archive.id"
SPOOL = "spool"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where an archive is. prefix: "" or ending in "/". endpoint_url: None for AWS."""

    bucket: str
    prefix: str
    endpoint_url: str | None
    region: str


def s3_place(url: str) -> S3Place:
    """Reads `s3://bucket/prefix?endpoint=https://…&region=…`. Raises ArchiveUnavailable if it is none.

    Keys are never in the URL: a user or any other query parameter is refused.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    wrong = parts.scheme != "s3" or not parts.hostname or "@" in parts.netloc or parts.fragment
    if wrong or not set(query) <= {"endpoint", "region"}:
        raise fault(ArchiveUnavailable, "GTW-212")
    prefix = unquote(parts.path).strip("/")
    return S3Place(
        bucket=parts.netloc,
        prefix=f"{prefix}/" if prefix else "",
        endpoint_url=query["endpoint"][-1] if "endpoint" in query else None,
        region=query["region"][-1] if "region" in query else "us-east-1",
    )


def open_s3_archive(url: str, home: Path) -> S3Archive:
    """The archive at `url` that this home is bound to, spooling into `<home>/spool`.

    `<home>/archive.id` names the archive. A home without it is bound to the archive that is
    there, or to a new one where there is none. Twice, also after a crash: the marker is written
    first and found again. Keys are those that the environment or the machine's role give boto3.
    Raises ArchiveUnavailable.
    """
    place = s3_place(url)
    access = S3Access(place.endpoint_url, place.region)
    remembered = home / ARCHIVE_ID
    if remembered.exists():
        archive_id = UUID(remembered.read_text("ascii").strip())
    else:
        archive_id = _found_or_made(place, access)
        failpoint("s3.marked")
        remembered.write_text(f"{archive_id}\n", "ascii")
    return S3Archive(place, access, archive_id, home / SPOOL)


def create_s3_archive(place: S3Place, access: S3Access, archive_id: UUID) -> None:
    """Make an archive under the place's prefix, where none may be yet.

    Raises ArchiveUnavailable if there is one, or the store refuses.
    """
    client = s3_client(access)
    marker = f"{archive_id}\n".encode("ascii")
    with closing(client), speaking(name_of(place)):
        new = _if_new(
            lambda: client.put_object(
                Bucket=place.bucket, Key=f"{place.prefix}{MARKER}", Body=marker, IfNoneMatch="*"
            )
        )
    if not new:
        raise fault(ArchiveUnavailable, "GTW-209", place=name_of(place))


class S3Archive:
    """An `Archive` (gateway/ports.py) in a bucket, for any number of threads and processes.

    access: keys resolved by the caller; its endpoint and region must be the place's.
    spool: a folder on this machine for bytes on their way; a crash leaves nothing in it.
    part_bytes: at least 5 MiB, which is S3's limit.
    Raises ArchiveUnavailable on construction if the prefix holds no marker or another archive's.
    """

    def __init__(
        self,
        place: S3Place,
        access: S3Access,
        archive_id: UUID,
        spool: Path,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._place = place
        self._name = name_of(place)
        self._client = s3_client(access)
        self._archive_id = archive_id
        self._spool = spool
        self._part_bytes = part_bytes
        self._check_marker()

    def put(self, stream: BinaryIO) -> Stored:
        """Keep all bytes of `stream`, which are spooled first: their hash is their name."""
        digest = hashlib.sha256()
        with self._temporary() as file:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                with storing(str(self._spool)):
                    file.write(chunk)
            return self._keep(file, digest.hexdigest())

    def adopt(self, path: Path, sha256: str | None = None) -> Stored:
        """Upload the file at `path`, then remove it. On any error it is left.

        Raises ArchiveDamaged if the store finds that a single PUT does not have `sha256`.
        """
        with path.open("rb") as file:
            known = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
            stored = self._keep(file, known)
        path.unlink()
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, fetched whole and checked before this returns. Raises as `Archive.open` says."""
        file = self._temporary()
        try:
            self._fetch(sha256, file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def holds(self, sha256: str) -> bool:
        """True if the object is there; it is not read. Raises ArchiveUnavailable."""
        return _SHA256.fullmatch(sha256) is not None and self._size(sha256) is not None

    def listed(self, since: datetime | None = None) -> Iterator[Listed]:
        """All that is kept, page by page; the store lists it all, whatever `since` says. See `Archive`."""
        place = self._place
        with self._speaking():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=place.bucket, Prefix=place.prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    sha256 = found["Key"].rpartition("/")[2]
                    kept_at = found["LastModified"].astimezone(UTC)
                    if _SHA256.fullmatch(sha256) and (since is None or kept_at >= since):
                        yield Listed(sha256, found["Size"], kept_at)

    def check(self) -> str:
        """A sentence. Raises ArchiveUnavailable if the store is away or the archive not ours."""
        self._check_marker()
        return f"The archive {self._name} can be reached."

    def close(self) -> None:
        """Let go of connections. May be called more than once."""
        self._client.close()

    def _keep(self, file: BinaryIO, sha256: str) -> Stored:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        held = self._size(sha256)
        new = held is None and self._upload(file, sha256, size)
        if held is None and not new:
            held = self._size(sha256)
        if not new and held != size:
            raise fault(ArchiveDamaged, "GTW-206", sha256=sha256)
        return Stored(sha256=sha256, size=size, new=new)

    def _upload(self, file: BinaryIO, sha256: str, size: int) -> bool:
        """True if the object is there now by this call; False if another was faster."""
        large = size > self._part_bytes
        upload = self._upload_parts if large else self._upload_whole
        try:
            with self._speaking():
                return _if_new(lambda: upload(file, sha256, size))
        except ArchiveUnavailable as refusal:
            cause = refusal.__cause__
            if isinstance(cause, ClientError) and kind_of(cause) is Kind.DIGEST:
                raise fault(ArchiveDamaged, "GTW-206", sha256=sha256) from cause
            raise

    def _upload_whole(self, file: BinaryIO, sha256: str, size: int) -> None:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        at = self._at(sha256)
        failpoint("s3.before_put")
        self._client.put_object(**at, Body=file, ContentLength=size, ChecksumSHA256=checksum, IfNoneMatch="*")
        failpoint("s3.after_put")

    def _upload_parts(self, file: BinaryIO, sha256: str, size: int) -> None:
        at = self._at(sha256)
        begun = self._client.create_multipart_upload(**at, ChecksumAlgorithm="SHA256")
        upload_id = begun["UploadId"]
        part_bytes = max(self._part_bytes, -(-size // MAX_PARTS))
        parts: list[CompletedPartTypeDef] = []
        try:
            while part := file.read(part_bytes):
                number = len(parts) + 1
                done = self._client.upload_part(
                    **at, UploadId=upload_id, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256"
                )
                checksum = done["ChecksumSHA256"]
                parts.append({"PartNumber": number, "ETag": done["ETag"], "ChecksumSHA256": checksum})
                failpoint("s3.part_sent")
            failpoint("s3.before_complete")
            self._client.complete_multipart_upload(
                **at, UploadId=upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            # Parts of an upload that is neither completed nor aborted are kept, and billed.
            with suppress(*S3Faults):
                self._client.abort_multipart_upload(**at, UploadId=upload_id)
            raise

    def _fetch(self, sha256: str, file: BinaryIO) -> None:
        digest = hashlib.sha256()
        with self._speaking(), closing(self._found(sha256)) as body:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                digest.update(chunk)
                with storing(str(self._spool)):
                    file.write(chunk)
        if digest.hexdigest() != sha256:
            raise fault(ArchiveDamaged, "GTW-206", sha256=sha256)

    def _found(self, sha256: str) -> StreamingBody:
        try:
            return self._client.get_object(**self._at(sha256))["Body"]
        except ClientError as refusal:
            if kind_of(refusal) is Kind.MISSING:
                raise fault(ArchiveMissing, "GTW-205", sha256=sha256) from refusal
            raise

    def _size(self, sha256: str) -> int | None:
        """Bytes of the object, None if there is none."""
        with self._speaking():
            try:
                return self._client.head_object(**self._at(sha256))["ContentLength"]
            except ClientError as refusal:
                if kind_of(refusal) is Kind.MISSING:
                    return None
                raise

    def _at(self, sha256: str) -> _At:
        if _SHA256.fullmatch(sha256) is None:
            raise fault(ArchiveMissing, "GTW-205", sha256=sha256)
        key = f"{self._place.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"
        return {"Bucket": self._place.bucket, "Key": key}

    def _temporary(self) -> BinaryIO:
        """A file without a name: it is gone when closed, also by a crash."""
        with storing(str(self._spool)):
            return cast(BinaryIO, tempfile.TemporaryFile(dir=self._spool))

    def _speaking(self) -> AbstractContextManager[None]:
        return speaking(self._name)

    def _check_marker(self) -> None:
        """Raises ArchiveUnavailable unless the prefix carries our UUID (FI-B10, FI-B11)."""
        with self._speaking():
            actual = _marker(self._client, self._place)
        if actual is None:
            raise fault(ArchiveUnavailable, "GTW-207", place=self._name)
        ours = str(self._archive_id)
        if actual != ours:
            raise fault(ArchiveUnavailable, "GTW-208", place=self._name, ours=ours, actual=actual)


class _At(TypedDict):
    Bucket: str
    Key: str


def _found_or_made(place: S3Place, access: S3Access) -> UUID:
    with closing(s3_client(access)) as client, speaking(name_of(place)):
        actual = _marker(client, place)
    if actual is not None:
        return UUID(actual)
    made = uuid4()
    create_s3_archive(place, access, made)
    return made


def _marker(client: S3Client, place: S3Place) -> str | None:
    """What the marker says, None if there is none. Raises what the client raises."""
    try:
        found = client.get_object(Bucket=place.bucket, Key=f"{place.prefix}{MARKER}")
    except ClientError as refusal:
        if kind_of(refusal) is Kind.MISSING:
            return None
        raise
    with closing(found["Body"]) as body:
        return body.read(MARKER_BYTES).decode("ascii", "replace").strip()


def name_of(place: S3Place) -> str:
    """The archive's place as a person knows it."""
    return f"s3://{place.bucket}/{place.prefix}"


def _if_new(write: Callable[[], object]) -> bool:
    """Runs a conditional write; False if its object was there before."""
    try:
        write()
    except ClientError as refusal:
        if kind_of(refusal) is not Kind.EXISTS:
            raise
        return False
    return True


@contextmanager
def speaking(place: str) -> Iterator[None]:
    """Turns what a store raises into ArchiveUnavailable."""
    try:
        yield
    except S3Faults as refusal:
        code = "GTW-211" if kind_of(refusal) is Kind.FORBIDDEN else "GTW-210"
        raise fault(ArchiveUnavailable, code, place=place, reason=str(refusal)) from refusal
