"""GraphQL over HTTP: authenticate, read the question, answer it, write the bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ledgermesh.edge import body, incoming, increments, rates
from ledgermesh.edge.auth import CHALLENGE, Authenticator
from ledgermesh.edge.batching import make_batch
from ledgermesh.edge.documents import Documents, DocumentUnknown, HashesUnsupported
from ledgermesh.edge.drain import Drain, lasting, writes
from ledgermesh.edge.fields import Incoming
from ledgermesh.edge.incoming import GRAPHQL_JSON, JSON, Limits, NotAcceptable, Params
from ledgermesh.edge.increments import Format, in_format, next_of
from ledgermesh.edge.leaving import unless_left
from ledgermesh.edge.packing import GZIP, shorter, takes_gzip
from ledgermesh.edge.pieces import PIECES, Pieces, apart
from ledgermesh.edge.provider_tokens import provider_tokens
from ledgermesh.edge.rates import TOO_MANY
from ledgermesh.edge.repeats import LIKE, Like
from ledgermesh.edge.stream import EVENTS, Streamed, Streams, asked
from ledgermesh.edge.write_headers import check_write_headers, write_headers
from ledgermesh.errors import BadInput, LedgermeshError, SignIn, WrongMethod
from ledgermesh.graph.deferring import may_defer
from ledgermesh.graph.kept.memory import Kept
from ledgermesh.graph.limits.early import early
from ledgermesh.graph.present import mask, typed
from ledgermesh.graph.question import Answer, Answers, Question, Repeating
from ledgermesh.graph.subscription import subscribes
from ledgermesh.state.registry import Principal
from ledgermesh.upstream.call import Fresh

CHARSET = "; charset=utf-8"

GONE = 499
"""The status in our log of a caller who went away while sending; nobody receives it."""

PARTIAL: Final = 294
"""Data with errors beside it, in the newer draft."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
ENCODED: Final = (b"content-encoding", b"gzip")
_CONTENT_TYPES: Final = {media: f"{media}{CHARSET}".encode() for media in (JSON, GRAPHQL_JSON)}


class View(Struct, frozen=True):
    """The `/graphql` endpoint."""

    answers: Answers
    who: Authenticator
    limits: Limits
    streams: Streams
    documents: Documents = field(default_factory=Documents)
    drain: Drain = field(default_factory=Drain)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same as an ASGI endpoint."""
        response = await self(Incoming(scope, receive, send))
        await response(scope, receive, send)

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; never raises for what a caller sends."""
        response = await safely(self._respond(request), _media(request))
        if (tracking := incoming.tracking_id(request)) is not None:
            response.headers["X-Tracking-ID"] = tracking
        return response

    async def _respond(self, request: Request) -> Response:
        streamed, parts, media = _taken(incoming.accept(request))
        incoming.check_tracking_id(request)
        who = await self.who.principal(request.headers.get("authorization"), request.headers.get("origin"))
        if request.method in ("GET", "HEAD"):
            params = incoming.query_params(request, self.limits)
        else:
            found = await body.read(request, self.limits)
            if isinstance(found, list):
                return await self._batch(request, found, who, None if streamed else media)
            params = incoming.params(found)
        question = self._question(request, params, who, incoming.fresh(request), in_parts=parts is not None)
        check_write_headers(question)
        if streamed:
            answers = in_format(parts or Format.DRAFT, self.answers.subscribe(question))
            return self.streams.respond(answers, who, lasting=lasting(question.text))
        if (
            parts is not None
            and (media is None or may_defer(question.text))
            and not subscribes(question, early)
        ):
            return await self._in_parts(request, question, parts, media)
        making = self.drain.finished(self.answers.answer(question), writes=writes(question.text))
        answer = await unless_left(request, question, making)
        reply = await self._one(request, answer, question, media or JSON)
        if question.notes.kept is not None and params.document_id is None and params.sha256 is None:
            self._offer(request, question, question.notes.kept, reply)
        return reply

    def _offer(self, request: Request, question: Question, kept: Kept, reply: Reply) -> None:
        """Have those like this request answered at once from now on, as long as the same answer is kept."""
        like: Like | None = request.scope.get(LIKE)
        if like is None or not isinstance(self.answers, Repeating):
            return
        if (again := self.answers.again(question)) is not None:
            packed = kept.packed if ENCODED in reply.raw_headers else None
            like.offer(again, kept.data, packed, reply.body, int(question.notes.age or 0))

    async def _one(self, request: Request, answer: Answer, question: Question, media: str) -> Reply:
        status = TOO_MANY if rates.throttled(question.notes) else self._status(answer, media)
        headers, codings = _headers(question), self._codings(request)
        if PIECES in request.scope and question.notes.kept is None and not takes_gzip(codings):
            found = apart(answer, _ENCODER.encode)
            if found is not None:
                return Reply(found[1], status, headers, media, before=found[0])
        content = _ENCODER.encode(answer)
        small = await shorter(content, codings, (question.text,), question.notes.kept)
        if small is not None:
            return Reply(small, status, {**headers, **GZIP}, media)
        return Reply(content, status, headers, media)

    def _codings(self, request: Request) -> str | None:
        return request.headers.get("accept-encoding") if self.limits.gzip else None

    async def _in_parts(
        self, request: Request, question: Question, parts: Format, media: str | None
    ) -> Response:
        """What is deferred comes later; an answer that comes at once is one, where the caller takes that."""
        with self.streams.taking(question.principal) as held:
            answers = in_format(parts, self.answers.subscribe(question))
            making = self.drain.finished(next_of(answers), writes=writes(question.text))
            first = await unless_left(request, question, making)
            if WrongMethod.code in _codes(first):
                raise WrongMethod(first["errors"][0]["message"])
            if not first.get("hasNext") and media is not None:
                await answers.aclose()
                return await self._one(request, first, question, media)
            return Streamed(
                increments.chunks({"hasNext": False} | first, answers), parts.media_type,
                source=answers, held=held.pop_all(), headers=_headers(question),
            )  # fmt: skip

    async def _batch(self, request: Request, found: list[Any], who: Principal, media: str | None) -> Response:
        if media is None:
            raise BadInput("a stream answers one operation: with a batch, accept application/json")

        def ask(each: Any) -> Question:
            # What else headers say is meant for one operation; a batch that says it about writes is refused.
            return self._question(request, incoming.params(each), who, incoming.LIVE)

        batch = make_batch(request, found, ask, batch_max=self.limits.batch_max)
        content = await self.drain.finished(batch.answer(request, self.answers), writes=batch.writes)
        status, headers = TOO_MANY if rates.throttled(batch.notes) else 200, rates.headers(batch.notes)
        if (small := await shorter(content, self._codings(request), batch.texts)) is not None:
            content, headers = small, {**headers, **GZIP}
        return Response(content, status, headers, media_type=media + CHARSET)

    def _question(
        self, request: Request, params: Params, who: Principal, fresh: Fresh, *, in_parts: bool = False
    ) -> Question:
        return Question(
            text=self.documents.text(params, who),
            operation=params.operation,
            variables=params.variables,
            principal=who,
            account_key=incoming.account_key(request),
            fresh=fresh,
            timeout_seconds=incoming.timeout(request, self.limits),
            tokens=provider_tokens(request),
            queries_only=request.method in ("GET", "HEAD"),
            write_headers=write_headers(request),
            in_parts=in_parts,
        )

    def _status(self, answer: Answer, media: str) -> int:
        """By the GraphQL-over-HTTP draft: the newer media type shows what became of it, the older one does not."""
        if media != GRAPHQL_JSON:
            return 200
        if not self.limits.newer_statuses:
            return 200 if "data" in answer else 400
        if "data" in answer:
            return PARTIAL if answer.get("errors") else 200
        return 400 if "GRAPHQL_PARSE_FAILED" in _codes(answer) else 422


@lru_cache(maxsize=200)
def _taken(accept: str | None) -> tuple[bool, Format | None, str | None]:
    """Whether a caller takes events, in which format parts, and as what one answer; raises NotAcceptable.

    There are few headers of this kind, and each takes a while to read.
    """
    streamed = asked(accept)
    parts = increments.wanted(accept, EVENTS if streamed else increments.MIXED)
    return streamed, parts, JSON if streamed else increments.media_of(accept, parts)


_accepted = lru_cache(maxsize=200)(incoming.accepted)


class Reply(Response):
    """An answer in JSON."""

    def __init__(
        self, body: bytes, status: int, headers: Mapping[str, str], media: str, before: Pieces = ()
    ) -> None:
        self.body: bytes = body
        self._before = before
        self.status_code, self.background = status, None
        self.raw_headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()
        ]
        self.raw_headers += (
            (b"content-length", b"%d" % (len(body) + sum(map(len, before)))),
            (b"content-type", _CONTENT_TYPES[media]),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        content: dict[str, Any] = {"type": "http.response.body", "body": self.body}
        if self._before:
            content[PIECES] = self._before
        await send(content)


def _codes(answer: Answer) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


def _headers(question: Question) -> dict[str, str]:
    """What is known of the caller's rate, and of what was pushed."""
    headers = dict(rates.headers(question.notes))
    if question.notes.age is not None:
        headers["Age"] = str(int(question.notes.age))
    if question.notes.sync_id is not None:
        headers["X-Sync-ID"] = question.notes.sync_id
    return headers


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
        return _accepted(incoming.accept(request))
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
