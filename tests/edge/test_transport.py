"""How requests come: over proxies that are trusted or not, to names that are served or not, over https or not."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.edge.transport.values import Transport
from tests.edge.desk import BEARER, Desk, code, registry
from tests.states import KEYS

FAR = "203.0.113.7"
PROXY = "10.1.2.3"
PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
QUESTION: Mapping[str, Any] = {"json": {"query": "{ word }"}}


def app(transport: Transport | None = None, desk: Desk | None = None) -> Any:
    """A gateway with these rules."""
    answers = desk or Desk()
    who = Authenticator(registry(), KEYS, SystemClock())
    return application(answers=answers, who=who, sdl="", limits=Limits(), pages=[], transport=transport)


def caller(
    transport: Transport | None = None,
    *,
    peer: str = FAR,
    url: str = "http://gateway.test",
    desk: Desk | None = None,
    **headers: str,
) -> httpx.AsyncClient:
    """Somebody signed in, at this address, with these headers beside the key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    wire = httpx.ASGITransport(app(transport, desk), client=(peer, 50_000))
    return httpx.AsyncClient(transport=wire, base_url=url, headers=BEARER | named)


# -- plain http ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_ask_over_http(peer: str) -> None:
    """What never leaves it, nobody on the way can read."""
    async with caller(peer=peer) as http:
        assert (await http.post("/graphql", **QUESTION)).status_code == 200


@pytest.mark.parametrize("peer", [FAR, "192.168.1.4", PROXY, "2001:db8::1"])
async def test_others_credentials_over_http_are_refused(peer: str) -> None:
    """Before anybody looks whether they are good: the same for a good key, a bad one and a provider's token."""
    desk = Desk()
    for headers in (
        BEARER,
        {"Authorization": "Bearer nobody"},
        {"X-Provider-Token": "kashoo abc", "Authorization": ""},
    ):
        async with caller(peer=peer, desk=desk) as http:
            answer = await http.post("/graphql", **QUESTION, headers=headers)
        assert (answer.status_code, code(answer)) == (403, "HTTPS_REQUIRED")
        assert "www-authenticate" not in answer.headers
    assert desk.questions == []


async def test_pages_where_passwords_are_typed_are_not_shown_over_http() -> None:
    """A form that was read over http would be sent over http; what holds no secret is served."""
    async with caller() as http:
        http.headers.pop("authorization")
        assert code(await http.get("/connect/token")) == "HTTPS_REQUIRED"
        assert (await http.get("/schema.graphql")).status_code == 200
        assert code(await http.post("/graphql", **QUESTION)) == "UNAUTHENTICATED"


async def test_a_private_network_may_be_trusted() -> None:
    """By a setting; and https needs none."""
    async with caller(Transport(plain_http=True)) as http:
        assert (await http.post("/graphql", **QUESTION)).status_code == 200
    async with caller(url="https://gateway.test") as http:
        assert (await http.post("/graphql", **QUESTION)).status_code == 200


# -- proxies -------------------------------------------------------------------------------------------------------

HTTPS: dict[str, Any] = {"X_Forwarded_For": FAR, "X_Forwarded_Proto": "https"}


async def test_a_trusted_proxy_is_believed() -> None:
    """That its caller came over https, and which address is the caller's: in the log, and for what follows."""
    with capture_logs() as lines:
        async with caller(Transport(trusted_proxies=PROXIES), peer=PROXY, **HTTPS) as http:
            answer = await http.post("/graphql", **QUESTION)

    assert (answer.status_code, answer.headers["strict-transport-security"]) == (200, "max-age=31536000")
    [line] = [each for each in lines if each["event"] == "request"]
    assert line["client"] == FAR


async def test_nobody_else_is_believed() -> None:
    """Without a list, and from outside of it, the headers are as if they were not there."""
    for transport, peer in ((None, PROXY), (Transport(trusted_proxies=PROXIES), FAR), (None, "127.0.0.1")):
        with capture_logs() as lines:
            async with caller(transport, peer=peer, **HTTPS) as http:
                answer = await http.post("/graphql", **QUESTION)
        assert answer.status_code == (200 if peer == "127.0.0.1" else 403)
        assert "strict-transport-security" not in answer.headers
        assert [each["client"] for each in lines if each["event"] == "request"] == [peer]


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        (FAR, FAR),
        (f"1.1.1.1, {FAR}", FAR),
        (f"1.1.1.1, {FAR}, 10.9.9.9", FAR),
        ("10.8.8.8, 10.9.9.9", "10.8.8.8"),
        (f"127.0.0.1, {FAR}", FAR),
        ("nonsense", PROXY),
        ("", PROXY),
        ("unknown, 10.9.9.9", PROXY),
        ("2001:db8::1", "2001:db8::1"),
        (", ".join(["1.1.1.1"] * 5_000 + [FAR]), FAR),
    ],
)
async def test_the_caller_is_the_last_that_is_no_proxy(hops: str, found: str) -> None:
    """What stands before it, the caller may have written: a claim to be this machine opens nothing."""
    with capture_logs() as lines:
        async with caller(Transport(trusted_proxies=PROXIES), peer=PROXY, X_Forwarded_For=hops) as http:
            answer = await http.post("/graphql", **QUESTION)

    assert code(answer) == "HTTPS_REQUIRED"
    assert [each["client"] for each in lines if each["event"] == "request"] == [found]


@pytest.mark.parametrize(
    ("said", "status"), [("https", 200), ("http, https", 200), ("https, http", 403), ("ftp", 403)]
)
async def test_the_scheme_is_what_the_nearest_proxy_says(said: str, status: int) -> None:
    """Whatever its own caller has put before it."""
    headers: dict[str, Any] = {"X_Forwarded_For": FAR, "X_Forwarded_Proto": said}
    async with caller(Transport(trusted_proxies=PROXIES), peer=PROXY, **headers) as http:
        assert (await http.post("/graphql", **QUESTION)).status_code == status


# -- hosts ---------------------------------------------------------------------------------------------------------

NAMED = Transport(hosts=("gateway.example", "*.books.example", "[2001:db8::5]"), plain_http=True)


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("gateway.example", True),
        ("GATEWAY.example.:8443", True),
        ("a.books.example", True),
        ("a.b.books.example:80", True),
        ("[2001:db8::5]:8000", True),
        ("localhost:8000", True),
        ("127.0.0.1", True),
        ("[::1]:8000", True),
        ("books.example", False),
        ("notbooks.example", False),
        ("gateway.example.evil.test", False),
        ("evil.test", False),
        ("gateway.example@evil.test", False),
        ("gateway.example:80:80", False),
        ("gateway.example, evil.test", False),
        ("", False),
    ],
)
async def test_hosts_that_are_served(host: str, *, good: bool) -> None:
    """Those listed and this machine's own names; the port does not matter. Any, where none is listed."""
    async with caller(NAMED, Host=host) as http:
        answer = await http.post("/graphql", **QUESTION)
    assert answer.status_code == (200 if good else 421)
    if not good:
        assert code(answer) == "HOST_NOT_SERVED"
        assert "evil" not in answer.text
    async with caller(Transport(plain_http=True), Host=host or "any.test") as http:
        assert (await http.post("/graphql", **QUESTION)).status_code == 200


async def test_probes_ask_by_address() -> None:
    """Whoever watches the process knows no name of it."""
    async with caller(NAMED, Host="10.9.8.7:8000") as http:
        assert [(await http.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]
        assert (await http.get("/schema.graphql")).status_code == 421


async def test_a_trusted_proxy_says_the_host() -> None:
    """It may ask for its own name; others' word on it does not count."""
    given = Transport(hosts=NAMED.hosts, plain_http=True, trusted_proxies=PROXIES)
    for peer, status in ((PROXY, 200), (FAR, 421)):
        headers: dict[str, Any] = {"Host": "inner:8000", "X_Forwarded_Host": "gateway.example"}
        async with caller(given, peer=peer, **headers) as http:
            assert (await http.post("/graphql", **QUESTION)).status_code == status


# -- strict transport security -------------------------------------------------------------------------------------


async def test_browsers_that_came_over_https_stay_there() -> None:
    """On every answer, also on refusals; never over http, where anybody could have written it."""
    async with caller(url="https://gateway.test") as http:
        for path in ("/healthz", "/nowhere", "/graphql"):
            assert (await http.get(path)).headers["strict-transport-security"] == "max-age=31536000"
    async with caller(NAMED, url="https://evil.test") as http:
        assert "strict-transport-security" in (await http.get("/")).headers
    async with caller(peer="127.0.0.1") as http:
        assert "strict-transport-security" not in (await http.get("/healthz")).headers
    async with caller(Transport(hsts_seconds=0), url="https://gateway.test") as http:
        assert "strict-transport-security" not in (await http.get("/healthz")).headers


# -- sockets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "scheme", "host", "transport"),
    [(FAR, "ws", "gateway.test", None), (FAR, "wss", "evil.test", NAMED)],
)
async def test_a_socket_is_refused_like_a_request(
    peer: str, scheme: str, host: str, transport: Transport | None
) -> None:
    """Before it is accepted: a browser sees that the handshake failed, nobody sends a key over it."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "scheme": scheme, "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
        "headers": [(b"host", host.encode())], "client": (peer, 1), "server": ("gateway.test", 80),
        "subprotocols": ["graphql-transport-ws"],
    }  # fmt: skip
    await app(transport)(scope, receive, send)
    assert [each["type"] for each in sent] == ["websocket.close"]


# -- cross-site requests -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "text/plain; json",
    ],
)
async def test_no_page_elsewhere_can_make_a_browser_ask(media: str) -> None:
    """What a form or a script may post to another origin without asking first is not read, also with credentials that
    a browser would add by itself; and no mutation runs over GET.
    """
    desk = Desk()
    body = b'{"query": "mutation { write }"}'
    async with caller(peer="127.0.0.1", desk=desk, Origin="https://evil.test") as http:
        headers = {"Content-Type": media} if media else {}
        answer = await http.post("/graphql", content=body, headers=headers)
        assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert "access-control-allow-origin" not in answer.headers
        assert desk.questions == []
        got = await http.get("/graphql", params={"query": "mutation { write }"})
        assert (got.status_code, code(got)) == (405, "METHOD_NOT_ALLOWED")
        preflight = await http.options("/graphql", headers={"Access-Control-Request-Method": "POST"})
        assert preflight.status_code == 403
