"""Embed tokens and the pages for people: where apps are connected, and where queries are tried."""

from __future__ import annotations

import datetime as dt
import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.errors import unauthorized
from ledgermesh.sandbox.bossinsights.ids import letters
from ledgermesh.sandbox.bossinsights.tables import TABLES
from ledgermesh.sandbox.bossinsights.tenants import Company

TOKEN_SECONDS = 3600
COOKIE = "bi_session"


class Embedding:
    """Tokens that open a company's connection page, each once and for an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, tuple[Company, dt.datetime]] = {}
        self._sessions: dict[str, Company] = {}
        self._made = 0

    def token(self, company: Company) -> str:
        """A new one."""
        self._made += 1
        token = letters(40, "embed", company.key, str(self._made))
        self._tokens[token] = (company, self._clock.now() + dt.timedelta(seconds=TOKEN_SECONDS))
        return token

    def connection_page(self, request: Request, company: Company) -> Response:
        """The page for a token, which is spent by that, or for the cookie that it gave; raises Refusal 401."""
        token = request.query_params.get("embed")
        if token is None:
            if self._sessions.get(request.cookies.get(COOKIE, "")) is not company:
                raise unauthorized()
            return _page(company)
        known, ends = self._tokens.pop(token, (None, self._clock.now()))
        if known is not company or ends <= self._clock.now():
            raise unauthorized()
        session = letters(40, "session", token)
        self._sessions[session] = company
        page = _page(company)
        page.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return page


def _page(company: Company) -> Response:
    rows = "".join(f"<li>{html.escape(each.integration)}: {each.status}</li>" for each in company.connections)
    return HTMLResponse(
        f"<!doctype html><title>Connections</title><h1>{html.escape(company.name)}</h1><ul>{rows}</ul>"
    )


def query_page(company: Company) -> Response:
    """A form for each object."""
    rows = "".join(f'<li><a href="{name}?page=1">{name}</a></li>' for name in (*TABLES, "metrics"))
    return HTMLResponse(
        f"<!doctype html><title>API</title><h1>{html.escape(company.name)}</h1><ul>{rows}</ul>"
    )
