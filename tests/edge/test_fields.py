"""Headers as they are looked up: like Starlette's own, and by small letters on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Scope

from ledgermesh.edge.fields import Fields, Incoming, first, pairs

SENT = [
    (b"host", b"a"), (b"x-provider-token", b"c1 t1"), (b"accept", b"*/*"), (b"x-provider-token", b"c2 t2"),
    (b"x-word", b"\xe9"), (b"x-nothing", b""),
]  # fmt: skip
NAMES = ("host", "HOST", "X-Provider-Token", "x-word", "x-nothing", "x-absent", "")


def scope() -> Scope:
    return {"type": "http", "headers": list(SENT), "method": "GET", "path": "/"}


@pytest.mark.parametrize("name", NAMES)
def test_they_are_found_as_starlette_finds_them(name: str) -> None:
    """The first of several, all of several, whatever the case; and what is not there is not."""
    ours, theirs = Fields(scope()), Headers(scope=scope())
    assert ours.get(name) == theirs.get(name)
    assert ours.get(name, "?") == theirs.get(name, "?")
    assert ours.getlist(name) == theirs.getlist(name)
    assert (name in ours) == (name in theirs)
    assert ours.items() == theirs.items()
    if name in theirs:
        assert ours[name] == theirs[name]
    else:
        with pytest.raises(KeyError):
            ours[name]


def test_a_request_has_them() -> None:
    """Whoever is handed the request looks there, and finds its other parts as ever."""

    async def nothing(*_: Any) -> Any: ...

    request = Incoming({**scope(), "query_string": b"a=1"}, nothing, nothing)
    assert request.headers["accept"] == "*/*"
    assert (request.method, request.query_params["a"]) == ("GET", "1")


def test_one_is_found_without_reading_the_others() -> None:
    """By its name on the wire."""
    assert first(SENT, b"x-provider-token") == "c1 t1"
    assert first(SENT, b"x-absent") is None
    assert pairs([("X-Word", "é")]) == ((b"x-word", b"\xe9"),)
