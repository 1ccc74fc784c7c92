"""Connections are made once for those who ask through them, and made again as soon as something of them changes."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import structs

from ledgermesh.clock import ManualClock
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.linked import Connections
from ledgermesh.graph.schema import _shown
from ledgermesh.model.mapped import graphql_name
from ledgermesh.model.platform import ConnectionState
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import ConnectionEntry, Generation, Standing
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.call import Step
from tests.contract.known import PROVIDERS

NOW: Final = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
ENTRY: Final = ConnectionEntry(
    id="c1",
    company="maple",
    provider="kashoo",
    environment="live",
    base_url="https://books.example",
    scheme="oauth2",
)


def connections(registry: Registry) -> Connections:
    """Over these entries."""
    return Connections(registry, PROVIDERS, catalogue(PROVIDERS), ManualClock(NOW))


def test_a_link_is_made_once_while_nothing_changes() -> None:
    """Another tenant's is another one, and a caller's own token is kept nowhere."""
    known = connections(Registry(connections=(ENTRY,)))

    first, again, other = known.of("t1", ENTRY), known.of("t1", ENTRY), known.of("t2", ENTRY)
    own = known.link("t1", ENTRY, Secret("mine"))

    assert first.link is again.link
    assert ("t1", "t2") == (first.link.tenant, other.link.tenant)
    assert own.token is not None
    assert known.of("t1", ENTRY).link.token is None


def test_what_makes_older_answers_wrong_makes_another_link() -> None:
    """The generation is part of it from the next look on."""
    registry = Registry(connections=(ENTRY,))
    known = connections(registry)
    before = known.of("t1", ENTRY)

    registry.set(Generation(environment="live", connection="c1", number=3))

    assert (0, 3) == (before.link.generation, known.of("t1", ENTRY).link.generation)


def test_how_it_stands_is_shown_at_once() -> None:
    """Also where it stands well again."""
    registry = Registry(connections=(ENTRY,))
    known = connections(registry)
    paused = Standing(environment="live", connection="c1", state="PAUSED", since=NOW)
    seen = [known.of("t1", ENTRY).shown.state]

    registry.set(paused)
    seen.append(known.of("t1", ENTRY).shown.state)
    registry.drop(paused.place)
    seen.append(known.of("t1", ENTRY).shown.state)

    assert seen[1] is ConnectionState.PAUSED
    assert seen[0] is seen[2] is not ConnectionState.PAUSED


def test_every_field_of_a_step_is_told() -> None:
    """A field that is new is told too: `extensions.calls` has all of them, by their GraphQL names."""
    step = Step("c1", "kashoo", "GET", "/invoices", 1, started_ms=1.26, ms=2.0, status=200)

    found = _shown(step)

    assert [graphql_name(each.name) for each in structs.fields(Step)] == list(found)
    assert [getattr(step, each.name) for each in structs.fields(Step) if not each.name.endswith("ms")] == [
        found[graphql_name(each.name)] for each in structs.fields(Step) if not each.name.endswith("ms")
    ]
    assert (1.3, 2.0, 0.0) == (found["startedMs"], found["ms"], found["waitMs"])
