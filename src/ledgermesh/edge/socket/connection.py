"""One socket, from its opening to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, Final

import structlog
from starlette.websockets import WebSocket

from ledgermesh.edge.drain import Restarting, unfinished
from ledgermesh.edge.socket import messages
from ledgermesh.edge.socket.caller import Caller, closing, identified
from ledgermesh.edge.socket.caps import TooManyOperations, TooManySockets
from ledgermesh.edge.socket.messages import Close, Code, Complete, Init, Message, Ping, Pong, Subscribe
from ledgermesh.edge.socket.operation import Desk, Operation, Operations
from ledgermesh.edge.socket.sender import Gone, Sender
from ledgermesh.errors import StateDown
from ledgermesh.graph.present import mask

CHECK_SECONDS: Final = 1.0
"""How often it is looked whether a socket has still a right to be."""
CLOSE_SECONDS: Final = 1.0
"""To take the reason for the end off our hands."""


class Connection:
    """The protocol's server side."""

    def __init__(self, socket: WebSocket, desk: Desk, request_id: str) -> None:
        self._socket = socket
        self._desk = desk
        self._request_id = request_id
        self._clock = desk.who.clock
        self._limits = desk.sockets.limits
        self._sender = Sender(socket, self._clock)
        self._operations = Operations(desk, self._sender)
        self._tasks: set[asyncio.Task[None]] = set()
        """Of operations, those included that nobody listens to any more."""
        self._over: asyncio.Future[Close | None] = asyncio.get_running_loop().create_future()
        """Why it ends; None where the client left."""
        self._places = ExitStack()
        self._begun = False
        self._caller: Caller | None = None
        self._opened_at = self._heard_at = self._clock.monotonic()
        self._count = 0

    async def run(self) -> None:
        """Serve it until it is closed, by either side."""
        parts = [self._part(each) for each in (self._read(), self._keep(), self._beat(), self._restart())]
        with self._places:
            self._places.enter_context(self._desk.sockets.strange())
            try:
                close = await self._over
            finally:
                await self._stop(parts)
            if close is not None:
                await self._sender.close(close, CLOSE_SECONDS)
        await self._written()

    def _part(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """What goes on for as long as the socket is open; when one of it ends, so does the socket."""
        task = asyncio.ensure_future(doing)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._end(task.exception())

    def _end(self, error: BaseException | None) -> None:
        """Close for this reason, unless there is one already."""
        if self._over.done():
            return
        if error is None or isinstance(error, Gone):
            self._over.set_result(None)
        elif isinstance(error, Close):
            self._over.set_result(error)
        else:
            self._over.set_result(Close(Code.INTERNAL, f"internal error {mask(error)}"))

    async def _stop(self, parts: list[asyncio.Task[None]]) -> None:
        """End all that goes on but what may have written."""
        for task in parts:
            task.cancel()
        running = list(self._operations.named.values())
        for operation in running:
            operation.leave()
        ending = [operation.task for operation in running if operation.task and not operation.writes]
        await asyncio.wait((*parts, *ending))

    async def _written(self) -> None:
        """Wait for what is carried out to its end, as long as there is time."""
        late = asyncio.ensure_future(self._desk.drain.late.wait())
        while self._tasks and not late.done():
            await asyncio.wait((*self._tasks, late), return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait((*self._tasks, late))

    # -- what the client says ------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            self._heard_at = self._clock.monotonic()
            if (text := message.get("text")) is None:
                raise Close(Code.BAD_REQUEST, "a message is text, not bytes")
            await self._take(messages.read(text, self._desk.limits.body_bytes_max))
            # Messages that came together are taken without a pause; everybody else waits meanwhile.
            await asyncio.sleep(0)

    async def _take(self, message: Message) -> None:
        match message:
            case Init(payload):
                await self._init(payload)
            case Ping(payload):
                await self._sender.send(messages.pong(payload))
            case Pong():
                pass
            case Subscribe(id, payload):
                await self._subscribe(id, payload)
            case Complete(id):
                if (operation := self._operations.named.pop(id, None)) is not None:
                    operation.leave()

    async def _init(self, payload: Any) -> None:
        if self._begun:
            raise Close(Code.TOO_MANY_INITS, "Too many initialisation requests")
        self._begun = True
        caller = await identified(self._socket, payload, self._desk.who, self._desk.limits)
        try:
            place = self._desk.sockets.held(caller.who)
            self._places.close()  # no stranger any more
            self._places.enter_context(place)
        except TooManySockets as error:
            raise closing(error) from error
        self._caller = caller
        told = {"X-Request-Id": self._request_id}
        if caller.tracking_id is not None:
            told["X-Tracking-ID"] = caller.tracking_id
        await self._sender.send(messages.ack(told))

    async def _subscribe(self, id: str, payload: Any) -> None:
        if self._caller is None:
            raise Close(Code.UNAUTHORIZED, "Unauthorized")
        if id in self._operations.named:
            raise Close(Code.ALREADY_EXISTS, f"Subscriber for {id} already exists")
        if self._desk.drain.begun.is_set():
            return  # the close that comes has the client ask again elsewhere
        if len(self._tasks) >= self._limits.operations_max:
            error = TooManyOperations(f"{self._limits.operations_max} operations run on this socket already")
            await self._sender.send(messages.refused(id, error))
            return
        operation = self._operations.named[id] = Operation(id)
        operation.task = asyncio.ensure_future(self._operate(operation, payload, self._caller))
        self._tasks.add(operation.task)
        operation.task.add_done_callback(self._tasks.discard)

    # -- operations ----------------------------------------------------------------------------------------------

    async def _operate(self, operation: Operation, payload: Any, caller: Caller) -> None:
        """Answer one operation. A bug in it is masked and ends nothing else."""
        self._count += 1
        number, began = self._count, self._clock.monotonic()
        work = asyncio.ensure_future(self._operations.answer(operation, payload, caller))
        try:
            await asyncio.wait((work,))
            error = asyncio.CancelledError() if work.cancelled() else work.exception()
            await self._failed(operation, error)
        except asyncio.CancelledError:
            operation.outcome = "left"
            raise
        except Gone:
            operation.outcome = "left"
        finally:
            work.cancel()
            await asyncio.wait((work,))
            self._log(operation, number, self._clock.monotonic() - began)

    async def _failed(self, operation: Operation, error: BaseException | None) -> None:
        if error is None:
            return
        if isinstance(error, Close | Gone):
            operation.outcome = "left"
            self._end(error)
            return
        operation.outcome = "INTERNAL"
        await self._operations.end(operation, messages.broken(operation.id, error))

    def _log(self, operation: Operation, number: int, seconds: float) -> None:
        """One line an operation: nothing that the client made up, which may be a secret."""
        structlog.get_logger("ledgermesh.edge").info(
            "operation",
            request_id=self._request_id,
            number=number,
            outcome=operation.outcome,
            answers=operation.sent,
            ms=round(seconds * 1000, 1),
        )

    # -- what else may end it ------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Look every second whether the socket has still a right to be."""
        while True:
            await self._clock.sleep(CHECK_SECONDS)
            now = self._clock.monotonic()
            if self._caller is None and now - self._opened_at >= self._limits.init_seconds:
                raise Close(Code.TIMEOUT, "Connection initialisation timeout")
            if self._sender.stuck_seconds >= self._limits.send_seconds:
                raise Close(Code.TIMEOUT, "messages are not read")
            if now - self._heard_at >= 2 * self._limits.beat_seconds:
                raise Close(Code.TIMEOUT, "no answer to ping")
            self._check_key()

    def _check_key(self) -> None:
        """Raise Close when the key is over. What runs finds out by itself, and says so first."""
        if self._caller is None or self._tasks:
            return
        try:
            current = self._desk.who.registry.current(self._caller.who)
        except StateDown:
            return  # operations are refused with it; it may pass
        if current is None:
            raise Close(Code.FORBIDDEN, "this API key has ended or was revoked")

    async def _beat(self) -> None:
        """Ask whether anybody is there, once in every silence."""
        asked = None
        while True:
            due = self._heard_at + self._limits.beat_seconds
            await self._clock.sleep(max(due - self._clock.monotonic(), CHECK_SECONDS))
            silent_since = self._heard_at
            if asked != silent_since and self._clock.monotonic() >= silent_since + self._limits.beat_seconds:
                asked = silent_since
                await self._sender.send(messages.ping())

    async def _restart(self) -> None:
        """When the process ends: answers that are to come are waited for, subscriptions are not.

        Those are not told that they are over: the client takes them up again where it connects next.
        """
        drain = self._desk.drain
        await drain.begun.wait()
        late = asyncio.ensure_future(drain.late.wait())
        try:
            while not late.done() and (tasks := self._answering()):
                await asyncio.wait((*tasks, late), return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
        for operation in [each for each in self._operations.named.values() if each.writes]:
            # A client asks again what was broken off, but a write is never silently repeated.
            await self._operations.end(operation, messages.refused(operation.id, unfinished(writes=True)))
        raise Close(Code.RESTARTING, Restarting.code)

    def _answering(self) -> list[asyncio.Task[None]]:
        named = self._operations.named.values()
        return [operation.task for operation in named if operation.task and not operation.lasting]
