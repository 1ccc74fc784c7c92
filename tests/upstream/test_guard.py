"""Addresses that tenants give."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import pytest

from ledgermesh.errors import BadInput, ConfigurationError, NeedsConfig
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.upstream.guard import (
    Barred,
    Guard,
    Way,
    check,
    fits,
    looked_up,
    make_guard,
    origins,
    public,
    read,
    split,
)
from ledgermesh.upstream.wire import Unreachable, Wire
from ledgermesh.upstream.wire_http1 import GuardedWire

from .wires import WireContract, get, serving, whole

LOOPBACK = ("127.0.0.0/8", "::1/128")


class Names:
    """Names as a test says; each lookup of a name takes the next of its answers, the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): deque(each) for name, each in answers.items()}
        self.asked = 0

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        found = self._answers.get(host.lower())
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return found.popleft() if len(found) > 1 else found[0]


@asynccontextmanager
async def guarded(guard: Guard, names: Names | None = None) -> AsyncIterator[GuardedWire]:
    """A guarded wire, closed in the end."""
    wire = GuardedWire(guard, lookup=looked_up if names is None else names.addresses)
    try:
        yield wire
    finally:
        await wire.close()


@asynccontextmanager
async def receiving(*hosts: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[str]]]:
    """A port at several addresses, and at which of them somebody connected."""
    reached: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer.get_extra_info("sockname")[0])
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(whole(b"{}"))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    first = await asyncio.start_server(connected, hosts[0], 0, ssl=tls)
    port = first.sockets[0].getsockname()[1]
    servers = [first] + [await asyncio.start_server(connected, host, port, ssl=tls) for host in hosts[1:]]
    yield port, reached
    for server in servers:
        server.close()


class TestGuardedWire(WireContract):
    """With the operator's leave for this machine it is a wire like any other: no redirects, no cookies, kept alive."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        """Loopback allowed."""
        async with guarded(make_guard(LOOPBACK)) as wire:
            yield wire

    async def test_nobody_there_is_unreachable(self, wire: Wire) -> None:
        """A closed port is unreachable; what is no address at all is refused before anything is tried."""
        async with serving(lambda _head, writer: asyncio.sleep(0)) as url:
            pass
        with pytest.raises(Unreachable):
            await wire.send(get(url))
        for broken in (get("http:///"), get("ftp://127.0.0.1/")):
            with pytest.raises(NeedsConfig):
                await wire.send(broken)


PRIVATE = (
    "0.0.0.0",  # noqa: S104  # nothing is bound to it
    "127.0.0.1", "127.8.9.10", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "203.0.113.9", "192.88.99.1",
    "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2002:c0a8:101::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001::1", "100::1",
    "3fff::1", "5f00::1", "2001:20::1",
)  # fmt: skip
PUBLIC = (
    "8.8.8.8", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.1.1", "223.255.255.255",
    "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_private_address_is_called(address: str) -> None:
    """Neither written in the URL nor behind a name: loopback, private, metadata, shared, multicast, reserved, and
    each of them inside an IPv6 address.
    """
    literal = f"[{address}]" if ":" in address else address
    names = Names(hook_example=[[address]])
    async with guarded(Guard(), names) as wire:
        for host in (literal, "hook.example"):
            with pytest.raises(NeedsConfig) as caught:
                await wire.send(get(f"https://{host}/"))
            assert host in caught.value.message or "stands for an address" in caught.value.message
            assert (address in caught.value.message) == (host == literal)
    assert not public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
async def test_public_addresses_may_be_called(address: str) -> None:
    """Just outside the ranges that are barred, and an IPv6 address that stands for a public IPv4 one."""
    guard, literal = Guard(), f"[{address}]" if ":" in address else address

    assert guard.way(f"https://{literal}/x") is Way.OPEN
    assert guard.may(ipaddress.ip_address(address), Way.OPEN)
    await check(guard, "https://hook.example/", lookup=Names(hook_example=[[address]]).addresses)


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/", "https://0177.0.0.1/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/",
        "https://127.0.0.1./", "https://017700000001/", "https://1.2.3.256/", "https://hook.0x7f/",
        "https://[::1%25lo]/", "https://[::ffff:127.0.0.1]/", "https://[127.0.0.1]/", "https://[0:0:0:0:0:0:0:1]/",
        "http://hook.example/", "https://hook.example:8443/", "https://hook.example:80/", "https://hook.example:0/",
        "https://hook.example:65536/", "https://hook.example:/", "ftp://hook.example/", "file:///etc/passwd",
        "gopher://hook.example/", "//hook.example/", "hook.example", "", "https:///x", "https:/hook.example",
        "https://user@hook.example/", "https://user:word@hook.example/", "https://hook.example@127.0.0.1/",
        "https://127.0.0.1#@hook.example/", "https://127.0.0.1\\@hook.example/", "https://hook.example\\x/",
        "https://hook.example./", "https://.hook.example/", "https://hook..example/", "https://-hook.example/",
        "https://h\u00f6\u00f6k.example/", "https://\uff11\uff12\uff17.0.0.1/", "https://hook\u3002example/",
        "https://ex\u0430mple.com/", "https://hook%2eexample/", "https://127%2e0.0.1/", "https://hook.example/\u00fc",
        "https://hook.example/a b", " https://hook.example/", "https://hook.example/\n", "https://ho\tok.example/",
        f"https://{'a' * 64}.example/", f"https://{'a.' * 127}example/",
    ],
)  # fmt: skip
async def test_what_is_not_plainly_https_to_a_name_is_refused(url: str) -> None:
    """Numbers in odd spellings, other schemes and ports, user names, letters that look or count like others; the
    name is not even looked up.
    """
    names = Names(hook_example=[["8.8.8.8"]])
    async with guarded(Guard(), names) as wire:
        with pytest.raises(NeedsConfig):
            await wire.send(get(url))
        with pytest.raises(BadInput) as caught:
            await check(Guard(), url, what="url", lookup=names.addresses)
    assert caught.value.details == {"field": "url"}
    assert names.asked == 0


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
async def test_this_machine_by_name(name: str) -> None:
    """The system's own resolver says that it is this machine, or does not know it; both are refused."""
    with pytest.raises(BadInput):
        await check(Guard(), f"https://{name}/")


async def test_a_name_that_changes_its_mind_is_caught_at_the_connection() -> None:
    """Public when the tenant gave it, this machine when it is called: nobody connects."""
    names = Names(hook_example=[["8.8.8.8"], ["127.0.0.1"]])
    async with receiving("127.0.0.1") as (port, reached):
        rebinding = Guard(ports=frozenset((port,)))
        await check(rebinding, f"https://hook.example:{port}/", lookup=names.addresses)
        async with guarded(rebinding, names) as wire:
            with pytest.raises(NeedsConfig):
                await wire.send(get(f"https://hook.example:{port}/"))
    assert (reached, names.asked) == ([], 2)


async def test_of_several_addresses_only_good_ones_are_tried() -> None:
    """A name with an allowed and a barred address leads to the allowed one, whichever comes first."""
    for answer in (["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]):
        names = Names(hook_example=[answer])
        inside = make_guard(("127.0.0.2/32",))
        async with receiving("127.0.0.1", "127.0.0.2") as (port, reached), guarded(inside, names) as wire:
            assert (await wire.send(get(f"http://hook.example:{port}/"))).status == 200
        assert reached == ["127.0.0.2"]


async def test_what_the_operator_allows_goes_over_http_and_any_port() -> None:
    """By name and by number; what stands beside the allowed network stays barred, and so is http to the public."""
    names = Names(hook_example=[["127.0.0.2"]], other_example=[["127.0.0.1"]], far_example=[["8.8.8.8"]])
    inside = make_guard(("127.0.0.2/32",))
    async with receiving("127.0.0.1", "127.0.0.2") as (port, reached), guarded(inside, names) as wire:
        for host in ("hook.example", "127.0.0.2"):
            assert (await wire.send(get(f"http://{host}:{port}/"))).status == 200
            await check(inside, f"http://{host}:{port}/", lookup=names.addresses)
        for host in ("other.example", "far.example", "127.0.0.1", "8.8.8.8"):
            with pytest.raises(NeedsConfig):
                await wire.send(get(f"http://{host}:{port}/"))
            with pytest.raises(BadInput):
                await check(inside, f"http://{host}:{port}/", lookup=names.addresses)
    assert reached == ["127.0.0.2"] * 2


async def test_an_origin_of_the_operator_s_own_is_not_guarded() -> None:
    """That very scheme, host and port; another port of the same host is guarded."""
    names = Names(books_internal=[["127.0.0.1"]])
    async with receiving("127.0.0.1") as (port, reached):
        own = make_guard(own=origins((f"http://books.internal:{port}/api", f"http://127.0.0.1:{port}")))
        async with guarded(own, names) as wire:
            for host in ("books.internal", "127.0.0.1", "BOOKS.internal"):
                assert (await wire.send(get(f"http://{host}:{port}/"))).status == 200
            for url in (f"http://books.internal:{port + 1}/", f"https://127.0.0.1:{port}/"):
                with pytest.raises(NeedsConfig):
                    await wire.send(get(url))
    assert len(reached) == 3


async def test_a_connection_that_the_operator_s_origin_keeps_alive_is_no_way_in() -> None:
    """A kept connection is found by its host; the guarded ways do not share the unguarded ones."""
    names = Names(hook_example=[["127.0.0.1"]])

    async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(whole(b"{}"))

    async with serving(answer) as url:
        port = int(url.rpartition(":")[2])
        own = {f"http://hook.example:{port}"}
        async with guarded(make_guard(("10.0.0.0/8",), own=own), names) as wire:
            assert (await wire.send(get(f"http://hook.example:{port}/"))).status == 200
            own.clear()
            with pytest.raises(NeedsConfig):
                await wire.send(get(f"http://hook.example:{port}/"))


async def test_a_redirect_inwards_is_not_followed() -> None:
    """It is an answer like any other; nothing listens to where it points."""
    async with receiving("127.0.0.1") as (secret, reached):

        async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
            place = b"Location: http://127.0.0.1:%d/latest/meta-data" % secret
            writer.write(whole(b"", place, status=b"307 Temporary Redirect"))

        async with serving(answer) as url, guarded(make_guard(("127.0.0.0/8",))) as wire:
            assert (await wire.send(get(url))).status == 307
    assert reached == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name anew, where nobody looks."""
    names = Names(hook_example=[["127.0.0.2"]])
    async with receiving("127.0.0.1", "127.0.0.2") as (port, reached):
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        async with guarded(make_guard(("127.0.0.2/32",)), names) as wire:
            await wire.send(get(f"http://hook.example:{port}/"))
    assert reached == ["127.0.0.2"]


async def test_a_certificate_that_nobody_trusts_ends_the_call() -> None:
    """Also where the operator allows the address."""
    tls = self_signed(("hook.example",), dt.datetime.now(dt.UTC)).context()
    names = Names(hook_example=[["127.0.0.1"]])
    async with receiving("127.0.0.1", tls=tls) as (port, _), guarded(make_guard(LOOPBACK), names) as wire:
        with pytest.raises(Unreachable):
            await wire.send(get(f"https://hook.example:{port}/"))


async def test_a_name_that_nobody_knows() -> None:
    """Bad input when it is given; later the receiver cannot be reached, which is no matter of settings."""
    names = Names()
    with pytest.raises(BadInput, match="nobody knows gone.example"):
        await check(Guard(), "https://gone.example/", lookup=names.addresses)
    async with guarded(Guard(), names) as wire:
        with pytest.raises(Unreachable):
            await wire.send(get("https://gone.example/"))


async def test_a_slow_resolver_is_not_waited_for_by_the_guard_alone() -> None:
    """A lookup that times out is a name that nobody knows."""

    async def slow(host: str, port: int) -> Sequence[str]:
        raise TimeoutError

    with pytest.raises(BadInput, match="nobody knows"):
        await check(Guard(), "https://slow.example/", lookup=slow)


def test_networks_are_networks() -> None:
    """A network with bits of a host, or none at all, is the operator's mistake."""
    for wrong in ("10.1.2.3/16", "localhost", ""):
        with pytest.raises(ConfigurationError):
            make_guard((wrong,))


def test_origins_say_their_port() -> None:
    """In lower case; what is no plain address has no origin."""
    given: Iterable[str] = ("https://API.example/v2", "http://[::1]:8100", "http://user@host/", "nonsense")

    assert origins(given) == {"https://api.example:443", "http://[::1]:8100"}
    with pytest.raises(Barred):
        read("http://user@host/")


@pytest.mark.parametrize(
    ("pattern", "host", "good"),
    [
        ("https://api.kashoo.com/api", "api.kashoo.com", True),
        ("https://api.kashoo.com/api", "API.Kashoo.com", True),
        ("https://api.kashoo.com/api", "apixkashoo.com", False),
        ("https://api.kashoo.com/api", "api.kashoo.com.evil.example", False),
        ("https://{subdomain}.acme.example/api", "maple.acme.example", True),
        ("https://{subdomain}.acme.example/api", "a.b.acme.example", True),
        ("https://{subdomain}.acme.example/api", "acme.example", False),
        ("https://{subdomain}.acme.example/api", ".acme.example", False),
        ("https://{subdomain}.acme.example/api", "evil.example/.acme.example", False),
        ("https://{subdomain}.acme.example/api", "evil.example#.acme.example", False),
        ("https://{subdomain}.acme.example/api", "user@maple.acme.example", False),
        ("https://{subdomain}.acme.example/api", "maple.acme.example\n", False),
        ("https://{sub}.{root}/api", "maple.insights.example", True),
        ("https://{sub}.{root}/api", "maple", False),
    ],
)
def test_a_host_is_one_of_the_definition_s_or_not(pattern: str, host: str, good: bool) -> None:
    """A setting stands for labels of a name, never for more of an address."""
    assert fits(pattern, host) is good


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://acme.example/v1/invoices?limit=10", ("https://acme.example", "/v1/invoices?limit=10")),
        ("http://a/b", ("http://a", "/b")),
        ("HTTP://A:80/b#c", ("HTTP://A:80", "/b")),
        ("https://[::1]:8443/~x/!", ("https://[::1]:8443", "/~x/!")),
        ("https://acme.example", ("https://acme.example", "/")),
        ("https://acme.example?a=/b", ("https://acme.example", "/?a=/b")),
        ("https://acme.example#/b", ("https://acme.example", "/")),
        ("https://acme.example//b?c#d#e", ("https://acme.example", "//b?c")),
        ("https:///b", None),
        ("http:///b/c", None),
        ("https://user@acme.example/b", None),
        ("https://acme.example\\/b", None),
        ("https://acme.example /b", None),
        ("https://acme.example/b c", None),
        ("https://acme.example/b\n", None),
        ("https://acme.example/b\x7f", None),
        ("https://acme.example/\u00e9", None),
        ("https://\u00e9.example/b", None),
        ("https://acme.example:123456/b", None),
        ("ftp://acme.example/b", None),
        ("/b", None),
        ("", None),
    ],
)
def test_an_address_is_parted_only_where_it_is_plain(url: str, parts: tuple[str, str] | None) -> None:
    """Site and target, the same the second time; what is not plain is barred each time."""
    for _ in range(2):
        if parts is None:
            with pytest.raises(Barred):
                split(url)
        else:
            assert split(url) == parts
