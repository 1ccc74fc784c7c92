"""Writes of records: one by one, several in a row, and back to the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.body import Body, read_bodies, read_body
from ledgermesh.sandbox.kashoo.changes import remove, unprocess, write
from ledgermesh.sandbox.kashoo.door import Door, holds_record
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.heads import Draft
from ledgermesh.sandbox.kashoo.listing import record_document
from ledgermesh.sandbox.kashoo.records import Record
from ledgermesh.sandbox.kashoo.view import View


class RecordWrites:
    """Each record is one step: nothing of it is changed before everything was read and checked."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._turn = asyncio.Lock()

    def creating(self, type: str) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that makes records of this type."""

        async def create(request: Request) -> Response:
            view, body = self._door.enter(request), await read_body(request)
            record = write(Draft(type, body, view.business, self._door.clock))
            place = f"{view.base_url}/records/{record.id}"
            return self._door.created(record_document(view, record), place)

        return create

    async def replace(self, request: Request) -> Response:
        """The whole record."""
        view, id = self._door.find(request, "record", holds_record)
        body = await read_body(request)
        return self._door.answer(record_document(view, self._replaced(view, body, id)))

    async def remove(self, request: Request) -> Response:
        """The row stays and is marked."""
        view, id = self._door.find(request, "record", holds_record)
        remove(view.business, self._door.clock, view.business.records.by_id[id])
        return Response(status_code=204)

    async def replace_all(self, request: Request) -> Response:
        """Each record in turn; the first one that is refused ends it, and those before it stay replaced."""
        view, found = await self._batch(request)
        # One engine does the work of all callers, one record at a time.
        async with self._turn:
            await self._door.clock.sleep(self._door.switches.slow_batch_seconds * len(found))
            records = [self._replaced(view, body, id) for body, id in found]
        return self._door.answer([record_document(view, row) for row in records])

    async def unprocess(self, request: Request) -> Response:
        """The records leave the books for the inbox; each has a reference there, also one that was typed in."""
        view, found = await self._batch(request)
        records = view.business.records.by_id
        gone = [unprocess(view.business, self._door.clock, records[id]) for _, id in found]
        return self._door.answer([record_document(view, row) for row in gone])

    def _replaced(self, view: View, body: Body, id: int) -> Record:
        old = view.business.records.by_id[id]
        return write(Draft(old.type, body, view.business, self._door.clock, old))

    async def _batch(self, request: Request) -> tuple[View, list[tuple[Body, int]]]:
        """The records that the body names by their ids, all of one business."""
        user, bodies = self._door.user(request), await read_bodies(request)
        if not bodies:
            raise Refusal(400, "The body must name at least one record")
        found = [(body, body.required("id")) for body in bodies]
        view = self._door.holder(request, user, found[0][1], "record", holds_record)
        for body, id in found:
            if not holds_record(view.business, id):
                raise body.wrong("id", f"no record {id} in business {view.business.id}")
        return view, found
