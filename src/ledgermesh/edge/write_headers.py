"""What the headers of a request say about its writes."""

from __future__ import annotations

from starlette.requests import Request

from ledgermesh.edge.incoming import fit, tracking_id
from ledgermesh.errors import BadInput
from ledgermesh.graph.writes.headers import WriteHeaders


def write_headers(request: Request) -> WriteHeaders:
    """X-Sync-Data, X-Sync-Sources, X-Tracking-ID and Idempotency-Key; raises BadInput for one that cannot be meant."""
    return WriteHeaders(
        push=_push(request),
        sources=_sources(request),
        tracking_id=tracking_id(request),
        client_key=_key(request),
    )


def _push(request: Request) -> bool:
    given = request.headers.getlist("X-Sync-Data")
    if any(each.strip().casefold() != "push" for each in given):
        raise _wrong("X-Sync-Data", "is `push` or is not there")
    return bool(given)


def _sources(request: Request) -> tuple[str, ...]:
    given = request.headers.getlist("X-Sync-Sources")
    found = [name.strip() for line in given for name in line.split(",")]
    # Systems behind an aggregator may have names of several words.
    if not all(fit(name.replace(" ", "_")) for name in found):
        raise _wrong("X-Sync-Sources", "is names with commas between them, each 1 to 128 ASCII characters")
    return tuple(dict.fromkeys(found))


def _key(request: Request) -> str | None:
    given = request.headers.getlist("Idempotency-Key")
    if len(given) > 1 or not all(map(fit, given)):
        raise _wrong("Idempotency-Key", "is given once: 1 to 128 visible ASCII characters")
    return given[0] if given else None


def _wrong(name: str, message: str) -> BadInput:
    return BadInput(f"{name} {message}", details={"field": name})
