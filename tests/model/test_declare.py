"""Types of the schema are what Strawberry's own decorators make, and their objects what dataclasses' are."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import pytest
import strawberry

from ledgermesh.model import declare

T = TypeVar("T")


def shop(type_: Any, input_: Any, interface: Any, field: Any) -> strawberry.Schema:
    """The same declarations with these decorators."""

    @interface(description="Has a key.")
    class Keyed:
        key: str = strawberry.field(description="The key.")

    @input_(description="What to look for.")
    class Search:
        words: list[str] | None = strawberry.field(default=strawberry.UNSET, description="Any of these.")
        exact: bool = False

    @type_(name="Page", description="Some of many.")
    class Page(Generic[T]):
        nodes: list[T]
        start: strawberry.Private[int]

        @field(description="How many.")
        def count(self) -> int:
            return len(self.nodes)

    @type_(description="What is sold.")
    class Article(Keyed):
        price: float | None = strawberry.field(name="amount", description="What it costs.")
        plain: int = 3

        @field(description="Like it.")
        async def similar(
            self,
            info: strawberry.Info,
            first: Annotated[int, strawberry.argument(name="top", description="At most.")] = 5,
            search: Search | None = None,
        ) -> str:
            return f"{info.field_name} {first}"

        late: int | None = strawberry.field(default=None, description="Declared behind a resolver.")

    @type_()
    class Query:
        @field(description="All.")
        def articles(self) -> Page[Article]:
            page: Any = Page
            article: Any = Article
            found: Page[Article] = page(nodes=[article(key="a", price=1.5)], start=0)
            return found

    names = {"Keyed": Keyed, "Search": Search, "Page": Page, "Article": Article}
    globals().update(names)  # hints are read where the module keeps its names
    try:
        return strawberry.Schema(Query)
    finally:
        for name in names:
            del globals()[name]


@declare.object_type(description="Two numbers.")
class Pair:
    one: int = strawberry.field(description="One.")
    more: list[int] = strawberry.field(default_factory=list, description="More.")
    last: int = strawberry.field(default=7, description="Last.")


@declare.object_type()
class Further(Pair):
    beyond: int = 0


def test_an_object_is_made_of_its_fields_by_name() -> None:
    """Defaults stand in, a factory makes one value for each object, and inherited fields are taken too."""
    first, second = Pair(one=1), Pair(one=1)
    first.more.append(2)

    assert (first.more, second.more, second.last) == ([2], [], 7)
    assert (Further(one=1, last=2).last, Further(one=1, beyond=3).beyond) == (2, 3)


@pytest.mark.parametrize("given", [{}, {"one": 1, "two": 2}])
def test_what_is_missing_or_unknown_is_refused(given: dict[str, int]) -> None:
    """As a constructor does, whether it is the first object of the class or a later one."""
    for _ in range(2):
        with pytest.raises(TypeError):
            Pair(**given)  # type: ignore[arg-type]  # that is the mistake


def test_objects_are_equal_by_what_they_hold() -> None:
    """And by their class; they have no hash and are shown by their fields."""
    assert Pair(one=1) == Pair(one=1)
    assert Pair(one=1) != Pair(one=2)
    assert Pair(one=1) != Further(one=1)
    assert repr(Pair(one=1)) == "Pair(one=1, more=[], last=7)"
    with pytest.raises(TypeError):
        hash(Pair(one=1))


@pytest.fixture(scope="module")
def ours() -> strawberry.Schema:
    """Made once: a module's names mean one thing each, and so its hints are read once."""
    return shop(declare.object_type, declare.input_type, declare.interface, declare.field)


def test_the_schema_is_the_one_that_strawberry_makes(ours: strawberry.Schema) -> None:
    """Interfaces, inputs, generic types, private fields, resolvers and their arguments come out to the letter."""
    theirs = shop(strawberry.type, strawberry.input, strawberry.interface, strawberry.field)

    assert ours.as_str() == theirs.as_str()
    assert "similar(" in ours.as_str()


async def test_resolvers_are_given_what_they_ask_for(ours: strawberry.Schema) -> None:
    """The object, the query's `info`, and arguments under their own names."""
    result = await ours.execute("{ articles { count nodes { key amount plain similar(top: 2) } } }")

    assert result.errors is None
    article = {"key": "a", "amount": 1.5, "plain": 3, "similar": "similar 2"}
    assert result.data == {"articles": {"count": 1, "nodes": [article]}}
