"""Templates: a JSON-like value in which texts that begin with "=" are expressions.

    "=document.number"                         the expression's value
    "text", "=", 5, true                       themselves; "==text" is the text "=text"
    {name = …, …}                              an object; members that come to null are left out
    […]                                        a list; null stays, so that places keep their order
    {each = "=document.lines", as = "line", give = …}   a list with one `give` for each item
    {when = "=…", give = …}                    `give` if the expression holds, else null

A list may hold an `each`, whose items then become items of the list; a `when` that does not hold
leaves nothing behind there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from outbound.mapping.expressions import (
    BadExpression,
    Crosswalks,
    Expression,
    Inapplicable,
    compile_expression,
    path_text,
)

MAX_DEPTH: Final = 32
#: Items that one `each` may give.
MAX_ITEMS: Final = 1_000_000
Scope = Mapping[str, object]
Fill = Callable[[Scope], Any]


class _Nothing:
    """What a `when` that does not hold leaves in a list."""


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template."""

    _fill: Fill

    def fill(self, scope: Scope) -> Any:
        """The value in `scope`: JSON values and Decimals, None for nothing. Raises Inapplicable."""
        value = self._fill(scope)
        return None if value is _Nothing else value


class Compiler:
    """Makes expressions and templates for one mapping.

    crosswalks: the mapping's tables of codes.
    """

    def __init__(self, crosswalks: Crosswalks) -> None:
        self._crosswalks = crosswalks

    def expression(self, text: str, names: Collection[str]) -> Expression:
        """The expression; a "=" before it may be left out. Raises BadExpression."""
        return compile_expression(text.removeprefix("="), names, self._crosswalks)

    def template(self, value: object, names: Collection[str]) -> Template:
        """The template; `names` is what its expressions may start from. Raises BadExpression."""
        return Template(self._value(value, frozenset(names), 0))

    def path(self, text: str, names: Collection[str]) -> Callable[[Scope], str]:
        """A URL's path with expressions in braces, "/orders/{document.number}".

        What an expression gives becomes one piece of the path, whatever characters it has; null,
        nothing, "." and ".." raise Inapplicable. Raises BadExpression.
        """
        pieces: list[str | Expression] = []
        rest = text
        while rest:
            plain, brace, rest = rest.partition("{")
            pieces.append(plain)
            if brace:
                inner, closed, rest = rest.partition("}")
                if not closed:
                    raise BadExpression(f"{text!r} opens a brace that it does not close")
                pieces.append(self.expression(inner, names))

        def fill(scope: Scope) -> str:
            return "".join(
                piece if isinstance(piece, str) else path_text(piece.value(scope)) for piece in pieces
            )

        return fill

    def _value(self, value: object, names: frozenset[str], depth: int) -> Fill:
        if depth > MAX_DEPTH:
            raise BadExpression(f"a template is nested deeper than {MAX_DEPTH}")
        match value:
            case str() if value == "=" or not value.startswith("="):
                return _constant(value)
            case str() if value.startswith("=="):
                return _constant(value[1:])
            case str():
                return self.expression(value, names).value
            case bool() | int() | None:
                return _constant(value)
            case list() | tuple():
                return self._list(value, names, depth)
            case Mapping() if "give" in value:
                return self._given(value, names, depth)
            case Mapping():
                return self._object(value, names, depth)
        raise BadExpression(f"{value!r} has no place in a template; write numbers with a fraction as text")

    def _object(self, value: Mapping[str, object], names: frozenset[str], depth: int) -> Fill:
        members = {key: self._value(inner, names, depth + 1) for key, inner in value.items()}

        def fill(scope: Scope) -> dict[str, object]:
            filled = ((key, member(scope)) for key, member in members.items())
            return {key: inner for key, inner in filled if inner is not None and inner is not _Nothing}

        return fill

    def _list(self, value: list[object] | tuple[object, ...], names: frozenset[str], depth: int) -> Fill:
        items = [
            (isinstance(item, Mapping) and "each" in item, self._value(item, names, depth + 1))
            for item in value
        ]

        def fill(scope: Scope) -> list[object]:
            filled: list[object] = []
            for spread, item in items:
                inner = item(scope)
                if spread:
                    filled += inner
                elif inner is not _Nothing:
                    filled.append(inner)
            return filled

        return fill

    def _given(self, value: Mapping[str, object], names: frozenset[str], depth: int) -> Fill:
        unknown = value.keys() - {"each", "as", "when", "give"}
        if unknown or ("each" in value) != ("as" in value) or not ({"each", "when"} & value.keys()):
            raise BadExpression("beside `give` there may be `when`, and `each` together with `as`")
        for key in ("each", "as", "when"):
            if not isinstance(value.get(key, ""), str):
                raise BadExpression(f"`{key}` must be text")
        if "each" in value:
            return self._each(value, names, depth)
        when = self.expression(str(value["when"]), names)
        give = self._value(value["give"], names, depth + 1)
        return lambda scope: give(scope) if when.holds(scope) else _Nothing

    def _each(self, value: Mapping[str, object], names: frozenset[str], depth: int) -> Fill:
        name = str(value["as"])
        inner_names = names | {name}
        items = self.expression(str(value["each"]), names)
        when = self.expression(str(value["when"]), inner_names) if "when" in value else None
        give = self._value(value["give"], inner_names, depth + 1)

        def fill(scope: Scope) -> list[object]:
            scopes = ({**scope, name: item} for item in items_of(items, scope))
            return [give(inner) for inner in scopes if when is None or when.holds(inner)]

        return fill


def items_of(expression: Expression, scope: Scope) -> Iterator[object]:
    """The items of a list that an expression gives; none of null. Raises Inapplicable."""
    items = expression.value(scope)
    if items is None:
        return iter(())
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise Inapplicable(f"{expression.text!r} gives no list of at most {MAX_ITEMS} items")
    return iter(items)


def _constant(value: object) -> Fill:
    return lambda _scope: value
