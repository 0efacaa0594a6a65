"""Delivery through any JSON or XML API, as a mapping says: calls in order, one document after another.

A far end that knows no idempotency key is asked first: a call that only looks (`reads`) finds what
an attempt before this one left there, and its endings or the conditions of later calls go on from
that. After an unknown outcome everything begins again with that look.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile

from outbound.connector import Carried, Consignment, Holding, Outcome, Preview, Receipt
from outbound.http_answers import Answer, excerpt, refusal_of
from outbound.http_door import HttpDoor, Request
from outbound.mapping.applying import as_text, deliver_each, require, scope_of, told
from outbound.mapping.calls import MappedCall, MappedDocument, MappedEnding, answer_scope
from outbound.mapping.template import Scope, items_of
from outbound.refusals import refused, try_later

#: A path behind the door's own address, in characters that a URL may have.
_TARGET = re.compile(r"/(?!/)[!-~]*")
_ENDED = {"accepted": Outcome.ACCEPTED, "duplicate": Outcome.DUPLICATE}


class HttpCalls:
    """A `Connector` and `Searchable` for documents of the kinds that its mapping knows.

    now_s: seconds since 1970, for dates in Retry-After.
    """

    def __init__(
        self,
        door: HttpDoor,
        documents: Mapping[str, MappedDocument],
        constants: Mapping[str, object],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._door = door
        self._documents = documents
        self._constants = constants
        self._now_s = now_s

    def deliver(self, consignment: Consignment) -> Receipt:
        """Make each document's calls. Safe to repeat if the mapping looks before it creates."""
        mapped = self._mapped(consignment)
        return deliver_each(consignment, lambda carried: self._deliver(mapped, consignment, carried))

    def dry_run(self, consignment: Consignment) -> Preview:
        """See `Connector.dry_run`: what only looks is asked, and the first call that would not is shown."""
        mapped = self._mapped(consignment)
        scope = self._scope(consignment, consignment.documents[0])
        with told():
            require(mapped.requires, scope)
            for call in mapped.calls:
                if not call.reads:
                    shown = next(_requests(call, scope), None)
                    if shown is not None:
                        return self._preview(shown)
                elif isinstance(ended := self._ask(call, scope), Receipt):
                    there = (
                        f"Nothing would be sent: {self._door.host} has it as {ended.reference or 'its own'}."
                    )
                    return Preview(there, b"", "text/plain")
        return Preview("Nothing would be sent: no call of the mapping applies.", b"", "text/plain")

    def look_up(self, consignment: Consignment) -> Holding | None:
        """See `Searchable.look_up`: the mapping's first calls that only look, and its `holds`."""
        mapped = self._mapped(consignment)
        scope = self._scope(consignment, consignment.documents[0])
        if mapped.held_reference is None:
            return None
        with told():
            for call in takewhile(lambda call: call.reads, mapped.calls):
                self._ask(call, scope, ends=False)
            reference = as_text(mapped.held_reference.value(scope))
            facts = {name: as_text(fact.value(scope)) for name, fact in mapped.held_facts.items()}
        return Holding(reference, facts) if reference else None

    def check(self) -> str:
        """See `Connector.check`; no document is sent."""
        return self._door.check()

    def close(self) -> None:
        """Nothing is held open between deliveries."""

    def _mapped(self, consignment: Consignment) -> MappedDocument:
        kind = consignment.attributes.get("kind", "")
        if kind not in self._documents or not consignment.documents:
            raise refused("OUT-074", kind=kind or "acknowledgement")
        return self._documents[kind]

    def _deliver(self, mapped: MappedDocument, consignment: Consignment, carried: Carried) -> Receipt:
        scope = self._scope(consignment, carried)
        response = b""
        with told():
            require(mapped.requires, scope)
            for call in mapped.calls:
                said = self._ask(call, scope)
                if isinstance(said, Receipt):
                    return said
                response = said.body if said else response
            reference = as_text(mapped.reference.value(scope)) if mapped.reference else ""
        return Receipt(Outcome.ACCEPTED, reference, response)

    def _scope(self, consignment: Consignment, carried: Carried) -> dict[str, object]:
        return scope_of(consignment, carried, self._constants)

    def _ask(
        self, call: MappedCall, scope: dict[str, object], *, ends: bool = True
    ) -> Answer | Receipt | None:
        """Make a call, for each item if it has several, and put what it takes into `scope`.

        The last answer, what ended the document, or None if the call was not made. ends: whether
        the call's endings count.
        """
        taken: list[Mapping[str, object]] = []
        answer: Answer | None = None
        for inner in _scopes(call, scope):
            answer = self._door.ask(call.request(inner))
            answered = self._with_pages(call, inner, answer)
            if ends and (ending := _ending(call, answered)) is not None:
                ended = _apply(call, ending, answered, answer)
                if ended is not None:
                    return ended
            elif not 200 <= answer.status < 300:
                raise refusal_of(answer, datetime.fromtimestamp(self._now_s(), UTC))
            taken.append({name: expression.value(answered) for name, expression in call.take.items()})
        known = scope["calls"] if isinstance(scope["calls"], dict) else {}
        scope["calls"] = {**known, call.name: taken if call.each else next(iter(taken), None)}
        return answer

    def _with_pages(self, call: MappedCall, scope: Scope, answer: Answer) -> dict[str, object]:
        """The scope with the answer, and the items of all its pages."""
        answered = {**scope, **answer_scope(answer)}
        if call.page_items is None or call.page_next is None:
            return answered
        items = list(items_of(call.page_items, answered))
        page, method = answered, call.request(scope)
        for _ in range(1, call.page_limit):
            target = self._next_page(call, page)
            if not target:
                return {**answered, "items": items}
            answer = self._door.ask(Request("GET", method.headers, b"", target))
            if not 200 <= answer.status < 300:
                raise refusal_of(answer, datetime.fromtimestamp(self._now_s(), UTC))
            page = {**scope, **answer_scope(answer)}
            items += items_of(call.page_items, page)
        if self._next_page(call, page):
            raise refused("OUT-077", call=call.name, limit=str(call.page_limit))
        return {**answered, "items": items}

    def _next_page(self, call: MappedCall, scope: Scope) -> str:
        """The target of the next page, "" after the last."""
        place = call.page_next.value(scope) if call.page_next else None
        if not place:
            return ""
        base = self._door.address().rstrip("/")
        target = str(place).removeprefix(base)
        if not _TARGET.fullmatch(target):
            raise refused("OUT-078", call=call.name, place=str(place))
        return target

    def _preview(self, request: Request) -> Preview:
        media = dict(request.headers).get("Content-Type", "text/plain")
        action = f"{request.method} {self._door.address(request.target)}"
        return Preview(action, request.body, media, {**dict(request.headers), **self._door.shown_proof})


def _scopes(call: MappedCall, scope: Scope) -> Iterator[Scope]:
    """The scopes in which the call is made: none, one, or one an item."""
    items: Iterable[Scope] = [scope]
    if call.each is not None:
        items = ({**scope, call.item: item} for item in items_of(call.each, scope))
    yield from (inner for inner in items if call.when is None or call.when.holds(inner))


def _requests(call: MappedCall, scope: Scope) -> Iterator[Request]:
    return (call.request(inner) for inner in _scopes(call, scope))


def _ending(call: MappedCall, answered: Scope) -> MappedEnding | None:
    return next((ending for ending in call.endings if ending.when.holds(answered)), None)


def _apply(call: MappedCall, ending: MappedEnding, answered: Scope, answer: Answer) -> Receipt | None:
    """What an ending says: None to go on. Raises Refused, TryLater."""
    if ending.then == "go_on":
        return None
    if ending.then in _ENDED:
        reference = as_text(ending.reference.value(answered)) if ending.reference else ""
        return Receipt(_ENDED[ending.then], reference, answer.body)
    said = excerpt(as_text(ending.reason.fill(answered)).encode()) or excerpt(answer.body)
    status = str(answer.status)
    match ending.then:
        case "held":
            raise try_later("OUT-076", response=answer.body, holds=True, call=call.name, answer=said)
        case "later":
            raise try_later("OUT-035", response=answer.body, status=status, answer=said)
        case "pause":
            raise refused("OUT-034", response=answer.body, endpoint_wide=True, status=status, answer=said)
    raise refused("OUT-075", response=answer.body, call=call.name, answer=said)
