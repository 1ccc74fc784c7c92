"""All figures of a gateway, and the page that shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from ledgermesh.clock import Clock
from ledgermesh.metrics.board import PUBLISH_SECONDS, Fellows
from ledgermesh.metrics.calls import CallFigures
from ledgermesh.metrics.figures import Figure, Labels, Looked
from ledgermesh.metrics.operations import OperationFigures
from ledgermesh.metrics.requests import RequestFigures
from ledgermesh.metrics.work import WorkFigures

PACKAGE: Final = "ledgermesh"


class Metrics:
    """The figures of one gateway, in a registry of its own: two gateways in one process do not count together."""

    def __init__(self, fellows: Fellows | None = None) -> None:
        """`fellows`: the other workers of this gateway, whose figures are shown with those of this process."""
        self._fellows = fellows
        self.calls = CallFigures()
        self.operations = OperationFigures()
        self.requests = RequestFigures()
        self.work = WorkFigures()
        self._process = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._process)
        built: dict[Labels, float] = {(version(PACKAGE),): 1.0}
        build = Looked("ledgermesh_build_info", "Always 1.", lambda: built, ("version",))
        self._figures: list[Figure] = [
            build, *self.calls.figures(), *self.operations.figures(), *self.requests.figures(),
            *self.work.figures(),
        ]  # fmt: skip

    def add(self, *figures: Figure) -> None:
        """Show these too."""
        self._figures.extend(figures)

    @property
    def shared(self) -> bool:
        """Whether other processes are to see them."""
        return self._fellows is not None

    def names(self) -> dict[str, tuple[str, ...]]:
        """Every figure of ours with its labels."""
        return {figure.name: figure.labels for figure in self._figures}

    async def render(self, accept: str | None) -> tuple[bytes, str]:
        """The page and its media type. What is looked up is looked up here, and written out in a thread."""
        encode, media = choose_encoder(accept or "")
        if self._fellows is not None:
            snapshot = _Snapshot(self._fellows.together(self._all()), CollectorRegistry())
        else:
            snapshot = _Snapshot([figure.snapshot() for figure in self._figures], self._process)
        return await asyncio.to_thread(encode, snapshot), media

    async def publish(self, clock: Clock) -> None:
        """Until cancelled, let the other workers see the figures of this process."""
        fellows = self._fellows
        assert fellows is not None, "somebody to share with"
        try:
            while True:
                fellows.publish(self._all())
                await clock.sleep(PUBLISH_SECONDS)
        finally:
            fellows.publish(self._all())  # what was counted up to the end counts

    def _all(self) -> list[Metric]:
        return [*(figure.snapshot() for figure in self._figures), *self._process.collect()]


class _Snapshot:
    """What the encoder asks a registry for."""

    def __init__(self, families: list[Metric], process: CollectorRegistry) -> None:
        self._families = families
        self._process = process

    def collect(self) -> Iterable[Metric]:
        yield from self._families
        yield from self._process.collect()
