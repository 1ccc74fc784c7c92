"""`@listSize` in the schema's text: how routers before us tell how long a list may be, as `points` counts it."""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How long a list may be, by the IBM cost specification: as its slicing argument says, which holds for "
    "the fields named.",
)
class ListSize:
    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool = True


PAGED = ListSize(
    slicing_arguments=["first"], sized_fields=["nodes", "edges"], require_one_slicing_argument=False
)
"""Of every list that takes `first`."""
