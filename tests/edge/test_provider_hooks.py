"""Providers notify us: what they say has an effect on one connection, and is believed of nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import pytest_asyncio
import structlog

from ledgermesh.edge.provider_hooks import BODY_BYTES_MAX, RATE
from ledgermesh.spec.hooks import Named
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry
from ledgermesh.state.hook_secrets import HookSecrets
from tests.edge.notifying import BOOKS, GUEST, Notifying, notifying
from tests.harness import NOW
from tests.state.stores import Failing
from tests.states import KEYS

PARTIES = """query ($company: ID!) { company(key: $company) { parties(first: 5, from: ["bossinsights"]) {
  nodes { id displayName source { nativeId } } } } }"""
WITHDRAW = "mutation ($connection: ID!) { withdrawHookUrl(connection: $connection) { id } }"
DELETE = "mutation ($connection: ID!) { deleteConnection(connection: $connection) }"
GOOD = msgspec.json.encode({"type": "data.updated", "object": "invoices", "ids": [7], "account_key": None})


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house() -> AsyncIterator[Notifying]:
    """One for all tests of this file."""
    async with notifying(replicas=2) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(house: Notifying) -> Notifying:
    """To whom nothing was told so far."""
    await house.reset()
    return house


async def customer(here: Notifying) -> tuple[int, str]:
    """A customer of the first company, by the provider's id, and its name."""
    data = await here.first.ask(PARTIES, key="lm_demo_read", age=300, company=here.companies[0])
    nodes = data["company"]["parties"]["nodes"]
    found = next(each for each in nodes if each["source"]["nativeId"].startswith("customer:"))
    return int(found["source"]["nativeId"].partition(":")[2]), found["displayName"]


async def names(here: Notifying, replica: int = 0) -> set[str]:
    """The customers as somebody sees them who takes answers that are five minutes old."""
    data = await here.replicas[replica].ask(PARTIES, age=300, key="lm_demo_read", company=here.companies[0])
    return {each["displayName"] for each in data["company"]["parties"]["nodes"]}


# -- the effect ----------------------------------------------------------------------------------------------------


async def test_a_notification_makes_older_answers_wrong_on_every_replica(here: Notifying) -> None:
    """The emulator posts it; whoever takes old answers sees the new name, and without a notification the old one."""
    id, name = await customer(here)
    assert name in await names(here, replica=1)
    await here.rename(id, "A Quiet Co.")
    for replica in (0, 1):
        assert name in await names(here, replica)

    here.emulator.switches.webhook_url = str(await here.url())
    await here.rename(id, "A Told Ltd.")
    await here.replicas[1].state.directory.catch_up(0)

    assert here.statuses == [202]
    for replica in (0, 1):
        assert "A Told Ltd." in await names(here, replica)
    [event] = (await here.recent()).events
    assert (event.cause, event.event, event.kinds) == ("PROVIDER", "data.updated", ("Party",))
    assert event.records == (Named("Party", f"customer:{id}"),)
    assert event.at == here.clock.now()


async def test_nothing_of_the_notification_is_kept_but_ids_and_kinds(here: Notifying) -> None:
    """Whatever else a provider puts into it."""
    body = {
        "type": "data.updated",
        "object": "invoices",
        "ids": [1],
        "total": "4711 CAD",
        "name": "Secret Customer",
    }
    await here.post(await here.url(), msgspec.json.encode(body))
    kept = b"".join(each.value for each in (await here.first.state.store.under("records/")).values())
    assert b"Invoice" in kept
    assert not [word for word in (b"4711", b"Secret") if word in kept]


@pytest.mark.parametrize(
    ("said", "kinds", "records"),
    [
        ({}, (), ()),
        ({"object": "something new", "ids": [1]}, (), ()),
        ({"object": "invoices"}, ("Invoice",), ()),
        ({"object": "invoices", "ids": "12"}, ("Invoice",), (Named("Invoice", "12"),)),
        ({"object": "invoices", "ids": [True, None, {}, "a\nb", 3]}, ("Invoice",), (Named("Invoice", "3"),)),
        ({"object": "vendors", "ids": [4]}, ("Party",), (Named("Party", "vendor:4"),)),
        (
            {"object": "payments", "ids": [9]},
            ("Payment", "BillPayment"),
            (Named("Payment", "9"), Named("BillPayment", "9")),
        ),
        ({"object": "invoices", "ids": list(range(101))}, ("Invoice",), ()),
        ({"type": ["odd"], "object": {"a": 1}, "account_key": 5}, (), ()),
    ],
)
async def test_what_a_notification_says(
    here: Notifying, said: dict[str, Any], kinds: tuple[str, ...], records: tuple[Named, ...]
) -> None:
    """What is not there or not understood says nothing: then any record may have changed."""
    answer = await here.post(await here.url(), msgspec.json.encode(said))
    [event] = (await here.recent()).events
    assert (answer.status_code, here.raised()) == (202, 1)
    assert (event.kinds, event.records) == (kinds, records)


async def test_it_may_be_repeated(here: Notifying) -> None:
    """A repeat makes answers wrong again, and pushes no other event out of what is kept."""
    url = await here.url()
    await here.post(url, GOOD)
    for _ in range(3):
        assert (await here.post(url, b'{"type": "data.updated"}')).status_code == 202
    found = (await here.recent()).events
    assert here.raised() == 4
    assert [(each.number, each.kinds) for each in found] == [(1, ("Invoice",)), (4, ())]


async def test_another_company_s_notification_has_no_effect(here: Notifying) -> None:
    """Neither on the connection that the address is of nor on the one that the body names."""
    other = here.entry(1).settings["account_key"]
    assert other != here.entry(0).settings["account_key"]
    answer = await here.post(
        await here.url(0), msgspec.json.encode({"account_key": other, "object": "invoices"})
    )
    assert answer.status_code == 202
    assert (here.raised(0), here.raised(1)) == (0, 0)
    assert [(await here.recent(company)).events for company in (0, 1)] == [(), ()]


# -- what is refused -----------------------------------------------------------------------------------------------


async def test_the_address_is_told_to_who_administers_the_connection(here: Notifying) -> None:
    """With the scope to write or to administer; not to guests of the company, nor where there are no webhooks."""
    for key in ("lm_demo_write", "lm_demo_admin"):
        assert str(await here.url(key=key)).startswith("https://gateway.test/hooks/bossinsights/")
    for key in ("lm_demo_read", GUEST):
        assert await here.url(key=key) is None
    text = "query ($company: ID!) { company(key: $company) { connections { provider { name } hookUrl } } }"
    keys = [each.key for each in here.first.state.registry.all(CompanyEntry)]
    data = [await here.first.ask(text, company=key) for key in keys]
    shown = [each for one in data for each in one["company"]["connections"]]
    assert {each["provider"]["name"] for each in shown if each["hookUrl"]} == {BOOKS}
    assert {each["provider"]["name"] for each in shown if not each["hookUrl"]} == {"kashoo"}


async def test_without_an_address_from_outside_there_is_none() -> None:
    """Nobody could register it."""
    async with notifying(public_url="") as here:
        assert await here.url() is None


async def test_what_was_told_of_a_connection_goes_with_it() -> None:
    """And a provider that notifies nobody has no address to withdraw."""
    async with notifying() as here:
        await here.post(await here.url(), GOOD)
        store, entry = here.first.state.store, here.entry()
        assert len(await store.under("records/")) == 1
        await here.first.ask(DELETE, connection=entry.id)
        assert await store.under("records/") == {}
        other = next(
            each for each in here.first.state.registry.all(ConnectionEntry) if each.provider != BOOKS
        )
        answer = await here.first.http.post(
            "/graphql",
            json={"query": WITHDRAW, "variables": {"connection": other.id}},
            headers={"Authorization": "Bearer lm_demo_admin"},
        )
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_wrong_addresses_all_get_one_answer(here: Notifying) -> None:
    """Forged, of another provider, of no connection, withdrawn: nobody learns which, and nothing happens."""
    good, other = str(await here.url(0)), str(await here.url(1))
    secret = good.rpartition("/")[2]
    ghost = await HookSecrets(KEYS, here.first.state.store).make(
        replace(here.entry(), id="nobody-bossinsights")
    )
    await here.first.ask(WITHDRAW, connection=here.entry(1).id)
    strangers = [
        f"/hooks/bossinsights/{ghost}", urlsplit(other).path, f"/hooks/kashoo/{secret}", f"/hooks/none/{secret}",
        f"/hooks/bossinsights/{secret[:-2]}AA", f"/hooks/bossinsights/{'A' * 5_000}", "/hooks/bossinsights/é",
    ]  # fmt: skip
    answers = [await here.post(path, GOOD) for path in strangers]
    assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}
    assert (here.raised(0), here.raised(1)) == (0, 0)
    assert (await here.post(good, GOOD)).status_code == 202
    assert (await here.post(await here.url(1), GOOD)).status_code == 202


@pytest.mark.parametrize(
    "change",
    [{"owner": "guest"}, {"created_at": NOW}, {"provider": "kashoo"}, None],
    ids=["linked by another tenant", "made anew", "of another provider", "removed"],
)
async def test_an_address_ends_with_what_it_was_made_for(
    here: Notifying, change: dict[str, Any] | None
) -> None:
    """A connection of the same name is not the same connection."""
    url, entry = await here.url(), here.entry()
    after = replace(entry, **change) if change is not None else None
    await here.first.state.directory.change(ConnectionEntry, entry.place, lambda _: after)
    assert (await here.post(url, GOOD)).status_code == 404
    await here.first.state.directory.change(ConnectionEntry, entry.place, lambda _: entry)
    assert (await here.post(url, GOOD)).status_code == 202


async def test_bodies_that_are_none_are_refused(here: Notifying) -> None:
    """Too large, no JSON, no object, another method; nothing happens."""
    url = await here.url()
    large = b'{"a": "' + b"a" * BODY_BYTES_MAX + b'"}'
    for body, status in (
        (large, 413), (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[1]", 400), (b"7", 400),
        (b"[" * 100_000, 400),
    ):  # fmt: skip
        assert (await here.post(url, body)).status_code == status
    assert (await here.first.http.get(urlsplit(str(url)).path)).status_code == 405
    assert here.raised() == 0


async def test_each_connection_has_a_rate_of_its_own(here: Notifying) -> None:
    """What comes too often is to come later; others are not held up, and time heals it."""
    first, second = await here.url(0), await here.url(1)
    for _ in range(RATE.burst):
        assert (await here.post(first)).status_code == 202
    refused = await here.post(first)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await here.post(second)).status_code == 202
    assert here.raised() == RATE.burst
    here.clock.advance(1)
    assert (await here.post(first)).status_code == 202


async def test_while_the_store_is_down_the_provider_is_to_come_again() -> None:
    """Never a good answer to what had no effect."""
    store = Failing()
    async with notifying(store=store) as here:
        url = await here.url()
        store.down = True
        assert (await here.post(url, GOOD)).status_code == 503
        store.down = False
        here.clock.advance(2)
        assert (await here.post(url, GOOD)).status_code == 202


async def test_the_secret_is_in_no_log(here: Notifying) -> None:
    """The line of the request names no more than where it went."""
    url = str(await here.url())
    with structlog.testing.capture_logs() as lines:
        await here.post(url, GOOD)
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/hooks/…"]
    assert url.rpartition("/")[2] not in repr(lines)
