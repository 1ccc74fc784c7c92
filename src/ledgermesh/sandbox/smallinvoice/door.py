"""One path of the API: which methods it takes, and errors as answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ledgermesh.sandbox.smallinvoice.additions import recoded
from ledgermesh.sandbox.smallinvoice.answers import refusal
from ledgermesh.sandbox.smallinvoice.errors import Problem, wrong_method
from ledgermesh.sandbox.smallinvoice.switches import Switches

Handler = Callable[[Request], Awaitable[Response]]


class Door:
    """The ASGI endpoint behind one path."""

    def __init__(self, handlers: Mapping[str, Handler], switches: Switches) -> None:
        self._handlers = handlers
        self._switches = switches
        self.methods = tuple(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        handler = self._handlers.get(request.method)
        if handler is None:
            return self._refused(wrong_method(self.methods))
        try:
            return await handler(request)
        except Problem as problem:
            return self._refused(problem)

    def _refused(self, problem: Problem) -> Response:
        if self._switches.additive and problem.body is not None:
            problem = replace(problem, body=recoded(problem.body))
        return refusal(problem)
