"""Delivery into a bucket that the ERP, or a partner, reads."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from outbound.connector import Consignment, Holding, Outcome, Preview, Receipt
from outbound.drops import holding_of, safe_name
from outbound.refusals import refused, try_later
from outbound.s3_client import Kind, S3Access, S3Faults, kind_of, s3_client


@dataclass(frozen=True, slots=True)
class S3DropOptions:
    """prefix: put before each name as it is, "orders/" for a folder; may be empty."""

    bucket: str
    prefix: str
    access: S3Access


class S3Drop:
    """A `Connector` that puts each consignment as one object, never over another.

    The same name with the same bytes is DUPLICATE, with other bytes Refused. The store must
    honour If-None-Match on writes.
    """

    def __init__(self, options: S3DropOptions) -> None:
        self._options = options
        self._place = f"s3://{options.bucket}/{options.prefix}"
        self._client = s3_client(options.access)

    def deliver(self, consignment: Consignment) -> Receipt:
        """One conditional, checksummed PUT. Safe to repeat: an object that is there is compared."""
        name = safe_name(consignment)
        key = f"{self._options.prefix}{name}"
        with self._speaking():
            new = self._put(key, consignment)
            if not new and not self._holds(key, consignment.payload):
                raise refused("OUT-021", place=self._place, name=name)
        outcome = Outcome.ACCEPTED if new else Outcome.DUPLICATE
        return Receipt(outcome, reference=f"s3://{self._options.bucket}/{key}")

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`. Raises Refused if the name is unsafe."""
        place = f"{self._place}{safe_name(consignment)}"
        return Preview(f"put {place}", consignment.payload, consignment.content_type)

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: by name."""
        key = f"{self._options.prefix}{safe_name(consignment)}"
        with self._speaking():
            try:
                found = self._client.get_object(Bucket=self._options.bucket, Key=key)
            except ClientError as fault:
                if kind_of(fault) is not Kind.MISSING:
                    raise
                return None
            with closing(found["Body"]) as body:
                return holding_of(f"s3://{self._options.bucket}/{key}", body.read())

    def check(self) -> str:
        """See `Connector.check`: the bucket is there and lets us in."""
        with self._speaking():
            self._client.head_bucket(Bucket=self._options.bucket)
        return f"The bucket {self._options.bucket} can be reached."

    def close(self) -> None:
        """See `Connector.close`."""
        self._client.close()

    def _put(self, key: str, consignment: Consignment) -> bool:
        """True if the object is there now by this call; False if it was there before."""
        digest = hashlib.sha256(consignment.payload).digest()
        try:
            self._client.put_object(
                Bucket=self._options.bucket,
                Key=key,
                Body=consignment.payload,
                ContentType=consignment.content_type,
                Metadata={"idempotency-key": quote(consignment.key)},
                ChecksumSHA256=base64.b64encode(digest).decode(),
                IfNoneMatch="*",
            )
        except ClientError as fault:
            if kind_of(fault) is not Kind.EXISTS:
                raise
            return False
        return True

    def _holds(self, key: str, payload: bytes) -> bool:
        found = self._client.get_object(Bucket=self._options.bucket, Key=key)
        with closing(found["Body"]) as body:
            return found["ContentLength"] == len(payload) and body.read() == payload

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except S3Faults as fault:
            raise _refusal(fault, self._place) from fault


def _refusal(fault: BotoCoreError | ClientError, place: str) -> Exception:
    if kind_of(fault) is Kind.FORBIDDEN:
        return refused("OUT-061", endpoint_wide=True, place=place, reason=str(fault))
    return try_later("OUT-060", place=place, reason=str(fault))
