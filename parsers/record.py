"""Slotted values that cost less to define than `dataclass(frozen=True, slots=True)`; most are frozen.

The standard library writes and compiles six methods for each such class, at every start; here one
is compiled, once it is needed, and the others are shared. What comes out is a dataclass: `fields`,
`replace`, `asdict`, matching, copying and pydantic take it for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from inspect import get_annotations
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """The class as a frozen, slotted dataclass, equal by class and fields, hashable if its fields are.

    It inherits from records and from classes without fields only.
    """
    return _made(cls, kw_only=False)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def keyword_record(cls: type[T]) -> type[T]:
    """A record whose fields are all given by name."""
    return _made(cls, kw_only=True)


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def identity_record(cls: type[T]) -> type[T]:
    """A record that equals nothing but itself."""
    return _made(cls, kw_only=False, equal=False)


@dataclass_transform(field_specifiers=(field,))
def mutable_record(cls: type[T]) -> type[T]:
    """The class as a slotted dataclass whose values change; equal by class and fields, and not hashable."""
    return _made(cls, kw_only=False, frozen=False)


def _made(cls: type[T], *, kw_only: bool, equal: bool = True, frozen: bool = True) -> type[T]:
    made = _dataclass(cls, kw_only=kw_only)
    own = [one for one in fields(made) if one.init]
    made.__init__ = _Initializer(made, own, frozen=frozen)
    made._values = staticmethod(_values_of([one.name for one in fields(made) if one.compare]))
    methods = {"__repr__": _repr, "__reduce__": _reduce, **(_FROZEN if frozen else {})}
    if equal:
        methods |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
    for name, method in methods.items():
        setattr(made, name, method)
    result: type[T] = made
    return result


def _dataclass(cls: Any, *, kw_only: bool) -> Any:
    """The class as a slotted dataclass without methods.

    Of annotations that are text the standard library asks, by several patterns each, whether they
    mean a class variable; it is shown only those that may.
    """
    hints = get_annotations(cls)
    cls.__annotations__ = {name: hint if "ClassVar" in str(hint) else object for name, hint in hints.items()}
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    made.__annotations__ = hints
    for one in fields(made):
        one.type = hints.get(one.name, one.type)
    return made


class _Initializer:
    """`__init__` of a record, compiled when the first value is made: most are never made in one start."""

    def __init__(self, made: Any, own: list[Field[Any]], *, frozen: bool) -> None:
        self._made = made
        self._own = own
        self._frozen = frozen

    def __get__(self, value: object, owner: type | None = None) -> Any:
        """The real one, which takes this one's place."""
        made = self._made
        made.__init__ = initializer = _initializer(made, self._own, frozen=self._frozen)
        return initializer if value is None else initializer.__get__(value)


def _initializer(made: Any, own: list[Field[Any]], *, frozen: bool) -> Callable[..., None]:
    """`__init__`; of a frozen record, where to set an attribute is refused, it fills the slots directly."""
    known: dict[str, object] = {}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for one in own:
        known[f"_set_{one.name}"] = getattr(made, one.name).__set__
        value = one.name
        parameter = one.name
        if one.default_factory is not MISSING:
            known[f"_make_{one.name}"], known["_MISSING"] = one.default_factory, MISSING
            parameter = f"{one.name}=_MISSING"
            value = f"_make_{one.name}() if {one.name} is _MISSING else {one.name}"
        elif one.default is not MISSING:
            known[f"_default_{one.name}"] = one.default
            parameter = f"{one.name}=_default_{one.name}"
        (named if one.kw_only else positional).append(parameter)
        body.append(f"    _set_{one.name}(self, {value})\n" if frozen else f"    self.{one.name} = {value}\n")
    parameters = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    exec(f"def __init__({parameters}):\n{''.join(body) or '    pass'}", known)  # noqa: S102 - names of fields alone
    initializer: Callable[..., None] = known["__init__"]  # type: ignore[assignment]
    initializer.__qualname__ = f"{made.__qualname__}.__init__"
    initializer.__annotations__ = {one.name: one.type for one in own}
    return initializer


def _values_of(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _frozen(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot change field {name!r} of {type(self).__name__}")


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._values(self) == self._values(other)


def _hash(self: Any) -> int:
    return hash(self._values(self))


_FROZEN: dict[str, Any] = {"__setattr__": _frozen, "__delattr__": _frozen}


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return _again, (type(self), {one.name: getattr(self, one.name) for one in fields(self)})


def _again(cls: type[T], values: dict[str, Any]) -> T:
    return cls(**values)
