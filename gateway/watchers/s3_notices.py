"""Rings the bell when a queue says that an object was created. What it misses, the next sweep finds."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

import structlog
from boto3.session import Session
from botocore.config import Config

from gateway.ports import Doorbell
from outbound.s3_client import S3Access, S3Faults
from parsers.catalogue import found

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

log = structlog.get_logger()

AWAY = "GTW-274"
#: Seconds that one question to the queue may wait for an answer; also the longest wait at closing.
POLL_S = 5
#: Pause after a question that failed.
PAUSE_S = 30.0
#: Messages that SQS gives, or takes back, in one call.
BATCH = 10
#: Most messages that are remembered until a sweep is done; older ones come again.
MAX_PENDING = 10_000
CREATED = "ObjectCreated:"


def names_new_object(body: str, bucket: str, prefix: str) -> bool:
    """True if a message tells of an object created under the prefix.

    Test events and messages of any other make say nothing, and are no fault.
    """
    try:
        records = json.loads(body)["Records"]
        return any(
            record["eventName"].startswith(CREATED)
            and record["s3"]["bucket"]["name"] == bucket
            and unquote_plus(record["s3"]["object"]["key"]).startswith(prefix)
            for record in records
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


class QueueNotices:
    """Asks one queue in a thread of its own, from `start` to `close`.

    A message is removed from the queue only after a whole sweep that began after it came;
    until then it comes again, which is harmless.
    """

    def __init__(
        self, channel: str, url: str, place: tuple[str, str], access: S3Access, bell: Doorbell
    ) -> None:
        self._channel = channel
        self._url = url
        self._bucket, self._prefix = place
        self._bell = bell
        self._client = _client(url, access)
        self._pending: deque[str] = deque(maxlen=MAX_PENDING)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"queue {channel}")

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def seen(self) -> tuple[str, ...]:
        """The messages that came so far, to be given to `confirm` after the sweep that now begins."""
        with self._lock:
            return tuple(self._pending)

    def confirm(self, messages: Iterable[str]) -> None:
        """Remove messages from the queue. Failing does no harm: they come again."""
        done = list(dict.fromkeys(messages))
        gone = frozenset(done)
        with self._lock:
            left = [message for message in self._pending if message not in gone]
            self._pending.clear()
            self._pending.extend(left)
        try:
            for first in range(0, len(done), BATCH):
                self._remove(done[first : first + BATCH])
        except S3Faults as fault:
            self._warn(str(fault))

    def close(self) -> None:
        """Stop asking; waits for the answer to the last question."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.close()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                answer = self._client.receive_message(
                    QueueUrl=self._url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=POLL_S
                )
            except S3Faults as fault:
                self._warn(str(fault))
                self._stopping.wait(PAUSE_S)
                continue
            messages = answer.get("Messages", [])
            with self._lock:
                self._pending.extend(message["ReceiptHandle"] for message in messages)
            if any(names_new_object(message["Body"], self._bucket, self._prefix) for message in messages):
                self._bell.ring()

    def _remove(self, batch: Sequence[str]) -> None:
        self._client.delete_message_batch(
            QueueUrl=self._url,
            Entries=[{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(batch)],
        )

    def _warn(self, reason: str) -> None:
        finding = found(AWAY, place=self._url, reason=reason)
        log.warning("channel.polled_only", channel=self._channel, code=AWAY, reason=finding.message)


def _client(url: str, access: S3Access) -> SQSClient:
    """A client of the server that the queue's own address names."""
    parts = urlsplit(url)
    config = Config(
        connect_timeout=access.connect_s,
        read_timeout=access.read_s,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    return Session().client(
        "sqs",
        endpoint_url=f"{parts.scheme}://{parts.netloc}",
        region_name=access.region,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        config=config,
    )
