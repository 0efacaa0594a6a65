"""Channels: the ways a partner's files reach us."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from partners.schedules import Cron, Every
from partners.values import (
    Login,
    Many,
    Model,
    Network,
    PublicKey,
    Seconds,
    SecretRef,
    Slug,
    Suffix,
    Text,
    Url,
    form,
    unit,
)

Usage = Literal["production", "test"]
_S3_URL = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"


def _named(**references: str | None) -> dict[str, str]:
    return {key: reference for key, reference in references.items() if reference is not None}


class ChannelBase(Model):
    """What every channel has."""

    name: Slug = Field(description="Name of the channel, unique over all partners.")
    enabled: bool = Field(
        default=True, description="Whether the channel is open; a resting one is only checked."
    )
    senders: Many[Slug] = Field(
        default=(),
        description="Partners whose interchanges it may carry, many for a VAN; left out: its own partner.",
    )
    usage: Usage = Field(
        default="production",
        description="Whether delimited files on it are business or test; X12 says so itself in ISA15.",
    )
    from_erp: bool = Field(
        default=False,
        description="Whether it carries what our own ERP says to the partner, as canonical JSON, and nothing "
        "of the partner's.",
    )

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret reference it names, by key."""
        return {}


class DatedKey(Model):
    """A public key that may log in for a time only. A day begins and ends in UTC."""

    key: PublicKey = Field(description="The OpenSSH public key.")
    not_before: date | None = Field(
        default=None, description="The first day on which it may log in, 2026-12-01 without quotes."
    )
    not_after: date | None = Field(default=None, description="The last day on which it may log in.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.not_before and self.not_after and self.not_after < self.not_before:
            raise PydanticCustomError("dates", "ends (not_after) before it begins (not_before)")
        return self

    def is_valid_on(self, day: date) -> bool:
        """True if the key may log in on `day`."""
        return (self.not_before or day) <= day <= (self.not_after or day)


def _key_tag(value: object) -> str:
    return "line" if isinstance(value, str) else "dated"


LoginKey = Annotated[
    Annotated[PublicKey, Tag("line")] | Annotated[DatedKey, Tag("dated")], Discriminator(_key_tag)
]


class MailboxLimits(Model):
    """What one partner may ask of our SFTP server; left out: what the server allows everybody."""

    sessions: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Sessions at once.", json_schema_extra=unit("sessions")
    )
    requests_per_s: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Requests a second, reads and writes apart; a faster partner waits.",
        json_schema_extra=unit("requests"),
    )
    files_per_day: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Files uploaded in a day (UTC).", json_schema_extra=unit("files")
    )
    bytes_per_day: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Bytes uploaded in a day (UTC).", json_schema_extra=unit("bytes")
    )


class SftpMailbox(ChannelBase):
    """A login at our own SFTP server, with inbox, outbox and archive."""

    kind: Literal["sftp_mailbox"] = Field(description="The built-in SFTP server.")
    login: Login = Field(description="User name of the login, unique over all partners.")
    public_keys: Many[LoginKey] = Field(
        default=(),
        description="OpenSSH public keys that may log in, besides the keys/*.pub of the partner's folder; "
        "each a line of text, or a table with dates.",
    )
    password: SecretRef | None = Field(
        default=None, description="Where the argon2 hash of a password is; left out: keys only."
    )
    hold_suffixes: Many[Suffix] = Field(
        default=(".tmp", ".part", ".filepart"),
        description="Endings of names that are not taken until the file is renamed.",
    )
    networks: Many[Network] = Field(
        default=(),
        description="Addresses and networks from which it may log in; left out: from anywhere.",
    )
    limits: MailboxLimits = Field(
        default_factory=MailboxLimits, description="What the partner may ask of the server."
    )

    def keys_on(self, day: date) -> tuple[str, ...]:
        """The public keys that may log in on `day`, as lines."""
        return tuple(
            key if isinstance(key, str) else key.key
            for key in self.public_keys
            if isinstance(key, str) or key.is_valid_on(day)
        )

    @property
    def secrets(self) -> dict[str, str]:
        """Where the password's hash is."""
        return _named(password=self.password)


class FolderChannel(ChannelBase):
    """A folder on this machine or a mounted one."""

    kind: Literal["folder"] = Field(description="A folder that this machine can see.")
    path: Text = Field(description="The folder; taken from the home unless it begins with '/'.")
    mode: Literal["rename", "stability", "marker"] = Field(
        default="stability",
        description="What says that a file is whole: its renaming, its rest, or a marker beside it.",
    )
    marker_suffix: Suffix = Field(
        default=".done", description="Ending of the marker's name, added to the file's, in mode marker."
    )
    stable_s: Seconds = Field(
        default=5.0,
        description="How long size and time must stay the same in mode stability.",
        json_schema_extra=unit("seconds"),
    )
    poll_s: Seconds = Field(
        default=30.0,
        description="Time between looks when no notice comes.",
        json_schema_extra=unit("seconds"),
    )
    after: Literal["move", "delete"] = Field(
        default="move", description="What becomes of a file that has been kept."
    )
    move_to: Text = Field(default="taken", description="Folder inside the watched one for files after move.")
    pattern: Text = Field(default="*", description="Names that are looked at, with * and ?.")


class S3Channel(ChannelBase):
    """A prefix in an S3 bucket, or in another store that speaks S3."""

    kind: Literal["s3"] = Field(description="An S3 bucket.")
    url: Annotated[str, form(_S3_URL, "must be s3://bucket or s3://bucket/prefix")] = Field(
        description="Bucket and prefix: s3://bucket/prefix."
    )
    endpoint_url: Url | None = Field(default=None, description="Address of the store; left out: AWS.")
    region: Text = Field(default="us-east-1", description="Region of the bucket.")
    access_key: SecretRef | None = Field(
        default=None, description="Where the access key id is; left out: the machine's own role."
    )
    secret_key: SecretRef | None = Field(
        default=None, description="Where the secret access key is; left out: the machine's own role."
    )
    poll_s: Seconds = Field(
        default=60.0,
        description="Time between listings when no bell rings.",
        json_schema_extra=unit("seconds"),
    )
    sqs_url: Url | None = Field(
        default=None, description="Queue whose notices make the gateway look at once; left out: polling only."
    )
    after: Literal["delete", "tag", "move"] = Field(
        default="tag", description="What becomes of an object that has been kept."
    )
    move_to: Text = Field(
        default="taken/", description="Prefix below the watched one for objects after move."
    )

    @property
    def secrets(self) -> dict[str, str]:
        """Where the keys of the store are."""
        return _named(access_key=self.access_key, secret_key=self.secret_key)


class SftpChannel(ChannelBase):
    """A folder on somebody else's SFTP server."""

    kind: Literal["sftp"] = Field(description="A remote SFTP server.")
    host: Text = Field(description="Name or address of the server.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=22, description="Port of the server.")
    login: Text = Field(description="Our user name there.")
    private_key: SecretRef | None = Field(default=None, description="Where our private key is.")
    password: SecretRef | None = Field(default=None, description="Where our password is.")
    host_key: PublicKey = Field(description="The server's public key; any other is refused.")
    path: Text = Field(description="Folder on the server.")
    poll_s: Seconds = Field(
        default=60.0, description="Time between looks.", json_schema_extra=unit("seconds")
    )
    stable_s: Seconds = Field(
        default=10.0,
        description="How long size and time must stay the same before a file is fetched.",
        json_schema_extra=unit("seconds"),
    )
    after: Literal["move", "delete"] = Field(
        default="move", description="What becomes of a file that has been kept."
    )
    move_to: Text = Field(default="taken", description="Folder inside the watched one for files after move.")
    pattern: Text = Field(default="*", description="Names that are looked at, with * and ?.")

    @property
    def secrets(self) -> dict[str, str]:
        """Where our key and password for the server are."""
        return _named(private_key=self.private_key, password=self.password)


class HandChannel(ChannelBase):
    """Files given in by a person: `tradepost receive FILE --partner X`."""

    kind: Literal["hand"] = Field(description="By hand, at the command line.")


class ErpChannel(ChannelBase):
    """What our ERP has posted for the partner, asked for again and again."""

    kind: Literal["erp"] = Field(description="Our ERP, asked for what has changed.")
    from_erp: Literal[True] = Field(default=True, description="Always true: it carries nothing else.")
    destination: Slug = Field(
        description="The destination that is the ERP; its address, secrets and certificates hold here."
    )
    party: Text = Field(description="The partner as the ERP calls it; in Tryton the party's code.")
    reads: Annotated[
        Many[Literal["order_response", "ship_notice", "invoice", "inventory"]], Field(min_length=1)
    ] = Field(
        default=("order_response", "ship_notice", "invoice"),
        description="The kinds of document that are read.",
    )
    since: date = Field(
        description="The day from which on changes are read, 2026-12-01 without quotes; none before it ever."
    )
    poll_s: Seconds = Field(
        default=60.0, description="Time between looks.", json_schema_extra=unit("seconds")
    )
    overlap_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=900.0,
        description="How far before the last change seen each look begins: longer than the ERP's "
        "transactions take.",
        json_schema_extra=unit("seconds"),
    )
    page: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=50, description="Records asked for at once.", json_schema_extra=unit("records")
    )
    requests_per_s: Annotated[float, Field(ge=0.1, le=1000)] = Field(
        default=5.0, description="Most requests to the ERP in a second.", json_schema_extra=unit("requests")
    )
    stock: Every | Cron | None = Field(
        default=None,
        discriminator="kind",
        description="When stock is told, if inventory is among reads; a table as the schedule of a rule.",
    )
    warehouses: Many[Text] = Field(
        default=(), description="Codes of the warehouses whose stock is told; left out: all, together."
    )

    @model_validator(mode="after")
    def _stock_has_its_time(self) -> Self:
        if ("inventory" in self.reads) != (self.stock is not None):
            raise PydanticCustomError(
                "stock", "needs both inventory among reads and a table stock, or neither"
            )
        return self


class HttpChannel(ChannelBase):
    """A door for our ERP to push canonical JSON through, over HTTP: POST /push/<name>."""

    kind: Literal["http"] = Field(description="The built-in HTTP door.")
    from_erp: Literal[True] = Field(default=True, description="Always true: it carries nothing else.")
    tokens: Annotated[Many[SecretRef], Field(min_length=1, max_length=4)] = Field(
        description="Where the tokens are that may push; two while one takes the other's place."
    )
    networks: Many[Network] = Field(
        default=(), description="Addresses and networks that may push; left out: any that reach the door."
    )
    max_bytes: Annotated[int, Field(ge=1, le=32 * 1024**2)] = Field(
        default=8 * 1024**2, description="Longest body.", json_schema_extra=unit("bytes")
    )
    requests_per_s: Annotated[float, Field(ge=0.1, le=10_000)] = Field(
        default=20.0,
        description="Requests that are answered in a second, with as many at once; more are told to wait.",
        json_schema_extra=unit("requests"),
    )

    @property
    def secrets(self) -> dict[str, str]:
        """Where the tokens are."""
        return {f"tokens[{number}]": token for number, token in enumerate(self.tokens, start=1)}


Channel = Annotated[
    SftpMailbox | FolderChannel | S3Channel | SftpChannel | HandChannel | ErpChannel | HttpChannel,
    Field(discriminator="kind"),
]
CHANNEL_KINDS: tuple[type[ChannelBase], ...] = (
    SftpMailbox,
    FolderChannel,
    S3Channel,
    SftpChannel,
    HandChannel,
    ErpChannel,
    HttpChannel,
)
