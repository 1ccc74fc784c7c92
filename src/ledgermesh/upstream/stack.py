"""The order in which a call to a provider passes its layers, written once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from random import Random

from ledgermesh.clock import Clock
from ledgermesh.slices import Slices
from ledgermesh.state.shared import State
from ledgermesh.upstream.allowance import Quota
from ledgermesh.upstream.breaker import Breaker
from ledgermesh.upstream.breaker import State as CircuitState
from ledgermesh.upstream.bulkhead import Bulkhead
from ledgermesh.upstream.cache import BYTES_MAX, Cache
from ledgermesh.upstream.call import Call, Handler, Layer, Link, Response
from ledgermesh.upstream.coalesce import Coalesce
from ledgermesh.upstream.pace import Pace, alone
from ledgermesh.upstream.retry import Retry
from ledgermesh.upstream.send import Send
from ledgermesh.upstream.sign import Sign
from ledgermesh.upstream.standing import Standing
from ledgermesh.upstream.tokens import Tokens
from ledgermesh.upstream.trace import Trace
from ledgermesh.upstream.watch import Scope, Watch
from ledgermesh.upstream.wire import Wire

LAYERS: tuple[type[Layer], ...] = (Trace, Cache, Coalesce, Standing, Retry, Breaker, Pace, Bulkhead, Sign)
"""From the caller down to the wire; below the last stands send."""

LINES = (
    ("trace", "writes down every attempt and every answer that needed none"),
    ("cache", "answers from kept bytes, when the caller takes them that old"),
    ("coalesce", "lets equal calls in the air share one"),
    ("standing", "leaves alone a connection that is known not to be let in, and notes when that changes"),
    ("retry", "tries again what may be repeated, and renews the grant after a 401"),
    ("breaker", "leaves a failing provider alone for a while"),
    ("pace", "spends the provider's budget no faster than it allows"),
    ("bulkhead", "keeps one caller's slow calls from filling all the room at a provider"),
    ("sign", "adds what lets the connection in, renewed ahead of its end"),
    ("send", "puts the request on the wire and reads the answer"),
)
"""The layers by name with what each does, for people."""


class Stack:
    """A handler made of all layers. One for each process: it holds the cache, the flights and the budgets."""

    def __init__(
        self,
        layers: dict[type[Layer], Layer],
        send: Send,
        *,
        cache: Cache,
        coalesce: Coalesce,
        standing: Standing,
        breaker: Breaker,
        pace: Pace,
        tokens: Tokens,
    ) -> None:
        handler: Handler = send
        for kind in reversed(LAYERS):
            handler = partial(layers[kind].answer, send=handler)
        self._handler = handler
        self._cache = cache
        self._coalesce = coalesce
        self._standing = standing
        self._breaker = breaker
        self._pace = pace
        self._tokens = tokens

    def __call__(self, call: Call) -> Awaitable[Response]:
        """The provider's good answer, or an UpstreamError or LinkError."""
        return self._handler(call)

    def last_good_at(self, environment: str, connection: str) -> dt.datetime | None:
        """When a call through the connection last went well here, as far as this process remembers."""
        return self._standing.last_good_at(environment, connection)

    @property
    def bytes_kept(self) -> int:
        """What the cache holds now, overhead included."""
        return self._cache.bytes_kept

    @property
    def in_the_air(self) -> int:
        """Flights that have not ended."""
        return self._coalesce.in_the_air

    def circuits(self) -> Counter[tuple[str, Scope, CircuitState]]:
        """How many circuits of each provider stand how."""
        return self._breaker.states()

    def left(self) -> Iterator[tuple[str, int]]:
        """Provider and calls left, of every connection in use here whose budget is known."""
        return self._pace.left()

    async def quota(self, link: Link) -> tuple[Quota, ...]:
        """What is known of every window that a call of this connection is counted in, by all replicas."""
        return await self._pace.quota(link)

    async def close(self) -> None:
        """Give up the calls in the air, and let renewals of grants and what is being noted end."""
        await self._coalesce.close()
        await self._standing.close()
        await self._tokens.close()


def make_stack(
    *,
    clock: Clock,
    random: Random,
    wire: Wire,
    state: State,
    replicas: Callable[[], int] = alone,
    cache_bytes_max: int = BYTES_MAX,
    watches: Sequence[Watch] = (),
) -> Stack:
    """The stack over this wire. `replicas` says how many processes share the state, as last known."""
    slices = Slices(clock.monotonic)
    tokens = Tokens(clock, random, wire, state)
    cache, coalesce, breaker = Cache(clock, cache_bytes_max, slices), Coalesce(clock), Breaker(clock, watches)
    standing = Standing(clock, state, tokens)
    pace = Pace(clock, state.store, replicas=replicas)
    layers: dict[type[Layer], Layer] = {
        Trace: Trace(clock, watches),
        Cache: cache,
        Coalesce: coalesce,
        Standing: standing,
        Retry: Retry(clock, random, tokens),
        Breaker: breaker,
        Pace: pace,
        Bulkhead: Bulkhead(clock, watches=watches),
        Sign: Sign(tokens),
    }
    return Stack(
        layers, Send(clock, wire, watches, slices),
        cache=cache, coalesce=coalesce, standing=standing, breaker=breaker, pace=pace, tokens=tokens,
    )  # fmt: skip
