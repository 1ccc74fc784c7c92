"""Long lists on graphql-core: completed a few elements at a time, so that others have the event loop in between.

Not for answers in parts: what is begun early would ask for what it needs before the list is through, one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from inspect import iscoroutine
from typing import Any, Final

from graphql import FieldNode, get_named_type, get_nullable_type, is_list_type, is_object_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from ledgermesh.model.selection import below
from ledgermesh.slices import Slices

LONG: Final = 48
"""Elements of a list that is completed in slices; shorter ones are completed in one go, as graphql-core does it."""
AT_ONCE: Final = 4
"""Elements completed between two looks at the clock: each is an object with all that is below it."""


class Paced(StrawberryGraphQLCoreExecutionContext):
    """Runs operations whose context is ours."""

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        """See graphql-core, which takes the elements of an asynchronous list one by one."""
        slices = getattr(getattr(self.context_value, "terms", None), "slices", None)
        long = isinstance(result, list | tuple) and len(result) >= LONG
        if slices is not None and long and not _listed(path):
            self.__dict__.setdefault("_shown", []).append(list(result))
            result = _paced(result, slices)
        return super().complete_list_value(return_type, field_details_list, info, path, result, *more)

    def complete_awaitable_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        """See graphql-core. For elements of lists it is begun for all of them in one turn, and what was read together
        comes for all in one.
        """
        slices = getattr(getattr(self.context_value, "terms", None), "slices", None)
        if slices is not None and _listed(path) and self._is_last(return_type, field_details_list, info):
            result = _in_turn(result, slices, first=not is_list_type(get_nullable_type(return_type)))
        return super().complete_awaitable_value(return_type, field_details_list, info, path, result, *more)

    def build_response(self, data: Any) -> Any:
        """See graphql-core, which lets go of all records with the answer."""
        for rows in self.__dict__.pop("_shown", ()):
            self.context_value.terms.slices.free(rows)
        return super().build_response(data)

    def _is_last(self, return_type: Any, field_details_list: Any, info: Any) -> bool:
        """Whether nothing below it is read from anywhere: what is, has to be asked for in one turn, or it takes more
        calls.
        """
        known = self.__dict__.setdefault("_last", {})
        key = id(field_details_list[0].node), id(return_type)
        if key not in known:
            nodes = [each.node for each in field_details_list]
            known[key] = not _reads(get_named_type(return_type), nodes, info)
        found: bool = known[key]
        return found


def _reads(type: Any, nodes: Iterable[FieldNode], info: Any) -> bool:
    """Whether a field below these may be read by a call: those of records, and of what may be one."""
    if not is_object_type(type):
        return any(node.selection_set is not None for node in nodes)
    for node in below(nodes, info.fragments):
        if node.selection_set is None:
            continue
        field = type.fields.get(node.name.value)
        inner = get_named_type(field.type) if field is not None else None
        if not is_object_type(inner) or "id" in inner.fields or _reads(inner, [node], info):
            return True
    return False


async def _in_turn(result: Any, slices: Slices, *, first: bool) -> Any:
    """`first` tells that whoever reads single records waits for all who stand in line to ask: see Batch."""
    if first:
        try:
            await slices.pause()
        except asyncio.CancelledError:
            if iscoroutine(result):
                result.close()  # it was never begun
            raise
    found = await result
    await slices.pause()
    return found


def _listed(path: Any) -> bool:
    """Whether it stands in an element of another list: those are completed together, and ask together for what they
    need.
    """
    while path is not None:
        if isinstance(path.key, int):
            return True
        path = path.prev
    return False


async def _paced(found: Sequence[Any], slices: Slices) -> AsyncIterator[Any]:
    for number, each in enumerate(found):
        if number % AT_ONCE == AT_ONCE - 1:
            await slices.pause()
        yield each
