"""Whatever a resolver or a value raises is an error of its field: kept here instead of thrown on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from graphql import GraphQLError

from ledgermesh.compiler.plan import Place

Key = str | int


class Caught:
    """Keeps the exception that its block raises."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False


class Elements:
    """What was found by going through a value once, to be gone through again."""

    def __init__(self, value: Iterable[Any]) -> None:
        self.found: list[Any] = []
        with Caught() as caught:
            self.found.extend(value)
        self.error = caught.error
        """How it ended, if badly."""

    def __iter__(self) -> Iterator[Any]:
        yield from self.found
        if self.error is not None:
            raise self.error


class Trouble:
    """An error of a field, and where: `rel` leads there from `anchor`, an object or a list of the answer."""

    __slots__ = ("anchor", "error", "fatal", "place", "rel")

    def __init__(self, place: Place, rel: tuple[Key, ...], error: Exception) -> None:
        self.place = place
        self.rel = rel
        self.error = error
        self.anchor: Any = None
        self.fatal = False
        """Whether the null has to go further up than to the field itself."""


class Fault(GraphQLError):
    """A null that may not stand where it arose, on its way up."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__("null in a place that is never null")
        self.trouble = trouble
