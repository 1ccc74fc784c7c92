"""One GraphQL request as the edge hands it over, and the one method that answers it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from ledgermesh.graph.admission import Admission
from ledgermesh.graph.downloads import File
from ledgermesh.graph.limits.quota import Told
from ledgermesh.graph.writes.headers import NOTHING, WriteHeaders
from ledgermesh.state.base import Secret
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.call import Fresh, Trace

if TYPE_CHECKING:
    from ledgermesh.graph.kept.again import Again
    from ledgermesh.graph.kept.memory import Kept
    from ledgermesh.graph.kept.reached import Reached
    from ledgermesh.graph.limits.cost import Cost

Answer = dict[str, Any]
"""The GraphQL response object: `data` (absent when nothing was executed), `errors`, `extensions`."""


class Notes(msgspec.Struct):
    """What becomes known while a question is answered and is told outside of the answer, in headers and status."""

    admission: Admission | None = None
    """None where nothing was counted."""
    sync_id: str | None = None
    """Of what the operation pushed; None where it pushed nothing."""
    trace: Trace | None = None
    """The calls to providers that it made; None where it was not run."""
    calls: Told | None = None
    """What the caller's quota of calls said; None where none is counted."""
    cost: Cost | None = None
    """What the operation was predicted to cost; None where that cannot be told."""
    reached: Reached | None = None
    """The companies that the answer is made of; None where nobody wants to know."""
    doubt: str | None = None
    """Why the answer is not all that could be said: a source that failed, or was not read to its end."""
    age: float | None = None
    """Seconds since the oldest part of the answer was read; None where all of it came now."""
    kept: Kept | None = None
    """The kept answer that this one is; None where it was made."""
    learned: tuple[object, ...] | None = None
    """Under what it is remembered how many calls it made; None where nobody has worked that out."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of an HTTP request that an answer may depend on."""

    text: str
    """The GraphQL document."""
    operation: str | None = None
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    principal: Principal
    account_key: str | None = None
    """From the header or the query parameter; a field's own argument wins."""
    fresh: Fresh = Fresh()
    timeout_seconds: float
    """The caller's deadline, already bounded by the operator's."""
    tokens: Mapping[str, Secret] = msgspec.field(default_factory=dict)
    """The caller's own tokens for providers, by connection; for this request alone."""
    queries_only: bool = False
    """Over HTTP GET nothing but queries may run."""
    write_headers: WriteHeaders = NOTHING
    """What headers say about writes; nothing on sockets and in batches."""
    in_parts: bool = False
    """Whether what the document defers may come later: `Answers.subscribe` then gives several parts."""
    notes: Notes = msgspec.field(default_factory=Notes)
    """Written by whoever answers."""


class Files(Protocol):
    """Fetches files of records."""

    async def file(self, link: str, timeout_seconds: float) -> File:
        """The file behind a sealed link; raises LedgermeshError."""
        ...


class Answers(Files, Protocol):
    """Answers questions; never raises for anything a caller or a provider does."""

    async def answer(self, question: Question) -> Answer:
        """The response object, errors presented and masked, ready to be encoded."""
        ...

    def subscribe(self, question: Question) -> AsyncGenerator[Answer, None]:
        """The response objects of a subscription, one for each event; of anything else its one answer, or its parts
        where it is asked for in parts: `pending` and `hasNext` are in the first, `extensions` in the last of them.
        """
        ...


@runtime_checkable
class Repeating(Protocol):
    """Answers that can be given once more without waiting."""

    def again(self, question: Question) -> Again | None:
        """Ready to answer a question that was just answered from what is kept; None where it has to be asked anew each
        time.
        """
        ...
