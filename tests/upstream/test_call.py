"""A call as a value."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from ledgermesh.state.base import Secret
from ledgermesh.upstream.call import Step, Trace
from ledgermesh.upstream.deadline import Until

from .conftest import World, fresh


def test_the_key_begins_with_the_tenant_and_leaves_out_the_caller(world: World) -> None:
    """Tenant, environment, connection and generation come first; deadline, freshness and attempt are no part of it."""
    call = world.call()
    assert call.key[:4] == ("tenant-1", "live", "connection-1", 0)
    assert call.key == world.call(deadline=99.0, fresh=fresh(5), attempt=2, waited=1.0).key
    for change in ({"tenant": "t"}, {"environment": "sandbox"}, {"connection": "c"}, {"generation": 1}):
        assert call.key != structs.replace(call, link=replace(call.link, **change)).key
    assert call.key != structs.replace(call, query=(("a", "b"),)).key


def test_the_key_is_apart_for_each_token_and_shows_none(world: World) -> None:
    """Whoever brings a token of their own shares nothing with the grant or with another token."""
    links = [replace(world.link, token=token) for token in (None, Secret("canary-1"), Secret("canary-2"))]
    assert len({world.call(link=link).key for link in links}) == 3
    assert [len(link.token_digest) for link in links] == [0, 64, 64]
    assert "canary" not in repr([world.call(link=link).key for link in links])


def test_only_reading_is_safe(world: World) -> None:
    """GET and HEAD may be repeated; whatever else may not."""
    safe = {
        method: world.call(method=method).safe for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    }
    assert [method for method, is_safe in safe.items() if is_safe] == ["GET", "HEAD"]


def test_a_flights_end_counts_before_the_calls_own(world: World) -> None:
    """While flying for several, the longest deadline is the end."""
    assert world.call(deadline=3.0).ends == 3.0
    assert world.call(deadline=3.0, until=Until(8.0)).ends == 8.0


def test_a_line_is_written_here_and_above() -> None:
    """A call's own page passes its lines to the request's trace."""
    above = Trace()
    Trace(parent=above).write(Step("c", "acme", "GET", "/x", 1))
    assert [step.path for step in above.steps] == ["/x"]
