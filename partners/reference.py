"""The page of every key a partners folder may hold, made from the models: `python -m partners.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from importlib import resources
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from partners.channels import CHANNEL_KINDS, DatedKey, MailboxLimits
from partners.destinations import (
    BreakerSettings,
    Destination,
    HttpOptions,
    IdocOptions,
    Limits,
    OAuth2,
    RetrySettings,
    S3Options,
    SftpOptions,
    SqlOptions,
    Takes,
    TrytonOptions,
)
from partners.expectations import AlertsOfPartner, Expectation
from partners.mappings import (
    Call,
    DocumentMapping,
    Ending,
    Holds,
    MappingFile,
    Pages,
    Requirement,
    Rows,
)
from partners.profile import (
    AckPolicy,
    AckSeparators,
    AtOnce,
    Contact,
    Cron,
    DocumentRule,
    Every,
    OurIdentity,
    PartnerProfile,
    X12Limits,
    X12Settings,
)
from partners.values import InterchangeId

_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number", date: "date"}

#: Heading, where it is written, and its model, in the order of the page.
_SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("Our identity", "`ours.toml`", OurIdentity),
    ("Partner", "`<partner>/profile.toml`, at the top", PartnerProfile),
    ("X12", "`[x12]`", X12Settings),
    ("Limits of X12", "`[x12.limits]`", X12Limits),
    ("Interchange id", "an entry of `isa`", InterchangeId),
    ("Acknowledgement", "`[x12.acknowledge]`", AckPolicy),
    ("Delimiters of answers", "`[x12.acknowledge.separators]`", AckSeparators),
    *(
        (f"Channel: {model.model_fields['kind'].annotation.__args__[0]}", "`[[channels]]`", model)  # type: ignore[union-attr]
        for model in CHANNEL_KINDS
    ),
    ("Key with dates", "an entry of a mailbox's `public_keys`", DatedKey),
    ("Limits of a mailbox", "`[channels.limits]` of a mailbox", MailboxLimits),
    ("Document rule", "`[[documents]]`; what all share, in `[document]`", DocumentRule),
    ("Schedule: at once", "`schedule` of a document rule or destination", AtOnce),
    ("Schedule: every", "`schedule` of a document rule or destination, `stock` of a channel", Every),
    ("Schedule: cron", "`schedule` of a document rule or destination, `stock` of a channel", Cron),
    ("Contact", "`[[contacts]]`", Contact),
    ("Alerts", "`[alerts]`", AlertsOfPartner),
    ("Expectation", "`[[expects]]`", Expectation),
    ("Destination", "`[<name>]` in `destinations.toml`", Destination),
    ("HTTP options", "`[<name>.http]`", HttpOptions),
    ("OAuth 2.0", "`[<name>.http.oauth2]`", OAuth2),
    ("SQL options", "`[<name>.sql]`", SqlOptions),
    ("IDoc options", "`[<name>.idoc]`", IdocOptions),
    ("SFTP options", "`[<name>.sftp]`", SftpOptions),
    ("S3 options", "`[<name>.s3]`", S3Options),
    ("Tryton options", "`[<name>.tryton]`", TrytonOptions),
    ("Retry", "`[<name>.retry]`", RetrySettings),
    ("Takes", "`[[<name>.takes]]`", Takes),
    ("Limits of a destination", "`[<name>.limits]`", Limits),
    ("Breaker", "`[<name>.breaker]`", BreakerSettings),
    ("Mapping", "`<mapping>.mapping.toml`, at the top", MappingFile),
    ("Mapping of a document", "`[order]`, `[ship_notice]`, … of a mapping", DocumentMapping),
    ("Requirement of a mapping", "`[[order.requires]]`", Requirement),
    ("Call of a mapping", "`[[order.calls]]`", Call),
    ("Ending of a call", "`[[order.calls.endings]]`", Ending),
    ("Pages of a call", "`[order.calls.pages]`", Pages),
    ("Rows of a mapping", "`[[order.rows]]`", Rows),
    ("What is held", "`[order.holds]`", Holds),
)


def page() -> str:
    """The whole page as Markdown: the hand-written beginning, then a table a model."""
    beginning = resources.files("partners").joinpath("reference.md").read_text("utf-8")
    return "\n".join([beginning, *(line for section in _SECTIONS for line in _section(*section))])


def _section(heading: str, where: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"### {heading}"
    yield ""
    yield f"In {where}."
    yield ""
    yield "| key | type | unit | default | meaning |"
    yield "|---|---|---|---|---|"
    yield from (_row(name, field) for name, field in model.model_fields.items())
    yield ""


def _row(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default = str(extra.get("given") or _default(field))
    unit = str(extra.get("unit", ""))
    cells = (f"`{name}`", _type(field.annotation), unit, default, field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == ():
        return "none"
    return "as below" if isinstance(value, BaseModel) else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _literal(value: str | bool) -> str:
    return _toml(value) if isinstance(value, bool) else f'"{value.encode("unicode_escape").decode()}"'


def _type(annotation: object) -> str:
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return " or ".join(_literal(value) for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return f"list of {_type(get_args(annotation)[0])}"
    if isinstance(annotation, type):
        return "table" if issubclass(annotation, BaseModel) else _NAMES[annotation]
    kinds = (_type(part) for part in get_args(annotation) if part is not NoneType)
    return " or ".join(dict.fromkeys(kinds))


if __name__ == "__main__":
    sys.stdout.write(page())
