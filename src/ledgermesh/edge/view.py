"""GraphQL over HTTP: authenticate, read the question, answer it, write the bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ledgermesh.edge import incoming
from ledgermesh.edge.auth import CHALLENGE, principal
from ledgermesh.edge.incoming import GRAPHQL_JSON, Limits, Params
from ledgermesh.errors import LedgermeshError, SignIn, WrongMethod
from ledgermesh.graph.present import mask, typed
from ledgermesh.graph.question import Answer, Answers, Question
from ledgermesh.state.registry import Registry

CHARSET = "; charset=utf-8"


_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class View:
    """The `/graphql` endpoint."""

    answers: Answers
    registry: Registry
    limits: Limits

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; never raises for what a caller sends."""
        id, began = incoming.request_id(request), time.perf_counter()
        try:
            response = await self._respond(request)
        except LedgermeshError as error:
            response = refused(error)
        except ClientDisconnect:
            raise
        except Exception as error:  # the last line: whatever nobody expected is masked, and logged with a reference
            response = refused(Unexpected(f"internal error {mask(error)}"))
        response.headers["X-Request-Id"] = id
        _log(request, response, id, time.perf_counter() - began)
        return response

    async def _respond(self, request: Request) -> Response:
        media = incoming.accepted(request.headers.get("accept"))
        tracking = incoming.tracking_id(request)
        who = principal(self.registry, request.headers.get("authorization"))
        params = await self._params(request)
        question = Question(
            text=params.query,
            operation=params.operation,
            variables=params.variables,
            principal=who,
            account_key=incoming.account_key(request),
            fresh=incoming.fresh(request),
            timeout_seconds=incoming.timeout(request, self.limits),
            queries_only=request.method == "GET",
        )
        answer = await self.answers.answer(question)
        response = Response(_ENCODER.encode(answer), _status(answer, media), media_type=media + CHARSET)
        if tracking is not None:
            response.headers["X-Tracking-ID"] = tracking
        return response

    async def _params(self, request: Request) -> Params:
        if request.method == "GET":
            return incoming.query_params(request)
        return await incoming.body_params(request, self.limits)


class Unexpected(LedgermeshError):
    """A bug; the message holds nothing but a reference."""

    code = "INTERNAL"
    remedy = "Report it with the reference in the message."
    status = 500


def _status(answer: Answer, media: str) -> int:
    """By the GraphQL-over-HTTP draft: the newer media type shows request errors in the status, the older does not."""
    return 400 if media == GRAPHQL_JSON and "data" not in answer else 200


def refused(error: LedgermeshError) -> Response:
    """A request refused as a whole."""
    body = _ENCODER.encode({"errors": [{"message": error.message, "extensions": typed(error)}]})
    response = Response(body, error.status, media_type="application/json" + CHARSET)
    if isinstance(error, SignIn):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, WrongMethod):
        response.headers["Allow"] = "GET, POST"
    return response


def _log(request: Request, response: Response, id: str, seconds: float) -> None:
    """One line a request: no query string, no headers, no body."""
    structlog.get_logger("ledgermesh.edge").info(
        "request",
        method=request.method,
        path=request.scope["path"],
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        request_id=id,
    )
