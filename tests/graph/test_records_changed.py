"""Being told which records changed: by a provider's notification and by our own writes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest_asyncio

from ledgermesh.graph.question import Question
from ledgermesh.state.entries import CompanyEntry, KeyEntry, digest
from ledgermesh.sync.records import EVENTS_MAX, published
from tests.edge.notifying import BOOKS, GUEST, Notifying, notifying
from tests.hands import HandClock, settle
from tests.harness import NOW

CHANGED = """subscription ($company: ID, $kinds: [String!], $after: String) {
  recordsChanged(company: $company, kinds: $kinds, after: $after) {
    connection { id provider { name } } cause event kinds records { id kind nativeId } at cursor } }"""


@dataclass
class Listener:
    """Keeps what it is told."""

    source: AsyncGenerator[dict[str, Any], None]
    heard: list[dict[str, Any]] = field(default_factory=list)
    over: bool = False

    async def listen(self) -> None:
        try:
            async for answer in self.source:
                self.heard.append(answer)
            self.over = True
        finally:
            await self.source.aclose()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [answer["data"]["recordsChanged"] for answer in self.heard if answer.get("data")]

    @property
    def ids(self) -> list[list[str]]:
        """Of the records of each event."""
        return [[each["nativeId"] for each in event["records"]] for event in self.events]

    @property
    def ended(self) -> str | None:
        """The code of the error that ended it."""
        if not self.over:
            return None
        errors = self.heard[-1].get("errors")
        return errors[0]["extensions"]["code"] if errors else "COMPLETE"


class Stage:
    """The gateway that is notified, and subscribers to it."""

    def __init__(self, here: Notifying, clock: HandClock) -> None:
        self.here, self.clock = here, clock
        self.state = here.first.state
        self.company = here.companies[0]

    @asynccontextmanager
    async def listener(
        self, *, key: str = "lm_demo_read", replica: int = 0, **variables: Any
    ) -> AsyncIterator[Listener]:
        """Somebody who listens, for as long as the block lasts."""
        at = self.here.replicas[replica]
        principal = at.state.registry.principal(key)
        assert principal is not None
        question = Question(text=CHANGED, variables=variables, principal=principal, timeout_seconds=20.0)
        listener = Listener(at.running.answers.subscribe(question))
        task = asyncio.ensure_future(listener.listen())
        await settle()
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def notify(self, *ids: int, object: str = "invoices", company: int = 0) -> None:
        """The provider says that these changed."""
        body = msgspec.json.encode({"type": "data.updated", "object": object, "ids": ids})
        url = await self.here.url(company)
        assert (await self.here.post(url, body)).status_code == 202
        await settle()

    async def write(self, native_id: str | None, kind: str = "Bill", company: int = 0) -> None:
        """We have written something."""
        entry = self.here.entry(company)
        await published(self.state, "sandbox", entry.id, kind, native_id, at=self.clock.now())
        await settle()

    async def wait(self, seconds: float) -> None:
        """For so long, while the store can be asked all the time."""
        self.clock.advance(seconds)
        for each in self.here.replicas:
            each.state.registry.checked()
        await settle()

    async def change(self, entry: Any, **changes: Any) -> None:
        """An entry is replaced, or taken away where nothing is said of it."""
        after: Any = replace(entry, **changes) if changes else None
        await self.state.directory.change(type(entry), entry.place, lambda _: after)
        await settle()


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two replicas that follow the store."""
    clock = HandClock(NOW)
    async with notifying(clock, replicas=2) as here:
        follow = [asyncio.ensure_future(each.state.directory.follow()) for each in here.replicas]
        yield Stage(here, clock)
        for task in follow:
            task.cancel()
        await asyncio.wait(follow)


async def test_notifications_and_writes_are_told_on_every_replica(stage: Stage) -> None:
    """With ids that open the records, and nothing of the books; the record can be read as it is after it."""
    async with stage.listener() as first, stage.listener(replica=1) as second:
        await stage.notify(7)
        await stage.write("b-1")
        assert first.ids == second.ids == [["7"], ["b-1"]]
        told, written = first.events
        assert (told["cause"], told["event"], told["kinds"]) == ("PROVIDER", "data.updated", ["Invoice"])
        assert (written["cause"], written["event"], written["kinds"]) == ("WRITE", None, ["Bill"])
        assert told["connection"] == {"id": stage.here.entry().id, "provider": {"name": BOOKS}}
        assert told["at"] == "2026-11-15T12:00:00Z"
        principal = stage.state.registry.principal("lm_demo_read")
        assert principal is not None and not first.over


async def test_the_emulator_s_own_webhook_is_told(stage: Stage) -> None:
    """From a write at the provider to the subscriber."""
    stage.here.emulator.switches.webhook_url = str(await stage.here.url())
    async with stage.listener(kinds=["Party"]) as listener:
        text = "query ($company: ID!) { company(key: $company) {"
        text += " parties(first: 1) { nodes { source { nativeId } } } } }"
        data = await stage.here.first.ask(text, company=stage.company)
        native_id = data["company"]["parties"]["nodes"][0]["source"]["nativeId"]
        assert native_id.startswith("customer:")
        await stage.here.rename(int(native_id.partition(":")[2]), "A New Name")
        await settle()
        assert stage.here.statuses == [202]
        assert listener.ids == [[native_id]]


async def test_only_what_was_asked_for(stage: Stage) -> None:
    """By company and by kind; what may concern any kind is told to everybody."""
    async with stage.listener(company=stage.company, kinds=["Bill"]) as bills, stage.listener() as all_:
        await stage.notify(1)
        await stage.notify(2, object="bills")
        await stage.notify(3, object="something new")
        await stage.notify(4, object="bills", company=1)
    assert [(each["kinds"], len(each["records"])) for each in bills.events] == [(["Bill"], 1), ([], 0)]
    assert len(all_.events) == 4
    for asked, code in (({"kinds": ["Nonsense"]}, "BAD_USER_INPUT"), ({"company": "nowhere"}, "FORBIDDEN")):
        async with stage.listener(**asked) as wrong:
            assert wrong.ended == code


async def test_other_tenants_hear_nothing(stage: Stage) -> None:
    """A guest hears of the company that is shared with it, by ids of its own, and of no other."""
    async with stage.listener(key=GUEST) as guest, stage.listener() as owner:
        await stage.notify(1)
        await stage.notify(2, company=1)
    assert (guest.ids, owner.ids) == ([["1"]], [["1"], ["2"]])
    assert guest.events[0]["records"][0]["id"] != owner.events[0]["records"][0]["id"]
    async with stage.listener(key=GUEST, after=owner.events[0]["cursor"]) as stranger:
        assert stranger.ended == "CURSOR_MISMATCH"
    async with stage.listener(key=GUEST, company=stage.here.companies[1]) as forbidden:
        assert forbidden.ended == "FORBIDDEN"


async def test_it_ends_with_the_key_and_with_sharing(stage: Stage) -> None:
    """At once when either is taken away, within a second when the key expires; nothing is told after that."""
    key = KeyEntry(
        id="short", digest=digest("short"), tenant="guest", environment="sandbox",
        scopes=frozenset(("api.read",)), expires_at=NOW + dt.timedelta(seconds=2),
    )  # fmt: skip
    await stage.state.directory.add(key)
    await stage.state.directory.add(
        replace(key, id="blind", digest=digest("blind"), scopes=frozenset(("api.write",)))
    )
    await settle()
    company = stage.state.registry.get(CompanyEntry, "sandbox", stage.company)
    guest = stage.state.registry.get(KeyEntry, "guest", "sandbox", "guest")
    assert company is not None and guest is not None
    async with (
        stage.listener(key="short") as short, stage.listener(key="blind") as blind,
        stage.listener(key=GUEST) as gone, stage.listener(key="short", company=stage.company) as unshared,
    ):  # fmt: skip
        assert blind.ended == "FORBIDDEN"
        await stage.clock.turn(1)
        assert not short.over
        await stage.change(company, tenants=frozenset(("demo",)))
        await stage.clock.turn(0.9)
        await stage.change(guest)
        await stage.clock.turn(1)
        assert (short.ended, gone.ended, unshared.ended) == (
            "UNAUTHENTICATED",
            "UNAUTHENTICATED",
            "FORBIDDEN",
        )
        await stage.notify(1)
    assert (short.events, gone.events, unshared.events) == ([], [], [])


async def test_a_cursor_goes_on_where_it_was(stage: Stage) -> None:
    """On another replica, with nothing missed and nothing twice, for every connection."""
    async with stage.listener() as listener:
        await stage.notify(1)
        await stage.notify(2, company=1)
        await stage.notify(3)
    await stage.wait(600)
    await stage.notify(4, company=1)
    await stage.wait(600)
    await stage.notify(5)
    for told, missed in ((0, [["2"], ["3"], ["4"], ["5"]]), (1, [["3"], ["4"], ["5"]])):
        async with stage.listener(after=listener.events[told]["cursor"], replica=1) as resumed:
            assert sorted(resumed.ids) == missed
        # Whatever of these came last, the other connection's are not passed over.
        for number, event in enumerate(resumed.events, 1):
            async with stage.listener(after=event["cursor"]) as further:
                assert sorted(resumed.ids[:number] + further.ids) == missed
    async with stage.listener() as fresh:
        assert fresh.events == []


async def test_what_is_not_kept_any_more_is_said_to_be_missed(stage: Stage) -> None:
    """A subscriber that was away for too long reads everything again; cursors that are too old are refused."""
    async with stage.listener() as listener:
        await stage.write("first")
    for number in range(EVENTS_MAX + 1):
        await published(
            stage.state, "sandbox", stage.here.entry().id, "Bill", str(number), at=stage.clock.now()
        )
    cursor = listener.events[0]["cursor"]
    async with stage.listener(after=cursor) as resumed:
        assert (resumed.events[0]["cause"], resumed.events[0]["kinds"]) == ("MISSED", [])
        assert len(resumed.events) == EVENTS_MAX + 1
    for wrong in (cursor[:-2] + "AA", "nothing"):
        async with stage.listener(after=wrong) as refused:
            assert refused.ended == "CURSOR_MISMATCH"
    await stage.wait(8 * 86_400)
    async with stage.listener(after=cursor) as old:
        assert old.ended == "CURSOR_MISMATCH"


async def test_who_fell_behind_hears_everything_all_the_same(stage: Stage) -> None:
    """When changes were lost, what is kept is looked at again."""
    async with stage.listener() as listener:
        await stage.write("1")
        stage.state.directory._lose()
        await settle()
        await stage.write("2")
        await stage.write(None, kind="Party")
        assert listener.ids == [["1"], ["2"], []]
        assert len(stage.state.directory._listeners) == 1
    await settle()
    assert len(stage.state.directory._listeners) == 0
