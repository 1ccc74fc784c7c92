"""From credentials to a connection: sign in, ask for a code, try, let choose, keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.edge.connect.browser import remember, secret_for
from ledgermesh.edge.connect.opened import Opened, Trouble
from ledgermesh.edge.connect.page import Pages
from ledgermesh.errors import BadInput, LedgermeshError
from ledgermesh.spec.auth import Auth, FirstPartyToken, OAuth2
from ledgermesh.state.audit import audited
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.state.link_tokens import LinkState, LinkStep, browser_digest
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.completing import Open, look
from ledgermesh.upstream.linking.consent import consent_url, find_client, make_verifier
from ledgermesh.upstream.linking.keeping import keep
from ledgermesh.upstream.linking.signing_in import CodeWanted, send_code, sign_in
from ledgermesh.upstream.linking.target import Target
from ledgermesh.upstream.linking.ways import Way, ways_of


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One link on its way, with what a person gave so far that is not secret."""

    pages: Pages
    request: Request
    opened: Opened
    target: Target
    auth: Auth
    settings: Mapping[str, str]

    @property
    def title(self) -> str:
        """The provider's name for people."""
        return self.target.provider.title

    def link(self) -> Link:
        """The connection as calls see it; raises BadInput."""
        return self.target.link(self.auth, self.settings)

    # -- signing in --------------------------------------------------------------------------------------------

    async def sign_in(self, secrets: Mapping[str, Secret]) -> Response:
        """The next page; raises what a refusal means."""
        line, link = self.opened.parts.line, self.link()
        try:
            grant = await sign_in(line, link, self.auth, secrets)
        except CodeWanted:
            assert isinstance(self.auth, FirstPartyToken), "nothing else wants a code"
            await send_code(line, link, self.auth, secrets)
            return self.code_page(self._step(secrets))
        return await self.go_on(grant)

    async def with_code(self, step: LinkStep, code: str, *, resend: bool) -> Response:
        """The next page, or the same again: for a code that is not the one, and after a new one was sent."""
        assert isinstance(self.auth, FirstPartyToken), "nothing else wants a code"
        secrets = {name: Secret(text) for name, text in step.secrets.items()}
        again = replace(self._step(secrets), expires_at=step.expires_at)
        if resend:
            await send_code(self.opened.parts.line, self.link(), self.auth, secrets)
            return self.code_page(again, resent=True)
        if not code:
            return self.code_page(again, status=422, error="error_code")
        assert self.auth.code_field is not None, "it wanted one"
        try:
            coded = {**secrets, self.auth.code_field: Secret(code)}
            grant = await sign_in(self.opened.parts.line, self.link(), self.auth, coded)
        except CodeWanted:
            return self.code_page(again, status=422, error="error_code")
        return await self.go_on(grant)

    def code_page(
        self, step: LinkStep, *, status: int = 200, error: str = "", resent: bool = False
    ) -> Response:
        """Asks for the code. The login waits in the page itself, sealed, for five minutes and one use: typing it a
        second time would teach people to give it twice, and a store would be one more place that has it.
        """
        return self.pages.make(
            self.request, "code", self.opened, status=status, provider=self.title,
            error=error, resent=resent, step=self._sealed(step),
        )  # fmt: skip

    def _step(self, secrets: Mapping[str, Secret]) -> LinkStep:
        return LinkStep(
            provider=self.target.provider.name,
            scheme=self.auth.name,
            secrets={name: secret.reveal() for name, secret in secrets.items()},
            signed_in=False,
            settings=self.settings,
        )

    def _sealed(self, step: LinkStep) -> str:
        return self.opened.parts.tokens.seal_step(step, self.opened.request)

    # -- after it ----------------------------------------------------------------------------------------------

    async def go_on(self, grant: Grant, chosen: Mapping[str, str] | None = None) -> Response:
        """Done, or the page on which the rest is chosen and given; raises what a refusal means."""
        found = await look(self.opened.parts.line, self.link(), self.auth, grant, chosen)
        return await self.finish(found.link, grant) if found.done else self.choose_page(found, grant)

    def choose_page(self, found: Open, grant: Grant, wrong: Mapping[str, str] | None = None) -> Response:
        """Asks for what is open; the credentials, which were tried, wait sealed in the page."""
        step = replace(
            self._step(grant.secrets),
            signed_in=True,
            ends_at=int(grant.expires_at.timestamp()) if grant.expires_at is not None else None,
        )
        return self.pages.make(
            self.request, "choose", self.opened, status=422 if wrong else 200, provider=self.title,
            found=found, wrong=wrong or {}, step=self._sealed(step),
        )  # fmt: skip

    async def choose(
        self, step: LinkStep, *, chosen: Mapping[str, str], typed: Mapping[str, str]
    ) -> Response:
        """The next page after `choose_page`, or the same again for what cannot be."""
        grant = self._grant(step)
        fuller = replace(self, settings={**self.settings, **typed})
        try:
            return await fuller.go_on(grant, chosen)
        except BadInput as error:
            found = await look(self.opened.parts.line, self.link(), self.auth, grant)
            return self.choose_page(found, grant, {str(error.details.get("field", "")): "error_choice"})

    def _grant(self, step: LinkStep) -> Grant:
        tenant, environment, connection = self.link().granted
        ends = dt.datetime.fromtimestamp(step.ends_at, dt.UTC) if step.ends_at is not None else None
        return Grant(
            tenant=tenant,
            environment=environment,
            connection=connection,
            scheme=self.auth.name,
            secrets={name: Secret(text) for name, text in step.secrets.items()},
            expires_at=ends,
        )

    async def finish(self, link: Link, grant: Grant) -> Response:
        """Keep it, by the one use that the token has."""
        tokens, asked = self.opened.parts.tokens, self.opened.request
        claim = await tokens.claim(asked)
        if claim is None:
            raise Trouble("used", 409, self.opened, outcome="linked")
        try:
            entry = await self._kept(link, grant)
        except LedgermeshError:
            await tokens.settle(asked, claim, None)
            raise
        await tokens.settle(asked, claim, entry.id)
        return self.pages.make(
            self.request, "done", self.opened, provider=self.title,
            connection=entry.id, back=self.opened.back("linked", entry.id),
        )  # fmt: skip

    async def _kept(self, link: Link, grant: Grant) -> ConnectionEntry:
        asked, parts = self.opened.request, self.opened.parts
        with audited(
            "link connection", by_tenant=asked.tenant, by_key_id=asked.key, environment=asked.environment,
            company=asked.company, provider=self.target.provider.name, scheme=self.auth.name,
            connection=asked.connection,
        ):  # fmt: skip
            return await keep(parts.state, self.target, link, self.auth, grant, now=parts.clock.now())

    # -- the provider's consent --------------------------------------------------------------------------------

    async def consent(self) -> Response:
        """The page that leads to the provider's; the browser is given what the state is bound to."""
        assert isinstance(self.auth, OAuth2), "nothing else has a consent"
        parts, asked, link = self.opened.parts, self.opened.request, self.link()
        client = await find_client(
            parts.state, self.target.owner, asked.environment, self.target.provider.name
        )
        if client is None or not parts.public_url:
            raise Trouble("client", 409, self.opened, again=self.opened.step())
        verifier, secret = make_verifier(self.auth), secret_for(self.request, secure=parts.secure)
        state = LinkState(
            request=asked,
            provider=self.target.provider.name,
            scheme=self.auth.name,
            verifier=verifier,
            browser=browser_digest(secret),
            settings=self.settings,
            mode=self.opened.mode,
        )
        url = consent_url(
            link, self.auth, client=client, redirect_uri=parts.redirect_uri,
            state=parts.tokens.seal_state(state), verifier=verifier,
        )  # fmt: skip
        page = self.pages.make(self.request, "leaving", self.opened, provider=self.title, url=url)
        remember(page, secret, secure=parts.secure)
        return page


async def offered(opened: Opened, target: Target) -> tuple[Way, ...]:
    """The ways in that this link can go, the best one first."""
    asked = opened.request
    client = await find_client(opened.parts.state, target.owner, asked.environment, target.provider.name)
    # Where nobody said how we are reached, no provider could send anybody back.
    return ways_of(target.provider, consent=client is not None and bool(opened.parts.public_url))
