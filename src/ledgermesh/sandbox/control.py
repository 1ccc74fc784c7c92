"""The sandbox's own API, `/_control`: faults, switches, what was seen, and the clock.

    GET    /_control                    the emulators, their switches, the faults that are on
    POST   /_control/faults             {"provider": "kashoo", "kind": "status", "path": "*/invoices", "status": 503,
                                        "times": 2, "after": 1}; kinds: latency (seconds), status (status, body,
                                        headers), html (status, body), truncate (declared), drop, drip (seconds),
                                        repeat_page, page_size (size)
    DELETE /_control/faults[?id=3]      switch all of them off, or one
    POST   /_control/switches           {"provider": "kashoo", "date_style": "string"}: attributes of its switches
    GET    /_control/log                requests seen: provider, method, path, query, status; never headers or bodies
    DELETE /_control/log                forget them
    POST   /_control/clock              {"advance_seconds": 3600}, where the clock can be moved

A request that cannot be understood is a 400 that says what is wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.clock import Clock, ManualClock
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.faults import KINDS, Fault, Switchboard

PAGE_SIZES = ("page_size_max", "page_size")
"""What the emulators call the switch for their page size."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Wrong(Exception):
    """A request to `/_control` that cannot be understood."""


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body, enc_hook=str), status, media_type="application/json")


@dataclasses.dataclass(frozen=True)
class Control:
    """The endpoints of `/_control`."""

    emulators: Mapping[str, Emulator]
    board: Switchboard
    clock: Clock

    def routes(self) -> list[Route]:
        """Below `/_control`."""
        return [
            Route("/_control", self._guarded(self.show)),
            Route("/_control/faults", self._guarded(self.add), methods=["POST"]),
            Route("/_control/faults", self._guarded(self.clear), methods=["DELETE"]),
            Route("/_control/switches", self._guarded(self.switch), methods=["POST"]),
            Route("/_control/log", self._guarded(self.log), methods=["GET"]),
            Route("/_control/log", self._guarded(self.forget), methods=["DELETE"]),
            Route("/_control/clock", self._guarded(self.move), methods=["POST"]),
        ]

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Wrong as wrong:
                return _json({"error": str(wrong)}, 400)

        return answer

    async def show(self, request: Request) -> Response:
        """What there is and what is on."""
        switches = {name: _values(_switches(emulator)) for name, emulator in self.emulators.items()}
        return _json({"switches": switches, "faults": self.board.faults})

    async def add(self, request: Request) -> Response:
        """Switch a fault on."""
        given = await _object(request)
        provider, kind = given.pop("provider", None), given.pop("kind", None)
        if provider not in self.emulators:
            raise Wrong(f"provider is one of {sorted(self.emulators)}, not {provider!r}")
        if kind == "page_size":
            return self._page_size(provider, given)
        if kind not in KINDS:
            raise Wrong(f"kind is one of {[*KINDS, 'page_size']}, not {kind!r}")
        _check(given, Fault, leave=("id", "provider", "kind"))
        return _json(self.board.add(provider, kind, **given), 201)

    def _page_size(self, provider: str, given: dict[str, Any]) -> Response:
        size, switches = given.get("size"), _switches(self.emulators[provider])
        if not isinstance(size, int) or size < 1:
            raise Wrong("size is a whole number, 1 or more")
        name = next(name for name in PAGE_SIZES if hasattr(switches, name))
        setattr(switches, name, size)
        return _json({name: size}, 201)

    async def clear(self, request: Request) -> Response:
        """Switch faults off."""
        text = request.query_params.get("id")
        if text is not None and not text.isdecimal():
            raise Wrong("id is a whole number")
        self.board.clear(int(text) if text is not None else None)
        return _json({"faults": self.board.faults})

    async def switch(self, request: Request) -> Response:
        """Set attributes of an emulator's switches."""
        given = await _object(request)
        provider = given.pop("provider", None)
        if provider not in self.emulators:
            raise Wrong(f"provider is one of {sorted(self.emulators)}, not {provider!r}")
        switches = _switches(self.emulators[provider])
        _check(given, type(switches), leave=())
        for name, value in given.items():
            setattr(switches, name, set(value) if isinstance(getattr(switches, name), set) else value)
        return _json(_values(switches))

    async def log(self, request: Request) -> Response:
        """The requests that were seen."""
        return _json({"requests": list(self.board.log)})

    async def forget(self, request: Request) -> Response:
        """Empty the log."""
        self.board.log.clear()
        return _json({"requests": []})

    async def move(self, request: Request) -> Response:
        """Move the clock, where it can be moved."""
        given = await _object(request)
        seconds = given.get("advance_seconds")
        if not isinstance(self.clock, ManualClock):
            raise Wrong("this sandbox runs on the machine's own clock, which is not moved")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise Wrong("advance_seconds is a number, 0 or more")
        self.clock.advance(float(seconds))
        return _json({"now": self.clock.now()})


async def _object(request: Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise Wrong(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Wrong("expected a JSON object")
    return found


def _check(given: Mapping[str, Any], kind: type[Any], leave: tuple[str, ...]) -> None:
    """Whether every value fits the dataclass's field of that name."""
    fields = {field.name for field in dataclasses.fields(kind)} - set(leave)
    hints = get_type_hints(kind)
    for name, value in given.items():
        if name not in fields:
            raise Wrong(f"{name!r} is not one of {sorted(fields)}")
        try:
            msgspec.convert(value, hints[name])
        except msgspec.ValidationError as error:
            raise Wrong(f"{name}: {error}") from error


def _switches(emulator: Emulator) -> Any:
    return getattr(emulator, "switches", None)


def _values(switches: Any) -> dict[str, Any]:
    return {field.name: getattr(switches, field.name) for field in dataclasses.fields(switches)}
