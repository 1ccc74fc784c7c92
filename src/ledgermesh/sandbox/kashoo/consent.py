"""The authorize endpoint: the pages on which a person signs in and agrees to an app, or does not.

A program that does not ask for a page, or names a user as `login_hint`, has consent at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledgermesh.sandbox.emulator import OAuthClient
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.identity import Identity
from ledgermesh.sandbox.kashoo.login import GOOGLE, form_fields
from ledgermesh.sandbox.kashoo.messages import Messages
from ledgermesh.sandbox.kashoo.oauth import OAuth
from ledgermesh.sandbox.kashoo.pages import Pages
from ledgermesh.sandbox.kashoo.registry import Registry
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.users import User, Users
from ledgermesh.sandbox.kashoo.visits import Visit, Visits
from ledgermesh.sandbox.page import show, wants_page

SCOPE = "full-access"
_WRONG_MAX = 5
_TOO_LATE = "That took too long, or was done already. Please sign in again."


class _Asked(Struct, frozen=True):
    """An authorize request that names a registered app with its own address."""

    client: OAuthClient
    query: str
    fields: Mapping[str, str]

    def back(self, **answer: str) -> Response:
        """Send the person back to the app."""
        state = {"state": self.fields["state"]} if "state" in self.fields else {}
        uri = self.client.redirect_uri
        return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{urlencode({**answer, **state})}", 302)


class Consent:
    """Handlers of `/oauth2/authorize` and of `/oauth2/sso`, where people come back from the identity provider."""

    def __init__(
        self, oauth: OAuth, registry: Registry, users: Users, *, identity: Identity, messages: Messages,
        visits: Visits, pages: Pages, switches: Switches,
    ) -> None:  # fmt: skip
        self._oauth = oauth
        self._registry = registry
        self._users = users
        self._identity = identity
        self._messages = messages
        self._visits = visits
        self._pages = pages
        self._switches = switches

    async def ask(self, request: Request) -> Response:
        """`GET /oauth2/authorize`."""
        return await self._shown(request, self._ask)

    async def answer(self, request: Request) -> Response:
        """`POST /oauth2/authorize`: a form of one of the pages."""
        return await self._shown(request, self._answer)

    async def identified(self, request: Request) -> Response:
        """`GET /oauth2/sso`: back from the identity provider."""
        return await self._shown(request, self._identified)

    async def _shown(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """A person sees a page where a program gets the usual error."""
        try:
            return await handler(request)
        except Refusal as refusal:
            if not wants_page(request):
                raise
            return show(self._pages.broken(refusal.message), refusal.status)

    async def _ask(self, request: Request) -> Response:
        asked = self._asked(request.url.query)
        if (refused := _unfit(asked.fields)) is not None:
            return asked.back(error=refused)
        hint = asked.fields.get("login_hint")
        if hint is None and wants_page(request):
            return show(self._pages.sign_in(asked.client))
        user = self._users.accountant if hint is None else self._users.by_email.get(hint)
        return asked.back(error="access_denied") if user is None else self._agreed(asked, user)

    async def _answer(self, request: Request) -> Response:
        asked = self._asked(request.url.query)
        if (refused := _unfit(asked.fields)) is not None:
            return asked.back(error=refused)
        form = await form_fields(request)
        if form.get("decision") == "deny":
            return asked.back(error="access_denied")
        if form.get("decision") == GOOGLE:
            return self._away(request, asked)
        return self._second(asked, form) if "ticket" in form else self._first(asked, form)

    def _asked(self, query: str) -> _Asked:
        """Refusal 400 unless it names an app and that app's own address: nobody is sent anywhere else."""
        fields = dict(parse_qsl(query, keep_blank_values=True))
        client = self._registry.find(fields.get("client_id", ""))
        if client is None:
            raise Refusal(400, "client_id: unknown")
        if fields.get("redirect_uri") != client.redirect_uri:
            raise Refusal(400, "redirect_uri: not the one registered for this client")
        return _Asked(client, query, fields)

    def _agreed(self, asked: _Asked, user: User) -> Response:
        return asked.back(code=self._oauth.code(user, asked.client))

    # -- the steps -----------------------------------------------------------------------------------------------

    def _first(self, asked: _Asked, form: Mapping[str, str]) -> Response:
        """E-mail and password."""
        email = form.get("email", "")
        try:
            user = self._users.with_password(email, form.get("password", ""))
        except Refusal as refusal:
            return show(self._pages.sign_in(asked.client, alert=refusal.message, email=email), refusal.status)
        if user.email not in self._switches.mfa_users:
            return self._agreed(asked, user)
        self._messages.send(user)
        ticket = self._visits.open(Visit(asked.query, user, code_wanted=True))
        return show(self._pages.second_factor(asked.client, ticket))

    def _second(self, asked: _Asked, form: Mapping[str, str]) -> Response:
        """A code by text message, or just the consent of somebody whom the identity provider knows."""
        visit = self._visits.find(form["ticket"])
        if visit is None or visit.user is None or visit.query != asked.query:
            return show(self._pages.sign_in(asked.client, alert=_TOO_LATE), 400)
        if visit.code_wanted and not self._messages.use(visit.user, form.get("code", "")):
            return self._wrong_code(asked, form["ticket"], visit)
        self._visits.close(form["ticket"])
        return self._agreed(asked, visit.user)

    def _wrong_code(self, asked: _Asked, ticket: str, visit: Visit) -> Response:
        visit.wrong += 1
        if visit.wrong < _WRONG_MAX:
            alert = "That code is wrong, or no longer good."
            return show(self._pages.second_factor(asked.client, ticket, alert=alert), 401)
        self._visits.close(ticket)
        alert = "Too many wrong codes. Please sign in again."
        return show(self._pages.sign_in(asked.client, alert=alert), 401)

    # -- single sign-on ------------------------------------------------------------------------------------------

    def _away(self, request: Request, asked: _Asked) -> Response:
        """To the identity provider's page, with a ticket to come back with."""
        root = request.scope["root_path"]
        home = request.base_url.replace(path=f"{root}/sso")
        there = request.base_url.replace(path=f"{root.removesuffix('/oauth2')}/sso/{GOOGLE}/authorize")
        query = urlencode({"redirect_uri": str(home), "state": self._visits.open(Visit(asked.query))})
        return RedirectResponse(f"{there}?{query}", 302)

    async def _identified(self, request: Request) -> Response:
        visit = self._visits.close(request.query_params.get("state", ""))
        if visit is None:
            raise Refusal(400, _TOO_LATE)
        asked = self._asked(visit.query)
        back = f"authorize?{visit.query}"
        if "error" in request.query_params:
            alert = "Signing in with Google was cancelled."
            return show(self._pages.sign_in(asked.client, alert=alert, action=back), 401)
        user = self._users.identified(self._identity.redeem(request.query_params.get("code", "")))
        if user is None:
            alert = "No login here belongs to that Google account."
            return show(self._pages.sign_in(asked.client, alert=alert, action=back), 401)
        ticket = self._visits.open(Visit(visit.query, user))
        return show(self._pages.confirm(asked.client, user.email, ticket, action=back))


def _unfit(fields: Mapping[str, str]) -> str | None:
    """What is wrong with a request that comes from a registered app, in the words of RFC 6749."""
    if fields.get("response_type") != "code":
        return "unsupported_response_type"
    return None if fields.get("scope") == SCOPE else "invalid_scope"
