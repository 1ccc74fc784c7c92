"""A call to a provider, its answer, and the one shape that every layer has."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypedDict, Unpack

import msgspec

from ledgermesh.errors import LedgermeshError
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.shapes import Shape
from ledgermesh.state.base import Secret
from ledgermesh.upstream.deadline import Until


@dataclass(frozen=True, slots=True)
class Link:
    """One company's connection as the upstream layers see it: who asks whom, in whose name."""

    tenant: str
    environment: str
    """live or sandbox; never meet."""
    connection: str
    provider: Provider
    base_url: str
    """Without a trailing slash. The provider's own unless the operator overrides it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of this connection, for example `business_id`. Nothing secret."""
    generation: int = 0
    """Raised by whatever makes older answers wrong (a write, a webhook, a disconnect); part of every cache key."""
    owner: str = ""
    """The tenant that linked the connection, under whose name the grant is kept; empty for the asking tenant."""
    token: Secret | None = None
    """The caller's own, for this request alone, instead of the grant. Never stored."""

    granted: tuple[str, str, str] = field(init=False, repr=False, compare=False)
    """Where the grant is kept: owner, environment, connection."""
    token_digest: str = field(init=False, repr=False, compare=False)
    """Part of every key that leads to data or to what is known of the connection; empty without a token."""

    def __post_init__(self) -> None:
        # Every layer asks for these.
        token = self.token
        digest = "" if token is None else hashlib.sha256(token.reveal().encode()).hexdigest()
        object.__setattr__(self, "granted", (self.owner or self.tenant, self.environment, self.connection))
        object.__setattr__(self, "token_digest", digest)


@dataclass(frozen=True, slots=True)
class Fresh:
    """How old an answer the caller takes."""

    max_age_seconds: float = 0.0
    """0 is live: only flights already in the air may be joined."""
    no_cache: bool = False
    """Join only flights that started after this request arrived."""
    stale_seconds: float = 0.0
    """How old an answer may be that is given because the provider fails; 0 is none."""


class Found(TypedDict, total=False):
    """What may be another on the way, the most part added by layers."""

    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    binary: bool
    shape: Shape | None
    attempt: int
    trace: Trace | None
    until: Until | None
    waited: float
    listen: Callable[[Mapping[str, str]], None] | None
    left: Callable[[], int | None] | None
    signature: tuple[tuple[str, Secret], ...]


class Call(msgspec.Struct, frozen=True):
    """One request to one provider, as a value."""

    link: Link
    method: str
    path: str
    """Below the base URL, with ids filled in and percent-encoded, for example `/businesses/7/accounts`."""
    template: str
    """The path as the documents print it, for logs and `extensions.calls`; holds no id."""
    deadline: float
    """On the clock's monotonic scale, in seconds."""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    fresh: Fresh = Fresh()
    arrived: float = 0.0
    """When the caller's request arrived, monotonic seconds."""
    attempt: int = 1
    trace: Trace | None = None
    keep: bool = True
    """Whether the answer may be kept in memory for callers who take it older than live."""
    empty: bool = False
    """Whether an empty body is a good answer."""
    binary: bool = False
    """Whether the answer is a file and no JSON; it has no document."""
    shape: Shape | None = None
    """What the answer's document usually looks like. Not part of its key: who joins the call reads either."""
    until: Until | None = None
    """Set while flying for several callers: the longest of their deadlines counts."""
    waited: float = 0.0
    """Set by pace: seconds spent waiting for the provider's budget."""
    listen: Callable[[Mapping[str, str]], None] | None = None
    """Set by pace: told the headers of every answer, good or bad."""
    left: Callable[[], int | None] | None = None
    """Set by pace: how many more calls the provider's budget allows now."""
    signature: tuple[tuple[str, Secret], ...] = ()
    """Set by sign: the headers that let us in."""

    @property
    def ends(self) -> float:
        """The deadline that layers go by, in monotonic seconds; it may move later while several wait."""
        return self.deadline if self.until is None else self.until.at

    @property
    def safe(self) -> bool:
        """Whether it may be sent again without a second effect."""
        return self.method in ("GET", "HEAD")

    def but(self, **found: Unpack[Found]) -> Call:
        """The same call with this added."""
        return msgspec.structs.replace(self, **found)

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two calls the same call. Begins with the tenant and the environment, always."""
        link = self.link
        return (
            link.tenant, link.environment, link.connection, link.generation,
            self.method, link.base_url, self.path, self.query, self.headers, self.body, self.binary,
            link.token_digest,
        )  # fmt: skip


class Response(msgspec.Struct, frozen=True, eq=False):
    """A provider's good (2xx) answer. Anything else is an error of `ledgermesh.errors`."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    document: object
    """The decoded body: dict, list, str, int, Decimal (never a float), bool or None. Shared: never change it.

    The rows of a call with a shape may be `Document`s."""
    fetched_at: dt.datetime
    """UTC, when the provider's answer was complete."""
    instead: LedgermeshError | None = None
    """Why the provider gave no answer now, where this is one from before that the caller takes in its place."""


class Step(msgspec.Struct):
    """One line of `extensions.calls`: what was asked of whom and how it went. No values, no secrets."""

    connection: str
    provider: str
    method: str
    path: str
    """The template."""
    attempt: int
    started_ms: float = 0.0
    """After the request arrived."""
    ms: float = 0.0
    wait_ms: float = 0.0
    """Spent waiting for the provider's budget, not counted as latency."""
    status: int | None = None
    cache: str = "MISS"
    """MISS | HIT | JOINED | STALE"""
    body_bytes: int | None = None
    """Of a good answer's body, also where it came from the cache."""
    budget_left: int | None = None
    """Calls that the provider's scarcest budget still allowed when this one ended; None where none is known."""
    upstream_request_id: str | None = None
    error: str | None = None
    """The code of the error, if it failed."""


class Trace(msgspec.Struct):
    """The calls one request made, in the order they started."""

    steps: list[Step] = msgspec.field(default_factory=list)
    parent: Trace | None = None
    """Where the lines are written as well; the whole request's trace."""
    oldest: float | None = None
    """When the oldest of what was known already was read, in monotonic seconds; None where all of it came now."""

    def write(self, step: Step) -> None:
        """Add a line at the end, here and above."""
        self.steps.append(step)
        if self.parent is not None:
            self.parent.write(step)

    def aged(self, at: float) -> None:
        """Note that something was read then, here and above."""
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        if self.parent is not None:
            self.parent.aged(at)


Handler = Callable[[Call], Awaitable[Response]]


class Layer(Protocol):
    """One section of the pipe: answers by itself or asks the next."""

    def answer(self, call: Call, send: Handler) -> Awaitable[Response]:
        """Raise an UpstreamError or LinkError, or give the provider's good answer."""
        ...
