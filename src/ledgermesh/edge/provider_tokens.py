"""A caller's own tokens for providers, for one request: used instead of the grant, kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from ledgermesh.errors import BadInput
from ledgermesh.state.base import Secret

HEADER = "X-Provider-Token"
TOKENS_MAX = 20
CHARACTERS_MAX = 8_192


def provider_tokens(request: Request) -> Mapping[str, Secret]:
    """Connection id → token, from every X-Provider-Token header; raises BadInput for one that cannot be read."""
    lines = request.headers.getlist(HEADER)
    if len(lines) > TOKENS_MAX:
        raise _refusal(f"there are more than {TOKENS_MAX} of them")
    found: dict[str, Secret] = {}
    for line in lines:
        connection, _, token = line.strip().partition(" ")
        token = token.strip()
        if not token or len(token) > CHARACTERS_MAX or not (token.isascii() and token.isprintable()):
            raise _refusal("it is not a connection's id, a space, and a token")
        if connection in found:
            raise _refusal("one connection is named twice")
        found[connection] = Secret(token)
    return found


def _refusal(why: str) -> BadInput:
    # The line itself is not repeated: it holds a secret.
    return BadInput(f"{HEADER}: {why}", details={"field": HEADER})
