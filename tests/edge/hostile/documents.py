"""Documents that are small to send and large to look at, and values that no field can take."""

from __future__ import annotations

import json
import time

from graphql import get_introspection_query

from tests.bench.documents import FAMILIES
from tests.edge.hostile.calling import (
    BAD,
    COSTLY,
    FORBIDDEN,
    HEADS,
    INVALID,
    METHOD,
    UNPARSED,
    WRONG,
    Case,
    Door,
    Reply,
    get,
    query,
    request,
)

DEEP = "ofType { name " * 60 + "}" * 60
COMPANY = 'company(key: "maple-bakery")'


def family(at: int, says: str) -> Case:
    """The largest document of one of the families whose time is measured that fits into a body."""
    text, variables = FAMILIES[at](900_000)
    return query(f"large: {FAMILIES[at].__name__}", text, says, variables)


def below(at: int, says: str) -> Case:
    """The same just below the limit in bytes, where it is parsed."""
    text, variables = FAMILIES[at](45_000)
    return query(f"below the limit: {FAMILIES[at].__name__}", text, says, variables)


# The last family is deep JSON, which stands among the bodies.
WHOLE = tuple(family(at, "200 TOO_COSTLY|413 BODY_TOO_LARGE") for at in range(len(FAMILIES) - 1))
SMALLER = tuple(
    below(at, "200 TOO_COSTLY|200 GRAPHQL_PARSE_FAILED|200 BAD_USER_INPUT") for at in range(len(FAMILIES) - 1)
)


def _unheard(door: Door) -> Reply:
    """Everything that the schema is; the text is another every time, so that no answer can be kept."""
    text = f"# {time.monotonic_ns()}\n{get_introspection_query(input_value_deprecation=True)}"
    return door.exchange(request(json.dumps({"query": text}).encode()))


CYCLE = "fragment f on Query { ...f }"
AMPLIFIED = (
    query("a fragment of itself", "{ ...f } " + CYCLE, INVALID),
    query("fragments in a circle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", INVALID),
    query("a circle through fields", "{ node(id: 1) { ...a } } fragment a on Party { parent { ...a } }", INVALID),
    query("a fragment that is not there", "{ ...x }", INVALID),
    query("a thousand fragments",
          "{ ...f0 } " + "".join(f"fragment f{n} on Query {{ a }} " for n in range(900)), COSTLY),
    query("deep types", "{ __schema { types { " + DEEP + " } } }", COSTLY),
    query("introspection a hundred times", "{" + "".join(
        f"a{n}: __schema {{ types {{ fields {{ args {{ name }} }} }} }} " for n in range(50)) + "}", COSTLY),
    query("introspection of lists in lists", "{ __schema { types { fields { type { fields { type { fields { type "
          "{ fields { name } } } } } } } } } }", INVALID),
    Case("an introspection that nobody sent before", _unheard, "200"),
    query("a thousand operations", "".join(f"query a{n} {{ __typename }} " for n in range(900)), COSTLY),
    query("two operations without a name", "{ __typename } { __typename }", INVALID),
    query("ten thousand variables",
          "query A(" + "".join(f"$a{n}: Int " for n in range(900)) + ") { __typename }", INVALID),
    query("arguments a thousand times", "{ company(" + 'key: "a" ' * 900 + ") { name } }", INVALID),
    query("a directive again and again", "query @skip(if: false) " * 2 + "{ __typename }", UNPARSED),
    query("directives on every spread", "{ " + "...@include(if: true) { __typename } " * 180 + "}", COSTLY),
    query("a directive of nobody", "{ __typename @x }", INVALID),
    query("overlaps with arguments", "{" + "".join(f"a: node(id: {n}) {{ id }} " for n in range(250)) + "}", COSTLY),
    query("overlaps in fragments", "{" + "".join(f"...f{n % 20} " for n in range(190)) + "}" + "".join(
        f"fragment f{n} on Query {{ companies {{ name key }} }}" for n in range(20)), COSTLY),
    query("defer a hundred times", "{" + "... @defer { companies { name } } " * 100 + "}", COSTLY),
    query("defer inside of defer", "{" + "... @defer { " * 20 + "__typename" + "}" * 21, "200"),
    query("the same deferred label", '{ ... @defer(label: "a") { viewer { id } } ... @defer(label: "a") '
          "{ viewer { id } } }", INVALID, Accept="multipart/mixed"),
    query("defer in parts a hundred times", "{" + "... @defer { companies { name } } " * 100 + "}", COSTLY,
          Accept="multipart/mixed"),
    query("a definition of a type", "type Query { a: Int }", WRONG),
    query("an extension of a type", "extend type Query { a: Int } { a }", INVALID),
    query("only braces", "{" * 4_000, UNPARSED),
    query("only a comma", "," * 40_000, UNPARSED),
    query("a block string without an end", '{ node(id: """' + "x" * 40_000, UNPARSED),
    query("an escape that is none", '{ node(id: "\\q") { id } }', UNPARSED),
    query("a code point beyond all", '{ node(id: "\\u{110000}") { id } }', UNPARSED),
    query("a name of a megabyte", "{ " + "x" * 900_000 + " }", COSTLY),
    query("a name of thirty thousand", "{ " + "x" * 30_000 + " }", INVALID),
    query("a near miss of every name", "{ " + " ".join(f"companie{n}" for n in range(50)) + " }", INVALID),
    query("a subscription of two fields",
          "subscription { a: syncUpdated { cursor } b: syncUpdated { cursor } }", WRONG),
    query("a subscription without events", "subscription { syncUpdated { cursor } }", WRONG),
    query("sixty one fields at the top", "{" + "".join(f"a{n}: viewer {{ id }} " for n in range(61)) + "}", COSTLY),
)  # fmt: skip


def filtered(name: str, where: str, says: str) -> Case:
    """A list of invoices with a filter."""
    return query(name, f"{{ {COMPANY} {{ invoices(first: 1, where: {where}) {{ nodes {{ id }} }} }} }}", says)


def paged(name: str, arguments: str, says: str) -> Case:
    """A page of a list."""
    return query(name, f"{{ {COMPANY} {{ invoices({arguments}) {{ nodes {{ id }} }} }} }}", says)


LISTS = "".join(
    f"i{n}: invoices(first: 1000) {{ nodes {{ id lines {{ description }} }} }} " for n in range(60)
)
VALUES = (
    paged("a negative page", "first: -1", WRONG),
    paged("no page", "first: 0", WRONG),
    paged("a page of two billion", "first: 2147483647", WRONG),
    paged("a page beyond 32 bits", "first: 2147483648", INVALID),
    paged("a page of a thousand digits", "first: " + "9" * 1_000, INVALID),
    paged("a page that is a fraction", "first: 1.5", INVALID),
    paged("a page that is text", 'first: "1"', INVALID),
    filtered("a date out of the calendar", '{ date: { eq: "2026-02-30" } }', INVALID),
    filtered("a date before all", '{ date: { eq: "0000-00-00" } }', INVALID),
    filtered("the first of all dates", '{ date: { lt: "0001-01-01" } }', "200"),
    filtered("the last of all dates", '{ date: { gt: "9999-12-31" } }', "200"),
    filtered("a date in the year 99999", '{ date: { eq: "99999-01-01" } }', INVALID),
    filtered("a date of Arabic digits", '{ date: { eq: "\\u0662\\u0660\\u0662\\u0666-01-01" } }', INVALID),
    filtered("a date that is a megabyte", '{ date: { eq: "' + "1" * 40_000 + '" } }', INVALID),
    filtered("an amount of ten thousand digits", '{ total: { gt: "' + "9" * 10_000 + '" } }', INVALID),
    filtered("an amount with a huge exponent", '{ total: { gt: "1e999999999" } }', "200 CURRENCY_REQUIRED"),
    filtered("an amount with a tiny exponent", '{ total: { gt: "1e-999999999" } }', "200 CURRENCY_REQUIRED"),
    filtered("an amount that is not a number", '{ total: { gt: "NaN" } }', INVALID),
    filtered("an amount without end", '{ total: { gt: "Infinity" } }', INVALID),
    filtered("a filter in a filter", "{ and: [" * 12 + '{ date: { gt: "2026-01-01" } }' + "] }" * 12, "200"),
    filtered("a filter of a thousand parts", "{ or: [" + '{ number: { eq: "a" } } ' * 390 + "] }", COSTLY),
    query("a filter of six thousand parts in variables",
          "query A($w: InvoiceWhere) { " + COMPANY + " { invoices(first: 1, "
          "where: $w) { nodes { id } } } }", COSTLY, {"w": {"or": [{"number": {"eq": "a"}}] * 6_000}}),
    filtered("a list of a thousand", "{ number: { in: [" + '"a" ' * 3_000 + "] } }", WRONG),
    filtered("a pattern that doubles", '{ number: { contains: "' + "%_" * 5_000 + '" } }', "200"),
    filtered("text with NUL", '{ number: { eq: "\\u0000\\r\\n" } }', "200"),
    query("sixty lists of a thousand of every company", "{ companies { " + LISTS + "} }", COSTLY),
    query("a year of companies", "{ companies(keys: [" + '"x" ' * 3_000 + "]) { name } }", FORBIDDEN),
    query("ids by the thousand", "query A($ids: [ID!]!) { nodes(ids: $ids) { id } }", COSTLY, {"ids": ["1"] * 15_000}),
    query("explain a document of explain", "query A($q: String!) { explain(query: $q) { points } }", "200",
          {"q": '{ explain(query: "{ explain(query: \\"{ a }\\") { points } }") { points } }'}),
    query("explain something amplified", "query A($q: String!) { explain(query: $q) { points } }", COSTLY,
          {"q": "{ ...f0 } " + "".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }} " for n in range(190))}),
    query("explain with deep variables", 'query A($v: JSON) { explain(query: "{ a }", variables: $v) { points } }',
          WRONG, {"v": {"a": [[[[[[1]]]]]]}}),
    query("explain a megabyte", "query A($q: String!) { explain(query: $q) { points } }", COSTLY, {"q": "{" * 900_000}),
    query("a variable that is missing", "query A($id: ID!) { node(id: $id) { id } }", WRONG),
    query("a variable of another type", "query A($id: ID!) { node(id: $id) { id } }", WRONG, {"id": {"a": 1}}),
    query("a number of a thousand digits as id", "query A($id: ID!) { node(id: $id) { id } }", WRONG, {"id": 10**999}),
)  # fmt: skip


def address(name: str, asked: str, says: str, **headers: str | None) -> Case:
    """A GET of the endpoint."""
    return get(name, f"/graphql?{asked}", says, "GET", **headers)


GETS = (
    address("no query", "", BAD),
    address("a mutation", "query=mutation%20%7B%20commit(planToken%3A%22x%22)%20%7B%20mode%20%7D%20%7D", METHOD),
    address("a percent sign alone", "query=%", UNPARSED),
    address("a percent sign and half a byte", "query=%7B__typename%7D%f", UNPARSED),
    address("a percent-encoded byte that is none", "query=%ff%fe", UNPARSED),
    address("percent-encoded NUL", "query=%00%00", UNPARSED),
    address("variables that are no JSON", "query=%7B__typename%7D&variables=%7B", BAD),
    address("variables that are deep", "query=%7B__typename%7D&variables=" + "%5B" * 20_000, BAD),
    address("the query ten times", "&".join(["query=%7B__typename%7D"] * 10), "200"),
    address("five thousand parameters", "&".join(f"a{n}=1" for n in range(5_000)) + "&query=%7B__typename%7D", "200"),
    address("an address of a hundred thousand bytes", "query=" + "x" * 100_000, BAD),
    address("an address of a megabyte", "query=" + "x" * 1_000_000, HEADS),
    address("a subscription", "query=subscription%7BsyncUpdated%7Bcursor%7D%7D", WRONG),
    address("two companies", "query=%7B__typename%7D&X_ACCOUNT_KEY=a", BAD, X_Account_Key="b"),
    get("HEAD", "/graphql?query=%7B__typename%7D", "200", "HEAD"),
    *(get(f"method {name}", "/graphql", METHOD, name) for name in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")),
)  # fmt: skip

CASES = (*WHOLE, *SMALLER, *AMPLIFIED, *VALUES, *GETS)
