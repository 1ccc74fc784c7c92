"""Single sign-on: a small identity provider whose codes a Kashoo login takes as `authCode`.

Assumed throughout: Kashoo's reference names the fields `provider` and `authCode`, and Google as an example. How an app
comes by such a code is between it and the identity provider; this one offers a page with the accounts that it knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.login import GOOGLE, form_fields
from ledgermesh.sandbox.page import Brand, Button, Page, show, wants_page

STRANGER = "stranger@google.example"
"""Has an account at the identity provider and no login at Kashoo."""
CODE_SECONDS = 600
_BRAND = Brand("Google (emulated)", "#37474f")


class _Code(Struct, frozen=True):
    account: str
    expires_at: dt.datetime


class Identity:
    """The accounts, and the codes that say who somebody is."""

    def __init__(
        self,
        accounts: Iterable[str],
        *,
        clock: Clock,
        fresh: Callable[[], str],
        sends_back_to: Callable[[str], bool],
    ) -> None:
        self._accounts = (*accounts, STRANGER)
        self._clock = clock
        self._fresh = fresh
        self._sends_back_to = sends_back_to
        self._codes: dict[str, _Code] = {}

    def redeem(self, code: str) -> str | None:
        """The account that the code stands for; it is used up by that. None for one that is unknown, used or old."""
        found = self._codes.pop(code, None)
        return None if found is None or self._clock.now() >= found.expires_at else found.account

    async def ask(self, request: Request) -> Response:
        """`GET /sso/google/authorize`: choose an account; programs name it as `login_hint` and choose at once."""
        uri = self._address(request)
        hint = request.query_params.get("login_hint")
        if hint is not None or not wants_page(request):
            return self._back(request, uri, hint)
        return show(self._page())

    async def answer(self, request: Request) -> Response:
        """The page's form: an account, or none."""
        uri = self._address(request)
        return self._back(request, uri, (await form_fields(request)).get("account"))

    def _address(self, request: Request) -> str:
        """Where to send the person back; Refusal 404 for another identity provider, 400 for a strange address."""
        if request.path_params["provider"] != GOOGLE:
            raise Refusal(404, f"There is no identity provider {request.path_params['provider']}")
        uri: str = request.query_params.get("redirect_uri", "")
        own = str(
            request.base_url.replace(path=f"{request.scope['root_path'].removesuffix('/sso')}/oauth2/sso")
        )
        if uri != own and not self._sends_back_to(uri):
            raise Refusal(400, "redirect_uri: registered by no app")
        return uri

    def _back(self, request: Request, uri: str, account: str | None) -> Response:
        answer = {"error": "access_denied"}
        if account in self._accounts:
            code = self._fresh()
            self._codes[code] = _Code(account, self._clock.now() + dt.timedelta(seconds=CODE_SECONDS))
            answer = {"code": code}
        if "state" in request.query_params:
            answer["state"] = request.query_params["state"]
        return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}", 302)

    def _page(self) -> Page:
        buttons = (
            *(Button("account", account, account, wide=True) for account in self._accounts),
            Button("decision", "cancel", "Cancel", wide=True),
        )
        return Page(
            _BRAND,
            "Choose an account",
            "The accounting software learns which account this is.",
            buttons=buttons,
        )
