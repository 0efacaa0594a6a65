"""What becomes of an object once it has been kept: tagged, moved or deleted, in the version that was kept."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from gateway.failpoints import failpoint
from gateway.watchers.names import numbered
from outbound.s3_client import Kind, kind_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, TagTypeDef

#: What kept objects carry.
TAG: TagTypeDef = {"Key": "tradepost", "Value": "kept"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object as it was kept. etag: with its quotes; version: None in a bucket without versioning."""

    key: str
    etag: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Settling:
    """Where kept objects are and go. taken: the prefix for those that are moved, ending in "/"."""

    client: S3Client
    bucket: str
    prefix: str
    taken: str

    def settle(self, fetched: Fetched, after: Literal["delete", "tag", "move"]) -> None:
        """Tag, move or delete. Raises ClientError or BotoCoreError. Twice: each of the three may be repeated.

        An object that was replaced or removed meanwhile is left alone.
        """
        try:
            if after == "tag":
                self._tag(fetched)
                return
            if after == "move":
                self._copy(fetched)
                failpoint("s3_source.copied")
            self._delete(fetched)
        except ClientError as fault:
            if kind_of(fault) not in {Kind.MISSING, Kind.EXISTS}:
                raise

    def _tag(self, fetched: Fetched) -> None:
        """Add our tag to those that are there."""
        bucket, key, version = self.bucket, fetched.key, fetched.version
        if version is None:
            self.client.head_object(Bucket=bucket, Key=key, IfMatch=fetched.etag)
            tags = self.client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
            self.client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": _with_ours(tags)})
        else:
            tags = self.client.get_object_tagging(Bucket=bucket, Key=key, VersionId=version)["TagSet"]
            self.client.put_object_tagging(
                Bucket=bucket, Key=key, VersionId=version, Tagging={"TagSet": _with_ours(tags)}
            )

    def _copy(self, fetched: Fetched) -> None:
        """Copy under the prefix for taken objects, under a free name, or find an earlier copy there."""
        folder, name = posixpath.split(fetched.key.removeprefix(self.prefix))
        targets = (self.taken + posixpath.join(folder, candidate) for candidate in numbered(name))
        looks = ((target, self._etag(target)) for target in targets)
        target, etag = next(look for look in looks if look[1] in {None, fetched.etag})
        if etag is None:  # else it was copied before; only the deletion was cut off
            self._copy_to(target, fetched)

    def _copy_to(self, target: str, fetched: Fetched) -> None:
        source: CopySourceTypeDef = {"Bucket": self.bucket, "Key": fetched.key}
        if fetched.version is not None:
            source["VersionId"] = fetched.version
        self.client.copy_object(
            Bucket=self.bucket, Key=target, CopySource=source, CopySourceIfMatch=fetched.etag
        )

    def _delete(self, fetched: Fetched) -> None:
        """Remove the version that was kept; without versioning, the object if it is still the same."""
        if fetched.version is not None:
            self.client.delete_object(Bucket=self.bucket, Key=fetched.key, VersionId=fetched.version)
            return
        # Not every store knows the condition on a deletion, so it is asked before, too.
        self.client.head_object(Bucket=self.bucket, Key=fetched.key, IfMatch=fetched.etag)
        self.client.delete_object(Bucket=self.bucket, Key=fetched.key, IfMatch=fetched.etag)

    def _etag(self, key: str) -> str | None:
        """The ETag of what is there, None if nothing is."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["ETag"]
        except ClientError as fault:
            if kind_of(fault) is Kind.MISSING:
                return None
            raise


def _with_ours(tags: list[TagTypeDef]) -> list[TagTypeDef]:
    return [*(tag for tag in tags if tag["Key"] != TAG["Key"]), TAG]
