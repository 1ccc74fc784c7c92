"""Several records of one resource by their ids, with the fewest calls: some at once, one by one, or from the list."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final, TypeVar

import msgspec

from ledgermesh.engine.ahead import AT_ONCE
from ledgermesh.engine.mapping import Maker, Rejected, elements
from ledgermesh.engine.pages import Page
from ledgermesh.engine.read import Leaves, open_list, read_one, records_of
from ledgermesh.engine.request import Terms, call, dated, expansion, merged
from ledgermesh.errors import Absent, Garbled, LedgermeshError, TooCostly, Unsupported
from ledgermesh.model.record import Record
from ledgermesh.spec.query import And, Compare, ListQuery
from ledgermesh.spec.resource import Many, Resource
from ledgermesh.upstream.call import Call, Handler

SINGLES_MAX: Final = 25
"""Calls for one or some records of a kind by id that one request makes to one connection."""
UNASKED_MAX: Final = 2
"""Calls by id that are made without a look at the list."""

Loaded = Record | LedgermeshError | None
Result = TypeVar("Result")


class Picking(msgspec.Struct, frozen=True):
    """What is asked of the records that are picked out of a resource."""

    send: Handler
    terms: Terms
    maker: Maker
    wanted: frozenset[str]
    since: dt.date | None = None
    """A day before which none of them lies, where the caller knows one."""

    async def pick(self, ids: Mapping[str, str]) -> dict[str, Loaded]:
        """The records by native id, given with the provider's own ids; an error stands for what cannot be read."""
        direct = calls_by_id(self.maker.resource, len(ids))
        found = await self._from_list(ids) if direct is None or direct > UNASKED_MAX else {}
        missing = {id: ids[id] for id in ids if id not in found}
        return found | await self._by_id(missing) if direct is not None and missing else found

    # -- from the list -----------------------------------------------------------------------------------------------

    async def _from_list(self, ids: Mapping[str, str]) -> dict[str, Loaded]:
        """Read list pages while they are cheaper than reading what is missing by id, or the only way."""
        resource = self.maker.resource
        if resource.list is None and resource.derived is None:
            return {}
        query = ListQuery(kind=resource.kind, fields=self.wanted, where=_since(resource, self.since))
        leaves = Leaves(open_list(self.send, self.terms, self.maker, query), whole=False)
        found: dict[str, Loaded] = {}
        try:
            while not leaves.ended and len(found) < len(ids):
                direct = calls_by_id(resource, len(ids) - len(found))
                # Whether a few are cheaper read by id is known after the first page.
                waits = direct is not None and not leaves.read and direct <= SINGLES_MAX
                page = await leaves.turn(0 if waits else AT_ONCE)
                found |= {row.native_id: row for row in page.rows if row.native_id in ids}
                if page.truncated is not None:
                    cut = Unsupported(page.truncated, details={"connection": self.maker.link.connection})
                    return found | {id: cut for id in ids if id not in found}
                if _cheaper_by_id(calls_by_id(resource, len(ids) - len(found)), leaves, page):
                    break
        except LedgermeshError as error:
            return found | {id: error for id in ids if id not in found}
        finally:
            leaves.drop()
        return found

    # -- by id -------------------------------------------------------------------------------------------------------

    async def _by_id(self, ids: Mapping[str, str]) -> dict[str, Loaded]:
        resource = self.maker.resource
        if resource.many is None or (len(ids) == 1 and resource.get is not None):
            return await self._singly(ids)
        found = await self._at_once(resource.many, ids)
        left = {id: ids[id] for id in ids if id not in found}
        return found | await self._singly(left) if left else found

    async def _singly(self, ids: Mapping[str, str]) -> dict[str, Loaded]:
        names = list(ids)
        if self.maker.resource.get is None:
            title = self.maker.link.provider.title
            return dict.fromkeys(names, Unsupported(f"{title} cannot be asked for a record by this id."))
        one = (
            read_one(self.send, self.terms, self.maker, ids[name], self.wanted)
            for name in names[:SINGLES_MAX]
        )
        found = dict(zip(names, await together(one), strict=False))
        return found | dict.fromkeys(names[SINGLES_MAX:], self._too_costly())

    async def _at_once(self, many: Many, ids: Mapping[str, str]) -> dict[str, Loaded]:
        """Some in each call, all calls at once. Those are left out that may be there and have to be read one by one."""
        # In one order, so that who asks for the same asks the same.
        names = sorted(id for id in ids if not many.separator or many.separator not in ids[id])
        parts = [names[at : at + many.ids_max] for at in range(0, len(names), many.ids_max)]
        found: dict[str, Loaded] = {}
        asked = parts[:SINGLES_MAX]
        read = await together(self._part(many, {id: ids[id] for id in part}) for part in asked)
        for part, known in zip(asked, read, strict=True):
            found |= dict.fromkeys(part, known) if isinstance(known, LedgermeshError) else known
        for part in parts[SINGLES_MAX:]:
            found |= dict.fromkeys(part, self._too_costly())
        return found

    async def _part(self, many: Many, ids: Mapping[str, str]) -> dict[str, Loaded]:
        """What one call gives, and null for what it does not; nothing where the provider refuses all for one."""
        try:
            response = await self.send(self._call(many, list(ids.values())))
        except Absent as error:
            if len(ids) == 1:
                return dict.fromkeys(ids)
            if self.maker.resource.get is None:
                return dict.fromkeys(ids, error)
            return {}
        rejected: list[Rejected] = []
        found, fetched_at = elements(response.document, many.items), response.fetched_at
        made = await records_of(self.maker, found, fetched_at, None, rejected, self.terms.slices)
        rows = {row.native_id: row for row in made}
        missing: Loaded = None
        if rejected:
            what = f"{rejected[0].path}: {rejected[0].reason}"
            missing = Garbled(f"a record of the provider's answer cannot be read ({what})")
        return {id: rows.get(id, missing) for id in ids}

    def _call(self, many: Many, ids: Sequence[str]) -> Call:
        query = merged(
            dated(many.query, self.terms.today),
            expansion(many.expand, self.maker.resource.fields, self.wanted, self.maker.link.provider),
            ((many.param, many.separator.join(ids)),) if many.separator else (),
        )
        made = call(self.terms, self.maker.link, many.path, {}, query)
        if many.separator:
            return made
        return made.but(query=(*made.query, *((many.param, id) for id in ids)))

    def _too_costly(self) -> TooCostly:
        kind = self.maker.resource.kind
        if self.maker.resource.many is None:
            return TooCostly(f"more than {SINGLES_MAX} {kind} records had to be read one by one")
        return TooCostly(f"{kind} records by their ids would take more than {SINGLES_MAX} calls")


async def together(reading: Iterable[Coroutine[Any, Any, Result]]) -> list[Result | LedgermeshError]:
    """All at once, each with the typed error that stands for it; anything else is not expected and goes on."""
    waits = list(reading)
    if len(waits) == 1:  # as a rule, and a task takes longer than all else here
        try:
            return [await waits[0]]
        except LedgermeshError as error:
            return [error]
    return [_expected(each) for each in await asyncio.gather(*waits, return_exceptions=True)]


def good(found: Loaded) -> Record | None:
    """The record; raises the error that stands for it."""
    if isinstance(found, LedgermeshError):
        raise found
    return found


def _expected(result: Result | BaseException) -> Result | LedgermeshError:
    """A typed error as a value; raises any other."""
    if isinstance(result, BaseException) and not isinstance(result, LedgermeshError):
        raise result
    return result


def calls_by_id(resource: Resource, count: int) -> int | None:
    """Calls that read so many records by their ids; None where only the list has them."""
    if resource.many is not None:
        return ceil(count / resource.many.ids_max)
    return count if resource.get is not None else None


def _cheaper_by_id(direct: int | None, leaves: Leaves, page: Page[Record]) -> bool:
    """Whether records are read by id rather than from the rest of a list: where it has more pages than they take calls.

    Where nobody knows how many it has, as many are read as calls would be made.
    """
    if direct is None:
        return False
    if page.total is None or not page.rows:
        return leaves.read >= direct
    return direct <= SINGLES_MAX and direct < (page.total - leaves.rows) / len(page.rows)


def _since(resource: Resource, since: dt.date | None) -> And | None:
    window = resource.list.window if resource.list is not None else None
    return And((Compare(window.field, "gte", since),)) if window is not None and since is not None else None
