"""Lists as they are answered: nodes, edges, and the verdict on every source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

import strawberry

from ledgermesh.model import declare
from ledgermesh.model.mapped import Finding
from ledgermesh.model.platform import Connection as Link
from ledgermesh.model.report import Report

T = TypeVar("T")


@strawberry.enum(
    description="How a source did. STALE: it failed, and an answer of before stands in, as the request allowed."
)
class SourceStatus(Enum):
    OK = "OK"
    STALE = "STALE"
    SCAN_LIMIT = "SCAN_LIMIT"
    TRUNCATED = "TRUNCATED"
    UNORDERED = "UNORDERED"
    WINDOW_IGNORED = "WINDOW_IGNORED"
    UNSUPPORTED = "UNSUPPORTED"
    NEEDS_REAUTH = "NEEDS_REAUTH"
    NEEDS_CONFIG = "NEEDS_CONFIG"
    PAUSED = "PAUSED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    GARBLED = "GARBLED"
    REFUSED = "REFUSED"


@strawberry.enum(description="Whether the records of a source are all there, as far as the page goes.")
class Completeness(Enum):
    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    NONE = "NONE"


@declare.object_type(description="Why a source did not answer, and what to do about it.")
class SourceError:
    code: str = strawberry.field(description="Stable code.")
    message: str = strawberry.field(description="In words.")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")
    retry_at: dt.datetime | None = strawberry.field(description="When to come back, where known, UTC.")
    remedy: str = strawberry.field(description="Who has to do what.")
    provider_code: str | None = strawberry.field(description="The provider's own code.")
    provider_message: str | None = strawberry.field(description="The provider's own words.")
    upstream_request_id: str | None = strawberry.field(
        description="The provider's id of the request, for its support."
    )


@declare.object_type(description="A record that could not be shown. Its values are not repeated here.")
class RejectedRecord:
    native_id: str | None = strawberry.field(description="The provider's id, where it has one.")
    path: str = strawberry.field(description="Where the document is not what it should be.")
    reason: str = strawberry.field(description="What is wrong.")


@declare.object_type(description="What became of one source of a list.")
class SourceVerdict:
    connection: Link = strawberry.field(description="The connection.")
    resource: str | None = strawberry.field(
        description="Which of several lists of the provider, where there are several."
    )
    status: SourceStatus = strawberry.field(description="How it did.")
    completeness: Completeness = strawberry.field(
        description="Whether its records are all there as far as the page goes."
    )
    reason: str | None = strawberry.field(description="Why records are missing, or what is odd.")
    late: bool = strawberry.field(
        description="Whether records missed on an earlier page stand in this one, out of order."
    )
    fetched_at: dt.datetime | None = strawberry.field(description="When its oldest answer was complete, UTC.")
    calls: int = strawberry.field(description="Pages that were asked for.")
    rows: int = strawberry.field(description="Records of this page that are its own.")
    rejected: list[RejectedRecord] = strawberry.field(description="Records that could not be shown.")
    findings: list[Finding] = strawberry.field(description="What the provider says beside its answer.")
    error: SourceError | None = strawberry.field(
        description="Why it did not answer, or, where STALE, did not answer now."
    )


def _nowhere() -> None:
    """The start of a page without records."""


@declare.object_type(description="Where a page stands. Lists are paged forward only.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether to ask for the next page. It may turn out short or empty; true while a source is down."
    )

    @declare.field(description="Give it as `after` with the same arguments.")
    def end_cursor(self) -> str | None:
        return self.end_of()

    has_previous_page: bool = strawberry.field(
        default=False, description="Whether this page stands behind another one; there is no way back to it."
    )
    start_of: strawberry.Private[Callable[[], str | None]] = _nowhere
    end_of: strawberry.Private[Callable[[], str | None]] = _nowhere
    """Cursors are sealed where somebody asks for them."""

    @declare.field(description="The cursor of the first record; null where there is none.")
    def start_cursor(self) -> str | None:
        return self.start_of()


@declare.object_type(description="A record and its place.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Goes on behind this record.")
    node: T = strawberry.field(description="The record.")


@declare.object_type(name="Connection", description="One page of a list merged from several sources.")
class Listing(Generic[T]):
    nodes: list[T] = strawberry.field(description="The records.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    sources: list[SourceVerdict] = strawberry.field(
        description="What became of every source, also of those that failed."
    )
    total_count: int | None = strawberry.field(
        description="All records that match, where every source counts them exactly; null otherwise."
    )
    cursors: strawberry.Private[list[str]]

    @declare.field(description="The records with their places.")
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]


@declare.object_type(description="One source's answer to the question for a statement.")
class ReportSource:
    connection: Link = strawberry.field(description="The connection.")
    report: Report | None = strawberry.field(
        description="The statement; null when there is none, see `error`."
    )
    fetched_at: dt.datetime | None = strawberry.field(
        description="When the provider's answer was complete, UTC."
    )
    status: SourceStatus = strawberry.field(description="How it did.")
    error: SourceError | None = strawberry.field(description="Why it did not answer.")
