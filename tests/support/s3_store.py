"""An S3 store over real HTTP: moto's server on a free port.

with s3_store() as store:
    store.client() for the test itself; store.url, store.access_key, store.secret_key for ours
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boto3.session import Session
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REGION = "us-east-1"


@dataclass(frozen=True)
class S3Store:
    """Where it is; any key pair is let in."""

    url: str
    access_key: str = "test"
    secret_key: str = "test"

    def client(self) -> S3Client:
        """A client of the test's own."""
        return Session().client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )


@contextmanager
def s3_store(*buckets: str) -> Iterator[S3Store]:
    """A store with empty `buckets`. Buckets are shared by all stores of one process: name them apart."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = S3Store(f"http://{host}:{port}")
    client = store.client()
    try:
        for bucket in buckets:
            client.create_bucket(Bucket=bucket)
        yield store
    finally:
        client.close()
        server.stop()
