"""Everything else that is served: pages for linking, files, notifications, agents, figures, probes."""

from __future__ import annotations

import json
from typing import Any

from tests.edge.hostile.calling import (
    BAD,
    COSTLY,
    FORBIDDEN,
    LARGE,
    METHOD,
    NOWHERE,
    WRONG,
    Case,
    Door,
    Reply,
    get,
    query,
    raw,
    request,
)
from tests.edge.hostile.forged import BENT, ENTITY, Bent, asked, flipped

MCP = {"Accept": "application/json, text/event-stream", "Authorization": "Bearer lm_demo_read"}
FORM = "application/x-www-form-urlencoded"


def posted(name: str, path: str, body: bytes, says: str, **headers: str | None) -> Case:
    """A POST somewhere."""
    return raw(name, request(body, f"POST {path} HTTP/1.1", **headers), says)


def known(
    name: str, what: str, path: str, says: str, body: bytes | None = None, **headers: str | None
) -> Case:
    """The same below a path that is known, which stands for `*`."""

    def run(door: Door) -> Reply:
        place, method = path.replace("*", door.known[what]), "GET" if body is None else "POST"
        sent = request(body or b"", f"{method} {place} HTTP/1.1", **({"Authorization": None} | headers))
        return door.exchange(sent, method=method)

    return Case(name, run, says)


LINKS = (
    get("a link of nobody", "/connect/x", "404"),
    get("a link with only its prefix", "/connect/lm_link_", "404"),
    get("a link of fifty thousand", "/connect/lm_link_" + "A" * 50_000, "404"),
    get("a link of control characters", "/connect/%00%0d%0aSet-Cookie:%20a=b", "404"),
    get("a link of bytes that are no UTF-8", "/connect/%ff%fe", "404"),
    get("a colour that is code", "/connect/assets/colour-;}body{.css", NOWHERE),
    get("an asset that leaves", "/connect/assets/..%2f..%2fpage.py", NOWHERE),
    get("the status of a link of nobody", "/connect/x/status", "404"),
    get("a consent of nobody", "/connect/callback?state=x&code=y", "400"),
    get("a consent without anything", "/connect/callback", "400"),
    get("a consent of fifty thousand", "/connect/callback?state=" + "A" * 50_000, "400"),
    get("a consent that was refused in HTML", "/connect/callback?error=%3Cscript%3E&state=x", "400"),
    known("a link that is bent", "link", "/connect/*A", "404"),
    known("a step of nothing", "link", "/connect/*/step", "410", b"", Content_Type=FORM),
    known("a step of JSON", "link", "/connect/*/step", "410", b"{}"),
    known("a step of a megabyte", "link", "/connect/*/step", "410", b"a=" + b"x" * 1_000_000, Content_Type=FORM),
    known("a step of ten thousand fields", "link", "/connect/*/step", "410", b"a=1&" * 9_000, Content_Type=FORM),
    known("a step of bytes that are no UTF-8", "link", "/connect/*/step", "410", b"\xff=\xfe&%=%f", Content_Type=FORM),
    known("a step of a form with files",
          "link", "/connect/*/step", "410", b"--x--", Content_Type="multipart/form-data; boundary=x"),
    known("a provider of nobody", "link", "/connect/*/nobody/way", "404", b"a=b", Content_Type=FORM),
    known("a provider that leaves", "link", "/connect/*/..%2f..%2f/x", NOWHERE, b"a=b", Content_Type=FORM),
    known("a password without its form", "link", "/connect/*/kashoo/password", "409", b"password=x", Content_Type=FORM),
    known("a link in another language of a megabyte", "link", "/connect/*", "200", Accept_Language="de;q=0.1," * 9_000),
    known("a link in a frame of a stranger", "link", "/connect/*?display=<script>", "200"),
)  # fmt: skip

PERMISSIONS = (
    get("a file of nobody", "/files/x", "404 LINK_ENDED"),
    get("a file of fifty thousand", "/files/" + "A" * 50_000, "404 LINK_ENDED"),
    get("a file that leaves", "/files/..%2f..%2fetc%2fpasswd", NOWHERE),
    get("a file by HEAD", "/files/x", "404", "HEAD"),
    get("a file by POST", "/files/x", METHOD, "POST"),
    get("something handed to nobody", "/handed/x", NOWHERE),
    get("something handed of fifty thousand", "/handed/" + "A" * 50_000, NOWHERE),
    get("something handed that leaves", "/handed/..%2f..%2fetc%2fpasswd", NOWHERE),
    known("a plan as a file", "id", "/files/*", "404 LINK_ENDED"),
    known("a cursor as something handed", "cursor", "/handed/*", NOWHERE),
    posted("a notification of nobody", "/hooks/bossinsights/x", b"{}", NOWHERE),
    posted("a notification of a provider of nobody", "/hooks/nobody/x", b"{}", NOWHERE),
    posted("a notification of fifty thousand", "/hooks/bossinsights/" + "A" * 50_000, b"{}", NOWHERE),
    get("a notification by GET", "/hooks/bossinsights/x", METHOD),
    Case("a notification whose secret is bent", lambda door: door.exchange(
        request(b"{}", f"POST {flipped(door.known['hook'])} HTTP/1.1")), NOWHERE),
    known("a notification of nothing", "hook", "*", BAD, b""),
    known("a notification that is a list", "hook", "*", BAD, b"[]"),
    known("a notification that is deep", "hook", "*", BAD, b'{"a":' * 40_000),
    known("a notification of a megabyte", "hook", "*", LARGE, b"x" * 1_000_000),
    known("a notification of other kinds", "hook", "*", "202", json.dumps(
        {"event": ["x"] * 1_000, "accountId": {"a": 1}, "type": -1}).encode()),
)  # fmt: skip


def agent(name: str, body: Any, says: str, **headers: str | None) -> Case:
    """A message to the tools for agents."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return posted(name, "/mcp", content, says, **(MCP | headers))


def called(tool: str, **arguments: Any) -> dict[str, Any]:
    """A call of a tool."""
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }


def _begun(door: Door) -> Reply:
    """The status of a stream that has no end, whose reader then goes."""
    with door.connected() as wire:
        wire.sendall(request(b"", "GET /mcp HTTP/1.1", **MCP))
        return Reply(wire.recv(12).decode()[9:12])


AGENTS = (
    agent("an agent without a key", called("search"), "401 UNAUTHENTICATED", Authorization=None),
    agent("an agent with a key of nobody", called("search"), "401 UNAUTHENTICATED", Authorization="Bearer x"),
    agent("an agent's nothing", b"", "400"),
    agent("an agent's null", b"null", "400"),
    agent("an agent's noise", b"\xff\xfe", "400"),
    agent("an agent's deep JSON", b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + b"[" * 100_000, "400"),
    agent("an agent's twenty megabytes", b"x" * 20_000_000, "413"),
    agent("an agent's batch", [called("search")] * 1_000, "400"),
    agent("a method of nobody", {"jsonrpc": "2.0", "id": 1, "method": "x"}, "200"),
    agent("another protocol", {"jsonrpc": "1.0", "id": {"a": 1}, "method": 7}, "400"),
    agent("a tool of nobody", called("x"), "200"),
    agent("a tool with other arguments", called("search", query={"a": 1}, more=[1] * 1_000), "200"),
    agent("a session of nobody", called("search"), "200", Mcp_Session_Id="x" * 1_000),
    agent("a version of nobody", called("search"), "400", Mcp_Protocol_Version="x"),
    agent("a page that asks agents' tools", called("search"), "200", Origin="https://evil.test"),
    Case("agents by GET", _begun, "200|405"),
    get("agents by DELETE", "/mcp", "405", "DELETE"),
    agent("an agent that takes nothing", called("search"), "406", Accept="image/png"),
)  # fmt: skip

OTHERS = (
    get("figures by POST", "/metrics", METHOD, "POST"),
    get("figures from behind a proxy", "/metrics", "403 FORBIDDEN", X_Forwarded_For="1.2.3.4", Authorization=None),
    get("figures with a token of nobody",
        "/metrics", "403 FORBIDDEN", X_Forwarded_For="1.2.3.4", Authorization="Bearer x"),
    get("figures in ten thousand ways", "/metrics", "200", Accept=",".join(f"a/b{n};q=0.1" for n in range(9_000))),
    get("figures in a format of nobody", "/metrics", "200", Accept="application/openmetrics-text; version=9;;;=,"),
    get("readiness by DELETE", "/readyz", METHOD, "DELETE"),
    get("readiness of another host", "/readyz", "200", Host="evil.test"),
    get("readiness with a query of fifty thousand", "/readyz?" + "x" * 50_000, "200"),
    get("health by TRACE", "/healthz", METHOD, "TRACE"),
    get("a path of sixty thousand", "/" + "a" * 60_000, NOWHERE),
    get("a path of slashes", "/" * 5_000 + "graphql", NOWHERE),
    get("a slash too many", "/graphql/", NOWHERE),
    get("the endpoint in capitals", "/GRAPHQL", NOWHERE),
    get("the playground's file that leaves", "/assets/..%2f..%2f..%2fapp.py", NOWHERE),
    get("the source", "/ledgermesh/app.py", NOWHERE),
    get("a preflight of a stranger", "/graphql", "403 FORBIDDEN", "OPTIONS", Origin="https://evil.test",
        Access_Control_Request_Method="POST", Access_Control_Request_Headers="x" * 5_000),
    get("an origin of null", "/healthz", "200", Origin="null"),
    get("an origin of fifty thousand", "/healthz", "200", Origin="https://" + "x" * 50_000),
    get("a chain of proxies", "/healthz", "200", X_Forwarded_For="1.2.3.4, " * 10_000),
    get("a proxy of nobody", "/healthz", "200", Forwarded='for="[::1]";proto=https;host=evil.test'),
)  # fmt: skip

ENTITIES = "query A($x: [_Any!]!) { _entities(representations: $x) { __typename } }"


def _entity(how: str, bend: Bent) -> Case:
    """An entity by an id of ours, bent."""
    return Case(f"an entity's id {how}", lambda door: asked(door, ENTITY, bend(door.known["id"])), WRONG)


def entities(name: str, found: Any, says: str) -> Case:
    """Representations of a federation's router."""
    return query(name, ENTITIES, says, {"x": found})


FEDERATION = (
    entities("entities of nothing", [], "200"),
    entities("entities of null", None, WRONG),
    entities("entities without a type", [{"id": "x"}], WRONG),
    entities("entities of a type of nobody", [{"__typename": "Nobody", "id": "x"}], WRONG),
    entities("entities of an input", [{"__typename": "InvoiceCreate", "id": "x"}], WRONG),
    entities("entities of the query", [{"__typename": "Query", "id": "x"}], WRONG),
    entities("entities of dunders", [{"__typename": "__class__", "id": "__init__"}], WRONG),
    entities("entities without an id", [{"__typename": "Invoice"}], WRONG),
    entities("entities whose id is an object", [{"__typename": "Invoice", "id": {"a": [1] * 99}}], WRONG),
    entities("entities whose id is a number", [{"__typename": "Invoice", "id": 2**70}], WRONG),
    entities("entities with a thousand keys", [{"__typename": "Invoice", **{f"a{n}": n for n in range(1_000)}}], WRONG),
    entities("entities by the thousand", [{"__typename": "Invoice", "id": "x"}] * 5_000, COSTLY),
    entities("entities that are texts", ["x", 1, None], WRONG),
    entities("a company of another tenant", [{"__typename": "Company", "key": "zanzibar"}], FORBIDDEN),
    query("the service a hundred times", "{" + "".join(f"a{n}: _service {{ sdl }} " for n in range(59)) + "}", COSTLY),
    *(
        _entity(how, bend) for how, bend in BENT.items()
    ),
)  # fmt: skip

CASES = (*LINKS, *PERMISSIONS, *AGENTS, *OTHERS, *FEDERATION)
