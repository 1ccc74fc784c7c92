"""Answers that are kept: who gets one, what is told of it, and how old it may be."""

from __future__ import annotations

import pytest

from ledgermesh.state.entries import KeyEntry, digest
from tests.edge.keeping import BRIEF, COMPANY, GUEST, LIST, NARROW, OTHER, Keeping, kept
from tests.graph.demo import codes

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_kept_answer_costs_no_call_and_says_how_old_it_is(here: Keeping) -> None:
    """The same data, no line in `extensions.calls`, `Age` in whole seconds, and nothing for caches in between."""
    data, reads = await kept(here), here.demo.reads
    here.demo.clock.advance(41.7)
    answer = await here.ask(company=COMPANY)

    assert (answer.data, answer.kept, answer.came, here.demo.reads) == (data, 41, [], reads)
    assert answer.headers["age"] == "41"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-cost"].endswith("calls=0")
    assert {each["fetchedAt"] for each in answer.data["company"]["invoices"]["sources"]} == {
        each["fetchedAt"] for each in data["company"]["invoices"]["sources"]
    }


async def test_its_headers_are_the_requests_own(here: Keeping) -> None:
    """Each answer has its own id, echoes its caller's and says what is left of its caller's rate."""
    await kept(here)
    one = await here.ask(company=COMPANY, headers={"X-Request-Id": "mine", "X-Tracking-ID": "t-1"})
    two = await here.ask(company=COMPANY)

    assert (one.kept, one.headers["x-request-id"], one.headers["x-tracking-id"]) == (0, "mine", "t-1")
    assert two.headers["x-request-id"] not in ("", "mine")
    assert "x-tracking-id" not in two.headers
    assert int(one.headers["ratelimit-remaining"]) == int(two.headers["ratelimit-remaining"]) + 1


async def test_whoever_says_nothing_is_answered_live(here: Keeping) -> None:
    """Without max-age, with 0, no-cache and no-store the providers are asked; an older answer stays for others."""
    await kept(here)
    for said in (None, 0, "no-cache", "no-store", "max-age=60, no-cache"):
        answer = await here.ask(company=COMPANY, age=said)
        assert (answer.kept, set(answer.came)) == (None, {"MISS"}), said
        assert "age" not in answer.headers
    assert (await here.ask(company=COMPANY)).kept == 0


async def test_a_live_answer_is_not_kept(here: Keeping) -> None:
    """Only what was asked for with max-age is: others cost no memory."""
    before = here.demo.gateway.answers.kept.memory.size
    await here.ask(company=COMPANY, age=0)
    assert here.demo.gateway.answers.kept.memory.size == before


async def test_no_older_than_the_request_says(here: Keeping) -> None:
    """Second by second: at the age it is given, a moment later it is made again."""
    await kept(here)
    here.demo.clock.advance(30)
    assert (await here.ask(company=COMPANY, age=30)).kept == 30
    assert (await here.ask(company=COMPANY, age=29)).kept is None


async def test_nothing_is_older_than_five_minutes(here: Keeping) -> None:
    """However much a caller takes; then it is forgotten."""
    await kept(here, age=3_600)
    here.demo.clock.advance(300)
    assert (await here.ask(company=COMPANY, age=3_600)).kept == 300
    here.demo.clock.advance(2)
    await here.ask("{ viewer { id } }", age=60)
    assert here.demo.gateway.answers.kept.memory.find(("demo", "sandbox"), ("nothing",)) is None
    assert (await here.ask(company=COMPANY, age=3_600)).kept is None


async def test_its_age_is_that_of_its_oldest_part(here: Keeping) -> None:
    """Made of calls that were answered 50 s ago, it is 50 s old from the start, and says so."""
    await here.ask(company=COMPANY, age=0)
    await here.ask(company=COMPANY, age=60)  # reads what live requests do not leave behind
    here.demo.clock.advance(50)
    text = LIST.replace("number", "number date")  # another document over the same calls
    made = await here.ask(text, company=COMPANY)
    assert "HIT" in made.came
    assert made.headers["age"] == "50"
    again = await here.ask(text, company=COMPANY)
    assert (again.kept, again.headers["age"]) == (50, "50")
    here.demo.clock.advance(11)
    assert (await here.ask(text, company=COMPANY)).kept is None


async def test_the_smallest_promise_counts(here: Keeping) -> None:
    """`@fresh(maxAge:)` below the header's: the directive's; above it, the header's; alone it promises nothing here."""
    for said, header, allowed in ((20, 60, 20), (200, 60, 60)):
        here.later()
        text = LIST.replace("from: $from)", f"from: $from) @fresh(maxAge: {said})")
        await kept(here, text=text, age=header)
        here.demo.clock.advance(allowed)
        assert (await here.ask(text, company=COMPANY, age=header)).kept == allowed
        here.demo.clock.advance(1)
        assert (await here.ask(text, company=COMPANY, age=header)).kept is None
    here.later()
    text = LIST.replace("from: $from)", "from: $from) @fresh(maxAge: 60)")
    for _ in range(2):
        answer = await here.ask(text, company=COMPANY, age=None)
        assert answer.kept is None
    assert set(answer.came) <= {"HIT", "MISS"}, "the calls below are answered as the directive allows"


async def test_a_directive_that_takes_a_variable_is_not_kept(here: Keeping) -> None:
    """Its promise may differ from request to request; the calls below are answered by it, compiled or not."""
    text = LIST.replace("$company: ID,", "$company: ID, $old: Int,")
    text = text.replace("from: $from)", "from: $from) @fresh(maxAge: $old)")
    for _ in range(3):
        answer = await here.ask(text, company=COMPANY, old=50)
        assert answer.data["company"]["invoices"]["nodes"]
        assert answer.kept is None
    live = await here.ask(text, company=COMPANY, old=0)
    assert ("HIT" in answer.came, set(live.came)) == (True, {"MISS"})


async def test_get_and_post_and_named_documents_share(here: Keeping) -> None:
    """It is the same question, whichever way it comes, and in whichever media type."""
    data = await kept(here)
    got = await here.ask(company=COMPANY, get=True)
    other = await here.ask(company=COMPANY, headers={"Accept": "application/graphql-response+json"})
    assert (got.kept, other.kept) == (0, 0)
    assert got.data == other.data == data
    assert other.headers["content-type"].startswith("application/graphql-response+json")


async def test_variables_that_mean_the_same_share(here: Keeping) -> None:
    """In any order, and whatever else is sent that the document does not declare; others do not."""
    await kept(here, first=2)
    answer = await here.http.post(
        "/graphql", json={"query": LIST, "variables": {"unused": 7, "first": 2, "company": COMPANY}},
        headers={"Authorization": "Bearer lm_demo_read", "Cache-Control": "max-age=60"},
    )  # fmt: skip
    assert answer.json()["extensions"]["kept"] == {"age": 0}
    for variables in ({"first": 4}, {"first": 2, "from": ["kashoo"]}):
        assert (await here.ask(company=COMPANY, **variables)).kept is None
    text = await here.ask(company=COMPANY, first="2")
    assert codes(text.body) == ["BAD_USER_INPUT"], "the text of a number is no number"


async def test_the_header_that_names_the_company_counts(here: Keeping) -> None:
    """The same document about another company is another question."""
    text = LIST.replace("(key: $company)", "").replace("$company: ID, ", "")
    names = []
    for _ in range(2):
        for company in (COMPANY, "maple-bakery"):
            answer = await here.ask(text, headers={"X-Account-Key": company})
            names.append((answer.data["company"]["name"], answer.kept))
    assert [age for _, age in names] == [None, None, 0, 0]
    assert names[0][0] == names[2][0] != names[1][0] == names[3][0]


async def test_other_keys_of_the_tenant_with_the_same_rights_share(here: Keeping) -> None:
    """The bytes are the same for them; their rates are their own."""
    await kept(here)
    assert (await here.ask(company=COMPANY, key=OTHER)).kept == 0


@pytest.mark.parametrize("key", [GUEST, NARROW, "lm_demo_write"])
async def test_nobody_else_meets_it(here: Keeping, key: str) -> None:
    """Another tenant that sees the same company, and keys that reach or may do something else, are answered anew."""
    await kept(here)
    first, again = [await here.ask(company=COMPANY, key=key) for _ in range(2)]
    assert (first.kept, again.kept) == (None, 0)
    if key == GUEST:
        ids = [node["id"] for node in first.data["company"]["invoices"]["nodes"]]
        mine = (await here.ask(company=COMPANY)).data["company"]["invoices"]["nodes"]
        assert not set(ids) & {node["id"] for node in mine}, "ids are sealed for a tenant"
        assert set(first.came) == {"MISS"}


async def test_whoever_is_not_let_in_gets_nothing(here: Keeping) -> None:
    """A strange key and one that was revoked meanwhile, whatever is kept."""
    entry = KeyEntry(
        id="gone",
        digest=digest("lm_kept_gone"),
        tenant="demo",
        environment="sandbox",
        scopes=frozenset(("api.read",)),
    )
    directory = here.demo.gateway.state.directory
    await directory.add(entry)
    await kept(here, key="lm_kept_gone")
    await directory.change(KeyEntry, entry.place, lambda _: None)
    for key in ("lm_kept_gone", "lm_nobody"):
        answer = await here.ask(company=COMPANY, key=key)
        assert (answer.status, codes(answer.body)) == (401, ["UNAUTHENTICATED"])


async def test_it_counts_at_the_callers_rate(here: Keeping) -> None:
    """A key with one operation a second gets its second one refused, kept or not, and later it goes on."""
    here.demo.clock.advance(10)
    await kept(here)
    first = await here.ask(company=COMPANY, key=BRIEF)
    assert first.kept == 0
    answers = [await here.ask(company=COMPANY, key=BRIEF) for _ in range(3)]
    refused = [each for each in answers if each.status == 429]
    assert refused and all(each.kept is None for each in refused)
    assert {each["status"] for each in refused[-1].data["company"]["invoices"]["sources"]} == {"RATE_LIMITED"}
    assert "retry-after" in refused[-1].headers
    here.demo.clock.advance(5)
    assert (await here.ask(company=COMPANY, key=BRIEF)).kept == 5
