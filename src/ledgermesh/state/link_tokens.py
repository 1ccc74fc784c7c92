"""Link tokens, what travels between the steps of linking, and the state of a consent: sealed, ending, used once."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from ledgermesh.clock import Clock
from ledgermesh.state.base import Kept, Store
from ledgermesh.state.entries import Environment, place
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey

PREFIX: Final = "lm_link_"
LINK_SECONDS: Final = 1800
LINK_SECONDS_MAX: Final = 86_400
STATE_SECONDS: Final = 600
"""That a person has at the provider's consent page."""
STEP_SECONDS: Final = 900
"""Between two pages of ours."""
CODE_SECONDS: Final = 300
"""The same where a password waits for the code of a text message."""
TRIES_MAX: Final = 50
"""Of one link; whoever has it could otherwise guess passwords from our address."""
USED: Final = "linked"
TRIED: Final = "linktries"
SEEN: Final = "linking"
KNOWN_LONGER_SECONDS: Final = 3600
"""How long after its end a used token is still told from one that nobody used."""

NO_KEY: Final = ""
"""In the place of a key's id: the gateway itself or its operator made the link."""

HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
"""What may stand in a policy's list of sources as it is."""

Content = TypeVar("Content")


def _id() -> str:
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, kw_only=True)
class LinkRequest:
    """What a tenant's backend asks a link for."""

    tenant: str
    key: str
    """Id of the API key that asked; when it is gone, so is the link. NO_KEY where none did."""
    environment: Environment
    company: str
    return_url: str
    """Where the end user goes back to; see `may_return`. Empty where the last page is the end."""
    expires_at: int
    """Epoch seconds."""
    provider: str | None = None
    """None lets the end user pick."""
    connection: str | None = None
    """The one to link again, or the id that the new one gets; None makes an id."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What the tenant knows already of the connection's settings; nothing secret."""
    base_url: str | None = None
    """Instead of the provider's own; the caller has checked that the tenant may give it."""
    id: str = field(default_factory=_id)


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """What comes back from a consent page beside the code."""

    request: LinkRequest
    provider: str
    scheme: str
    verifier: str
    """Of PKCE (RFC 7636); empty where the provider does not take it."""
    browser: str
    """SHA-256 of what the browser that began holds in a cookie."""
    settings: Mapping[str, str] = field(default_factory=dict)
    mode: str = "redirect"
    expires_at: int = 0
    id: str = field(default_factory=_id)


@dataclass(frozen=True, kw_only=True)
class LinkStep:
    """What a page of ours hands to the next one, sealed in a field of its form; in no URL, cookie or store."""

    provider: str
    scheme: str
    secrets: Mapping[str, str] = field(repr=False)
    """Typed or given by the provider so far."""
    signed_in: bool
    """Whether the secrets are a grant's; else a login waits for its code."""
    settings: Mapping[str, str] = field(default_factory=dict)
    ends_at: int | None = None
    """Of the grant, epoch seconds."""
    expires_at: int = 0
    id: str = field(default_factory=_id)


class LinkEnded(Exception):
    """It is over: nobody came in time."""

    def __init__(self, request: LinkRequest) -> None:
        super().__init__("ended")
        self.request = request


class LinkTokens:
    """Seals and opens all three, and knows which were used. Methods that ask the store raise StateDown."""

    def __init__(self, keys: Sequence[SealingKey], store: Store, clock: Clock) -> None:
        self._tokens = Seal(keys, "link token")
        self._states = Seal(keys, "link state")
        self._steps = Seal(keys, "link step")
        self._store = store
        self._clock = clock

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return int(self._clock.now().timestamp())

    # -- tokens ------------------------------------------------------------------------------------------------

    def seal(self, request: LinkRequest) -> str:
        """The link token."""
        return PREFIX + self._tokens.seal(msgspec.json.encode(request))

    def open(self, token: str) -> LinkRequest:
        """What it asks for; raises NotSealed for what was not made here, LinkEnded with the request after its end."""
        request = _read(self._tokens, token.removeprefix(PREFIX), LinkRequest)
        if request.expires_at <= self.now:
            raise LinkEnded(request)
        return request

    async def used(self, request: LinkRequest) -> str | None:
        """The connection that was linked with it, empty while that is being done; None for a fresh one."""
        kept = await self._store.get(_place(USED, request))
        return kept.value.decode() if kept is not None else None

    async def claim(self, request: LinkRequest) -> Kept | None:
        """The right to complete it, for one; None when somebody has or had it."""
        swapped = await self._store.swap(
            _place(USED, request), b"", expect=0, seconds=self._known_seconds(request)
        )
        return swapped.kept if swapped.won else None

    async def settle(self, request: LinkRequest, claim: Kept, connection: str | None) -> None:
        """Say what the claim led to; with no connection, the token may be used again."""
        value = connection.encode() if connection is not None else None
        await self._store.swap(
            _place(USED, request), value, expect=claim.version, seconds=self._known_seconds(request)
        )

    async def attempt(self, request: LinkRequest) -> bool:
        """Whether one more try is left; it is counted."""
        where = _place(TRIED, request)
        while True:
            kept = await self._store.get(where)
            count, version = (int(kept.value), kept.version) if kept is not None else (0, 0)
            if count >= TRIES_MAX:
                return False
            value, seconds = str(count + 1).encode(), self._known_seconds(request)
            if (await self._store.swap(where, value, expect=version, seconds=seconds)).won:
                return True

    def _known_seconds(self, request: LinkRequest) -> float:
        return max(request.expires_at - self.now, 0) + KNOWN_LONGER_SECONDS

    # -- states ------------------------------------------------------------------------------------------------

    def seal_state(self, state: LinkState) -> str:
        """The text for the `state` parameter; it ends ten minutes from now."""
        return self._states.seal(msgspec.json.encode(replace(state, expires_at=self.now + STATE_SECONDS)))

    def open_state(self, text: str) -> LinkState:
        """What it says; raises NotSealed, LinkEnded."""
        state = _read(self._states, text, LinkState)
        if state.expires_at <= self.now:
            raise LinkEnded(state.request)
        return state

    # -- steps -------------------------------------------------------------------------------------------------

    def seal_step(self, step: LinkStep, request: LinkRequest) -> str:
        """The text for a hidden field of this link's next page; one that has an end keeps it."""
        ends = step.expires_at or self.now + (STEP_SECONDS if step.signed_in else CODE_SECONDS)
        return self._steps.seal(msgspec.json.encode(replace(step, expires_at=ends)), _owner(request))

    def open_step(self, text: str, request: LinkRequest) -> LinkStep:
        """What it says; raises NotSealed, also for the step of another link, and LinkEnded."""
        step = _read(self._steps, text, LinkStep, _owner(request))
        if step.expires_at <= self.now:
            raise LinkEnded(request)
        return step

    async def first_use(self, thing: LinkState | LinkStep) -> bool:
        """Whether nobody has brought it before."""
        seconds = max(thing.expires_at - self.now, 0) + 60.0
        return (await self._store.swap(place(SEEN, thing.id), b"", expect=0, seconds=seconds)).won


def may_return(url: str, allowed_urls: Iterable[str]) -> bool:
    """Whether an address belongs to one of these origins; asked when a token is made, and again when it is used."""
    return (origin := origin_of(url)) is not None and origin in {origin_of(each) for each in allowed_urls}


def origin_of(url: str) -> str | None:
    """`https://app.example` of an address; None for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\^`{|}")
    if not plain or parts.scheme not in ("http", "https") or "@" in parts.netloc or not HOST.fullmatch(host):
        return None
    host = f"[{host}]" if ":" in host else host
    usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def make_browser_secret() -> str:
    """What the cookie of a browser that begins a consent holds."""
    return secrets.token_urlsafe(24)


def browser_digest(secret: str) -> str:
    """What the state keeps of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_browser(state: LinkState, secret: str | None) -> bool:
    """Whether the browser that came back is the one that began."""
    return secret is not None and hmac.compare_digest(state.browser, browser_digest(secret))


def _read(seal: Seal, text: str, kind: type[Content], owner: bytes = b"") -> Content:
    try:
        return msgspec.json.decode(seal.open(text, owner), type=kind)
    except msgspec.MsgspecError as error:
        raise NotSealed("this is nothing of ours") from error


def _owner(request: LinkRequest) -> bytes:
    return place(request.tenant, request.environment, request.id).encode()


def _place(kind: str, request: LinkRequest) -> str:
    return place(kind, request.tenant, request.environment, request.id)
