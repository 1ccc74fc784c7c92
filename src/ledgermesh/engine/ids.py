"""Global ids: opaque, stable, and good only for the tenant they were shown to."""

from __future__ import annotations

import base64
import hmac
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2s
from typing import Final

from ledgermesh.errors import BadInput
from ledgermesh.spec.query import Ref
from ledgermesh.state.sealing import SealingKey
from ledgermesh.upstream.recent import Recent

VERSION: Final = 2
HEAD_BYTES: Final = 2
MARK_BYTES: Final = 8
"""Enough that an id cannot be guessed; access is checked again whenever it is used."""
TEXT_MAX: Final = 1024
URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
SEALED_MAX: Final = 20_000
"""Ids that are remembered, of all tenants together."""
SHELVES_MAX: Final = 2_000
"""Kinds of connections whose ids are remembered."""
OWNERS_MAX: Final = 1_000
"""Tenants in an environment whose keys are kept ready."""


class Shelf(dict[str, str]):
    """The ids of one kind of one connection by native id. Made where they are asked for the first time."""

    def __init__(self, seal: Callable[[str], str], count: Callable[[], None]) -> None:
        super().__init__()
        self._seal, self._count = seal, count

    def __missing__(self, native_id: str) -> str:
        self._count()
        found = self[native_id] = self._seal(native_id)
        return found


class Shelves:
    """Ids that are remembered, for they are the same whenever they are shown: so many, then all are forgotten."""

    def __init__(self) -> None:
        self._shelves: Recent[tuple[bytes, str, str], Shelf] = Recent(SHELVES_MAX)
        self._made = 0

    def of(
        self, owner: bytes, kind: str, connection: str, sealing: Callable[[str, str], Callable[[str], str]]
    ) -> Mapping[str, str]:
        """Those of one kind of one connection, as their owner sees them."""
        found = self._shelves.get((owner, kind, connection))
        if found is None:
            found = Shelf(sealing(kind, connection), self._count)
            self._shelves.put((owner, kind, connection), found)
        return found

    def _count(self) -> None:
        self._made += 1
        if self._made > SEALED_MAX:
            self._made = 1
            for shelf in self._shelves.values():
                shelf.clear()


class Ids:
    """Makes and reads global ids of one tenant in one environment. The first key signs, all of them are good."""

    def __init__(
        self,
        keys: Sequence[SealingKey],
        *,
        tenant: str,
        environment: str,
        shelves: Shelves | None = None,
    ) -> None:
        self._owner = f"{tenant}\0{environment}\0".encode()
        self._head = _head(keys[0].id)
        self._keys = {_head(key.id): key.derived("id") for key in keys}
        self._shelves = Shelves() if shelves is None else shelves

    def seal(self, ref: Ref) -> str:
        """The opaque id of a record."""
        return self.of(ref.kind, ref.connection)[ref.native_id]

    def of(self, kind: str, connection: str) -> Mapping[str, str]:
        """The opaque ids of one kind of one connection, by native id."""
        return self._shelves.of(self._owner, kind, connection, self._sealing)

    def _sealing(self, kind: str, connection: str) -> Callable[[str], str]:
        """What makes the ids of one shelf: what they have in common is put together and hashed once."""
        head, shelf = self._head, f"{kind}\0{connection}\0".encode()
        begun = self._begun(head)
        begun.update(shelf)

        def seal(native_id: str) -> str:
            own, mark = native_id.encode(), begun.copy()
            mark.update(own)
            sealed = b2a_base64(head + mark.digest() + shelf + own, newline=False)
            return sealed.translate(URL_SAFE).rstrip(b"=").decode()

        return seal

    def open(self, id: str) -> Ref:
        """Which record an id names; raises BadInput for anything that was not shown to this tenant."""
        try:
            return self._ref(base64.urlsafe_b64decode(id[:TEXT_MAX] + "=" * (-len(id[:TEXT_MAX]) % 4)))
        except (ValueError, KeyError) as error:
            raise BadInput("this is not an id of a record that was shown to you") from error

    def _ref(self, raw: bytes) -> Ref:
        head, mark, content = raw[:HEAD_BYTES], raw[HEAD_BYTES:][:MARK_BYTES], raw[HEAD_BYTES + MARK_BYTES :]
        ours = self._begun(head)
        ours.update(content)
        if not hmac.compare_digest(mark, ours.digest()):
            raise ValueError("not ours")
        kind, connection, native_id = content.decode().split("\0")
        return Ref(kind, connection, native_id)

    def _begun(self, head: bytes) -> blake2s:
        """The mark of an id under the key its head names, as far as all ids of this owner have it in common."""
        return blake2s(head + self._owner, key=self._keys[head], digest_size=MARK_BYTES)


def _head(key: int) -> bytes:
    return bytes((VERSION, key))


class AllIds:
    """The ids of every tenant, and what their requests may share of making them."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._keys = keys
        self._shelves = Shelves()
        self._owners: Recent[tuple[str, str], Ids] = Recent(OWNERS_MAX)

    def of(self, tenant: str, environment: str) -> Ids:
        """Those of one tenant."""
        found = self._owners.get((tenant, environment))
        if found is None:
            found = Ids(self._keys, tenant=tenant, environment=environment, shelves=self._shelves)
            self._owners.put((tenant, environment), found)
        return found
