"""Global ids: opaque, stable, and good only for the tenant they were shown to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

from cachetools import LRUCache

from ledgermesh.errors import BadInput
from ledgermesh.spec.query import Ref
from ledgermesh.state.sealing import SealingKey

VERSION: Final = 1
HEAD_BYTES: Final = 2
MARK_BYTES: Final = 8
"""Enough that an id cannot be guessed; access is checked again whenever it is used."""
TEXT_MAX: Final = 1024
BLOCK_BYTES: Final = 64
"""Of SHA-256."""
SEALED_MAX: Final = 20_000
"""Ids that are remembered, of all tenants together."""
OWNERS_MAX: Final = 1_000
"""Tenants in an environment whose keys are kept ready."""


class Ids:
    """Makes and reads global ids of one tenant in one environment. The first key signs, all of them are good."""

    def __init__(
        self,
        keys: Sequence[SealingKey],
        *,
        tenant: str,
        environment: str,
        sealed: dict[tuple[bytes, Ref], str] | None = None,
    ) -> None:
        self._owner = f"{tenant}\0{environment}\0".encode()
        self._first = keys[0]
        self._keys = {key.id: key.derived("id") for key in keys}
        self._begun: dict[int, tuple[Any, Any]] = {}
        self._sealed = {} if sealed is None else sealed

    def seal(self, ref: Ref) -> str:
        """The opaque id of a record: the same whenever it is shown, so that the last ones are remembered."""
        found = self._sealed.get((self._owner, ref))
        if found is None:
            if len(self._sealed) >= SEALED_MAX:
                self._sealed.clear()
            found = self._sealed[self._owner, ref] = self._seal(ref)
        return found

    def _seal(self, ref: Ref) -> str:
        content = f"{ref.kind}\0{ref.connection}\0{ref.native_id}".encode()
        head = bytes((VERSION, self._first.id))
        raw = head + self._mark(self._first.id, head + content) + content
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def open(self, id: str) -> Ref:
        """Which record an id names; raises BadInput for anything that was not shown to this tenant."""
        try:
            return self._ref(base64.urlsafe_b64decode(id[:TEXT_MAX] + "=" * (-len(id[:TEXT_MAX]) % 4)))
        except (ValueError, KeyError) as error:
            raise BadInput("this is not an id of a record that was shown to you") from error

    def _ref(self, raw: bytes) -> Ref:
        head, mark, content = raw[:HEAD_BYTES], raw[HEAD_BYTES:][:MARK_BYTES], raw[HEAD_BYTES + MARK_BYTES :]
        if (
            len(head) < HEAD_BYTES
            or head[0] != VERSION
            or not hmac.compare_digest(mark, self._mark(head[1], head + content))
        ):
            raise ValueError("not ours")
        kind, connection, native_id = content.decode().split("\0")
        return Ref(kind, connection, native_id)

    def _mark(self, key: int, content: bytes) -> bytes:
        """HMAC-SHA256 over the owner and the content, its first bytes. What is the same for all ids is hashed once."""
        if key not in self._begun:
            block = self._keys[key].ljust(BLOCK_BYTES, b"\0")
            inner, outer = (hashlib.sha256(bytes(each ^ pad for each in block)) for pad in (0x36, 0x5C))
            inner.update(self._owner)
            self._begun[key] = inner, outer
        inner, outer = (begun.copy() for begun in self._begun[key])
        inner.update(content)
        outer.update(inner.digest())
        return bytes(outer.digest()[:MARK_BYTES])


class AllIds:
    """The ids of every tenant, and what their requests may share of making them."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._keys = keys
        self._sealed: dict[tuple[bytes, Ref], str] = {}
        self._owners: LRUCache[tuple[str, str], Ids] = LRUCache(OWNERS_MAX)

    def of(self, tenant: str, environment: str) -> Ids:
        """Those of one tenant."""
        found = self._owners.get((tenant, environment))
        if found is None:
            found = Ids(self._keys, tenant=tenant, environment=environment, sealed=self._sealed)
            self._owners[tenant, environment] = found
        return found
