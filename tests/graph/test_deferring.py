"""`@defer` through the whole gateway: what is wanted first goes out first, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from graphql import (
    ConstDirectiveNode,
    FieldNode,
    InlineFragmentNode,
    NameNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from starlette.types import ASGIApp

from ledgermesh.edge.stream import Streams
from ledgermesh.graph.deferring import PLACES_MAX
from ledgermesh.sandbox.faults import Answer as Faulty
from tests.graph.acceptance import new
from tests.graph.demo import Demo, demo_house
from tests.graph.parted import APOLLO, APOLLO_NEWER, KEY, URQL, Held, app_of, asking, merged, merged_older
from tests.hands import settle
from tests.scenes.test_scenes import OPERATIONS, settled, variables

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = "application/json"
CREATE = """mutation($input: InvoiceCreate!) {
  createInvoice(company: "grand-tour", input: $input, options: {connections: ["kashoo"]}) {
    mode ... @defer { sources { status plan { steps { method url } } } } } }"""
GIVEN: dict[str, Any] = {"input": new(number="D-1")}
COMPANY = "grand-tour"
LATER = """query Later {
  company(key: "grand-tour") {
    name
    ... Books @defer(label: "books")
  }
}
fragment Books on Company {
  invoices(first: 2, from: ["smallinvoice"]) { nodes { number } sources { status error { code } } }
}"""
PLAIN = LATER.replace('@defer(label: "books")', "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Demo]:
    """The demo's books; tests switch their faults off again."""
    async with demo_house() as made:
        yield made


@pytest.fixture
def app(house: Demo) -> ASGIApp:
    """The edge before it."""
    house.board.clear()
    return app_of(house)


async def whole(app: ASGIApp, text: str, accept: str = JSON, *, key: str = KEY, **variables: Any) -> Any:
    """An answer that is one."""
    async with asking(app, text, accept, key=key, **variables) as exchange:
        assert exchange.headers["content-type"].startswith("application/")
        return await exchange.whole()


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        (APOLLO, "; deferSpec=20220824"),
        (APOLLO_NEWER, "; incrementalSpec=v0.2"),
        (URQL, ""),
    ],
)
async def test_the_first_part_waits_for_nobody(house: Demo, app: ASGIApp, accept: str, said: str) -> None:
    """The name is there while the provider has not answered; the invoices come when it has."""
    until = asyncio.Event()
    house.board.add(Held(provider="smallinvoice", until=until))

    async with asking(app, LATER, accept) as exchange:
        assert exchange.status == 200
        assert exchange.headers["content-type"] == f'multipart/mixed; boundary="-"{said}'
        first = await exchange.part()
        assert not until.is_set()
        assert first["data"] == {"company": {"name": "Grand Tour"}}
        assert first["hasNext"] is True and "extensions" not in first
        until.set()
        rest = await exchange.parts()

    put = merged_older if accept == APOLLO else merged
    answer = put([first, *rest])
    expected = await whole(app, PLAIN)
    assert answer["data"] == expected["data"]
    assert len(answer["data"]["company"]["invoices"]["nodes"]) == 2
    assert [part["hasNext"] for part in rest] == [True] * (len(rest) - 1) + [False]
    told = [step["connection"] for step in answer["extensions"]["calls"]]
    assert told == [step["connection"] for step in expected["extensions"]["calls"]]
    assert answer["extensions"]["compiled"] == "interpreted: @defer"


async def test_the_older_parts_name_path_and_label(app: ASGIApp) -> None:
    """As Apollo's clients read it: `incremental` has path, label and data, and nothing else is said."""
    async with asking(app, LATER, APOLLO) as exchange:
        first, later, last = await exchange.parts()

    assert set(first) == {"data", "hasNext"}
    [only] = later["incremental"]
    assert (only["path"], only["label"], set(only["data"])) == (["company"], "books", {"invoices"})
    assert set(last) == {"hasNext", "extensions"} and last["hasNext"] is False


async def test_the_newer_parts_name_what_is_pending(app: ASGIApp) -> None:
    """As the newest draft has it: an id for each fragment, which is told when it is complete."""
    async with asking(app, LATER, APOLLO_NEWER) as exchange:
        first, last = await exchange.parts()

    assert first["pending"] == [{"id": "0", "path": ["company"], "label": "books"}]
    assert [each["id"] for each in last["incremental"]] == ["0"]
    assert last["completed"] == [{"id": "0"}]


@pytest.mark.parametrize(
    "accept",
    [
        JSON,
        "application/json, multipart/mixed;q=0.5",
        "*/*",
        "multipart/mixed;deferSpec=20300101, application/json",
    ],
)
async def test_everything_at_once_for_others(app: ASGIApp, accept: str) -> None:
    """Who does not ask for parts, or for some that we do not write, gets one answer with everything in it."""
    answer = await whole(app, LATER, accept)

    assert answer["data"] == (await whole(app, PLAIN))["data"]
    assert answer["data"]["company"]["invoices"]["nodes"] and "hasNext" not in answer


async def test_nothing_deferred_is_plain_json(app: ASGIApp) -> None:
    """Parts are taken, but there is nothing to defer, or a variable says not to: one answer in JSON."""
    off = LATER.replace("query Later", "query Later($late: Boolean!)").replace(
        "@defer(", "@defer(if: $late, "
    )

    assert "hasNext" not in await whole(app, PLAIN, APOLLO)
    assert "hasNext" not in await whole(app, off, APOLLO, late=False)
    async with asking(app, off, APOLLO, late=True) as exchange:
        assert exchange.headers["content-type"].startswith("multipart/mixed")
        assert len(await exchange.parts()) == 3


async def test_only_parts_are_taken(app: ASGIApp) -> None:
    """Who takes nothing else gets an answer that is one as one part."""
    async with asking(app, PLAIN, "multipart/mixed") as exchange:
        [part] = await exchange.parts()

    assert part["hasNext"] is False and part["data"]["company"]["name"]


async def test_a_second_time_at_once_is_compiled(app: ASGIApp) -> None:
    """Without parts, a document that defers is compiled like any other, and says the same."""
    texts = [LATER.replace("Later", "Again")] * 3
    answers = [await whole(app, text) for text in texts]

    assert [each["extensions"]["compiled"].partition(":")[0] for each in answers] == [
        "interpreted", "compiled", "compiled",
    ]  # fmt: skip
    assert answers[0]["data"] == answers[1]["data"] == answers[2]["data"]


async def test_a_deferred_source_that_fails(house: Demo, app: ASGIApp) -> None:
    """Its verdict is in the part of its fragment; the first part has no error."""
    house.board.add(Faulty(provider="smallinvoice", status=500))

    async with asking(app, LATER, APOLLO_NEWER) as exchange:
        first, *rest = await exchange.parts()

    assert "errors" not in first
    [source] = merged([first, *rest])["data"]["company"]["invoices"]["sources"]
    assert source["status"] == "UNAVAILABLE" and source["error"]["code"]


@pytest.mark.parametrize("accept", [APOLLO, APOLLO_NEWER])
async def test_errors_of_a_fragment(app: ASGIApp, accept: str) -> None:
    """A deferred field that fails has its error, presented as all are, in its own part; a stranger's id here."""
    text = '{ providers { name } ... @defer { node(id: "nonsense") { id } } }'

    async with asking(app, text, accept) as exchange:
        first, *rest = await exchange.parts()

    answer = (merged_older if accept == APOLLO else merged)([first, *rest])
    [error] = answer["errors"]
    plain = await whole(app, text)
    assert error == plain["errors"][0] and error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "errors" not in first and answer["data"] == plain["data"]


@pytest.mark.parametrize("text", ["{ company(", "{ nothing ... @defer { providers { name } } }"])
async def test_refused_before_anything_is_deferred(app: ASGIApp, text: str) -> None:
    """What is not executed is refused in one answer, with the status that says so."""
    async with asking(app, f"{text} # @defer", APOLLO) as exchange:
        assert exchange.status == 400
        assert "data" not in await exchange.whole()


async def test_too_costly_is_refused(app: ASGIApp) -> None:
    """A deferred fragment costs what it costs without; the refusal comes before any call."""
    many = " ".join(f"f{index}: invoices(first: 1) {{ nodes {{ id }} }}" for index in range(290))
    text = f"{{ companies {{ name {many} }} }}"

    plain = await whole(app, text)
    late = await whole(app, text.replace(many, f"... @defer {{ {many} }}"), APOLLO)

    assert plain["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
    assert late["errors"] == plain["errors"]


async def test_not_on_subscriptions_and_roots_of_mutations(app: ASGIApp) -> None:
    """Both are refused as not valid; so is `@stream`, which is no directive of ours."""
    listens = "subscription { connectionChanged { ... @defer { id } } }"
    texts = [
        'mutation { ... @defer { revokeApiKey(id: "x") { id } } }',
        "{ providers @stream { name } }",
    ]
    for text in texts:
        answer = await whole(app, text, APOLLO)
        codes = {each["extensions"]["code"] for each in answer["errors"]}
        assert codes == {"GRAPHQL_VALIDATION_FAILED"}, text
    async with asking(app, listens, "text/event-stream") as exchange:
        assert b"GRAPHQL_VALIDATION_FAILED" in await _events(exchange)


async def test_who_leaves_ends_it(house: Demo) -> None:
    """After the first part the caller goes: what was being read is given up, and the stream counts no more."""
    house.board.clear()
    until, streams = asyncio.Event(), Streams(house.clock)
    house.board.add(Held(provider="smallinvoice", until=until))
    principal = house.gateway.state.registry.principal("lm_demo_read")
    assert principal is not None
    before = asyncio.all_tasks()

    async with asking(app_of(house, streams), LATER, APOLLO) as exchange:
        await exchange.part()
        assert streams.open(principal) == 1

    assert streams.open(principal) == 0
    assert asyncio.all_tasks() <= before


async def test_streams_of_a_key_are_counted(house: Demo) -> None:
    """An answer in parts is one of the streams that a key may have; the next one is refused as such."""
    house.board.clear()
    until = asyncio.Event()
    house.board.add(Held(provider="smallinvoice", until=until))
    app = app_of(house, Streams(house.clock, streams_max=1))

    async with asking(app, LATER, APOLLO) as one:
        await one.part()
        async with asking(app, LATER, APOLLO) as other:
            assert other.status == 429
            refused = await other.whole()
        until.set()
        await one.parts()

    assert refused["errors"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"


async def test_events_in_parts(app: ASGIApp) -> None:
    """Over server-sent events the parts are events, in the newest format unless the older one is asked for."""
    for accept, key in (("text/event-stream", "pending"), ("text/event-stream;deferSpec=20220824", "label")):
        async with asking(app, LATER, accept) as exchange:
            text = (await _events(exchange)).decode()
        found = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        assert found[0]["hasNext"] is True and found[-1]["hasNext"] is False
        assert key in text
        put = merged if key == "pending" else merged_older
        assert put(found)["data"] == (await whole(app, PLAIN))["data"]


async def _events(exchange: Any) -> bytes:
    found = b""
    while True:
        message = await exchange.sent.get()
        found += bytes(message["body"])
        if not message["more_body"]:
            return found


async def test_a_late_provider(house: Demo, app: ASGIApp) -> None:
    """The deadline holds for all parts together: what is later than that has its verdict in its own part."""
    house.board.add(Held(provider="smallinvoice", until=asyncio.Event()))

    async with asking(app, LATER, APOLLO_NEWER, seconds="0.05") as exchange:
        first, *rest = await exchange.parts()

    [source] = merged([first, *rest])["data"]["company"]["invoices"]["sources"]
    assert source["error"]["code"] == "TIMEOUT" and "errors" not in first


async def test_a_reader_who_takes_nothing(house: Demo, app: ASGIApp) -> None:
    """The next part is not written before the one before it was taken."""
    async with asking(app, LATER, APOLLO_NEWER, room=2) as exchange:
        await settle()
        assert exchange.sent.qsize() == 2  # the first part, and what waits behind it
        assert [part["hasNext"] for part in await exchange.parts()] == [True, False]


async def test_by_get(app: ASGIApp) -> None:
    """A query by GET is answered in parts as well; a mutation is not run, with the status that says so."""
    async with asking(app, LATER, APOLLO_NEWER, method="GET") as exchange:
        assert merged(await exchange.parts())["data"]["company"]["invoices"]["nodes"]
    async with asking(app, CREATE, APOLLO_NEWER, method="GET", key="lm_demo_write", **GIVEN) as exchange:
        assert (exchange.status, (await exchange.whole())["errors"][0]["extensions"]["code"]) == (
            405,
            "METHOD_NOT_ALLOWED",
        )


async def test_fields_of_a_change(house: Demo, app: ASGIApp) -> None:
    """What a mutation tells of itself may come later; it is carried out once."""
    async with asking(app, CREATE, APOLLO_NEWER, key="lm_demo_write", **GIVEN) as exchange:
        first, *rest = await exchange.parts()

    assert first["data"] == {"createInvoice": {"mode": "NONE"}}
    answer = merged([first, *rest])
    plain = await whole(app, CREATE.replace("@defer", ""), key="lm_demo_write", **GIVEN)
    assert answer["data"] == plain["data"] and answer["data"]["createInvoice"]["sources"][0]["plan"]


async def test_more_places_than_are_kept_track_of(app: ASGIApp) -> None:
    """Behind so many deferred places the others come with what is around them; nothing is lost."""
    text = """{ company(key: "grand-tour") { ... @defer { invoices(first: 400) { nodes {
      id ... @defer { number ... @defer { total { amount } } } ... @defer { date } } } } } }"""

    async with asking(app, text, APOLLO_NEWER) as exchange:
        parts = await exchange.parts()

    promised = sum(len(part.get("pending", ())) for part in parts)
    nodes = merged(parts)["data"]["company"]["invoices"]["nodes"]
    assert 100 < promised <= PLACES_MAX < 3 * len(nodes)
    assert nodes == (await whole(app, text))["data"]["company"]["invoices"]["nodes"]


def needed(answer: Any) -> list[tuple[str, str]]:
    """What was asked of providers, whether a call was made for it or it joined one that was on its way."""
    return sorted((step["connection"], step["path"]) for step in answer["extensions"]["calls"])


class Deferring(Visitor):
    """Puts `@defer` around every field that has fields; `every` so many of them."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self._every, self._met = every, 0

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        found = tuple(self._deferred(each) for each in node.selections)
        return SelectionSetNode(selections=found)

    def _deferred(self, node: Any) -> Any:
        if not isinstance(node, FieldNode) or node.selection_set is None:
            return node
        self._met += 1
        if self._met % self._every:
            return node
        directive = ConstDirectiveNode(name=NameNode(value="defer"), arguments=())
        inside = SelectionSetNode(selections=(node,))
        return InlineFragmentNode(directives=(directive,), selection_set=inside)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda path: path.stem)
async def test_parts_are_the_answer(house: Demo, app: ASGIApp, operation: Any) -> None:
    """Every example with `@defer` around all of its parts, and around every other: together they are its answer."""
    text, given = operation.read_text(), variables(operation)
    expected = await whole(app, text, **given)
    for every, accept, put in ((1, APOLLO_NEWER, merged), (1, APOLLO, merged_older), (2, URQL, merged)):
        deferred = print_ast(visit(parse(text), Deferring(every)))
        async with asking(app, deferred, accept, **given) as exchange:
            answer = put(await exchange.parts())
        assert settled(answer["data"]) == settled(expected["data"])
        assert answer["errors"] == expected.get("errors", [])
        assert needed(answer) == needed(expected)
