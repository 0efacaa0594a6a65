"""Destinations: where documents and answers go."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partners.channels import Usage
from partners.values import Many, Model, PublicKey, Seconds, SecretRef, Slug, Text, Url, form, unit

_HEADER_NAME = form(
    r"[A-Za-z0-9][A-Za-z0-9-]*", "must be the header's name only, letters, digits and '-'", unspoken=True
)
_Host = Annotated[str, form(r"[a-z0-9.:_-]+", "must be a bare host name or address in lower case")]


class HttpOptions(Model):
    """How an HTTP destination is spoken to."""

    auth_header: Annotated[str, _HEADER_NAME] = Field(
        default="Authorization", description="Header that carries the secret of auth_secret."
    )
    auth_secret: SecretRef | None = Field(
        default=None,
        description="Where the header's whole value is, such as 'Bearer …'; left out: no such header.",
    )
    hmac_secret: SecretRef | None = Field(
        default=None,
        description="Where the key is that signs every body with HMAC-SHA-256; left out: unsigned.",
    )
    timeout_s: Seconds = Field(
        default=30.0, description="How long one call may take.", json_schema_extra=unit("seconds")
    )
    connect_s: Seconds = Field(
        default=10.0, description="How long connecting may take.", json_schema_extra=unit("seconds")
    )
    answer_json: bool = Field(
        default=False, description="Whether a good answer must be whole JSON; anything else is tried again."
    )
    answer_reference: str = Field(
        default="",
        description="Where the answer's JSON holds the far end's own id, keys joined by dots: 'data.id'.",
    )
    ca_file: Text | None = Field(
        default=None,
        description="Certificates to trust, PEM, taken from the home; left out: the machine's own.",
    )
    client_certificate: Text | None = Field(
        default=None, description="Certificate that shows who we are, PEM, taken from the home."
    )
    client_key: Text | None = Field(
        default=None,
        description="Its private key, PEM, taken from the home; left out: in the certificate's file.",
    )
    max_response_bytes: Annotated[int, Field(ge=1)] = Field(
        default=65536, description="How much of an answer is read and kept.", json_schema_extra=unit("bytes")
    )


class SftpOptions(Model):
    """How an SFTP destination is logged in to; host, port, user and folder are in its URL."""

    host_key: PublicKey = Field(description="The server's public key; any other is refused.")
    private_key: SecretRef | None = Field(default=None, description="Where our private key is.")
    password: SecretRef | None = Field(default=None, description="Where our password is.")
    timeout_s: Seconds = Field(
        default=30.0, description="How long one step may take.", json_schema_extra=unit("seconds")
    )


class S3Options(Model):
    """How an S3 destination is reached; bucket and prefix are in its URL."""

    endpoint_url: Url | None = Field(default=None, description="Address of the store; left out: AWS.")
    region: Text = Field(default="us-east-1", description="Region of the bucket.")
    access_key: SecretRef | None = Field(
        default=None, description="Where the access key id is; left out: the machine's own role."
    )
    secret_key: SecretRef | None = Field(
        default=None, description="Where the secret access key is; left out: the machine's own role."
    )


class RetrySettings(Model):
    """How often and how long a delivery is tried before a person must look; waits are drawn at random."""

    first_s: Seconds = Field(
        default=5.0, description="Longest wait after the first failure.", json_schema_extra=unit("seconds")
    )
    factor: Annotated[float, Field(ge=1)] = Field(
        default=2.0, description="How much longer each further wait may be.", json_schema_extra=unit("times")
    )
    max_wait_s: Seconds = Field(
        default=3600.0,
        description="Longest wait ever, also where the far end asks for more.",
        json_schema_extra=unit("seconds"),
    )
    max_attempts: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Tries in all, then dead letter.", json_schema_extra=unit("attempts")
    )

    @model_validator(mode="after")
    def _first_wait_is_no_longer_than_any(self) -> Self:
        if self.first_s > self.max_wait_s:
            raise PydanticCustomError("retry", "has a first_s above its max_wait_s")
        return self


class Destination(Model):
    """One far end: an ERP's door, a folder, a store."""

    name: Slug = Field(
        description="Name of the destination; never written, the table's heading is it.",
        json_schema_extra={"given": "the heading"},
    )
    url: Url = Field(
        description="Where it is: folder:path (from the home unless absolute), https://…, s3://bucket/prefix "
        "or sftp://user@host/folder."
    )
    environment: Usage = Field(
        default="production", description="Whether business or test documents go there; never both."
    )
    format: Literal["json", "xml", "csv"] = Field(default="json", description="Form of the documents.")
    allow_hosts: Many[_Host] = Field(
        default=(),
        description="Private or loopback hosts that an HTTP destination may call; others must be public.",
    )
    http: HttpOptions = Field(default_factory=HttpOptions, description="Options of an HTTP destination.")
    sftp: SftpOptions | None = Field(
        default=None, description="Options of an SFTP destination, which needs them."
    )
    s3: S3Options = Field(default_factory=S3Options, description="Options of an S3 destination.")
    retry: RetrySettings = Field(default_factory=RetrySettings, description="When a delivery is tried again.")

    @property
    def scheme(self) -> str:
        """The URL's scheme in lower case: "folder", "https", …"""
        return urlsplit(self.url).scheme

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret reference it names, by field path."""
        named = {
            "http.auth_secret": self.http.auth_secret,
            "http.hmac_secret": self.http.hmac_secret,
            "sftp.private_key": self.sftp.private_key if self.sftp else None,
            "sftp.password": self.sftp.password if self.sftp else None,
            "s3.access_key": self.s3.access_key,
            "s3.secret_key": self.s3.secret_key,
        }
        return {field: ref for field, ref in named.items() if ref is not None}

    @model_validator(mode="after")
    def _sftp_needs_its_options(self) -> Self:
        if self.scheme == "sftp" and self.sftp is None:
            raise PydanticCustomError(
                "sftp_options", "needs a table sftp with host_key and private_key or password"
            )
        return self
