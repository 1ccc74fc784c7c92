"""`/_control`: each kind of fault, which requests it meets, switches, the log, the clock, and bad input."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.app import make_sandbox, makers
from ledgermesh.sandbox.faults import KINDS, Dropped
from ledgermesh.sandbox.world import make_world
from tests.sandbox.accountsos_desk import START
from tests.sandbox.sandbox_desk import PATH, Room, key, open_room

CONTACTS = "/accountsos/api/contacts"


@pytest.fixture
def room() -> Room:
    return open_room()


async def statuses(room: Room, *paths: str) -> list[int]:
    return [(await room.client.get(path)).status_code for path in paths]


async def rows(room: Room, query: str = "", path: str = PATH) -> Any:
    return (await room.client.get(f"{path}{query}")).json()


# -- kinds ---------------------------------------------------------------------------------------------------------


async def test_latency_waits_and_goes_on(room: Room) -> None:
    """The answer is the same, later; two of them add up."""
    plain = await rows(room)
    await room.fault("latency", seconds=2.5)
    await room.fault("latency")
    before = room.clock.monotonic()
    assert await rows(room) == plain
    assert room.clock.monotonic() - before == 3.5


async def test_a_status_answers_for_the_provider(room: Room) -> None:
    """With the body and the headers that were given; the emulator counts no request."""
    left = (await room.client.get(PATH)).headers["x-ratelimit-remaining"]
    await room.fault("status", status=503, body={"amount": 1.10}, headers={"Retry-After": "7"}, times=1)
    await room.fault("status", status=418, body="teapot", times=1)
    await room.fault("status", status=204, body="not sent", times=1)
    first, second, third, fourth = [await room.client.get(PATH) for _ in range(4)]
    assert (first.status_code, first.text, first.headers["retry-after"]) == (503, '{"amount":1.1}', "7")
    assert first.headers["content-type"] == "application/json"
    assert (second.status_code, second.text) == (418, "teapot")
    assert second.headers["content-type"].startswith("text/plain")
    assert (third.status_code, third.content) == (204, b"")
    assert int(fourth.headers["x-ratelimit-remaining"]) == int(left) - 1


async def test_html_comes_where_json_is_expected(room: Room) -> None:
    """200 unless another status is given."""
    await room.fault("html", times=1)
    await room.fault("html", status=502, body="<p>Bad gateway")
    page, proxy = await room.client.get(PATH), await room.client.get(PATH)
    assert (page.status_code, proxy.status_code, proxy.text) == (200, 502, "<p>Bad gateway")
    assert page.text.startswith("<!doctype html>")
    assert all(answer.headers["content-type"].startswith("text/html") for answer in (page, proxy))


@pytest.mark.parametrize(("keep", "kept"), [(None, None), (0, 0), (10, 10)])
async def test_a_body_cut_with_its_true_length_is_a_whole_answer(
    room: Room, keep: int | None, kept: int | None
) -> None:
    """The shorter length is announced, so only the JSON is broken."""
    whole = (await room.client.get(PATH)).content
    more = {} if keep is None else {"keep_bytes": keep}
    await room.fault("truncate", declared=False, **more)
    answer = await room.client.get(PATH)
    expected = whole[: len(whole) // 2 if kept is None else kept]
    assert (answer.status_code, answer.content) == (200, expected)
    assert answer.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("kind", ["drop", "truncate"])
async def test_without_a_connection_a_break_is_a_transport_error(room: Room, kind: str) -> None:
    """What calls the application directly gets httpx's error for a server that hung up."""
    await room.fault(kind, times=1)
    with pytest.raises(Dropped, match="disconnected") as broken:
        await room.client.get(PATH)
    assert isinstance(broken.value, httpx.TransportError)
    assert await statuses(room, PATH) == [200]


async def test_a_later_page_repeats_the_first(room: Room) -> None:
    """Of the same list of the same company, as it was seen last; other lists and single reads are as always."""
    await room.fault("repeat_page")
    first = await rows(room, "?limit=2")
    assert await rows(room, "?limit=2&offset=2") == first
    assert await rows(room, "?offset=4&limit=2") == first
    again = await rows(room, "?limit=2&offset=0")
    assert again == first
    narrower = await rows(room, "?limit=2&offset=2&from=2025-10-01")
    assert narrower["pagination"] == {"total": 5, "limit": 2, "offset": 2, "has_more": True}
    room.client.headers["Authorization"] = key(room.sandbox, room.world, "other-shop")
    other = await rows(room, "?limit=2&offset=2")
    assert other == {
        "transactions": [],
        "pagination": {"total": 2, "limit": 2, "offset": 2, "has_more": False},
    }
    await room.control("DELETE", "/faults")
    room.client.headers["Authorization"] = key(room.sandbox, room.world)
    assert (await rows(room, "?limit=2&offset=2"))["pagination"]["offset"] == 2


@pytest.mark.parametrize(
    ("at", "repeated"), [("", None), ("?page=1", None), ("?page=2", "page"), ("?at=z", "at")]
)
async def test_the_parameter_of_a_page_can_be_named(room: Room, at: str, repeated: str | None) -> None:
    """By default `offset` and `page`; the value is the one of the first page."""
    if repeated == "at":
        await room.fault("repeat_page", first={"at": "a"})
    else:
        await room.fault("repeat_page")
    await rows(room, "?limit=100", path=CONTACTS)
    room.world.books["corner-shop", "accountsos"].parties.clear()
    shown = await rows(room, f"{at or '?'}&limit=100", path=CONTACTS)
    assert len(shown["contacts"]) == (3 if repeated else 0)


async def test_the_page_size_changes_for_some_requests(room: Room) -> None:
    """Only for those that match, and only while the fault is on."""
    await room.fault("page_size", size=2, path="/api/transactions", after=1, times=1)
    sizes = [len((await rows(room))["transactions"]) for _ in range(3)]
    assert sizes == [7, 2, 7]
    await room.fault("page_size", size=1)
    assert len((await rows(room, path=CONTACTS))["contacts"]) == 1
    await room.control("DELETE", "/faults")
    assert len((await rows(room, path=CONTACTS))["contacts"]) == 3


@pytest.mark.parametrize("provider", makers())
async def test_every_provider_has_a_page_size(provider: str) -> None:
    """The fault works whatever the emulator calls its switch; the switch itself is as before afterwards."""
    room = open_room()
    before = (await room.control("GET", "/switches"))[provider]
    await room.control("POST", "/faults", provider=provider, kind="page_size", size=3)
    await room.client.get(f"/{provider}/api/nowhere")
    assert (await room.control("GET", "/switches"))[provider] == before


async def test_a_status_may_come_after_the_effect(room: Room) -> None:
    """The emulator has done what was asked, and nobody can tell it from the answer."""
    left = (await room.client.get(PATH)).headers["x-ratelimit-remaining"]
    await room.fault("status", status=500, body="broken", effect=True, times=1)
    first, second = [await room.client.get(PATH) for _ in range(2)]
    assert (first.status_code, first.text, second.status_code) == (500, "broken", 200)
    assert int(second.headers["x-ratelimit-remaining"]) == int(left) - 2


async def test_faults_that_meet_act_in_their_order(room: Room) -> None:
    """Those behind one that answers are neither reached nor counted; others change what comes from behind them."""
    await room.fault("latency", seconds=1)
    await room.fault("truncate", declared=False, keep_bytes=3)
    await room.fault("status", status=500, body="broken", times=1)
    await room.fault("latency", seconds=10)
    answer = await room.client.get(PATH)
    assert (answer.status_code, answer.text, room.clock.monotonic()) == (500, "bro", 1.0)
    listed = (await room.control("GET", "/faults"))["faults"]
    assert [(each["met"], each["spoiled"]) for each in listed] == [(1, 1), (1, 1), (1, 1), (0, 0)]


# -- which requests ------------------------------------------------------------------------------------------------


async def test_a_fault_meets_its_provider_path_and_method_only(room: Room) -> None:
    """Globs over the provider's own path; the method in either case."""
    await room.fault("status", status=500, path="/api/trans*", method="get")
    await room.fault("status", status=501, method="PATCH")
    assert await statuses(room, PATH, f"{PATH}/txn_sale", CONTACTS) == [500, 500, 200]
    assert (await room.client.patch(CONTACTS)).status_code == 501
    others = ("/kashoo/api/transactions", "/trulysmall/api/transactions", "/smallinvoice/v2/contacts")
    assert await statuses(room, *others) == [404, 404, 401]
    assert await statuses(room, "/bossinsights/mycompany-sandbox/api/transactions") == [401]


async def test_a_fault_can_begin_later_and_end(room: Room) -> None:
    """`after` skips, `times` ends; both count matching requests only, and the list tells."""
    await room.fault("status", status=500, path="*/transactions", after=2, times=2)
    assert await statuses(room, PATH, CONTACTS, PATH, PATH, CONTACTS, PATH, PATH) == [
        200, 200, 200, 500, 200, 500, 200,
    ]  # fmt: skip
    (listed,) = (await room.control("GET", "/faults"))["faults"]
    assert (listed["met"], listed["spoiled"]) == (5, 2)


async def test_faults_are_listed_and_switched_off(room: Room) -> None:
    """One by its id, or all; each is shown as it was given with what was left out filled in."""
    first = await room.fault("status", status=500)
    second = await room.fault("latency", seconds=0.25, path="/x")
    assert second == {
        "id": first["id"] + 1,
        "kind": "latency",
        "provider": "accountsos",
        "path": "/x",
        "method": "*",
        "after": 0,
        "times": None,
        "seconds": 0.25,
        "met": 0,
        "spoiled": 0,
    }
    left = await room.control("DELETE", f"/faults?id={first['id']}")
    assert left == {"faults": [second]} == await room.control("GET", "/faults")
    assert await statuses(room, PATH) == [200]
    gone = await room.client.delete(f"/_control/faults?id={first['id']}")
    assert (gone.status_code, gone.json()) == (400, {"error": f"no fault with the id '{first['id']}' is on"})
    assert await room.control("DELETE", "/faults") == {"faults": []}


# -- switches, log, clock ------------------------------------------------------------------------------------------


async def test_switches_are_turned_and_turned_back(room: Room) -> None:
    """Values take the switch's own type, also from JSON: sets, and numbers as keys."""
    start = await room.control("GET", "/switches")
    turned = await room.control("POST", "/switches", provider="accountsos", additive=True, page_size_max=3)
    assert (turned["additive"], turned["page_size_max"]) == (True, 3)
    assert "x_unknown" in await rows(room)
    await room.control("POST", "/switches", provider="accountsos", revoked=["corner-shop"])
    assert await statuses(room, PATH) == [401]
    await room.control("POST", "/switches", provider="kashoo", overrides={"9997419979": {"totalDue": 1.5}})
    switches: Any = getattr(room.sandbox.emulators["kashoo"], "switches", None)
    assert switches.overrides == {9997419979: {"totalDue": 1.5}}
    assert await room.control("DELETE", "/switches") == start
    assert await statuses(room, PATH) == [200]
    assert (await room.control("GET", ""))["switches"] == start


async def test_one_request_turns_a_switch_of_every_provider(room: Room) -> None:
    """All of them have `additive`, off at first; what is turned there shows in their answers."""
    start = await room.control("GET", "/switches")
    assert list(start) == list(makers())
    assert {name: values.get("additive") for name, values in start.items()} == dict.fromkeys(start, False)
    turned = await room.control("POST", "/switches", provider="*", additive=True)
    assert turned == {name: {**values, "additive": True} for name, values in start.items()}
    assert "x_unknown" in await rows(room)
    assert await room.control("DELETE", "/switches") == start


async def test_what_one_provider_does_not_have_is_turned_nowhere(room: Room) -> None:
    """A switch of Kashoo and its twin alone, or a value that one of them refuses, changes nothing anywhere."""
    start = await room.control("GET", "/switches")
    dated = {name for name, values in start.items() if "date_style" in values}
    assert dated == {"kashoo", "trulysmall"}
    said = await room.wrong("/switches", {"provider": "*", "additive": True, "date_style": "string"})
    assert said.startswith("accountsos: there is no switch date_style; there are additive, ")
    assert "additive" in await room.wrong("/switches", {"provider": "*", "additive": "yes"})
    assert await room.control("GET", "/switches") == start


async def test_switching_is_all_or_nothing(room: Room) -> None:
    """Where one value does not fit, none is set."""
    said = await room.wrong(
        "/switches", {"provider": "accountsos", "additive": True, "page_size_max": "many"}
    )
    assert "page_size_max" in said
    assert (await room.control("GET", "/switches"))["accountsos"]["additive"] is False


async def test_the_log_tells_requests_and_no_secrets(room: Room) -> None:
    """Provider, method, path, query and status of each, oldest first, until it is emptied."""
    await room.fault("drop", path="/api/deadlines")
    await room.client.get(f"{PATH}?limit=2")
    await room.client.post("/kashoo/api/authTokens", data={"email": "who", "password": "secret"})
    with pytest.raises(Dropped):
        await room.client.get("/accountsos/api/deadlines")
    answer = await room.client.get("/_control/log")
    seen = [tuple(each.values()) for each in answer.json()["requests"]]
    assert list(answer.json()["requests"][0]) == ["provider", "method", "path", "query", "status"]
    assert seen == [
        ("accountsos", "GET", "/api/transactions", "limit=2", 200),
        ("kashoo", "POST", "/api/authTokens", "", 401),
        ("accountsos", "GET", "/api/deadlines", "", None),
    ]
    assert "secret" not in answer.text
    assert "sk_live" not in answer.text
    assert await room.control("DELETE", "/log") == {"requests": []} == await room.control("GET", "/log")


async def test_the_clock_is_moved(room: Room) -> None:
    """Every emulator sees the new time."""
    now = await room.control("POST", "/clock", advance_seconds=86_400.5)
    moved = START + dt.timedelta(seconds=86_400.5)
    assert dt.datetime.fromisoformat(now["now"]) == moved
    assert now == await room.control("GET", "/clock")
    assert (await rows(room, path="/accountsos/api/deadlines"))["deadlines"][0]["days_until"] == -9


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "drop"}, "provider is one of accountsos, "),
        ({"provider": "acme", "kind": "drop"}, "not 'acme'"),
        ({"provider": ["kashoo"], "kind": "drop"}, "provider is one of"),
        ({"provider": "kashoo"}, f"kind is one of {', '.join(KINDS)}"),
        ({"provider": "kashoo", "kind": "explode"}, "not 'explode'"),
        ({"provider": "kashoo", "kind": ["drop"]}, "kind is one of"),
        ({"provider": "kashoo", "kind": "drop", "seconds": 1}, "unknown field `seconds`"),
        ({"provider": "kashoo", "kind": "status"}, "missing required field `status`"),
        ({"provider": "kashoo", "kind": "status", "status": 99}, "$.status"),
        ({"provider": "kashoo", "kind": "status", "status": 600}, "$.status"),
        ({"provider": "kashoo", "kind": "status", "status": "500"}, "$.status"),
        ({"provider": "kashoo", "kind": "latency", "seconds": -1}, "$.seconds"),
        ({"provider": "kashoo", "kind": "latency", "seconds": 1e9}, "$.seconds"),
        ({"provider": "kashoo", "kind": "drop", "times": 0}, "$.times"),
        ({"provider": "kashoo", "kind": "drop", "after": -1}, "$.after"),
        ({"provider": "kashoo", "kind": "drop", "path": 7}, "$.path"),
        ({"provider": "kashoo", "kind": "truncate", "keep_bytes": -1}, "$.keep_bytes"),
        ({"provider": "kashoo", "kind": "truncate", "declared": 1}, "$.declared"),
        ({"provider": "kashoo", "kind": "drip", "piece_bytes": 0}, "$.piece_bytes"),
        ({"provider": "kashoo", "kind": "page_size"}, "missing required field `size`"),
        ({"provider": "kashoo", "kind": "page_size", "size": True}, "$.size"),
        ({"provider": "kashoo", "kind": "repeat_page", "first": ["page"]}, "$.first"),
    ],
)
async def test_a_bad_fault_is_refused_with_the_reason(room: Room, body: dict[str, object], said: str) -> None:
    """Nothing is switched on."""
    assert said in await room.wrong("/faults", body)
    assert await room.control("GET", "/faults") == {"faults": []}


@pytest.mark.parametrize("path", ["/faults", "/switches", "/clock"])
@pytest.mark.parametrize(
    ("content", "said"), [(b"", "not JSON"), (b"{", "not JSON"), (b"\xff", "not JSON"), (b"[]", "object")]
)
async def test_what_is_not_an_object_is_refused(room: Room, path: str, content: bytes, said: str) -> None:
    """Empty, broken and other JSON."""
    assert said in await room.wrong(path, content)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/switches", {"additive": True}, "provider is one of"),
        (
            "/switches",
            {"provider": "accountsos", "colour": 1},
            "accountsos: there is no switch colour; there are additive, ",
        ),
        ("/switches", {"provider": "accountsos", "__class__": 1}, "there is no switch __class__"),
        (
            "/switches",
            {"provider": "kashoo", "date_style": "roman"},
            "date_style: Invalid enum value 'roman'",
        ),
        ("/clock", {"seconds": 1}, "unknown field `seconds`"),
        ("/clock", {"advance_seconds": -1}, "$.advance_seconds"),
        ("/clock", {"advance_seconds": "1"}, "$.advance_seconds"),
        ("/clock", {"advance_seconds": 1e12}, "$.advance_seconds"),
    ],
)
async def test_bad_switches_and_times_are_refused(
    room: Room, path: str, body: dict[str, object], said: str
) -> None:
    """The answer says what is wrong."""
    assert said in await room.wrong(path, body)


@pytest.mark.parametrize("query", ["id=x", "id=99", "id=", "id=-1"])
async def test_only_a_fault_that_is_on_is_switched_off(room: Room, query: str) -> None:
    """An id that is none of them is a 400, not silence."""
    await room.fault("drop")
    assert (await room.client.delete(f"/_control/faults?{query}")).status_code == 400
    assert len((await room.control("GET", "/faults"))["faults"]) == 1


async def test_unknown_paths_and_methods_say_so(room: Room) -> None:
    """In JSON, with what is there instead."""
    nowhere = await room.client.get("/_control/nowhere")
    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "there is no /_control/nowhere"})
    wrong = await room.client.put("/_control/faults")
    assert (wrong.status_code, wrong.json()) == (405, {"error": "/_control/faults takes GET, POST, DELETE"})


async def test_faults_hold_over_the_whole_world() -> None:
    """With a company of the world: every page repeats, so a reader that trusts pages would never end."""
    world = make_world(today=START.date())
    sandbox = make_sandbox(world, ManualClock(START))
    headers = {"Authorization": key(sandbox, world, "maple-bakery")}
    transport = httpx.ASGITransport(sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        await client.post("/_control/faults", json={"provider": "accountsos", "kind": "repeat_page"})
        pages = [(await client.get(f"{PATH}?limit=100&offset={offset}")).json() for offset in (0, 100, 200)]
    assert pages[0]["pagination"]["has_more"]
    assert pages[0] == pages[1] == pages[2]
