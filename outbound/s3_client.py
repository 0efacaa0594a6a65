"""How we speak to an S3 store: bounded in time, and its errors sorted into three kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

#: All that calls of a client may raise.
S3Faults = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class S3Access:
    """Where a store is and who we are there.

    endpoint_url: None for AWS. access_key, secret_key: both, or neither for the machine's own role.
    connect_s, read_s: longest wait for a connection, and for the next bytes, of each of two tries.
    """

    endpoint_url: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    connect_s: float = 10.0
    read_s: float = 30.0


class Kind(Enum):
    """EXISTS: a conditional write found something there. MISSING: no such object. BUSY: try later.
    DIGEST: what arrived is not what the checksum says. FORBIDDEN: the store or bucket refuses us.
    """

    EXISTS = "exists"
    MISSING = "missing"
    BUSY = "busy"
    DIGEST = "digest"
    FORBIDDEN = "forbidden"


_KINDS = {
    "PreconditionFailed": Kind.EXISTS,
    "412": Kind.EXISTS,
    "NoSuchKey": Kind.MISSING,
    "404": Kind.MISSING,
    "ConditionalRequestConflict": Kind.BUSY,
    "RequestTimeout": Kind.BUSY,
    "SlowDown": Kind.BUSY,
    "NotImplemented": Kind.FORBIDDEN,
    "BadDigest": Kind.DIGEST,
    "XAmzContentChecksumMismatch": Kind.DIGEST,
    "XAmzContentSHA256Mismatch": Kind.DIGEST,
}


def s3_client(access: S3Access) -> S3Client:
    """A client that may be shared by threads. No request is made."""
    config = Config(
        connect_timeout=access.connect_s,
        read_timeout=access.read_s,
        retries={"mode": "standard", "total_max_attempts": 2},
        s3={"addressing_style": "path" if access.endpoint_url else "auto"},
    )
    return Session().client(
        "s3",
        endpoint_url=access.endpoint_url,
        region_name=access.region,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        config=config,
    )


def kind_of(fault: BotoCoreError | ClientError) -> Kind:
    """What the store means. A bucket that is not there counts as a refusal of us, not as MISSING."""
    if isinstance(fault, NoCredentialsError):
        return Kind.FORBIDDEN
    if not isinstance(fault, ClientError):
        return Kind.BUSY
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    by_status = Kind.BUSY if status >= 500 or status in {408, 429} else Kind.FORBIDDEN
    return _KINDS.get(fault.response.get("Error", {}).get("Code", ""), by_status)
