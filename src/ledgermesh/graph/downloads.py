"""Files that providers make of records: links to them, and the bytes behind a link."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledgermesh.engine.links import LASTS_SECONDS, FileLink, FileLinks
from ledgermesh.model.record import Download, Origin, Record
from ledgermesh.spec.query import Ref
from ledgermesh.spec.stream import Stream

if TYPE_CHECKING:
    from ledgermesh.graph.context import Context

PATH = "/files/"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes to whoever has the link."""

    name: str
    content_type: str
    body: bytes


def downloads(context: Context, record: Record) -> list[Download]:
    """A link for each file of a record; costs no call."""
    origin: Origin = record.__dict__["_origin"]
    ref = Ref(origin.kind, str(origin.connection.id), record.native_id)
    return [_download(context, ref, stream) for stream in origin.streams]


def _download(context: Context, ref: Ref, stream: Stream) -> Download:
    ends = context.parts.clock.now().replace(microsecond=0) + dt.timedelta(seconds=LASTS_SECONDS)
    principal = context.principal
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


async def fetch(context: Context, link: FileLink) -> File:
    """The file behind a link, read from the provider now; raises LedgermeshError."""
    hub = context.hub_of(link.connection)
    stream, body = await hub.stream(link.kind, link.native_id, link.stream)
    name = f"{link.kind}-{link.native_id}-{stream.name}".lower().replace(":", "-")
    return File(f"{name}.{_ending(stream)}", stream.content_type, body)


def _ending(stream: Stream) -> str:
    return stream.content_type.rpartition("/")[2]
