"""The expressions of a mapping: JMESPath (jmespath.org) with a few exact functions.

An expression looks at what it is given and computes; it can do nothing else: no assignment, no
loop of its own, no file, no network, no Python. Amounts and quantities are texts such as "12.50"
and are computed as decimals; functions that would make a binary fraction are taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any, Final
from urllib.parse import quote

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult

MAX_EXPRESSION_CHARS: Final = 2_000
#: Digits that a computed number may have.
PRECISION: Final = 60
#: Standard functions that give binary fractions, and one that makes "null" of nothing.
LEFT_OUT: Final = frozenset({"abs", "avg", "ceil", "floor", "sum", "to_number", "to_string"})
#: Kinds of node whose first child alone looks at the whole scope.
_NARROWING: Final = frozenset(
    {"subexpression", "index_expression", "projection", "value_projection", "filter_projection", "pipe"}
)


def _takes(*kinds: str) -> Any:
    """An argument of one of these kinds; of any kind if none is named."""
    return {"types": list(kinds)}


_NUMBER: Final = _takes("string", "number", "null")
_TEXT: Final = _takes("string", "null")
_LIST: Final = _takes("array", "null")

#: Tables of codes by name: ours (or the partner's) to the far end's.
Crosswalks = Mapping[str, Mapping[str, str]]


class BadExpression(ValueError):
    """An expression that cannot be used; the message says why, for the person who wrote it."""


class Inapplicable(Exception):
    """An expression that means nothing for this document; the message says why."""


class _Words(Functions):
    """The functions an expression may call. Anything null gives null, unless said otherwise."""

    def __init__(self, crosswalks: Crosswalks) -> None:
        self._crosswalks = crosswalks

    @signature(_NUMBER)
    def _func_number(self, value: str | int | None) -> object:
        """A JSON number with exactly these digits."""
        return None if value is None else _decimal(value)

    @signature(_NUMBER)
    def _func_integer(self, value: str | int | None) -> int | None:
        """A whole number; anything with a fraction is refused."""
        if value is None:
            return None
        exact = _decimal(value)
        if exact != exact.to_integral_value():
            raise Inapplicable(f"{value!r} is no whole number")
        return int(exact)

    @signature(_NUMBER, _NUMBER)
    def _func_plus(self, left: str | int | None, right: str | int | None) -> str | None:
        return None if left is None or right is None else _plain(_decimal(left) + _decimal(right))

    @signature(_NUMBER, _NUMBER)
    def _func_minus(self, left: str | int | None, right: str | int | None) -> str | None:
        return None if left is None or right is None else _plain(_decimal(left) - _decimal(right))

    @signature(_NUMBER, _NUMBER)
    def _func_times(self, left: str | int | None, right: str | int | None) -> str | None:
        return None if left is None or right is None else _plain(_decimal(left) * _decimal(right))

    @signature(_NUMBER, _NUMBER, _takes("number"))
    def _func_divided(self, left: str | int | None, right: str | int | None, digits: int) -> str | None:
        """left / right, rounded to `digits` after the point."""
        if left is None or right is None:
            return None
        if _decimal(right) == 0:
            raise Inapplicable("a number was to be divided by zero")
        return _rounded(_decimal(left) / _decimal(right), digits)

    @signature(_NUMBER, _takes("number"))
    def _func_rounded(self, value: str | int | None, digits: int) -> str | None:
        """Rounded half up, away from zero, to `digits` after the point; they are shown even if zero."""
        return None if value is None else _rounded(_decimal(value), digits)

    @signature(_takes("array"))
    def _func_total(self, values: Sequence[str | int | None]) -> str:
        """The sum of all that is not null; "0" of nothing."""
        return _plain(sum((_decimal(value) for value in values if value is not None), Decimal(0)))

    @signature(_NUMBER, _NUMBER)
    def _func_compare(self, left: str | int | None, right: str | int | None) -> int | None:
        """-1, 0 or 1: whether `left` is less than, equal to or more than `right`."""
        if left is None or right is None:
            return None
        return int(_decimal(left).compare(_decimal(right)))

    @signature(_NUMBER)
    def _func_text(self, value: str | int | None) -> str | None:
        """A number's digits as text, where text is wanted."""
        return None if value is None else str(value)

    @signature(_TEXT)
    def _func_upper(self, text: str | None) -> str | None:
        return None if text is None else text.upper()

    @signature(_TEXT)
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @signature(_TEXT)
    def _func_trim(self, text: str | None) -> str | None:
        return None if text is None else text.strip()

    @signature(_TEXT, _takes("number"))
    def _func_cut(self, text: str | None, chars: int) -> str | None:
        """The first `chars` characters."""
        return None if text is None else text[: max(0, int(chars))]

    @signature(_TEXT, _takes("string"))
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        if not separator:
            raise Inapplicable("a text cannot be split at nothing")
        return None if text is None else text.split(separator)

    @signature(_TEXT, _takes("string"), _takes("string"))
    def _func_replaced(self, text: str | None, old: str, new: str) -> str | None:
        return None if text is None or not old else text.replace(old, new)

    @signature(_TEXT, _takes("string"))
    def _func_date(self, text: str | None, form: str) -> str | None:
        """A date "2026-11-02" in another form, in which YYYY, YY, MM and DD stand for its parts."""
        if text is None:
            return None
        year, month, day = _date_parts(text)
        parts = {"YYYY": year, "YY": year[2:], "MM": month, "DD": day}
        for letters, part in parts.items():
            form = form.replace(letters, part)
        return form

    @signature(_takes("string"), _TEXT)
    def _func_crosswalk(self, name: str, code: str | None) -> str | None:
        """What `code` is called in the table `name`; null if it is not there."""
        if name not in self._crosswalks:
            raise Inapplicable(f"there is no crosswalk {name!r}")
        return None if code is None else self._crosswalks[name].get(code)

    @signature(_LIST, _takes("string"), _takes())
    def _func_find(self, items: Sequence[object] | None, field: str, value: object) -> object:
        """The first of `items` whose `field` is `value`; null if none is, or if `value` is null."""
        found = (item for item in items or () if isinstance(item, Mapping) and item.get(field) == value)
        return None if value is None else next(found, None)

    @signature(_LIST, _LIST)
    def _func_without(self, items: Sequence[object] | None, others: Sequence[object] | None) -> list[object]:
        """Those of `items` that are not among `others`, each once."""
        left: list[object] = []
        for item in items or ():
            if item not in (others or ()) and item not in left:
                left.append(item)
        return left


for _name in LEFT_OUT:
    _Words.FUNCTION_TABLE.pop(_name)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. text: as written."""

    text: str
    _parsed: ParsedResult
    _options: jmespath.Options

    def value(self, scope: Mapping[str, object]) -> Any:
        """What it gives in `scope`: JSON values, and Decimal where `number` was asked for.

        Raises Inapplicable.
        """
        try:
            with localcontext(prec=PRECISION):
                return self._parsed.search(scope, options=self._options)
        except JMESPathError as error:
            raise Inapplicable(f"{self.text!r} cannot be applied: {' '.join(str(error).split())}") from error
        except InvalidOperation as error:
            raise Inapplicable(f"{self.text!r} computes a number that is too long") from error
        except Inapplicable as error:
            raise Inapplicable(f"{self.text!r} cannot be applied: {error}") from error

    def holds(self, scope: Mapping[str, object]) -> bool:
        """True if its value is neither null, false nor empty. Raises Inapplicable."""
        value = self.value(scope)
        return value is not None and value is not False and value != "" and value != [] and value != {}


def compile_expression(text: str, names: Collection[str], crosswalks: Crosswalks) -> Expression:
    """The expression, if every name that it starts from is one of `names` and every function is known.

    Raises BadExpression.
    """
    if len(text) > MAX_EXPRESSION_CHARS:
        raise BadExpression(f"{text[:40]!r}… is longer than {MAX_EXPRESSION_CHARS} characters")
    try:
        parsed = jmespath.compile(text)
    except JMESPathError as error:
        raise BadExpression(f"{text!r} is no expression: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise BadExpression(f"{text[:40]!r}… is nested too deep") from error
    _check(parsed.parsed, text, frozenset(names), whole=True)
    return Expression(text, parsed, jmespath.Options(custom_functions=_Words(crosswalks)))


def _check(node: Mapping[str, Any], text: str, names: frozenset[str], *, whole: bool) -> None:
    """whole: whether the node looks at the whole scope, not at a part found before."""
    kind = node["type"]
    if kind == "field" and whole and node["value"] not in names:
        known = ", ".join(sorted(names))
        raise BadExpression(f"{text!r}: nothing is called {node['value']!r} here; there are {known}")
    if kind == "function_expression" and node["value"] not in _Words.FUNCTION_TABLE:
        known = ", ".join(sorted(_Words.FUNCTION_TABLE))
        raise BadExpression(f"{text!r}: there is no function {node['value']}(); there are {known}")
    if kind == "literal" and _holds_fraction(node["value"]):
        raise BadExpression(f"{text!r}: write numbers with a fraction as text, '1.5'")
    if kind in _NARROWING and node["children"][0]["type"] == "not_expression":
        raise BadExpression(f"{text!r}: '!' belongs to the first name alone; write !(…) around all of it")
    if kind == "expref":
        whole = False
    for place, child in enumerate(node["children"]):
        if isinstance(child, Mapping):
            _check(child, text, names, whole=whole and (place == 0 or kind not in _NARROWING))


def _holds_fraction(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_fraction, value.values()))
    return any(map(_holds_fraction, value)) if isinstance(value, list) else isinstance(value, float)


def path_text(value: object) -> str:
    """`value` as one piece of a URL's path or query. Raises Inapplicable for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value in {"", ".", ".."}:
        raise Inapplicable(f"{value!r} cannot be a piece of a URL")
    return quote(_plain(value) if isinstance(value, Decimal) else str(value), safe="")


def _decimal(value: str | int) -> Decimal:
    try:
        exact = Decimal(value)
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or abs(exact.adjusted()) > PRECISION or len(exact.as_tuple().digits) > PRECISION:
        raise Inapplicable(f"{str(value)[:PRECISION]!r} is no number that can be computed with")
    return exact


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _rounded(value: Decimal, digits: int) -> str:
    return _plain(value.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP))


def _date_parts(text: str) -> list[str]:
    parts = text[:10].split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(part.isdecimal() for part in parts):
        raise Inapplicable(f"{text!r} is no date")
    return parts
