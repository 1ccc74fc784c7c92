"""The order in which a call to a provider passes its layers, written once."""

from __future__ import annotations

from functools import partial
from random import Random

from ledgermesh.clock import Clock
from ledgermesh.state.base import Grants
from ledgermesh.upstream.breaker import Breaker
from ledgermesh.upstream.cache import BYTES_MAX, Cache
from ledgermesh.upstream.call import Call, Handler, Layer, Response
from ledgermesh.upstream.coalesce import Coalesce
from ledgermesh.upstream.pace import Pace
from ledgermesh.upstream.retry import Retry
from ledgermesh.upstream.send import Send
from ledgermesh.upstream.sign import Sign
from ledgermesh.upstream.tokens import Tokens
from ledgermesh.upstream.trace import Trace
from ledgermesh.upstream.wire import Wire

LAYERS: tuple[type[Layer], ...] = (Trace, Cache, Coalesce, Retry, Breaker, Pace, Sign)
"""From the caller down to the wire; below the last stands send."""

LINES = (
    ("trace", "writes down every attempt and every answer that needed none"),
    ("cache", "answers from kept bytes, when the caller takes them that old"),
    ("coalesce", "lets equal calls in the air share one"),
    ("retry", "tries again what may be repeated, and renews the grant after a 401"),
    ("breaker", "leaves a failing provider alone for a while"),
    ("pace", "spends the provider's budget no faster than it allows"),
    ("sign", "adds what lets the connection in, renewed ahead of its end"),
    ("send", "puts the request on the wire and reads the answer"),
)
"""The layers by name with what each does, for people."""


class Stack:
    """A handler made of all layers. One for each process: it holds the cache, the flights and the budgets."""

    def __init__(
        self, layers: dict[type[Layer], Layer], send: Send, coalesce: Coalesce, tokens: Tokens
    ) -> None:
        handler: Handler = send
        for kind in reversed(LAYERS):
            handler = partial(layers[kind].answer, send=handler)
        self._handler = handler
        self._coalesce = coalesce
        self._tokens = tokens

    async def __call__(self, call: Call) -> Response:
        """The provider's good answer, or an UpstreamError or LinkError."""
        return await self._handler(call)

    async def close(self) -> None:
        """Give up the calls in the air, and let renewals of grants end."""
        await self._coalesce.close()
        await self._tokens.close()


def make_stack(
    *, clock: Clock, random: Random, wire: Wire, grants: Grants, cache_bytes_max: int = BYTES_MAX
) -> Stack:
    """The stack over this wire."""
    tokens = Tokens(clock, wire, grants)
    coalesce = Coalesce(clock)
    layers: dict[type[Layer], Layer] = {
        Trace: Trace(clock),
        Cache: Cache(clock, cache_bytes_max),
        Coalesce: coalesce,
        Retry: Retry(clock, random, tokens),
        Breaker: Breaker(clock),
        Pace: Pace(clock),
        Sign: Sign(tokens),
    }
    return Stack(layers, Send(clock, wire), coalesce, tokens)
