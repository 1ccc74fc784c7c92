"""A link that somebody opened: who asked for it, whether it still counts, and where its pages may stand."""

from __future__ import annotations

from typing import Literal, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, TenantEntry
from ledgermesh.state.link_tokens import NO_KEY, LinkEnded, LinkRequest, may_return, origin_of
from ledgermesh.state.registry import Registry
from ledgermesh.state.sealing import NotSealed
from ledgermesh.upstream.linking.target import Target, find_target

Mode = Literal["redirect", "popup", "iframe", "tab"]
"""How the page came up; `tab` is a window that a framed page opened for the provider's consent."""
MODES = ("redirect", "popup", "iframe", "tab")
TOKEN_CHARACTERS_MAX = 8_000


class Opened(Struct, frozen=True, kw_only=True):
    """A link whose tenant is known."""

    parts: ConnectParts
    token: str
    request: LinkRequest
    tenant: TenantEntry
    company: CompanyEntry | None = None
    mode: Mode = "redirect"

    @property
    def origins(self) -> tuple[str, ...]:
        """Of the pages that may frame this one and be told how it ended."""
        found = (origin_of(each) for each in self.tenant.allowed_urls)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    @property
    def path(self) -> str:
        """Of the link's first page."""
        return f"{self.parts.path}/connect/{self.token}"

    def step(self, *words: str, **query: str) -> str:
        """The path of a page below it, with how it came up."""
        asked = {**query} | ({"mode": self.mode} if self.mode != "redirect" else {})
        return "/".join((self.path, *words)) + (f"?{urlencode(asked)}" if asked else "")

    def back(self, status: str, connection: str = "") -> str:
        """The tenant's return URL with how it ended; empty where it is not one of the tenant's."""
        if not may_return(self.request.return_url, self.tenant.allowed_urls):
            return ""
        parts = urlsplit(self.request.return_url)
        pairs = [*parse_qsl(parts.query, keep_blank_values=True), ("status", status)]
        if connection:
            pairs.append(("connection", connection))
        return urlunsplit(parts._replace(query=urlencode(pairs)))

    def target(self, provider: str) -> Target:
        """What is linked at a provider; raises BadInput."""
        request = self.request
        return find_target(
            self.parts.state.registry,
            self.parts.definitions,
            self.parts.bases,
            tenant=request.tenant,
            environment=request.environment,
            company=request.company,
            provider=provider,
            connection=request.connection,
            settings=request.settings,
            base_url=request.base_url,
        )

    @property
    def provider(self) -> str | None:
        """The one that is fixed, by the request or by the connection that is linked again."""
        registry, request = self.parts.state.registry, self.request
        if request.provider is None and request.connection is not None:
            entry = registry.get(ConnectionEntry, request.environment, request.connection)
            return entry.provider if entry is not None else None
        return request.provider


class Trouble(Exception):
    """Why there is no page to go on with: a key of the words, a status, and what is known of the link."""

    def __init__(
        self,
        kind: str,
        status: int,
        opened: Opened | None = None,
        *,
        again: str = "",
        outcome: str = "failed",
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.opened = opened
        self.again = again
        """The path at which to try again; empty where that is no use."""
        self.outcome = outcome
        """What the tenant's return URL is told."""


async def open_link(parts: ConnectParts, token: str, mode: str = "redirect") -> Opened:
    """The link of a token. Raises Trouble, StateDown."""
    try:
        request = parts.tokens.open(token[:TOKEN_CHARACTERS_MAX])
    except NotSealed as error:
        raise Trouble("unknown", 404) from error
    except LinkEnded as error:
        raise Trouble("expired", 410, known(parts, token, error.request, mode)) from error
    return await current(parts, token, request, mode)


async def current(parts: ConnectParts, token: str, request: LinkRequest, mode: str) -> Opened:
    """A link that may still be used; raises Trouble otherwise."""
    opened = known(parts, token, request, mode)
    if opened is None or opened.company is None:
        raise Trouble("revoked", 403, opened)
    if request.return_url and not opened.back(""):
        raise Trouble("return", 403, opened)
    if await parts.tokens.used(request) is not None:
        raise Trouble("used", 409, opened, outcome="linked")
    return opened


def known(parts: ConnectParts, token: str, request: LinkRequest, mode: str) -> Opened | None:
    """The link with what is registered of it now: without a company where the key no longer reaches it; None where
    its tenant is gone.
    """
    registry = parts.state.registry
    registry.check()
    tenant = registry.get(TenantEntry, request.tenant)
    if tenant is None:
        return None
    company = _company(registry, request)
    shown = cast("Mode", mode if mode in MODES else "redirect")
    return Opened(parts=parts, token=token, request=request, tenant=tenant, company=company, mode=shown)


def _company(registry: Registry, request: LinkRequest) -> CompanyEntry | None:
    """The company, as long as whoever made the link reaches it."""
    if request.key == NO_KEY:
        found = registry.get(CompanyEntry, request.environment, request.company)
        return found if found is not None and request.tenant in found.tenants else None
    holder = registry.acting(
        request.tenant,
        request.environment,
        request.key,
        scopes=frozenset(),
        companies=frozenset((request.company,)),
    )
    return registry.company(holder, request.company) if holder is not None else None
