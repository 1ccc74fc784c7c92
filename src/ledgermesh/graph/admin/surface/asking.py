"""From a request to the desk of whoever asks."""

from __future__ import annotations

from typing import Any

import strawberry

from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.freshness import Info


def desk_of(info: Info) -> Desk:
    """The administrator behind a request; what they may do is checked by whatever they ask for."""
    parts = info.context.parts
    return Desk(
        state=parts.state,
        definitions=parts.definitions,
        clock=parts.clock,
        keys=parts.keys,
        public_url=parts.public_url,
        wire=parts.wire,
        guard=parts.guard,
        principal=info.context.principal,
    )


def about(description: str) -> Any:
    """The description of an argument."""
    return strawberry.argument(description=description)


COMPANY = about("Account key of the company.")
CONNECTION = about("The connection's id.")
TENANT = about("Another tenant than your own; operators only.")
