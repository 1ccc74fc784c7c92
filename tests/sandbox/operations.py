"""Exercise every operation of a provider's contract against its emulator.

A provider's exercise, `tests/providers/<name>/exercises.py`, is one function that makes the requests in an order in
which they can succeed, by the operations' ids; where a request goes is taken from the contract. Every request and every
answer is held against the contract, closed: with no field that it does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from string import Formatter
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Emulator
from tests.sandbox.contracts import Checked, Contract

JSON = {"Content-Type": "application/json"}
ENCODER = msgspec.json.Encoder(decimal_format="number")
HOST = "http://sandbox"
COUNTS = pytest.StashKey[dict[str, "Count"]]()


@dataclass(frozen=True)
class Count:
    """How many of a provider's operations were exercised."""

    done: frozenset[str]
    all: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """What was not, sorted."""
        return sorted(self.all - self.done)

    def __str__(self) -> str:
        return f"{len(self.done & self.all)} of {len(self.all)} operations"


@dataclass
class Run:
    """One emulator, and what of its contract has succeeded so far."""

    contract: Contract
    emulator: Emulator
    books: Books
    """Of the company whose data is read and written."""
    clock: ManualClock
    client: httpx.AsyncClient
    """Held against the contract."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every request from now on; credentials, for example."""
    query: dict[str, str] = field(default_factory=dict)
    """The same in the query."""
    page: dict[str, int] = field(default_factory=dict)
    """Sent when `keep` lists: a few rows show as much as many."""
    envelope: str | None = None
    """The key of a record in an answer that holds nothing else."""
    done: set[str] = field(default_factory=set)
    last: httpx.Response | None = None

    @property
    def count(self) -> Count:
        """Actions of an operation that has several count one by one."""
        return Count(frozenset(self.done), frozenset(_units(self.contract)))

    async def __call__(
        self,
        id: str,
        /,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        action: str | None = None,
        json: object = None,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        auth: httpx.BasicAuth | None = None,
        **path: Any,
    ) -> Any:
        """The answer to this operation: exact JSON, or bytes where it is none.

        `path` fills the path's braces; `json`, or `data` and `files`, is the body.
        """
        operation = self.contract.operations[id]
        assert set(path) == _braces(operation.url), operation.url
        url = operation.url.format_map({name: quote(str(value), safe="") for name, value in path.items()})
        request = self.client.build_request(
            operation.method,
            url,
            params={name: str(value) for name, value in {**self.query, **(query or {})}.items()},
            headers={**self.headers, **(headers or {}), **({} if json is None else JSON)},
            content=None if json is None else ENCODER.encode(json),
            data=data,
            files=files,
        )
        answer = await self.client.send(request, auth=auth)
        assert answer.status_code < 400, f"{id}: {answer.status_code} {answer.text}"
        assert self.contract.operation_of(request) == id, f"{request.url} is another operation"
        self.done.add(id if action is None else f"{id}/{action}")
        self.last = answer
        return _body(answer)

    async def keep(
        self, create: str, new: Mapping[str, Any], change: Mapping[str, Any] | None = None, /, **path: Any
    ) -> Any:
        """A new record of a kind that has a path for all and one for each: made, listed, read and, if asked, changed.

        Gives what creating it answered, out of its envelope.
        """
        url = self.contract.operations[create].url
        answer = await self(create, json=new, **path)
        record = answer[self.envelope] if self.envelope else answer
        here = {**path, "id": record["id"]}
        await self(self._at(url, "GET"), query=self.page, **path)
        await self(self._at(url + "/{id}", "GET"), **here)
        if change is not None:
            await self(self._at(url + "/{id}", "PUT", "POST"), json=change, **here)
        return record

    async def drop(self, create: str, id: object, /, **path: Any) -> None:
        """Delete a record of the kind that this operation creates."""
        await self(self._at(self.contract.operations[create].url + "/{id}", "DELETE"), **path, id=id)

    def _at(self, url: str, *methods: str) -> str:
        """The id of the operation with this address and one of these methods."""
        operations = self.contract.operations.values()
        return next(each.id for each in operations if each.url == url and each.method in methods)


def _braces(url: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(url) if name}


def _body(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("content-type", "") or not answer.content:
        return answer.content
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


def _units(contract: Contract) -> Iterable[str]:
    """The operations; one that does several things, named in its `x-actions`, is as many."""
    for id, operation in contract.operations.items():
        actions = operation.described.get("x-actions")
        yield from [f"{id}/{action}" for action in actions] if actions else [id]


def make_run(name: str, emulator: Emulator, books: Books, clock: ManualClock, *, mount: str = HOST) -> Run:
    """A run that has made no request yet; `mount` is for providers whose host's name means something."""
    contract = Contract(name, mount=mount, closed=True)
    transport = Checked(httpx.ASGITransport(emulator.app), contract)
    return Run(contract, emulator, books, clock, httpx.AsyncClient(transport=transport, base_url=mount))
