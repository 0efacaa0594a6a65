"""What an S3 store may answer, and which kind of refusal it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError
from s3_store import S3Store, s3_store

from outbound.connector import Consignment, Refused
from outbound.s3_client import Kind, S3Access, kind_of
from outbound.s3_drop import S3Drop, S3DropOptions

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b"{}")


@pytest.fixture(scope="module")
def store() -> Iterator[S3Store]:
    with s3_store("erp-attributes") as running:
        yield running


def answer(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutObject",
    )


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("PreconditionFailed", 412, Kind.EXISTS),
        ("ConditionalRequestConflict", 409, Kind.BUSY),
        ("NoSuchKey", 404, Kind.MISSING),
        ("404", 404, Kind.MISSING),
        ("NoSuchBucket", 404, Kind.FORBIDDEN),
        ("AccessDenied", 403, Kind.FORBIDDEN),
        ("SignatureDoesNotMatch", 403, Kind.FORBIDDEN),
        ("SlowDown", 503, Kind.BUSY),
        ("InternalError", 500, Kind.BUSY),
        ("TooManyRequests", 429, Kind.BUSY),
        ("BadDigest", 400, Kind.DIGEST),
        ("MethodNotAllowed", 405, Kind.FORBIDDEN),
    ],
)
def test_answers_are_sorted_by_what_they_mean(code: str, status: int, kind: Kind) -> None:
    assert kind_of(answer(code, status)) is kind


def test_a_store_without_conditional_writes_refuses_us() -> None:
    assert kind_of(answer("NotImplemented", 501)) is Kind.FORBIDDEN


def test_faults_without_an_answer_are_busy_unless_we_have_no_keys() -> None:
    assert kind_of(ConnectTimeoutError(endpoint_url="http://x")) is Kind.BUSY
    assert kind_of(NoCredentialsError()) is Kind.FORBIDDEN


def test_a_bucket_that_is_not_there_stops_the_endpoint(store: S3Store) -> None:
    drop = S3Drop(S3DropOptions("no-such-bucket", "", S3Access(store.url, "us-east-1", "a", "b")))
    with pytest.raises(Refused) as caught:
        drop.deliver(ORDER)
    drop.close()
    assert caught.value.endpoint_wide
    assert caught.value.reason.startswith("OUT-061")


def test_an_object_carries_its_media_type_and_key(store: S3Store) -> None:
    drop = S3Drop(S3DropOptions("erp-attributes", "in/", S3Access(store.url, "us-east-1", "a", "b")))
    assert drop.deliver(ORDER).reference == "s3://erp-attributes/in/order-1.json"
    drop.close()
    client = store.client()
    head = client.head_object(Bucket="erp-attributes", Key="in/order-1.json")
    client.close()
    assert (head["ContentType"], head["Metadata"]) == ("application/json", {"idempotency-key": "doc-1%3Av1"})


def test_keys_never_show_in_the_text_of_their_options() -> None:
    assert "s3cret" not in repr(S3Access(access_key="s3cret", secret_key="s3cret"))
