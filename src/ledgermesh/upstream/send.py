"""Put one attempt on the wire and read what comes back; the bottom of the stack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, LedgermeshError, TooLate, Unavailable, UpstreamError
from ledgermesh.slices import Slices
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.decode import NotJson
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.pieces import decode_sliced
from ledgermesh.upstream.scrub import scrub
from ledgermesh.upstream.trace import answered, begin, failed
from ledgermesh.upstream.verdict import details_of, error_of
from ledgermesh.upstream.watch import Watch
from ledgermesh.upstream.wire import (
    Answer,
    CutShort,
    Request,
    TooBig,
    Unreachable,
    Unreadable,
    Wire,
    WireError,
)

PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")
"""Characters that a query needs not to encode (RFC 3986, section 2.3): most words have no others."""

PROVIDERS_MAX: Final = 100

WIRE_ERRORS: dict[type[WireError], tuple[type[UpstreamError], str]] = {
    Unreachable: (Unavailable, "cannot be reached"),
    CutShort: (Garbled, "broke off in the middle of its answer"),
    TooBig: (Garbled, "answered more than the gateway reads at once"),
    Unreadable: (Garbled, "answered something that is not HTTP"),
}


class Send:
    """Not a layer but the handler below all layers."""

    def __init__(
        self, clock: Clock, wire: Wire, watches: Sequence[Watch] = (), slices: Slices | None = None
    ) -> None:
        self._clock = clock
        self._wire = wire
        self._watches = watches
        self._slices = slices or Slices(clock.monotonic)

    async def __call__(self, call: Call) -> Response:
        """The provider's good answer, or an UpstreamError or LinkError."""
        if call.ends <= self._clock.monotonic():
            raise refusal(TooLate, f"The deadline came before {call.link.provider.title} could be asked.")
        step = begin(call, self._clock)
        for watch in self._watches:
            watch.sent(call)
        try:
            response = await self._exchange(call)
            answered(step, call, self._clock, response)
        except LedgermeshError as error:
            scrub(error, call.signature)
            failed(step, call, self._clock, error)
            raise
        finally:
            for watch in self._watches:
                watch.landed(call, step)
        return response

    async def _exchange(self, call: Call) -> Response:
        title = call.link.provider.title
        began = self._clock.monotonic()
        try:
            with Within(call.until or call.deadline, self._clock):
                answer = await self._wire.send(make_request(call))
        except TimeoutError:
            seconds = self._clock.monotonic() - began
            raise TooLate(
                f"{title} did not answer within the {seconds:.1f} s that were left.",
                details={"seconds": seconds},
            ) from None
        except WireError as error:
            kind, meaning = WIRE_ERRORS[type(error)]
            details = {"cutShort": True} if isinstance(error, CutShort) else {}
            raise kind(f"{title} {meaning} ({error}).", details=details) from error
        if call.listen is not None:
            call.listen(answer.headers)
        return await self._read(call, answer)

    async def _read(self, call: Call, answer: Answer) -> Response:
        now = self._clock.now()
        provider = call.link.provider
        if not 200 <= answer.status < 300:
            raise error_of(provider, answer, now)
        if not answer.body and not call.empty and call.method != "HEAD":
            raise Garbled(f"{provider.title} gave an empty answer.", details=details_of(provider, answer))
        if call.binary:
            return Response(answer.status, answer.headers, answer.body, None, now)
        try:
            document = await decode_sliced(answer.body, self._slices, shape=call.shape)
        except NotJson as error:
            raise Garbled(
                f"{provider.title} gave an answer that is not JSON: {error}.",
                details=details_of(provider, answer),
            ) from error
        return Response(answer.status, answer.headers, answer.body, document, now)


def make_request(call: Call) -> Request:
    """The call as it goes onto the wire. Of equal headers the later wins: provider, call, signature."""
    link = call.link
    headers = {**_usual(link.provider.headers)}
    for name, value in call.headers:
        headers[name.lower()] = value
    for name, secret in call.signature:
        headers[name.lower()] = secret.reveal()
    query = call.query
    return Request(
        method=call.method,
        url=f"{link.base_url}{call.path}?{_query(query)}" if query else f"{link.base_url}{call.path}",
        headers=tuple(headers.items()),
        body=call.body,
        body_bytes_max=link.provider.body_bytes_max,
    )


@lru_cache(PROVIDERS_MAX)
def _usual(headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """What a provider is sent with every request."""
    return {
        "accept": "application/json",
        "user-agent": "ledgermesh",
        **{name.lower(): value for name, value in headers},
    }


def _query(pairs: tuple[tuple[str, str], ...]) -> str:
    if not PLAIN.fullmatch("".join(map("".join, pairs))):
        pairs = tuple([(quote(name, safe=""), quote(value, safe="")) for name, value in pairs])
    return "&".join([f"{name}={value}" for name, value in pairs])
