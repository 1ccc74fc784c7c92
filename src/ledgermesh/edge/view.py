"""GraphQL over HTTP: authenticate, read the question, answer it, write the bytes."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ledgermesh.edge import body, incoming, rates
from ledgermesh.edge.auth import CHALLENGE, Authenticator
from ledgermesh.edge.batching import make_batch
from ledgermesh.edge.documents import Documents, DocumentUnknown, HashesUnsupported
from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON, Limits, NotAcceptable, Params
from ledgermesh.edge.leaving import unless_left
from ledgermesh.edge.provider_tokens import provider_tokens
from ledgermesh.edge.rates import TOO_MANY
from ledgermesh.edge.stream import Streams, asked
from ledgermesh.edge.write_headers import check_write_headers, write_headers
from ledgermesh.errors import BadInput, LedgermeshError, SignIn, WrongMethod
from ledgermesh.graph.present import mask, typed
from ledgermesh.graph.question import Answer, Answers, Question
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.call import Fresh

CHARSET = "; charset=utf-8"

GONE = 499
"""The status in our log of a caller who went away while sending; nobody receives it."""

PARTIAL: Final = 294
"""Data with errors beside it, in the newer draft."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class View:
    """The `/graphql` endpoint."""

    answers: Answers
    who: Authenticator
    limits: Limits
    streams: Streams
    documents: Documents = field(default_factory=Documents)

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
        if request.method in ("GET", "HEAD"):
            params = incoming.query_params(request, self.limits)
        else:
            found = await body.read(request, self.limits)
            if isinstance(found, list):
                return await self._batch(request, found, who, None if streamed else media)
            params = incoming.params(found)
        question = self._question(request, params, who)
        check_write_headers(question)
        if streamed:
            return self.streams.respond(self.answers.subscribe(question), who)
        answer = await unless_left(request, question, self.answers.answer(question))
        status = TOO_MANY if rates.throttled(question.notes) else self._status(answer, media)
        headers = dict(rates.headers(question.notes))
        if question.notes.sync_id is not None:
            headers["X-Sync-ID"] = question.notes.sync_id
        return Response(_ENCODER.encode(answer), status, headers, media_type=media + CHARSET)

    async def _batch(self, request: Request, found: list[Any], who: Principal, media: str | None) -> Response:
        if media is None:
            raise BadInput("a stream answers one operation: send no batch with Accept: text/event-stream")

        def ask(each: Any) -> Question:
            single = self._question(request, incoming.params(each), who)
            # What else headers say is meant for one operation; a batch that says it about writes is refused.
            return replace(single, fresh=Fresh())

        batch = make_batch(request, found, ask, batch_max=self.limits.batch_max)
        content = await batch.answer(request, self.answers)
        status = TOO_MANY if rates.throttled(batch.notes) else 200
        return Response(content, status, rates.headers(batch.notes), media_type=media + CHARSET)

    def _question(self, request: Request, params: Params, who: Principal) -> Question:
        return Question(
            text=self.documents.text(params, who),
            operation=params.operation,
            variables=params.variables,
            principal=who,
            account_key=incoming.account_key(request),
            fresh=incoming.fresh(request),
            timeout_seconds=incoming.timeout(request, self.limits),
            tokens=provider_tokens(request),
            queries_only=request.method in ("GET", "HEAD"),
            write_headers=write_headers(request),
        )

    def _status(self, answer: Answer, media: str) -> int:
        """By the GraphQL-over-HTTP draft: the newer media type shows what became of it, the older one does not."""
        if media != GRAPHQL_JSON:
            return 200
        if not self.limits.newer_statuses:
            return 200 if "data" in answer else 400
        if "data" in answer:
            return PARTIAL if answer.get("errors") else 200
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        return 400 if "GRAPHQL_PARSE_FAILED" in codes else 422


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


def refused(error: LedgermeshError, media: str = JSON) -> Response:
    """A request refused as a whole."""
    content = _ENCODER.encode({"errors": [{"message": error.message, "extensions": typed(error)}]})
    # Clients that send a hash first read the older media type only from a 200.
    status = 200 if media == JSON and isinstance(error, DocumentUnknown | HashesUnsupported) else error.status
    response = Response(content, status, rates.retry_after(error), media_type=media + CHARSET)
    if isinstance(error, SignIn):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, WrongMethod):
        response.headers["Allow"] = "POST"
    return response
