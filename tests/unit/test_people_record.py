"""Records are dataclasses to all who use them, and cheap to define."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import pytest
from pydantic import TypeAdapter, ValidationError

from parsers.record import identity_record, keyword_record, record


@record
class Point:
    """A place."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)


@record
class Named(Point):
    """A place with a name."""

    name: str = "here"

    @property
    def loud(self) -> str:
        return self.name.upper()


@keyword_record
class Given:
    """All by name."""

    first: int = 1
    second: str


@identity_record
class Itself:
    """Its own."""

    x: int


@record
class Empty:
    """Nothing at all."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The standard library's."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)


def test_a_record_is_a_dataclass() -> None:
    assert is_dataclass(Point)
    assert [one.name for one in fields(Point)] == ["x", "y", "tags", "note"]
    assert asdict(Point(1, tags=["a"])) == {"x": 1, "y": 2, "tags": ["a"], "note": ""}
    assert replace(Point(1), y=5) == Point(1, 5)


def test_it_is_made_shown_and_matched_as_the_standard_librarys() -> None:
    assert repr(Point(1, 3)) == repr(Plain(1, 3)).replace("Plain", "Point")
    assert str(inspect.signature(Point)).split("->")[0].count(",") == 3
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    match Point(1, 3):
        case Point(x, y):
            assert (x, y) == (1, 3)


def test_defaults_that_are_made_are_made_each_time() -> None:
    assert Point(1).tags is not Point(1).tags


def test_it_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 2  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_it_is_equal_by_class_and_fields() -> None:
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert Point(1) != Plain(1)
    assert Empty() == Empty()
    assert hash(Given(second="a")) == hash(Given(second="a"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))


def test_it_may_equal_nothing_but_itself() -> None:
    one, other = Itself(1), Itself(1)
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_it_inherits() -> None:
    assert Named(1, name="there").loud == "THERE"
    assert repr(Named(1)) == "Named(x=1, y=2, tags=[], name='here')"


def test_fields_may_all_be_given_by_name() -> None:
    assert Given(second="b").first == 1
    with pytest.raises(TypeError):
        Given(1, "b")  # type: ignore[misc]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_it_is_copied_and_pickled(again: object) -> None:
    assert again(Named(1, tags=["a"])) == Named(1, tags=["a"])  # type: ignore[operator]


def test_pydantic_reads_and_writes_it() -> None:
    adapter = TypeAdapter(Named)
    assert adapter.validate_python({"x": 1, "tags": ["a"]}) == Named(1, tags=["a"])
    assert adapter.dump_python(Named(1), exclude_defaults=True) == {"x": 1}
    with pytest.raises(ValidationError):
        adapter.validate_python({"x": "much"})
