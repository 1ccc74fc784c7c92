"""The root of every subscription, and how long one may go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Final

import strawberry
from graphql import DocumentNode, OperationType, get_operation_ast

from ledgermesh.errors import Forbidden, SignIn
from ledgermesh.graph.changed import ChangedSubscription, begin_anew
from ledgermesh.graph.context import Context
from ledgermesh.graph.freshness import Info
from ledgermesh.graph.question import Question
from ledgermesh.graph.writes.status import SyncSubscription
from ledgermesh.model import declare
from ledgermesh.model.platform import Connection
from ledgermesh.state.directory import Changed
from ledgermesh.state.entries import ConnectionEntry, Standing
from ledgermesh.sync.notify import words
from ledgermesh.sync.ticking import ticking

CHECK_SECONDS: Final = 1.0
"""How often a subscriber's right to listen is looked at when nothing happens."""


@declare.object_type(description="What is told as it happens, over an event stream.")
class Subscription(SyncSubscription, ChangedSubscription):
    @declare.subscription(
        description="A connection whenever it begins to stand otherwise: its state, reason, code or expiry. "
        "Ends with an error within a second when the key ends or the company is shared no more."
    )
    async def connection_changed(
        self,
        info: Info,
        *,
        company: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Account key; all companies that the key sees where neither it nor the header "
                "X-Account-Key is given."
            ),
        ] = None,
        include_current: Annotated[
            bool,
            strawberry.argument(
                description="Whether to begin with every connection as it stands now: after a reconnect "
                "nothing is missed."
            ),
        ] = False,
    ) -> AsyncGenerator[Connection, None]:
        watch = Watch(info.context, str(company) if company else info.context.account_key)
        for entry in watch.begin():
            if include_current:
                yield _shown(info.context, entry)
        async with aclosing(watch.changes()) as changes:
            async for entry in changes:
                yield _shown(info.context, entry)


def _shown(context: Context, entry: ConnectionEntry) -> Connection:
    """A connection as it stands, to be read in a moment of its own: what the last event asked for is forgotten."""
    begin_anew(context)
    return context.connection(entry)


@dataclass
class Watch:
    """What one subscriber sees change."""

    context: Context
    company: str | None
    _ends: dt.datetime | None = None
    """Of what the subscriber came with, which may be sooner than its key ends; UTC."""
    _last: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Connection → how it stood when it was looked at last."""

    def __post_init__(self) -> None:
        self._ends = self.context.principal.key.expires_at

    def begin(self) -> list[ConnectionEntry]:
        """All that is seen now; raises Forbidden and SignIn."""
        self.check()
        return list(self._changed(self._seen()))

    async def changes(self) -> AsyncGenerator[ConnectionEntry, None]:
        """Each connection when it begins to stand otherwise; raises Forbidden, SignIn and StateDown in the end."""
        while True:
            async with aclosing(self._until_some_are_lost()) as entries:
                async for entry in entries:
                    yield entry

    async def _until_some_are_lost(self) -> AsyncGenerator[ConnectionEntry, None]:
        """The same for as long as this process knows of every change."""
        parts = self.context.parts
        with parts.state.directory.listening() as told:
            self.check()
            for entry in self._changed(self._seen()):  # what changed before anybody listened
                yield entry
            async with aclosing(ticking(told, parts.clock, CHECK_SECONDS)) as ticks:
                async for changed in ticks:
                    self.check()
                    for entry in self._changed(self._named(changed)):
                        yield entry

    def check(self) -> None:
        """Raise SignIn, Forbidden or StateDown when the subscriber may listen no more."""
        parts = self.context.parts
        now = parts.registry.current(self.context.principal)
        if now is None or (self._ends is not None and self._ends <= parts.clock.now()):
            raise SignIn("this API key has ended or was revoked")
        if self.company is not None and parts.registry.company(now, self.company) is None:
            raise Forbidden("this key does not reach that company, or there is no such company")
        self.context.principal = now

    def _seen(self) -> list[ConnectionEntry]:
        context = self.context
        companies = context.parts.registry.companies(context.principal)
        return [
            entry
            for company in companies
            if self.company in (None, company.key)
            for entry in context.connections(company)
        ]

    def _named(self, changed: Changed | None) -> list[ConnectionEntry]:
        """The connection that a change is about, if the subscriber sees it."""
        if changed is None or changed.place.partition("/")[0] not in (Standing.kind, ConnectionEntry.kind):
            return []
        environment, id = words(changed.place)
        context = self.context
        entry = context.parts.registry.connection(context.principal, id)
        if entry is None or (entry.environment, entry.provider in context.parts.definitions) != (
            environment,
            True,
        ):
            return []
        return [entry] if self.company in (None, entry.company) else []

    def _changed(self, entries: list[ConnectionEntry]) -> Iterator[ConnectionEntry]:
        """Those that stand otherwise than when they were looked at last."""
        for entry in entries:
            shown = self.context.connection(entry)
            stands = (
                shown.state,
                shown.state_reason,
                shown.state_code,
                shown.state_since,
                shown.expires_at,
            )
            if self._last.get(entry.id) != stands:
                self._last[entry.id] = stands
                yield entry


def subscribes(question: Question, document_of: Callable[[str], DocumentNode | None]) -> bool:
    """Whether a document asks to be told from now on; what is no document does not, and says so when it is run."""
    if "subscription" not in question.text:
        return False
    document = document_of(question.text)
    operation = get_operation_ast(document, question.operation) if document is not None else None
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION
