"""Long answers in pieces: the same bytes, for those who say that they take them so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.pieces import LONG_BYTES, PIECES, apart, together
from ledgermesh.edge.routes import application
from ledgermesh.graph.question import Answer, Question
from tests.edge.desk import BEARER, Desk, registry
from tests.states import KEYS

ENCODE = msgspec.json.Encoder(decimal_format="number").encode
LONG, SHORT = (msgspec.Raw(b'{"word":"%s"}' % (b"x" * size)) for size in (LONG_BYTES, 10))
CALLS: Answer = {"extensions": {"calls": [], "cost": Decimal("1.50")}}


class Ready(Desk):
    """Has its answer ready."""

    def __init__(self, ready: Answer) -> None:
        super().__init__()
        self._ready = ready

    async def answer(self, question: Question) -> Answer:
        return self._ready


class Taking:
    """Takes pieces, as the server does, and notes the messages of answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.told: list[Message] = []
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            self.told.append(message)
            await send(together(message))

        scope[PIECES] = True
        await self._app(scope, receive, noting)


async def ask(answer: Answer, headers: Mapping[str, str], **limits: Any) -> tuple[httpx.Response, bool]:
    """What a caller reads, and whether it went out in pieces."""
    desk = Ready(answer)
    taking = Taking(
        application(
            answers=desk, who=Authenticator(registry(), KEYS, SystemClock()), sdl=desk.schema.as_str(),
            limits=Limits(**limits), pages=[], trouble=lambda: None,
        )
    )  # fmt: skip
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(taking), base_url="http://gateway.test", headers=BEARER
    ) as http:
        found = await http.post("/graphql", json={"query": "{ word }"}, headers=headers)
    return found, any(PIECES in message for message in taking.told)


@pytest.mark.parametrize(
    ("answer", "accepted", "limits", "pieces"),
    [
        ({"data": LONG, **CALLS}, "identity", {}, True),
        ({"data": LONG, "errors": [{"message": "ü", "extensions": {"code": "A"}}], **CALLS}, "identity", {}, True),
        ({"data": LONG, **CALLS}, "gzip", {"gzip": False}, True),
        ({"data": LONG, **CALLS}, "gzip", {}, False),
        ({"data": SHORT, **CALLS}, "identity", {}, False),
        ({"data": LONG}, "identity", {}, False),
        ({"data": {"word": "x" * LONG_BYTES}, **CALLS}, "identity", {}, False),
        ({"data": None, **CALLS}, "identity", {}, False),
    ],
)  # fmt: skip
async def test_a_caller_reads_the_same(
    answer: Answer, accepted: str, limits: dict[str, Any], pieces: bool
) -> None:
    """However it goes out; its length is that of all of it. What is compressed is one piece."""
    found, in_pieces = await ask(answer, {"accept-encoding": accepted}, **limits)

    assert (found.content, in_pieces) == (ENCODE(answer), pieces)
    assert "content-encoding" in found.headers or int(found.headers["content-length"]) == len(found.content)


def test_the_data_are_not_copied() -> None:
    """They are the very bytes that were made."""
    found = apart({"data": LONG, **CALLS}, ENCODE)
    assert found is not None
    begin, data = found[0]
    assert (bytes(begin), memoryview(data).obj) == (b'{"data":', LONG)
