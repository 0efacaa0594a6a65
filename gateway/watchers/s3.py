"""Watches a prefix of an S3 bucket. Queues only ring; the listing is the truth."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from gateway.errors import ChannelUnavailable
from gateway.failpoints import failpoint
from gateway.jobs.local import Bell
from gateway.ports import Arrival, Doorbell, Receive
from gateway.profiles import SecretUnreadable, read_secrets
from gateway.watchers.downloads import Downloads
from gateway.watchers.faults import Log, SourceFault, unavailable
from gateway.watchers.memory import SweepMemory
from gateway.watchers.s3_notices import QueueNotices
from gateway.watchers.s3_settling import TAG, Fetched, Settling
from outbound.s3_client import Kind, S3Access, S3Faults, kind_of, s3_client
from partners.channels import S3Channel

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

UNREADABLE = "GTW-254"
CHANGED = "GTW-255"
AWAY = "GTW-270"
REFUSED = "GTW-271"
OBJECT_REFUSED = "GTW-272"
NOT_MARKED = "GTW-273"

CHUNK_BYTES = 1 << 20
#: Pause before a store that refused to tag, move or delete an object is asked again.
RETRY_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Known:
    """An object that is kept. seen: what the listing said of it; unsettled: what could not be marked."""

    seen: tuple[str, str]
    unsettled: Fetched | None = None
    retry_at_s: float = inf


class S3Watcher:
    """A `Watcher` (gateway/ports.py) over one prefix, with all that lies below it.

    Source key: bucket, key, and version or, without versioning, ETag. An object is fetched in
    exactly the version that was listed, whole or not at all (FI-D03), kept and recorded; only then
    is it tagged, moved or deleted, in that version. What was kept is remembered, so that a sweep
    costs no request for it; the memory may be lost at any time.
    """

    def __init__(
        self, channel: S3Channel, partner: str, home: Path, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        parts = urlsplit(channel.url)
        path = parts.path.strip("/")
        self._settings = channel
        self._partner = partner
        self._home = home
        self._now_s = now_s
        self._bucket = parts.netloc
        self._prefix = f"{path}/" if path else ""
        self._taken = f"{self._prefix}{channel.move_to.strip('/')}/"
        self._place = f"s3://{self._bucket}/{self._prefix}"
        self._bell = Bell()
        self._log = Log(channel.name)
        self._known: SweepMemory[_Known] = SweepMemory()
        self._downloads = Downloads(home, channel.name)
        self._client: S3Client | None = None
        self._notices: QueueNotices | None = None

    @property
    def channel(self) -> str:
        """See `Watcher`."""
        return self._settings.name

    @property
    def poll_s(self) -> float:
        """See `Watcher`."""
        return self._settings.poll_s

    @property
    def bell(self) -> Doorbell:
        """See `Watcher`."""
        return self._bell

    def sweep(self, receive: Receive, should_stop: Callable[[], bool]) -> int:
        """See `Watcher`. Twice: the source key makes a second sight the same arrival."""
        count = 0
        client = self._connected()
        messages = self._notices.seen() if self._notices else ()
        with self._speaking():
            for listed in self._listed(client):
                if should_stop():
                    return count
                count += self._take(client, listed, receive)
        self._known.end_sweep()
        self._log.end_sweep()
        if self._notices:
            self._notices.confirm(messages)
        return count

    def close(self) -> None:
        """See `Watcher`; may take as long as one question to the queue. A later sweep connects anew."""
        if self._notices is not None:
            self._notices.close()
        if self._client is not None:
            self._client.close()
        self._client = self._notices = None

    def _connected(self) -> S3Client:
        """The client, made at the first sweep whose secrets can be read; the queue is asked from then on."""
        if self._client is None:
            access = self._access()
            self._client = s3_client(access)
            if self._settings.sqs_url is not None:
                place = (self._bucket, self._prefix)
                self._notices = QueueNotices(self.channel, self._settings.sqs_url, place, access, self._bell)
                self._notices.start()
        return self._client

    def _access(self) -> S3Access:
        settings = self._settings
        try:
            secrets = read_secrets(settings.secrets, self._home)
        except SecretUnreadable as fault:
            raise ChannelUnavailable(fault.code, fault.message, fault.remedy) from fault
        return S3Access(
            endpoint_url=settings.endpoint_url,
            region=settings.region,
            access_key=secrets.get("access_key"),
            secret_key=secrets.get("secret_key"),
        )

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """What the store says of itself, not of one object, as ChannelUnavailable."""
        try:
            yield
        except S3Faults as fault:
            code = AWAY
            if kind_of(fault) is Kind.FORBIDDEN:
                code = REFUSED
                self.close()  # the next sweep reads the keys anew: they may have been put right
            raise unavailable(code, place=self._place, reason=str(fault)) from fault

    def _listed(self, client: S3Client) -> Iterator[ObjectTypeDef]:
        """The objects to look at, page by page (FI-D05): no folder marks, nothing that was moved."""
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for listed in page.get("Contents", []):
                key = listed["Key"]
                if not key.endswith("/") and not key.startswith(self._taken):
                    yield listed

    def _take(self, client: S3Client, listed: ObjectTypeDef, receive: Receive) -> int:
        """Fetch one object, hand it over, then tag, move or delete it; how many were handed over."""
        key, seen = listed["Key"], (listed["ETag"], listed["LastModified"].isoformat())
        known = self._known.get(key)
        if known is not None and known.seen == seen:
            self._settle_again(client, known)
            return 0
        try:
            if self._is_tagged(client, key):
                self._known.put(key, _Known(seen))
                return 0
            fetched = self._hand_over(client, key, listed["ETag"], receive)
        except SourceFault as fault:
            self._log.file_left(self._title(key), fault.code, fault.reason)
            return 0
        except _Gone:
            return 0
        self._settle(client, fetched, seen)
        failpoint("s3_source.settled")
        return 1

    def _title(self, key: str) -> str:
        """How a person calls the object: its key below the prefix."""
        return key.removeprefix(self._prefix)

    def _settle_again(self, client: S3Client, known: _Known) -> None:
        """Try anew what the store refused, once its pause is over."""
        if known.unsettled is None:
            return
        self._log.file_still_left(self._title(known.unsettled.key))
        if self._now_s() >= known.retry_at_s:
            self._settle(client, known.unsettled, known.seen)

    def _is_tagged(self, client: S3Client, key: str) -> bool:
        if self._settings.after != "tag":
            return False
        with _object_faults():
            return TAG in client.get_object_tagging(Bucket=self._bucket, Key=key)["TagSet"]

    def _hand_over(self, client: S3Client, key: str, etag: str, receive: Receive) -> Fetched:
        """Keep and record exactly what was listed under that ETag."""
        with _object_faults():
            answer = client.get_object(Bucket=self._bucket, Key=key, IfMatch=etag)
        version = answer.get("VersionId", "null")
        fetched = Fetched(key, etag, None if version == "null" else version)
        state = fetched.version or etag.strip('"')
        with (
            closing(answer["Body"]) as body,
            self._downloads.holding(_chunks(body), answer["ContentLength"]) as path,
        ):
            attributes = {"bucket": self._bucket, "key": key, "etag": etag.strip('"')}
            if fetched.version is not None:
                attributes["version"] = fetched.version
            source_key = f"{self._bucket}/{key}@{state}"
            name = posixpath.basename(key)
            receive(Arrival(self.channel, source_key, name, self._partner, attributes), path)
            failpoint("s3_source.received")
        return fetched

    def _settle(self, client: S3Client, fetched: Fetched, seen: tuple[str, str]) -> None:
        """Tell the store. A refusal is noted once; the object is not fetched again (FI-D04)."""
        settling = Settling(client, self._bucket, self._prefix, self._taken)
        try:
            settling.settle(fetched, self._settings.after)
        except ClientError as fault:
            if kind_of(fault) is Kind.BUSY:
                raise
            self._known.put(fetched.key, _Known(seen, fetched, self._now_s() + RETRY_S))
            self._log.file_left(self._title(fetched.key), NOT_MARKED, str(fault))
            return
        if self._settings.after == "tag":
            self._known.put(fetched.key, _Known(seen))
        else:
            self._known.drop(fetched.key)


class _Gone(Exception):
    """The object was removed after it was listed."""


def _chunks(body: StreamingBody) -> Iterator[bytes]:
    """The bytes of one answer. Raises SourceFault where it breaks off or does not fit its checksum."""
    try:
        yield from body.iter_chunks(CHUNK_BYTES)
    except BotoCoreError as fault:
        raise SourceFault(UNREADABLE, str(fault)) from fault


@contextmanager
def _object_faults() -> Iterator[None]:
    """A refusal of one object as SourceFault or _Gone; a store that is away stays what it is."""
    try:
        yield
    except ClientError as fault:
        match kind_of(fault):
            case Kind.MISSING:
                raise _Gone from fault
            case Kind.EXISTS:
                raise SourceFault(CHANGED) from fault
            case Kind.FORBIDDEN:
                raise SourceFault(OBJECT_REFUSED, str(fault)) from fault
            case _:
                raise
