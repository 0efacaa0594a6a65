"""Mappings: how a destination's documents become calls of its API, or rows of its tables.

What texts that begin with "=" mean is for whoever applies the mapping (`outbound.mapping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from partners.values import Many, Model, Text, form, unit

MAPPING_SUFFIX = ".mapping.toml"

_Name = Annotated[
    str, form(r"[a-z][a-z0-9_]{0,39}", "must be lower-case letters, digits and '_', a letter first")
]
_Path = Annotated[
    str,
    form(
        r"/(?!/)(?:[^\s\\?#{}]|\{[^{}]+\})*",
        "must begin with one '/', without '?', '#' and spaces but in {expressions}; what comes after '?' is "
        "`query`",
    ),
]


class Ending(Model):
    """What an answer means, if it is like this."""

    when: Text = Field(description="Expression over status, headers and answer; the first that holds counts.")
    then: Literal["go_on", "accepted", "duplicate", "rejected", "held", "later", "pause"] = Field(
        description="go_on: to the next call. accepted, duplicate: the document is there, no more calls. "
        "rejected: a person must look. held: something is missing there, tried again by itself. later: the "
        "far end is busy. pause: it refuses us, and the destination is paused."
    )
    reason: str = Field(
        default="", description="What a person is told: text, or an expression behind '='; may be empty."
    )
    reference: str = Field(default="", description="Expression for the far end's own id of the document.")


class Pages(Model):
    """An answer that comes in pages."""

    items: Text = Field(description="Expression for the list on a page; `take` sees all pages' as `items`.")
    next: Text = Field(description="Expression for the next page's path; null, false or nothing ends.")
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20,
        description="Most pages; more, and the document waits for a person.",
        json_schema_extra=unit("pages"),
    )


class Call(Model):
    """One call of an API."""

    name: _Name = Field(description="Its name; later expressions see what it took as `calls.<name>`.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(
        default="POST", description="The request's method."
    )
    path: _Path = Field(
        description="Path behind the destination's URL; {expression} is put in as one piece of it."
    )
    query: Mapping[str, str] = Field(default={}, description="What stands behind '?': text or '=expression'.")
    headers: Mapping[str, str] = Field(default={}, description="More headers: text or '=expression'.")
    values: Mapping[_Name, JsonValue] = Field(
        default={},
        description="Templates by name; those after them, path, query, headers and body see them as "
        "`values.<name>`.",
    )
    body: JsonValue = Field(default=None, description="The body as a template; left out: no body.")
    form: Literal["json", "xml", "form"] = Field(
        default="json", description="How the body is written; `form` is that of a web form."
    )
    reads: bool = Field(
        default=False,
        description="Whether it only looks: it is then also made when somebody asks what would be sent, or "
        "what is there.",
    )
    when: str = Field(default="", description="Expression; left out: the call is always made.")
    each: str = Field(default="", description="Expression for a list; the call is made once for each item.")
    item: _Name = Field(
        default="item", description="What the item is called in the expressions of an `each`."
    )
    pages: Pages | None = Field(default=None, description="Given if the answer may come in pages.")
    endings: Many[Ending] = Field(
        default=(),
        description="What its answers mean, looked at from the first; where none holds, the status decides "
        "as for any HTTP destination, and a good one means to go on.",
    )
    take: Mapping[_Name, str] = Field(
        default={}, description="What is kept of the answer, by name: expressions over answer and headers."
    )


class Rows(Model):
    """Rows of one table of a document."""

    table: Annotated[
        str, form(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", "must be a table's name, or schema.table")
    ] = Field(description="The table; it must be there.")
    each: str = Field(default="", description="Expression for a list; left out: one row.")
    item: _Name = Field(
        default="item", description="What the item is called in the expressions of an `each`."
    )
    when: str = Field(default="", description="Expression; left out: the row is always written.")
    values: Mapping[Text, JsonValue] = Field(description="By column: text, number or '=expression'.")


class Requirement(Model):
    """What a document must have before anything is sent."""

    that: Text = Field(description="Expression that must hold.")
    say: Text = Field(description="What a person is told if it does not: text or '=expression'.")


class Holds(Model):
    """What the far end shows of a document it has; asked of the calls that only look."""

    reference: Text = Field(description="Expression for its own id; null: it has nothing.")
    facts: Mapping[_Name, str] = Field(default={}, description="What can be compared, by name: expressions.")


class DocumentMapping(Model):
    """How one kind of document is written."""

    requires: Many[Requirement] = Field(default=(), description="What it must have.")
    calls: Many[Call] = Field(default=(), description="The calls of an HTTP destination, in order.")
    rows: Many[Rows] = Field(
        default=(), description="The rows of an SQL destination, in order; the first is the document's own."
    )
    key_column: str = Field(
        default="", description="Column of the first table that holds the key, with a unique index on it."
    )
    reference: str = Field(
        default="", description="Expression for the far end's own id once all calls are made."
    )
    holds: Holds | None = Field(default=None, description="How a document is found again there.")

    @model_validator(mode="after")
    def _either_calls_or_rows(self) -> Self:
        if bool(self.calls) == bool(self.rows):
            raise PydanticCustomError("mapping", "must have either calls or rows")
        if self.rows and (self.rows[0].each or self.key_column not in self.rows[0].values):
            raise PydanticCustomError(
                "mapping",
                "must name in key_column a column of its first rows, which are one row without `each`",
            )
        if len({call.name for call in self.calls}) < len(self.calls):
            raise PydanticCustomError("mapping", "has two calls of one name")
        return self


class MappingFile(Model):
    """A mapping file: one table a kind of document, and what they share."""

    crosswalks: Mapping[_Name, Mapping[str, str]] = Field(
        default={}, description="Tables of codes by name, for the function crosswalk()."
    )
    constants: Mapping[_Name, JsonValue] = Field(
        default={}, description="Values that expressions see as `constants.<name>`."
    )
    order: DocumentMapping | None = Field(default=None, description="How orders are written.")
    ship_notice: DocumentMapping | None = Field(default=None, description="How ship notices are written.")
    invoice: DocumentMapping | None = Field(default=None, description="How invoices are written.")
    order_response: DocumentMapping | None = Field(default=None, description="How order responses are.")
    order_change: DocumentMapping | None = Field(default=None, description="How order changes are.")
    order_change_response: DocumentMapping | None = Field(
        default=None, description="How answers to order changes are."
    )
    remittance: DocumentMapping | None = Field(default=None, description="How remittances are.")
    inventory: DocumentMapping | None = Field(default=None, description="How inventories are.")

    @property
    def documents(self) -> Mapping[str, DocumentMapping]:
        """The mappings by kind of document."""
        kinds = self.model_fields_set - {"crosswalks", "constants"}
        given = {kind: getattr(self, kind) for kind in sorted(kinds)}
        return {kind: mapping for kind, mapping in given.items() if mapping is not None}
