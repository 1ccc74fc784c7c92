"""Tokens, keys, versions and headers of writes through the whole product: what must not happen twice does not."""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.graph.acceptance import (
    COMMIT,
    COMPANY,
    CREATE,
    KASHOO,
    PAYLOAD,
    PLAN,
    UPDATE,
    WAIT,
    codes,
    made_invoice,
    new,
)
from tests.graph.admins import add_key
from tests.scenes.writes.product import Product, alone, product

pytestmark = pytest.mark.asyncio(loop_scope="module")


AGAIN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "update": (UPDATE, {"memo": "Once"}),
    "pay": (
        f"""mutation($id: ID!, $input: PayInput, $options: WriteOptions) {{
          payInvoice(id: $id, input: $input, options: $options) {PAYLOAD} }}""",
        {"date": "2026-11-16", "account": {"code": "1010"}},
    ),
    "delete": (
        f"mutation($id: ID!, $options: WriteOptions) {{ deleteInvoice(id: $id, options: $options) {PAYLOAD} }}",
        {},
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Product]:
    """One product for all tests of this file."""
    async with product() as built:
        yield built


async def invoices(made: Product, number: str) -> int:
    """How many invoices Kashoo has with this number."""
    text = f"""query($number: String!) {{ company(key: "{COMPANY}") {{
      invoices(from: ["kashoo"], where: {{ number: {{ eq: $number }} }}, first: 10) {{ nodes {{ id }} }}
    }} }}"""
    found = await made.done(text, {"number": number}, headers={"Cache-Control": "no-cache"})
    return len(found["invoices"]["nodes"])


async def refused(made: Product, token: str, key: str = "lm_demo_write") -> str:
    """The code with which a commit is refused, and the words; the log shows that nothing was sent."""
    before = made.log()
    answer = await made.ask(COMMIT, {"token": token}, key=key)
    assert made.log() == before
    [error] = answer["errors"]
    return f"{error['extensions']['code']}: {error['message']}"


# -- tokens ----------------------------------------------------------------------------------------------------------


async def test_a_token_tells_nothing_and_is_good_once(made: Product) -> None:
    """Nobody reads the plan out of it; committed it has one effect, and a second time it is refused."""
    given = new()
    payload = await made.done(CREATE, {"input": given, "options": PLAN})
    token = payload["planToken"]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for word in (given["number"], "Northwind", "Advice", "kashoo"):
        assert word.encode() not in raw
    with pytest.raises(zlib.error):
        zlib.decompress(raw[2:])

    source = alone(await made.done(COMMIT, {"token": token}))
    assert (source["status"], source["replayed"]) == ("COMMITTED", False)
    assert await invoices(made, given["number"]) == 1
    assert (await refused(made, token)).startswith("PLAN_TOKEN: this plan was committed before")


async def test_a_token_is_good_for_the_key_that_planned_as_it_was_made(made: Product) -> None:
    """Changed anywhere, cut short, or in other hands: refused, and good afterwards for whom it was made."""
    given = new()
    token = (await made.done(CREATE, {"input": given, "options": PLAN}))["planToken"]
    for place in (3, len(token) // 2, len(token) - 3):
        other = "A" if token[place] != "A" else "B"
        assert (await refused(made, token[:place] + other + token[place + 1 :])).startswith("PLAN_TOKEN: ")
    assert (await refused(made, token[:-8])).startswith("PLAN_TOKEN: ")
    assert (await refused(made, "")).startswith("PLAN_TOKEN: ")
    assert "another key" in await refused(made, token, key="lm_demo_admin")
    assert (await refused(made, token, key="lm_demo_read")).startswith("FORBIDDEN: ")
    assert alone(await made.done(COMMIT, {"token": token}))["status"] == "COMMITTED"


async def test_two_commits_at_once_have_one_effect(made: Product) -> None:
    """One is carried out, the other is refused."""
    given = new()
    token = (await made.done(CREATE, {"input": given, "options": PLAN}))["planToken"]
    answers = await asyncio.gather(*(made.ask(COMMIT, {"token": token}) for _ in range(4)))
    assert sum("errors" not in answer for answer in answers) == 1
    assert await invoices(made, given["number"]) == 1


# -- two writers -----------------------------------------------------------------------------------------------------


async def test_a_plan_whose_record_changed_meanwhile_is_refused_with_the_difference(made: Product) -> None:
    """What the plan saw, what it asks for, and what stands there now; nothing is sent."""
    invoice = await made_invoice(made, memo="As it was")
    planned = await made.done(UPDATE, {"id": invoice["id"], "input": {"memo": "Mine"}})
    theirs = {"id": invoice["id"], "input": {"memo": "Theirs"}, "options": {"sync": "PUSH_AND_WAIT"}}
    assert alone(await made.done(UPDATE, theirs))["status"] == "COMMITTED"

    before = made.log()
    source = alone(await made.done(COMMIT, {"token": planned["planToken"]}))
    assert made.log() == before
    assert (source["status"], source["error"]["code"]) == ("NOT_COMMITTED", "CONFLICT")
    [memo] = [each for each in source["error"]["difference"] if each["path"] == "memo"]
    assert memo["before"].startswith("As it was")
    assert (memo["asked"], memo["now"]) == ("Mine", "Theirs")


async def test_of_two_writers_who_saw_the_same_version_the_second_is_told(made: Product) -> None:
    """CONFLICT with the difference, whether it plans or pushes; with the version that is there now it goes."""
    invoice = await made_invoice(made)
    seen = {"ifVersion": invoice["version"], "sync": "PUSH_AND_WAIT"}
    mine = {"id": invoice["id"], "input": {"memo": "First"}, "options": seen}
    first = alone(await made.done(UPDATE, mine))
    assert first["status"] == "COMMITTED"

    before = made.log()
    for options in (seen, {"ifVersion": invoice["version"]}):
        second = await made.done(UPDATE, {**mine, "input": {"memo": "Second"}, "options": options})
        error = alone(second)["error"]
        assert error["code"] == "CONFLICT"
        [memo] = [each for each in error["difference"] if each["path"] == "memo"]
        assert (memo["asked"], memo["now"]) == ("Second", "First")
        assert second["syncId"] is None
    assert made.log() == before
    now = {"ifVersion": first["record"]["source"]["version"], "sync": "PUSH_AND_WAIT"}
    third = await made.done(UPDATE, {**mine, "input": {"memo": "Second"}, "options": now})
    assert alone(third)["status"] == "COMMITTED"


async def test_writers_who_push_at_once_do_not_overwrite_each_other(made: Product) -> None:
    """Both saw the same version; each change is there afterwards, or who asked was told that it is not."""
    invoice = await made_invoice(made)
    options = {"ifVersion": invoice["version"], "sync": "PUSH_AND_WAIT"}
    changes: tuple[dict[str, Any], ...] = ({"memo": "Left"}, {"memo": "Right"})
    answers = await asyncio.gather(
        *(made.done(UPDATE, {"id": invoice["id"], "input": each, "options": options}) for each in changes)
    )
    ended = [alone(answer) for answer in answers]
    done = [
        each["memo"] for each, source in zip(changes, ended, strict=True) if source["status"] == "COMMITTED"
    ]
    told = [source["error"]["code"] for source in ended if source["status"] != "COMMITTED"]
    assert (len(done), told) == (1, ["CONFLICT"])
    text = "query($id: ID!) { node(id: $id) { ... on Invoice { memo } } }"
    found = await made.done(text, {"id": invoice["id"]}, headers={"Cache-Control": "no-cache"})
    assert found["memo"] == done[0]


# -- keys ------------------------------------------------------------------------------------------------------------


async def test_the_same_key_again_is_the_same_answer(made: Product) -> None:
    """As header and as option, also without a push in between; another body under it is a conflict."""
    given, key = new(), {"Idempotency-Key": "order-7", "X-Sync-Data": "push"}
    options = {**WAIT, "clientKey": "order-7"}
    first = alone(await made.done(CREATE, {"input": given, "options": WAIT}, headers=key))
    before = made.log()
    again = alone(await made.done(CREATE, {"input": given, "options": WAIT}, headers=key))
    option = alone(await made.done(CREATE, {"input": given, "options": options}))
    assert [each["status"] for each in (first, again, option)] == ["COMMITTED"] * 3
    assert [each["replayed"] for each in (first, again, option)] == [False, True, True]
    assert {each["record"]["id"] for each in (first, again, option)} == {first["record"]["id"]}
    assert made.log() == before

    other = alone(await made.done(CREATE, {"input": {**given, "memo": "Other"}, "options": options}))
    assert (other["status"], other["error"]["code"]) == ("NOT_COMMITTED", "CONFLICT")
    assert made.log() == before
    assert await invoices(made, given["number"]) == 1


@pytest.mark.parametrize("verb", ["update", "pay", "delete"])
async def test_the_same_key_again_when_nothing_is_left_to_do(made: Product, verb: str) -> None:
    """Done already it would be planned as nothing, as overpaid, as out of date, as gone: told is what was done."""
    invoice = await made_invoice(made)
    options = {"sync": "PUSH_AND_WAIT", "clientKey": f"again-{verb}", "ifVersion": invoice["version"]}
    text, given = AGAIN[verb]
    asked = {"id": invoice["id"], "input": given, "options": options}
    first = alone(await made.done(text, asked))
    before = made.log()
    again = alone(await made.done(text, asked))
    assert [each["status"] for each in (first, again)] == ["COMMITTED", "COMMITTED"]
    assert [each["replayed"] for each in (first, again)] == [False, True]
    assert again["record"] == first["record"]
    assert made.log() == before
    if verb == "update":
        plain = alone(await made.done(text, {**asked, "options": {"clientKey": f"again-{verb}"}}))
        assert (plain["status"], plain["replayed"]) == ("NOTHING_TO_DO", False), (
            "a plan says what would be done"
        )


async def test_the_same_key_many_times_at_once_makes_one_record(made: Product) -> None:
    """However many ask at the same moment, all are told of the one record."""
    given = new()
    options = {**WAIT, "clientKey": "order-8"}
    payloads = await asyncio.gather(
        *(made.done(CREATE, {"input": given, "options": options}) for _ in range(6))
    )
    sources = [alone(payload) for payload in payloads]
    assert {source["status"] for source in sources} == {"COMMITTED"}
    assert len({source["record"]["id"] for source in sources}) == 1
    assert sum(not source["replayed"] for source in sources) == 1
    assert await invoices(made, given["number"]) == 1


# -- headers ---------------------------------------------------------------------------------------------------------


async def test_headers_say_what_options_say(made: Product) -> None:
    """Push, where to, under which name; the ids come back as headers; an option wins."""
    headers = {
        "X-Sync-Data": "push",
        "X-Sync-Sources": "kashoo",
        "X-Tracking-ID": "t-1",
        "Idempotency-Key": "k-1",
    }
    response = await made.post(CREATE, {"input": new()}, headers=headers)
    payload = response.json()["data"]["createInvoice"]
    assert (payload["mode"], payload["clientKey"], payload["trackingId"]) == ("PUSH", "k-1", "t-1")
    assert [each["connection"]["id"] for each in payload["sources"]] == [KASHOO]
    assert (response.headers["X-Sync-ID"], response.headers["X-Tracking-ID"]) == (payload["syncId"], "t-1")

    before = made.log()
    options = {"sync": "NONE", "connections": ["trulysmall"]}
    other = {**headers, "Idempotency-Key": "k-2"}
    response = await made.post(CREATE, {"input": new(), "options": options}, headers=other)
    payload = response.json()["data"]["createInvoice"]
    assert (payload["mode"], payload["syncId"]) == ("NONE", None)
    assert [each["connection"]["id"] for each in payload["sources"]] == ["grand-tour-trulysmall"]
    assert "X-Sync-ID" not in response.headers
    assert [line for line in made.log()[len(before) :] if "trulysmall" in line] == []


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"X-Sync-Data": "pull"}, "X-Sync-Data"),
        ({"X-Sync-Data": "push", "X-Provider-Token": f"{KASHOO} theirs"}, "X-Provider-Token"),
        ({"Idempotency-Key": "two words"}, "Idempotency-Key"),
        ({"X-Tracking-ID": "x" * 129}, "X-Tracking-ID"),
    ],
)
async def test_headers_that_cannot_be_meant_are_a_400(
    made: Product, headers: dict[str, str], field: str
) -> None:
    """Said by their name before anything is asked of a provider."""
    calls = len(made.tape.sent)
    response = await made.post(CREATE, {"input": new(), "options": PLAN}, headers=headers)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", field)
    assert len(made.tape.sent) == calls


async def test_a_push_by_option_with_ones_own_token_is_refused(made: Product) -> None:
    """The same as by header: the job would outlive the token."""
    headers = {"X-Provider-Token": f"{KASHOO} theirs"}
    calls = len(made.tape.sent)
    answer = await made.ask(CREATE, {"input": new(), "options": WAIT}, headers=headers)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert len(made.tape.sent) == calls


async def test_mutations_of_one_operation_are_one_sync(made: Product) -> None:
    """Each is a part of it, in order; one Idempotency-Key cannot name them both."""
    text = f"""mutation($a: InvoiceCreate!, $b: InvoiceCreate!, $options: WriteOptions) {{
      a: createInvoice(company: "{COMPANY}", input: $a, options: $options) {PAYLOAD}
      b: createInvoice(company: "{COMPANY}", input: $b, options: $options) {PAYLOAD}
    }}"""
    given = {"a": new(), "b": new(), "options": WAIT}
    response = await made.post(text, given, headers={"X-Tracking-ID": "both"})
    found = response.json()["data"]
    assert found["a"]["syncId"] == found["b"]["syncId"] == response.headers["X-Sync-ID"]
    sync = "query($id: ID!) { sync(id: $id) { status trackingId parts { kind source { status } } } }"
    told = await made.done(sync, {"id": found["a"]["syncId"]})
    assert (told["status"], told["trackingId"]) == ("COMMITTED", "both")
    assert [part["source"]["status"] for part in told["parts"]] == ["COMMITTED", "COMMITTED"]

    response = await made.post(text, {**given, "a": new(), "b": new()}, headers={"Idempotency-Key": "one"})
    assert response.status_code == 400


async def test_a_token_ends(made: Product) -> None:
    """After a quarter of an hour nothing of the plan can be sent any more. The last test: time does not go back."""
    token = (await made.done(CREATE, {"input": new(), "options": PLAN}))["planToken"]
    await made.later(901)
    assert (await refused(made, token)).startswith("PLAN_TOKEN: this plan has ended")


async def test_each_write_is_one_line_of_the_audit_log(made: Product) -> None:
    """Who wrote what through which connection, as whom, and how it ended: ids and a digest, no value of the books."""
    given = new()
    with capture_logs() as lines:
        token = (await made.done(CREATE, {"input": given, "options": PLAN}))["planToken"]
        source = alone(await made.done(COMMIT, {"token": token}))
    [line] = [line for line in lines if line["event"] == "write"]

    assert (line["outcome"], line["kind"], line["verb"], line["by_tenant"]) == (
        "COMMITTED", "Invoice", "CREATE", "demo",
    )  # fmt: skip
    assert (line["connection"], line["native_id"]) == (
        source["connection"]["id"], source["record"]["source"]["nativeId"],
    )  # fmt: skip
    assert given["number"] not in str(lines)


async def test_what_a_job_reads_is_not_counted_once_more(made: Product) -> None:
    """A key that may ask once is counted when its operation comes in, and not again when its plan is carried out."""
    invoice = await made_invoice(made)
    await add_key(made.running.state, "once", tenant="demo", requests_per_second=0.001)

    given = {"id": invoice["id"], "input": {"memo": "Counted once"}, "options": WAIT}
    payload = await made.done(UPDATE, given, key="once")
    assert alone(payload)["status"] == "COMMITTED", payload
    again = alone(await made.done(UPDATE, given, key="once"))
    assert (again["status"], again["error"]["code"]) == ("BLOCKED", "RATE_LIMITED")


async def test_a_commit_ends_answers_that_are_kept(made: Product) -> None:
    """Whoever takes answers that are five minutes old sees a new invoice as soon as it is committed."""
    text = f"""query {{ company(key: "{COMPANY}") {{
      invoices(from: ["kashoo"], first: 200) {{ nodes {{ id }} }} }} }}"""
    old = {"Cache-Control": "max-age=300"}
    for _ in range(2):
        before = await made.ask(text, headers=old)
    assert "kept" in before["extensions"]
    invoice = await made_invoice(made)
    after = await made.ask(text, headers=old)

    ids = [{node["id"] for node in each["data"]["company"]["invoices"]["nodes"]} for each in (before, after)]
    assert "kept" not in after["extensions"]
    assert (invoice["id"] in ids[0], invoice["id"] in ids[1]) == (False, True)
