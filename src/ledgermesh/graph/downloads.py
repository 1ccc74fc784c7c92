"""Files that providers make of records: links to them, and the bytes behind a link."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledgermesh.engine.links import LASTS_SECONDS, FileLink, FileLinks
from ledgermesh.model.record import Download, Record, origin_of
from ledgermesh.spec.query import Ref
from ledgermesh.spec.stream import Stream
from ledgermesh.state.entries import ConnectionEntry, Environment
from ledgermesh.state.foreign import issuer_of
from ledgermesh.state.registry import Principal, Registry

if TYPE_CHECKING:
    from ledgermesh.graph.context import Context

PATH = "/files/"
READ = "api.read"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes to whoever has the link."""

    name: str
    content_type: str
    body: bytes


def downloads(context: Context, record: Record) -> list[Download]:
    """A link for each file of a record; costs no call."""
    origin = origin_of(record)
    ref = Ref(origin.kind, str(origin.connection.id), record.native_id)
    return [_download(context, ref, stream) for stream in origin.streams]


def _download(context: Context, ref: Ref, stream: Stream) -> Download:
    principal = context.principal
    ends = context.parts.clock.now().replace(microsecond=0) + dt.timedelta(seconds=LASTS_SECONDS)
    if issuer_of(principal.key.id) is not None:
        ends = min(ends, principal.key.expires_at or ends)
    link = FileLink(
        tenant=principal.tenant.id,
        environment=principal.key.environment,
        key=principal.key.id,
        kind=ref.kind,
        connection=ref.connection,
        native_id=ref.native_id,
        stream=stream.name,
        expires_at=int(ends.timestamp()),
    )
    url = f"{PATH}{FileLinks(context.parts.keys).seal(link)}"
    return Download(name=stream.name, content_type=stream.content_type, url=url, expires_at=ends)


def bearer(registry: Registry, link: FileLink) -> Principal | None:
    """In whose name a link is good; None when that is over. A token of an issuer's gives its links the right to read
    the one company, and they end with it at the latest.
    """
    environment: Environment = "live" if link.environment == "live" else "sandbox"
    entry = registry.get(ConnectionEntry, environment, link.connection)
    companies = frozenset((entry.company,)) if entry is not None else frozenset[str]()
    return registry.acting(link.tenant, environment, link.key, scopes=frozenset((READ,)), companies=companies)


async def fetch(context: Context, link: FileLink) -> File:
    """The file behind a link, read from the provider now; raises LedgermeshError."""
    hub = context.hub_of(link.connection)
    stream, body = await hub.stream(link.kind, link.native_id, link.stream)
    name = f"{link.kind}-{link.native_id}-{stream.name}".lower().replace(":", "-")
    return File(f"{name}.{_ending(stream)}", stream.content_type, body)


def _ending(stream: Stream) -> str:
    return stream.content_type.rpartition("/")[2]
