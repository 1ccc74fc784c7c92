"""GraphQL over HTTP: authenticate, read the question, answer it, write the bytes."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ledgermesh.edge import incoming, rates
from ledgermesh.edge.auth import CHALLENGE, Authenticator
from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON, Limits, NotAcceptable
from ledgermesh.edge.leaving import unless_left
from ledgermesh.edge.provider_tokens import provider_tokens
from ledgermesh.edge.stream import Streams, asked
from ledgermesh.errors import LedgermeshError, SignIn, WrongMethod
from ledgermesh.graph.present import mask, typed
from ledgermesh.graph.question import Answer, Answers, Question

CHARSET = "; charset=utf-8"

GONE = 499
"""The status in our log of a caller who went away while sending; nobody receives it."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class View:
    """The `/graphql` endpoint."""

    answers: Answers
    who: Authenticator
    limits: Limits
    streams: Streams

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; never raises for what a caller sends."""
        response = await safely(self._respond(request), _media(request))
        if (tracking := incoming.tracking_id(request)) is not None:
            response.headers["X-Tracking-ID"] = tracking
        return response

    async def _respond(self, request: Request) -> Response:
        streamed = asked(request.headers.get("accept"))
        media = JSON if streamed else incoming.accepted(request.headers.get("accept"))
        incoming.check_tracking_id(request)
        who = self.who.principal(request.headers.get("authorization"), request.headers.get("origin"))
        read_only = request.method in ("GET", "HEAD")
        params = (
            incoming.query_params(request) if read_only else await incoming.body_params(request, self.limits)
        )
        question = Question(
            text=params.query,
            operation=params.operation,
            variables=params.variables,
            principal=who,
            account_key=incoming.account_key(request),
            fresh=incoming.fresh(request),
            timeout_seconds=incoming.timeout(request, self.limits),
            tokens=provider_tokens(request),
            queries_only=read_only,
        )
        if streamed:
            return self.streams.respond(self.answers.subscribe(question), who)
        answer = await unless_left(request, question, self.answers.answer(question))
        status = rates.TOO_MANY if rates.throttled(question.notes) else _status(answer, media)
        headers = rates.headers(question.notes)
        return Response(_ENCODER.encode(answer), status, headers, media_type=media + CHARSET)


class Unexpected(LedgermeshError):
    """A bug; the message holds nothing but a reference."""

    code = "INTERNAL"
    remedy = "Report it with the reference in the message."
    status = 500


async def safely(responding: Awaitable[Response], media: str = JSON) -> Response:
    """The response, or the refusal that its error means."""
    try:
        return await responding
    except LedgermeshError as error:
        return refused(error, media)
    except ClientDisconnect:
        return Response(status_code=GONE)
    except Exception as error:  # whatever nobody expected is masked, and logged with a reference
        return refused(Unexpected(f"internal error {mask(error)}"), media)


def _media(request: Request) -> str:
    """The media type of a refusal; one that the caller does not take is better than none."""
    try:
        return incoming.accepted(request.headers.get("accept"))
    except NotAcceptable:
        return JSON


def _status(answer: Answer, media: str) -> int:
    """By the GraphQL-over-HTTP draft: the newer media type shows request errors in the status, the older does not."""
    return 400 if media == GRAPHQL_JSON and "data" not in answer else 200


def refused(error: LedgermeshError, media: str = JSON) -> Response:
    """A request refused as a whole."""
    body = _ENCODER.encode({"errors": [{"message": error.message, "extensions": typed(error)}]})
    response = Response(body, error.status, rates.retry_after(error), media_type=media + CHARSET)
    if isinstance(error, SignIn):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, WrongMethod):
        response.headers["Allow"] = "POST"
    return response
