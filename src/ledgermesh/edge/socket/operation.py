"""One operation on a socket, from its question to its last message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ledgermesh.edge import incoming
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.documents import Documents
from ledgermesh.edge.drain import Drain, lasting, writes
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.socket import messages
from ledgermesh.edge.socket.caller import Caller
from ledgermesh.edge.socket.caps import Sockets
from ledgermesh.edge.socket.messages import Close, Code
from ledgermesh.edge.socket.sender import Sender
from ledgermesh.edge.stream import Streams
from ledgermesh.errors import LedgermeshError, SignIn
from ledgermesh.graph.question import Answer, Answers, Question
from ledgermesh.graph.writes.headers import WriteHeaders
from ledgermesh.state.registry import Principal


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What all sockets share."""

    answers: Answers
    who: Authenticator
    limits: Limits
    streams: Streams
    documents: Documents
    sockets: Sockets
    drain: Drain
    origins: frozenset[str] = frozenset()
    """Web pages of the operator's."""


@dataclass(eq=False)
class Operation:
    """What runs under one id."""

    id: str
    lasting: bool = False
    """Whether it may never end by itself."""
    writes: bool = False
    """Whether it is carried out to its end even if nobody listens any more."""
    heard: bool = True
    """Whether the client wants to be told of it."""
    sent: int = 0
    """Answers so far."""
    outcome: str = "ended"
    """How it ended: a word, or the code of the error."""
    task: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """Nobody listens any more: it ends, unless it may have written."""
        self.heard = False
        if not self.writes:
            self.stop()

    def stop(self) -> None:
        """It ends, whatever it is."""
        self.heard = False
        if self.task is not None:
            self.task.cancel()


@dataclass(eq=False)
class Operations:
    """Those that run on one socket."""

    desk: Desk
    sender: Sender
    named: dict[str, Operation] = field(default_factory=dict)
    """By the id under which the client knows them."""

    async def answer(self, operation: Operation, payload: Mapping[str, Any], caller: Caller) -> None:
        """Answer it; raises Close where the whole socket has to end, Gone where it has, and whatever is a bug."""
        try:
            question = await self._question(payload, caller)
            operation.lasting, operation.writes = lasting(question.text), writes(question.text)
            streams = self.desk.streams
            with streams.taking(question.principal) if operation.lasting else nullcontext():
                last = await self._answers(operation, question)
        except LedgermeshError as error:
            operation.outcome = error.code
            last = messages.refused(operation.id, error)
        await self.end(operation, last)

    async def _answers(self, operation: Operation, question: Question) -> bytes:
        """Send every answer; the message that comes behind them."""
        async with aclosing(self.desk.answers.subscribe(question)) as answers:
            async for answer in answers:
                if _failed(answer):
                    operation.outcome = "refused"
                    return messages.failed(operation.id, answer["errors"])
                if operation.heard:
                    await self.sender.send(messages.following(operation.id, answer))
                    operation.sent += 1
        return messages.complete(operation.id)

    async def end(self, operation: Operation, last: bytes) -> None:
        """Say that it is over; its id is free from now on."""
        if self.named.get(operation.id) is operation:
            del self.named[operation.id]
        if operation.heard:
            operation.heard = False
            await self.sender.send(last)

    async def _question(self, payload: Mapping[str, Any], caller: Caller) -> Question:
        params = incoming.params(payload)
        who = await self._principal(caller)
        return Question(
            text=self.desk.documents.text(params, who),
            operation=params.operation,
            variables=params.variables,
            principal=who,
            account_key=caller.account_key,
            timeout_seconds=caller.timeout_seconds,
            in_parts=True,
            write_headers=WriteHeaders(tracking_id=caller.tracking_id),
        )

    async def _principal(self, caller: Caller) -> Principal:
        """The caller as registered now; raises Close for one who is nobody any more."""
        try:
            return await self.desk.who.principal(caller.authorization.reveal(), caller.origin)
        except SignIn as error:
            raise Close(Code.FORBIDDEN, error.message) from error


def _failed(answer: Answer) -> bool:
    """Whether nothing was carried out: parts of an answer have no data of their own either."""
    return "errors" in answer and "data" not in answer and "hasNext" not in answer
