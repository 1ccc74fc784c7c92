"""Who is asking: a bearer key, or the same key by Basic authentication. The key itself is never kept or logged."""

from __future__ import annotations

import base64

from ledgermesh.errors import SignIn
from ledgermesh.state.registry import Principal, Registry

CHALLENGE = 'Bearer realm="ledgermesh", Basic realm="ledgermesh"'
"""The WWW-Authenticate header of a refusal."""


def principal(registry: Registry, authorization: str | None) -> Principal:
    """The owner of the key in an Authorization header; raises SignIn."""
    if not authorization:
        raise SignIn("no API key: send Authorization: Bearer <key>")
    found = registry.principal(_key(authorization))
    if found is None:
        raise SignIn("nobody has this API key")
    return found


def _key(authorization: str) -> str:
    scheme, _, value = authorization.strip().partition(" ")
    match scheme.casefold():
        case "bearer":
            return value.strip()
        case "basic":
            return _basic(value.strip())
    raise SignIn("the Authorization header is neither Bearer nor Basic")


def _basic(value: str) -> str:
    """The key as password, or as user name with an empty password."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:  # not ASCII, not base64, or not UTF-8 below it
        raise SignIn("the Basic credentials cannot be read") from error
    if not colon:
        raise SignIn("the Basic credentials have no colon")
    return password or user
