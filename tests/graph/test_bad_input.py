"""What a caller gets wrong: a coded error that says what to do, no provider asked, nothing shown as an empty list."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ledgermesh.graph.question import Question
from tests.graph.demo import Demo, codes, demo_house

COMPANY = "maple-bakery"
PAGE = """
query Page($company: ID = "maple-bakery", $first: Int! = 5, $after: String, $where: InvoiceWhere,
           $order: [InvoiceOrder!], $from: [String!], $search: String) {
  company(key: $company) {
    invoices(first: $first, after: $after, where: $where, orderBy: $order, from: $from, search: $search) {
      nodes { id } edges { cursor } pageInfo { hasNextPage endCursor }
    }
  }
}
"""


async def refused(house: Demo, text: str, code: str, **variables: Any) -> dict[str, Any]:
    """Ask, and give the one error: it has this code and a remedy, no provider was asked, and no list is shown."""
    before = len(house.board.log)
    answer = await house.ask(text, **variables)
    assert codes(answer) == [code], answer
    error: dict[str, Any] = answer["errors"][0]
    assert len(house.board.log) == before, "a provider was asked"
    assert error["extensions"]["retryable"] is False
    assert error["extensions"]["remedy"]
    assert error["message"]
    company = (answer.get("data") or {}).get("company")
    assert not company or not any(company.values()), "a refused list is not an empty one"
    return error


@pytest.mark.parametrize("company", ["nobody", "", "Maple-Bakery", "x" * 500])
async def test_a_company_that_is_not_there(company: str) -> None:
    """An unknown account key is refused in the same words as one that the key does not reach."""
    async with demo_house() as house:
        code = "FORBIDDEN" if company else "BAD_USER_INPUT"
        error = await refused(house, PAGE, code, company=company)
    assert error["path"] == ["company"]


async def test_no_company_named() -> None:
    """Neither argument nor header: the message names both."""
    async with demo_house() as house:
        error = await refused(house, "{ company { invoices { nodes { id } } } }", "BAD_USER_INPUT")
    assert "X-Account-Key" in error["message"]


@pytest.mark.parametrize("first", [0, -1, 1001, 2**31 - 1])
async def test_a_page_size_out_of_bounds(first: int) -> None:
    """`first` is 1 to 1,000; the error names it."""
    async with demo_house() as house:
        error = await refused(house, PAGE, "BAD_USER_INPUT", first=first)
    assert error["extensions"]["field"] == "first"
    assert "1000" in error["message"]
    assert error["path"] == ["company", "invoices"]


@pytest.mark.parametrize("first", [2**31, 1.5, "5", None])
async def test_a_page_size_that_is_no_number(first: object) -> None:
    """What is no Int is refused before anything runs."""
    async with demo_house() as house:
        await refused(house, PAGE, "BAD_USER_INPUT", first=first)


async def _cursor(house: Demo, **variables: Any) -> str:
    answer = await house.ask(PAGE, **variables)
    assert "errors" not in answer
    cursor: str = answer["data"]["company"]["invoices"]["pageInfo"]["endCursor"]
    return cursor


@pytest.mark.parametrize(
    "other",
    [
        {"company": "grand-tour"},
        {"where": {"status": {"eq": "PAID"}}},
        {"order": [{"field": "DATE"}]},
        {"order": [{"field": "NUMBER"}, {"field": "DATE"}]},
        {"from": ["kashoo"]},
        {"search": "bread"},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_a_cursor_of_another_question(other: dict[str, Any]) -> None:
    """A cursor goes on with the question that made it, and with no other."""
    async with demo_house() as house:
        cursor = await _cursor(house)
        error = await refused(house, PAGE, "CURSOR_MISMATCH", after=cursor, **other)
    assert "after" in error["extensions"]["remedy"]


async def test_a_cursor_of_another_list() -> None:
    """Nor with another list of the same company."""
    async with demo_house() as house:
        cursor = await _cursor(house)
        text = (
            'query($after: String) { company(key: "maple-bakery") { bills(after: $after) { nodes { id } } } }'
        )
        await refused(house, text, "CURSOR_MISMATCH", after=cursor)


async def test_cursors_that_were_tampered_with() -> None:
    """Whatever byte of it is changed, cut off or added: not ours."""
    async with demo_house() as house:
        cursor = await _cursor(house)
        for place in range(0, len(cursor), max(len(cursor) // 40, 1)):
            changed = "A" if cursor[place] != "A" else "B"
            await refused(
                house, PAGE, "CURSOR_MISMATCH", after=cursor[:place] + changed + cursor[place + 1 :]
            )
        raw = base64.urlsafe_b64encode(b"\x01" * 60).decode()
        for broken in ("", "x", "é", cursor[:-4], cursor[4:], cursor + "AAAA", raw, "a" * 100_000, "\u0000"):
            await refused(house, PAGE, "CURSOR_MISMATCH", after=broken)


async def test_a_cursor_goes_on_with_another_page_size() -> None:
    """`first` is no part of the question: the pages of a list may be of different sizes."""
    async with demo_house() as house:
        answer = await house.ask(PAGE, after=await _cursor(house), first=50)
    assert "errors" not in answer
    assert len(answer["data"]["company"]["invoices"]["nodes"]) == 50


@pytest.mark.parametrize(
    "where",
    [
        {"colour": {"eq": "red"}},
        {"date": {"after": "2026-01-01"}},
        {"date": {"gte": "2026-02-30"}},
        {"date": {"gte": "1.2.2026"}},
        {"date": {"gte": 20260101}},
        {"date": {"gte": "2026-01-01T00:00:00Z"}},
        {"createdAt": {"gte": "2026-01-01T00:00:00"}},
        {"createdAt": {"lt": "yesterday"}},
        {"total": {"gt": "a lot"}},
        {"total": {"gt": "1,000.00", "currency": "CAD"}},
        {"total": {"gt": "NaN", "currency": "CAD"}},
        {"total": {"gt": "Infinity", "currency": "CAD"}},
        {"total": {"gt": "10", "currency": "dollars"}},
        {"status": {"eq": "OVERDUE"}},
        {"number": {"eq": 5}},
        {"party": {"eq": "not an id"}},
        {"party": {"in": ["AQE"]}},
        {"and": {"or": "x"}},
    ],
    ids=str,
)
async def test_a_condition_that_cannot_be_read(where: dict[str, Any]) -> None:
    """Unknown fields and operators, malformed dates, instants, money, words and ids are refused, not ignored."""
    async with demo_house() as house:
        await refused(house, PAGE, "BAD_USER_INPUT", where=where)


async def test_an_unknown_field_in_the_document() -> None:
    """Written into the document, an unknown filter field is a validation error."""
    async with demo_house() as house:
        text = (
            '{ company(key: "maple-bakery") { invoices(where: { colour: { eq: "red" } }) { nodes { id } } } }'
        )
        await refused(house, text, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    "where",
    [
        {"date": {"gte": "2026-03-01", "lte": "2026-02-01"}},
        {"date": {"gt": "2026-03-01", "lt": "2026-03-01"}},
        {"and": [{"dueDate": {"gt": "2026-03-01"}}, {"dueDate": {"lt": "2026-01-01"}}]},
        {"total": {"gte": "10", "lt": "10", "currency": "CAD"}},
        {"createdAt": {"gte": "2026-03-02", "lte": "2026-03-01"}},
    ],
    ids=str,
)
async def test_an_impossible_range(where: dict[str, Any]) -> None:
    """A range that nothing lies in is a mistake and not an empty list."""
    async with demo_house() as house:
        await refused(house, PAGE, "BAD_USER_INPUT", where=where)


async def test_a_day_is_a_range() -> None:
    """Both ends of a range are included: from a day to the same day is that day."""
    async with demo_house() as house:
        for field in ("date", "createdAt"):
            answer = await house.ask(PAGE, where={field: {"gte": "2026-11-13", "lte": "2026-11-13"}})
            assert "errors" not in answer


async def test_an_impossible_period_of_a_report() -> None:
    """Reports are asked for from a day to a later one, and for a quarter there is."""
    reports = """query($from: Date!, $to: Date!) { company(key: "maple-bakery") { reports
      { profitAndLoss(from: $from, to: $to) { status } } } }"""
    quarter = '{ company(key: "maple-bakery") { reports { taxSummary(period: "2026-Q5") { status } } } }'
    async with demo_house() as house:
        await _refused_report(house, reports, **{"from": "2026-03-01", "to": "2026-02-01"})
        await _refused_report(house, quarter)
        await refused(house, reports, "BAD_USER_INPUT", **{"from": "2026-02-30", "to": "2026-03-01"})


async def _refused_report(house: Demo, text: str, **variables: Any) -> None:
    before = len(house.board.log)
    answer = await house.ask(text, **variables)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert len(house.board.log) == before


@pytest.mark.parametrize("source", ["xero", "", "grand-tour-kashoo", "smallinvoice", "Kashoo"])
async def test_a_source_that_the_company_does_not_have(source: str) -> None:
    """`from` names providers or connections of this company; the error lists them."""
    async with demo_house() as house:
        error = await refused(house, PAGE, "BAD_USER_INPUT", **{"from": [source]})
    assert error["extensions"]["known"] == [
        "accountsos", "kashoo", "maple-bakery-accountsos", "maple-bakery-kashoo",
    ]  # fmt: skip


# -- ids ---------------------------------------------------------------------------------------------------------

IDS = """query Ids($company: ID!) { company(key: $company) {
  invoices(first: 1, from: ["kashoo"]) {
    nodes { id party { id } account { id } source { nativeId connection { id } } }
  } } }"""


async def _invoice(house: Demo, company: str) -> dict[str, Any]:
    answer = await house.ask(IDS, company=company)
    found: dict[str, Any] = answer["data"]["company"]["invoices"]["nodes"][0]
    return found


async def test_an_id_of_another_kind_or_company() -> None:
    """An id names one record of one company; asked for as anything else it is not found."""
    text = 'query One($id: ID!) { company(key: "maple-bakery") { invoice(id: $id) { id } } }'
    async with demo_house() as house:
        mine, other = await _invoice(house, COMPANY), await _invoice(house, "grand-tour")
        good = await house.ask(text, id=mine["id"])
        assert good["data"]["company"]["invoice"] == {"id": mine["id"]}
        await refused(house, text, "NOT_FOUND", id=mine["party"]["id"])
        await refused(house, text, "NOT_FOUND", id=other["id"])
        await refused(house, text, "BAD_USER_INPUT", id="not an id")
        await refused(house, text, "BAD_USER_INPUT", id=mine["id"][:-2] + "AA")


async def test_a_reference_to_another_kind_or_company() -> None:
    """In conditions too: a party is compared with a party of this company."""
    async with demo_house() as house:
        mine, other = await _invoice(house, COMPANY), await _invoice(house, "grand-tour")
        for strange in (mine["id"], mine["account"]["id"], other["party"]["id"]):
            for operator, value in (("eq", strange), ("in", [strange])):
                await refused(house, PAGE, "BAD_USER_INPUT", where={"party": {operator: value}})


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing"),
        {"id": "x", "number": "10001"},
        {"nativeId": "1"},
        {"nativeId": "1", "connection": "xero"},
        {"nativeId": "", "connection": "kashoo"},
        pytest.param({"nativeId": "a" * 5000, "connection": "kashoo"}, id="long"),
        {"nativeId": "1\u0000", "connection": "kashoo"},
    ],
    ids=str,
)
async def test_a_record_named_in_half(given: dict[str, Any]) -> None:
    """One record is named by id, by native id and connection, or by number: exactly one of them, and wholly."""
    text = """query One($id: ID, $nativeId: String, $connection: String, $number: String) {
      company(key: "maple-bakery") {
        invoice(id: $id, nativeId: $nativeId, connection: $connection, number: $number) { id }
      } }"""
    async with demo_house() as house:
        await refused(house, text, "BAD_USER_INPUT", **given)


async def test_a_native_id_cannot_leave_its_place_in_the_path() -> None:
    """Whatever stands in a native id, the request goes to the record's own path, and there is no such record."""
    text = """query One($id: String) { company(key: "maple-bakery") {
      invoice(nativeId: $id, connection: "kashoo") { id } } }"""
    async with demo_house() as house:
        await refused(house, text, "BAD_USER_INPUT", id="..")
        for id in ("../businesses", "1/../2", "1?limit=1", "1#x", "%2e%2e", "a b"):
            answer = await house.ask(text, id=id)
            assert answer["data"]["company"]["invoice"] is None
            assert all(
                seen.path.startswith("/api/records/") for seen in house.board.log if seen.method == "GET"
            )


async def test_a_number_that_several_records_have() -> None:
    """A number is unique in one source only; between several it is refused and says how to choose."""
    text = """query One($number: String, $connection: String) { company(key: "alpine-studio") {
      invoice(number: $number, connection: $connection) { number source { connection { id } } } } }"""
    async with demo_house() as house:
        answer = await house.ask(text, number="10007")
        assert codes(answer) == ["BAD_USER_INPUT"]
        assert "connection" in answer["errors"][0]["message"]
        assert answer["data"]["company"]["invoice"] is None
        one = await house.ask(text, number="10007", connection="smallinvoice")
        assert one["data"]["company"]["invoice"]["source"]["connection"]["id"] == "alpine-studio-smallinvoice"
        none = await house.ask(text, number="no such number")
        assert none["data"]["company"]["invoice"] is None
        assert "errors" not in none


async def test_a_number_is_not_missing_while_a_source_is_down() -> None:
    """Nothing was found but one source could not be asked: that is an error and not a null."""
    text = '{ company(key: "alpine-studio") { invoice(number: "no such number") { id } } }'
    async with demo_house() as house:
        house.down.add("smallinvoice")
        answer = await house.ask(text)
    assert codes(answer) == ["PROVIDER_UNAVAILABLE"]
    assert answer["errors"][0]["extensions"]["retryable"] is True


async def test_money_of_several_currencies_needs_a_currency() -> None:
    """Amounts in several currencies are compared only within one that is named."""
    async with demo_house() as house:
        for question in ({"where": {"total": {"gt": "100"}}}, {"order": [{"field": "TOTAL"}]}):
            answer = await house.ask(PAGE, company="grand-tour", first=1000, **question)
            assert codes(answer) == ["CURRENCY_REQUIRED"]
            assert len(answer["errors"][0]["extensions"]["currencies"]) == 2
            assert answer["data"]["company"] is None or answer["data"]["company"].get("invoices") is None
        answer = await house.ask(
            PAGE, company="grand-tour", where={"total": {"gt": "100", "currency": "CAD"}}
        )
        assert "errors" not in answer


@pytest.mark.parametrize(
    "text",
    ["", "{", "{ nothing }", "query A { viewer { name } } query B { viewer { name } }", "mutation { pay }"],
)
async def test_a_document_that_cannot_run(text: str) -> None:
    """Errors of the document have a code too, and no data beside them."""
    async with demo_house() as house:
        answer = await house.ask(text)
    assert "data" not in answer or answer["data"] is None
    assert codes(answer)
    assert all(
        code in ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT")
        for code in codes(answer)
    )


async def test_an_operation_that_is_not_there() -> None:
    """`operationName` names one of the document's operations."""
    async with demo_house() as house:
        principal = house.gateway.state.registry.principal("lm_demo_read")
        assert principal is not None
        question = Question(
            text="query A { viewer { name } }", operation="B", principal=principal, timeout_seconds=20.0
        )
        answer = await house.gateway.answers.answer(question)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert "data" not in answer


async def test_too_many_nodes_at_once() -> None:
    """`nodes` takes 100 ids."""
    async with demo_house() as house:
        answer = await house.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert answer["data"] is None
