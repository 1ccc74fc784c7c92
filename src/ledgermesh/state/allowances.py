"""Where the operator lets sandbox connections go instead of to the provider; the same for every replica."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ledgermesh.state.base import Store

PLACE = "operator/sandbox-addresses"


async def sandbox_addresses(store: Store) -> Mapping[str, str]:
    """Provider → address without a trailing slash; empty where the operator said nothing. Raises StateDown."""
    kept = await store.get(PLACE)
    return msgspec.json.decode(kept.value, type=dict[str, str]) if kept is not None else {}


async def keep_sandbox_addresses(store: Store, addresses: Mapping[str, str]) -> None:
    """Replace them; what is equal is not written."""
    told = {name: url.rstrip("/") for name, url in sorted(addresses.items())}
    while True:
        kept = await store.get(PLACE)
        before = msgspec.json.decode(kept.value, type=dict[str, str]) if kept is not None else {}
        if told == before:
            return
        if await store.put(PLACE, msgspec.json.encode(told), expect=kept.version if kept is not None else 0):
            return
