"""Others' buckets: pages, versions, what a store may refuse, and the queue that rings."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError
from s3_store import REGION, S3Store, s3_store
from structlog.testing import capture_logs
from watched import Recorder, S3Place, never

from gateway.errors import ChannelUnavailable
from gateway.ports import Arrival, Received, Sight
from gateway.watchers.s3 import S3Watcher
from partners.channels import S3Channel

ORDER = b"one order " * 100
DEADLINE_S = 15.0
NUMBERS = count(1)


def keep(arrival: Arrival, content: BinaryIO | Path) -> Received:
    """A `receive` that takes a spool file over and records nothing."""
    assert isinstance(content, Path)
    payload = content.read_bytes()
    content.unlink()
    return Received(arrival.source_key, hashlib.sha256(payload).hexdigest(), len(payload), Sight.NEW)


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store() as running:
        yield running


@pytest.fixture
def receive() -> Recorder:
    return Recorder(keep)


@pytest.fixture
def place(store: S3Store, tmp_path: Path) -> S3Place:
    name = f"bucket-{next(NUMBERS)}"
    channel = S3Channel(
        kind="s3",
        name=name,
        url=f"s3://{name}/in",
        endpoint_url=store.url,
        access_key="file:access",
        secret_key="file:secret",
    )
    return S3Place(tmp_path, store, name, channel)


@pytest.fixture
def watching() -> Iterator[Callable[..., S3Watcher]]:
    """Makes watchers that are closed at the end."""
    opened: list[S3Watcher] = []

    def watch(place: S3Place, **changes: Any) -> S3Watcher:
        opened.append(place.watcher(**changes))
        return opened[-1]

    yield watch
    for watcher in opened:
        watcher.close()


Watching = Callable[..., S3Watcher]


def requests(watcher: S3Watcher) -> list[str]:
    """The names of all calls that the watcher makes from now on."""
    calls: list[str] = []
    watcher._connected().meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    return calls


def denied(operation: str, watcher: S3Watcher, code: str = "AccessDenied", status: int = 403) -> None:
    """From now on the store refuses one operation, as it does for keys without that right."""

    def refuse(**_: object) -> None:
        answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, operation)  # type: ignore[arg-type]

    watcher._connected().meta.events.register(f"before-call.s3.{operation}", refuse)


def test_many_objects_are_taken_over_several_pages_each_once(
    place: S3Place, receive: Recorder, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FI-D05."""
    for number in range(25):
        place.put(f"{number:02}.edi", ORDER + b"%d" % number)
    watcher = watching(place)
    pages = requests(watcher)
    client = watcher._connected()
    client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 10}
    )
    assert watcher.sweep(receive, never) == 25
    assert pages.count("ListObjectsV2") == 3
    assert [arrival.name for arrival in receive.arrivals] == [f"{number:02}.edi" for number in range(25)]


def test_what_is_kept_costs_no_request_of_its_own_in_later_sweeps(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    for number in range(5):
        place.put(f"{number}.edi", ORDER)
    watcher = watching(place)
    watcher.sweep(receive, never)
    calls = requests(watcher)
    assert watcher.sweep(receive, never) == 0
    assert calls == ["ListObjectsV2"]


def test_after_a_restart_a_tag_is_read_and_nothing_is_fetched(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("order.edi", ORDER)
    watching(place).sweep(receive, never)
    again = watching(place)
    calls = requests(again)
    assert again.sweep(receive, never) == 0
    assert calls == ["ListObjectsV2", "GetObjectTagging"]
    assert len(receive.arrivals) == 1


def test_tags_of_others_stay(place: S3Place, receive: Recorder, watching: Watching) -> None:
    place.client.put_object(Bucket=place.bucket, Key="in/order.edi", Body=ORDER, Tagging="batch=7")
    watching(place).sweep(receive, never)
    assert place.tags("in/order.edi") == {"batch": "7", "tradepost": "kept"}


def test_only_what_lies_below_the_prefix_is_looked_at(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    for key in (
        "in/order.edi",
        "in/2026/11/order.edi",
        "inbox/no.edi",
        "in",
        "in/folder/",
        "in/taken/old.edi",
    ):
        place.client.put_object(Bucket=place.bucket, Key=key, Body=ORDER)
    assert watching(place, after="move").sweep(receive, never) == 2
    assert {arrival.attributes["key"] for arrival in receive.arrivals} == {
        "in/order.edi",
        "in/2026/11/order.edi",
    }
    assert {"in/taken/order.edi", "in/taken/2026/11/order.edi"} <= set(place.keys())


def test_the_source_key_names_the_version_where_there_are_versions(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("plain.edi", ORDER)
    watcher = watching(place)
    watcher.sweep(receive, never)
    etag = hashlib.md5(ORDER, usedforsecurity=False).hexdigest()
    assert receive.arrivals[0].source_key == f"{place.bucket}/in/plain.edi@{etag}"
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    version = place.client.put_object(Bucket=place.bucket, Key="in/new.edi", Body=ORDER)["VersionId"]
    watcher.sweep(receive, never)
    assert receive.arrivals[1].source_key == f"{place.bucket}/in/new.edi@{version}"
    assert receive.arrivals[1].attributes["version"] == version


@pytest.mark.slow
def test_the_same_bytes_sent_again_are_a_new_arrival_where_there_are_versions(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    """A second later at the earliest: listings tell the time in whole seconds, and no version."""
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    watcher = watching(place)
    place.put("order.edi", ORDER)
    watcher.sweep(receive, never)
    deadline = time.monotonic() + DEADLINE_S
    while len(receive.arrivals) < 2 and time.monotonic() < deadline:
        place.put("order.edi", ORDER)
        watcher.sweep(receive, never)
    assert len({arrival.source_key for arrival in receive.arrivals}) == 2


@pytest.mark.parametrize("after", ["delete", "move"])
def test_the_same_bytes_sent_again_at_once_do_not_stay_behind(
    place: S3Place, receive: Recorder, watching: Watching, after: str
) -> None:
    watcher = watching(place, after=after)
    for _ in range(2):
        place.put("order.edi", ORDER)
        watcher.sweep(receive, never)
    assert place.waiting() == {}


def test_deleting_in_a_bucket_with_versions_removes_the_version_that_was_kept_and_no_newer_one(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    place.put("order.edi", ORDER)
    receive.after = lambda arrival: place.put("order.edi", b"newer") if len(receive.arrivals) == 1 else None
    watcher = watching(place, after="delete")
    watcher.sweep(receive, never)
    assert place.content("in/order.edi") == b"newer"
    watcher.sweep(receive, never)
    assert place.keys() == []
    assert [outcome.size for outcome in receive.outcomes] == [len(ORDER), 5]


def test_an_object_that_is_replaced_after_the_listing_is_not_taken_for_the_listed_one(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    """FI-D03."""
    place.put("order.edi", ORDER)
    watcher = watching(place)
    replaced = count()

    def replace(**_: object) -> None:
        if next(replaced) == 0:
            place.put("order.edi", b"newer")

    watcher._connected().meta.events.register("before-call.s3.GetObject", replace)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert [entry["code"] for entry in logs] == ["GTW-255"]
    assert watcher.sweep(receive, never) == 1
    assert receive.outcomes[0].size == 5


def test_an_answer_that_breaks_off_is_discarded(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    """FI-D03."""
    place.put("order.edi", ORDER)
    place.put("whole.edi", ORDER)
    watcher = watching(place)
    broken = count()

    def cut(parsed: dict[str, Any], **_: object) -> None:
        if next(broken) == 0:
            parsed["Body"].read(10)

    watcher._connected().meta.events.register("after-call.s3.GetObject", cut)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 1
    assert [entry["name"] for entry in logs] == ["order.edi"]
    assert list((place.home / "spool").iterdir()) == []
    assert watcher.sweep(receive, never) == 1


@pytest.mark.parametrize(
    ("after", "operation"),
    [
        ("delete", "DeleteObject"),
        ("tag", "PutObjectTagging"),
        ("move", "CopyObject"),
        ("move", "DeleteObject"),
    ],
)
def test_a_store_that_refuses_to_mark_an_object_is_noted_once_and_asked_again_later(
    place: S3Place, receive: Recorder, watching: Watching, after: str, operation: str
) -> None:
    """FI-D04."""
    place.put("order.edi", ORDER)
    watcher = watching(place, after=after)
    denied(operation, watcher)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 1
        assert [watcher.sweep(receive, never) for _ in range(3)] == [0, 0, 0]
        place.time.pass_by(3601)
        calls = requests(watcher)
        assert watcher.sweep(receive, never) == 0
    assert [(entry["name"], entry["code"]) for entry in logs] == [("order.edi", "GTW-273")]
    assert "GetObject" not in calls
    assert len(receive.arrivals) == 1
    assert place.waiting() == {"order.edi": ORDER}


def test_an_object_that_may_not_be_read_does_not_hold_up_the_others(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("cold.edi", ORDER)
    watcher = watching(place)
    denied("GetObject", watcher, "InvalidObjectState")
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
        assert watcher.sweep(receive, never) == 0
    assert [(entry["name"], entry["code"]) for entry in logs] == [("cold.edi", "GTW-272")]


def test_an_object_that_goes_after_the_listing_is_no_fault(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("order.edi", ORDER)
    watcher = watching(place)
    denied("GetObject", watcher, "NoSuchKey", 404)
    with capture_logs() as logs:
        assert watcher.sweep(receive, never) == 0
    assert logs == []


@pytest.mark.parametrize("operation", ["ListObjectsV2", "GetObject", "PutObjectTagging"])
def test_a_busy_store_is_left_alone_until_the_next_sweep(
    place: S3Place, receive: Recorder, watching: Watching, operation: str
) -> None:
    """FI-D01."""
    place.put("order.edi", ORDER)
    watcher = watching(place)
    denied(operation, watcher, "SlowDown", 503)
    with pytest.raises(ChannelUnavailable) as busy:
        watcher.sweep(receive, never)
    assert busy.value.code == "GTW-270"


def test_a_secret_that_is_not_there_is_asked_for_again_at_each_sweep(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("order.edi", ORDER)
    watcher = watching(place, access_key="file:later")
    with pytest.raises(ChannelUnavailable) as refused:
        watcher.sweep(receive, never)
    assert refused.value.code == "PRT-104"
    (place.home / "later").write_text("test")
    (place.home / "later").chmod(0o600)
    assert watcher.sweep(receive, never) == 1


def test_keys_that_are_refused_are_read_anew_at_the_next_sweep(
    place: S3Place, receive: Recorder, watching: Watching
) -> None:
    place.put("order.edi", ORDER)
    watcher = watching(place)
    denied("ListObjectsV2", watcher, "InvalidAccessKeyId")
    with pytest.raises(ChannelUnavailable) as refused:
        watcher.sweep(receive, never)
    assert refused.value.code == "GTW-271"
    assert watcher.sweep(receive, never) == 1


class Queue:
    """An SQS queue on moto's server."""

    def __init__(self, store: S3Store, name: str) -> None:
        self._client = Session().client(
            "sqs",
            endpoint_url=store.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        attributes = {"VisibilityTimeout": "0"}
        created = self._client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.url = f"{store.url}/{created.split('/', 3)[3]}"

    def send(self, body: str) -> None:
        self._client.send_message(QueueUrl=self.url, MessageBody=body)

    def tell_of(self, bucket: str, key: str) -> None:
        entity = {"bucket": {"name": bucket}, "object": {"key": key}}
        self.send(json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": entity}]}))

    def __len__(self) -> int:
        answer = self._client.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(number) for number in answer["Attributes"].values())

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def queue(store: S3Store) -> Iterator[Queue]:
    queue = Queue(store, f"queue-{next(NUMBERS)}")
    yield queue
    queue.close()


@pytest.mark.slow
def test_a_notice_rings_and_is_removed_only_after_the_sweep_that_followed_it(
    place: S3Place, receive: Recorder, watching: Watching, queue: Queue
) -> None:
    """FI-D06."""
    watcher = watching(place, sqs_url=queue.url)
    watcher.sweep(receive, never)
    place.put("two words ü.edi", ORDER)
    queue.tell_of(place.bucket, "in/two+words+%C3%BC.edi")
    assert watcher.bell.wait(DEADLINE_S)
    assert len(queue) == 1
    assert watcher.sweep(receive, never) == 1
    assert len(queue) == 0


@pytest.mark.slow
def test_doubled_lost_and_malformed_notices_do_no_harm(
    place: S3Place, receive: Recorder, watching: Watching, queue: Queue
) -> None:
    """FI-D06."""
    watcher = watching(place, sqs_url=queue.url)
    watcher.sweep(receive, never)
    place.put("one.edi", ORDER)
    place.put("nobody-told-us.edi", ORDER + b"2")
    queue.send("no JSON {")
    queue.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    for _ in range(2):
        queue.tell_of(place.bucket, "in/one.edi")
    queue.tell_of(place.bucket, "in/was-never-there.edi")
    assert watcher.bell.wait(DEADLINE_S)
    handed = watcher.sweep(receive, never)
    deadline = time.monotonic() + DEADLINE_S
    while len(queue) and time.monotonic() < deadline:
        watcher.bell.wait(0.2)
        handed += watcher.sweep(receive, never)
    assert len(queue) == 0
    assert handed == 2


@pytest.mark.slow
def test_a_sweep_that_fails_leaves_its_notices_in_the_queue(
    place: S3Place, receive: Recorder, watching: Watching, queue: Queue
) -> None:
    watcher = watching(place, sqs_url=queue.url)
    watcher.sweep(receive, never)
    queue.tell_of(place.bucket, "in/order.edi")
    assert watcher.bell.wait(DEADLINE_S)
    denied("ListObjectsV2", watcher, "SlowDown", 503)
    with pytest.raises(ChannelUnavailable):
        watcher.sweep(receive, never)
    assert len(queue) == 1


def test_a_queue_that_is_away_is_noted_and_the_bucket_is_listed_all_the_same(
    place: S3Place, receive: Recorder, watching: Watching, store: S3Store
) -> None:
    place.put("order.edi", ORDER)
    with capture_logs() as logs:
        watcher = watching(place, sqs_url=f"{store.url}/123456789012/no-such-queue")
        assert watcher.sweep(receive, never) == 1
        watcher.close()
    assert {entry["code"] for entry in logs} == {"GTW-274"}
