"""The sandbox's own API, `/_control`: faults, switches, what was seen, and the clock.

    GET    /_control                the emulators, their switches, the faults that are on
    GET    /_control/faults         the faults that are on, each with its id, the requests it met and those it spoiled
    POST   /_control/faults         switch one on: {"provider": "kashoo", "kind": "status", "status": 503}; 201
    DELETE /_control/faults[?id=3]  switch all of them off, or one
    GET    /_control/switches       what can be turned at each emulator, and how it stands
    POST   /_control/switches       turn some of it: {"provider": "kashoo", "date_style": "string"}; "*" is every
                                    provider, for switches that all of them have: {"provider": "*", "additive": true}
    DELETE /_control/switches       turn everything back to how it was at the start
    GET    /_control/log            requests seen: provider, method, path, query, status; never headers or bodies
    DELETE /_control/log            forget them
    GET    /_control/clock          what time it is
    POST   /_control/clock          {"advance_seconds": 3600}, where the clock can be moved

and what belongs to linking: /_control/clients, /_control/messages, /_control/revocations, see `linking`.

Every fault takes `path` and `method` (globs over the provider's own path, default `*`), `after` (skip so many matching
requests, default 0) and `times` (spoil so many, default all). Faults that meet act in the order they were switched on,
until one of them answers. The kinds, with what else they take and its default:

    latency      seconds (1)                         wait, then go on
    status       status, body (""), headers ({}),    answer that instead; a body that is not text goes out as JSON;
                 effect (false)                      with effect the provider has done by then what was asked
    html         status (200), body (a page)         answer a web page instead
    truncate     keep_bytes (half), declared (true)  cut the body; declared: its whole length is announced and the
                                                     connection breaks, else the shorter length is announced
    drop         -                                   close the connection without an answer
    drip         seconds (0.1), piece_bytes (256)    send the body in pieces with pauses
    repeat_page  first ({"offset": "0", "page": "1"})  a later page answers with the first page's body
    page_size    size                                at most so many rows in one answer, whatever is asked for

Every emulator has the switch `additive`: a provider of tomorrow, whose answers carry fields, words and error codes that
nobody knows yet.

A request that cannot be understood is a 400 whose `error` says what is wrong.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.clock import Clock, ManualClock
from ledgermesh.sandbox.asked import Wrong, convert, named, read_object
from ledgermesh.sandbox.board import Rule, Switchboard, TooMany, page_size_switch, switches
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.faults import KINDS, AnyFault, Fault, PageSize
from ledgermesh.sandbox.linking import Linking

EVERY = "*"
"""In the place of a provider's name: all of them."""
YEAR_SECONDS = 366 * 86_400
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Endpoint = Callable[[Request], Awaitable[object]]


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How far to move the clock."""

    advance_seconds: Annotated[float, msgspec.Meta(ge=0, le=YEAR_SECONDS)]


class Control:
    """The endpoints of `/_control`."""

    def __init__(self, emulators: Mapping[str, Emulator], board: Switchboard, clock: Clock) -> None:
        self._emulators, self._board, self._clock = emulators, board, clock
        self._linking = Linking(emulators)
        self._initial = {name: copy.deepcopy(switches(emulator)) for name, emulator in emulators.items()}

    def routes(self) -> list[Route]:
        """`/_control` and everything below it."""
        table: Mapping[str, Mapping[str, tuple[Endpoint, int]]] = {
            "": {"GET": (self._overview, 200)},
            "/faults": {"GET": (self._faults, 200), "POST": (self._add, 201), "DELETE": (self._clear, 200)},
            "/switches": {
                "GET": (self._switches, 200),
                "POST": (self._turn, 200),
                "DELETE": (self._reset, 200),
            },
            "/log": {"GET": (self._log, 200), "DELETE": (self._forget, 200)},
            "/clock": {"GET": (self._now, 200), "POST": (self._move, 200)},
            "/clients": {"GET": (self._linking.clients, 200), "POST": (self._linking.register, 201)},
            "/messages": {"GET": (self._linking.messages, 200), "DELETE": (self._linking.forget, 200)},
            "/revocations": {"POST": (self._linking.revoke, 201)},
        }
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        found = [Route(f"/_control{path}", _answering(verbs), methods=every) for path, verbs in table.items()]
        return [*found, Route("/_control/{rest:path}", _answering({}), methods=every)]

    async def _overview(self, request: Request) -> object:
        return {"switches": await self._switches(request), **self._listed()}

    # -- faults --------------------------------------------------------------------------------------------------

    def _listed(self) -> Mapping[str, object]:
        return {"faults": [_shown(rule) for rule in self._board.rules]}

    async def _faults(self, request: Request) -> object:
        return self._listed()

    async def _add(self, request: Request) -> object:
        given = await read_object(request)
        named(self._emulators, given)
        if given.get("kind") not in KINDS:
            raise Wrong(f"kind is one of {', '.join(KINDS)}; not {given.get('kind')!r}")
        fault: Fault = convert(given, AnyFault)
        if isinstance(fault, PageSize) and page_size_switch(self._emulators[fault.provider]) is None:
            raise Wrong(f"{fault.provider} has no switch for its page size")
        try:
            return _shown(self._board.add(fault))
        except TooMany as error:
            raise Wrong(str(error)) from error

    async def _clear(self, request: Request) -> object:
        id = request.query_params.get("id")
        if id is None:
            self._board.clear()
        elif not id.isdecimal() or self._board.clear(int(id)) == 0:
            raise Wrong(f"no fault with the id {id!r} is on")
        return self._listed()

    # -- switches ------------------------------------------------------------------------------------------------

    async def _switches(self, request: Request) -> object:
        return {name: _values(switches(emulator)) for name, emulator in self._emulators.items()}

    async def _turn(self, request: Request) -> object:
        """All of it or, where anything does not fit, nothing."""
        given = await read_object(request)
        wanted = {name: value for name, value in given.items() if name != "provider"}
        every = given.get("provider") == EVERY
        turning = [*self._emulators.values()] if every else [named(self._emulators, given)]
        fitting = [(switches(emulator), _fitting(emulator, wanted)) for emulator in turning]
        for turned, values in fitting:
            for name, value in values.items():
                setattr(turned, name, value)
        return await self._switches(request) if every else _values(fitting[0][0])

    async def _reset(self, request: Request) -> object:
        for name, initial in self._initial.items():
            for field, value in _values(copy.deepcopy(initial)).items():
                setattr(switches(self._emulators[name]), field, value)
        return await self._switches(request)

    # -- the log and the clock -----------------------------------------------------------------------------------

    async def _log(self, request: Request) -> object:
        return {"requests": list(self._board.log)}

    async def _forget(self, request: Request) -> object:
        self._board.log.clear()
        return {"requests": []}

    async def _now(self, request: Request) -> object:
        return {"now": self._clock.now()}

    async def _move(self, request: Request) -> object:
        if not isinstance(self._clock, ManualClock):
            raise Wrong("this sandbox runs on the machine's own clock, which is not moved")
        wanted = convert(await read_object(request), Advance)
        try:
            self._clock.advance(wanted.advance_seconds)
        except OverflowError as error:
            raise Wrong("there is no such time") from error
        return {"now": self._clock.now()}


def _answering(verbs: Mapping[str, tuple[Endpoint, int]]) -> Callable[[Request], Awaitable[Response]]:
    """One path's endpoint by method; what goes wrong is said in JSON like everything else here."""

    async def answer(request: Request) -> Response:
        if not verbs:
            return _json({"error": f"there is no {request.url.path}"}, 404)
        if request.method not in verbs:
            return _json({"error": f"{request.url.path} takes {', '.join(verbs)}"}, 405)
        endpoint, status = verbs[request.method]
        try:
            return _json(await endpoint(request), status)
        except Wrong as wrong:
            return _json({"error": str(wrong)}, 400)

    return answer


def _json(body: object, status: int) -> Response:
    return Response(_ENCODER.encode(body), status, media_type="application/json")


def _fitting(emulator: Emulator, wanted: Mapping[str, object]) -> Mapping[str, object]:
    """The values as this emulator's switches take them."""
    turned = switches(emulator)
    hints = get_type_hints(type(turned)) if turned is not None else {}
    if unknown := sorted(wanted.keys() - hints.keys()):
        there = ", ".join(sorted(hints))
        raise Wrong(f"{emulator.name}: there is no switch {', '.join(unknown)}; there are {there}")
    return {name: convert(value, hints[name], name) for name, value in wanted.items()}


def _shown(rule: Rule) -> Mapping[str, object]:
    return {"id": rule.id, **msgspec.to_builtins(rule.fault), "met": rule.met, "spoiled": rule.spoiled}


def _values(turned: Any) -> dict[str, Any]:
    if turned is None:
        return {}
    return {field.name: getattr(turned, field.name) for field in dataclasses.fields(turned)}
