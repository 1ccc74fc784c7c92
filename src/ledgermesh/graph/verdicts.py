"""From what happened to a source to what the caller is told: a total map."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.engine.merge import UNORDERED, SourceResult
from ledgermesh.engine.read import ReadPages, Seen
from ledgermesh.engine.sorted_here import WINDOW_IGNORED
from ledgermesh.errors import (
    Absent,
    BadInput,
    Forbidden,
    Garbled,
    LedgermeshError,
    MissingScope,
    NeedsConfig,
    NotFound,
    OnHold,
    Paused,
    Reconnect,
    Refused,
    SlowDown,
    StateDown,
    TooCostly,
    TooLate,
    Unavailable,
    Unsupported,
)
from ledgermesh.graph.results import Completeness, RejectedRecord, SourceError, SourceStatus, SourceVerdict
from ledgermesh.model.mapped import Finding
from ledgermesh.model.platform import Connection
from ledgermesh.telemetry import Drift

STATUSES: Mapping[str, SourceStatus] = {each.value: each for each in SourceStatus}
WHOLE: Mapping[str, Completeness] = {each.value: each for each in Completeness}

STATUS: Mapping[type[LedgermeshError], SourceStatus] = {
    Unsupported: SourceStatus.UNSUPPORTED,
    Reconnect: SourceStatus.NEEDS_REAUTH,
    MissingScope: SourceStatus.NEEDS_REAUTH,
    NeedsConfig: SourceStatus.NEEDS_CONFIG,
    Paused: SourceStatus.PAUSED,
    OnHold: SourceStatus.PAUSED,
    Forbidden: SourceStatus.FORBIDDEN,
    SlowDown: SourceStatus.RATE_LIMITED,
    TooLate: SourceStatus.TIMEOUT,
    Unavailable: SourceStatus.UNAVAILABLE,
    StateDown: SourceStatus.UNAVAILABLE,
    Garbled: SourceStatus.GARBLED,
    Absent: SourceStatus.REFUSED,
    Refused: SourceStatus.REFUSED,
    BadInput: SourceStatus.REFUSED,
    NotFound: SourceStatus.REFUSED,
    TooCostly: SourceStatus.REFUSED,
}


def status_of(error: LedgermeshError) -> SourceStatus:
    """The status a source has with this error."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def shown(error: LedgermeshError) -> SourceError:
    """An error as the caller sees it beside the other sources' records."""
    return SourceError(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_at=error.retry_at,
        remedy=error.remedy,
        provider_code=_text(error.details.get("providerCode")),
        provider_message=_text(error.details.get("providerMessage")),
        upstream_request_id=_text(error.details.get("upstreamRequestId")),
    )


def _text(found: object) -> str | None:
    return str(found) if found is not None else None


def failed(connection: Connection, error: LedgermeshError, *, resource: str | None = None) -> SourceVerdict:
    """The verdict on a source that gave nothing."""
    return SourceVerdict(
        connection=connection,
        resource=resource,
        status=status_of(error),
        completeness=Completeness.NONE,
        reason=error.message,
        late=False,
        fetched_at=None,
        calls=0,
        rows=0,
        rejected=[],
        findings=[],
        error=shown(error),
    )


def verdict(connection: Connection, pages: ReadPages, result: SourceResult) -> SourceVerdict:
    """The verdict on a source that was read."""
    seen = pages.seen
    _, _, resource = result.name.partition("/")
    error = result.error or (seen.stale.instead if seen.stale is not None else None)
    return SourceVerdict(
        connection=connection,
        resource=resource or None,
        status=_status(result, seen),
        completeness=_completeness(result, seen),
        reason=_reason(result, seen),
        late=result.late,
        fetched_at=seen.fetched_at,
        calls=result.pages,
        rows=result.rows,
        rejected=[
            RejectedRecord(native_id=each.native_id, path=each.path, reason=each.reason)
            for each in seen.rejected
        ],
        findings=[
            Finding(code="NOTE", path="", message=note, source_path=None)
            for note in dict.fromkeys(seen.notes)
        ],
        error=shown(error) if error is not None else None,
    )


def drifted(drift: Drift, provider: str, seen: Seen, result: SourceResult) -> None:
    """Count what a source did that its provider's definition does not say."""
    for each in seen.rejected:
        drift.count(provider, "malformed_record", each.path)
    if UNORDERED in result.notes:
        drift.count(provider, "unordered", result.name.partition("/")[2])
    if WINDOW_IGNORED in result.notes:
        drift.count(provider, "window_ignored", result.name.partition("/")[2])


def _status(result: SourceResult, seen: Seen) -> SourceStatus:
    """An error or an early end says more about the page than where its answers came from."""
    if result.error is not None:
        return status_of(result.error)
    found = STATUSES[result.status]
    ended = found in (SourceStatus.SCAN_LIMIT, SourceStatus.TRUNCATED)
    return found if seen.stale is None or ended else SourceStatus.STALE


def _completeness(result: SourceResult, seen: Seen) -> Completeness:
    found = WHOLE[result.completeness]
    # Between an answer of before and one of now, rows may have moved from page to page.
    doubtful = seen.rejected or (seen.stale is not None and seen.live)
    return Completeness.PARTIAL if found is Completeness.COMPLETE and doubtful else found


def _reason(result: SourceResult, seen: Seen) -> str | None:
    if result.reason is not None:
        return result.reason
    if result.error is not None:
        return result.error.message
    if seen.stale is not None and seen.stale.instead is not None:
        since = seen.stale.fetched_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        return f"as it was at {since}: {seen.stale.instead.message}"
    return ", ".join(sorted(result.notes)) or None
