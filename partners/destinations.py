"""Destinations: where documents and answers go."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partners.channels import Usage
from partners.mappings import MappingFile
from partners.schedules import Schedule
from partners.values import (
    DocumentKind,
    Many,
    Model,
    PublicKey,
    Seconds,
    SecretRef,
    Slug,
    Text,
    Url,
    form,
    unit,
)

#: Schemes of destinations whose documents become rows.
SQL_SCHEMES = frozenset({"postgresql", "sqlite"})
_HEADER_NAME = form(
    r"[A-Za-z0-9][A-Za-z0-9-]*", "must be the header's name only, letters, digits and '-'", unspoken=True
)
_Host = Annotated[str, form(r"[a-z0-9.:_-]+", "must be a bare host name or address in lower case")]


class OAuth2(Model):
    """A token of OAuth 2.0 for our own client id and secret (RFC 6749 §4.4)."""

    token_url: Url = Field(description="Where tokens are had; the host must be public or in allow_hosts.")
    client_id: Text = Field(description="Our name there.")
    client_secret: SecretRef = Field(description="Where our secret is.")
    scope: str = Field(default="", description="What is asked for, as the far end says; may be empty.")
    audience: str = Field(default="", description="Whom the token is for, where the service asks for it.")
    in_body: bool = Field(
        default=False, description="Whether name and secret stand in the body instead of a header."
    )


class HttpOptions(Model):
    """How an HTTP destination is spoken to."""

    auth_header: Annotated[str, _HEADER_NAME] = Field(
        default="Authorization", description="Header that carries the secret of auth_secret."
    )
    auth_secret: SecretRef | None = Field(
        default=None,
        description="Where the header's whole value is, such as 'Bearer …'; left out: no such header.",
    )
    basic_user: str = Field(
        default="", description="User name, where the far end asks for user and password (RFC 7617)."
    )
    basic_password: SecretRef | None = Field(default=None, description="Where the password is.")
    oauth2: OAuth2 | None = Field(
        default=None, description="Given where the far end asks for a token that another service gives."
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

    @model_validator(mode="after")
    def _one_proof_of_who_we_are(self) -> Self:
        if bool(self.basic_user) != (self.basic_password is not None):
            raise PydanticCustomError("http", "needs both basic_user and basic_password")
        if sum((self.auth_secret is not None, bool(self.basic_user), self.oauth2 is not None)) > 1:
            raise PydanticCustomError("http", "may have one of auth_secret, basic_user and oauth2")
        return self


class SqlOptions(Model):
    """How an SQL destination is logged in to; host, port, user and database are in its URL."""

    password: SecretRef | None = Field(default=None, description="Where our password is.")
    timeout_s: Seconds = Field(
        default=30.0, description="How long one step may take.", json_schema_extra=unit("seconds")
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


class TrytonOptions(Model):
    """How a Tryton is spoken to; host and database are in the URL, times and certificates in `http`."""

    application_key: SecretRef | None = Field(
        default=None, description="Where the key of the user application of kind REST is; it is needed."
    )
    company: str = Field(
        default="", description="Name or code of the company to book in; left out: the only one."
    )
    accept_warnings: bool = Field(
        default=False,
        description="Whether what Tryton only warns of is done all the same; if not, a person must look.",
    )
    order: Literal["draft", "quotation", "confirmed"] = Field(
        default="confirmed", description="The state that sales are brought to."
    )
    ship_notice: Literal["draft", "received", "done"] = Field(
        default="received", description="The state that incoming shipments are brought to."
    )
    invoice: Literal["draft", "validated", "posted"] = Field(
        default="posted", description="The state that supplier invoices are brought to."
    )


class IdocOptions(Model):
    """Who sends to whom, in the control record of IDocs."""

    client: str = Field(default="", description="Client of the SAP system (MANDT); may be empty.")
    sender_port: str = Field(default="TRADEPOST", description="Our port, as SAP knows it (SNDPOR).")
    sender_number: str = Field(
        default="",
        description="Partner number of a sender whose interchange id stands in no crosswalk list party.",
    )
    sender_type: str = Field(
        default="",
        description="Partner type of the sender; left out: KU for orders, LI for ship notices and invoices.",
    )
    receiver_port: str = Field(default="", description="Port of the SAP system (RCVPOR).")
    receiver_number: str = Field(default="", description="Partner number of the SAP system (RCVPRN).")
    receiver_type: str = Field(default="LS", description="Partner type of the SAP system (RCVPRT).")
    text_id: str = Field(
        default="", description="Text id that notes are written under; left out: notes are not carried."
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


class BreakerSettings(Model):
    """When a destination is left alone because it keeps failing, and when it is tried again."""

    failures: Annotated[int, Field(ge=1)] = Field(
        default=5,
        description="Failures in a row after which deliveries wait; a document that fails by itself counts "
        "once.",
        json_schema_extra=unit("failures"),
    )
    first_s: Seconds = Field(
        default=15.0, description="Wait before the first probe.", json_schema_extra=unit("seconds")
    )
    max_s: Seconds = Field(
        default=300.0,
        description="Longest wait before a probe; each failed one doubles it up to here.",
        json_schema_extra=unit("seconds"),
    )


class Limits(Model):
    """How much a destination is asked to take, by all machines together."""

    per_s: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Most consignments begun in a second; left out: as fast as they come.",
        json_schema_extra=unit("consignments"),
    )
    in_flight: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Most consignments under way at once; left out: as many as there are workers.",
        json_schema_extra=unit("consignments"),
    )
    drain_per_s: Annotated[float, Field(gt=0)] = Field(
        default=200.0,
        description="Most waiting consignments let go in a second once it takes deliveries again.",
        json_schema_extra=unit("consignments"),
    )


class Takes(Model):
    """Documents that a destination takes beside those that rules name it for; all that is given must fit."""

    partners: Many[Text] = Field(
        default=(), description="Partners, by name, with * and ?; left out: every one."
    )
    kinds: Many[DocumentKind] = Field(default=(), description="Kinds of document; left out: every one.")
    ours: Many[Text] = Field(
        default=(),
        description="Our interchange ids that documents were sent to, as ZZ:ID; left out: every one.",
    )
    warehouses: Many[Text] = Field(
        default=(),
        description="Ids of where the goods are or go: of the parties WH, SF and ST; left out: every one.",
    )
    companies: Many[Text] = Field(
        default=(),
        description="Ids of who orders, sells or pays: of the parties BY, SO, BT, SE, SU, VN and RI; left "
        "out: every one.",
    )


class Destination(Model):
    """One far end: an ERP's door, a folder, a store."""

    name: Slug = Field(
        description="Name of the destination; never written, the table's heading is it.",
        json_schema_extra={"given": "the heading"},
    )
    url: Url = Field(
        description="Where it is: folder:path (from the home unless absolute), https://…, s3://bucket/prefix,"
        " sftp://user@host/folder, postgresql://user@host/database or sqlite:path."
    )
    environment: Usage = Field(
        default="production", description="Whether business or test documents go there; never both."
    )
    format: Literal["json", "xml", "csv", "idoc"] = Field(
        default="json",
        description="Form of the documents; idoc is SAP's XML for orders, ship notices and invoices.",
    )
    idoc: IdocOptions = Field(
        default_factory=IdocOptions,
        description="Control record of IDocs; ports and receiver_number are needed.",
    )
    allow_hosts: Many[_Host] = Field(
        default=(),
        description="Private or loopback hosts that an HTTP destination may call; others must be public.",
    )
    mapping: Slug | None = Field(
        default=None,
        description="Mapping that says which calls or rows a document becomes: <mapping>.mapping.toml.",
    )
    mapped: MappingFile | None = Field(
        default=None,
        description="The mapping itself; never written, the file of `mapping` is it.",
        json_schema_extra={"given": "the file"},
    )
    sql: SqlOptions = Field(default_factory=SqlOptions, description="Options of an SQL destination.")
    http: HttpOptions = Field(default_factory=HttpOptions, description="Options of an HTTP destination.")
    sftp: SftpOptions | None = Field(
        default=None, description="Options of an SFTP destination, which needs them."
    )
    s3: S3Options = Field(default_factory=S3Options, description="Options of an S3 destination.")
    tryton: TrytonOptions = Field(
        default_factory=TrytonOptions, description="Options of a Tryton destination."
    )
    retry: RetrySettings = Field(default_factory=RetrySettings, description="When a delivery is tried again.")
    owner: str = Field(
        default="", description="Who looks after it: a name, a mail address; shown with its dead letters."
    )
    takes: Many[Takes] = Field(
        default=(), description="Documents it takes beside those that document rules name it for."
    )
    schedule: Schedule | None = Field(
        default=None,
        description="When it takes documents, and how many together, in UTC; left out: as the rule says.",
    )
    order: Literal["none", "partner", "order"] = Field(
        default="none",
        description="Whether a document waits until the ones before it have ended: those of its partner, or "
        "of its partner and purchase order.",
    )
    after_dead_letter: Literal["wait", "go_on"] = Field(
        default="wait",
        description="Where order is kept: whether those behind a dead letter wait for a person to decide.",
    )
    limits: Limits = Field(default_factory=Limits, description="How much it is asked to take.")
    breaker: BreakerSettings = Field(
        default_factory=BreakerSettings, description="When it is left alone because it keeps failing."
    )

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
            "http.basic_password": self.http.basic_password,
            "http.oauth2.client_secret": self.http.oauth2.client_secret if self.http.oauth2 else None,
            "sql.password": self.sql.password,
            "sftp.private_key": self.sftp.private_key if self.sftp else None,
            "sftp.password": self.sftp.password if self.sftp else None,
            "s3.access_key": self.s3.access_key,
            "s3.secret_key": self.s3.secret_key,
            "tryton.application_key": self.tryton.application_key,
        }
        return {field: ref for field, ref in named.items() if ref is not None}

    def shaped_like(self, other: Destination) -> Destination:
        """This far end, given documents in the form that `other` says: a replay as of then, sent now."""
        shape = {name: getattr(other, name) for name in ("format", "idoc", "mapping", "mapped")}
        return self.model_copy(update=shape)

    @model_validator(mode="after")
    def _sql_needs_its_mapping(self) -> Self:
        if self.scheme in SQL_SCHEMES and self.mapping is None:
            raise PydanticCustomError("mapping", "needs a mapping that says which rows a document becomes")
        if self.mapping is not None and self.scheme not in SQL_SCHEMES | {"http", "https"}:
            raise PydanticCustomError("mapping", "takes files, for which there is no mapping")
        return self

    @model_validator(mode="after")
    def _idoc_needs_its_receiver(self) -> Self:
        if self.format == "idoc" and not (self.idoc.receiver_port and self.idoc.receiver_number):
            raise PydanticCustomError("idoc", "needs a table idoc with receiver_port and receiver_number")
        if self.format == "idoc" and self.scheme not in {"folder", "sftp", "s3"}:
            raise PydanticCustomError("idoc", "takes no files, which IDocs go out as")
        return self

    @model_validator(mode="after")
    def _sftp_needs_its_options(self) -> Self:
        if self.scheme == "sftp" and self.sftp is None:
            raise PydanticCustomError(
                "sftp_options", "needs a table sftp with host_key and private_key or password"
            )
        return self
