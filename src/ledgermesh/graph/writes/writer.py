"""What mutations ask for: a plan, and that it is carried out. Whoever offers this sends every byte of a write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from ledgermesh.engine.change import Change
from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.errors import LedgermeshError
from ledgermesh.spec.write import WriteVerb
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry

if TYPE_CHECKING:
    from ledgermesh.graph.context import Context


Became = Outcome | Literal["QUEUED", "RUNNING"]
"""Of one plan: how it ended, or that it has not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one mutation would do, through each connection."""

    client_key: str
    """As the caller gave it, or made up: equal keys have one effect."""
    plans: Mapping[str, Plan | LedgermeshError]
    """By connection: the plan, or why there is none."""
    known: Mapping[str, Outcome] = field(default_factory=dict)
    """By connection: how the same request under the same key ended before, where nothing is to be sent now."""
    token: str = ""
    """Carries exactly these plans to `commit`, sealed; empty where nothing can be committed."""
    expires_at: dt.datetime | None = None
    """When the token ends, UTC."""

    @property
    def ready(self) -> bool:
        """Whether there is anything to carry out."""
        found = (plan for plan in self.plans.values() if isinstance(plan, Plan))
        return any(plan.steps and not plan.blocked for plan in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How a plan is to be carried out."""

    sync_id: str
    """Of what the operation pushed before this, to add to; empty for the first."""
    tracking_id: str = ""
    """The caller's own name for it, told on every answer and webhook."""
    wait: bool
    """Whether the answer is to tell the outcome, as far as the deadline of the request allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of the plans that could be carried out, so far."""

    sync_id: str
    """Goes out as X-Sync-ID, and to the operation's next push."""
    became: Mapping[str, Became | LedgermeshError]
    """By connection; blocked plans and those without steps are left out. An error says why nothing was begun, for
    example CONFLICT with `difference` in its details."""


class Opened(Struct, frozen=True, kw_only=True):
    """What a plan token says of itself to whoever may commit it."""

    company: str
    """Account key."""
    kind: str
    verb: WriteVerb
    again: bool = False
    """Whether the token was too small for the plan: the input has to be given once more."""


class Writer(Protocol):
    """Plans and pushes. Every method raises LedgermeshError for what is wrong for all connections alike.

    Whoever calls has looked at scopes, the tenant's switch and what the definitions take (`gate.py`). Books are read
    through `context.hub(entry)`, so that reading counts as this caller's.
    """

    async def plan(
        self,
        context: Context,
        company: CompanyEntry,
        change: Change,
        connections: Sequence[ConnectionEntry],
    ) -> Planned:
        """What the change would do, through each of these. Makes no call that changes anything."""
        ...

    async def push(self, context: Context, company: CompanyEntry, planned: Planned, how: Push) -> Pushed:
        """Carry out what is ready of this, exactly as planned. The same `client_key` again has no second effect."""
        ...

    async def open(self, context: Context, token: str) -> Opened:
        """What a token is for; uses it up in no way. Raises BadInput for one that is not this caller's, was altered,
        or has ended.
        """
        ...

    async def commit(
        self, context: Context, token: str, change: Change | None, how: Push
    ) -> tuple[Planned, Pushed]:
        """Carry out the plan of a token, byte for byte. `change` is the input given once more: its plan must be the
        one that the token was made for. Raises LedgermeshError for a token that was used before.
        """
        ...
