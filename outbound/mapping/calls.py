"""A kind of document as calls of an API: what `partners.mappings` says, made ready to be applied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

from outbound.http_answers import Answer
from outbound.http_door import Request, target_of
from outbound.mapping.applying import Requirements
from outbound.mapping.exact_json import from_json, to_json
from outbound.mapping.exact_xml import XML_TYPE, from_xml, to_xml
from outbound.mapping.expressions import Expression, Inapplicable
from outbound.mapping.template import Compiler, Scope, Template
from partners.mappings import Call, DocumentMapping, Ending, MappingFile

#: What the expressions of every call may start from.
ALWAYS: Final = frozenset(
    {"document", "key", "kind", "partner", "environment", "attempt", "constants", "codes", "calls"}
)
#: And those that a request is made from: its call's own templates.
VALUES: Final = "values"
#: And those that look at an answer. items: of all pages.
OF_ANSWERS: Final = frozenset({"status", "headers", "answer", "items"})

End = Literal["go_on", "accepted", "duplicate", "rejected", "held", "later", "pause"]


@dataclass(frozen=True, slots=True)
class MappedEnding:
    """What an answer means if it is like this. reason: its value may be None."""

    when: Expression
    then: End
    reason: Template
    reference: Expression | None


@dataclass(frozen=True, slots=True)
class MappedCall:
    """One call, checked."""

    name: str
    reads: bool
    when: Expression | None
    each: Expression | None
    item: str
    page_items: Expression | None
    page_next: Expression | None
    page_limit: int
    endings: tuple[MappedEnding, ...]
    take: Mapping[str, Expression]
    request: Callable[[Scope], Request]


@dataclass(frozen=True, slots=True)
class MappedDocument:
    """A kind of document, checked. reference, holds: None if nothing is said."""

    requires: Requirements
    calls: tuple[MappedCall, ...]
    reference: Expression | None
    held_reference: Expression | None
    held_facts: Mapping[str, Expression]


def mapped_documents(mapping: MappingFile) -> dict[str, MappedDocument]:
    """Every kind of document that the mapping turns into calls. Raises BadExpression (a ValueError)."""
    compiler = Compiler(mapping.crosswalks)
    return {
        kind: _document(compiler, document) for kind, document in mapping.documents.items() if document.calls
    }


def requirements(compiler: Compiler, document: DocumentMapping) -> Requirements:
    """What a document must have, and what is said if it has not. Raises BadExpression."""
    return tuple(
        (compiler.expression(one.that, ALWAYS), compiler.template(one.say, ALWAYS))
        for one in document.requires
    )


def _document(compiler: Compiler, document: DocumentMapping) -> MappedDocument:
    holds = document.holds
    return MappedDocument(
        requirements(compiler, document),
        tuple(_call(compiler, call) for call in document.calls),
        _optional(compiler, document.reference, ALWAYS),
        _optional(compiler, holds.reference if holds else "", ALWAYS),
        {name: compiler.expression(text, ALWAYS) for name, text in (holds.facts if holds else {}).items()},
    )


def _optional(compiler: Compiler, text: str, names: Collection[str]) -> Expression | None:
    return compiler.expression(text, names) if text else None


def _call(compiler: Compiler, call: Call) -> MappedCall:
    names = ALWAYS | ({call.item} if call.each else frozenset())
    answered = names | OF_ANSWERS
    return MappedCall(
        name=call.name,
        reads=call.reads,
        when=_optional(compiler, call.when, names if not call.each else ALWAYS | {call.item}),
        each=_optional(compiler, call.each, ALWAYS),
        item=call.item,
        page_items=_optional(compiler, call.pages.items if call.pages else "", answered),
        page_next=_optional(compiler, call.pages.next if call.pages else "", answered),
        page_limit=call.pages.limit if call.pages else 1,
        endings=tuple(_ending(compiler, ending, answered) for ending in call.endings),
        take={name: compiler.expression(text, answered) for name, text in call.take.items()},
        request=_request(compiler, call, names),
    )


def _ending(compiler: Compiler, ending: Ending, names: Collection[str]) -> MappedEnding:
    return MappedEnding(
        compiler.expression(ending.when, names),
        ending.then,
        compiler.template(ending.reason, names),
        _optional(compiler, ending.reference, names),
    )


def _request(compiler: Compiler, call: Call, names: Collection[str]) -> Callable[[Scope], Request]:
    names = {*names, VALUES}
    values = {name: compiler.template(value, names) for name, value in call.values.items()}
    path = compiler.path(call.path, names)
    query = compiler.template(dict(call.query), names)
    headers = compiler.template(dict(call.headers), names)
    body = compiler.template(call.body, names)

    def fill(scope: Scope) -> Request:
        filled: dict[str, object] = {}
        scope = {**scope, VALUES: filled}
        for name, template in values.items():
            filled[name] = template.fill(scope)
        content, media = (b"", "") if call.body is None else _body(call.form, body.fill(scope))
        said = [(name, _plain_text(value)) for name, value in headers.fill(scope).items()]
        common = [("Accept", "application/xml" if call.form == "xml" else "application/json")]
        if media:
            common.append(("Content-Type", media))
        asked = {name: _plain_text(value) for name, value in query.fill(scope).items()}
        return Request(call.method, [*common, *said], content, target_of(path(scope), asked))

    return fill


def _body(form: str, value: object) -> tuple[bytes, str]:
    try:
        if form == "json":
            return to_json(value).encode(), "application/json"
        if form == "xml":
            return to_xml(value), XML_TYPE
    except (TypeError, ValueError) as error:
        raise Inapplicable(f"the body cannot be written: {error}") from error
    if not isinstance(value, Mapping):
        raise Inapplicable("a web form is an object")
    fields = {name: _plain_text(inner) for name, inner in value.items()}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _plain_text(value: object) -> str:
    """A header's, query's or form's value: one line of text."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Inapplicable(f"{value!r} is no text")
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not text.isprintable():
        raise Inapplicable(f"{text!r} has characters that a header or form cannot carry")
    return text


def answer_scope(answer: Answer) -> dict[str, object]:
    """An answer as expressions see it. answer: its JSON or XML; its text if it is neither."""
    return {
        "status": answer.status,
        "headers": dict(answer.headers),
        "answer": _value(answer),
        "items": [],
    }


def _value(answer: Answer) -> object:
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media.endswith(("/xml", "+xml")):
            return from_xml(answer.body)
        return from_json(answer.body) if answer.whole else None
    except ValueError:
        return answer.body.decode("utf-8", "replace")
