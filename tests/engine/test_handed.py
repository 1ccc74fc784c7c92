"""Files that a provider fetches from us: for a short time, a few times, and without a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware

from ledgermesh.edge.handed import handed_routes
from ledgermesh.edge.trail import Trail
from ledgermesh.engine.handed import (
    BYTES_MAX,
    FETCHES_MAX,
    GRACE_SECONDS,
    HOLE,
    KIND,
    LASTS_SECONDS,
    HandedEnded,
    Handing,
    has_hole,
    with_address,
)
from ledgermesh.errors import BadInput
from ledgermesh.providers.kashoo.definition import PROVIDER
from ledgermesh.spec.write import Draft, File, Write
from ledgermesh.state.base import Store
from ledgermesh.state.sealing import SealingKey
from tests.state.stores import Engine, Failing, Memory, Server, Valkey
from tests.states import KEYS

PUBLIC = "https://books.example"
STATEMENT = File("june 1.ofx", "application/x-ofx", b"OFXHEADER:100\n<OFX><STMTTRN></OFX>")
NAMES = count()


@dataclass
class Stand:
    """A store with a gateway's route over it, and who hands files over."""

    engine: Engine
    store: Store
    handing: Handing
    http: httpx.AsyncClient

    async def hand_over(self, file: File = STATEMENT) -> str:
        return (await self.handing.hand_over(file, "t 1", "live")).url

    async def get(self, url: str, method: str = "GET") -> httpx.Response:
        return await self.http.request(method, urlsplit(url).path)

    async def kept(self) -> list[str]:
        """The places of all files."""
        return sorted(await self.store.under(f"{KIND}/"))

    async def pass_(self, seconds: float) -> None:
        """Let the files' time pass."""
        for place in await self.kept():
            await self.engine.pass_seconds(place, seconds)


@asynccontextmanager
async def stand(engine: Engine, store: Store | None = None, keys: Any = KEYS) -> AsyncIterator[Stand]:
    """One gateway."""
    store = store or await engine.open()
    app = Starlette(routes=handed_routes(store, keys, engine.clock), middleware=[Middleware(Trail)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as http:
        yield Stand(engine, store, Handing(store, keys, engine.clock, public_url=PUBLIC), http)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A real one."""
    made = Server(tmp_path_factory.mktemp("valkey"))
    yield made
    made.stop()


@pytest.fixture(params=["memory", "valkey"])
async def here(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """On memory, and on an engine that replicas share."""
    made: Engine = Memory()
    if request.param == "valkey":
        made = Valkey(request.getfixturevalue("server"), f"h{next(NAMES)}:")
    async with stand(made) as built:
        yield built
    await made.close()


@pytest.fixture
async def small() -> AsyncIterator[Stand]:
    """On memory."""
    async with stand(Memory()) as built:
        yield built


async def test_a_file_is_fetched_without_a_key(here: Stand) -> None:
    """Whole, as what it is, and so that no browser runs it; the store holds nothing that can be read."""
    url = await here.hand_over()
    answer = await here.get(url)
    assert url.startswith(f"{PUBLIC}/handed/") and "june" not in url
    assert (answer.status_code, answer.content) == (200, STATEMENT.body)
    assert answer.headers["content-type"] == "application/x-ofx"
    assert answer.headers["content-disposition"] == 'attachment; filename="june_1.ofx"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == (
        "no-store",
        "nosniff",
    )
    kept = await here.store.under(f"{KIND}/")
    assert [place.startswith(f"{KIND}/t%201/live/") for place in kept] == [True]
    assert not [each for each in kept.values() if b"OFX" in each.value or b"june" in each.value]


async def test_it_is_fetched_a_few_times_at_most(here: Stand) -> None:
    """Asking for the head of it counts; after that there is nothing, as where there never was anything."""
    url = await here.hand_over()
    other = await here.hand_over()
    statuses = [(await here.get(url, "HEAD")).status_code]
    statuses += [(await here.get(url)).status_code for _ in range(FETCHES_MAX)]
    assert statuses == [200] * FETCHES_MAX + [404]
    never = await here.get(f"{PUBLIC}/handed/{urlsplit(other).path.rpartition('/')[2][:-2]}AA")
    assert (await here.get(url)).content == never.content
    assert (await here.get(other)).status_code == 200


async def test_after_a_fetch_it_stays_for_a_moment(here: Stand) -> None:
    """For who fetches it to look, and once more to keep."""
    url = await here.hand_over()
    await here.get(url)
    assert (await here.get(url)).status_code == 200
    await here.pass_(GRACE_SECONDS)
    assert (await here.get(url)).status_code == 404
    assert await here.kept() == []


async def test_further_fetches_do_not_make_the_moment_longer(small: Stand) -> None:
    """It counts from the first that came to its end."""
    url = await small.hand_over()
    for _ in range(2):
        assert (await small.get(url)).status_code == 200
        await small.pass_(GRACE_SECONDS / 2)
    assert (await small.get(url)).status_code == 404


async def test_it_ends_by_itself(here: Stand) -> None:
    """Also where nobody fetched it, or only looked whether it is there."""
    url = await here.hand_over()
    await here.get(url, "HEAD")
    [place] = await here.kept()
    await here.engine.pass_seconds(place, LASTS_SECONDS)
    assert ((await here.get(url)).status_code, await here.kept()) == (404, [])


async def test_it_is_erased_when_the_outcome_is_final(here: Stand) -> None:
    """However often it was fetched until then, and twice if need be."""
    handed = await here.handing.hand_over(STATEMENT, "t 1", "live")
    await here.handing.erase(handed.link)
    await here.handing.erase(handed.link)
    assert ((await here.get(handed.url)).status_code, await here.kept()) == (404, [])


async def test_another_replica_serves_it(server: Server) -> None:
    """Whoever shares the store; the count is shared as well."""
    engine = Valkey(server, f"h{next(NAMES)}:")
    async with stand(engine) as first, stand(engine) as second:
        url = await first.hand_over(File("large.ofx", "text/plain", b"<OFX>" * 400_000))
        sizes = [len((await each.get(url)).content) for each in (first, second, second, first, first)]
        assert sizes == [2_000_000] * 5
        assert (await second.get(url)).status_code == 404
    await engine.close()


async def test_links_of_other_keys_and_purposes_open_nothing(small: Stand) -> None:
    """Nor does what was never a link; all of it is as if nothing were there."""
    url = await small.hand_over()
    async with stand(
        small.engine, small.store, (SealingKey(2, b"another another another another "),)
    ) as other:
        assert (await other.get(url)).status_code == 404
        assert (await small.get(await other.hand_over())).status_code == 404
    for wrong in ("x", "A" * 60_000, urlsplit(url).path[-20:], "%00"):
        assert (await small.get(f"{PUBLIC}/handed/{wrong}")).status_code == 404
    with pytest.raises(HandedEnded):
        await small.handing.erase("nothing")


async def test_what_cannot_be_handed_over_is_refused_before(small: Stand) -> None:
    """Without an address from outside, naming the setting; and a file that is too large."""
    with pytest.raises(BadInput, match=r"server\.public_url"):
        await Handing(small.store, KEYS, small.engine.clock).hand_over(STATEMENT, "t", "live")
    with pytest.raises(BadInput, match="8000001 bytes"):
        await small.hand_over(File("a.ofx", "", b"a" * (BYTES_MAX + 1)))
    assert await small.kept() == []
    assert (await small.get(await small.hand_over(File("a", "", b"a" * BYTES_MAX)))).status_code == 200


async def test_odd_names_and_types_do_no_harm(small: Stand) -> None:
    """Neither becomes a header of its own."""
    answer = await small.get(await small.hand_over(File('a"\r\nX: 1.qbo', "text/html\r\nX: 1", b"<ofx>")))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="a___X__1.qbo"'
    assert "x" not in answer.headers


async def test_the_link_is_in_no_log(small: Stand) -> None:
    """The line of the request names no more than where it went."""
    url = await small.hand_over()
    with structlog.testing.capture_logs() as lines:
        await small.get(url)
    assert [line["path"] for line in lines] == ["/handed/…"]


async def test_while_the_store_is_down_nothing_is_given() -> None:
    """With the status that says to come again."""
    engine = Memory()
    store = Failing(engine.clock)
    async with stand(engine, store) as here:
        url = await here.hand_over()
        store.down = True
        assert (await here.get(url)).status_code == 503
        store.down = False
        assert (await here.get(url)).status_code == 200


async def test_a_plan_s_hole_becomes_the_address(small: Stand) -> None:
    """Of Kashoo's statement import; every other byte is the plan's, and the address leads to the file."""
    [write] = [each for each in PROVIDER.writes if each.verb == "IMPORT" and isinstance(each, Write)]
    encode = write.puts["file"].encode
    assert encode is not None
    planned = msgspec.json.encode(encode(STATEMENT, Draft("IMPORT", {"file": STATEMENT}, {})))
    assert planned == b'{"url":"%s","filename":"june 1.ofx"}' % HOLE.encode()
    assert has_hole(planned) and not has_hole(b'{"url":"${files}"}') and not has_hole(None)
    url = await small.hand_over()
    sent = with_address(planned, url)
    assert msgspec.json.decode(sent) == {"url": url, "filename": "june 1.ofx"}
    assert sent.replace(url.encode(), HOLE.encode()) == planned
    assert (await small.get(msgspec.json.decode(sent)["url"])).content == STATEMENT.body
