"""Notes beside an archive in a bucket: one object each, `<prefix>notes/<day>/<time>-<id>.json`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.archive.notes import PLACE, line_of, note_of
from gateway.archive.s3 import S3Place, name_of, s3_place, speaking
from gateway.ports import Note
from outbound.s3_client import S3Access, s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def open_s3_notes(url: str) -> S3Notes:
    """The notes beside the archive at `url`, reached as that is. Raises ArchiveUnavailable on a bad URL."""
    place = s3_place(url)
    return S3Notes(place, S3Access(place.endpoint_url, place.region))


class S3Notes:
    """`Notes` (gateway/ports.py) under the prefix of an S3 archive, for any number of threads and processes.

    access: as of the archive. No request is made before the first note.
    """

    def __init__(self, place: S3Place, access: S3Access) -> None:
        self._place = place
        self._access = access

    @cached_property
    def _client(self) -> S3Client:
        return s3_client(self._access)

    def note(self, *notes: Note) -> None:
        """One PUT each. The same note again is the same object. See `Notes.note`."""
        for note in notes:
            key = f"{self._prefix}{note.at:%Y-%m-%d/%H%M%S.%f}-{note.id}.json"
            with speaking(name_of(self._place)):
                self._client.put_object(Bucket=self._place.bucket, Key=key, Body=line_of(note))

    def every(self) -> Iterator[Note]:
        """All notes by time: a request for each, and one for each thousand. See `Notes.every`."""
        pages = self._client.get_paginator("list_objects_v2")
        with speaking(name_of(self._place)):
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._prefix):
                for listed in page.get("Contents", ()):
                    found = self._client.get_object(Bucket=self._place.bucket, Key=listed["Key"])
                    with closing(found["Body"]) as body:
                        yield note_of(body.read())

    def close(self) -> None:
        """Let go of connections. May be called more than once."""
        if "_client" in vars(self):
            self._client.close()

    @property
    def _prefix(self) -> str:
        return f"{self._place.prefix}{PLACE}/"
