"""From a destination to its connector. A new transport is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from outbound.connector import Connector
from partners.destinations import Destination

if TYPE_CHECKING:
    from outbound.changes import ChangeReader, Side
    from outbound.http_door import ClientCredentials, HttpDoor

# Each connector is imported when the first destination of its scheme is opened: boto3 and paramiko
# cost a command that needs neither a quarter of a second.

Secrets = Mapping[str, str]


def connect(destination: Destination, secrets: Secrets, home: Path) -> Connector:
    """The connector of a destination; nothing is connected yet.

    secrets: values by the names in `destination.secrets` ("http.hmac_secret"), all of them.
    home: what a relative folder starts from.
    Raises ValueError, with a sentence, if scheme, URL or a key means nothing; OSError if a
    certificate file cannot be read.
    """
    make = CONNECTORS.get(destination.scheme)
    if make is None:
        raise ValueError(f"{destination.url!r}: the scheme must be one of {', '.join(CONNECTORS)}")
    return make(destination, secrets, home)


def open_reader(destination: Destination, secrets: Secrets, home: Path, side: Side) -> ChangeReader:
    """What reads a partner's side of the ERP that is a destination; nothing is connected yet.

    Raises ValueError, with a sentence, if there is nothing that reads such a destination or an
    option means nothing; OSError if a certificate file cannot be read.
    """
    make = READERS.get(destination.scheme)
    if make is None:
        raise ValueError(f"{destination.url!r} cannot be read; these can: {', '.join(READERS)}")
    return make(destination, secrets, home, side)


def _folder(destination: Destination, _secrets: Secrets, home: Path) -> Connector:
    from outbound.file_drop import FileDrop, FileDropOptions

    path = destination.url.partition(":")[2]
    if not path:
        raise ValueError(f"{destination.url!r} names no folder")
    return FileDrop(FileDropOptions(home / path))


def _http(destination: Destination, secrets: Secrets, home: Path) -> Connector:
    from outbound.http_answers import AnswerContract
    from outbound.http_json import HttpJson, HttpJsonOptions

    http = destination.http
    options = HttpJsonOptions(
        url=destination.url,
        auth_header=http.auth_header,
        auth_value=_auth_value(destination, secrets),
        oauth2=_oauth2(destination, secrets),
        hmac_key=secrets.get("http.hmac_secret", ""),
        connect_s=min(http.connect_s, http.timeout_s),
        read_s=http.timeout_s,
        total_s=http.timeout_s,
        max_response_bytes=http.max_response_bytes,
        answer=AnswerContract(http.answer_json or bool(http.answer_reference), http.answer_reference),
        allow_hosts=frozenset(destination.allow_hosts),
        ca_file=_file(http.ca_file, home),
        client_certificate=_file(http.client_certificate, home),
        client_key=_file(http.client_key, home),
    )
    if destination.mapped is None:
        return HttpJson(options)
    from outbound.http_calls import HttpCalls
    from outbound.http_door import HttpDoor
    from outbound.mapping.calls import mapped_documents

    return HttpCalls(HttpDoor(options), mapped_documents(destination.mapped), destination.mapped.constants)


def _auth_value(destination: Destination, secrets: Secrets) -> str:
    from outbound.http_door import basic

    if destination.http.basic_user:
        return basic(destination.http.basic_user, secrets.get("http.basic_password", ""))
    return secrets.get("http.auth_secret", "")


def _oauth2(destination: Destination, secrets: Secrets) -> ClientCredentials | None:
    from outbound.http_door import ClientCredentials

    oauth2 = destination.http.oauth2
    if oauth2 is None:
        return None
    secret = secrets.get("http.oauth2.client_secret", "")
    return ClientCredentials(
        oauth2.token_url, oauth2.client_id, secret, oauth2.scope, oauth2.audience, oauth2.in_body
    )


def _sql(destination: Destination, secrets: Secrets, home: Path) -> Connector:
    from outbound.sql_engine import SqlPlace, engine_for
    from outbound.sql_table import SqlTable, mapped_tables

    if destination.mapped is None:
        raise ValueError(f"{destination.name} needs a mapping")
    place = SqlPlace(destination.url, secrets.get("sql.password", ""), destination.sql.timeout_s, home)
    tables = mapped_tables(destination.mapped)
    return SqlTable(engine_for(place), destination.url, tables, destination.mapped.constants)


def _file(name: str | None, home: Path) -> Path | None:
    return None if name is None else home / name


def _sftp(destination: Destination, secrets: Secrets, _home: Path) -> Connector:
    from outbound.sftp_drop import SftpDrop, SftpDropOptions

    url, sftp = urlsplit(destination.url), destination.sftp
    if sftp is None or not url.hostname or not url.username or url.password is not None:
        raise ValueError(f"{destination.name}: the URL must be sftp://login@host/folder, with a table sftp")
    return SftpDrop(
        SftpDropOptions(
            host=url.hostname,
            port=url.port or 22,
            login=unquote(url.username),
            host_key=sftp.host_key,
            # As in sftp's own URLs: a path from the root, or from the login's folder after "/~/".
            folder=unquote(url.path).removeprefix("/~/"),
            private_key=secrets.get("sftp.private_key", ""),
            password=secrets.get("sftp.password", ""),
            timeout_s=sftp.timeout_s,
        )
    )


def _s3(destination: Destination, secrets: Secrets, _home: Path) -> Connector:
    from outbound.s3_client import S3Access
    from outbound.s3_drop import S3Drop, S3DropOptions

    url, s3 = urlsplit(destination.url), destination.s3
    if not url.hostname or url.username or url.query:
        raise ValueError(f"{destination.url!r} must be s3://bucket/prefix")
    prefix = unquote(url.path).strip("/")
    access = S3Access(
        endpoint_url=s3.endpoint_url,
        region=s3.region,
        access_key=secrets.get("s3.access_key"),
        secret_key=secrets.get("s3.secret_key"),
    )
    return S3Drop(S3DropOptions(url.hostname, f"{prefix}/" if prefix else "", access))


def _tryton(destination: Destination, secrets: Secrets, home: Path) -> Connector:
    from outbound.tryton.connector import TrytonConnector, TrytonOptions

    tryton = destination.tryton
    options = TrytonOptions(
        tryton.company, tryton.accept_warnings, tryton.order, tryton.ship_notice, tryton.invoice
    )
    return TrytonConnector(_tryton_door(destination, secrets, home), options)


def _tryton_door(destination: Destination, secrets: Secrets, home: Path) -> HttpDoor:
    from outbound.http_door import DoorOptions, HttpDoor

    key, http = secrets.get("tryton.application_key", ""), destination.http
    url = destination.url.removeprefix("tryton+").rstrip("/")
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError(f"{destination.name} needs tryton.application_key, a key as Tryton shows it")
    if not urlsplit(url).path.strip("/"):
        raise ValueError(f"{destination.url!r} must be tryton+https://host/database")
    door = DoorOptions(
        url=url,
        auth_value=f"bearer {key}",
        connect_s=min(http.connect_s, http.timeout_s),
        read_s=http.timeout_s,
        total_s=http.timeout_s,
        allow_hosts=frozenset(destination.allow_hosts),
        ca_file=_file(http.ca_file, home),
        client_certificate=_file(http.client_certificate, home),
        client_key=_file(http.client_key, home),
    )
    return HttpDoor(door)


def _tryton_reader(destination: Destination, secrets: Secrets, home: Path, side: Side) -> ChangeReader:
    from outbound.pace import Pace
    from outbound.tryton.client import Tryton
    from outbound.tryton.reader import TrytonReader

    door = _tryton_door(destination, secrets, home)
    pace = Pace(side.per_s)
    tryton = Tryton(door, destination.tryton.company, before=pace.turn)
    return TrytonReader(tryton, side, lambda: datetime.now(UTC))


#: Who delivers, by the scheme of a destination's URL.
CONNECTORS: Mapping[str, Callable[[Destination, Secrets, Path], Connector]] = {
    "folder": _folder,
    "http": _http,
    "https": _http,
    "sftp": _sftp,
    "s3": _s3,
    "tryton+http": _tryton,
    "tryton+https": _tryton,
    "postgresql": _sql,
    "sqlite": _sql,
}

#: Who reads what an ERP has posted, by the scheme of a destination's URL.
READERS: Mapping[str, Callable[[Destination, Secrets, Path, Side], ChangeReader]] = {
    "tryton+http": _tryton_reader,
    "tryton+https": _tryton_reader,
}
