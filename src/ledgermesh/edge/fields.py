"""Header fields as they stand on the wire, looked up without making text of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

Raw = Iterable[tuple[bytes, bytes]]
"""Names are in small letters, as ASGI has them."""
Pairs = tuple[tuple[bytes, bytes], ...]


def first(raw: Raw, name: bytes) -> str | None:
    """The first value under a name; None where there is none."""
    for each, value in raw:
        if each == name:
            return value.decode("latin-1")
    return None


def pairs(named: Iterable[tuple[str, str]]) -> Pairs:
    """Headers that are the same for many answers, made once."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named)


class Fields(Headers):
    """The headers of one request, put in order once: most of what is looked for is not there."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._first: dict[str, str] = {}
        for name, value in scope["headers"]:
            self._first.setdefault(name.decode("latin-1"), value.decode("latin-1"))

    def get(self, key: str, default: Any = None) -> Any:
        """The first value under a name."""
        return self._first.get(key.lower(), default)

    def getlist(self, key: str) -> list[str]:
        """All values under a name, in their order."""
        return super().getlist(key) if key.lower() in self._first else []

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: Any) -> bool:
        return key.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)


class Incoming(Request):
    """A request whose headers are looked up often."""

    headers: Headers = Headers()  # no property: it is asked a dozen times
    """See HTTPConnection."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.headers = Fields(scope)
