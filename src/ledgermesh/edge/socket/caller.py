"""Who is on a socket, by the first message and by the request that opened it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from starlette.websockets import WebSocket

from ledgermesh.edge import incoming
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.socket.messages import Close, Code
from ledgermesh.errors import BadInput, CallerError, LedgermeshError
from ledgermesh.state.base import Secret
from ledgermesh.state.registry import Principal

SINGLE: Final = ("x-provider-token", "x-sync-data", "x-sync-sources", "idempotency-key")
"""What means one HTTP request; a socket carries many operations, which say it in their arguments."""
KNOWN: Final = frozenset((*SINGLE, "authorization", "x-account-key", "x-tracking-id", "x-request-timeout"))


class Caller(Struct, frozen=True, kw_only=True):
    """What holds for every operation on a socket."""

    authorization: Secret
    origin: str | None
    account_key: str | None
    tracking_id: str | None
    timeout_seconds: float
    who: Principal
    """As the socket was opened."""


async def identified(
    socket: WebSocket, payload: Mapping[str, Any], who: Authenticator, limits: Limits
) -> Caller:
    """The caller; raises Close for one who may not be here, or says what cannot be meant."""
    try:
        given = _given(payload)
        _check_single(socket, given)
        authorization = given.get("authorization") or socket.headers.get("authorization")
        origin = socket.headers.get("origin")
        return Caller(
            authorization=Secret(authorization or ""),
            origin=origin,
            account_key=_account_key(socket, given),
            tracking_id=_tracking_id(given.get("x-tracking-id") or socket.headers.get("x-tracking-id")),
            timeout_seconds=incoming.seconds(
                given.get("x-request-timeout") or socket.headers.get("x-request-timeout"), limits
            ),
            who=await who.principal(authorization, origin),
        )
    except LedgermeshError as error:
        raise closing(error) from error


def closing(error: LedgermeshError) -> Close:
    """How a socket is closed that cannot be let in for this reason."""
    if isinstance(error, BadInput):
        return Close(Code.BAD_REQUEST, error.message)
    if isinstance(error, CallerError) and not error.retryable:
        return Close(Code.FORBIDDEN, error.message)
    return Close(Code.TRY_LATER, error.message)


def _given(payload: Mapping[str, Any]) -> dict[str, str]:
    """What the payload says, by the names of headers: a key in capitals with underscores is the same."""
    found: dict[str, str] = {}
    for name, value in payload.items():
        header = name.casefold().replace("_", "-")
        if value is None or header not in KNOWN:
            continue
        text = value if isinstance(value, str) else _number(header, value)
        if found.setdefault(header, text) != text:
            raise BadInput(f"the payload gives {header} twice, not alike")
    return found


def _number(header: str, value: object) -> str:
    """A deadline may be a number; anything else that is no text is a mistake."""
    if header == "x-request-timeout" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise BadInput(f"{header} in the payload is not text")


def _check_single(socket: WebSocket, given: Mapping[str, str]) -> None:
    for name in SINGLE:
        if name in given or name in socket.headers:
            raise BadInput(f"{name} is for one HTTP request: on a socket use arguments, or ask over HTTP")


def _account_key(socket: WebSocket, given: Mapping[str, str]) -> str | None:
    keys = set(filter(None, _account_keys(socket, given)))
    if len(keys) > 1:
        raise BadInput("X-Account-Key and X_ACCOUNT_KEY name different companies")
    return keys.pop() if keys else None


def _account_keys(socket: WebSocket, given: Mapping[str, str]) -> Iterator[str | None]:
    yield given.get("x-account-key")
    yield from socket.headers.getlist("x-account-key")
    yield from socket.query_params.getlist("X_ACCOUNT_KEY")


def _tracking_id(text: str | None) -> str | None:
    if text is not None and not incoming.fit(text):
        raise BadInput("X-Tracking-ID is 1 to 128 visible ASCII characters")
    return text
