"""The kinds of value a profile is made of, and the model they all share."""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_network
from typing import Annotated, Literal, LiteralString, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from parsers.x12.model import PartyId

#: Error type of a value that may be a secret: findings never repeat such a value.
UNSPOKEN = "unspoken"

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{1,62}")
_KEY_KINDS = r"ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com"
_PUBLIC_KEY = re.compile(rf"({_KEY_KINDS}) ([A-Za-z0-9+/]+=*)(?: [^\r\n]*)?")

Item = TypeVar("Item")
#: A TOML array as a tuple: the array may be a list, what is in it stays strict.
Many = Annotated[tuple[Item, ...], Field(strict=False)]


class Model(BaseModel):
    """Frozen, no unknown keys, no conversions: 1 is not "1", "yes" is not true."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


def unit(name: str) -> dict[str, JsonValue]:
    """The unit of a setting, for the pages made from the models."""
    return {"unit": name}


def form(pattern: str, sentence: LiteralString, *, unspoken: bool = False) -> AfterValidator:
    """Text that must match `pattern` from end to end; `sentence` says so in plain words.

    unspoken: a value that does not match may be a secret and is never repeated.
    """
    matcher = re.compile(pattern)

    def check(text: str) -> str:
        if matcher.fullmatch(text) is None:
            raise PydanticCustomError(UNSPOKEN if unspoken else "form", sentence)
        return text

    return AfterValidator(check)


def check_public_key(text: str) -> str:
    """The line itself if it is an OpenSSH public key. Raises PydanticCustomError (a ValueError)."""
    match = _PUBLIC_KEY.fullmatch(text)
    if match is None or not _names_its_kind(match[1], match[2]):
        raise PydanticCustomError(
            "public_key", "must be one line of an OpenSSH public key, as in the .pub file of ssh-keygen"
        )
    return text


def _names_its_kind(kind: str, encoded: str) -> bool:
    """True if the key's bytes begin with its kind's name, as RFC 4253 §6.6 lays them out."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return blob.startswith(len(kind).to_bytes(4, "big") + kind.encode("ascii"))


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as fault:
        raise PydanticCustomError(
            "network", 'must be an IP address or a network such as "192.0.2.0/24"'
        ) from fault
    return text


def _no_credentials(url: str) -> str:
    try:
        parts = urlsplit(url)
        has_credentials = parts.username is not None or parts.password is not None
    except ValueError as fault:
        raise PydanticCustomError("url", "is not a URL") from fault
    if has_credentials and parts.scheme not in {"sftp", "postgresql"}:
        raise PydanticCustomError(UNSPOKEN, "must hold no user name and no password; name a secret instead")
    if parts.password is not None:
        raise PydanticCustomError(UNSPOKEN, "must hold no password; name a secret instead")
    return url


#: A name that is safe as a folder, in a URL and on a command line.
Slug = Annotated[
    str,
    form(
        SLUG.pattern,
        "must be 2 to 63 lower-case letters, digits, '-' or '_', beginning with a letter or digit",
    ),
]
#: The user name of an SFTP login at our server.
Login = Annotated[
    str,
    form(
        r"[a-z0-9][a-z0-9._-]{1,63}",
        "must be 2 to 64 lower-case letters, digits, '.', '-' or '_', beginning with a letter or digit",
    ),
]
#: Where a secret is: "env:NAME", or "file:path" taken from the home unless it is absolute.
SecretRef = Annotated[
    str,
    form(
        r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+",
        "must name where the secret is, as 'env:NAME' or 'file:path', never the secret itself",
        unspoken=True,
    ),
]
#: One line of an OpenSSH public key.
PublicKey = Annotated[str, AfterValidator(check_public_key)]
#: An IP network such as "192.0.2.0/24", or one address.
Network = Annotated[str, AfterValidator(_network)]
#: A URL without credentials in it (an SFTP URL may name its user).
Url = Annotated[str, AfterValidator(_no_credentials)]
#: Text that is not empty.
Text = Annotated[str, StringConstraints(min_length=1)]
#: A file name's ending such as ".tmp".
Suffix = Annotated[str, form(r"\.[A-Za-z0-9_-]+", "must be a dot and letters, digits, '-' or '_'")]
#: GS02 or GS03.
GroupId = Annotated[
    str, form(r"(?! )[\x20-\x7e]{2,15}(?<! )", "must be 2 to 15 ASCII characters without spaces at its ends")
]
#: What a document is to us, whatever it is written in.
DocumentKind = Literal[
    "order",
    "ship_notice",
    "invoice",
    "order_response",
    "order_change",
    "order_change_response",
    "remittance",
    "inventory",
]
#: A waiting time in seconds, more than nothing.
Seconds = Annotated[float, Field(gt=0)]


class InterchangeId(Model):
    """An interchange id with its qualifier: ISA05 and ISA06, or ISA07 and ISA08."""

    qualifier: Annotated[str, form(r"[A-Z0-9]{2}", "must be two capital letters or digits")] = Field(
        description='ISA05 or ISA07, two characters in quotes: "01", "ZZ".'
    )
    id: Annotated[
        str,
        form(r"(?! )[\x20-\x7e]{1,15}(?<! )", "must be 1 to 15 ASCII characters without spaces at its ends"),
    ] = Field(description="ISA06 or ISA08 without its padding, 1 to 15 characters in quotes.")

    @property
    def party(self) -> PartyId:
        """The id as an interchange header carries it."""
        return PartyId(self.qualifier, self.id)
