"""Long lists on graphql-core: completed a few elements at a time, so that others have the event loop in between.

Not for answers in parts: what is begun early would ask for what it needs before the list is through, one by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

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
            result = _paced(result, slices)
        return super().complete_list_value(return_type, field_details_list, info, path, result, *more)


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
