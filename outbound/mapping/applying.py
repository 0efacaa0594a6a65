"""What every connector with a mapping does the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from outbound.connector import Carried, Consignment, Outcome, Receipt, Refused, Result, TryLater
from outbound.mapping.expressions import Expression, Inapplicable
from outbound.mapping.template import Scope, Template
from outbound.refusals import refused
from partners.crosswalk import Crosswalk

#: What must hold, and what is said if it does not.
Requirements = Sequence[tuple[Expression, Template]]


def scope_of(
    consignment: Consignment, carried: Carried, constants: Mapping[str, object]
) -> dict[str, object]:
    """What the expressions of a mapping see of a document before anything was asked."""
    facts = consignment.attributes
    return {
        "document": carried.value,
        "key": carried.key,
        "kind": facts.get("kind", ""),
        "partner": facts.get("partner"),
        "environment": facts.get("environment"),
        "attempt": consignment.attempt,
        "constants": constants,
        "codes": _codes(consignment.crosswalk),
        "calls": {},
    }


def _codes(crosswalk: Crosswalk) -> dict[str, list[dict[str, str]]]:
    """The partner's codes and ours by list, for find(codes.unit, 'theirs', …).ours."""
    codes: dict[str, list[dict[str, str]]] = {}
    for (kind, theirs), ours in crosswalk.rows.items():
        codes.setdefault(kind, []).append({"theirs": theirs, "ours": ours})
    return codes


def require(requirements: Requirements, scope: Scope) -> None:
    """Raises Refused with what the mapping says of the first that does not hold."""
    for that, say in requirements:
        if not that.holds(scope):
            raise refused("OUT-072", reason=as_text(say.fill(scope)))


@contextmanager
def told() -> Iterator[None]:
    """Turns an expression that means nothing for this document into a refusal for a person."""
    try:
        yield
    except Inapplicable as fault:
        raise refused("OUT-073", reason=str(fault)) from fault


def deliver_each(consignment: Consignment, deliver: Callable[[Carried], Receipt]) -> Receipt:
    """The receipt of one document, or one with a result for each of a batch (FI-F13).

    If the far end goes away in the middle, what it has had counts and the rest is for later.
    """
    if len(consignment.documents) == 1:
        return deliver(consignment.documents[0])
    results: dict[str, Result] = {}
    for carried in consignment.documents:
        try:
            receipt = deliver(carried)
        except Refused as refusal:
            if refusal.endpoint_wide and not results:
                raise
            outcome = Outcome.TRY_LATER if refusal.endpoint_wide else Outcome.REJECTED
            results[carried.id] = Result(outcome, reason=refusal.reason, code=refusal.code)
        except TryLater as wait:
            if wait.endpoint_wide and not results:
                raise
            results[carried.id] = Result(Outcome.TRY_LATER, reason=wait.reason, code=wait.code)
        else:
            results[carried.id] = Result(receipt.outcome, receipt.reference)
    return Receipt(Outcome.ACCEPTED, results=results)


def as_text(value: object) -> str:
    """A value for a person or a reference: text and numbers as they are, lists joined, "" for nothing."""
    if value is None:
        return ""
    return ", ".join(map(as_text, value)) if isinstance(value, list) else str(value)
