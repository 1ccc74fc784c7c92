"""What a request to `/_control` asks for, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request

from ledgermesh.sandbox.emulator import Emulator

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Wrong(Exception):
    """A request to `/_control` that cannot be understood."""


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body; raises Wrong where there is none."""
    try:
        found = _DECODER.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Wrong(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Wrong("the body is not a JSON object")
    return found


def convert(value: object, kind: Any, name: str = "") -> Any:
    """The value as that type, or Wrong; numbers as keys come as text in JSON."""
    try:
        return msgspec.convert(value, kind, str_keys=True)
    except msgspec.ValidationError as error:
        raise Wrong(f"{name}: {error}" if name else str(error)) from error


def named(emulators: Mapping[str, Emulator], given: Mapping[str, object]) -> Emulator:
    """The emulator that `provider` names, or Wrong."""
    name = given.get("provider")
    if not isinstance(name, str) or name not in emulators:
        raise Wrong(f"provider is one of {', '.join(sorted(emulators))}; not {name!r}")
    return emulators[name]
