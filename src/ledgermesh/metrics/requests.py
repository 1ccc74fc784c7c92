"""Figures of HTTP requests and of what stays open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Scope

from ledgermesh.edge.watching import Exchange, RequestWatch, Seen
from ledgermesh.metrics.figures import Counter, Figure, Gauge, Histogram


class RequestFigures(RequestWatch):
    """Counts by route; a path that is none of ours is `other`."""

    def __init__(self) -> None:
        self.requests = Counter(
            "ledgermesh_http_requests_total",
            "Requests that are over, by route, method and status. A status of the edge (401, 403, 413, 429 …) is a "
            "request that was refused before any operation was looked at. 101: a socket.",
            ("route", "method", "status"),
        )
        self.latency = Histogram(
            "ledgermesh_http_request_duration_seconds",
            "From a request to the end of its answer. Streams and sockets are not in it.",
            ("route",),
        )
        self.open = Gauge(
            "ledgermesh_streams_open", "Streams that are open now, by transport (sse, websocket).",
            ("transport",),
        )  # fmt: skip

    def figures(self) -> Sequence[Figure]:
        """All of them."""
        return self.requests, self.latency, self.open

    def begin(self, scope: Scope, headers: Headers, route: str) -> Seen:
        """See RequestWatch."""
        return _Counted(self)

    def again(self, route: str, method: str) -> Callable[[float], None]:
        """See RequestWatch."""
        requests, latency, status = self.requests, self.latency, str(HTTPStatus.OK.value)

        def count(seconds: float) -> None:
            requests.add(route, method, status)
            latency.observe(route, value=seconds)

        return count


class _Counted(Seen):
    def __init__(self, figures: RequestFigures) -> None:
        self._figures = figures

    def opened(self, stream: str) -> None:
        self._figures.open.add(stream, by=1)

    def end(self, exchange: Exchange) -> None:
        figures = self._figures
        figures.requests.add(exchange.route, exchange.method, str(exchange.status))
        if exchange.stream:
            figures.open.add(exchange.stream, by=-1)
        else:
            figures.latency.observe(exchange.route, value=exchange.seconds)
